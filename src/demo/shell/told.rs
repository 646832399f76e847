//! Which main processes the shell can run: those whose every command it knows. What it does not know stays a pretend program.

use super::parse::{List, Piece, Stage, What, Word, parse};
use super::programs::{PROGRAMS, is_shell};
use crate::demo::image::{Shells, nature, repository};

/// Words of the shell itself that are no programs.
const OWN: [&str; 21] = [
    "cd", "export", "unset", "exit", "return", "break", "continue", "shift", "read", "set", "trap", "umask",
    "ulimit", "wait", "command", "exec", "type", ":", "eval", "local", "time",
];

/// The command line that a container of `image` runs, if the shell can run it: `command` is what the pod says, empty for the image's own.
pub fn main_command(image: &str, command: &[String]) -> Option<Vec<String>> {
    let name = repository(image).rsplit('/').next().unwrap_or_default();
    let words: Vec<String> = match command {
        [] => vec![default_command(name)?.to_owned()],
        // Images of curl have it as their entrypoint.
        [first, ..] if name == "curl" && (first.starts_with('-') || first.contains("//")) => {
            let mut words = vec!["curl".to_owned()];
            words.extend(command.iter().cloned());
            words
        }
        command => command.to_vec(),
    };
    let shells = nature(image).shells;
    if shells == Shells::None {
        return None;
    }
    knows(&words, shells).then_some(words)
}

/// What images for general use start by themselves: a shell.
fn default_command(name: &str) -> Option<&'static str> {
    match name {
        "busybox" | "alpine" => Some("sh"),
        "debian" | "ubuntu" | "bash" | "fedora" | "amazonlinux" => Some("bash"),
        _ => None,
    }
}

/// Whether every command of a command line is known.
fn knows(words: &[String], shells: Shells) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    match is_shell(first, shells) {
        Some(true) => {
            let mut rest = rest.iter();
            let script = rest.position(|word| word.starts_with('-') && word.ends_with('c'));
            match script.and_then(|_| rest.next()) {
                Some(script) => parse(script).is_ok_and(|list| knows_list(&list, shells)),
                // A file of the image, or nothing: then it reads its input.
                None => words.len() == 1,
            }
        }
        Some(false) => false,
        None => PROGRAMS.contains(&first.rsplit('/').next().unwrap_or(first)),
    }
}

fn knows_list(list: &List, shells: Shells) -> bool {
    list.iter()
        .flat_map(|(_, pipe)| &pipe.stages)
        .all(|stage| knows_stage(stage, shells))
}

fn knows_stage(stage: &Stage, shells: Shells) -> bool {
    let all = |lists: &[&List]| lists.iter().all(|list| knows_list(list, shells));
    match &stage.what {
        What::Simple { words, .. } => match words.as_slice() {
            [] => true,
            words => knows_simple(words, shells),
        },
        What::Group(list) | What::Subshell(list) => all(&[list]),
        What::For { body, .. } => all(&[body]),
        What::While { condition, body, .. } => all(&[condition, body]),
        What::If { arms, otherwise } => {
            all(&[otherwise]) && arms.iter().all(|(condition, then)| all(&[condition, then]))
        }
        What::Case { arms, .. } => arms.iter().all(|(_, then)| all(&[then])),
    }
}

fn knows_simple(words: &[Word], shells: Shells) -> bool {
    let texts: Vec<Option<String>> = words.iter().map(literal).collect();
    let mut texts = texts.iter().skip_while(|text| {
        text.as_deref()
            .is_some_and(|text| matches!(text, "exec" | "command" | "time" | "nohup"))
    });
    match texts.next() {
        Some(Some(name)) if OWN.contains(&name.as_str()) => true,
        Some(Some(name)) if is_shell(name, shells).is_some() => {
            let rest: Vec<String> = texts.map_while(Clone::clone).collect();
            let words: Vec<String> = std::iter::once(name.clone()).chain(rest).collect();
            knows(&words, shells)
        }
        Some(Some(name)) => PROGRAMS.contains(&name.rsplit('/').next().unwrap_or(name)),
        // Found out only when it runs.
        Some(None) => false,
        None => true,
    }
}

/// The text of a word in which nothing is put.
fn literal(word: &Word) -> Option<String> {
    let text = |piece: &Piece| match piece {
        Piece::Text { text, .. } => Some(text.clone()),
        _ => None,
    };
    word.0.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(image: &str, command: &[&str]) -> Option<Vec<String>> {
        let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        main_command(image, &command)
    }

    #[test]
    fn what_the_shell_knows_it_runs() {
        for command in [
            &["sleep", "3600"][..],
            &["sh", "-c", "while true; do date; sleep 5; done"],
            &[
                "/bin/sh",
                "-c",
                "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600",
            ],
            &["sh"],
            &["wget", "-qO-", "http://web"],
            &["sh", "-ec", "exec sleep 10"],
        ] {
            assert_eq!(told("busybox:1.37", command).unwrap(), command);
        }
        for command in [
            &["sh", "-c", "/app/migrate && sleep 5"][..],
            &["perl", "-e", "1"],
            &["sh", "/run.sh"],
        ] {
            assert_eq!(told("busybox", command), None);
        }
        assert_eq!(told("busybox", &[]).unwrap(), ["sh"]);
        assert_eq!(told("nginx", &[]), None);
        assert_eq!(told("busybox", &["bash", "-c", "date"]), None, "no bash there");
        assert_eq!(
            told("docker.io/curlimages/curl", &["-s", "http://web"]).unwrap()[0],
            "curl"
        );
    }
}
