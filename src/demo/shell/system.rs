//! Commands that say something about the machine: its name, processes, memory, disks, sockets.

use std::fmt::Write;

use super::session::{Done, Session};

/// Runs one of them; what is not known is not found.
pub fn run(session: &Session, name: &str, arguments: &[&str]) -> Done {
    let machine = &session.machine;
    let first = arguments.iter().find(|word| !word.starts_with('-')).copied();
    let (columns, rows) = session.console.size();
    let text = match name {
        "hostname" if arguments.contains(&"-i") => machine.ip.clone() + "\n",
        "hostname" => machine.host().to_owned() + "\n",
        "whoami" => "root\n".into(),
        "id" if arguments.contains(&"-u") => "0\n".into(),
        "id" => "uid=0(root) gid=0(root) groups=0(root)\n".into(),
        "uname" => system_name(session, arguments),
        "date" => date(session, arguments),
        "uptime" => uptime(session),
        "nproc" => format!("{}\n", machine.outside.cpus),
        "ps" | "top" => processes(session),
        "free" => free(session, arguments),
        "df" => disks(arguments),
        "mount" => String::from_utf8_lossy(
            machine
                .files
                .get("/proc/mounts")
                .map_or(&[][..], |content| content),
        )
        .into_owned(),
        "netstat" | "ss" => sockets(session),
        "du" => {
            let size = machine
                .files
                .values()
                .map(|file| file.len() / 1024 + 4)
                .sum::<usize>();
            format!("{size}\t{}\n", first.unwrap_or("."))
        }
        "tput" if first == Some("cols") => format!("{columns}\n"),
        "tput" => format!("{rows}\n"),
        "stty" => return terminal(session, arguments),
        other => return Done::failed(127, format!("sh: {other}: not found")),
    };
    Done::text(text)
}

fn system_name(session: &Session, arguments: &[&str]) -> String {
    let machine = &session.machine;
    let outside = &machine.outside;
    match arguments.first() {
        Some(&"-a") => format!(
            "Linux {} {} #1 SMP PREEMPT_DYNAMIC {} GNU/Linux\n",
            machine.host(),
            outside.kernel,
            outside.processor
        ),
        Some(&"-r") => format!("{}\n", outside.kernel),
        Some(&"-m") => format!("{}\n", outside.processor),
        Some(&"-n") => format!("{}\n", machine.host()),
        _ => "Linux\n".into(),
    }
}

fn date(session: &Session, arguments: &[&str]) -> String {
    let now = session.rhythm.now();
    let Ok(at) = jiff::Timestamp::from_second(now.seconds()) else {
        return String::new();
    };
    let wanted = arguments.iter().find_map(|word| word.strip_prefix('+'));
    let format = match wanted {
        None if arguments.iter().any(|word| word.starts_with("-I")) => "%Y-%m-%d",
        None => "%a %b %e %H:%M:%S UTC %Y",
        Some(own) => own,
    };
    let mut text = String::new();
    let done = jiff::fmt::strtime::BrokenDownTime::from(&at.to_zoned(jiff::tz::TimeZone::UTC))
        .format(format, &mut text);
    match done {
        Ok(()) => text + "\n",
        Err(_) => format!("{format}\n"),
    }
}

fn uptime(session: &Session) -> String {
    let up = session.rhythm.now().seconds() - session.machine.began.seconds();
    format!(
        " up {} days, {:02}:{:02},  0 users,  load average: 0.42, 0.37, 0.31\n",
        up / 86_400,
        up / 3_600 % 24,
        up / 60 % 60
    )
}

/// The processes of the container; those of the node, where it shares them.
fn processes(session: &Session) -> String {
    let machine = &session.machine;
    let mut text = String::from("PID   USER     TIME  COMMAND\n");
    let second = session.rhythm.now().seconds() % 60;
    if machine.outside.shared {
        for (process, command) in [
            (1, "/usr/lib/systemd/systemd --switched-root --system"),
            (1_832, "/usr/bin/containerd"),
            (
                1_877,
                "/usr/bin/kubelet --config /etc/kubernetes/kubelet/config.json",
            ),
        ] {
            let _ = writeln!(text, "{process:>5} root     7:{second:02} {command}");
        }
    } else {
        let _ = writeln!(text, "    1 root     0:{second:02} {}", machine.command);
    }
    text + "   47 root     0:00 sh\n   53 root     0:00 ps\n"
}

fn free(session: &Session, arguments: &[&str]) -> String {
    let machine = &session.machine;
    let used: u64 = machine
        .usage()
        .iter()
        .map(|(_, usage)| usage.memory_bytes >> 10)
        .sum();
    let total = if machine.limit > 0 {
        machine.limit >> 10
    } else {
        machine.outside.memory >> 10
    };
    let unit = |kilobytes: u64| match arguments.first() {
        Some(&"-m") => (kilobytes >> 10).to_string(),
        Some(&"-g") => (kilobytes >> 20).to_string(),
        Some(&"-h") if kilobytes >= 1 << 20 => format!("{:.1}G", kilobytes as f64 / 1_048_576.0),
        Some(&"-h") => format!("{:.1}M", kilobytes as f64 / 1_024.0),
        _ => kilobytes.to_string(),
    };
    let left = unit(total.saturating_sub(used));
    format!(
        "              total        used        free      shared  buff/cache   available\nMem:     {:>10}  {:>10}  {left:>10}           0           0  {left:>10}\nSwap:             0           0           0\n",
        unit(total),
        unit(used),
    )
}

fn disks(arguments: &[&str]) -> String {
    let human = arguments
        .iter()
        .any(|word| word.starts_with('-') && word.contains('h'));
    let rows: [(&str, u64, u64, &str); 4] = [
        ("overlay", 20_959_212, 6_391_044, "/"),
        ("tmpfs", 65_536, 0, "/dev"),
        ("/dev/nvme0n1p1", 20_959_212, 6_391_044, "/etc/hosts"),
        ("shm", 65_536, 0, "/dev/shm"),
    ];
    let size = |kilobytes: u64| match kilobytes {
        some if !human => some.to_string(),
        0 => "0".to_owned(),
        some if some >= 1 << 20 => format!("{:.1}G", some as f64 / 1_048_576.0),
        some => format!("{:.1}M", some as f64 / 1_024.0),
    };
    let head = if human { "Size" } else { "1K-blocks" };
    let mut text = format!("Filesystem           {head:>9}      Used Available Use% Mounted on\n");
    for (name, all, used, at) in rows {
        let _ = writeln!(
            text,
            "{name:<20} {:>9} {:>9} {:>9} {:>3}% {at}",
            size(all),
            size(used),
            size(all - used),
            used * 100 / all
        );
    }
    text
}

/// The ports that the program listens on.
fn sockets(session: &Session) -> String {
    let mut text = String::from(
        "Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State\n",
    );
    for port in session.machine.nature.ports {
        let _ = writeln!(
            text,
            "tcp        0      0 {:<23} 0.0.0.0:*               LISTEN",
            format!("0.0.0.0:{port}")
        );
    }
    text
}

fn terminal(session: &Session, arguments: &[&str]) -> Done {
    if !session.console.tty {
        return Done::failed(1, "stty: standard input: Inappropriate ioctl for device");
    }
    let (columns, rows) = session.console.size();
    Done::text(if arguments.first() == Some(&"size") {
        format!("{rows} {columns}\n")
    } else {
        format!("speed 38400 baud; rows {rows}; columns {columns}; line = 0;\n")
    })
}
