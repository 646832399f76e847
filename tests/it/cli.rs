//! One-shot commands of the real binary, on the demo cluster and without any.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use kubris::demo::{self, Demo};
use serde_json::Value;
use tempfile::TempDir;

/// A person's machine: folders of its own, perhaps with a cluster.
struct Machine {
    home: TempDir,
    demo: Option<Demo>,
}

impl Machine {
    fn bare() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            demo: None,
        }
    }

    fn with_demo() -> Self {
        let mut machine = Self::bare();
        let demo = demo::start(demo::Options::default()).unwrap();
        machine.write("kubeconfig", &demo.kubeconfig());
        machine.demo = Some(demo);
        machine
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.home.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_kubris")));
        command
            .args(line.split_whitespace())
            .env_clear()
            .env("HOME", self.home.path())
            .env("TERM", "xterm-256color");
        if self.demo.is_some() {
            command.env("KUBECONFIG", self.path("kubeconfig"));
        }
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Standard output of a command that must succeed.
    fn ok(&self, line: &str) -> String {
        let done = self.run(line);
        assert!(done.status.success(), "{line}: {}", text(&done.stderr));
        text(&done.stdout)
    }

    /// Exit code and standard error of a command that must fail and print nothing else.
    fn fails(&self, line: &str) -> (i32, String) {
        let done = self.run(line);
        assert!(!done.status.success(), "{line}: {}", text(&done.stdout));
        assert_eq!(text(&done.stdout), "", "{line}");
        (done.status.code().unwrap(), text(&done.stderr))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn without_a_kubeconfig_it_says_where_it_looked_and_offers_the_demo() {
    let machine = Machine::bare();
    for line in ["contexts", "get po", "nodes"] {
        let (code, error) = machine.fails(line);
        assert_eq!(code, 1);
        assert!(
            error.contains(".kube/config: no such file") && error.contains("`kubris demo`"),
            "{line}: {error}"
        );
    }
}

#[test]
fn contexts_lists_the_usable_and_the_others_with_their_reason() {
    let machine = Machine::bare();
    machine.write(
        ".kube/config",
        "current-context: good-prod\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: u, user: {}}]\n\
         contexts:\n- {name: good-prod, context: {cluster: c, user: u, namespace: shop}}\n- {name: bad, context: {cluster: nowhere, user: u}}\n",
    );
    let out = machine.ok("contexts");
    let line = |name: &str| {
        out.lines()
            .find(|line| line.contains(name))
            .unwrap_or_else(|| panic!("{name}: {out}"))
    };
    assert!(
        line("good-prod").starts_with('*') && line("good-prod").contains("read-only"),
        "{out}"
    );
    assert!(line("bad").contains("no entry `nowhere`"), "{out}");
    assert!(machine.ok("contexts --write -o csv").contains(",write,"));
    assert_eq!(machine.ok("contexts -o name"), "good-prod\nbad\n");
}

#[test]
fn config_prints_the_defaults_and_checks_files() {
    let machine = Machine::bare();
    assert_eq!(
        machine.ok("config").trim_end(),
        kubris::config::DEFAULTS.trim_end()
    );
    let keymap = machine.ok("config --keymap");
    assert_eq!(
        kubris::keymap::Keymap::read("k", &keymap),
        (kubris::keymap::Keymap::default(), Vec::new())
    );
    assert_eq!(machine.ok("config --check"), "no problems\n");
    machine.write(".config/kubris/config.toml", "mouse = 3\ntheme = \"nope\"\n");
    let done = machine.run("config --check");
    assert_eq!(done.status.code(), Some(1));
    let out = text(&done.stdout);
    assert!(
        out.contains("config.toml:1: `mouse`") && out.contains("no theme `nope`"),
        "{out}"
    );
    assert!(machine.ok("diag").contains("`mouse`"));
}

#[test]
fn completion_knows_every_shell_and_mistakes_are_code_2() {
    let machine = Machine::bare();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(
            machine.ok(&format!("completion {shell}")).contains("contexts"),
            "{shell}"
        );
    }
    assert_eq!(machine.fails("get").0, 2);
    assert_eq!(machine.fails("--no-such-option").0, 2);
    assert!(machine.ok("--version").starts_with("kubris "));
}

#[test]
fn get_prints_rows_and_objects() {
    let machine = Machine::with_demo();
    let table = machine.ok("get po -A");
    assert!(
        table.starts_with("NAMESPACE ") && table.lines().count() > 100,
        "{table}"
    );
    assert!(!table.contains('\x1b'), "no colour in a pipe");
    let one = machine.ok("get pods -n kube-system");
    assert!(one.starts_with("NAME "), "{one}");

    let csv = machine.ok("get po -A -o csv");
    let titles: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let unique: std::collections::BTreeSet<&&str> = titles.iter().collect();
    assert_eq!(unique.len(), titles.len(), "{titles:?}");
    assert!(titles.contains(&"LABELS"), "every column");

    let list: Value = serde_json::from_str(&machine.ok("get po -n kube-system -o json")).unwrap();
    assert_eq!(list["kind"], "List");
    assert_eq!(list["items"].as_array().unwrap().len(), one.lines().count() - 1);
    let name = list["items"][0]["metadata"]["name"].as_str().unwrap();
    let pod: Value =
        serde_json::from_str(&machine.ok(&format!("get po/{name} -n kube-system -o json"))).unwrap();
    assert_eq!(
        (&pod["kind"], &pod["metadata"]["name"]),
        (&Value::from("Pod"), &Value::from(name))
    );
    assert!(
        machine
            .ok(&format!("get po {name} -n kube-system -o yaml"))
            .starts_with("apiVersion: v1\nkind: Pod\n")
    );
    assert_eq!(
        machine.ok(&format!("get po {name} -n kube-system -o name")),
        format!("pod/{name}\n")
    );
}

#[test]
fn get_says_what_is_not_there() {
    let machine = Machine::with_demo();
    assert_eq!(machine.fails("get nosuch").0, 1);
    let (code, error) = machine.fails("get po nope -n shop");
    assert_eq!(
        (code, error.as_str()),
        (1, "kubris: pods `nope` not found in shop\n")
    );
    let none = machine.run("get po -n no-such-namespace");
    assert!(none.status.success());
    assert_eq!(text(&none.stderr), "no pods in no-such-namespace\n");
}

#[test]
fn a_selector_is_the_servers() {
    let machine = Machine::with_demo();
    let all = machine.ok("get po -A -o name").lines().count();
    let some = machine
        .ok("get po -A -l k8s-app=aws-node -o name")
        .lines()
        .count();
    assert!(some > 0 && some < all, "{some} of {all}");
}

#[test]
fn nodes_are_views_with_rows_by_column() {
    let machine = Machine::with_demo();
    let rows: Value = serde_json::from_str(&machine.ok("nodes -o json")).unwrap();
    assert!(rows.as_array().unwrap().len() >= 9);
    assert!(
        rows[0]["name"].as_str().unwrap().starts_with("ip-10-0-"),
        "{}",
        rows[0]
    );
    assert_eq!(machine.fails("nodes no-such-node").0, 1);
}
