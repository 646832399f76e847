//! A process of this machine that has the terminal: the credential plugin, the editor. While it runs, the loop goes on taking messages in
//! and draws nothing.

use tokio::sync::oneshot;

use super::editor;
use super::{Loop, RuntimeError};
use crate::model::{Failure, FailureKind};
use crate::msg::{EffectId, Msg};

/// The terminal is lent; the answer comes when it is free again.
pub struct Lent(oneshot::Receiver<Msg>);

/// Waits until the terminal is free again; for ever when it is not lent.
pub async fn next(lent: &mut Option<Lent>) -> Msg {
    match lent {
        None => std::future::pending().await,
        Some(Lent(answer)) => match answer.await {
            Ok(msg) => msg,
            Err(_) => Msg::PluginEnded(Some(Failure::new(
                FailureKind::Other,
                "the process that had the terminal was lost",
            ))),
        },
    }
}

impl Loop {
    /// Runs the credential plugin with the terminal.
    pub(super) async fn lend_to_plugin(&mut self) -> Result<(), RuntimeError> {
        if self.is_lent() {
            return Ok(());
        }
        self.terminal.lend().await?;
        let (answer, lent) = oneshot::channel();
        let cluster = self.cluster.clone();
        tokio::spawn(async move {
            let failure = cluster.run_plugin().await.err();
            let _ = answer.send(Msg::PluginEnded(failure)); // nobody waits: the program ends
        });
        self.lent = Some(Lent(lent));
        Ok(())
    }

    /// Runs the editor on a text. Only while the terminal is ours.
    pub(super) async fn lend_to_editor(&mut self, id: EffectId, text: String) -> Result<(), RuntimeError> {
        self.terminal.lend().await?;
        let (answer, lent) = oneshot::channel();
        tokio::spawn(async move {
            let edited = editor::edit(&text, |name| std::env::var(name).ok()).await;
            let _ = answer.send(Msg::Edited(id, edited)); // nobody waits: the program ends
        });
        self.lent = Some(Lent(lent));
        Ok(())
    }

    /// The process is done: the terminal is ours again. `true`: the screen must be drawn at once.
    pub(super) async fn returned(&mut self, answer: Msg) -> Result<bool, RuntimeError> {
        self.lent = None;
        self.terminal.take_back().await?;
        self.app.dirty = true;
        self.take(answer).await?;
        Ok(true)
    }

    /// Somebody else has the terminal, or is about to get it.
    pub(super) fn is_lent(&self) -> bool {
        self.lent.is_some() || self.session.is_some()
    }
}
