//! Who plays game days: the explorer asks, the cluster behind it breaks and watches. Only the contract and the watch.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

use crate::msg::{GameDay, GameNews, Msg};

/// How often it is looked whether everything is whole again.
const LOOK: Duration = Duration::from_secs(1);

/// A cluster that things can be broken in on purpose. Both calls are quick.
pub trait Games: Send + Sync {
    /// Breaks what a game day of this name breaks; `random` for any.
    ///
    /// # Errors
    /// Why it cannot be played, for people.
    fn start(&self, name: &str) -> Result<GameDay, String>;
    /// Whether what the last one broke is whole again.
    fn mended(&self) -> bool;
}

/// The game days of the explorer.
#[derive(Default)]
pub(super) struct Play {
    games: Option<Arc<dyn Games>>,
    watch: Option<JoinHandle<()>>,
}

impl Play {
    pub(super) fn new(games: Option<Arc<dyn Games>>) -> Self {
        Self { games, watch: None }
    }

    /// Begins a game day; its end comes through `out`.
    pub(super) fn start(&mut self, name: &str, out: &Sender<Msg>) -> GameNews {
        let Some(games) = self.games.clone() else {
            let why = "game days are played on a demo cluster: kubris gameday";
            return GameNews::Refused(why.to_owned());
        };
        match games.start(name) {
            Ok(day) => {
                if let Some(before) = self.watch.take() {
                    before.abort();
                }
                self.watch = Some(tokio::spawn(watch(games, out.clone())));
                GameNews::Began(Box::new(day))
            }
            Err(why) => GameNews::Refused(why),
        }
    }
}

async fn watch(games: Arc<dyn Games>, out: Sender<Msg>) {
    loop {
        tokio::time::sleep(LOOK).await;
        if games.mended() {
            let _ = out.send(Msg::GameDay(GameNews::Mended)).await; // nobody listens: the program ends
            return;
        }
    }
}
