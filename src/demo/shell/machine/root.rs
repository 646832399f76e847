//! Folders that stand for the root: `chroot`.

use super::Machine;
use crate::demo::shell::disk::Files;

impl Machine {
    /// Makes a folder the root; gives what [`Machine::leave`] needs.
    pub fn enter(&mut self, root: &str) -> Files {
        let inner = self.files.iter().filter_map(|(path, content)| {
            let inside = path.strip_prefix(root.trim_end_matches('/'))?;
            inside
                .starts_with('/')
                .then(|| (inside.to_owned(), content.clone()))
        });
        let inner = inner.collect();
        self.root.push_str(root.trim_end_matches('/'));
        std::mem::replace(&mut self.files, inner)
    }

    /// Gives the machine its root back, with what was changed below.
    pub fn leave(&mut self, root: &str, outer: Files) {
        let root = root.trim_end_matches('/');
        let inner = std::mem::replace(&mut self.files, outer);
        let length = self.root.len().saturating_sub(root.len());
        self.root.truncate(length);
        self.files
            .retain(|path, _| !path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/')));
        let inner = inner.into_iter();
        self.files
            .extend(inner.map(|(path, content)| (format!("{root}{path}"), content)));
    }
}
