//! The log engine against the obvious thing (a deque of strings) in the same run. Compare columns of one run, never runs of two machines.

use std::collections::VecDeque;
use std::hint::black_box;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use kubris::clock::Timestamp;
use kubris::logs::{Cutter, Filter, Level, Limits, LogBuffer, Scroll, SourceId};
use regex::Regex;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const LINES: usize = 1_000_000;

fn main() {
    divan::main();
}

/// What a container sends: 1,000,000 JSON lines of about 180 bytes with timestamps, in frames of 32 KiB.
fn log(lines: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(lines * 190);
    for at in 0..lines as i64 {
        let stamp = Timestamp(1_795_251_600_000_000_000 + at * 1_000_003).rfc3339();
        let (level, message) = match at % 97 {
            0 => ("error", "upstream timeout after 5s"),
            1..10 => ("warn", "slow request"),
            _ => ("info", "request served"),
        };
        let line = format!(
            "{stamp} {{\"level\":\"{level}\",\"msg\":\"{message}\",\"path\":\"/api/v1/orders/{at}\",\"status\":200,\"took_ms\":{},\"trace\":\"{:016x}\"}}\n",
            at % 250,
            at * 7_919
        );
        out.extend_from_slice(line.as_bytes());
    }
    out
}

fn limits(bytes: usize) -> Limits {
    Limits {
        bytes,
        ..Limits::default()
    }
}

fn fill(buffer: &mut LogBuffer, source: u32, log: &[u8]) {
    let mut cutter = Cutter::new(SourceId(source));
    for frame in log.chunks(32 << 10) {
        cutter.push(frame);
        if let Some(chunk) = cutter.take() {
            buffer.append(&chunk, Timestamp(0));
        }
    }
}

fn full() -> LogBuffer {
    let mut buffer = LogBuffer::new(limits(1 << 30));
    fill(&mut buffer, 0, &log(LINES));
    buffer
}

fn strings(log: &[u8], limit: usize) -> VecDeque<String> {
    let mut lines = VecDeque::new();
    let mut bytes = 0;
    for line in log.split(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(line).into_owned();
        bytes += line.len();
        lines.push_back(line);
        while bytes > limit {
            bytes -= lines.pop_front().map_or(0, |line| line.len());
        }
    }
    lines
}

#[divan::bench_group(sample_count = 5, sample_size = 1)]
mod append {
    use super::{
        Bencher, Cutter, ItemsCount, LINES, Level, LogBuffer, SourceId, Timestamp, black_box, fill, limits,
        log, strings,
    };

    #[divan::bench(args = [64 << 20, 1 << 30])]
    fn engine(bencher: Bencher<'_, '_>, limit: usize) {
        let log = log(LINES);
        bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
            let mut buffer = LogBuffer::new(limits(limit));
            fill(&mut buffer, 0, &log);
            buffer
        });
    }

    #[divan::bench(args = [64 << 20, 1 << 30])]
    fn deque_of_strings(bencher: Bencher<'_, '_>, limit: usize) {
        let log = log(LINES);
        bencher
            .counter(ItemsCount::new(LINES))
            .bench_local(|| strings(&log, limit));
    }

    fn interleave(cutters: &mut [Cutter], frame: &[u8], buffer: &mut LogBuffer) {
        for cutter in cutters {
            cutter.push(frame);
            if let Some(chunk) = cutter.take() {
                buffer.append(&chunk, Timestamp(0));
            }
        }
    }

    /// Fifty streams that take turns, a frame each, so that every chunk has to be merged.
    #[divan::bench]
    fn engine_50_streams(bencher: Bencher<'_, '_>) {
        let log = log(LINES / 50);
        bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
            let mut buffer = LogBuffer::new(limits(1 << 30));
            let mut cutters: Vec<Cutter> = (0..50).map(|id| Cutter::new(SourceId(id))).collect();
            for frame in log.chunks(4 << 10) {
                interleave(&mut cutters, frame, &mut buffer);
            }
            buffer
        });
    }

    /// What a stream's task does alone: cutting, timestamps, levels.
    #[divan::bench]
    fn cut_only(bencher: Bencher<'_, '_>) {
        let log = log(LINES);
        bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
            let mut cutter = Cutter::new(SourceId(0));
            for frame in log.chunks(32 << 10) {
                cutter.push(frame);
                black_box(cutter.take());
            }
        });
    }

    #[divan::bench]
    fn level_only(bencher: Bencher<'_, '_>) {
        let log = log(LINES);
        bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
            log.split(|byte| *byte == b'\n')
                .filter(|line| Level::of(line.get(31..).unwrap_or_default()) >= Level::Warn)
                .count()
        });
    }
}

const PATTERNS: [&str; 4] = ["timeout", "(?i)error", "ERROR|WARN", "took_ms\":2.*f\""];

#[divan::bench_group(sample_count = 5, sample_size = 1)]
mod filter {
    use super::{Bencher, Filter, ItemsCount, LINES, PATTERNS, Regex, full, log, strings};

    #[divan::bench(args = PATTERNS)]
    fn engine(bencher: Bencher<'_, '_>, pattern: &str) {
        let mut buffer = full();
        bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
            for mut job in buffer.set_filter(Filter::parse(pattern).ok()) {
                while let Some(hits) = job.step() {
                    buffer.apply(hits);
                }
            }
            buffer.len()
        });
    }

    #[divan::bench(args = PATTERNS)]
    fn deque_of_strings(bencher: Bencher<'_, '_>, pattern: &str) {
        let lines = strings(&log(LINES), usize::MAX);
        let Ok(regex) = Regex::new(&format!("(?i){pattern}")) else {
            return;
        };
        bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
            let hits: Vec<&String> = lines.iter().filter(|line| regex.is_match(line)).collect();
            hits.len()
        });
    }
}

/// A screen of 60 lines anywhere in a million, as it is read for every frame.
#[divan::bench]
fn window(bencher: Bencher<'_, '_>) {
    let buffer = full();
    let mut top = 0;
    bencher.bench_local(|| {
        top = (top + 7_919_777) % LINES;
        buffer.window(top, 60).count() + buffer.behind(Scroll::Follow, 60)
    });
}
