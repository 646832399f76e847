//! What was written in containers, kept while their instance runs and seen by every command there. Knows no commands.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many containers' disks are kept.
const KEPT: usize = 64;
/// Bytes that fit on one.
pub(super) const ROOM: usize = 64 << 20;
/// Bytes that all hold together; the one that was written longest ago goes first.
const ALL: usize = 4 * ROOM;

/// One instance of a container: its pod's uid, its name, how often it was restarted.
pub type Instance = (String, String, u32);

/// Content by path, `None` for what was removed.
type Written = BTreeMap<String, Option<Vec<u8>>>;

/// The disks of all containers that were written in, the last written last. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Disks(Arc<Mutex<VecDeque<(Instance, Written)>>>);

/// What was written in one container. Takes no place before that.
#[derive(Debug, Clone)]
pub struct Disk {
    all: Disks,
    instance: Instance,
}

impl Disks {
    /// The disk of a container.
    pub fn open(&self, instance: Instance) -> Disk {
        let all = self.clone();
        Disk { all, instance }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Instance, Written)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes that a disk holds; a name counts as much as content.
fn size(written: &Written) -> usize {
    let content = |content: &Option<Vec<u8>>| content.as_ref().map_or(0, Vec::len);
    written
        .iter()
        .map(|(path, have)| path.len() + content(have))
        .sum()
}

impl Disk {
    /// Makes `files` below the folder `at`, which are those of the image, look as they were left.
    pub fn lay_over(&self, at: &str, files: &mut BTreeMap<String, Vec<u8>>) {
        let all = self.all.lock();
        let own = all.iter().find(|(have, _)| *have == self.instance);
        for (path, content) in own.into_iter().flat_map(|(_, written)| written) {
            let path = format!("{at}{path}");
            match content {
                Some(content) if files.get(&path) == Some(content) => {}
                Some(content) => {
                    files.insert(path, content.clone());
                }
                None => {
                    files.remove(&path);
                }
            }
        }
    }

    /// A file that was written; `None` if it was not, or taken away again.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        let all = self.all.lock();
        let own = all.iter().find(|(have, _)| *have == self.instance);
        own.and_then(|(_, written)| written.get(path).cloned().flatten())
    }

    /// Whether there was room for it.
    pub fn write(&self, path: &str, content: &[u8]) -> bool {
        self.change(path, Some(content))
    }

    /// Takes a file away.
    pub fn remove(&self, path: &str) {
        self.change(path, None);
    }

    fn change(&self, path: &str, content: Option<&[u8]>) -> bool {
        let mut all = self.all.lock();
        let at = all.iter().position(|(have, _)| *have == self.instance);
        let own = at.and_then(|at| all.remove(at));
        let (instance, mut written) = own.unwrap_or_else(|| (self.instance.clone(), Written::new()));
        let before = written.remove_entry(path);
        let fits = size(&written) + path.len() + content.map_or(0, <[u8]>::len) <= ROOM;
        if fits {
            written.insert(path.to_owned(), content.map(<[u8]>::to_vec));
        } else {
            written.extend(before);
        }
        if !written.is_empty() {
            all.push_back((instance, written));
        }
        let mut held: usize = all.iter().map(|(_, written)| size(written)).sum();
        while held > ALL || all.len() > KEPT {
            held -= all.pop_front().map_or(held, |(_, gone)| size(&gone));
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(restarts: u32) -> Instance {
        ("uid".into(), "app".into(), restarts)
    }

    #[test]
    fn what_is_written_stays_for_the_instance() {
        let disks = Disks::default();
        assert!(disks.open(instance(0)).write("/a", b"one"));
        disks.open(instance(0)).remove("/b");
        let image = || BTreeMap::from([("/b".to_owned(), b"two".to_vec())]);
        let mut files = image();
        disks.open(instance(0)).lay_over("", &mut files);
        assert_eq!(files, BTreeMap::from([("/a".to_owned(), b"one".to_vec())]));
        let mut files = image();
        disks.open(instance(1)).lay_over("", &mut files);
        assert_eq!(files, image(), "a restart begins with the image");
    }

    fn is_kept(disks: &Disks, restarts: u32) -> bool {
        let mut files = BTreeMap::new();
        disks.open(instance(restarts)).lay_over("", &mut files);
        !files.is_empty()
    }

    #[test]
    fn a_disk_gets_full() {
        let disk = Disks::default().open(instance(0));
        assert!(disk.write("/a", &vec![0; ROOM - 2]) && !disk.write("/a", &vec![0; ROOM]));
        assert!(!disk.write("/b", b"more"));
        assert!(disk.write("/a", b"less") && disk.write("/b", b"more"));
    }

    #[test]
    fn only_what_is_written_takes_the_place_of_others() {
        let disks = Disks::default();
        disks.open(instance(0)).write("/a", b"one");
        for restarts in 1..=KEPT as u32 {
            assert!(!is_kept(&disks, restarts));
        }
        assert!(is_kept(&disks, 0));
        for restarts in 1..=KEPT as u32 {
            disks.open(instance(restarts)).write("/a", b"one");
        }
        assert!(!is_kept(&disks, 0) && is_kept(&disks, 1));
    }

    #[test]
    fn all_disks_share_one_room() {
        let disks = Disks::default();
        for restarts in 0..5 {
            assert!(disks.open(instance(restarts)).write("/a", &vec![0; ROOM - 2]));
        }
        assert_eq!([0, 1, 4].map(|one| is_kept(&disks, one)), [false, true, true]);
    }
}
