//! What was written in containers, kept while their instance runs and seen by every command there. Knows no commands.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// How many containers' disks are kept; the one that was opened longest ago goes first.
const KEPT: usize = 64;
/// Bytes that fit on one.
const ROOM: usize = 64 << 20;

/// One instance of a container: its pod's uid, its name, how often it was restarted.
pub type Instance = (String, String, u32);

/// The disks of all containers that were written in.
#[derive(Debug, Default)]
pub struct Disks(Mutex<VecDeque<(Instance, Disk)>>);

/// What was written in one container: content by path, `None` for what was removed. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Disk(Arc<Mutex<BTreeMap<String, Option<Vec<u8>>>>>);

impl Disks {
    /// The disk of a container.
    pub fn open(&self, instance: Instance) -> Disk {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let disk = match all.iter().position(|(have, _)| *have == instance) {
            Some(at) => all.remove(at).map(|(_, disk)| disk).unwrap_or_default(),
            None => Disk::default(),
        };
        all.push_back((instance, disk.clone()));
        if all.len() > KEPT {
            all.pop_front();
        }
        disk
    }
}

impl Disk {
    /// Makes `files`, which are those of the image, look as they were left.
    pub fn lay_over(&self, files: &mut BTreeMap<String, Vec<u8>>) {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (path, content) in written.iter() {
            match content {
                Some(content) => {
                    files.insert(path.clone(), content.clone());
                }
                None => {
                    files.remove(path);
                }
            }
        }
    }

    /// Whether there was room for it.
    pub fn write(&self, path: &str, content: &[u8]) -> bool {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let others = written.iter().filter(|(have, _)| *have != path);
        let used: usize = others
            .filter_map(|(_, content)| Some(content.as_ref()?.len()))
            .sum();
        let fits = used + content.len() <= ROOM;
        if fits {
            written.insert(path.to_owned(), Some(content.to_vec()));
        }
        fits
    }

    /// Takes a file away.
    pub fn remove(&self, path: &str) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.insert(path.to_owned(), None);
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
        disks.open(instance(0)).lay_over(&mut files);
        assert_eq!(files, BTreeMap::from([("/a".to_owned(), b"one".to_vec())]));
        let mut files = image();
        disks.open(instance(1)).lay_over(&mut files);
        assert_eq!(files, image(), "a restart begins with the image");
    }

    #[test]
    fn a_disk_gets_full_and_old_ones_go() {
        let disks = Disks::default();
        let disk = disks.open(instance(0));
        assert!(disk.write("/a", &vec![0; ROOM]) && disk.write("/a", b"less"));
        assert!(!disk.write("/b", &vec![0; ROOM]));
        for restarts in 1..=KEPT as u32 {
            disks.open(instance(restarts));
        }
        let mut files = BTreeMap::new();
        disks.open(instance(0)).lay_over(&mut files);
        assert!(files.is_empty());
    }
}
