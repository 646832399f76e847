//! The one loop: input, messages, work, frame. Everything it waits for stands in one `select!`; nothing else in the program draws.

mod chores;
mod editor;
mod effects;
mod games;
mod lent;
mod session;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::app::gameday::Game;
use crate::app::{App, Start};
use crate::clock;
use crate::cluster::{Cluster, Handle, Options, Outlets};
use crate::config::Config;
use crate::model::Tone;
use crate::msg::{FeedEvent, Msg};
use crate::terminal::{Signal, Signals, Terminal, TerminalError};
use crate::theme::Theme;
use crate::{ui, view};

pub use games::Games;
use session::Session;

/// The shortest time between two frames that no key asked for.
const FRAME: Duration = Duration::from_millis(16);
/// How long pending messages are taken in, or longer work goes on, before the screen and the keys get their turn.
const DRAIN: Duration = Duration::from_millis(4);
/// Rows taken in at a time at most.
const ROWS: usize = 500;
/// Messages that may wait.
const DEPTH: usize = 64;
/// How long the end waits for changes and sessions that are not in the audit journal yet.
const SETTLE: Duration = Duration::from_secs(5);

/// What the explorer runs on.
pub struct Setup {
    /// Settings.
    pub config: Config,
    /// How to reach clusters.
    pub cluster: Options,
    /// What to open with.
    pub start: Start,
    /// Where game days are played.
    pub games: Option<Arc<dyn Games>>,
    /// What a person should know at the start.
    pub notices: Vec<String>,
}

/// Why the explorer ended before anybody asked it to.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// There is no terminal.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// The terminal or the system refuses.
    #[error("the terminal cannot be used")]
    Io(#[from] std::io::Error),
}

/// What is left of a run.
#[derive(Debug, Default)]
pub struct Left {
    /// The game day that was played last.
    pub game: Option<Game>,
    /// What became of edits that were not applied, for people; they are in files.
    pub drafts: Vec<String>,
}

/// Runs the explorer until it is left.
///
/// # Errors
/// There is no terminal, or it is lost.
pub async fn run(setup: Setup) -> Result<Left, RuntimeError> {
    let signals = Signals::listen()?;
    let (terminal, input) = Terminal::open(setup.config.settings.mouse)?;
    let (feeds_in, feeds) = mpsc::channel(DEPTH);
    let (logs_in, logs) = mpsc::channel(DEPTH);
    let (chores_in, chores) = mpsc::channel(DEPTH);
    let cluster = Cluster::spawn(
        setup.cluster,
        Outlets {
            feeds: feeds_in,
            logs: logs_in,
        },
    );
    let size = terminal.size();
    let mut app = App::new(setup.config, setup.start, size, clock::now());
    for notice in setup.notices {
        app.toasts.push(notice, Tone::Warn, clock::now());
    }
    let mut looped = Loop {
        app,
        cluster,
        terminal,
        theme: Theme::default(),
        themed: None,
        play: games::Play::new(setup.games, chores_in.clone()),
        chores: chores_in,
        session: None,
        lent: None,
        drawn: Instant::now().checked_sub(FRAME).unwrap_or_else(Instant::now),
        leave: false,
    };
    let effects = looped.app.begin();
    let journal = looped.cluster.journal();
    let left = async {
        looped.carry_out(effects).await?;
        looped.go(signals, input, Inbox { feeds, logs, chores }).await
    };
    let left = left.await;
    let drafts = looped.keep_drafts();
    if !journal.settled(SETTLE).await {
        tracing::warn!("something that was begun is not in the audit journal");
    }
    left.map(|()| Left {
        game: looped.app.game.take(),
        drafts,
    })
}

/// Where messages come in.
struct Inbox {
    feeds: mpsc::Receiver<Msg>,
    logs: mpsc::Receiver<Msg>,
    chores: mpsc::Receiver<Msg>,
}

impl Inbox {
    async fn next(&mut self) -> Option<Msg> {
        tokio::select! {
            biased;
            msg = self.chores.recv() => msg,
            msg = self.feeds.recv() => msg,
            msg = self.logs.recv() => msg,
        }
    }

    /// What waits already.
    fn pending(&mut self) -> Option<Msg> {
        let chore = self.chores.try_recv().ok();
        chore
            .or_else(|| self.feeds.try_recv().ok())
            .or_else(|| self.logs.try_recv().ok())
    }
}

struct Loop {
    app: App,
    cluster: Handle,
    terminal: Terminal,
    theme: Theme,
    /// The context and theme name that the theme was made for.
    themed: Option<(String, Option<String>)>,
    chores: mpsc::Sender<Msg>,
    session: Option<Session>,
    /// A process of this machine has the terminal.
    lent: Option<lent::Lent>,
    play: games::Play,
    drawn: Instant,
    leave: bool,
}

/// What the loop woke for.
enum Event {
    Signal(Signal),
    Input(Option<Msg>),
    Message(Option<Msg>),
    Session(session::Step),
    /// The process of this machine that had the terminal is done.
    Returned(Msg),
    Due,
}

impl Loop {
    async fn go(
        &mut self,
        mut signals: Signals,
        mut input: mpsc::Receiver<Msg>,
        mut inbox: Inbox,
    ) -> Result<(), RuntimeError> {
        self.frame(true)?;
        while !self.leave {
            let wait = self.wait();
            let (session, lent) = (&mut self.session, &mut self.lent);
            let event = tokio::select! {
                biased;
                signal = signals.next() => Event::Signal(signal),
                msg = input.recv() => Event::Input(msg),
                step = session::next(session) => Event::Session(step),
                msg = lent::next(lent) => Event::Returned(msg),
                msg = inbox.next() => Event::Message(msg),
                () = sleep(wait) => Event::Due,
            };
            let at_once = match event {
                Event::Signal(signal) => self.signal(signal).await?,
                Event::Input(Some(msg)) => self.input(msg, &mut input).await?,
                Event::Input(None) => {
                    // The terminal is gone.
                    self.leave = true;
                    false
                }
                Event::Session(step) => self.session_step(step).await?,
                Event::Returned(msg) => self.returned(msg).await?,
                Event::Message(Some(msg)) => self.messages(msg, &mut inbox).await?,
                Event::Message(None) => {
                    // Whoever talks to the cluster is gone.
                    self.leave = true;
                    false
                }
                Event::Due => false,
            };
            // Not only when nothing else comes: messages that never pause must not hold up what is due.
            let now = clock::now();
            if self.app.deadline().is_some_and(|due| due <= now) {
                self.take(Msg::Tick(now)).await?;
            }
            self.frame(at_once)?;
            self.work(&input);
        }
        Ok(())
    }

    /// Writes what was edited and not applied into files, however the program came to be left, and tells where.
    fn keep_drafts(&mut self) -> Vec<String> {
        let state = self.app.config.folders.state.clone();
        let drafts = self.app.drafts().into_iter();
        let kept = drafts.map(|(told, request)| match chores::keep(&state, &request) {
            Ok(where_) => format!("{told} · {where_}"),
            Err(why) => format!("{told} · {why}"),
        });
        kept.collect()
    }

    /// Goes on with what takes longer than a frame may, as long as nobody waits.
    fn work(&mut self, input: &mpsc::Receiver<Msg>) {
        let since = Instant::now();
        while input.is_empty() && since.elapsed() < DRAIN && self.app.work(1) {}
    }

    /// The terminal belongs to a process: nothing is drawn.
    fn is_away(&self) -> bool {
        self.lent.is_some() || self.session.as_ref().is_some_and(Session::has_terminal)
    }

    /// How long nothing has to be done unless something comes. `None`: for ever.
    fn wait(&self) -> Option<Duration> {
        if self.app.has_work() {
            return Some(Duration::ZERO);
        }
        let ours = !self.is_away();
        let frame = (self.app.dirty && ours).then(|| FRAME.saturating_sub(self.drawn.elapsed()));
        let now = clock::now();
        let due = self
            .app
            .deadline()
            .map(|due| Duration::from_nanos(u64::try_from(due.nanos_since(now)).unwrap_or(0)));
        frame.into_iter().chain(due).min()
    }

    async fn input(&mut self, msg: Msg, input: &mut mpsc::Receiver<Msg>) -> Result<bool, RuntimeError> {
        self.take(msg).await?;
        // Keys typed meanwhile (key repeat, a paste) are taken in before the one frame that shows them.
        let since = Instant::now();
        while !self.leave && since.elapsed() < DRAIN {
            let Ok(more) = input.try_recv() else { break };
            // A confirmation takes no key that was typed before it was on screen.
            self.take(more).await?;
        }
        Ok(true)
    }

    async fn messages(&mut self, first: Msg, inbox: &mut Inbox) -> Result<bool, RuntimeError> {
        let since = Instant::now();
        let mut rows = rows_in(&first);
        self.take(first).await?;
        while !self.leave && rows < ROWS && since.elapsed() < DRAIN {
            let Some(msg) = inbox.pending() else { break };
            rows += rows_in(&msg);
            self.take(msg).await?;
        }
        Ok(false)
    }

    async fn take(&mut self, msg: Msg) -> Result<(), RuntimeError> {
        if let Msg::Resize(width, height) = msg
            && let Some(session) = &self.session
        {
            session.resize((width, height));
        }
        let effects = self.app.update(msg, clock::now());
        self.carry_out(effects).await
    }

    async fn signal(&mut self, signal: Signal) -> Result<bool, RuntimeError> {
        match signal {
            Signal::Resized => {
                let (width, height) = self.terminal.size();
                self.take(Msg::Resize(width, height)).await?;
            }
            Signal::Stop => {
                self.terminal.stop().await?;
                self.app.dirty = true;
            }
            Signal::Continued => {
                self.terminal.renew().await?;
                self.app.dirty = true;
            }
            // Ctrl-C in the editor or the credential plugin reaches the whole process group, but means them.
            Signal::Interrupt => self.leave |= self.lent.is_none(),
            Signal::Leave => self.leave = true,
        }
        Ok(true)
    }

    /// Draws when something visible changed and it is time, or at once after a key.
    fn frame(&mut self, at_once: bool) -> Result<(), RuntimeError> {
        if !self.app.dirty || self.is_away() {
            return Ok(());
        }
        if !at_once && self.drawn.elapsed() < FRAME {
            return Ok(());
        }
        let screen = view::screen(&self.app);
        let theme = &self.theme;
        let plain = self.app.config.settings.ascii;
        self.terminal.draw(|frame| {
            ui::draw(frame, &screen, theme);
            if plain {
                ui::ascii(frame.buffer_mut());
            }
        })?;
        self.drawn = Instant::now();
        self.app.drawn();
        Ok(())
    }
}

fn rows_in(msg: &Msg) -> usize {
    match msg {
        Msg::Feed(_, _, FeedEvent::Rows(batch)) => batch.len.max(1),
        _ => 1,
    }
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(Duration::ZERO) => {}
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
