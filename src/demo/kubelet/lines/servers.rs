//! The texts of Java applications, `PostgreSQL` and Redis.

use super::{Line, PATHS, block};
use crate::demo::image::LogStyle;

impl Line<'_> {
    pub(super) fn java(&self) -> String {
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
        let nature = self.of.nature;
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

    pub(super) fn postgres(&self) -> String {
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

    pub(super) fn redis(&self) -> String {
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
