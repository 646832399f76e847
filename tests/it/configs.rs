//! The corpus of configuration, keymap and theme files: good ones raise no complaint, bad ones exactly the expected ones.

use std::path::{Path, PathBuf};

use kubris::config::Config;
use kubris::keymap::Keymap;
use kubris::model::Problem;
use kubris::theme::{Depth, Theme};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/configs")
        .join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// What is wrong in a file, read as its name says: `config-…`, `keymap-…` or `theme-…`.
fn problems(path: &Path) -> Vec<Problem> {
    let name = path.file_name().unwrap().to_str().unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    match name.split('-').next().unwrap() {
        "config" => {
            let mut config = Config::default();
            config.read(name, &text);
            config.problems
        }
        "keymap" => Keymap::read(name, &text).1,
        "theme" => Theme::read("mine", name, &text, Depth::True).1,
        other => panic!("what is a {other}?"),
    }
}

#[test]
fn valid_files_raise_no_complaint() {
    let files = files("valid");
    assert!(files.len() >= 6);
    for path in files {
        assert_eq!(problems(&path), [], "{}", path.display());
    }
}

#[test]
fn invalid_files_raise_the_expected_complaints() {
    let files = files("invalid");
    assert!(files.len() >= 5);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let expected: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# expect "))
            .collect();
        let mut found: Vec<(Option<usize>, String)> = problems(&path)
            .into_iter()
            .map(|problem| (problem.line, problem.message))
            .collect();
        found.sort();
        assert_eq!(found.len(), expected.len(), "{}: {found:#?}", path.display());
        for (expected, (line, message)) in expected.iter().zip(&found) {
            let line = line.map_or_else(String::new, |line| line.to_string());
            assert!(
                format!("{line}: {message}").starts_with(expected),
                "{}: {line}: {message}",
                path.display()
            );
        }
    }
}
