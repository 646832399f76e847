//! Logs of pretend programs: which line was written when, as a function of time and identity, so that nothing has to be kept.

use bytes::Bytes;

use super::instance::Instance;
use super::lines;
use crate::clock::Timestamp;
use crate::demo::ids::stable;
use crate::demo::image::LogStyle;
use crate::demo::kubelet_api::{LogLine, LogSpan};

/// Lines one instance keeps; older ones are rotated away.
const KEPT: u64 = 20_000;
/// Lines a program writes while it starts, and nanoseconds between them.
const STARTING: (u64, i64) = (6, 130_000_000);
/// Waves of the rate: seconds of one, and how much it swings.
const WAVE: (f64, f64) = (660.0, 0.45);

impl Instance {
    /// What it has to complain about at a time.
    pub fn complaint(&self, at: Timestamp) -> Option<&str> {
        let mut all = self.complaints.iter();
        all.find(|(from, until, _)| at >= *from && until.is_none_or(|until| at < until))
            .map(|(.., says)| says.as_str())
    }

    /// What can be read at `now`.
    pub fn span(&self, now: Timestamp) -> LogSpan {
        if let Some(transcript) = &self.transcript {
            return transcript.span();
        }
        let at = self.ended.map_or(now, |ended| ended.min(now));
        let end = Beat::of(self).count(at);
        LogSpan {
            first: end.saturating_sub(KEPT),
            end,
            finished: self.ended.is_some(),
        }
    }

    /// Lines `from..` that were written by `now`, at most `limit`; and the number of the first.
    pub fn lines(&self, from: u64, limit: usize, now: Timestamp) -> (u64, Vec<LogLine>) {
        if let Some(transcript) = &self.transcript {
            return transcript.lines(from, limit);
        }
        let span = self.span(now);
        let beat = Beat::of(self);
        let last = match (self.ended, self.fate) {
            (_, Some((seconds, code))) if code != 137 => Some((
                beat.count(Timestamp(self.began.0 + seconds * 1_000_000_000)),
                code,
            )),
            _ => None,
        };
        let from = from.max(span.first);
        let lines = (from..span.end.min(from.saturating_add(limit as u64)))
            .map(|number| {
                let at = beat.time(number);
                LogLine {
                    at,
                    text: Bytes::from(lines::text(self, number, at, last)),
                }
            })
            .collect();
        (from, lines)
    }
}

/// The beat of one instance's log: when it writes. Made once for many lines.
struct Beat {
    began: Timestamp,
    style: LogStyle,
    seed: u64,
    /// Lines a second on average; 0: it writes nothing.
    rate: f64,
    /// Of its wave: radians a second, and where it begins.
    omega: f64,
    phase: f64,
}

impl Beat {
    fn of(log: &Instance) -> Self {
        let seed = stable(&[&log.uid, &log.container, &log.number.to_string()]);
        let lines = f64::from(log.nature.lines);
        Self {
            began: log.began,
            style: log.nature.log,
            seed,
            rate: lines * log.louder * (0.8 + (seed % 400) as f64 / 1000.0) / 60.0,
            omega: std::f64::consts::TAU / WAVE.0,
            phase: (seed % 628) as f64 / 100.0,
        }
    }

    /// How many lines were written by `at`.
    fn count(&self, at: Timestamp) -> u64 {
        let passed = at.nanos_since(self.began);
        if passed < 0 || self.rate <= 0.0 {
            return 0;
        }
        let started = STARTING.0 as i64 * STARTING.1;
        if passed < started {
            return (passed / STARTING.1) as u64 + 1;
        }
        let x = self.written((passed - started) as f64 / 1e9);
        let whole = x.floor();
        let more = u64::from(self.jitter(whole as u64) <= x - whole);
        let count = STARTING.0 + whole as u64 + more;
        // The lines of one stack trace are written together.
        match lines::block(self.style, count.saturating_sub(1)) {
            Some((start, length)) => start + length,
            None => count,
        }
    }

    /// When line `number` was written.
    fn time(&self, number: u64) -> Timestamp {
        if number < STARTING.0 {
            return Timestamp(
                self.began.0 + number as i64 * STARTING.1 + (self.seed % 90_000_000) as i64 / 2,
            );
        }
        let (number, within) = match lines::block(self.style, number) {
            Some((start, _)) => (start, (number - start) as i64 * 41_013),
            None => (number, 0),
        };
        let index = number - STARTING.0;
        let seconds = self.inverse(index as f64 + self.jitter(index));
        Timestamp(self.began.0 + STARTING.0 as i64 * STARTING.1 + (seconds * 1e9) as i64 + within)
    }

    fn jitter(&self, index: u64) -> f64 {
        let mut mix = self.seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mix ^= mix >> 31;
        mix = mix.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mix >> 33) % 999_983) as f64 / 1_000_000.0
    }

    /// Lines written after `seconds`, as a real number: the integral of the rate.
    fn written(&self, seconds: f64) -> f64 {
        let wave = (self.omega * seconds + self.phase).sin() - self.phase.sin();
        self.rate * (seconds + WAVE.1 / self.omega * wave)
    }

    /// The seconds after which `lines` have been written: halved until it is near, then by Newton's method.
    fn inverse(&self, lines: f64) -> f64 {
        let mean = lines / self.rate.max(1e-9);
        let slack = WAVE.1 * WAVE.0 / std::f64::consts::PI;
        let (mut low, mut high) = ((mean - slack).max(0.0), mean + slack);
        for _ in 0..7 {
            let middle = f64::midpoint(low, high);
            if self.written(middle) < lines {
                low = middle;
            } else {
                high = middle;
            }
        }
        let mut at = f64::midpoint(low, high);
        for _ in 0..4 {
            let slope = self.rate * (1.0 + WAVE.1 * (self.omega * at + self.phase).cos());
            at -= (self.written(at) - lines) / slope.max(1e-9);
        }
        at.max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::image::nature;

    fn instance(image: &str) -> Instance {
        Instance {
            uid: "u".into(),
            pod: "p".into(),
            container: "app".into(),
            image: image.into(),
            nature: nature(image),
            number: 0,
            began: Timestamp::from_seconds(1_795_000_000),
            ended: None,
            fate: None,
            limit: 0,
            louder: 1.0,
            complaints: Vec::new(),
            transcript: None,
        }
    }

    #[test]
    fn lines_are_numbered_once_and_for_all_and_never_go_back_in_time() {
        for image in [
            "x/shop/web:1.0.0",
            "x/shop/search:1.0.0",
            "x/payments/api:1.0.0",
            "postgres:17",
        ] {
            let log = instance(image);
            let at = |seconds: i64| Timestamp::from_seconds(1_795_000_000 + seconds);
            let (_, all) = log.lines(0, usize::MAX, at(1_800));
            assert!(all.len() > 200, "{image} {}", all.len());
            assert!(all.windows(2).all(|pair| pair[0].at <= pair[1].at), "{image}");
            let mut seen = 0;
            for second in 0..1_800 {
                let span = log.span(at(second));
                assert!(span.end >= seen, "{image}");
                seen = span.end;
                if second % 200 == 0 {
                    let (_, early) = log.lines(0, usize::MAX, at(second));
                    assert_eq!(early[..], all[..early.len()], "{image}");
                    let late = early.iter().filter(|line| line.at > at(second)).count();
                    assert!(late <= 14, "only the tail of a stack trace may be ahead");
                }
            }
        }
    }

    #[test]
    fn old_lines_are_rotated_away() {
        let log = instance("x/shop/web:1.0.0");
        let span = log.span(Timestamp::from_seconds(1_795_000_000 + 30 * 86_400));
        assert_eq!(span.end - span.first, KEPT);
        let begun = std::time::Instant::now();
        let (_, lines) = log.lines(
            span.end - 100,
            1000,
            Timestamp::from_seconds(1_795_000_000 + 30 * 86_400),
        );
        assert_eq!(lines.len(), 100);
        assert!(begun.elapsed().as_secs() < 5);
    }
}
