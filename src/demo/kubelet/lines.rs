//! The texts of log lines: what each kind of program would write as its line of this number at this time. Pure.

use super::log::Instance;
use crate::clock::Timestamp;
use crate::demo::world::ids::stable;
use crate::demo::world::image::LogStyle;

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
    match of.nature().log {
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
                crate::demo::world::image::tag(&self.of.image)
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

    fn java(&self) -> String {
        let (stamp, millis) = self.plain_stamp();
        let head = |level: &str, class: &str| {
            format!(
                "{stamp}.{millis:03} {level:>5} 1 --- [nio-8080-exec-{}] {class:<40} : ",
                1 + self.mix % 10
            )
        };
        if let Some((start, _)) = block(LogStyle::Java, self.number) {
            return stack(self.number - start, &head("ERROR", "c.e.s.web.ErrorHandler"));
        }
        if self.number < 6 {
            let steps = [
                "Starting Application using Java 25.0.1 with PID 1",
                "No active profile set, falling back to 1 default profile: \"default\"",
                "Tomcat initialized with port 8080 (http)",
                "Root WebApplicationContext: initialization completed in 912 ms",
                "HikariPool-1 - Start completed.",
                "Started Application in 2.104 seconds (process running for 2.6)",
            ];
            return head("INFO", "c.e.s.Application") + steps.get(self.number as usize).unwrap_or(&"ready");
        }
        let nature = self.of.nature();
        if nature.leak_mib > 0 && self.of.limit > 0 {
            let minutes = self.at.nanos_since(self.of.began) as f64 / 60e9;
            let used = f64::from(nature.memory_mib) + f64::from(nature.leak_mib) * minutes;
            let most = (self.of.limit >> 20) as f64;
            if used > most * 0.85 {
                return head("WARN", "c.e.s.MemoryMonitor")
                    + &format!(
                        "heap usage {used:.0}Mi of {most:.0}Mi after full GC, model cache holds {} entries",
                        20_000 + self.number * 37
                    );
            }
            if self.one_in(4) {
                return head("INFO", "c.e.s.ModelCache")
                    + &format!(
                        "cached scores for {} customers, heap {used:.0}Mi",
                        1_000 + self.number * 37
                    );
            }
        }
        if self.one_in(17) {
            return head("WARN", "c.e.s.PoolMonitor")
                + &format!(
                    "connection pool {} of 20 in use, {} waiting",
                    15 + self.mix % 6,
                    self.mix % 4
                );
        }
        let (method, path) = self.pick(&PATHS, 3);
        head("INFO", "c.e.s.web.RequestLog") + &format!("{method} {path} 200 {}ms", self.millis())
    }

    fn postgres(&self) -> String {
        let (stamp, millis) = self.plain_stamp();
        let process = 40 + self.mix % 60;
        let text = if self.number < 6 {
            [
                "starting PostgreSQL 17.6 on x86_64-pc-linux-gnu",
                "listening on IPv4 address \"0.0.0.0\", port 5432",
                "listening on IPv6 address \"::\", port 5432",
                "database system was shut down at start",
                "database system is ready to accept connections",
                "checkpoint starting: time",
            ]
            .get(self.number as usize)
            .map_or_else(String::new, |text| format!("LOG:  {text}"))
        } else if self.one_in(29) {
            format!(
                "ERROR:  duplicate key value violates unique constraint \"orders_pkey\" DETAIL: Key (id)=({}) already exists.",
                self.mix % 90_000
            )
        } else if self.one_in(9) {
            format!(
                "LOG:  duration: {}.{:03} ms  statement: SELECT * FROM orders WHERE customer_id = {} ORDER BY created_at DESC LIMIT 50",
                1_000 + self.mix % 4_000,
                self.mix % 999,
                self.mix % 9_000
            )
        } else {
            format!(
                "LOG:  checkpoint complete: wrote {} buffers ({:.1}%); 0 WAL file(s) added, 0 removed, 1 recycled",
                self.mix % 900,
                (self.mix % 90) as f64 / 10.0
            )
        };
        format!("{stamp}.{millis:03} UTC [{process}] {text}")
    }

    fn redis(&self) -> String {
        let date = jiff::Timestamp::from_second(self.at.seconds())
            .map(|at| at.strftime("%d %b %Y %H:%M:%S").to_string())
            .unwrap_or_default();
        let millis = self.at.0.rem_euclid(1_000_000_000) / 1_000_000;
        let text = match self.number {
            0 => "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo".into(),
            1 => "Redis version=8.2.3, bits=64, commit=00000000, modified=0, pid=1, just started".into(),
            2 => "Running mode=standalone, port=6379.".into(),
            3 => "Ready to accept connections tcp".into(),
            n if n % 4 == 0 => format!("{} changes in 60 seconds. Saving...", 100 + self.mix % 900),
            n if n % 4 == 1 => format!("Background saving started by pid {}", 100 + n),
            n if n % 4 == 2 => "DB saved on disk".into(),
            _ => "Background saving terminated with success".into(),
        };
        format!(
            "1:M {date}.{millis:03} {} {text}",
            if self.one_in(33) { '#' } else { '*' }
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
        match (code, self.of.nature().log) {
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

fn stack(index: u64, head: &str) -> String {
    match index {
        0 => format!("{head}Unhandled exception while serving POST /checkout"),
        1 => "com.example.shop.UpstreamException: ledger answered 503 Service Unavailable".into(),
        2 => "\tat com.example.shop.LedgerClient.charge(LedgerClient.java:118)".into(),
        3 => "\tat com.example.shop.CheckoutService.pay(CheckoutService.java:74)".into(),
        4 => "\tat com.example.shop.web.CheckoutController.post(CheckoutController.java:41)".into(),
        5 => "\tat java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor.java:104)".into(),
        6 => "Caused by: java.net.SocketTimeoutException: Read timed out".into(),
        7 => "\tat java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:278)".into(),
        _ => "\t... 37 common frames omitted".into(),
    }
}
