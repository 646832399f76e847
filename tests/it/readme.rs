//! The README's tables are made from the program's own: run with `KUBRIS_UPDATE_README=1` to write them.

use std::fmt::Write;
use std::path::Path;

use kubris::action::{Action, Scope};
use kubris::config::Config;
use kubris::keymap::Keymap;
use kubris::theme;

fn keys() -> String {
    let keymap = Keymap::default();
    let mut out = String::from("| where | key | action | does |\n|---|---|---|---|\n");
    for scope in Scope::ALL {
        for action in Action::all().filter(|action| action.is_in(*scope)) {
            let chords: Vec<String> = keymap
                .chords(action, *scope)
                .iter()
                .map(|chord| format!("`{}`", chord.to_string().replace('|', "\\|")))
                .collect();
            let spec = action.spec();
            let later = if spec.instead.is_some() {
                " (shows the kubectl command)"
            } else {
                ""
            };
            let _ = writeln!(
                out,
                "| {} | {} | {} | {}{later} |",
                scope.name(),
                chords.join(" "),
                spec.name,
                spec.help
            );
        }
    }
    out
}

fn themes() -> String {
    let mut out = String::from("| theme | file |\n|---|---|\n");
    for (name, _) in theme::EMBEDDED {
        let _ = writeln!(out, "| {name} | `themes/{name}.toml` |");
    }
    out
}

/// The README with `table` between its markers.
fn with(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
    let (head, rest) = text
        .split_once(&begin)
        .unwrap_or_else(|| panic!("README.md has no {begin}"));
    let (_, tail) = rest
        .split_once(&end)
        .unwrap_or_else(|| panic!("README.md has no {end}"));
    format!("{head}{begin}{table}{end}{tail}")
}

#[test]
fn the_tables_of_the_readme_are_those_of_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let wanted = with(&with(&text, "keys", &keys()), "themes", &themes());
    if std::env::var_os("KUBRIS_UPDATE_README").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    } else {
        assert!(
            text == wanted,
            "README.md is out of date: run with KUBRIS_UPDATE_README=1"
        );
    }
}

/// What the README shows of configuration files is taken without a complaint.
#[test]
fn the_examples_of_the_readme_are_valid() {
    let readme = include_str!("../../README.md");
    let blocks = readme
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"));
    let mut seen = 0;
    for (text, _) in blocks {
        let file = text.lines().next().unwrap_or_default().trim_start_matches("# ");
        let problems = match file {
            "config.toml" => {
                let mut config = Config::default();
                config.read(file, text);
                config.problems
            }
            "keymap.toml" => Keymap::read(file, text).1,
            other => panic!("{other}: which file is this?"),
        };
        assert_eq!(problems, [], "{file}");
        seen += 1;
    }
    assert_eq!(seen, 2);
}
