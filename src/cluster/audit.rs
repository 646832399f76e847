//! The audit journal: one line of JSON for each thing that was done to a cluster. A journal that cannot be written stops nothing and is said.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::clock;
use crate::msg::ClusterInfo;

/// Where the lines go, and which deeds still have theirs to come. Clones are of one journal.
#[derive(Debug, Clone)]
pub struct Journal {
    path: PathBuf,
    under_way: TaskTracker,
}

/// One thing that was done, or was tried.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deed {
    /// `scale`, `delete`, `exec` ….
    pub verb: &'static str,
    /// `deployments.apps shop/web`.
    pub object: String,
    /// The value before; empty for none.
    pub before: String,
    /// The value after; empty for none.
    pub after: String,
    /// `done`, or why not.
    pub outcome: String,
}

#[derive(Serialize)]
struct Line<'a> {
    when: String,
    context: &'a str,
    cluster: &'a str,
    server: &'a str,
    user: &'a str,
    #[serde(rename = "as", skip_serializing_if = "str::is_empty")]
    impersonate: &'a str,
    verb: &'a str,
    object: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    before: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    after: &'a str,
    outcome: &'a str,
}

impl Journal {
    /// The journal in the state folder.
    pub fn in_folder(state: &Path) -> Self {
        Self {
            path: state.join("audit.jsonl"),
            under_way: TaskTracker::new(),
        }
    }

    /// Starts a deed that ends with its note; [`Journal::settled`] waits for it.
    pub fn track(&self, deed: impl Future<Output = ()> + Send + 'static) {
        self.under_way.spawn(deed);
    }

    /// While this is held, [`Journal::settled`] waits: a deed may be about to start.
    pub fn hold(&self) -> TaskTrackerToken {
        self.under_way.token()
    }

    /// Waits until every deed that was started is noted, at most this long. `false`: some were not.
    pub async fn settled(&self, patience: Duration) -> bool {
        self.under_way.close();
        timeout(patience, self.under_way.wait()).await.is_ok()
    }

    /// Appends a line, off the async threads.
    ///
    /// # Errors
    /// What is not saved and why, in one sentence for the person.
    pub async fn note(&self, cluster: &ClusterInfo, deed: &Deed) -> Result<(), String> {
        let line = Line {
            when: clock::now().rfc3339(),
            context: &cluster.context.name,
            cluster: &cluster.context.cluster,
            server: &cluster.context.server,
            user: &cluster.context.user,
            impersonate: &cluster.impersonate,
            verb: deed.verb,
            object: &deed.object,
            before: &deed.before,
            after: &deed.after,
            outcome: &deed.outcome,
        };
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || append(&path, text.as_bytes())).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!(
                "not in the audit journal: {}: {error}",
                self.path.display()
            )),
            Err(error) => Err(format!("not in the audit journal: {error}")),
        }
    }
}

/// One write, so that lines of two programs do not mix.
fn append(path: &Path, line: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?
        .write_all(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deed() -> Deed {
        Deed {
            verb: "scale",
            object: "deployments.apps shop/web".into(),
            before: "3".into(),
            after: "5".into(),
            outcome: "done".into(),
        }
    }

    #[tokio::test]
    async fn each_deed_is_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::in_folder(&folder.path().join("state/kubris"));
        let cluster = ClusterInfo {
            impersonate: "alice".into(),
            ..ClusterInfo::default()
        };
        journal.note(&cluster, &deed()).await.unwrap();
        journal
            .note(
                &cluster,
                &Deed {
                    verb: "exec",
                    outcome: "two\nlines".into(),
                    ..deed()
                },
            )
            .await
            .unwrap();
        let text = std::fs::read_to_string(folder.path().join("state/kubris/audit.jsonl")).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            (&lines[0]["verb"], &lines[0]["before"], &lines[0]["as"]),
            (&"scale".into(), &"3".into(), &"alice".into())
        );
        assert_eq!(lines[1]["outcome"], "two\nlines");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_is_said() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("state"), "a file").unwrap();
        let journal = Journal::in_folder(&folder.path().join("state"));
        let said = journal.note(&ClusterInfo::default(), &deed()).await.unwrap_err();
        assert!(said.starts_with("not in the audit journal: "), "{said}");
    }

    #[tokio::test]
    async fn the_end_waits_for_deeds_that_are_not_noted_yet() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::in_folder(folder.path());
        let (answer, answered) = tokio::sync::oneshot::channel::<()>();
        let noting = journal.clone();
        let about_to_start = journal.hold();
        journal.track(async move {
            answered.await.unwrap();
            noting.note(&ClusterInfo::default(), &deed()).await.unwrap();
        });
        assert!(
            !journal.settled(Duration::from_millis(10)).await,
            "the server has not answered"
        );
        answer.send(()).unwrap();
        assert!(
            !journal.settled(Duration::from_millis(10)).await,
            "one more may start"
        );
        drop(about_to_start);
        assert!(journal.settled(Duration::from_secs(30)).await);
        let text = std::fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
        assert_eq!(text.lines().count(), 1);
    }
}
