//! A table pane: which rows, the cursor and the marks by identity, what is scrolled. It asks nothing of the cluster itself.

mod layout;
mod marks;
mod seen;
mod sorting;

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::seek::Seek;
use crate::action::{Move, Table};
use crate::clock::Timestamp;
use crate::kind::{Changes, Kind, SortBy};
use crate::model::{Area, FeedId, ObjectKey, Query, Uid};
use crate::store::{FeedState, Filter, Order, Store};
use layout::{Kept, Survey};
use seen::Seen;

/// How long a changed cell stays marked: 2 seconds.
pub const CHANGED_FOR: i64 = 2_000_000_000;

/// A table of one kind.
#[derive(Debug)]
pub struct TablePane {
    /// What is shown, as data.
    pub query: Query,
    /// Where its rows come from.
    pub feed: FeedId,
    /// Its kind.
    pub kind: Arc<Kind>,
    /// Rows in display order.
    pub order: Order,
    /// The object under the cursor. `None` only while there are no rows.
    pub cursor: Option<Uid>,
    /// Where the cursor stands in the order; follows its object.
    pub at: usize,
    /// First visible row.
    pub top: usize,
    /// Marked objects; they stay marked when a filter hides them.
    pub marks: FxHashMap<Uid, ObjectKey>,
    /// All columns.
    pub wide: bool,
    /// Columns scrolled out on the left.
    pub scrolled: usize,
    /// The column chosen by Shift-arrows, an index into the kind's columns.
    pub chosen: Option<usize>,
    /// What is wrong with the filter as it is typed; the last good one stays in force.
    pub filter_error: Option<String>,
    /// Column widths so far: they grow at once and never shrink while the view lives.
    pub widths: RefCell<FxHashMap<usize, u16>>,
    /// The columns shown: they stay while their room does.
    kept: RefCell<Kept>,
    /// Rows whose widths nobody has looked at.
    survey: RefCell<Survey>,
    /// When the cursor last moved to another object.
    pub moved: Timestamp,
    /// The pod whose containers are shown.
    pub parent: Option<ObjectKey>,
    /// The feed that has the parent's row; held open for as long as this table lives.
    pub parent_feed: Option<FeedId>,
    /// The version of the parent's feed that the rows were made from.
    pub made_from: u64,
    /// The parent was there and is no more.
    pub orphaned: bool,
    /// The row the cursor goes to as soon as it is there, unless a key moves it before.
    pub seek: Option<Seek>,
    /// The title says where a drill-down came from: `deploy/web`.
    pub origin: Option<String>,
    rows_in_view: usize,
    seen: Seen,
}

impl TablePane {
    /// A table over a feed.
    pub fn new(query: Query, feed: FeedId, kind: Arc<Kind>, sort: SortBy) -> Self {
        let filter = Filter::parse(&query.filter).unwrap_or_default();
        let order = Order::new(filter, query.predicate.clone(), sort);
        Self {
            query,
            feed,
            kind,
            order,
            cursor: None,
            at: 0,
            top: 0,
            marks: FxHashMap::default(),
            wide: false,
            scrolled: 0,
            chosen: None,
            filter_error: None,
            widths: RefCell::default(),
            kept: RefCell::default(),
            survey: RefCell::default(),
            moved: Timestamp::default(),
            parent: None,
            parent_feed: None,
            made_from: 0,
            orphaned: false,
            seek: None,
            origin: None,
            rows_in_view: 1,
            seen: Seen::default(),
        }
    }

    /// Brings the order up to date and keeps the cursor on its object, at its height. `true` when something moved.
    pub fn settle(&mut self, store: &Store, rows_in_view: usize, now: Timestamp) -> bool {
        let Some(feed) = store.feed(self.feed) else {
            return false;
        };
        self.rows_in_view = rows_in_view.max(1);
        let rebuilt = self.order.refresh(feed, store, now);
        let before = (self.at, self.top, self.cursor);
        self.keep_cursor(feed, now);
        self.look(feed) || rebuilt || before != (self.at, self.top, self.cursor)
    }

    /// Goes on with an order that takes longer. `true` when it is done and on screen.
    pub fn work(&mut self, store: &Store, steps: usize, now: Timestamp) -> bool {
        let Some(feed) = store.feed(self.feed) else {
            return false;
        };
        let done = self.order.work(feed, now, steps);
        if done {
            self.keep_cursor(feed, now);
        }
        done
    }

    /// Takes over what a batch changed.
    pub fn merge(&mut self, feed: &FeedState, changes: &Changes, now: Timestamp) {
        self.seen.touch(changes);
        self.order.merge(feed, changes, now);
        self.survey.get_mut().add(&changes.added);
    }

    fn keep_cursor(&mut self, feed: &FeedState, now: Timestamp) {
        if let Some(slot) = self
            .seek
            .as_ref()
            .and_then(|seek| seek.find(feed, self.order.slots(), now))
        {
            self.cursor = feed.rows.meta(slot).map(|meta| meta.uid);
            self.moved = now;
            self.seek = None;
        }
        let count = self.order.slots().len();
        if let Some(position) = self.cursor.and_then(|uid| self.order.position(feed, uid)) {
            // The row stays at its height when rows above it change.
            let height = self.at.saturating_sub(self.top);
            self.at = position.at;
            self.top = self.at.saturating_sub(height);
        } else if count == 0 {
            // An empty list forgets nothing: the object may come back with the filter.
            self.at = 0;
        } else {
            self.at = self.at.min(count - 1);
            let uid = self.uid_at(feed, self.at);
            if self.cursor.is_some() && self.cursor != uid {
                self.moved = now;
            }
            self.cursor = uid;
        }
        self.scroll_into_view(count);
    }

    fn scroll_into_view(&mut self, count: usize) {
        let rows = self.rows_in_view;
        self.top = self
            .top
            .min(self.at)
            .max((self.at + 1).saturating_sub(rows))
            .min(count.saturating_sub(rows));
    }

    fn uid_at(&self, feed: &FeedState, at: usize) -> Option<Uid> {
        self.order
            .slots()
            .get(at)
            .and_then(|slot| feed.rows.meta(*slot))
            .map(|meta| meta.uid)
    }

    /// Puts the cursor on the row at an index of the order.
    pub fn jump(&mut self, feed: &FeedState, at: usize, now: Timestamp) {
        let count = self.order.slots().len();
        if count == 0 {
            return;
        }
        self.at = at.min(count - 1);
        self.cursor = self.uid_at(feed, self.at);
        self.moved = now;
        self.seek = None;
        self.scroll_into_view(count);
    }

    /// Moves the cursor.
    pub fn go(&mut self, feed: &FeedState, step: Move, now: Timestamp) {
        let page = self.rows_in_view.saturating_sub(1).max(1);
        let at = match step {
            Move::Up => self.at.saturating_sub(1),
            Move::Down => self.at + 1,
            Move::PageUp => self.at.saturating_sub(page),
            Move::PageDown => self.at + page,
            Move::Top => 0,
            Move::Bottom => usize::MAX,
            Move::Left => {
                self.scrolled = self.scrolled.saturating_sub(1);
                return;
            }
            Move::Right => {
                self.scrolled = (self.scrolled + 1).min(feed.rows.columns().len().saturating_sub(2));
                return;
            }
        };
        self.jump(feed, at, now);
    }

    /// Scrolls without moving the cursor off its object unless it would leave the view.
    pub fn wheel(&mut self, feed: &FeedState, rows: isize, now: Timestamp) {
        self.jump(feed, self.at.saturating_add_signed(rows), now);
    }

    /// Whether the namespaces it shows are those that were chosen, and not those of an object it was opened from.
    pub fn shows_scope(&self) -> bool {
        self.kind.namespaced && self.origin.is_none() && self.parent.is_none()
    }

    /// The object under the cursor. `None` when it is gone or nothing is shown.
    pub fn current(&self, feed: &FeedState) -> Option<ObjectKey> {
        let uid = self.cursor?;
        self.order.position(feed, uid)?;
        self.key_of(feed, uid)
    }

    /// How requests address an object of this table.
    pub fn key_of(&self, feed: &FeedState, uid: Uid) -> Option<ObjectKey> {
        let meta = feed.rows.slot(uid).and_then(|slot| feed.rows.meta(slot))?;
        Some(ObjectKey {
            gvr: self.kind.gvr.clone(),
            namespace: Arc::clone(&meta.namespace),
            name: Arc::clone(&meta.name),
            uid: meta.uid,
        })
    }

    /// Takes a filter as it is typed. A bad one is said and the last good one stays.
    pub fn set_filter(&mut self, text: &str) {
        match Filter::parse(text) {
            Ok(filter) => {
                self.filter_error = None;
                self.query.filter = filter.text().to_owned();
                self.order.filter = filter;
                self.survey.get_mut().whole();
                self.order.invalidate();
            }
            Err(why) => self.filter_error = Some(why),
        }
    }

    /// What the table's own keys do. `false` for what the app has to do.
    pub fn act(&mut self, feed: &FeedState, action: Table, now: Timestamp) -> bool {
        match action {
            Table::Faults => {
                self.order.faults = !self.order.faults;
                self.order.invalidate();
            }
            Table::Wide => {
                self.wide = !self.wide;
                self.scrolled = 0;
                self.widths.borrow_mut().clear();
                *self.kept.get_mut() = Kept::default();
                self.survey.get_mut().whole();
            }
            Table::Mark => self.mark(feed, now),
            Table::MarkRange => self.mark_range(feed),
            Table::ClearMarks => self.marks.clear(),
            Table::SortName => self.sort_by(feed, &["NAME"]),
            Table::SortAge => self.sort_by(feed, &["AGE", "LAST SEEN"]),
            Table::SortStatus => self.sort_by(feed, &["STATUS", "STATE", "TYPE"]),
            Table::SortNamespace => self.sort_by(feed, &["NAMESPACE"]),
            Table::SortCpu => self.sort_by(feed, &["CPU", "CPU%"]),
            Table::SortMemory => self.sort_by(feed, &["MEM", "MEM%"]),
            Table::SortReady => self.sort_by(feed, &["RESTARTS", "READY"]),
            Table::ColumnLeft | Table::ColumnRight => self.choose(feed, action == Table::ColumnRight),
            Table::SortColumn => {
                if let Some(column) = self.chosen {
                    self.sort_by_column(column, feed.rows.columns());
                }
            }
            _ => return false,
        }
        true
    }

    /// Sums stand below nodes.
    pub fn has_sums(&self) -> bool {
        self.kind.gvr.resource == "nodes" && self.kind.gvr.group.is_empty()
    }

    /// Columns whose whole texts the row under the cursor is told with below the table: they are seldom short.
    pub fn told(&self) -> &'static [&'static str] {
        match &*self.kind.gvr.resource {
            "events" => &["OBJECT", "MESSAGE"],
            "resourcequotas" => &["REQUEST", "LIMIT"],
            _ => &[],
        }
    }

    /// Rows that stand below the table inside its border: totals of nodes, explanation, and a rule above them where there is room.
    pub fn footer_rows(&self, area: Area) -> usize {
        let rule = usize::from(area.height >= 14);
        match self.explanation_rows(area) {
            0 => 0,
            rows => rule + usize::from(self.has_sums()) + rows,
        }
    }

    /// Rows that explain the row under the cursor: the more, the narrower and the higher the table is.
    pub fn explanation_rows(&self, area: Area) -> usize {
        match (area.height, area.width) {
            _ if !self.has_sums() && self.told().is_empty() => 0,
            (24.., ..=110) => 3,
            (14.., ..=160) => 2,
            (10.., _) => 1,
            _ => 0,
        }
    }

    /// Rows that fit, as the last [`TablePane::settle`] was told.
    pub fn rows_in_view(&self) -> usize {
        self.rows_in_view
    }
}
