//! The texts of log lines: what each kind of program would write as its line of this number at this time. Pure.

mod servers;

use super::instance::Instance;
use crate::clock::Timestamp;
use crate::demo::ids::stable;
use crate::demo::image::LogStyle;

/// Where a stack trace begins in a Java log, every so many lines, and its length.
const TRACE: (u64, u64, u64) = (83, 61, 9);

/// The lines that belong together with line `number`: the first of them and how many; `None` for a line of its own.
pub fn block(style: LogStyle, number: u64) -> Option<(u64, u64)> {
    if style != LogStyle::Java {
        return None;
    }
    let within = number % TRACE.0;
    (TRACE.1..TRACE.1 + TRACE.2)
        .contains(&within)
        .then(|| (number - within + TRACE.1, TRACE.2))
}

/// What one line is made from.
struct Line<'a> {
    of: &'a Instance,
    number: u64,
    at: Timestamp,
    mix: u64,
}

/// Line `number`, written `at`. `last` is the number of lines there will be and the exit code, if the program ends by itself.
pub fn text(of: &Instance, number: u64, at: Timestamp, last: Option<(u64, i32)>) -> String {
    let mix = stable(&[&of.uid, &of.container, &number.to_string()]);
    let line = Line { of, number, at, mix };
    if let Some((count, code)) = last
        && number + 1 >= count
    {
        return line.farewell(code);
    }
    if let Some(says) = of
        .complaint(at)
        .filter(|_| line.one_in(2) && block(of.nature.log, number).is_none())
    {
        return line.complaint(says);
    }
    match of.nature.log {
        LogStyle::Json => line.json(),
        LogStyle::Logfmt => line.logfmt(),
        LogStyle::Klog => line.klog(),
        LogStyle::Access => line.access(),
        LogStyle::Java => line.java(),
        LogStyle::Postgres => line.postgres(),
        LogStyle::Redis => line.redis(),
        LogStyle::Plain => line.plain(),
    }
}

const PATHS: [(&str, &str); 10] = [
    ("GET", "/"),
    ("GET", "/products/1841"),
    ("GET", "/search?q=lamp"),
    ("POST", "/cart/items"),
    ("GET", "/healthz"),
    ("GET", "/static/app.4f1c.js"),
    ("POST", "/checkout"),
    ("GET", "/api/v1/orders"),
    ("GET", "/products?page=3"),
    ("PUT", "/cart/items/2"),
];
const STEPS: [&str; 6] = [
    "request served",
    "cache refreshed",
    "order accepted",
    "session renewed",
    "message published",
    "batch written",
];

impl Line<'_> {
    fn pick<'b, T>(&self, list: &'b [T], salt: u32) -> &'b T {
        let at = (self.mix >> salt) as usize % list.len().max(1);
        &list[at]
    }

    fn stamp(&self) -> String {
        let millis = self.at.0.rem_euclid(1_000_000_000) / 1_000_000;
        let whole = Timestamp::from_seconds(self.at.seconds()).rfc3339();
        format!("{}.{millis:03}Z", whole.trim_end_matches('Z'))
    }

    /// `2026-11-21 10:15:00` and the milliseconds.
    fn plain_stamp(&self) -> (String, i64) {
        let whole = Timestamp::from_seconds(self.at.seconds()).rfc3339();
        (
            whole.trim_end_matches('Z').replace('T', " "),
            self.at.0.rem_euclid(1_000_000_000) / 1_000_000,
        )
    }

    /// One in so many lines.
    fn one_in(&self, many: u64) -> bool {
        (self.mix >> 17).is_multiple_of(many)
    }

    fn millis(&self) -> u64 {
        let quick = 2 + (self.mix >> 9) % 60;
        if self.one_in(40) { quick * 31 } else { quick }
    }

    fn trace(&self) -> String {
        format!("{:016x}{:016x}", self.mix, self.mix.rotate_left(23) ^ 0x5bd1_e995)
    }

    fn json(&self) -> String {
        let stamp = self.stamp();
        let name = &self.of.container;
        if self.number < 6 {
            let steps = [
                "starting",
                "configuration loaded",
                "connecting to ledger.payments.svc.cluster.local:5432",
                "database connection pool ready",
                "listening on :8080",
                "ready",
            ];
            let step = steps.get(self.number as usize).unwrap_or(&"ready");
            return format!(
                r#"{{"ts":"{stamp}","level":"info","logger":"{name}","msg":"{step}","version":"{}"}}"#,
                crate::demo::image::tag(&self.of.image)
            );
        }
        let (method, path) = self.pick(&PATHS, 3);
        let trace = self.trace();
        let (millis, user) = (self.millis(), 1_000 + (self.mix >> 29) % 9_000);
        if self.one_in(70) {
            return format!(
                r#"{{"ts":"{stamp}","level":"error","logger":"{name}","msg":"upstream timeout after 5s","method":"{method}","path":"{path}","status":504,"error":"context deadline exceeded","user":{user},"trace_id":"{trace}"}}"#
            );
        }
        if self.one_in(23) {
            return format!(
                r#"{{"ts":"{stamp}","level":"warn","logger":"{name}","msg":"slow query","duration_ms":{},"table":"orders","rows":{user},"trace_id":"{trace}"}}"#,
                millis + 800
            );
        }
        let step = self.pick(&STEPS, 41);
        format!(
            r#"{{"ts":"{stamp}","level":"info","logger":"{name}","msg":"{step}","method":"{method}","path":"{path}","status":200,"duration_ms":{millis},"user":{user},"trace_id":"{trace}"}}"#
        )
    }

    /// An error that has the program in its grip.
    fn complaint(&self, says: &str) -> String {
        let (stamp, name) = (self.stamp(), &self.of.container);
        match self.of.nature.log {
            LogStyle::Json => {
                let says = says.replace('"', "\\\"");
                format!(r#"{{"ts":"{stamp}","level":"error","logger":"{name}","msg":"{says}"}}"#)
            }
            LogStyle::Logfmt => format!("ts={stamp} level=error msg={says:?}"),
            _ => {
                let (stamp, millis) = self.plain_stamp();
                format!("{stamp},{millis:03} ERROR {name}: {says}")
            }
        }
    }

    fn logfmt(&self) -> String {
        let stamp = self.stamp();
        if self.number < 6 {
            return format!(
                "ts={stamp} level=info caller=main.go:{} msg=\"startup\" step={}",
                40 + self.number * 13,
                self.number + 1
            );
        }
        let component = self.pick(&["http", "queue", "store", "sync", "cache"], 5);
        if self.one_in(61) {
            return format!(
                "ts={stamp} level=error component={component} msg=\"retry failed\" attempt={} err=\"dial tcp 10.0.35.14:5432: i/o timeout\"",
                1 + self.mix % 5
            );
        }
        if self.one_in(19) {
            return format!(
                "ts={stamp} level=warn component={component} msg=\"queue depth high\" depth={} limit=500",
                400 + self.mix % 300
            );
        }
        let step = self.pick(&STEPS, 37);
        format!(
            "ts={stamp} level=info component={component} msg=\"{step}\" duration={}ms id={:08x}",
            self.millis(),
            self.mix as u32
        )
    }

    fn klog(&self) -> String {
        let (stamp, _) = self.plain_stamp();
        let date: String = stamp
            .chars()
            .filter(char::is_ascii_digit)
            .skip(4)
            .take(4)
            .collect();
        let time = stamp.split(' ').nth(1).unwrap_or_default();
        let micros = self.at.0.rem_euclid(1_000_000_000) / 1_000;
        let file = self.pick(
            &[
                "reflector.go:436",
                "controller.go:215",
                "proxier.go:820",
                "server.go:189",
                "handler.go:153",
            ],
            7,
        );
        let (level, text) = if self.one_in(47) {
            (
                'W',
                format!(
                    "watch of *v1.EndpointSlice ended with: very short watch: Unexpected watch close - watch lasted less than a second and no items received {}",
                    self.number
                ),
            )
        } else if self.one_in(90) {
            (
                'E',
                format!(
                    "Failed to update lease: Put \"https://172.20.0.1:443/apis/coordination.k8s.io/v1/leases\": context deadline exceeded ({})",
                    self.number
                ),
            )
        } else {
            (
                'I',
                format!(
                    "\"Synced\" objects={} duration=\"{}ms\"",
                    20 + self.mix % 400,
                    self.millis()
                ),
            )
        };
        format!("{level}{date} {time}.{micros:06}       1 {file}] {text}")
    }

    fn access(&self) -> String {
        let (stamp, _) = self.plain_stamp();
        if self.number < 4 {
            let date = stamp.replace('-', "/");
            let step = [
                "using the \"epoll\" event method",
                "nginx/1.29.3",
                "built by gcc 14.2.0 (Debian 14.2.0-19)",
                "start worker processes",
            ];
            return format!(
                "{date} [notice] 1#1: {}",
                step.get(self.number as usize).unwrap_or(&"ready")
            );
        }
        let (method, path) = self.pick(&PATHS, 3);
        let agent = self.pick(
            &[
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36",
                "kube-probe/1.36",
                "curl/8.16.0",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X)",
            ],
            11,
        );
        let status = if self.one_in(120) {
            502
        } else if self.one_in(30) {
            404
        } else if self.one_in(25) {
            304
        } else {
            200
        };
        let (a, b) = ((self.mix >> 13) % 64, (self.mix >> 21) % 250);
        let date = jiff::Timestamp::from_second(self.at.seconds())
            .map(|at| at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string())
            .unwrap_or_default();
        let bytes = if status == 200 {
            180 + self.mix % 40_000
        } else {
            157
        };
        format!(
            "10.0.{a}.{b} - - [{date}] \"{method} {path} HTTP/1.1\" {status} {bytes} \"-\" \"{agent}\" rt={:.3}",
            self.millis() as f64 / 1000.0
        )
    }

    fn plain(&self) -> String {
        let (stamp, millis) = self.plain_stamp();
        let (level, text) = if self.one_in(41) {
            (
                "ERROR",
                format!(
                    "task {} failed: connection reset by peer, retrying",
                    self.mix % 900
                ),
            )
        } else if self.one_in(13) {
            (
                "WARN",
                format!("task {} took {}ms", self.mix % 900, 900 + self.mix % 4_000),
            )
        } else {
            (
                "INFO",
                format!("processed {} items in {}ms", 10 + self.mix % 190, self.millis()),
            )
        };
        format!("{stamp},{millis:03} {level} {}: {text}", self.of.container)
    }

    /// The last line of a program that ends by itself.
    fn farewell(&self, code: i32) -> String {
        let stamp = self.stamp();
        match (code, self.of.nature.log) {
            (0, LogStyle::Json) => format!(r#"{{"ts":"{stamp}","level":"info","msg":"done"}}"#),
            (0, LogStyle::Logfmt) => format!(
                "ts={stamp} level=info msg=\"done\" processed={}",
                self.number * 17
            ),
            (0, _) => format!(
                "{} INFO {}: done, {} items",
                self.plain_stamp().0,
                self.of.container,
                self.number * 17
            ),
            (_, LogStyle::Json) => {
                format!(r#"{{"ts":"{stamp}","level":"fatal","msg":"giving up","exit_code":{code}}}"#)
            }
            _ => format!(
                "{} FATAL {}: orders.csv line {}: unexpected end of file, giving up with code {code}",
                self.plain_stamp().0,
                self.of.container,
                8_000 + self.number
            ),
        }
    }
}
