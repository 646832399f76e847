//! Effects that are neither the cluster's nor the terminal's: searches through log lines, files, colours. Each runs on another thread.

use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc::Sender;

use crate::model::{Failure, FailureKind};
use crate::msg::{Effect, Msg, Outcome, SaveRequest};

/// Runs an effect; its answer comes through `out`.
pub fn run(effect: Effect, state: &Path, out: &Sender<Msg>) {
    let out = out.clone();
    match effect {
        Effect::Scan(id, mut job) => drop(tokio::task::spawn_blocking(move || {
            while let Some(hits) = job.step() {
                if out.blocking_send(Msg::Hits(id, hits)).is_err() {
                    return;
                }
            }
        })),
        Effect::Save(id, request) => {
            let state = state.to_owned();
            drop(tokio::task::spawn_blocking(move || {
                let answer = keep(&state, &request).map(|message| Outcome {
                    message,
                    exit_code: None,
                });
                let _ = out.blocking_send(Msg::Done(id, answer)); // nobody listens: the program ends
            }));
        }
        Effect::Highlight(id, syntax, lines) => drop(tokio::task::spawn_blocking(move || {
            let coloured = crate::highlight::lines(&syntax, &lines);
            let _ = out.blocking_send(Msg::Highlighted(id, coloured)); // nobody listens: the program ends
        })),
        _ => {}
    }
}

/// Writes a new file into the folder of saved ones, at once. Says where it is.
///
/// # Errors
/// The file, the folder and why it cannot be written.
pub fn keep(state: &Path, request: &SaveRequest) -> Result<String, Failure> {
    let folder = state.join("saved");
    match save(&folder, request) {
        Ok(path) => Ok(format!("saved {}", path.display())),
        Err(error) => {
            let (name, folder) = (request.name.display(), folder.display());
            let why = format!("cannot save `{name}` in {folder}: {error}");
            Err(Failure::new(FailureKind::Other, why))
        }
    }
}

/// Writes a new file; a number is put into the name when it is taken.
fn save(folder: &Path, request: &SaveRequest) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let stem = request
        .name
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let extension = request
        .name
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    for number in 0..10_000 {
        let name = if number == 0 {
            format!("{stem}.{extension}")
        } else {
            format!("{stem}-{number}.{extension}")
        };
        let path = folder.join(name);
        // A decoded secret may be among them: for the owner only.
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        match options.open(&path) {
            Ok(mut file) => {
                io::Write::write_all(&mut file, request.text.as_bytes())?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        "too many files of that name",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let request = SaveRequest {
            name: "pods.csv".into(),
            text: "a".into(),
        };
        let first = save(folder.path(), &request).unwrap();
        let second = save(
            folder.path(),
            &SaveRequest {
                text: "b".into(),
                ..request
            },
        )
        .unwrap();
        assert_ne!(first, second);
        assert_eq!(std::fs::read_to_string(first).unwrap(), "a");
        assert_eq!(std::fs::read_to_string(second).unwrap(), "b");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let request = SaveRequest {
            name: "x.log".into(),
            text: String::new(),
        };
        assert!(save(&file.path().join("below"), &request).is_err());
    }
}
