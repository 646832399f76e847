//! One-shot commands of the real binary, on the demo cluster and without any.

mod like_kubectl;
mod served;

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
fn game_days_are_listed_and_mistakes_name_them() {
    let machine = Machine::bare();
    let list = machine.ok("gameday list");
    for scenario in kubris::demo::scenario::ALL {
        assert!(
            list.contains(scenario.name) && list.contains(scenario.symptom),
            "{list}"
        );
    }
    let (code, why) = machine.fails("gameday nosuch");
    assert!(
        code == 1 && why.contains("no scenario `nosuch`; there are: bad-image"),
        "{code} {why}"
    );
    let elsewhere = machine.ok("gameday list --flavor kind");
    assert!(
        elsewhere.contains("dns-broken") && !elsewhere.contains("ip-exhaustion"),
        "{elsewhere}"
    );
    let (_, why) = machine.fails("gameday zone-outage --flavor kind");
    assert!(
        why.contains("`zone-outage` cannot happen on kind: it has no zones"),
        "{why}"
    );
}

#[test]
fn a_game_day_of_ones_own_begins_with_the_example_and_mistakes_are_told_by_line() {
    let machine = Machine::bare();
    let example = machine.ok("gameday --example");
    machine.write("my.yaml", &example.replace("symptom:", "symptoms:"));
    let (code, why) = machine.fails(&format!("gameday {}", machine.path("my.yaml").display()));
    assert!(
        code == 1 && why.contains("/my.yaml:13: unknown key `symptoms`, did you mean `symptom`?"),
        "{code} {why}"
    );
    let (_, why) = machine.fails("demo --scenario ./nosuch.yaml");
    assert!(why.contains("./nosuch.yaml: No such file"), "{why}");
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

#[test]
fn scale_says_what_it_will_do_and_does_nothing_without_consent() {
    let machine = Machine::with_demo();
    let (code, error) = machine.fails("scale deploy/web +2 -n shop");
    assert_eq!(code, 1);
    for part in [
        "shop/web 6 → 8 in context demo",
        "kubectl --context demo -n shop scale",
        "nothing was changed",
        "--yes",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let (_, error) = machine.fails("scale deploy/web +2 -n shop --yes --readonly");
    assert!(error.contains("read-only"), "{error}");
    let replicas = || {
        let object = machine.ok("get deploy/web -n shop -o json");
        serde_json::from_str::<Value>(&object).unwrap()["spec"]["replicas"].clone()
    };
    assert_eq!(replicas(), 6);
    assert!(
        machine
            .ok("scale deploy/web x1.5 -n shop --yes")
            .contains("6 → 9")
    );
    assert_eq!(replicas(), 9);
    let journal = std::fs::read_to_string(machine.path(".local/state/kubris/audit.jsonl")).unwrap();
    let last: Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["verb"], &last["before"], &last["after"]),
        (&"scale".into(), &"6".into(), &"9".into())
    );
    assert_eq!(machine.fails("scale deploy/web ten -n shop --yes").0, 1);
    assert_eq!(
        machine.fails("scale deploy/web 3 -A --yes").0,
        1,
        "one namespace is needed"
    );
}

#[test]
fn logs_of_a_workload_come_in_order_of_time() {
    let machine = Machine::with_demo();
    let done = machine.run("logs deploy/web -n shop --no-follow --tail 5 --timestamps");
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(
        text(&done.stderr)
            .lines()
            .filter(|line| line.starts_with("+ web-"))
            .count()
            >= 6
    );
    let out = text(&done.stdout);
    let stamps: Vec<&str> = out.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert!(stamps.len() >= 12, "{out}");
    assert!(
        stamps.is_sorted_by_key(|stamp| kubris::clock::Timestamp::parse(stamp).unwrap()),
        "{out}"
    );

    let one: Value = serde_json::from_str(
        machine
            .ok("logs deploy/web -n shop --no-follow --tail 1 -o json")
            .lines()
            .next()
            .unwrap(),
    )
    .unwrap();
    assert!(
        one["pod"].as_str().unwrap().starts_with("web-") && one["container"] == "app",
        "{one}"
    );
    let some = machine.ok("logs deploy/web -n shop --no-follow -i /products -o raw");
    assert!(
        !some.is_empty() && some.lines().all(|line| line.contains("/products")),
        "{some}"
    );
}

#[test]
fn logs_say_what_is_wrong() {
    let machine = Machine::with_demo();
    assert!(machine.fails("logs deploy/nope -n shop").1.contains("not found"));
    assert!(machine.fails("logs -i ( web").1.contains("bad pattern"));
    assert_eq!(machine.fails("logs web --since soon").0, 2);
}

#[test]
fn events_can_be_narrowed() {
    let machine = Machine::with_demo();
    let all = machine.ok("events -A -o csv").lines().count();
    let warnings = machine.ok("events -A --warnings -o csv");
    assert!(
        warnings.lines().count() > 1 && warnings.lines().count() < all,
        "{warnings}"
    );
    assert!(
        warnings.lines().skip(1).all(|line| line.contains("Warning")),
        "{warnings}"
    );
}

#[test]
fn exec_passes_input_output_and_the_exit_code() {
    use std::io::Write;
    let machine = Machine::with_demo();
    let names = machine.ok("get po -n shop -o name");
    let pod = names.lines().find(|name| name.starts_with("pod/web-")).unwrap();
    assert!(
        machine
            .ok(&format!("exec {pod} -n shop -- echo one two"))
            .contains("one two")
    );
    let mut child = machine
        .command(&format!("exec {pod} -n shop -- cat"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"through the pipe\n")
        .unwrap();
    assert_eq!(
        text(&child.wait_with_output().unwrap().stdout),
        "through the pipe\n"
    );
    assert_eq!(
        machine
            .command(&format!("exec {pod} -n shop --"))
            .args(["sh", "-c", "exit 3"])
            .status()
            .unwrap()
            .code(),
        Some(3)
    );
    assert!(machine.fails("exec nope -n shop -- ls").1.contains("not found"));
}
