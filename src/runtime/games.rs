//! Who plays game days: the explorer asks, the cluster behind it breaks and watches. Only the contract and the watch.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, Sender, UnboundedReceiver, UnboundedSender};
use tokio::task::spawn_blocking;

use crate::model::GameDay;
use crate::msg::{GameNews, Msg};

/// How often it is looked whether everything is whole again.
const LOOK: Duration = Duration::from_secs(1);

/// A cluster that things can be broken in on purpose. All calls may wait for that cluster.
pub trait Games: Send + Sync {
    /// Breaks what a game day of this name breaks; `random` for any.
    ///
    /// # Errors
    /// Why it cannot be played, for people.
    fn start(&self, name: &str) -> Result<GameDay, String>;
    /// Whether what the last one broke is whole again.
    fn mended(&self) -> bool;
    /// What of the present one could not happen so far, and why, in order.
    fn failures(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The game days of the explorer. They are played and watched one at a time, on a task that ends with this.
pub(super) struct Play {
    names: UnboundedSender<String>,
}

impl Play {
    /// What comes of game days is told through `out`, in order.
    pub(super) fn new(games: Option<Arc<dyn Games>>, out: Sender<Msg>) -> Self {
        let (names, asked) = mpsc::unbounded_channel();
        tokio::spawn(play(games, asked, out));
        Self { names }
    }

    /// Asks for a game day.
    pub(super) fn start(&self, name: String) {
        let _ = self.names.send(name); // nobody plays any more: the program ends
    }
}

async fn play(games: Option<Arc<dyn Games>>, mut asked: UnboundedReceiver<String>, out: Sender<Msg>) {
    let mut last = 0;
    // The number of the one that is played.
    let mut playing = None;
    // So many failures of it were told.
    let mut told = 0;
    loop {
        let news = tokio::select! {
            biased;
            name = asked.recv() => {
                let Some(name) = name else { return };
                match start(games.clone(), name).await {
                    Ok(day) => {
                        last += 1;
                        (playing, told) = (Some(last), 0);
                        GameNews::Began(last, Box::new(day))
                    }
                    Err(why) => GameNews::Refused(why),
                }
            }
            news = watch(games.clone(), playing, told) => {
                match news {
                    GameNews::Failed(_) => told += 1,
                    _ => playing = None,
                }
                news
            }
        };
        if out.send(Msg::GameDay(news)).await.is_err() {
            return;
        }
    }
}

async fn start(games: Option<Arc<dyn Games>>, name: String) -> Result<GameDay, String> {
    let games = games.ok_or("game days are played on a demo cluster: kubris gameday")?;
    let started = spawn_blocking(move || games.start(&name)).await;
    started.unwrap_or_else(|error| Err(format!("the game day cannot be played: {error}")))
}

/// Waits until something of what is played could not happen that was not `told`, or until the game day of this number is mended.
async fn watch(games: Option<Arc<dyn Games>>, playing: Option<u64>, told: usize) -> GameNews {
    let Some(games) = games else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(LOOK).await;
        let games = Arc::clone(&games);
        let look = move || match games.failures().into_iter().nth(told) {
            Some(why) => Some(GameNews::Failed(why)),
            None => playing.filter(|_| games.mended()).map(GameNews::Mended),
        };
        if let Some(news) = spawn_blocking(look).await.unwrap_or_default() {
            return news;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc as std_mpsc;

    use super::*;

    /// A cluster that is busy until it is let go, once a game; whole again from the second look on.
    struct Busy {
        free: Mutex<std_mpsc::Receiver<()>>,
        looks: std::sync::atomic::AtomicUsize,
    }

    impl Games for Busy {
        fn start(&self, name: &str) -> Result<GameDay, String> {
            let freed = self.free.lock().unwrap().recv_timeout(Duration::from_secs(20));
            freed.map_err(|_| "nobody went on meanwhile".to_owned())?;
            let name = Some(name.to_owned()).filter(|name| name != "unknown");
            let name = name.ok_or("no such game day")?;
            Ok(GameDay {
                name,
                ..GameDay::default()
            })
        }

        fn failures(&self) -> Vec<String> {
            vec!["my.yaml: step 2: no such pod".to_owned()]
        }

        fn mended(&self) -> bool {
            self.looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 0
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_a_busy_cluster_and_a_refused_game_leaves_the_present_one() {
        let (free, gate) = std_mpsc::channel();
        let busy = Busy {
            free: Mutex::new(gate),
            looks: 0.into(),
        };
        let (out, mut news) = mpsc::channel(8);
        let play = Play::new(Some(Arc::new(busy)), out);
        play.start("a".to_owned());
        play.start("unknown".to_owned());
        // Its task waits for the cluster now; this thread, which is its only one, goes on.
        tokio::task::yield_now().await;
        free.send(()).unwrap();
        free.send(()).unwrap();
        let mut told = Vec::new();
        for _ in 0..4 {
            let Some(Msg::GameDay(news)) = news.recv().await else {
                panic!()
            };
            told.push(news);
        }
        assert!(
            matches!(&told[0], GameNews::Began(1, day) if day.name == "a"),
            "{told:?}"
        );
        assert_eq!(told[1], GameNews::Refused("no such game day".to_owned()));
        assert_eq!(
            told[2],
            GameNews::Failed("my.yaml: step 2: no such pod".to_owned())
        );
        assert_eq!(told[3], GameNews::Mended(1), "and the failure was told once");
    }

    #[tokio::test]
    async fn without_a_cluster_it_is_refused() {
        let (out, mut news) = mpsc::channel(8);
        Play::new(None, out).start("a".to_owned());
        let Some(Msg::GameDay(GameNews::Refused(why))) = news.recv().await else {
            panic!()
        };
        assert!(why.contains("kubris gameday"), "{why}");
    }
}
