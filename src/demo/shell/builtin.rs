//! Commands that only look at or change the pretend machine.

use std::fmt::Write;

use super::session::{Done, Session};
use crate::demo::world::node::KUBELET;

/// Programs that can be started by name where there is a shell.
pub const PROGRAMS: [&str; 48] = [
    "ls", "cat", "env", "printenv", "ps", "top", "df", "du", "free", "hostname", "date", "echo", "printf",
    "sleep", "whoami", "id", "uname", "uptime", "pwd", "true", "false", "wc", "head", "tail", "grep", "sort",
    "uniq", "cut", "tr", "stty", "tput", "clear", "curl", "wget", "ping", "nslookup", "dig", "getent", "nc",
    "less", "touch", "rm", "mkdir", "test", "which", "kill", "base64", "tar",
];

/// Runs a command; what is not known is not found.
pub fn run(session: &mut Session, name: &str, arguments: &[&str]) -> Done {
    let first = arguments.iter().find(|word| !word.starts_with('-')).copied();
    match name.rsplit('/').next().unwrap_or(name) {
        "true" | ":" | "set" | "trap" | "umask" | "reset" => Done::default(),
        "clear" => Done::text("\x1b[H\x1b[2J"),
        "false" => Done {
            code: 1,
            ..Done::default()
        },
        "echo" => echo(arguments),
        "printf" => Done::text(arguments.first().map_or_else(String::new, |text| unescape(text))),
        "pwd" => Done::text(session.folder.clone() + "\n"),
        "cd" => change_folder(session, first.unwrap_or("/root")),
        "ls" => list(session, arguments),
        "env" | "printenv" | "export" => environment(session, name, arguments),
        "unset" => {
            session.machine.environment.remove(first.unwrap_or_default());
            Done::default()
        }
        "stty" => terminal_size(session, arguments),
        "touch" | "mkdir" => make(session, name, first),
        "rm" => remove(session, arguments),
        "test" | "[" => check(session, arguments),
        "which" | "command" | "type" => locate(session, first),
        "kill" => kill(first),
        other => facts(session, other, (arguments, first)),
    }
}

/// Commands that say one thing about the machine.
fn facts(session: &Session, name: &str, (arguments, first): (&[&str], Option<&str>)) -> Done {
    let machine = &session.machine;
    let (columns, rows) = session.console.size();
    Done::text(match name {
        "hostname" if arguments.contains(&"-i") => machine.ip.clone() + "\n",
        "hostname" => machine.pod.clone() + "\n",
        "whoami" => "root\n".into(),
        "id" => "uid=0(root) gid=0(root) groups=0(root)\n".into(),
        "uname" if arguments.contains(&"-a") => format!(
            "Linux {} 6.12.46-66.121.amzn2023 #1 SMP {KUBELET} GNU/Linux\n",
            machine.pod
        ),
        "uname" => "Linux\n".into(),
        "date" => date(session, arguments),
        "uptime" => uptime(session),
        "ps" | "top" => processes(session),
        "free" => free(session),
        "df" => disks(),
        "du" => format!(
            "{}\t{}\n",
            machine
                .files
                .values()
                .map(|file| file.len() / 1024 + 4)
                .sum::<usize>(),
            first.unwrap_or(".")
        ),
        "tput" if first == Some("cols") => format!("{columns}\n"),
        "tput" => format!("{rows}\n"),
        other => return Done::failed(127, format!("sh: {other}: not found")),
    })
}

fn echo(arguments: &[&str]) -> Done {
    let (words, newline, escapes) = match arguments.split_first() {
        Some((&"-n", rest)) => (rest, "", false),
        Some((&"-e", rest)) => (rest, "\n", true),
        _ => (arguments, "\n", false),
    };
    let text = words.join(" ");
    Done::text(if escapes { unescape(&text) } else { text } + newline)
}

fn unescape(text: &str) -> String {
    text.replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace("\\e", "\x1b")
        .replace("\\033", "\x1b")
        .replace("\\r", "\r")
}

fn change_folder(session: &mut Session, to: &str) -> Done {
    let path = session.path(to);
    if !session.machine.is_folder(&path) {
        return Done::failed(1, format!("cd: can't cd to {to}: No such file or directory"));
    }
    session.folder = path;
    Done::default()
}

fn list(session: &Session, arguments: &[&str]) -> Done {
    let long = arguments
        .iter()
        .any(|word| word.starts_with('-') && word.contains('l'));
    let mut paths: Vec<&str> = arguments
        .iter()
        .filter(|word| !word.starts_with('-'))
        .copied()
        .collect();
    if paths.is_empty() {
        paths.push(".");
    }
    let mut done = Done::default();
    for name in paths {
        let path = session.path(name);
        let entries = match session.machine.files.get(&path) {
            Some(_) => vec![(name.to_owned(), false)],
            None if session.machine.is_folder(&path) => session.machine.entries(&path),
            None => {
                done.err
                    .extend(format!("ls: {name}: No such file or directory\n").into_bytes());
                done.code = 1;
                continue;
            }
        };
        for (entry, folder) in entries {
            let size = session
                .machine
                .files
                .get(&format!("{}/{entry}", path.trim_end_matches('/')))
                .map_or(4096, Vec::len);
            let kind = if folder {
                "drwxr-xr-x    2"
            } else {
                "-rw-r--r--    1"
            };
            let line = if long {
                format!("{kind} root     root     {size:>9} Nov 21 08:00 {entry}\n")
            } else {
                format!("{entry}\n")
            };
            done.out.extend(line.into_bytes());
        }
    }
    done
}

fn environment(session: &mut Session, name: &str, arguments: &[&str]) -> Done {
    if name == "export" {
        for (name, value) in arguments.iter().filter_map(|word| word.split_once('=')) {
            session
                .machine
                .environment
                .insert(name.to_owned(), value.to_owned());
        }
        return Done::default();
    }
    if let (Some(wanted), "printenv") = (arguments.first(), name) {
        return session.machine.environment.get(*wanted).map_or_else(
            || Done {
                code: 1,
                ..Done::default()
            },
            |value| Done::text(value.clone() + "\n"),
        );
    }
    let mut text = String::new();
    for (name, value) in &session.machine.environment {
        let _ = writeln!(text, "{name}={value}");
    }
    Done::text(text)
}

fn date(session: &Session, arguments: &[&str]) -> String {
    let now = session.machine.now();
    if arguments.contains(&"+%s") {
        return format!("{}\n", now.seconds());
    }
    let date = jiff::Timestamp::from_second(now.seconds())
        .map(|at| at.strftime("%a %b %e %H:%M:%S UTC %Y").to_string());
    date.unwrap_or_default() + "\n"
}

fn uptime(session: &Session) -> String {
    let up = session.machine.now().seconds() - session.machine.began.seconds();
    format!(
        " up {} days, {:02}:{:02},  0 users,  load average: 0.42, 0.37, 0.31\n",
        up / 86_400,
        up / 3_600 % 24,
        up / 60 % 60
    )
}

/// The processes of the container.
pub fn processes(session: &Session) -> String {
    let command = &session.machine.command;
    format!(
        "PID   USER     TIME  COMMAND\n    1 root      0:{:02} {command}\n   47 root      0:00 sh\n   53 root      0:00 ps\n",
        session.machine.now().seconds() % 60
    )
}

fn free(session: &Session) -> String {
    let used: u64 = session
        .machine
        .usage()
        .iter()
        .map(|(_, usage)| usage.memory_bytes >> 10)
        .sum();
    let total = if session.machine.limit > 0 {
        session.machine.limit >> 10
    } else {
        7_910_512
    };
    format!(
        "              total        used        free      shared  buff/cache   available\nMem:     {total:>10}  {used:>10}  {:>10}           0           0  {0:>10}\nSwap:             0           0           0\n",
        total.saturating_sub(used)
    )
}

fn disks() -> String {
    "Filesystem           1K-blocks      Used Available Use% Mounted on\noverlay               20959212   6391044  14568168  30% /\ntmpfs                    65536         0     65536   0% /dev\n/dev/nvme0n1p1        20959212   6391044  14568168  30% /etc/hosts\nshm                      65536         0     65536   0% /dev/shm\n".into()
}

fn terminal_size(session: &Session, arguments: &[&str]) -> Done {
    if !session.console.tty {
        return Done::failed(1, "stty: standard input: Inappropriate ioctl for device");
    }
    let (columns, rows) = session.console.size();
    if arguments.first() == Some(&"size") {
        Done::text(format!("{rows} {columns}\n"))
    } else {
        Done::text(format!(
            "speed 38400 baud; rows {rows}; columns {columns}; line = 0;\n"
        ))
    }
}

fn make(session: &mut Session, name: &str, path: Option<&str>) -> Done {
    let Some(path) = path else {
        return Done::failed(1, format!("{name}: missing operand"));
    };
    let full = session.path(path);
    let file = if name == "mkdir" {
        format!("{full}/.keep")
    } else {
        full
    };
    let there = session.machine.files.contains_key(&file);
    if !there && !session.machine.write(file, Vec::new()) {
        return Done::failed(1, format!("{name}: {path}: No space left on device"));
    }
    Done::default()
}

fn remove(session: &mut Session, arguments: &[&str]) -> Done {
    let forced = arguments
        .iter()
        .any(|word| word.starts_with('-') && word.contains('f'));
    let mut done = Done::default();
    for name in arguments.iter().filter(|word| !word.starts_with('-')) {
        let path = session.path(name);
        if !session.machine.remove(&path) && !forced {
            done = Done::failed(1, format!("rm: can't remove '{name}': No such file or directory"));
        }
    }
    done
}

fn check(session: &Session, arguments: &[&str]) -> Done {
    let words: Vec<&str> = arguments.iter().copied().filter(|word| *word != "]").collect();
    let file = |path: &str| session.machine.files.contains_key(&session.path(path));
    let yes = match words.as_slice() {
        ["-x", path] => session.machine.find(path).is_ok(),
        ["-f" | "-r" | "-s", path] => file(path),
        ["-d", path] => session.machine.is_folder(&session.path(path)),
        ["-e", path] => {
            file(path) || session.machine.is_folder(&session.path(path)) || session.machine.find(path).is_ok()
        }
        ["-z", text] => text.is_empty(),
        ["-n", text] | [text] => !text.is_empty(),
        ["-t", _] => session.console.tty,
        [one, "=" | "==", two] => one == two,
        [one, "!=", two] => one != two,
        _ => false,
    };
    Done {
        code: i32::from(!yes),
        ..Done::default()
    }
}

fn locate(session: &Session, name: Option<&str>) -> Done {
    match name.map(|name| session.machine.find(name)) {
        Some(Ok(path)) => Done::text(path + "\n"),
        _ => Done {
            code: 1,
            ..Done::default()
        },
    }
}

fn kill(process: Option<&str>) -> Done {
    match process {
        Some("1") => Done::failed(1, "kill: process 1 of a pretend container does not take signals"),
        Some(other) => Done::failed(1, format!("kill: can't kill pid {other}: No such process")),
        None => Done::failed(1, "kill: you need to specify whom to kill"),
    }
}
