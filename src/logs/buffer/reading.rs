//! What a view reads of a buffer: a window of it, where it is, and where the hits are. Changes nothing.

use super::{Item, LogBuffer, Scroll};
use crate::logs::Entry;
use crate::logs::order::Order;

impl LogBuffer {
    fn shown(&self) -> &Order {
        self.filter.as_ref().map_or(&self.order, |lens| &lens.order)
    }

    /// How many lines and dividers are shown.
    pub fn len(&self) -> usize {
        self.shown().len()
    }

    /// True when nothing is shown.
    pub fn is_empty(&self) -> bool {
        self.shown().is_empty()
    }

    /// How many lines and dividers are held, shown or not.
    pub fn total(&self) -> usize {
        self.order.len()
    }

    /// Memory held, in bytes.
    pub const fn bytes(&self) -> usize {
        self.ring.bytes()
    }

    /// The items at positions `top..top + height` of what is shown; touches nothing else.
    pub fn window(&self, top: usize, height: usize) -> impl DoubleEndedIterator<Item = Item<'_>> {
        self.shown()
            .range(top, top.saturating_add(height))
            .filter_map(|at| self.item(at))
    }

    /// What stands at a place. `None` when it is gone.
    pub fn item(&self, at: Entry) -> Option<Item<'_>> {
        if at.is_marker() {
            self.markers.get(&at.line).map(|marker| Item::Marker(at, marker))
        } else {
            self.ring.line(at).map(Item::Line)
        }
    }

    /// The position of a place in what is shown; of what comes after it when it is hidden or gone.
    pub fn position(&self, at: Entry) -> usize {
        self.shown().position(at)
    }

    /// The position at the top of a screen of `height` lines.
    pub fn top(&self, scroll: Scroll, height: usize) -> usize {
        let last = self.len().saturating_sub(height);
        match scroll {
            Scroll::Follow => last,
            Scroll::At(at) => self.position(at).min(last),
        }
    }

    /// How many lines lie below a screen of `height` lines.
    pub fn behind(&self, scroll: Scroll, height: usize) -> usize {
        self.len()
            .saturating_sub(self.top(scroll, height).saturating_add(height))
    }

    /// Where to be after moving by some lines (up is negative). Moving down to the end follows again.
    pub fn scrolled(&self, scroll: Scroll, lines: isize, height: usize) -> Scroll {
        let top = self.top(scroll, height).saturating_add_signed(lines);
        let last = self.len().saturating_sub(height);
        match self.shown().entry(top) {
            Some(at) if top < last || lines <= 0 => Scroll::At(at),
            _ => Scroll::Follow,
        }
    }

    /// The next hit of the search after a place, or before it; around the end when there is no more. `None` without hits.
    pub fn hit(&self, from: Entry, forward: bool) -> Option<Entry> {
        let hits = &self.search.as_ref()?.order;
        let at = hits.position(from);
        if forward {
            let next = if hits.entry(at) == Some(from) { at + 1 } else { at };
            hits.entry(next).or_else(|| hits.entry(0))
        } else {
            at.checked_sub(1)
                .and_then(|before| hits.entry(before))
                .or_else(|| hits.last())
        }
    }

    /// Number (from 1) of a hit at or before a place, and how many there are. `None` without a search.
    pub fn hits(&self, at: Entry) -> Option<(usize, usize)> {
        let hits = &self.search.as_ref()?.order;
        Some((hits.position(at) + usize::from(hits.contains(at)), hits.len()))
    }

    /// Segments that workers have not looked through yet; 0 when filter and search are complete.
    pub fn scanning(&self) -> usize {
        [&self.filter, &self.search]
            .into_iter()
            .flatten()
            .map(|lens| lens.left)
            .sum()
    }
}
