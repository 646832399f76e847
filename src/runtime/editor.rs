//! The person's editor on a text: a file of their own for as long as it runs. Knows nothing of what is edited.

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

use crate::model::{Failure, FailureKind};

/// The editor of a person who named none, as kubectl has it.
const FALLBACK: &str = "vi";

/// Opens the editor and returns what was saved; `None` if that is what was there before.
///
/// The variables are kubectl's: `KUBE_EDITOR`, then `EDITOR`; arguments in them are taken (`code --wait`).
///
/// # Errors
/// The file cannot be written or read, or the editor cannot be started or ended with an error.
pub async fn edit(text: &str, env: impl Fn(&str) -> Option<String>) -> Result<Option<String>, Failure> {
    let named = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    let editor = named("KUBE_EDITOR").or_else(|| named("EDITOR"));
    let editor = editor.unwrap_or_else(|| FALLBACK.to_owned());
    let failed = |what: &str, error: &io::Error| {
        Failure::new(
            FailureKind::Other,
            format!("{what}: {error}; $KUBE_EDITOR or $EDITOR names another editor"),
        )
    };
    let file = Draft::write(text).map_err(|error| failed("no file for the editor", &error))?;
    let status = Command::new("sh")
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .arg(&file.0)
        .stdin(Stdio::inherit())
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|error| failed(&format!("`{editor}` cannot be started"), &error))?;
    if !status.success() {
        let draft = file.keep_if_not(text);
        return Err(Failure::new(
            FailureKind::Other,
            format!("`{editor}` failed ({status}); {draft}$KUBE_EDITOR or $EDITOR names another editor"),
        ));
    }
    // Editors replace the file rather than write into it, so it is read by name.
    let edited = std::fs::read_to_string(&file.0).map_err(|error| {
        let draft = file.keep_if_not(text);
        failed(&format!("{draft}what was edited cannot be read"), &error)
    })?;
    Ok((edited != text).then_some(edited))
}

/// The file: for its owner only, and gone afterwards, because a secret may be in it; but not while it is all there is of an edit.
struct Draft(PathBuf, std::cell::Cell<bool>);

impl Draft {
    fn write(text: &str) -> io::Result<Self> {
        let folder = std::env::temp_dir();
        let stamp = crate::clock::now().0;
        let path = folder.join(format!("kubris-edit-{}-{stamp}.yaml", std::process::id()));
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&path)?;
        let draft = Self(path, std::cell::Cell::new(false));
        file.write_all(text.as_bytes())?;
        Ok(draft)
    }

    /// Leaves the file where it is, and says where, when something else than this text is in it.
    fn keep_if_not(&self, text: &str) -> String {
        match std::fs::read(&self.0) {
            Ok(bytes) if bytes == text.as_bytes() => String::new(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            _ => {
                self.1.set(true);
                format!("the draft is kept in {}; ", self.0.display())
            }
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.1.get() {
            return;
        }
        let _ = std::fs::remove_file(&self.0); // the editor may have removed it
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn with(editor: &str) -> Result<Option<String>, Failure> {
        let env = |name: &str| (name == "KUBE_EDITOR").then(|| editor.to_owned());
        edit("replicas: 1\n", env).await
    }

    #[tokio::test]
    async fn what_the_editor_saves_comes_back_and_an_untouched_file_is_no_edit() {
        assert_eq!(with("true").await.unwrap(), None);
        let edited = with("sed -i s/1/2/").await.unwrap();
        assert_eq!(edited.as_deref(), Some("replicas: 2\n"));
    }

    #[tokio::test]
    async fn what_was_saved_before_the_editor_failed_stays_and_its_place_is_said() {
        for editor in [
            "sh -c 'echo mine > \"$0\"; exit 3'",
            "sh -c 'printf \"\\377\" > \"$0\"'",
        ] {
            let failure = with(editor).await.unwrap_err();
            let (_, rest) = failure.message.split_once("the draft is kept in ").unwrap();
            let (path, _) = rest.split_once(';').unwrap();
            assert!(std::fs::metadata(path).is_ok(), "{failure}");
            std::fs::remove_file(path).unwrap();
        }
    }

    #[tokio::test]
    async fn an_editor_that_fails_is_said_with_what_names_another() {
        let failure = with("false").await.unwrap_err();
        assert!(failure.message.contains("`false` failed") && failure.message.contains("$EDITOR"));
        let failure = with("no-such-editor-anywhere").await.unwrap_err();
        assert!(failure.message.contains("no-such-editor-anywhere"), "{failure}");
    }
}
