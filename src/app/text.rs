//! A text pane: YAML, describe and other documents; search, folding, scrolling. It renders nothing and fetches nothing itself.

use std::collections::BTreeSet;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::edit::Edit;
use super::inside::Inside;
use crate::action::Move;
use crate::clock::Timestamp;
use crate::model::{Doc, Failure, ObjectKey};
use crate::msg::EffectId;

/// How often a text that is kept up to date is fetched: every 5 seconds.
const REFRESH_EVERY: i64 = 5_000_000_000;

/// What a text pane shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// The object as YAML.
    Yaml,
    /// Its description.
    Describe,
    /// A document that belongs to no object: messages, kinds, diagnostics.
    Document,
}

/// A text and where one stands in it.
#[derive(Debug)]
pub struct TextPane {
    /// Title.
    pub title: String,
    /// What it shows.
    pub what: TextKind,
    /// The object it is about.
    pub subject: Option<ObjectKey>,
    /// The object as it was fetched. `None` until then, and for documents.
    pub object: Option<Box<Value>>,
    /// The text as it is shown, before folding.
    pub doc: Doc,
    /// First visible line, an index into [`TextPane::visible`].
    pub top: usize,
    /// Columns scrolled out on the left.
    pub left: usize,
    /// Folded lines: everything deeper than such a line is hidden until the next line of its depth.
    pub folded: BTreeSet<usize>,
    /// What is searched for.
    pub search: Option<Regex>,
    /// What is wrong with the search as it is typed.
    pub search_error: Option<String>,
    /// Index of the current match among the matching lines.
    pub hit: usize,
    /// managedFields are shown.
    pub managed_fields: bool,
    /// Keys of a Secret whose values are shown.
    pub revealed: BTreeSet<String>,
    /// Which values to show is to be asked as soon as the object is here.
    pub asks_which: bool,
    /// Fetched again every few seconds.
    pub auto: bool,
    /// The fetch under way.
    pub pending: Option<EffectId>,
    /// Why the last fetch failed; the text before it stays.
    pub failure: Option<Failure>,
    /// When the text was fetched.
    pub fetched: Option<Timestamp>,
    /// When it was last asked for, answered or not.
    asked: Timestamp,
    /// An edit that was not applied, kept here.
    pub edit: Option<Box<Edit>>,
    /// Files in it that have a syntax of their own.
    pub inside: Vec<Inside>,
    lines_in_view: usize,
    /// Lines that no fold hides, as indices into the document.
    shown: Vec<usize>,
}

impl TextPane {
    /// An empty text about an object, waiting for its fetch.
    pub fn about(subject: ObjectKey, what: TextKind, pending: EffectId, now: Timestamp) -> Self {
        let word = match what {
            TextKind::Yaml => "YAML",
            TextKind::Describe | TextKind::Document => "Describe",
        };
        let place = subject
            .namespace()
            .map(|name| format!(" -n {name}"))
            .unwrap_or_default();
        let title = format!("{word} {}{place}", super::open::short(&subject));
        Self {
            subject: Some(subject),
            pending: Some(pending),
            asked: now,
            ..Self::document(&title, Doc::default(), what)
        }
    }

    /// A text as it is.
    pub fn document(title: &str, doc: Doc, what: TextKind) -> Self {
        let mut text = Self {
            title: title.to_owned(),
            what,
            subject: None,
            object: None,
            doc,
            top: 0,
            left: 0,
            folded: BTreeSet::new(),
            search: None,
            search_error: None,
            hit: 0,
            managed_fields: false,
            revealed: BTreeSet::new(),
            asks_which: false,
            auto: false,
            pending: None,
            failure: None,
            fetched: None,
            asked: Timestamp::default(),
            edit: None,
            inside: Vec::new(),
            lines_in_view: 1,
            shown: Vec::new(),
        };
        text.unroll();
        text
    }

    /// Notes that it was asked for.
    pub fn ask(&mut self, id: EffectId, now: Timestamp) {
        self.pending = Some(id);
        self.asked = now;
    }

    /// When it is to be fetched again. `None` when it is not kept up to date, or a fetch is under way.
    pub fn due(&self) -> Option<Timestamp> {
        let waits = self.auto && self.pending.is_none() && self.subject.is_some();
        waits.then(|| Timestamp(self.asked.0.saturating_add(REFRESH_EVERY)))
    }

    /// The rows there are inside its border.
    pub fn settle(&mut self, rows: usize) {
        self.lines_in_view = rows.saturating_sub(usize::from(self.is_outdated())).max(1);
        let last = self.visible().len().saturating_sub(self.lines_in_view);
        self.top = self.top.min(last);
    }

    /// The last fetch failed and the text of the one before is shown: a line above it says so.
    pub fn is_outdated(&self) -> bool {
        self.failure.is_some() && !self.doc.lines.is_empty()
    }

    /// Lines of the text that fit.
    pub const fn lines_in_view(&self) -> usize {
        self.lines_in_view
    }

    /// Lines that no fold hides, as indices into the document.
    pub fn visible(&self) -> &[usize] {
        &self.shown
    }

    /// Finds the lines that no fold hides, after text or folds changed.
    pub(super) fn unroll(&mut self) {
        let mut out = Vec::with_capacity(self.doc.lines.len());
        let mut hidden_below: Option<usize> = None;
        for (at, line) in self.doc.lines.iter().enumerate() {
            let depth = depth(line);
            if let Some(limit) = hidden_below {
                if depth > limit || line.is_empty() {
                    continue;
                }
                hidden_below = None;
            }
            out.push(at);
            if self.folded.contains(&at) {
                hidden_below = Some(depth);
            }
        }
        self.shown = out;
    }

    /// Scrolls.
    pub fn go(&mut self, step: Move) {
        let count = self.visible().len();
        let page = self.lines_in_view.saturating_sub(1).max(1);
        let last = count.saturating_sub(self.lines_in_view);
        match step {
            Move::Up => self.top = self.top.saturating_sub(1),
            Move::Down => self.top = (self.top + 1).min(last),
            Move::PageUp => self.top = self.top.saturating_sub(page),
            Move::PageDown => self.top = (self.top + page).min(last),
            Move::Top => self.top = 0,
            Move::Bottom => self.top = last,
            Move::Left => self.left = self.left.saturating_sub(8),
            Move::Right => self.left += 8,
        }
    }

    /// Searches as it is typed. A bad pattern is said; the last good one stays.
    pub fn set_search(&mut self, text: &str) {
        if text.is_empty() {
            self.search = None;
            self.search_error = None;
            return;
        }
        match RegexBuilder::new(text).case_insensitive(true).build() {
            Ok(pattern) => {
                self.search = Some(pattern);
                self.search_error = None;
                self.hit = 0;
                self.show_hit();
            }
            Err(error) => self.search_error = error.to_string().lines().last().map(str::to_owned),
        }
    }

    /// Lines with a match, as indices into the document.
    pub fn hits(&self) -> Vec<usize> {
        let Some(pattern) = &self.search else {
            return Vec::new();
        };
        let matches = |line: &[crate::model::Span]| {
            let text: String = line.iter().map(|span| &*span.text).collect();
            pattern.is_match(&text)
        };
        self.doc
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| matches(line))
            .map(|(at, _)| at)
            .collect()
    }

    /// Goes to the next match, or the one before, and around.
    pub fn step_hit(&mut self, forward: bool) {
        let count = self.hits().len();
        if count > 0 {
            self.hit = if forward {
                (self.hit + 1) % count
            } else {
                (self.hit + count - 1) % count
            };
            self.show_hit();
        }
    }

    fn show_hit(&mut self) {
        let Some(line) = self.hits().get(self.hit).copied() else {
            return;
        };
        self.unfold_to(line);
        if let Some(at) = self.visible().iter().position(|visible| *visible == line)
            && (at < self.top || at >= self.top + self.lines_in_view)
        {
            self.top = at.saturating_sub(self.lines_in_view / 3);
        }
    }

    fn unfold_to(&mut self, line: usize) {
        while !self.visible().contains(&line) {
            let Some(fold) = self.folded.range(..line).next_back().copied() else {
                return;
            };
            self.folded.remove(&fold);
            self.unroll();
        }
    }

    /// Folds or unfolds at the first visible line that has something deeper below it.
    pub fn fold(&mut self) {
        let deeper = |at: usize| {
            self.doc
                .lines
                .get(at + 1)
                .is_some_and(|next| depth(next) > depth(&self.doc.lines[at]))
        };
        let mut visible = self.visible().iter().copied().skip(self.top);
        let Some(at) = visible.find(|at| deeper(*at)) else {
            return;
        };
        if !self.folded.remove(&at) {
            self.folded.insert(at);
        }
        self.unroll();
    }
}

/// Leading blanks, list dashes included.
fn depth(line: &[crate::model::Span]) -> usize {
    let mut count = 0;
    for c in line.iter().flat_map(|span| span.text.chars()) {
        if c != ' ' {
            break;
        }
        count += 1;
    }
    count
}
