//! What a log pane holds: lines of all its streams in order, markers, a filter and a search. Reads no clock: `now` is a parameter.

mod looking;
mod reading;

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::histogram::Seconds;
use super::lens::{Lens, ScanJob};
use super::marker::Marker;
use super::order::Order;
use super::ring::Ring;
use super::segment::Segment;
use super::{Chunk, Entry, Filter, Line, LineRef, LogEvent, OrderBy, Source, SourceId, State};
use crate::clock::Timestamp;

/// Bounds of a pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Memory for text with all overhead, in bytes.
    pub bytes: usize,
    /// Lines of other streams may be this much newer before a line counts as late, in nanoseconds.
    pub window: i64,
}

impl Default for Limits {
    /// 64 MiB and 200 ms.
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            window: 200_000_000,
        }
    }
}

/// Markers kept at most; each restart and gap makes one.
const MARKERS: usize = 10_000;

/// What stands at one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// A line.
    Line(LineRef<'a>),
    /// A divider.
    Marker(Entry, &'a Marker),
}

impl Item<'_> {
    /// Its place.
    pub const fn at(&self) -> Entry {
        match self {
            Self::Line(line) => line.at,
            Self::Marker(at, _) => *at,
        }
    }
}

/// Which part of the log is on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scroll {
    /// The end, whatever comes.
    #[default]
    Follow,
    /// This entry is at the top, or what comes after it when it is gone. Lines go on coming in below.
    At(Entry),
}

/// The lines of one pane.
#[derive(Debug)]
pub struct LogBuffer {
    limits: Limits,
    by: OrderBy,
    ring: Ring,
    sources: BTreeMap<SourceId, Source>,
    order: Order,
    markers: BTreeMap<u32, Marker>,
    next_marker: u32,
    filter: Option<Lens>,
    search: Option<Lens>,
    /// What was searched for, without the filter.
    sought: Option<Filter>,
    generation: u64,
    newest: i64,
    seconds: Seconds,
    rate: (i64, u32, u32),
    /// What was held went on purpose: nothing older is taken any more.
    cleared: bool,
}

impl LogBuffer {
    /// Empty.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            by: OrderBy::default(),
            ring: Ring::new(limits.bytes),
            sources: BTreeMap::new(),
            order: Order::default(),
            markers: BTreeMap::new(),
            next_marker: 0,
            filter: None,
            search: None,
            sought: None,
            generation: 0,
            newest: i64::MIN,
            seconds: Seconds::default(),
            rate: (0, 0, 0),
            cleared: false,
        }
    }

    /// Takes what a log task says of streams and lines; ignores what is for the pane's title.
    pub fn take(&mut self, event: LogEvent, now: Timestamp) {
        match event {
            LogEvent::Source(source) => self.add_source(source),
            LogEvent::State(id, state) => self.set_state(id, state),
            LogEvent::Lines(chunk) => self.append(&chunk, now),
            LogEvent::Older(chunk) => self.prepend(&chunk),
            LogEvent::Marker(marker) => self.add_marker(marker),
            LogEvent::Beginning
            | LogEvent::Streams { .. }
            | LogEvent::Trouble(_)
            | LogEvent::Failed(_)
            | LogEvent::Complete => {}
        }
    }

    /// Adds a stream. Its colour is that of its pod, or the next free one.
    pub fn add_source(&mut self, mut source: Source) {
        let same = |other: &&Source| {
            other.pod_uid == source.pod_uid && other.pod == source.pod && other.namespace == source.namespace
        };
        source.colour = self.sources.values().find(same).map_or_else(
            || {
                self.sources
                    .values()
                    .map(|other| other.colour + 1)
                    .max()
                    .unwrap_or(0)
            },
            |other| other.colour,
        );
        self.sources.insert(source.id, source);
    }

    /// Says how a stream is doing.
    pub fn set_state(&mut self, id: SourceId, state: State) {
        if let Some(source) = self.sources.get_mut(&id) {
            source.state = state;
        }
    }

    /// A stream.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(&id)
    }

    /// All streams in the order they were found.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values()
    }

    /// Adds new lines of one stream, each at its place in the order; marks those that come late. Lines from before the stream was opened are
    /// its history, not late.
    pub fn append(&mut self, chunk: &Chunk, now: Timestamp) {
        if let Some(gap) = chunk.gap {
            self.add_marker(Marker::Gap {
                source: chunk.source,
                from: gap.from,
                to: gap.to,
            });
        }
        let since = match self.sources.get(&chunk.source).map(|source| &source.state) {
            Some(State::Live { since }) => since.0,
            _ => i64::MAX,
        };
        let horizon = self.newest.saturating_sub(self.limits.window);
        let late = |line: &Line| line.stamp.0 < horizon && line.stamp.0 >= since;
        let entries = self.ring.append(chunk, self.by, late);
        self.newest = self
            .newest
            .max(self.ring.newest(chunk.source).unwrap_or(i64::MIN));
        self.count(chunk.lines.len() as u32, now);
        self.place(chunk, &entries);
    }

    /// Adds lines that are older than all received of their stream. Not when some of those were dropped since for want of memory: there would
    /// be a hole between; nor after [`LogBuffer::clear`].
    pub fn prepend(&mut self, chunk: &Chunk) {
        if chunk.lines.is_empty() || self.cleared || self.ring.has_dropped(chunk.source) {
            return;
        }
        let entries = self.ring.prepend(chunk, self.by);
        self.place(chunk, &entries);
    }

    fn place(&mut self, chunk: &Chunk, entries: &[Entry]) {
        self.order.merge(entries);
        let mut scratch = Vec::new();
        for lens in [&mut self.filter, &mut self.search].into_iter().flatten() {
            let hits: Vec<Entry> = (entries.iter().zip(chunk.iter()))
                .filter(|(_, (line, text))| lens.filter.matches(line, text, &mut scratch))
                .map(|(entry, _)| *entry)
                .collect();
            lens.order.merge(&hits);
        }
        self.seconds
            .add(chunk.lines.iter().map(|line| (line.stamp, line.level)));
        let gone = self.ring.evict();
        if !gone.is_empty() {
            self.sweep(&gone);
        }
    }

    fn sweep(&mut self, gone: &[Arc<Segment>]) {
        let ids: FxHashSet<_> = gone.iter().map(|segment| segment.id()).collect();
        for segment in gone {
            self.seconds.subtract(segment.stamps());
        }
        let Self {
            order,
            filter,
            search,
            markers,
            ..
        } = self;
        let keep = |entry: &Entry, markers: &BTreeMap<u32, Marker>| {
            if entry.is_marker() {
                markers.contains_key(&entry.line)
            } else {
                !ids.contains(&entry.segment)
            }
        };
        order.sweep(|entry| keep(entry, markers));
        while let Some(first) = order.entry(0).filter(|first| first.is_marker()) {
            markers.remove(&first.line);
            order.drop_first();
        }
        for lens in [filter, search].into_iter().flatten() {
            lens.order.sweep(|entry| keep(entry, markers));
        }
    }

    /// Adds a divider at its place. A restart comes after all lines that are older than it.
    pub fn add_marker(&mut self, marker: Marker) {
        if self.markers.len() >= MARKERS {
            self.markers.pop_first();
            self.sweep(&[]);
        }
        let key = match self.by {
            OrderBy::Time => marker.at().0,
            OrderBy::Arrival => self.ring.arrival(),
        };
        let entry = Entry::marker(key, self.next_marker);
        self.markers.insert(self.next_marker, marker);
        self.next_marker += 1;
        self.order.merge(&[entry]);
        if let Some(filter) = &mut self.filter {
            filter.order.merge(&[entry]);
        }
    }

    /// Orders by time or by arrival. Takes some 20 ms for a million lines; positions change, anchors of the other order are lost.
    pub fn set_order(&mut self, by: OrderBy) -> Vec<ScanJob> {
        if self.by == by {
            return Vec::new();
        }
        self.by = by;
        let mut all: Vec<Entry> = Vec::with_capacity(self.order.len());
        for segment in self.ring.segments() {
            all.extend(segment.entries(by).map(|(entry, ..)| entry));
        }
        let end = self.ring.arrival();
        all.extend(self.markers.iter().map(|(number, marker)| {
            Entry::marker(if by == OrderBy::Time { marker.at().0 } else { end }, *number)
        }));
        self.order.rebuild(all);
        let filter = self.filter.as_ref().map(|lens| (*lens.filter).clone());
        self.set_filter(filter)
    }

    /// The same line after [`LogBuffer::set_order`]. `None` when it is gone.
    pub fn anchor(&self, at: Entry) -> Option<Entry> {
        if at.is_marker() {
            return self
                .order
                .range(0, self.len())
                .find(|entry| entry.is_marker() && entry.line == at.line);
        }
        self.ring.place(at, self.by)
    }

    /// Drops all lines and dividers; streams go on, what is older than that does not come any more.
    pub fn clear(&mut self) {
        self.cleared = true;
        self.ring.clear();
        self.markers.clear();
        self.seconds.clear();
        self.order.clear();
        self.newest = i64::MIN;
        for lens in [&mut self.filter, &mut self.search].into_iter().flatten() {
            lens.order.clear();
        }
    }

    /// When the oldest line held of a stream was written: where to ask for older ones. `None` when it has none.
    pub fn oldest(&self, source: SourceId) -> Option<Timestamp> {
        self.ring.oldest(source)
    }

    /// Lines held, per second and level.
    pub const fn seconds(&self) -> &Seconds {
        &self.seconds
    }

    /// Lines that came in the last whole second.
    pub const fn rate(&self, now: Timestamp) -> u32 {
        let (second, current, before) = self.rate;
        match now.seconds().saturating_sub(second) {
            0 => before,
            1 => current,
            _ => 0,
        }
    }

    fn count(&mut self, lines: u32, now: Timestamp) {
        let second = now.seconds();
        if second != self.rate.0 {
            self.rate = (second, 0, self.rate(now));
        }
        self.rate.1 = self.rate.1.saturating_add(lines);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Item, Limits, LogBuffer, Marker, Scroll};
    use crate::clock::Timestamp;
    use crate::logs::line::Flags;
    use crate::logs::{Chunk, Cutter, Filter, OrderBy, ScanJob, SourceId, State};

    const MS: i64 = 1_000_000;

    fn chunk(source: u32, lines: &[(i64, &str)]) -> Chunk {
        let mut cutter = Cutter::new(SourceId(source));
        for (millis, text) in lines {
            cutter.push(format!("{} {text}\n", Timestamp(millis * MS).rfc3339()).as_bytes());
        }
        cutter.take().unwrap()
    }

    fn buffer() -> LogBuffer {
        LogBuffer::new(Limits::default())
    }

    fn add(buffer: &mut LogBuffer, source: u32, lines: &[(i64, &str)]) {
        buffer.append(&chunk(source, lines), Timestamp(0));
    }

    fn shown(buffer: &LogBuffer) -> Vec<String> {
        buffer
            .window(0, usize::MAX)
            .map(|item| match item {
                Item::Line(line) => String::from_utf8_lossy(line.text).into_owned(),
                Item::Marker(_, Marker::Gap { .. }) => "gap".to_owned(),
                Item::Marker(_, Marker::Restart { .. }) => "restart".to_owned(),
                Item::Marker(_, Marker::Mark { .. }) => "mark".to_owned(),
            })
            .collect()
    }

    fn run(buffer: &mut LogBuffer, jobs: Vec<ScanJob>) {
        for mut job in jobs {
            while let Some(hits) = job.step() {
                buffer.apply(hits);
            }
        }
    }

    #[test]
    fn lines_of_many_streams_stand_in_order_of_time_and_of_each_stream() {
        let mut buffer = buffer();
        add(
            &mut buffer,
            0,
            &[(10, "a1"), (30, "a2"), (25, "a3 written after a2"), (50, "a4")],
        );
        add(&mut buffer, 1, &[(5, "b1"), (30, "b2"), (60, "b3")]);
        add(&mut buffer, 2, &[(55, "c1")]);
        assert_eq!(
            shown(&buffer),
            ["b1", "a1", "a2", "a3 written after a2", "b2", "a4", "c1", "b3"]
        );
        run_order(&mut buffer);
    }

    fn run_order(buffer: &mut LogBuffer) {
        let b2 = buffer.window(4, 1).next().unwrap().at();
        assert!(buffer.set_order(OrderBy::Arrival).is_empty());
        assert_eq!(
            shown(buffer),
            ["a1", "a2", "a3 written after a2", "a4", "b1", "b2", "b3", "c1"]
        );
        let moved = buffer.anchor(b2).unwrap();
        assert_eq!(buffer.position(moved), 5);
        add(buffer, 1, &[(1, "late but last")]);
        assert_eq!(shown(buffer).last().unwrap(), "late but last");
        buffer.set_order(OrderBy::Time);
        assert_eq!(buffer.position(buffer.anchor(moved).unwrap()), 4);
    }

    #[test]
    fn late_lines_are_placed_and_marked_but_history_is_not() {
        let mut buffer = buffer();
        for id in 0..2 {
            buffer.add_source(crate::logs::source::tests::source(id, "p"));
            let since = Timestamp(1_000 * MS);
            buffer.set_state(SourceId(id), State::Live { since });
        }
        add(&mut buffer, 0, &[(500, "history"), (2_000, "now")]);
        add(
            &mut buffer,
            1,
            &[
                (600, "also history"),
                (1_850, "within the window"),
                (1_500, "x"),
                (2_001, "y"),
            ],
        );
        add(&mut buffer, 0, &[(2_002, "z")]);
        add(&mut buffer, 1, &[(2_001, "w")]);
        let late: Vec<bool> = (buffer.window(0, 99))
            .map(|item| matches!(item, Item::Line(line) if line.flags.has(Flags::LATE)))
            .collect();
        assert_eq!(
            shown(&buffer),
            [
                "history",
                "also history",
                "within the window",
                "x",
                "now",
                "y",
                "w",
                "z"
            ]
        );
        assert_eq!(late, [false, false, false, true, false, false, false, false]);
    }

    #[test]
    fn markers_stand_between_the_lines_and_survive_filters() {
        let mut buffer = buffer();
        add(&mut buffer, 0, &[(1, "one"), (2, "two")]);
        buffer.add_marker(Marker::Restart {
            source: SourceId(1),
            exit_code: Some(137),
            reason: Arc::from("OOMKilled"),
            restarts: 1,
            at: Timestamp(3 * MS),
        });
        let mut after = chunk(1, &[(9, "nine")]);
        after.gap = Some(crate::logs::Gap {
            from: Timestamp(4 * MS),
            to: Timestamp(9 * MS),
        });
        buffer.append(&after, Timestamp(0));
        buffer.add_marker(Marker::Mark {
            at: Timestamp(10 * MS),
        });
        assert_eq!(shown(&buffer), ["one", "two", "restart", "gap", "nine", "mark"]);
        let jobs = buffer.set_filter(Some(Filter::parse("!two").unwrap()));
        run(&mut buffer, jobs);
        assert_eq!(shown(&buffer), ["one", "restart", "gap", "nine", "mark"]);
        buffer.set_filter(None);
        assert_eq!(buffer.len(), 6);
    }

    #[test]
    fn a_noisy_stream_does_not_evict_the_others_and_memory_is_bounded() {
        let limits = Limits {
            bytes: 1 << 20,
            ..Limits::default()
        };
        let mut buffer = LogBuffer::new(limits);
        add(&mut buffer, 0, &[(1, "quiet one")]);
        let long = "x".repeat(1_000);
        for at in 0..5_000 {
            add(&mut buffer, 1, &[(10 + at, &long)]);
            assert!(buffer.bytes() <= limits.bytes);
        }
        let all = shown(&buffer);
        assert_eq!(all.first().unwrap(), "quiet one");
        assert!(all.len() > 500, "{}", all.len());
        assert_eq!(buffer.seconds().total().lines as usize, buffer.len());
        assert_eq!(buffer.oldest(SourceId(0)), Some(Timestamp(MS)));
        buffer.prepend(&chunk(1, &[(2, "there would be a hole")]));
        assert_eq!(buffer.len(), all.len());
        buffer.clear();
        assert_eq!(
            (buffer.len(), buffer.bytes(), buffer.seconds().total().lines),
            (0, 0, 0)
        );
        add(&mut buffer, 1, &[(99_999, "after")]);
        assert_eq!(shown(&buffer), ["after"]);
    }

    #[test]
    fn pausing_keeps_the_place_and_drops_nothing() {
        let mut buffer = buffer();
        for at in 0..100 {
            add(&mut buffer, 0, &[(1_000 + at, &at.to_string())]);
        }
        assert_eq!(buffer.top(Scroll::Follow, 10), 90);
        let paused = buffer.scrolled(Scroll::Follow, -40, 10);
        let top = |buffer: &LogBuffer| match buffer.window(buffer.top(paused, 10), 1).next() {
            Some(Item::Line(line)) => String::from_utf8_lossy(line.text).into_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!((top(&buffer).as_str(), buffer.behind(paused, 10)), ("50", 40));
        add(&mut buffer, 1, &[(999, "above"), (1_200, "below")]);
        buffer.prepend(&chunk(0, &[(1, "older"), (2, "old")]));
        assert_eq!((top(&buffer).as_str(), buffer.behind(paused, 10)), ("50", 41));
        assert_eq!(&shown(&buffer)[..4], ["older", "old", "above", "0"]);
        assert_eq!(buffer.scrolled(paused, 500, 10), Scroll::Follow);
        assert_eq!(buffer.top(buffer.scrolled(paused, -500, 10), 10), 0);
    }

    #[test]
    fn older_lines_of_equal_time_come_before_those_held() {
        let mut buffer = buffer();
        add(&mut buffer, 0, &[(5, "held")]);
        let long = "y".repeat(40_000);
        buffer.prepend(&chunk(0, &[(5, &long), (5, &long), (5, "last of the older")]));
        buffer.prepend(&chunk(0, &[(5, "oldest")]));
        let all = shown(&buffer);
        assert_eq!(
            (all.len(), all[0].as_str(), all[3].as_str(), all[4].as_str()),
            (5, "oldest", "last of the older", "held")
        );
        buffer.set_order(OrderBy::Arrival);
        assert_eq!(shown(&buffer), all);
    }

    #[test]
    fn filter_and_search_agree_with_a_plain_scan_whatever_comes_meanwhile() {
        let mut buffer = LogBuffer::new(Limits {
            bytes: 300_000,
            ..Limits::default()
        });
        let mut random = fastrand::Rng::with_seed(7);
        let words = [
            "alpha",
            "beta",
            "gamma timeout",
            "TIMEOUT delta",
            "\x1b[31mtime\x1b[0mout",
        ];
        let mut jobs: Vec<ScanJob> = Vec::new();
        for step in 0..6_000i64 {
            let source = random.u32(..5);
            let text = format!("{step} {}", words[random.usize(..words.len())]);
            add(&mut buffer, source, &[(step + random.i64(0..50), &text)]);
            if step == 2_000 {
                jobs = buffer.set_filter(Some(Filter::parse("timeout && !7").unwrap()));
                jobs.extend(buffer.set_search(Some(Filter::parse("delta").unwrap())));
            }
            if step % 500 == 0 {
                for job in &mut jobs {
                    job.step().into_iter().for_each(|hits| buffer.apply(hits));
                }
            }
        }
        assert_eq!(buffer.scanning(), 0);
        let filtered = shown(&buffer);
        let hits = buffer.hits(crate::logs::Entry::at(Timestamp(i64::MAX))).unwrap();
        buffer.set_search(None);
        buffer.set_filter(None);
        let plain = |line: &String| line.replace("\x1b[31m", "").replace("\x1b[0m", "").to_lowercase();
        let expected: Vec<String> = (shown(&buffer).into_iter())
            .filter(|line| plain(line).contains("timeout") && !plain(line).contains('7'))
            .collect();
        assert!(expected.len() > 100);
        assert_eq!(filtered, expected);
        let delta = expected.iter().filter(|line| line.contains("delta")).count();
        assert_eq!(hits, (delta, delta));
    }

    #[test]
    fn hits_are_visited_in_both_directions_and_around_the_end() {
        let mut buffer = buffer();
        add(
            &mut buffer,
            0,
            &[(1, "x"), (2, "hit 1"), (3, "y"), (4, "hit 2"), (5, "z")],
        );
        let jobs = buffer.set_search(Some(Filter::parse("hit").unwrap()));
        run(&mut buffer, jobs);
        let at = |buffer: &LogBuffer, position| buffer.window(position, 1).next().unwrap().at();
        let go = |from, forward| buffer.position(buffer.hit(at(&buffer, from), forward).unwrap());
        assert_eq!([go(0, true), go(1, true), go(3, true), go(4, true)], [1, 3, 1, 1]);
        assert_eq!(
            [go(4, false), go(3, false), go(1, false), go(0, false)],
            [3, 1, 3, 3]
        );
        assert_eq!(buffer.hits(at(&buffer, 3)), Some((2, 2)));
        assert_eq!(buffer.highlights("hit a hit"), [0..3, 6..9]);
    }

    #[test]
    fn answers_to_an_earlier_filter_are_dropped_and_its_worker_stops() {
        let mut buffer = buffer();
        add(&mut buffer, 0, &[(1, "one"), (2, "two")]);
        let mut old = buffer.set_filter(Some(Filter::parse("one").unwrap())).remove(0);
        let hits = old.step().unwrap();
        let mut stopped = buffer.set_filter(Some(Filter::parse("on").unwrap())).remove(0);
        let jobs = buffer.set_filter(Some(Filter::parse("two").unwrap()));
        buffer.apply(hits);
        assert_eq!(buffer.len(), 0);
        assert!(stopped.step().is_none());
        run(&mut buffer, jobs);
        assert_eq!(shown(&buffer), ["two"]);
    }

    #[test]
    fn colours_are_stable_per_pod() {
        let mut buffer = buffer();
        for (id, pod) in [(0, "a"), (1, "b"), (2, "a"), (3, "c")] {
            buffer.add_source(crate::logs::source::tests::source(id, pod));
        }
        let colours: Vec<u32> = buffer.sources().map(|source| source.colour).collect();
        assert_eq!(colours, [0, 1, 0, 2]);
    }

    #[test]
    fn the_rate_is_that_of_the_last_whole_second() {
        let mut buffer = buffer();
        let at = Timestamp::from_seconds;
        buffer.append(&chunk(0, &[(1, "a"), (2, "b")]), at(10));
        assert_eq!(
            (buffer.rate(at(10)), buffer.rate(at(11)), buffer.rate(at(12))),
            (0, 2, 0)
        );
        buffer.append(&chunk(0, &[(3, "c")]), at(11));
        assert_eq!((buffer.rate(at(11)), buffer.rate(at(12))), (2, 1));
    }
}
