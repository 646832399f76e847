//! Diagnostics: tracing into a file and into a ring the program can show. Never on the screen, never a secret.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Lines the ring keeps.
const LINES: usize = 500;
/// Bytes from which the file is put aside at the start (`trace.log.old`).
const LARGE: u64 = 4 << 20;
/// What is traced unless `KUBRIS_LOG` says otherwise, in the notation of tracing's `EnvFilter`.
const FILTER: &str = "warn,kubris=info";

/// The last lines, oldest first. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Ring(Arc<Mutex<VecDeque<String>>>);

impl Ring {
    /// The lines, at most 500.
    pub fn lines(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    fn push(&self, text: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for line in text.lines() {
            if lines.len() == LINES {
                lines.pop_front();
            }
            lines.push_back(line.to_owned());
        }
    }
}

/// Begins to trace into `trace.log` of a folder, which is made if need be, and into the ring. Without the file (the error) the ring still works.
/// Only the first call of a process counts.
pub fn start(folder: &Path) -> (Ring, Option<io::Error>) {
    let ring = Ring::default();
    let (file, error) = match open(folder) {
        Ok(file) => (Some(Arc::new(file)), None),
        Err(error) => (None, Some(error)),
    };
    let filter = EnvFilter::try_from_env("KUBRIS_LOG").unwrap_or_else(|_| EnvFilter::new(FILTER));
    let sink = Sink {
        file,
        ring: ring.clone(),
    };
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(sink);
    // A second call finds the first one's subscriber in place.
    let _ = tracing_subscriber::registry().with(filter).with(layer).try_init();
    (ring, error)
}

fn open(folder: &Path) -> io::Result<File> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join("trace.log");
    if std::fs::metadata(&path).is_ok_and(|file| file.len() > LARGE) {
        std::fs::rename(&path, folder.join("trace.log.old"))?;
    }
    File::options().create(true).append(true).open(path)
}

#[derive(Clone)]
struct Sink {
    file: Option<Arc<File>>,
    ring: Ring,
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Takes one whole event at a time, as tracing's formatter writes it.
impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.ring.push(&String::from_utf8_lossy(bytes));
        if let Some(mut file) = self.file.as_deref() {
            // A full disk must not take the program down; the ring has the line.
            let _ = file.write_all(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscriber(sink: Sink) -> impl tracing::Subscriber {
        tracing_subscriber::registry().with(
            tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_writer(sink),
        )
    }

    #[test]
    fn an_event_is_in_the_file_and_in_the_ring() {
        let folder = tempfile::tempdir().unwrap();
        let ring = Ring::default();
        let file = Some(Arc::new(open(&folder.path().join("new")).unwrap()));
        tracing::subscriber::with_default(
            subscriber(Sink {
                file,
                ring: ring.clone(),
            }),
            || {
                tracing::warn!(code = 403, "watch refused");
            },
        );
        let text = std::fs::read_to_string(folder.path().join("new/trace.log")).unwrap();
        assert!(text.contains("watch refused code=403"), "{text}");
        assert_eq!(ring.lines(), text.lines().collect::<Vec<_>>());
    }

    #[test]
    fn the_ring_keeps_the_last_lines() {
        let ring = Ring::default();
        for line in 0..LINES + 3 {
            ring.push(&format!("line {line}\n"));
        }
        let lines = ring.lines();
        assert_eq!((lines.len(), lines[0].as_str()), (LINES, "line 3"));
    }

    #[test]
    fn a_large_file_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace.log");
        File::create(&path).unwrap().set_len(LARGE + 1).unwrap();
        assert_eq!(open(folder.path()).unwrap().metadata().unwrap().len(), 0);
        assert!(folder.path().join("trace.log.old").exists());
    }
}
