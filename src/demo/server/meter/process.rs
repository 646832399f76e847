//! What the kernel says of this process, under the names that Prometheus' clients use. Nothing where there is no `/proc`.

use super::text::{head, line};

/// The kernel's ticks a second in `/proc/self/stat` (`USER_HZ`).
const TICKS: f64 = 100.0;
/// Bytes of a page in the same file.
const PAGE: f64 = 4096.0;

/// Fields of `/proc/self/stat` from the state on, which is field 3 of proc(5).
fn fields(stat: &str) -> Vec<f64> {
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    rest.split_whitespace()
        .map(|field| field.parse().unwrap_or(0.0))
        .collect()
}

/// What the kernel says of this process; nothing where there is no `/proc`.
pub(super) fn write(out: &mut String) {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{name}")).unwrap_or_default();
    let fields = fields(&read("self/stat"));
    let field = |number: usize| fields.get(number - 3).copied();
    let mut tell = |name: &str, help: &str, value: Option<f64>| {
        let kind = if name.ends_with("_total") {
            "counter"
        } else {
            "gauge"
        };
        if let Some(value) = value {
            head(out, name, kind, help);
            line(out, name, &[], value);
        }
    };
    let cpu = field(14)
        .zip(field(15))
        .map(|(user, system)| (user + system) / TICKS);
    tell(
        "process_cpu_seconds_total",
        "Total user and system CPU time spent in seconds.",
        cpu,
    );
    let limits = read("self/limits");
    let most = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let most = most.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    tell(
        "process_max_fds",
        "Maximum number of open file descriptors.",
        most,
    );
    let open = std::fs::read_dir("/proc/self/fd")
        .ok()
        .map(|all| all.count() as f64);
    tell("process_open_fds", "Number of open file descriptors.", open);
    let resident = field(24).map(|pages| pages * PAGE);
    tell(
        "process_resident_memory_bytes",
        "Resident memory size in bytes.",
        resident,
    );
    let booted = read("stat")
        .lines()
        .find_map(|line| line.strip_prefix("btime ")?.trim().parse::<f64>().ok());
    let start = booted
        .zip(field(22))
        .map(|(booted, ticks)| booted + ticks / TICKS);
    tell(
        "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        start,
    );
    tell(
        "process_virtual_memory_bytes",
        "Virtual memory size in bytes.",
        field(23),
    );
}
