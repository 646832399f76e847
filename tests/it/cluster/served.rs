//! The demo cluster beside the real one, for programs that want a kubeconfig.

use std::path::{Path, PathBuf};

use kubris::demo::{self, Demo};
use tempfile::TempDir;

/// A demo cluster that runs for as long as this is kept, and a folder for its kubeconfig and what goes with it.
pub struct Served {
    _demo: Demo,
    folder: TempDir,
}

impl Served {
    pub fn start() -> Self {
        let demo = demo::start(demo::Options::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("demo.kubeconfig"), demo.kubeconfig()).unwrap();
        Self { _demo: demo, folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.folder().join("demo.kubeconfig")
    }
}
