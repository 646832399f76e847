//! Actions of the whole screen, of the panes and of tables that reach beyond the table.

use super::App;
use super::overlay::help::HelpLine;
use super::overlay::{Help, Overlay};
use super::pane::{Follow, FollowKind, Pane, PaneView};
use super::prompts::History;
use super::table::TablePane;
use super::tree::{Direction, PaneId};
use crate::action::{FIXED, Global, Move, Pane as PaneAction, Table};
use crate::model::{ObjectKey, Scope, Tone};
use crate::msg::Effect;

/// How far a border moves at a key press: 4 %.
const RESIZE_STEP: i16 = 40;

impl App {
    pub(super) fn act_global(&mut self, action: Global) {
        match action {
            Global::Command => self.open_command(),
            Global::Help => self.open_help(),
            Global::Back => self.back(),
            Global::HistoryBack => self.history(History::Back),
            Global::HistoryForward => self.history(History::Forward),
            Global::HistoryLast => self.history(History::Last),
            Global::Header => self.header = !self.header,
            Global::Kinds => self.pick_kind(),
            Global::Redraw => self.effects.push(Effect::Redraw),
            Global::Hint => self.hint(),
            Global::Quit => self.effects.push(Effect::Quit),
        }
    }

    /// Esc: clear the filter, else unzoom, else go back.
    fn back(&mut self) {
        let Some(pane) = self.panes.get_mut(&self.focus) else {
            return;
        };
        match &mut pane.view {
            PaneView::Table(table) if !table.query.filter.is_empty() => return table.set_filter(""),
            PaneView::Logs(logs) if !logs.search.is_empty() => return logs.set_search(""),
            PaneView::Logs(logs) if !logs.filter.is_empty() => return logs.set_filter(""),
            PaneView::Text(text) if text.search.is_some() => return text.set_search(""),
            _ => {}
        }
        if self.zoom == Some(pane.id) && pane.back.is_empty() {
            self.zoom = None;
            return;
        }
        if let Some(view) = pane.back.pop() {
            let left = std::mem::replace(&mut pane.view, view);
            if let PaneView::Table(table) = &pane.view
                && table.shows_scope()
            {
                self.scope = table.query.scope.clone();
            }
            self.leave(left);
        } else if pane.follows.is_some() {
            self.focus_leader();
        } else {
            self.toast("nothing to go back to · q quits", Tone::Dim);
        }
    }

    fn focus_leader(&mut self) {
        if let Some(leader) = self
            .focused()
            .and_then(|pane| pane.follows)
            .map(|follow| follow.leader)
            && self.panes.contains_key(&leader)
        {
            self.focus = leader;
        }
    }

    pub(super) fn act_pane(&mut self, action: PaneAction) {
        match action {
            PaneAction::FocusNext => self.step_focus(true),
            PaneAction::FocusPrevious => self.step_focus(false),
            PaneAction::SplitRight => self.split(Direction::Right),
            PaneAction::SplitDown => self.split(Direction::Down),
            PaneAction::Zoom => {
                self.zoom = if self.zoom.is_some() {
                    None
                } else {
                    Some(self.focus)
                }
            }
            PaneAction::Close => self.close_pane(),
            PaneAction::GrowLeft => self.resize(Direction::Right, -RESIZE_STEP),
            PaneAction::GrowRight => self.resize(Direction::Right, RESIZE_STEP),
            PaneAction::GrowUp => self.resize(Direction::Down, -RESIZE_STEP),
            PaneAction::GrowDown => self.resize(Direction::Down, RESIZE_STEP),
            PaneAction::Pin => self.pin(),
        }
    }

    fn step_focus(&mut self, forward: bool) {
        let ids = self.shown_tree().leaves();
        let Some(at) = ids.iter().position(|id| *id == self.focus) else {
            return;
        };
        let next = if forward {
            (at + 1) % ids.len()
        } else {
            (at + ids.len() - 1) % ids.len()
        };
        self.focus = ids[next];
        if self.zoom.is_some() {
            self.zoom = Some(self.focus);
        }
    }

    fn resize(&mut self, along: Direction, delta: i16) {
        if !self.tree.resize(self.focus, along, delta) {
            self.toast("there is no border in that direction · | and _ split", Tone::Dim);
        }
    }

    fn pin(&mut self) {
        let Some(pane) = self.focused_mut() else { return };
        match &mut pane.follows {
            Some(follow) => {
                follow.pinned = !follow.pinned;
                let text = if follow.pinned {
                    "pinned to its object"
                } else {
                    "follows the cursor again"
                };
                self.toast(text, Tone::Ok);
            }
            None => self.toast("this pane follows nothing", Tone::Dim),
        }
    }

    /// A new pane beside or below, which gets the focus: it describes what is under the cursor of the table.
    fn split(&mut self, direction: Direction) {
        let Some(pane) = self.focused() else { return };
        let leader = pane.follows.map_or(pane.id, |follow| follow.leader);
        let fresh = super::tree::PaneId(self.next_id());
        let view = super::text::TextPane::document(
            "Describe",
            crate::model::Doc::default(),
            super::text::TextKind::Describe,
        );
        let mut pane = super::pane::Pane::new(fresh, PaneView::Text(Box::new(view)));
        pane.follows = Some(Follow {
            leader,
            what: FollowKind::Describe,
            shown: None,
            pinned: false,
        });
        if self.tree.insert(self.focus, direction, fresh) {
            self.panes.insert(fresh, pane);
            self.focus = fresh;
            self.zoom = None;
        }
    }

    /// Closes the pane, and with a table what follows it: a dock without its table would stay on one object for ever. Pinned panes were
    /// told to stay, so they do and follow nobody.
    fn close_pane(&mut self) {
        let id = self.focus;
        let follows = |pane: &Pane| pane.follows.is_some_and(|follow| follow.leader == id);
        let goes = |pane: &Pane| {
            pane.id == id || (follows(pane) && pane.follows.is_some_and(|follow| !follow.pinned))
        };
        let going: Vec<PaneId> = self
            .panes
            .values()
            .filter(|pane| goes(pane))
            .map(|pane| pane.id)
            .collect();
        if going.len() == self.panes.len() {
            let text = if going.len() > 1 {
                "the last table stays, what follows it would go with it · Z zooms · q quits"
            } else {
                "the last pane stays · q quits"
            };
            return self.toast(text, Tone::Dim);
        }
        for pane in self.panes.values_mut().filter(|pane| follows(pane)) {
            pane.follows = None;
        }
        for id in going {
            self.tree.remove(id);
            if let Some(pane) = self.panes.remove(&id) {
                self.leave(pane.view);
                for view in pane.back {
                    self.leave(view);
                }
            }
        }
        self.zoom = None;
        self.focus = self.tree.leaves().first().copied().unwrap_or(id);
    }

    pub(super) fn act_table(&mut self, action: Table) {
        if let Some(number) = action.favourite() {
            return self.favourite(number);
        }
        let now = self.now;
        let store = &self.store;
        let Some(table) = self
            .panes
            .get_mut(&self.focus)
            .and_then(super::pane::Pane::table_mut)
        else {
            return;
        };
        let feed = store.feed(table.feed);
        if feed.is_some_and(|feed| table.act(feed, action, now)) {
            return;
        }
        let id = table.feed;
        match action {
            Table::Filter => self.open_filter(),
            Table::Refresh => {
                self.effects.push(Effect::Relist(id));
                self.toast("listing again", Tone::Busy);
            }
            Table::Save => self.save_table(),
            Table::AllNamespaces => self.choose_scope(Scope::All),
            Table::Warnings => {
                table.set_filter("Warning");
            }
            _ => {}
        }
    }

    fn favourite(&mut self, number: usize) {
        let favourites = self.config.favourites(self.cluster.context());
        match favourites.get(number - 1) {
            Some(name) => self.choose_scope(Scope::one(name.clone())),
            None => self.toast(
                format!(
                    "no favourite namespace {number}; set `favourites` in the configuration (kubris config)"
                ),
                Tone::Warn,
            ),
        }
    }

    /// The object an action means: under the cursor, or the one a text pane is about.
    pub(super) fn current_key(&self) -> Option<ObjectKey> {
        let pane = self.focused()?;
        match &pane.view {
            PaneView::Table(table) => self.store.feed(table.feed).and_then(|feed| table.current(feed)),
            _ => pane.subject().cloned(),
        }
    }

    /// What an action acts on: the marks, else the cursor.
    pub(super) fn subjects(&self) -> Vec<ObjectKey> {
        let Some(pane) = self.focused() else {
            return Vec::new();
        };
        match &pane.view {
            PaneView::Table(table) => self
                .store
                .feed(table.feed)
                .map(|feed| table.subjects(feed))
                .unwrap_or_default(),
            _ => pane.subject().cloned().into_iter().collect(),
        }
    }

    pub(super) fn current_table(&self) -> Option<&TablePane> {
        self.focused().and_then(super::pane::Pane::table)
    }

    pub(super) fn open_help(&mut self) {
        let chain = self
            .focused()
            .map_or_else(|| vec![crate::action::Scope::Global], super::pane::Pane::chain);
        let refusal = self.cluster.refusal(self.now);
        let mut lines: Vec<HelpLine> = Vec::new();
        for binding in self.config.keymap.help(&chain) {
            if binding.chords.is_empty() {
                continue;
            }
            let keys: Vec<String> = binding.chords.iter().map(ToString::to_string).collect();
            lines.push(HelpLine {
                section: binding.scope.name().to_owned(),
                keys: keys.join(" "),
                text: binding.action.spec().help.to_owned(),
                mutates: binding.action.mutates(),
                later: binding.action.spec().instead.is_some(),
                disabled: refusal.is_some() && binding.action.mutates(),
            });
        }
        let line = |section: &str, keys: &str, text: &str| HelpLine {
            section: section.to_owned(),
            keys: keys.to_owned(),
            text: text.to_owned(),
            mutates: false,
            later: false,
            disabled: false,
        };
        lines.extend(FIXED.iter().map(|(place, keys, text)| line(place, keys, text)));
        lines.extend(
            super::command::WORDS
                .iter()
                .map(|(word, text)| line("commands", &format!(":{word}"), text)),
        );
        self.overlay = Some(Overlay::Help(Help {
            lines,
            refusal,
            ..Help::default()
        }));
    }

    /// Scrolling by wheel goes through the same step as the keys.
    pub(super) fn scroll(&mut self, pane: super::tree::PaneId, rows: isize) {
        let focus = std::mem::replace(&mut self.focus, pane);
        let step = if rows < 0 { Move::Up } else { Move::Down };
        for _ in 0..rows.unsigned_abs() {
            self.act_move(step);
        }
        self.focus = focus;
    }
}
