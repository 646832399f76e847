//! Panes that follow a table's cursor: they wait until it rests, then show its object.

use std::borrow::Cow;

use super::App;
use super::Waiting;
use super::logs::LogsPane;
use super::pane::{Follow, FollowKind, Pane, PaneView};
use super::table::TablePane;
use super::text::{TextKind, TextPane};
use super::tree::{PaneId, Tree};
use super::{open, tail};
use crate::clock::Timestamp;
use crate::model::doc::span;
use crate::model::{Doc, ObjectKey, Phase, Predicate, Query, Tone, Uid};
use crate::msg::{Effect, LogId};

/// How long the cursor rests before followers turn to its object: 300 ms.
const REST: i64 = 300_000_000;
/// Streams a following log pane opens until it is focused, and lines of each.
const FOLLOW_STREAMS: u32 = 10;
const FOLLOW_LINES: u32 = 200;

impl App {
    /// When followers are due, if any waits.
    pub(super) fn follow_deadline(&self) -> Option<Timestamp> {
        let due = |follow: &Follow| {
            let table = self.panes.get(&follow.leader)?.table()?;
            (!follow.pinned && table.cursor.is_some() && follow.shown != table.cursor)
                .then(|| Timestamp(table.moved.0.saturating_add(REST)))
        };
        // What is due already was turned, or cannot be: waiting for it would never end.
        let waiting = self.panes.values().filter(|pane| pane.back.is_empty());
        waiting
            .filter_map(|pane| due(pane.follows.as_ref()?))
            .filter(|due| *due > self.now)
            .min()
    }

    pub(super) fn follow(&mut self) {
        self.let_go();
        self.turn_away();
        let due: Vec<(PaneId, Follow, ObjectKey)> = self
            .panes
            .values()
            .filter(|pane| pane.back.is_empty()) // what the user opened in it stays
            .filter_map(|pane| {
                let follow = pane.follows.filter(|follow| !follow.pinned)?;
                let key = self.followed(follow.leader)?;
                let turns = follow.shown != Some(key.uid) && !self.steps_aside(pane);
                turns.then_some((pane.id, follow, key))
            })
            .collect();
        for (id, follow, key) in due {
            // A container is no object of the cluster: its pod is, and its logs are those of the container.
            let parent = self
                .panes
                .get(&follow.leader)
                .and_then(|pane| pane.table()?.parent.clone());
            match parent {
                Some(pod) => self.turn_to_container(id, follow, &key, pod),
                None => self.turn(id, follow, key),
            }
        }
    }

    /// The object followers of a pane show: under the cursor of its table once that rests, else what the text or the logs that cover the
    /// table are about.
    fn followed(&self, leader: PaneId) -> Option<ObjectKey> {
        match &self.panes.get(&leader)?.view {
            PaneView::Table(table) if table.kind.gvr == open::EVENTS => self.looked_at(leader),
            PaneView::Table(table) => {
                let rested = self.now.nanos_since(table.moved) >= REST;
                let key = table.current(self.store.feed(table.feed)?)?;
                rested.then_some(key)
            }
            PaneView::Text(text) => text.subject.clone(),
            PaneView::Logs(logs) => logs.subject().cloned(),
        }
    }

    /// The object whose events a table shows, where it was opened from that object; else the event under its cursor.
    fn looked_at(&self, leader: PaneId) -> Option<ObjectKey> {
        let pane = self.panes.get(&leader)?;
        let table = pane.table()?;
        let about = match table.query.predicate {
            Predicate::About(uid) => pane.back.last().and_then(|covered| match covered {
                PaneView::Table(covered) => {
                    let key = covered.key_of(self.store.feed(covered.feed)?, uid);
                    key.or_else(|| covered.parent.clone().filter(|parent| parent.uid == uid))
                }
                PaneView::Text(text) => text.subject.clone(),
                PaneView::Logs(logs) => logs.subject().cloned(),
            }),
            _ => None,
        };
        about.or_else(|| {
            let rested = self.now.nanos_since(table.moved) >= REST;
            let key = table.current(self.store.feed(table.feed)?)?;
            rested.then_some(key)
        })
    }

    /// True when a table has all of its rows and none is under the cursor.
    fn is_on_nothing(&self, leader: PaneId) -> bool {
        let Some(table) = self.panes.get(&leader).and_then(Pane::table) else {
            return false;
        };
        let Some(feed) = self.store.feed(table.feed) else {
            return false;
        };
        let complete = matches!(feed.phase(), Phase::Live | Phase::Polled(_)) && !table.order.is_building();
        complete && table.current(feed).is_none() && self.followed(leader).is_none()
    }

    /// Followers of a table without an object under the cursor show none either.
    fn turn_away(&mut self) {
        let lost = |pane: &&mut Pane, empty: &[PaneId]| {
            let follow = pane.follows.filter(|follow| !follow.pinned);
            pane.back.is_empty()
                && follow.is_some_and(|follow| follow.shown.is_some() && empty.contains(&follow.leader))
        };
        let leaders = self.panes.values().filter_map(|pane| Some(pane.follows?.leader));
        let empty: Vec<PaneId> = leaders.filter(|leader| self.is_on_nothing(*leader)).collect();
        let ids: Vec<PaneId> = self
            .panes
            .values_mut()
            .filter(|pane| lost(pane, &empty))
            .map(|pane| pane.id)
            .collect();
        for id in ids {
            self.dirty = true;
            let idle = self.waiting_logs();
            let Some(pane) = self.panes.get_mut(&id) else {
                continue;
            };
            if let Some(follow) = &mut pane.follows {
                follow.shown = None;
            }
            match &mut pane.view {
                PaneView::Logs(logs) => {
                    self.effects.push(Effect::DropLogs(logs.id));
                    if let PaneView::Logs(idle) = idle {
                        logs.restart(idle.title, idle.query, idle.id);
                    }
                }
                PaneView::Table(table) => {
                    table.query.predicate = Predicate::Object(Uid::NONE);
                    table.order.predicate = Predicate::Object(Uid::NONE);
                    table.order.invalidate();
                    table.origin = None;
                    table.cursor = None;
                }
                PaneView::Text(_) => {
                    let mut doc = Doc::default();
                    doc.push(vec![span("no object under the cursor", Tone::Dim)]);
                    let text = TextPane::document("Describe", doc, TextKind::Describe);
                    let old = std::mem::replace(&mut pane.view, PaneView::Text(Box::new(text)));
                    self.leave(old);
                }
            }
        }
    }

    /// A follower leaves its room to the others while its leader shows the same itself, or logs of which no object is known, or, for logs,
    /// objects that have none.
    fn steps_aside(&self, pane: &Pane) -> bool {
        let Some(follow) = pane.follows.filter(|follow| !follow.pinned) else {
            return false;
        };
        if pane.id == self.focus || !pane.back.is_empty() {
            return false;
        }
        match self.panes.get(&follow.leader).map(|leader| &leader.view) {
            Some(PaneView::Logs(logs)) => follow.what == FollowKind::Logs || logs.subject().is_none(),
            Some(PaneView::Text(text)) => match follow.what {
                FollowKind::Describe => text.what == TextKind::Describe,
                FollowKind::Logs => text.subject.as_ref().is_some_and(|key| self.is_mute(key)),
                FollowKind::Events => false,
            },
            Some(PaneView::Table(table)) => {
                follow.what == FollowKind::Logs && self.is_mute_table(follow.leader, table)
            }
            None => false,
        }
    }

    /// True when nothing in a table has logs.
    fn is_mute_table(&self, leader: PaneId, table: &TablePane) -> bool {
        let about = matches!(table.query.predicate, Predicate::About(_));
        if table.kind.gvr == open::EVENTS && about {
            return self.looked_at(leader).is_some_and(|key| self.is_mute(&key));
        }
        !table.kind.able.logs && table.parent.is_none()
    }

    /// True when an object is of a kind without logs.
    fn is_mute(&self, key: &ObjectKey) -> bool {
        &*key.gvr.group != "kubris" && self.cluster.kind(&key.gvr).is_some_and(|kind| !kind.able.logs)
    }

    /// The tree without the panes that step aside.
    pub(super) fn shown_tree(&self) -> Cow<'_, Tree> {
        let mut tree = Cow::Borrowed(&self.tree);
        for pane in self.panes.values().filter(|pane| self.steps_aside(pane)) {
            tree.to_mut().remove(pane.id);
        }
        tree
    }

    /// Logs that nobody sees are not streamed; they begin anew when their pane comes back.
    fn let_go(&mut self) {
        let hidden = |pane: &&Pane| {
            pane.follows.is_some_and(|follow| follow.shown.is_some()) && self.steps_aside(pane)
        };
        let hidden: Vec<PaneId> = self.panes.values().filter(hidden).map(|pane| pane.id).collect();
        for id in hidden {
            let fresh = LogId(self.next_id());
            let Some(pane) = self.panes.get_mut(&id) else {
                continue;
            };
            let PaneView::Logs(logs) = &mut pane.view else {
                continue;
            };
            self.effects.push(Effect::DropLogs(logs.id));
            let (title, query) = (logs.title.clone(), logs.query.clone());
            logs.restart(title, query, fresh);
            if let Some(follow) = &mut pane.follows {
                follow.shown = None;
            }
        }
    }

    fn turn_to_container(&mut self, id: PaneId, follow: Follow, container: &ObjectKey, pod: ObjectKey) {
        self.turn(id, follow, pod);
        let Some(pane) = self.panes.get_mut(&id) else {
            return;
        };
        pane.follows = Some(Follow {
            shown: Some(container.uid),
            ..follow
        });
        let asked = self.effects.iter_mut().rev().find_map(|effect| match effect {
            Effect::Logs(asked, query) => Some((*asked, query)),
            _ => None,
        });
        if let (PaneView::Logs(logs), Some((asked, query))) = (&mut pane.view, asked)
            && logs.id == asked
        {
            query.container = Some(container.name.to_string());
            logs.query = query.clone();
            logs.title = format!("{} -c {}", logs.title, container.name);
        }
    }

    fn turn(&mut self, id: PaneId, follow: Follow, key: ObjectKey) {
        if let Some(pane) = self.panes.get_mut(&id) {
            pane.follows = Some(Follow {
                shown: Some(key.uid),
                ..follow
            });
        }
        self.dirty = true;
        match follow.what {
            FollowKind::Logs => self.turn_logs(id, &key),
            FollowKind::Events => self.turn_events(id, key.uid, &key),
            FollowKind::Describe => self.turn_describe(id, key),
        }
    }

    fn turn_logs(&mut self, id: PaneId, key: &ObjectKey) {
        let able = self.cluster.kind(&key.gvr).is_some_and(|kind| kind.able.logs);
        let (title, query) = tail::logs_of(vec![key.clone()], &self.config.settings.logs, false);
        let mut query = query;
        query.max_streams = FOLLOW_STREAMS;
        query.tail = Some(query.tail.unwrap_or(FOLLOW_LINES).min(FOLLOW_LINES));
        let fresh = LogId(self.next_id());
        let Some(PaneView::Logs(logs)) = self.panes.get_mut(&id).map(|pane| &mut pane.view) else {
            return;
        };
        let old = logs.id;
        if able {
            logs.restart(title, query.clone(), fresh);
            self.effects.push(Effect::DropLogs(old));
            self.effects.push(Effect::Logs(fresh, query));
        } else {
            logs.restart(format!("{} has no logs", open::short(key)), query, fresh);
            logs.complete = true;
            self.effects.push(Effect::DropLogs(old));
        }
    }

    fn turn_events(&mut self, id: PaneId, uid: Uid, key: &ObjectKey) {
        self.open_relatives(key);
        self.events_cover(id, key);
        let Some(table) = self.panes.get_mut(&id).and_then(super::pane::Pane::table_mut) else {
            return;
        };
        table.query.predicate = Predicate::About(uid);
        table.order.predicate = Predicate::About(uid);
        table.order.invalidate();
        table.origin = Some(open::short(key));
        table.cursor = None;
        table.at = 0;
    }

    /// Moves a following events pane to a feed that holds the events of the object. Those of cluster-scoped objects stand in `default`.
    fn events_cover(&mut self, id: PaneId, key: &ObjectKey) {
        let scope = self.covering_scope(key.namespace().unwrap_or("default"));
        let table = self.panes.get(&id).and_then(super::pane::Pane::table);
        let Some((query, kind)) = table
            .filter(|table| table.query.scope != scope)
            .map(|table| (table.query.clone(), std::sync::Arc::clone(&table.kind)))
        else {
            return;
        };
        let fresh = self.table_pane(&kind, Query { scope, ..query });
        if let Some(pane) = self.panes.get_mut(&id) {
            let old = std::mem::replace(&mut pane.view, PaneView::Table(Box::new(fresh)));
            self.leave(old);
        }
    }

    fn turn_describe(&mut self, id: PaneId, key: ObjectKey) {
        let effect = self.effect_id(Waiting::Text);
        let fresh = TextPane::about(key.clone(), TextKind::Describe, effect, self.now);
        if let Some(pane) = self.panes.get_mut(&id) {
            let old = std::mem::replace(&mut pane.view, PaneView::Text(Box::new(fresh)));
            self.leave(old);
            self.effects.push(Effect::Fetch(effect, key));
        }
    }

    /// A following log pane that is focused opens all of its streams.
    pub(super) fn widen_focused(&mut self) {
        let settings = &self.config.settings.logs;
        let streams = settings.streams;
        let fresh = LogId(self.last_id + 1);
        let Some(pane) = self.panes.get_mut(&self.focus) else {
            return;
        };
        let PaneView::Logs(logs) = &mut pane.view else {
            return;
        };
        if pane.follows.is_none()
            || logs.query.max_streams != FOLLOW_STREAMS
            || logs.streams.1 <= FOLLOW_STREAMS
        {
            return;
        }
        let mut query = logs.query.clone();
        query.max_streams = streams;
        let (title, old) = (logs.title.clone(), logs.id);
        logs.restart(title, query.clone(), fresh);
        self.last_id += 1;
        self.effects.push(Effect::DropLogs(old));
        self.effects.push(Effect::Logs(fresh, query));
    }

    /// An empty log pane that will follow a table.
    pub(super) fn waiting_logs(&mut self) -> PaneView {
        let (_, query) = tail::logs_of(Vec::new(), &self.config.settings.logs, false);
        let id = self.log_id();
        PaneView::Logs(Box::new(LogsPane::new(
            super::logs::IDLE.to_owned(),
            query,
            id,
            &self.config.settings.logs,
        )))
    }
}
