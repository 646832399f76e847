//! Commands that belong to the shell: printing, variables, conditions, where programs are.

use std::fmt::Write;

use super::session::{Done, Session};
use super::{files, system};

/// Runs a command; what is not known is not found.
pub fn run(session: &mut Session, name: &str, arguments: &[&str]) -> Done {
    let first = arguments.iter().find(|word| !word.starts_with('-')).copied();
    match name {
        "true" | ":" | "set" | "trap" | "umask" | "reset" | "sync" | "ulimit" | "wait" => Done::default(),
        "clear" => Done::text("\x1b[H\x1b[2J"),
        "false" => Done::code(1),
        "echo" => echo(arguments),
        "printf" => printf(arguments),
        "pwd" => Done::text(session.folder.clone() + "\n"),
        "cd" => change_folder(session, first.unwrap_or("/root")),
        "basename" => Done::text(
            first
                .unwrap_or_default()
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned()
                + "\n",
        ),
        "dirname" => Done::text(
            first
                .and_then(|path| path.rsplit_once('/'))
                .map_or(".", |(folder, _)| folder)
                .to_owned()
                + "\n",
        ),
        "env" | "printenv" | "export" => environment(session, name, arguments),
        "unset" => {
            session.machine.environment.remove(first.unwrap_or_default());
            Done::default()
        }
        "test" | "[" => {
            let words: Vec<&str> = arguments.iter().copied().filter(|word| *word != "]").collect();
            Done::code(i32::from(!check(session, &words)))
        }
        "which" | "command" | "type" => locate(session, first),
        "kill" => kill(first),
        name if files::TOOLS.contains(&name) => files::run(session, name, arguments),
        other => system::run(session, other, arguments),
    }
}

fn echo(arguments: &[&str]) -> Done {
    let (mut words, mut newline, mut escapes) = (arguments, "\n", false);
    while let [option @ ("-n" | "-e" | "-en" | "-ne" | "-E"), rest @ ..] = words {
        newline = if option.contains('n') { "" } else { newline };
        escapes |= option.contains('e');
        words = rest;
    }
    let text = words.join(" ");
    Done::text(if escapes { unescape(&text) } else { text } + newline)
}

/// `%s` and `%d` take one argument each; the format is used again while arguments are left.
fn printf(arguments: &[&str]) -> Done {
    let Some((format, values)) = arguments.split_first() else {
        return Done::failed(2, "printf: missing operand");
    };
    let (mut values, mut text) = (values.iter(), String::new());
    loop {
        let before = values.len();
        let mut parts = format.split('%');
        text.push_str(parts.next().unwrap_or_default());
        while let Some(part) = parts.next() {
            if part.is_empty() {
                text.push('%');
                text.push_str(parts.next().unwrap_or_default());
                continue;
            }
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.'));
            text.push_str(values.next().unwrap_or(&""));
            text.extend(rest.chars().skip(1));
        }
        if values.len() == 0 || values.len() == before {
            return Done::text(unescape(&text));
        }
    }
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

fn environment(session: &mut Session, name: &str, arguments: &[&str]) -> Done {
    let machine = &mut session.machine;
    if name == "export" {
        for (name, value) in arguments.iter().filter_map(|word| word.split_once('=')) {
            if !machine.set_variable(name, value.to_owned()) {
                return Done::failed(2, "sh: out of memory");
            }
        }
        return Done::default();
    }
    if name == "printenv" && !arguments.is_empty() {
        let values: Vec<&String> = arguments
            .iter()
            .filter_map(|wanted| machine.environment.get(*wanted))
            .collect();
        let text = values
            .iter()
            .fold(String::new(), |text, value| text + value + "\n");
        return Done {
            code: i32::from(values.len() < arguments.len()),
            ..Done::text(text)
        };
    }
    let mut text = String::new();
    for (name, value) in &machine.environment {
        let _ = writeln!(text, "{name}={value}");
    }
    Done::text(text)
}

/// `-o` binds more loosely than `-a`, and `!` turns one condition round.
fn check(session: &Session, words: &[&str]) -> bool {
    let mut any = words.split(|word| *word == "-o");
    let all = |words: &[&str]| {
        words
            .split(|word| *word == "-a")
            .all(|words| condition(session, words))
    };
    any.any(all)
}

fn condition(session: &Session, words: &[&str]) -> bool {
    let turns = words.iter().take_while(|word| **word == "!").count();
    let turns = turns.min(words.len().saturating_sub(1));
    let words = words.get(turns..).unwrap_or_default();
    single(session, words) == turns.is_multiple_of(2)
}

fn single(session: &Session, words: &[&str]) -> bool {
    let content = |path: &str| session.machine.files.get(&session.path(path));
    match words {
        ["-x", path] => session.machine.find(path).is_ok(),
        ["-f" | "-r" | "-w", path] => content(path).is_some(),
        ["-s", path] => content(path).is_some_and(|content| !content.is_empty()),
        ["-d", path] => session.machine.is_folder(&session.path(path)),
        ["-e", path] => {
            content(path).is_some()
                || session.machine.is_folder(&session.path(path))
                || session.machine.find(path).is_ok()
        }
        ["-z", text] => text.is_empty(),
        ["-n", text] | [text] => !text.is_empty(),
        ["-t", _] => session.console.tty,
        [one, "=" | "==", other] => one == other,
        [one, "!=", other] => one != other,
        [one, sign, other] => {
            let numbers = one.parse::<i64>().ok().zip(other.parse::<i64>().ok());
            numbers.is_some_and(|(one, other)| match *sign {
                "-eq" => one == other,
                "-ne" => one != other,
                "-lt" => one < other,
                "-le" => one <= other,
                "-gt" => one > other,
                "-ge" => one >= other,
                _ => false,
            })
        }
        _ => false,
    }
}

fn locate(session: &Session, name: Option<&str>) -> Done {
    match name.map(|name| session.machine.find(name)) {
        Some(Ok(path)) => Done::text(path + "\n"),
        _ => Done::code(1),
    }
}

fn kill(process: Option<&str>) -> Done {
    match process {
        Some("1") => Done::failed(1, "kill: process 1 of a pretend container does not take signals"),
        Some(other) => Done::failed(1, format!("kill: can't kill pid {other}: No such process")),
        None => Done::failed(1, "kill: you need to specify whom to kill"),
    }
}
