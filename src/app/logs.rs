//! A log pane: what is tailed, where one stands in it, how it is shown. The lines themselves are the log engine's.

use std::fmt::Write;
use std::sync::Arc;

use crate::action::{Logs, Move};
use crate::clock::Timestamp;
use crate::config::{LogSettings, TimeStyle};
use crate::logs::{Filter, Limits, LogBuffer, LogEvent, LogQuery, LogTarget, Marker, ScanJob, Scroll, State};
use crate::model::{Failure, ObjectKey, Uid};
use crate::msg::LogId;

/// What a pane is called that follows a cursor on nothing.
pub const IDLE: &str = "Logs";
/// Rows from which one of them goes to the strip.
const STRIP_FROM: usize = 8;

/// Logs of one query.
#[derive(Debug)]
pub struct LogsPane {
    /// What is tailed, in words: `deploy/web -c app`.
    pub title: String,
    /// What is tailed.
    pub query: LogQuery,
    /// The task that tails it.
    pub id: LogId,
    /// The lines.
    pub buffer: LogBuffer,
    limits: Limits,
    /// Where one stands.
    pub scroll: Scroll,
    /// Filter as typed, empty for none.
    pub filter: String,
    /// Search as typed, empty for none.
    pub search: String,
    /// What is wrong with either as it is typed.
    pub filter_error: Option<String>,
    /// How time stamps are shown.
    pub stamps: TimeStyle,
    /// Long lines go on in the next row.
    pub wrap: bool,
    /// Columns scrolled out on the left.
    pub left: usize,
    /// Streams open and streams in all.
    pub streams: (u32, u32),
    /// Why the pods cannot be followed at present.
    pub trouble: Option<Failure>,
    /// Why nothing comes.
    pub failed: Option<Failure>,
    /// Nothing more comes.
    pub complete: bool,
    /// Older lines were asked for and have not come.
    pub loading_older: bool,
    /// The beginning of every log is reached, or what there was before was cleared.
    pub at_beginning: bool,
    /// All pods were looked at once: those whose logs they are have a stream.
    pub listed: bool,
    jobs: Vec<ScanJob>,
    rows_in_view: usize,
    strip: bool,
}

impl LogsPane {
    /// The pod to explain where there is no line: the first one with a container that has no log yet.
    pub fn waiting(&self) -> Option<ObjectKey> {
        if self.buffer.total() > 0 {
            return None;
        }
        let mut sources = self.buffer.sources();
        let source = sources.find(|source| matches!(source.state, State::Waiting { .. }))?;
        Some(ObjectKey {
            gvr: super::open::PODS,
            namespace: Arc::clone(&source.namespace),
            name: Arc::clone(&source.pod),
            uid: source.pod_uid,
        })
    }

    /// A pane for a query, as the settings say.
    pub fn new(title: String, query: LogQuery, id: LogId, settings: &LogSettings) -> Self {
        let limits = Limits {
            bytes: (settings.memory_mib as usize) << 20,
            ..Limits::default()
        };
        Self {
            stamps: settings.timestamps,
            wrap: settings.wrap,
            ..Self::empty(title, query, id, limits)
        }
    }

    fn empty(title: String, query: LogQuery, id: LogId, limits: Limits) -> Self {
        Self {
            title,
            query,
            id,
            buffer: LogBuffer::new(limits),
            limits,
            scroll: Scroll::default(),
            filter: String::new(),
            search: String::new(),
            filter_error: None,
            stamps: TimeStyle::default(),
            wrap: false,
            left: 0,
            streams: (0, 0),
            trouble: None,
            failed: None,
            complete: false,
            loading_older: false,
            at_beginning: false,
            listed: false,
            jobs: Vec::new(),
            rows_in_view: 1,
            strip: false,
        }
    }

    /// Another query in the same pane: what is shown, filter and stamps stay as they are set, the lines go.
    pub fn restart(&mut self, title: String, query: LogQuery, id: LogId) {
        let mut fresh = Self::empty(title, query, id, self.limits);
        fresh.stamps = self.stamps;
        fresh.wrap = self.wrap;
        fresh.rows_in_view = self.rows_in_view;
        fresh.strip = self.strip;
        let (filter, search) = (std::mem::take(&mut self.filter), std::mem::take(&mut self.search));
        *self = fresh;
        self.set_filter(&filter);
        self.set_search(&search);
    }

    /// The one object whose logs they are. `None` for several, and for those of a name that was typed.
    pub fn subject(&self) -> Option<&ObjectKey> {
        let key = match &self.query.target {
            LogTarget::Of(key) => key,
            LogTarget::Pods(keys) => match keys.as_slice() {
                [one] => one,
                _ => return None,
            },
            LogTarget::Matching(_) => return None,
        };
        (key.uid != Uid::NONE).then_some(key)
    }

    /// Takes what the task says.
    pub fn take(&mut self, event: LogEvent, now: Timestamp) {
        match event {
            LogEvent::Streams { open, all } => {
                self.streams = (open, all);
                self.listed = true;
            }
            LogEvent::Trouble(trouble) => self.trouble = trouble,
            LogEvent::Failed(failure) => self.failed = Some(failure),
            LogEvent::Complete => self.complete = true,
            LogEvent::Beginning => {
                self.loading_older = false;
                self.at_beginning = true;
            }
            LogEvent::Older(chunk) => {
                self.loading_older = false;
                self.buffer.take(LogEvent::Older(chunk), now);
            }
            other => self.buffer.take(other, now),
        }
    }

    /// The rows there are inside its border.
    pub fn settle(&mut self, rows: usize) {
        self.strip = rows >= STRIP_FROM;
        self.rows_in_view = rows.saturating_sub(usize::from(self.strip)).max(1);
    }

    /// Rows of lines that fit.
    pub fn rows_in_view(&self) -> usize {
        self.rows_in_view
    }

    /// True when the strip that tells how many lines came when stands above the lines.
    pub const fn has_strip(&self) -> bool {
        self.strip
    }

    /// The searches through held lines that another thread has to do.
    pub fn take_jobs(&mut self) -> Vec<ScanJob> {
        std::mem::take(&mut self.jobs)
    }

    /// Scrolls. `true` when older lines should be loaded.
    pub fn go(&mut self, step: Move) -> bool {
        let rows = self.rows_in_view;
        let page = rows.saturating_sub(1).max(1) as isize;
        let lines = match step {
            Move::Up => -1,
            Move::Down => 1,
            Move::PageUp => -page,
            Move::PageDown => page,
            Move::Top => -(self.buffer.len() as isize),
            Move::Bottom => {
                self.scroll = Scroll::Follow;
                return false;
            }
            Move::Left => {
                self.left = self.left.saturating_sub(8);
                return false;
            }
            Move::Right => {
                self.left += 8;
                return false;
            }
        };
        self.scroll_lines(lines)
    }

    /// Scrolls by lines. `true` when older lines should be loaded.
    pub fn scroll_lines(&mut self, lines: isize) -> bool {
        let was_at_top = self.buffer.top(self.scroll, self.rows_in_view) == 0;
        self.scroll = self.buffer.scrolled(self.scroll, lines, self.rows_in_view);
        lines < 0 && was_at_top && !self.loading_older && !self.at_beginning && !self.query.previous
    }

    /// Filters as it is typed. A bad pattern is said; the last good one stays.
    pub fn set_filter(&mut self, text: &str) {
        match read(text) {
            Ok(filter) => {
                text.clone_into(&mut self.filter);
                self.filter_error = None;
                self.jobs.extend(self.buffer.set_filter(filter));
            }
            Err(why) => self.filter_error = Some(why),
        }
    }

    /// Searches as it is typed.
    pub fn set_search(&mut self, text: &str) {
        match read(text) {
            Ok(filter) => {
                text.clone_into(&mut self.search);
                self.filter_error = None;
                self.jobs.extend(self.buffer.set_search(filter));
            }
            Err(why) => self.filter_error = Some(why),
        }
    }

    /// Goes to the next match of the search (of the filter, if nothing is searched for), or the one before.
    pub fn step_hit(&mut self, forward: bool) {
        let top = self.buffer.top(self.scroll, self.rows_in_view);
        let Some(from) = self.buffer.window(top, 1).next().map(|item| item.at()) else {
            return;
        };
        if self.search.is_empty() {
            self.scroll_lines(if forward { 1 } else { -1 });
        } else if let Some(at) = self.buffer.hit(from, forward) {
            self.scroll = Scroll::At(at);
        }
    }

    /// The line at the top, or the last one while following.
    pub fn current(&self) -> Option<crate::logs::LineRef<'_>> {
        let top = self.buffer.top(self.scroll, self.rows_in_view);
        let mut items = self.buffer.window(top, self.rows_in_view);
        let pick = |item| match item {
            crate::logs::Item::Line(line) => Some(line),
            crate::logs::Item::Marker(..) => None,
        };
        match self.scroll {
            Scroll::Follow => items.rev().find_map(pick),
            Scroll::At(_) => items.find_map(pick),
        }
    }

    /// What the pane's own keys do. `false` for what the app has to do.
    pub fn act(&mut self, action: Logs, now: Timestamp) -> bool {
        match action {
            Logs::Follow => {
                let rows = self.rows_in_view;
                self.scroll = match self.scroll {
                    Scroll::Follow => self.buffer.scrolled(Scroll::Follow, 0, rows),
                    Scroll::At(_) => Scroll::Follow,
                };
            }
            Logs::NextMatch => self.step_hit(true),
            Logs::PreviousMatch => self.step_hit(false),
            Logs::Timestamps => {
                self.stamps = match self.stamps {
                    TimeStyle::Off => TimeStyle::Utc,
                    TimeStyle::Utc => TimeStyle::Local,
                    TimeStyle::Local => TimeStyle::Relative,
                    TimeStyle::Relative => TimeStyle::Off,
                }
            }
            Logs::Wrap => {
                self.wrap = !self.wrap;
                self.left = 0;
            }
            Logs::Mark => self.buffer.add_marker(Marker::Mark { at: now }),
            Logs::Clear => {
                self.buffer.clear();
                // Older lines that are on their way are not wanted any more either.
                self.at_beginning = true;
                self.loading_older = false;
            }
            _ => return false,
        }
        true
    }

    /// Everything that is held, as text: stamp, pod, container, line.
    pub fn text(&self, top: usize, rows: usize) -> String {
        let mut out = String::new();
        for item in self.buffer.window(top, rows) {
            if let crate::logs::Item::Line(line) = item {
                let source = self.buffer.source(line.source);
                let (pod, container) = source.map_or(("", ""), |source| (&*source.pod, &*source.container));
                let text = crate::logs::ansi::styled(line.text).text;
                let _ = writeln!(out, "{} {pod} {container} {text}", line.stamp.rfc3339()); // writing to a String cannot fail
            }
        }
        out
    }
}

fn read(text: &str) -> Result<Option<Filter>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    Filter::parse(text).map(Some).map_err(|error| error.to_string())
}
