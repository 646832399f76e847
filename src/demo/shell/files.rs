//! Commands about files: they see what lies in the container and what was written there.

use super::glob;
use super::session::{Done, Session};

/// The commands of this file.
pub const TOOLS: [&str; 8] = ["ls", "find", "touch", "mkdir", "rmdir", "rm", "cp", "mv"];

/// Runs one of them.
pub fn run(session: &mut Session, name: &str, arguments: &[&str]) -> Done {
    let words = || arguments.iter().copied().filter(|word| !word.starts_with('-'));
    match name {
        "ls" => list(session, arguments),
        "find" => find(session, arguments),
        "touch" | "mkdir" => {
            let mut done = match words().next() {
                Some(_) => Done::default(),
                None => Done::failed(1, format!("{name}: missing operand")),
            };
            for path in words() {
                let one = make(session, name, path);
                done.err.extend(one.err);
                done.code = done.code.max(one.code);
            }
            done
        }
        "cp" | "mv" => match words().collect::<Vec<_>>().as_slice() {
            [from, to] => copy(session, name, from, to),
            _ => Done::failed(1, format!("{name}: wants a file and where to")),
        },
        _ => remove(session, name, arguments),
    }
}

fn list(session: &Session, arguments: &[&str]) -> Done {
    let has = |letter: char| {
        arguments
            .iter()
            .any(|word| word.starts_with('-') && word.contains(letter))
    };
    let mut paths: Vec<&str> = arguments
        .iter()
        .filter(|word| !word.starts_with('-'))
        .copied()
        .collect();
    if paths.is_empty() {
        paths.push(".");
    }
    let several = paths.len() > 1;
    let mut done = Done::default();
    for (at, name) in paths.iter().enumerate() {
        let path = session.path(name);
        let file = session.machine.files.get(&path);
        let entries = match file {
            Some(_) => vec![((*name).to_owned(), false)],
            None if session.machine.is_folder(&path) && has('d') => vec![((*name).to_owned(), true)],
            None if session.machine.is_folder(&path) => session.machine.entries(&path),
            None => {
                let missing = format!("ls: {name}: No such file or directory\n");
                done.err.extend(missing.into_bytes());
                done.code = 1;
                continue;
            }
        };
        if several && file.is_none() && !has('d') {
            let gap = if at == 0 { "" } else { "\n" };
            done.out.extend(format!("{gap}{name}:\n").into_bytes());
        }
        for (entry, folder) in entries {
            if entry.starts_with('.') && !has('a') && !has('A') && file.is_none() {
                continue;
            }
            let full = if file.is_some() {
                path.clone()
            } else {
                format!("{}/{entry}", path.trim_end_matches('/'))
            };
            let line = if has('l') {
                long(session, (&entry, &full), folder)
            } else {
                entry + "\n"
            };
            done.out.extend(line.into_bytes());
        }
    }
    done
}

fn long(session: &Session, (entry, full): (&str, &str), folder: bool) -> String {
    let size = session.machine.files.get(full).map_or(4096, bytes::Bytes::len);
    let kind = if folder {
        "drwxr-xr-x    2"
    } else {
        "-rw-r--r--    1"
    };
    let began = jiff::Timestamp::from_second(session.machine.began.seconds());
    let when = began.map_or_else(|_| String::new(), |at| at.strftime("%b %e %H:%M").to_string());
    format!("{kind} root     root     {size:>9} {when} {entry}\n")
}

/// `find PATH … -name PATTERN -type f|d`.
fn find(session: &Session, arguments: &[&str]) -> Done {
    let at = arguments
        .iter()
        .position(|word| word.starts_with('-'))
        .unwrap_or(arguments.len());
    let (paths, tests) = arguments.split_at(at);
    let after = |wanted: &str| {
        let at = tests.iter().position(|word| *word == wanted)?;
        tests.get(at + 1).copied()
    };
    let (name, kind) = (after("-name"), after("-type"));
    let mut done = Done::default();
    for path in if paths.is_empty() { &["."][..] } else { paths } {
        let top = session.path(path);
        let below = format!("{}/", top.trim_end_matches('/'));
        if !session.machine.is_folder(&top) && !session.machine.files.contains_key(&top) {
            done.err
                .extend(format!("find: {path}: No such file or directory\n").into_bytes());
            done.code = 1;
        }
        for (full, folder) in session.machine.everything() {
            let shown = match full.strip_prefix(&below) {
                Some(rest) => format!("{}/{rest}", path.trim_end_matches('/')),
                None if full == top => (*path).to_owned(),
                None => continue,
            };
            let last = full.rsplit('/').next().unwrap_or(&full);
            let fits = name.is_none_or(|name| glob::fits(name, last))
                && kind.is_none_or(|kind| (kind == "d") == folder);
            if fits {
                done.out.extend((shown + "\n").into_bytes());
            }
        }
    }
    done
}

fn make(session: &mut Session, name: &str, path: &str) -> Done {
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

fn copy(session: &mut Session, name: &str, from: &str, to: &str) -> Done {
    let (source, mut target) = (session.path(from), session.path(to));
    let Some(content) = session.machine.files.get(&source).cloned() else {
        return Done::failed(
            1,
            format!("{name}: can't stat '{from}': No such file or directory"),
        );
    };
    if session.machine.is_folder(&target) {
        target = format!(
            "{}/{}",
            target.trim_end_matches('/'),
            source.rsplit('/').next().unwrap_or_default()
        );
    }
    if !session.machine.write(target, content) {
        return Done::failed(1, format!("{name}: {to}: No space left on device"));
    }
    if name == "mv" {
        session.machine.remove(&source);
    }
    Done::default()
}

fn remove(session: &mut Session, name: &str, arguments: &[&str]) -> Done {
    let has = |letters: [char; 2]| {
        arguments
            .iter()
            .any(|word| word.starts_with('-') && word.contains(letters))
    };
    let mut done = Done::default();
    for path in arguments.iter().filter(|word| !word.starts_with('-')) {
        let full = session.path(path);
        let mut gone = session.machine.remove(&full);
        if !gone && session.machine.is_folder(&full) {
            let below = format!("{}/", full.trim_end_matches('/'));
            let inside: Vec<String> = session
                .machine
                .files
                .keys()
                .filter(|file| file.starts_with(&below))
                .cloned()
                .collect();
            if name == "rm" && !has(['r', 'R']) {
                done = Done::failed(1, format!("rm: '{path}' is a directory"));
                continue;
            }
            if name == "rmdir" && inside.iter().any(|file| !file.ends_with("/.keep")) {
                done = Done::failed(1, format!("rmdir: '{path}': Directory not empty"));
                continue;
            }
            for file in inside {
                session.machine.remove(&file);
            }
            gone = true;
        }
        if !gone && !has(['f', 'f']) {
            done = Done::failed(
                1,
                format!("{name}: can't remove '{path}': No such file or directory"),
            );
        }
    }
    done
}
