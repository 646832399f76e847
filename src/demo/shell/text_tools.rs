//! Commands that turn text into text.

mod fields;

use super::session::{Done, Session};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The commands of this file.
pub const TOOLS: [&str; 14] = [
    "cat", "wc", "head", "tail", "grep", "sort", "uniq", "cut", "tr", "base64", "tee", "seq", "sed", "awk",
];

/// Whether no file is named, so that the input is read.
pub fn reads_input(tool: &str, arguments: &[&str]) -> bool {
    let words = arguments.iter().filter(|word| !word.starts_with('-')).count();
    let own = match tool {
        "seq" => return false,
        "cut" | "sed" | "awk" => return fields::files(tool, arguments).is_empty(),
        "grep" => 1,
        "head" | "tail" => usize::from(arguments.contains(&"-n")),
        "tr" | "tee" => usize::MAX,
        _ => 0,
    };
    words <= own
}

/// Runs a tool over `data`, or over the files it names.
pub fn run(session: &mut Session, tool: &str, arguments: &[&str], data: Option<Vec<u8>>) -> Done {
    let (options, mut words): (Vec<&str>, Vec<&str>) = arguments
        .iter()
        .partition(|word| word.starts_with('-') && word.len() > 1);
    let pattern = if tool == "grep" && !words.is_empty() {
        words.remove(0)
    } else {
        ""
    };
    let count = number(tool, &options, &mut words);
    let mut all = Vec::new();
    let mut done = Done::default();
    let files: Vec<&str> = if matches!(tool, "cut" | "sed" | "awk") {
        fields::files(tool, arguments)
    } else if data.is_none() && !matches!(tool, "tr" | "tee" | "seq") {
        words.clone()
    } else {
        Vec::new()
    };
    for name in &files {
        let path = session.path(name);
        if let Some(content) = session.machine.files.get(&path) {
            all.extend_from_slice(content);
        } else if path != "/dev/null" {
            done.err
                .extend(format!("{tool}: can't open '{name}': No such file or directory\n").into_bytes());
            done.code = 1;
        }
    }
    all.extend(data.unwrap_or_default());
    if done.code != 0 && all.is_empty() {
        return done;
    }
    if matches!(tool, "cat" | "tee") {
        if let (Some(name), "tee") = (words.first(), tool) {
            let path = session.path(name);
            session.machine.write(path, all.clone());
        }
        done.out = all;
        return done;
    }
    let text = String::from_utf8_lossy(&all).into_owned();
    if matches!(tool, "cut" | "sed" | "awk" | "seq") {
        return match fields::run(tool, arguments, &text) {
            Ok(out) => Done {
                out: out.into_bytes(),
                ..done
            },
            Err(why) => Done::failed(1, why),
        };
    }
    let (out, code) = change(tool, (&options, &words), (pattern, count), &text);
    Done {
        out: out.into_bytes(),
        code: code.max(done.code),
        err: done.err,
    }
}

/// The number of lines that head and tail want.
fn number(tool: &str, options: &[&str], words: &mut Vec<&str>) -> usize {
    if !matches!(tool, "head" | "tail") {
        return 10;
    }
    for option in options {
        if let Ok(number) = option.trim_start_matches(['-', 'n']).parse() {
            return number;
        }
    }
    if options.contains(&"-n") && !words.is_empty() {
        return words.remove(0).parse().unwrap_or(10);
    }
    10
}

fn change(
    tool: &str,
    (options, words): (&[&str], &[&str]),
    (pattern, count): (&str, usize),
    text: &str,
) -> (String, i32) {
    let lines: Vec<&str> = text.lines().collect();
    let join = |lines: Vec<&str>| with_newlines(&lines);
    match tool {
        "wc" => (counts(options, text), 0),
        "head" => (join(lines.into_iter().take(count).collect()), 0),
        "tail" => {
            let skip = lines.len().saturating_sub(count);
            (join(lines.into_iter().skip(skip).collect()), 0)
        }
        "grep" => grep(options, pattern, &lines),
        "sort" => {
            let has = |letter: char| options.iter().any(|option| option.contains(letter));
            let mut lines = lines;
            lines.sort_unstable();
            if has('n') {
                let number = |line: &str| {
                    line.trim()
                        .split(' ')
                        .next()
                        .and_then(|word| word.parse::<f64>().ok())
                };
                lines.sort_by(|one, other| {
                    number(one)
                        .unwrap_or(0.0)
                        .total_cmp(&number(other).unwrap_or(0.0))
                });
            }
            if has('r') {
                lines.reverse();
            }
            if has('u') {
                lines.dedup();
            }
            (join(lines), 0)
        }
        "uniq" => {
            let counted: Vec<String> = lines
                .chunk_by(|one, other| one == other)
                .map(|same| match options.first() {
                    Some(&"-c") => format!("{:>7} {}", same.len(), same[0]),
                    _ => same[0].to_owned(),
                })
                .collect();
            (join(counted.iter().map(String::as_str).collect()), 0)
        }
        "tr" => (translate(words, text), 0),
        "base64" if options.contains(&"-d") => {
            let clean: String = text.split_whitespace().collect();
            STANDARD.decode(clean).map_or_else(
                |_| ("base64: invalid input\n".into(), 1),
                |bytes| (String::from_utf8_lossy(&bytes).into_owned(), 0),
            )
        }
        "base64" => (STANDARD.encode(text) + "\n", 0),
        _ => (text.to_owned(), 0),
    }
}

fn counts(options: &[&str], text: &str) -> String {
    let (lines, words, bytes) = (
        text.matches('\n').count(),
        text.split_whitespace().count(),
        text.len(),
    );
    match options.first() {
        Some(&"-l") => format!("{lines}\n"),
        Some(&"-w") => format!("{words}\n"),
        Some(&"-c") => format!("{bytes}\n"),
        _ => format!("{lines:>7} {words:>7} {bytes:>7}\n"),
    }
}

fn grep(options: &[&str], pattern: &str, lines: &[&str]) -> (String, i32) {
    let has = |letter: char| options.iter().any(|option| option.contains(letter));
    let full = if has('i') {
        format!("(?i){pattern}")
    } else {
        pattern.to_owned()
    };
    let Ok(regex) = regex::Regex::new(&full) else {
        return (format!("grep: bad regex '{pattern}'\n"), 2);
    };
    let found: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| regex.is_match(line) != has('v'))
        .collect();
    let code = i32::from(found.is_empty());
    if has('q') {
        return (String::new(), code);
    }
    if has('c') {
        return (format!("{}\n", found.len()), code);
    }
    (with_newlines(&found), code)
}

fn translate(words: &[&str], text: &str) -> String {
    match words {
        ["a-z", "A-Z"] | ["[:lower:]", "[:upper:]"] => text.to_uppercase(),
        ["A-Z", "a-z"] | ["[:upper:]", "[:lower:]"] => text.to_lowercase(),
        [from, to] => {
            let (from, to) = (
                from.replace("\\n", "\n").replace("\\0", "\0"),
                to.replace("\\n", "\n"),
            );
            text.replace(from.as_str(), &to)
        }
        _ => text.to_owned(),
    }
}

fn with_newlines(lines: &[&str]) -> String {
    let mut text = lines.join("\n");
    if !lines.is_empty() {
        text.push('\n');
    }
    text
}
