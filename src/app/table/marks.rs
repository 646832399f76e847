//! Marks: objects rather than rows, so that a filter or a change of order loses none.

use super::TablePane;
use crate::action::Move;
use crate::clock::Timestamp;
use crate::model::ObjectKey;
use crate::store::FeedState;

impl TablePane {
    /// What an action acts on: the marks if there are any, else the object under the cursor. Marked objects that are gone are left out.
    pub fn subjects(&self, feed: &FeedState) -> Vec<ObjectKey> {
        if self.marks.is_empty() {
            return self.current(feed).into_iter().collect();
        }
        let mut marked: Vec<ObjectKey> = self
            .marks
            .values()
            .filter(|key| feed.rows.slot(key.uid).is_some())
            .cloned()
            .collect();
        marked.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        marked
    }

    /// How many marked objects the filter hides.
    pub fn hidden_marks(&self, feed: &FeedState) -> usize {
        self.marks
            .keys()
            .filter(|uid| self.order.position(feed, **uid).is_none())
            .count()
    }

    /// Marks or unmarks the object under the cursor and goes on to the next.
    pub fn mark(&mut self, feed: &FeedState, now: Timestamp) {
        let Some(key) = self.current(feed) else { return };
        if self.marks.remove(&key.uid).is_none() {
            self.marks.insert(key.uid, key);
        }
        self.go(feed, Move::Down, now);
    }

    /// Marks from the nearest mark above, else below, to the cursor.
    pub fn mark_range(&mut self, feed: &FeedState) {
        let marked = |at: &usize| {
            self.uid_at(feed, *at)
                .is_some_and(|uid| self.marks.contains_key(&uid))
        };
        let above = (0..self.at).rev().find(marked);
        let below = || (self.at + 1..self.order.slots().len()).find(marked);
        let Some(from) = above.or_else(below) else { return };
        let range = from.min(self.at)..=from.max(self.at);
        let keys: Vec<ObjectKey> = range
            .filter_map(|at| self.uid_at(feed, at))
            .filter_map(|uid| self.key_of(feed, uid))
            .collect();
        self.marks.extend(keys.into_iter().map(|key| (key.uid, key)));
    }
}
