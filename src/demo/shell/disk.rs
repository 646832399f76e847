//! What was written in containers, kept while their instance runs and seen by every command there. Knows no commands.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Bytes that fit on one.
pub(super) const ROOM: usize = 64 << 20;
/// Bytes that all hold together; the one that was written longest ago goes first.
const ALL: usize = 4 * ROOM;
/// Bytes that a disk takes beside its content.
const FRAME: usize = 256;

/// One instance of a container: its pod's uid, its name, how often it was restarted. Volumes have the uid of their pod or claim.
pub type Instance = (String, String, u32);

/// Files by full path.
pub type Files = BTreeMap<String, Bytes>;

/// Content by path, `None` for what was removed.
type Written = BTreeMap<String, Option<Bytes>>;

/// The disks of all containers that were written in. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Disks(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    all: BTreeMap<Instance, One>,
    /// Bytes of all.
    bytes: usize,
    /// Counts what was written.
    turn: u64,
}

#[derive(Debug, Default)]
struct One {
    written: Written,
    /// When it was last written.
    turn: u64,
}

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

    /// Forgets what a pod or claim that is gone held.
    pub fn forget(&self, uid: &str) {
        let mut held = self.lock();
        let from = (uid.to_owned(), String::new(), 0);
        let own: Vec<Instance> = held
            .all
            .range(from..)
            .map(|(instance, _)| instance.clone())
            .take_while(|(have, ..)| have == uid)
            .collect();
        for instance in own {
            held.drop_one(&instance);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn drop_one(&mut self, instance: &Instance) {
        if let Some(one) = self.all.remove(instance) {
            self.bytes -= FRAME + size(&one.written);
        }
    }

    /// Makes room: what was written longest ago goes first, never `kept`.
    fn shrink(&mut self, kept: &Instance) {
        while self.bytes > ALL {
            let others = self.all.iter().filter(|(instance, _)| *instance != kept);
            let Some(oldest) = others
                .min_by_key(|(_, one)| one.turn)
                .map(|(instance, _)| instance.clone())
            else {
                return;
            };
            self.drop_one(&oldest);
        }
    }
}

/// Bytes that a disk holds; a name counts as much as content.
fn size(written: &Written) -> usize {
    let content = |content: &Option<Bytes>| content.as_ref().map_or(0, Bytes::len);
    written
        .iter()
        .map(|(path, have)| path.len() + content(have))
        .sum()
}

impl Disk {
    /// Makes `files` below the folder `at`, which are those of the image, look as they were left.
    pub fn lay_over(&self, at: &str, files: &mut Files) {
        let all = self.all.lock();
        let own = all.all.get(&self.instance);
        for (path, content) in own.into_iter().flat_map(|one| &one.written) {
            let path = format!("{at}{path}");
            match content {
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
    pub fn read(&self, path: &str) -> Option<Bytes> {
        let all = self.all.lock();
        let own = all.all.get(&self.instance);
        own.and_then(|one| one.written.get(path).cloned().flatten())
    }

    /// Whether there was room for it.
    pub fn write(&self, path: &str, content: Bytes) -> bool {
        self.change(path, Some(content))
    }

    /// Takes a file away.
    pub fn remove(&self, path: &str) {
        self.change(path, None);
    }

    fn change(&self, path: &str, content: Option<Bytes>) -> bool {
        let mut held = self.all.lock();
        let mut one = held.all.remove(&self.instance).unwrap_or_default();
        let had = if one.written.is_empty() {
            0
        } else {
            FRAME + size(&one.written)
        };
        let before = one.written.remove_entry(path);
        let fits = size(&one.written) + path.len() + content.as_ref().map_or(0, Bytes::len) <= ROOM;
        if fits {
            one.written.insert(path.to_owned(), content);
        } else {
            one.written.extend(before);
        }
        held.bytes -= had;
        if !one.written.is_empty() {
            held.turn += 1;
            one.turn = held.turn;
            held.bytes += FRAME + size(&one.written);
            held.all.insert(self.instance.clone(), one);
        }
        held.shrink(&self.instance);
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
        assert!(disks.open(instance(0)).write("/a", "one".into()));
        disks.open(instance(0)).remove("/b");
        let image = || BTreeMap::from([("/b".to_owned(), Bytes::from("two"))]);
        let mut files = image();
        disks.open(instance(0)).lay_over("", &mut files);
        assert_eq!(files, BTreeMap::from([("/a".to_owned(), Bytes::from("one"))]));
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
        assert!(disk.write("/a", vec![0; ROOM - 2].into()) && !disk.write("/a", vec![0; ROOM].into()));
        assert!(!disk.write("/b", "more".into()));
        assert!(disk.write("/a", "less".into()) && disk.write("/b", "more".into()));
    }

    #[test]
    fn many_disks_are_kept_and_those_of_who_is_gone_are_not() {
        let disks = Disks::default();
        for restarts in 0..1_000 {
            assert!(disks.open(instance(restarts)).write("/a", "one".into()));
        }
        assert!(is_kept(&disks, 0) && is_kept(&disks, 999));
        disks
            .open(("other".into(), "app".into(), 0))
            .write("/a", "one".into());
        disks.forget("uid");
        assert!(!is_kept(&disks, 0) && !is_kept(&disks, 999));
        assert_eq!(disks.lock().all.len(), 1);
        assert_eq!(disks.lock().bytes, FRAME + 5);
    }

    #[test]
    fn all_disks_share_one_room() {
        let disks = Disks::default();
        for restarts in 0..5 {
            assert!(
                disks
                    .open(instance(restarts))
                    .write("/a", vec![0; ROOM - FRAME - 2].into())
            );
        }
        assert_eq!([0, 1, 4].map(|one| is_kept(&disks, one)), [false, true, true]);
    }
}
