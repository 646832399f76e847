//! The state of the program and its one pure update function. No clock, no I/O, no drawing.

pub mod absent;
mod background;
mod choose;
pub mod cluster;
pub mod columns;
pub mod command;
mod containers;
mod context;
mod difference;
mod due;
pub mod edit;
mod exec;
mod feeds;
mod filtering;
mod follow;
pub mod gameday;
mod global;
mod goto;
pub mod inside;
mod instead;
mod keys;
pub mod line_edit;
pub mod logs;
mod merge;
mod mouse;
mod mutate;
mod object;
mod open;
pub mod overlay;
pub mod pane;
mod prompts;
mod receive;
mod reveal;
mod rollout;
mod run;
mod scale;
pub mod seek;
pub mod table;
mod tail;
pub mod text;
mod texts;
pub mod toast;
pub mod tree;
pub mod yaml;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::clock::Timestamp;
use crate::config::Config;
use crate::model::{Area, FeedId, Scope, Tone};
use crate::msg::{Effect, EffectId, LogId, Msg, Target, UsageWanted};
use crate::store::Store;

pub use texts::scope_word;

use cluster::ClusterState;
use overlay::Overlay;
use pane::Pane;
use toast::Toasts;
use tree::{PaneId, Tree};

/// What the program opens with.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// A command as typed after `:`; empty opens pods.
    pub command: String,
    /// Namespaces asked for on the command line; `None` for the context's own.
    pub scope: Option<Scope>,
    /// The context asked for.
    pub context: Option<String>,
    /// A game day to play, or `random`.
    pub game: Option<String>,
}

/// The whole state.
#[derive(Debug)]
pub struct App {
    /// What a person has configured.
    pub config: Config,
    /// The screen.
    pub size: Area,
    /// As of the last message.
    pub now: Timestamp,
    /// Rows.
    pub store: Store,
    /// The cluster.
    pub cluster: ClusterState,
    /// How panes divide the screen.
    pub tree: Tree,
    /// The panes.
    pub panes: BTreeMap<PaneId, Pane>,
    /// The pane that gets the keys.
    pub focus: PaneId,
    /// The pane that has the whole screen.
    pub zoom: Option<PaneId>,
    /// What stands over them.
    pub overlay: Option<Overlay>,
    /// Messages.
    pub toasts: Toasts,
    /// Namespaces that new tables show.
    pub scope: Scope,
    /// The header is shown.
    pub header: bool,
    /// Something visible changed since the last draw.
    pub dirty: bool,
    /// The theme asked for by `:theme`; the runtime loads it.
    pub theme: Option<String>,
    /// The game day that is or was played last.
    pub game: Option<gameday::Game>,
    start: Start,
    commands: Vec<String>,
    command_at: usize,
    command_before: usize,
    filters: Vec<String>,
    effects: Vec<Effect>,
    waiting: FxHashMap<EffectId, Waiting>,
    usage_wanted: UsageWanted,
    background: Vec<FeedId>,
    background_due: bool,
    last_id: u32,
    joined_at: Timestamp,
    /// Until then nothing on screen changes by time alone. As of the last frame; `None`: never.
    unchanged_until: Option<Timestamp>,
    /// What the header counted last.
    counted: [usize; 4],
    /// Events changed since descriptions were written.
    events_came: bool,
    /// Rollouts started here.
    rollouts: rollout::Rollouts,
}

/// What an awaited answer is for.
#[derive(Debug, Clone, PartialEq)]
enum Waiting {
    /// An object for a text pane.
    Text,
    /// Replicas for the scale prompt.
    Scale,
    /// An object for the editor, and the pane where it was asked for.
    ToEdit(crate::model::ObjectKey, PaneId),
    /// The editor.
    Editor(Box<edit::Edit>),
    /// The server's word on an edit.
    Edit(Box<edit::Edit>),
    /// The version that an edit met instead of its own, and what the server said of it.
    Newer(Box<edit::Edit>, crate::model::Failure),
    /// The server's word on a change.
    Change(Box<mutate::change::Change>),
    /// A process that has the terminal.
    Exec(String),
    /// A file.
    Save,
    /// The file of an edit that could not stay, and why.
    Draft(String),
    /// The owner of a pod, on the way to a scale prompt.
    ScaleOwner(crate::model::ObjectKey, String),
    /// A pod whose containers are to be chosen from.
    Containers(crate::model::ObjectKey, overlay::Pick),
}

impl App {
    /// A program that has not connected yet.
    pub fn new(config: Config, start: Start, size: (u16, u16), now: Timestamp) -> Self {
        let mut app = Self {
            config,
            size: Area::new(0, 0, size.0, size.1),
            now,
            store: Store::default(),
            cluster: ClusterState::default(),
            tree: Tree::Leaf(PaneId(1)),
            panes: BTreeMap::new(),
            focus: PaneId(1),
            zoom: None,
            overlay: None,
            toasts: Toasts::default(),
            scope: Scope::All,
            header: true,
            dirty: true,
            theme: None,
            game: None,
            start,
            commands: Vec::new(),
            command_at: 0,
            command_before: 0,
            filters: Vec::new(),
            effects: Vec::new(),
            waiting: FxHashMap::default(),
            usage_wanted: UsageWanted::default(),
            background: Vec::new(),
            background_due: false,
            last_id: 1,
            joined_at: Timestamp::default(),
            unchanged_until: None,
            counted: [0; 4],
            events_came: false,
            rollouts: rollout::Rollouts::default(),
        };
        app.report_config();
        app
    }

    /// The first effects: connect.
    pub fn begin(&mut self) -> Vec<Effect> {
        let context = self.start.context.clone();
        self.effects.push(Effect::Connect(Target { context }));
        self.take_effects()
    }

    /// Takes a message and says what the outside has to do.
    #[must_use = "effects that nobody carries out leave the app waiting"]
    pub fn update(&mut self, msg: Msg, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        match msg {
            Msg::Key(chord) => self.key(chord),
            Msg::Mouse(mouse) => self.mouse(mouse),
            Msg::Paste(text) => self.paste(&text),
            Msg::Resize(width, height) => {
                self.size = Area::new(0, 0, width, height);
                self.dirty = true;
            }
            Msg::Tick(_) => self.tick(),
            other => self.receive(other),
        }
        self.settle();
        self.take_effects()
    }

    /// Tells what was drawn: confirmations take keys from now on.
    pub fn drawn(&mut self) {
        self.dirty = false;
        self.unchanged_until = self.next_change();
        if let Some(Overlay::Confirm(confirm)) = &mut self.overlay {
            confirm.drawn = true;
        }
    }

    /// Every pane with its rectangle, as it is on screen.
    pub fn areas(&self) -> Vec<(PaneId, Area)> {
        let body = self.body();
        match self.zoom.filter(|id| self.panes.contains_key(id)) {
            Some(id) => vec![(id, body)],
            None => self.shown_tree().areas(body),
        }
    }

    /// The screen without header and foot.
    pub fn body(&self) -> Area {
        let header = u16::from(self.header && self.size.height > 5);
        let (_, rest) = self.size.split_rows(header + self.strip().len() as u16);
        rest.split_rows(rest.height.saturating_sub(1)).0
    }

    /// The focused pane.
    pub fn focused(&self) -> Option<&Pane> {
        self.panes.get(&self.focus)
    }

    fn focused_mut(&mut self) -> Option<&mut Pane> {
        self.panes.get_mut(&self.focus)
    }

    /// Brings what depends on several things up to date: orders, cursors, followers, usage.
    fn settle(&mut self) {
        if self.cluster.plugin_waits && self.overlay.is_none() {
            self.show_plugin();
        }
        self.refresh_containers();
        self.more_namespaces();
        let areas = self.areas();
        let now = self.now;
        for (id, area) in areas {
            let Some(pane) = self.panes.get_mut(&id) else {
                continue;
            };
            let rows = usize::from(area.inner().height);
            match &mut pane.view {
                pane::PaneView::Table(table) => {
                    let below = table.footer_rows(area);
                    self.dirty |= table.settle(&self.store, rows.saturating_sub(1 + below), now);
                }
                pane::PaneView::Logs(logs) => {
                    logs.settle(rows);
                    let scan = logs.id;
                    self.effects
                        .extend(logs.take_jobs().into_iter().map(|job| Effect::Scan(scan, job)));
                }
                pane::PaneView::Text(text) => text.settle(rows),
            }
        }
        self.ask_colours();
        self.tell_rollouts();
        self.follow();
        self.look_for_namespaces();
        self.release_background();
        self.widen_focused();
        self.want_usage();
        let counted = self.header_counts();
        self.dirty |= std::mem::replace(&mut self.counted, counted) != counted;
    }

    fn next_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    fn effect_id(&mut self, waiting: Waiting) -> EffectId {
        let id = EffectId(self.next_id());
        self.waiting.insert(id, waiting);
        id
    }

    fn log_id(&mut self) -> LogId {
        LogId(self.next_id())
    }

    fn toast(&mut self, text: impl Into<String>, tone: Tone) {
        self.toasts.push(text, tone, self.now);
        self.dirty = true;
    }

    fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    fn report_config(&mut self) {
        let problems: Vec<String> = self.config.problems.iter().map(ToString::to_string).collect();
        match problems.as_slice() {
            [] => {}
            [one] => self.toast(one.clone(), Tone::Warn),
            [first, rest @ ..] => {
                let text = format!("{first} (and {} more: :messages)", rest.len());
                for problem in rest {
                    self.toast(problem.clone(), Tone::Warn);
                }
                self.toast(text, Tone::Warn);
            }
        }
    }
}
