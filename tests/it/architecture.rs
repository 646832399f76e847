//! The rules of the source tree: who may import whom, how long files may be, what may not be written at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Module, what it may import, what it must not name. A module may import what stands above it only; `*` is all that stands above.
/// `clock` is the vocabulary of time and free to all.
const TABLE: &[(&str, &str, &str)] = &[
    ("clock", "", "ratatui kube tokio"),
    ("text", "", "ratatui kube tokio"),
    ("action", "", "ratatui kube tokio"),
    ("trace", "", "ratatui kube tokio"),
    ("model", "", "ratatui kube tokio"),
    ("keymap", "action model", "kube tokio"),
    ("theme", "action model", "kube tokio"),
    ("config", "action model keymap theme", "kube tokio"),
    ("rules", "model", "ratatui kube tokio"),
    ("wire", "model", "ratatui kube tokio"),
    ("kind", "action model text rules wire", "ratatui kube tokio"),
    ("kinds", "action model text rules wire kind", "ratatui kube tokio"),
    ("logs", "model text", "ratatui kube tokio"),
    ("insight", "rules kind kinds model text", "ratatui kube tokio"),
    ("msg", "model kind keymap logs", "ratatui kube tokio"),
    (
        "store",
        "model rules kind kinds insight text",
        "ratatui kube tokio",
    ),
    ("app", "*", "ratatui kube tokio"),
    ("view", "*", "ratatui kube tokio"),
    ("ui", "model theme view text", "kube tokio"),
    ("highlight", "model msg", "kube"),
    ("cluster", "msg kind kinds wire logs config model text", "ratatui"),
    ("demo", "model rules", "ratatui kube"),
    ("terminal", "keymap msg", "kube"),
    ("runtime", "*", ""),
    ("cli", "*", ""),
    ("main", "*", ""),
    ("lib", "*", "ratatui kube tokio"),
];

/// Parts of the demo cluster (`src/demo`) and what of it each may import: only what stands above it.
const DEMO: &[(&str, &str)] = &[
    ("clock", ""),
    ("ids", ""),
    ("names", ""),
    ("object", ""),
    ("status", ""),
    ("resource", ""),
    ("selector", "names"),
    ("image", ""),
    ("kubelet_api", "resource status"),
    ("store", "clock resource status"),
    ("roles", "selector store"),
    ("api", "names resource selector status store"),
    ("shell", "clock ids object image kubelet_api store"),
    ("kubelet", "ids object status selector image kubelet_api shell"),
    (
        "world",
        "clock ids names object status resource selector image kubelet_api store roles api shell kubelet",
    ),
    (
        "scenario",
        "clock ids object status resource image kubelet_api store api kubelet world",
    ),
    (
        "server",
        "clock names status resource selector kubelet_api store roles api",
    ),
];

/// Code lines a file may have: neither blank, nor comment, nor tests at its end.
const FILE_LINES: usize = 400;

struct File {
    path: PathBuf,
    /// Without comments, texts and tests.
    code: String,
    text: String,
}

impl File {
    fn name(&self) -> String {
        self.path
            .strip_prefix(root())
            .unwrap_or(&self.path)
            .display()
            .to_string()
    }

    /// `app` for `src/app.rs` and everything below `src/app/`.
    fn module(&self) -> String {
        self.parts().first().cloned().unwrap_or_default()
    }

    /// Module path from the crate.
    fn parts(&self) -> Vec<String> {
        let path = self
            .path
            .strip_prefix(root().join("src"))
            .unwrap()
            .with_extension("");
        path.iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect()
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// All files of `src` but those that are compiled for tests only.
fn sources() -> Vec<File> {
    let mut paths = Vec::new();
    walk(&root().join("src"), &mut paths);
    paths.sort();
    let test_module = Regex::new(r"#\[cfg\(test\)\]\s*(?:pub(?:\([a-z]+\))? )?mod (\w+);").unwrap();
    let mut only_tests = BTreeSet::new();
    let mut files = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        for found in test_module.captures_iter(&text) {
            only_tests.insert(path.with_extension("").join(format!("{}.rs", &found[1])));
        }
        let code = without_tests(&bare(&text));
        files.push(File { path, code, text });
    }
    files.retain(|file| !only_tests.contains(&file.path));
    files
}

/// The text with comments removed and texts emptied; lines stay where they are.
fn bare(text: &str) -> String {
    let parts = Regex::new(
        r#"(?sx)
        (?P<comment> //[^\n]* | /\*.*?\*/ )
        | (?P<raw> b?r\x23*" .*? "\x23* )
        | (?P<text> b?"(?: \\. | [^"\\] )*" )
        | (?P<char> b?'(?: \\[^u] | \\u\{[0-9a-f]+\} | \\x[0-9a-f]{2} | [^'\\\n] )' )
        "#,
    )
    .unwrap();
    let replaced = parts.replace_all(text, |found: &regex::Captures<'_>| {
        let lines = "\n".repeat(found[0].matches('\n').count());
        if found.name("comment").is_some() {
            lines
        } else {
            format!("\"{lines}\"")
        }
    });
    replaced.into_owned()
}

/// Without `#[cfg(test)] mod … {` and what follows it, which is the end of the file.
fn without_tests(code: &str) -> String {
    let tests = Regex::new(r"#\[cfg\(test\)\]\s*mod \w+ \{").unwrap();
    tests
        .find(code)
        .and_then(|found| code.get(..found.start()))
        .unwrap_or(code)
        .to_owned()
}

/// Top-level modules that code at a module path names.
fn imports(code: &str, depth: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let path = Regex::new(r"\b(crate|(?:super::)*super)::(\w+|\{)").unwrap();
    for hit in path.captures_iter(code) {
        let climbs = if &hit[1] == "crate" {
            depth
        } else {
            hit[1].matches("super").count()
        };
        if climbs != depth {
            continue;
        }
        if &hit[2] == "{" {
            found.extend(heads(code.get(hit.get(2).unwrap().end()..).unwrap_or_default()));
        } else {
            found.insert(hit[2].to_owned());
        }
    }
    found
}

/// First words of the entries of a `{…}` group that has just been opened.
fn heads(group: &str) -> Vec<String> {
    let mut level = 0;
    let mut words = vec![String::new()];
    let mut open = true;
    for c in group.chars() {
        match c {
            '{' => level += 1,
            '}' if level == 0 => break,
            '}' => level -= 1,
            ',' if level == 0 => {
                words.push(String::new());
                open = true;
            }
            c if level == 0 && open && (c.is_alphanumeric() || c == '_') => words.last_mut().unwrap().push(c),
            c if level == 0 && !c.is_whitespace() => open = false,
            _ => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Parts of the demo cluster (`src/demo`) and what of it each may import: only what stands above it.
fn demo_imports(code: &str, depth: usize) -> BTreeSet<String> {
    let mut found = named_below(code, &["demo".to_owned()], depth);
    found.retain(|name| DEMO.iter().any(|row| row.0 == name));
    found
}

/// What `module` imports against the table.
fn forbidden_imports(module: &str, imports: &BTreeSet<String>) -> Vec<String> {
    let at = TABLE
        .iter()
        .position(|row| row.0 == module)
        .expect("every module has a row");
    let allowed: Vec<&str> = match TABLE[at].1 {
        "*" => TABLE[..at].iter().map(|row| row.0).collect(),
        list => list.split(' ').collect(),
    };
    let known = |name: &&String| TABLE.iter().any(|row| row.0 == name.as_str());
    let fine = |name: &str| name == module || name == "clock" || allowed.contains(&name);
    imports
        .iter()
        .filter(known)
        .filter(|name| !fine(name))
        .cloned()
        .collect()
}

#[test]
fn imports_point_up_the_table() {
    let mut wrong = Vec::new();
    for file in sources() {
        let parts = file.parts();
        for name in forbidden_imports(&file.module(), &imports(&file.code, parts.len())) {
            wrong.push(format!("{} imports {name}", file.name()));
        }
    }
    assert!(wrong.is_empty(), "design, import table:\n{}", wrong.join("\n"));
}

#[test]
fn layers_do_not_name_what_is_not_theirs() {
    let mut wrong = Vec::new();
    for file in sources() {
        let row = TABLE
            .iter()
            .find(|row| row.0 == file.module())
            .expect("every module has a row");
        for name in row.2.split_whitespace() {
            if Regex::new(&format!(r"\b{name}::")).unwrap().is_match(&file.code) {
                wrong.push(format!("{} names {name}", file.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "design, import table:\n{}", wrong.join("\n"));
}

#[test]
fn imports_inside_the_demo_point_up_its_table() {
    let mut wrong = Vec::new();
    for file in sources() {
        let parts = file.parts();
        let [_, part, ..] = parts.as_slice() else { continue };
        if file.module() != "demo" {
            continue;
        }
        let at = DEMO.iter().position(|row| row.0 == part);
        let row = DEMO[at.unwrap_or_else(|| panic!("{} has no row", file.name()))];
        for name in demo_imports(&file.code, parts.len()) {
            if name != *part && !row.1.split(' ').any(|allowed| allowed == name) {
                wrong.push(format!("{} imports {name}", file.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "parts of the demo:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_of_the_demo_points_up() {
    for (at, (part, allowed)) in DEMO.iter().enumerate() {
        assert!(root().join(format!("src/demo/{part}.rs")).exists(), "no {part}");
        for name in allowed.split_whitespace() {
            assert!(
                DEMO[..at].iter().any(|row| row.0 == name),
                "{name} stands below {part}"
            );
        }
    }
}

/// For every folder of the demo: which of its modules names which others of the same folder, from wherever below it.
fn neighbours() -> BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> {
    let mut folders: BTreeMap<_, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for file in sources().iter().filter(|file| file.module() == "demo") {
        let parts = file.parts();
        for at in 1..parts.len() {
            let (folder, part) = (parts[..at].to_vec(), parts[at].clone());
            let own = folders.entry(folder).or_default().entry(part).or_default();
            own.extend(named_below(&file.code, &parts[..at], parts.len()));
        }
    }
    folders
}

/// Modules of `folder` that code of a module path of this length names: by `super`, or from the crate.
fn named_below(code: &str, folder: &[String], depth: usize) -> BTreeSet<String> {
    let mut found = imports(&code.replace("crate::", "the_crate::"), depth - folder.len());
    let path = Regex::new(&format!(r"\bcrate::{}::(\w+|\{{)", folder.join("::"))).unwrap();
    for hit in path.captures_iter(code) {
        match &hit[1] {
            "{" => found.extend(heads(code.get(hit.get(0).unwrap().end()..).unwrap_or_default())),
            name => {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

/// A circle among modules, if there is one: each names the next, the last the first.
fn circle(all: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut left = all.clone();
    while let Some(free) = left.iter().find_map(|(module, named)| {
        let waits = named
            .iter()
            .any(|other| other != module && left.contains_key(other));
        (!waits).then(|| module.clone())
    }) {
        left.remove(&free);
    }
    // Whoever is left names somebody who is left.
    let mut path = vec![left.keys().next()?.clone()];
    loop {
        let last = path.last()?;
        let next = left[last]
            .iter()
            .find(|other| *other != last && left.contains_key(*other))?
            .clone();
        if let Some(from) = path.iter().position(|module| *module == next) {
            return Some(path.split_off(from));
        }
        path.push(next);
    }
}

#[test]
fn modules_of_a_folder_of_the_demo_stand_in_an_order() {
    let mut wrong = Vec::new();
    for (folder, all) in neighbours() {
        if let Some(circle) = circle(&all) {
            wrong.push(format!("{}: {}", folder.join("::"), circle.join(" → ")));
        }
    }
    assert!(wrong.is_empty(), "these import each other:\n{}", wrong.join("\n"));
}

#[test]
fn circles_are_found() {
    let all = |edges: &[(&str, &[&str])]| -> BTreeMap<String, BTreeSet<String>> {
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        edges
            .iter()
            .map(|(module, names)| ((*module).to_owned(), named(names)))
            .collect()
    };
    assert_eq!(
        circle(&all(&[("a", &["b", "a"]), ("b", &["c", "x"]), ("c", &[])])),
        None
    );
    let found = circle(&all(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &[])]));
    assert_eq!(found.unwrap(), ["b", "c"]);
    let code = "use super::b::B; use super::super::x; use crate::demo::world::{y::Y, z};";
    let folder = ["demo".to_owned(), "world".to_owned()];
    assert_eq!(
        named_below(code, &folder, 3).into_iter().collect::<Vec<_>>(),
        ["b", "y", "z"]
    );
}

#[test]
fn every_module_has_a_row() {
    let modules: BTreeSet<String> = sources().iter().map(File::module).collect();
    let rows: BTreeSet<String> = TABLE.iter().map(|row| row.0.to_owned()).collect();
    assert_eq!(modules, rows);
}

#[test]
fn files_are_one_thing() {
    let mut wrong = Vec::new();
    for file in sources() {
        let lines = file.code.lines().filter(|line| !line.trim().is_empty()).count();
        let most = if file.name() == "src/main.rs" {
            40
        } else {
            FILE_LINES
        };
        if lines > most {
            wrong.push(format!(
                "{} has {lines} code lines, {most} are allowed",
                file.name()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_open_with_what_they_own() {
    for file in sources() {
        assert!(
            file.text.starts_with("//! "),
            "{} does not begin with a `//!` sentence",
            file.name()
        );
        assert!(
            !file.path.ends_with("mod.rs"),
            "{}: write `name.rs` and `name/`",
            file.name()
        );
    }
}

/// What is not written, and why.
const NOT_WRITTEN: &[(&str, &str, &str)] = &[
    (
        r"#!?\[(cfg_attr\([^\]]*)?allow\(",
        "",
        "write `#[expect(lint, reason = …)]`",
    ),
    (r"\bfn get_", "", "nouns for values: no `get_`"),
    (
        r"\b(struct|enum|trait) \w*(Manager|Helper|Util|Utils|Data)\b",
        "",
        "name the thing",
    ),
    (
        r"\b(SystemTime|Timestamp|Zoned)::now\(",
        "src/clock.rs",
        "only clock.rs reads the wall clock",
    ),
    (
        r"\btokio::io::stdin\b",
        "",
        "only the terminal's thread reads the terminal",
    ),
    (r"\bprocess::exit\b", "src/main.rs", "return an exit code"),
    (
        r"\b(FIXME|XXX|HACK)\b",
        "",
        "do it, or say what is missing in the documentation",
    ),
];

#[test]
fn some_things_are_not_written() {
    let mut wrong = Vec::new();
    for file in sources() {
        for (pattern, but, why) in NOT_WRITTEN {
            if file.name() != *but && Regex::new(pattern).unwrap().is_match(&file.code) {
                wrong.push(format!("{}: {why}", file.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_two_macros() {
    let mut names: Vec<String> = Vec::new();
    let definition = Regex::new(r"macro_rules! (\w+)").unwrap();
    for file in sources() {
        names.extend(
            definition
                .captures_iter(&file.code)
                .map(|found| found[1].to_owned()),
        );
    }
    assert_eq!(names, ["actions", "roles"]);
}

#[test]
fn pure_layers_read_no_clock() {
    for file in sources() {
        let row = TABLE.iter().find(|row| row.0 == file.module()).unwrap();
        let pure = row.2.contains("tokio");
        assert!(
            !pure || !file.code.contains("Instant::now"),
            "{}: take the time as a parameter",
            file.name()
        );
    }
}

#[test]
fn clippy_holds_the_limits_of_functions() {
    let text = fs::read_to_string(root().join(".clippy.toml")).unwrap();
    for (name, most) in [
        ("too-many-lines-threshold", 60),
        ("too-many-arguments-threshold", 5),
        ("excessive-nesting-threshold", 5),
    ] {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().strip_prefix('='));
        let value: u32 = line.expect(name).trim().parse().unwrap();
        assert!(value <= most, "{name} = {value}");
    }
}

#[test]
fn no_build_script_and_no_features() {
    assert!(!root().join("build.rs").exists());
    let cargo = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(!cargo.contains("\n[features]"));
}

#[test]
fn the_reader_of_sources_sees_what_counts() {
    let code = bare(
        "use crate::{app::App, ui::{a, b}, kind}; // crate::cluster\nlet x = \"crate::demo\"; r#\"crate::cli\"#; '\"'",
    );
    let all: Vec<String> = imports(&code, 1).into_iter().collect();
    assert_eq!(all, ["app", "kind", "ui"]);
    assert_eq!(
        imports("use super::super::store::X; use super::y;", 2)
            .into_iter()
            .collect::<Vec<_>>(),
        ["store"]
    );
    assert_eq!(
        forbidden_imports("view", &BTreeSet::from(["ui".to_owned(), "app".to_owned()])),
        ["ui"]
    );
    let within = "use crate::demo::{world::X, store}; crate::demo::api::fields::of(); use super::super::shell; use super::image; use crate::clock;";
    assert_eq!(
        demo_imports(within, 3).into_iter().collect::<Vec<_>>(),
        ["api", "shell", "store", "world"]
    );
    assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests {\n b }"), "a\n");
}
