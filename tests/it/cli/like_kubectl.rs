//! What fingers that know kubectl expect of the one-shot commands.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::Value;

use super::{Machine, text};

#[test]
fn several_kinds_are_tables_one_after_the_other() {
    let machine = Machine::with_demo();
    let out = machine.ok("get deploy,svc -n shop");
    let tables: Vec<&str> = out.split("\n\n").collect();
    assert_eq!(tables.len(), 2, "{out}");
    assert!(
        tables[0].starts_with("NAME ") && tables[0].contains("\ndeployment.apps/web "),
        "{out}"
    );
    assert!(
        tables[1].starts_with("NAME ") && tables[1].contains("\nservice/web "),
        "{out}"
    );

    let out = machine.ok("get deploy/web svc/web deploy/checkout -n shop -o name");
    assert_eq!(
        out,
        "deployment.apps/checkout\ndeployment.apps/web\nservice/web\n"
    );
    let list: Value = serde_json::from_str(&machine.ok("get deploy,svc web -n shop -o json")).unwrap();
    let kinds: Vec<&Value> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["kind"])
        .collect();
    assert_eq!(kinds, ["Deployment", "Service"]);

    // One kind that is empty is passed over in silence.
    let done = machine.run("get po,sts,cm -n batch");
    assert!(
        !text(&done.stdout).contains("statefulset"),
        "{}",
        text(&done.stdout)
    );
    assert_eq!(text(&done.stderr), "");
    assert_eq!(machine.run("get po,svc -n nope").stdout, b"");
}

#[test]
fn what_is_missing_is_told_of_and_the_rest_is_printed() {
    let machine = Machine::with_demo();
    let done = machine.run("get deploy/nope svc/web deploy/gone -n shop");
    assert_eq!(done.status.code(), Some(1));
    assert!(
        text(&done.stdout).contains("service/web "),
        "{}",
        text(&done.stdout)
    );
    assert_eq!(
        text(&done.stderr),
        "kubris: deployments.apps `nope` not found in shop\nkubris: deployments.apps `gone` not found in shop\n"
    );
    let (code, error) = machine.fails("get po/a b");
    assert_eq!(code, 1);
    assert!(
        error.contains("`b`: write either KIND/NAME everywhere"),
        "{error}"
    );
    assert!(machine.fails("get po,svc -o csv").1.contains("one kind"));
}

#[test]
fn an_unknown_kind_names_the_near_ones() {
    let machine = Machine::with_demo();
    for (word, near) in [
        ("podz", "`pods`"),
        ("deploymnet", "`deployments`"),
        ("autoscaler", "`horizontalpodautoscalers`"),
    ] {
        let (code, error) = machine.fails(&format!("get {word}"));
        assert_eq!(code, 1);
        assert!(
            error.contains(&format!("no kind `{word}`, did you mean ")) && error.contains(near),
            "{error}"
        );
    }
}

#[test]
fn nothing_found_is_said_in_kubectls_words_and_is_no_failure() {
    let machine = Machine::with_demo();
    for (line, words) in [
        ("get po -n nope", "No resources found in nope namespace.\n"),
        ("get po,svc -n nope", "No resources found in nope namespace.\n"),
        (
            "get po -n nope,other -o wide",
            "No resources found in nope, other namespaces.\n",
        ),
        ("get po -A -l no=such", "No resources found\n"),
        ("get no -l no=such", "No resources found\n"),
        ("events -n nope", "No resources found in nope namespace.\n"),
        ("nodes -l no=such", "No resources found\n"),
    ] {
        let done = machine.run(line);
        assert_eq!(
            (done.status.code(), text(&done.stdout), text(&done.stderr)),
            (Some(0), String::new(), words.to_owned()),
            "{line}"
        );
    }
    let list: Value = serde_json::from_str(&machine.ok("get po -n nope -o json")).unwrap();
    assert_eq!(list["items"], Value::Array(Vec::new()));
}

#[test]
fn a_bad_selector_is_refused_before_anything_is_sent() {
    // There is no cluster to send it to: nothing but the selector may be complained of.
    let machine = Machine::bare();
    for (line, selector, expected) in [
        ("get po -l a=b=c", "`a=b=c`", "expected `,` or the end"),
        ("nodes -l app=web,", "`app=web,`", "expected a label key"),
        ("logs web -l app-=web", "`app-=web`", "no label key"),
    ] {
        let (code, error) = machine.fails(line);
        assert_eq!(code, 1);
        assert!(
            error.starts_with(&format!("kubris: label selector {selector}: ")) && error.contains(expected),
            "{line}: {error}"
        );
    }
    // An empty value is a value, for the API server as well.
    assert!(machine.fails("get po -l bad==").1.contains(".kube/config"));
}

#[test]
fn exec_finds_the_pod_and_passes_every_exit_code() {
    let machine = Machine::with_demo();
    for target in ["deploy/web", "svc/web", "deployments.apps/web"] {
        let out = machine.ok(&format!("exec {target} -n shop -- hostname"));
        assert!(out.starts_with("web-"), "{target}: {out}");
    }
    let (code, error) = machine.fails("exec deploy/nope -n shop -- ls");
    assert!(code == 1 && error.contains("not found"), "{error}");
    let (code, error) = machine.fails("exec no/x -n shop -- ls");
    assert!(code == 1 && error.contains("has no pods"), "{error}");

    let run = |words: &[&str]| {
        let mut command = machine.command("exec deploy/web -n shop --");
        let done = command.args(words).output().unwrap();
        (done.status.code(), text(&done.stderr))
    };
    let (code, error) = run(&["sh", "-c", "nosuch"]);
    assert_eq!(code, Some(127), "{error}");
    assert!(
        error.ends_with("command terminated with exit code 127\n"),
        "{error}"
    );
    // containerd gives no exit code for a program that is not there; kubectl's is 1 then.
    let (code, error) = run(&["nosuch"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("executable file not found"), "{error}");
}

#[test]
fn logs_of_nothing_fail_and_say_what_was_looked_for() {
    let machine = Machine::with_demo();
    let (code, error) = machine.fails("logs nosuch -n shop");
    assert_eq!(
        (code, &*error),
        (
            1,
            "kubris: no pod whose name matches `nosuch` in shop; `--follow` waits for one\n"
        )
    );
    let (_, error) = machine.fails("logs wbe -n shop --no-follow");
    assert_eq!(
        error,
        "kubris: no pod whose name matches `wbe` in shop, did you mean `web`?\n"
    );
    let (_, error) = machine.fails("logs deploy/web -c nosuch -n shop --no-follow");
    assert_eq!(
        error,
        "kubris: no pod of deploy/web with a container `nosuch` in shop\n"
    );
}

#[test]
fn a_log_that_is_empty_is_explained() {
    let machine = Machine::with_demo();
    let done = machine.run("logs deploy/preview -n team-a --no-follow");
    let error = text(&done.stderr);
    assert!(
        error.contains("no log yet: ") && error.contains("Image"),
        "{error}"
    );
    assert!(
        error.trim_end().ends_with("`--since 0s` reads all there are"),
        "{error}"
    );
    let error = text(
        &machine
            .run("logs deploy/web -n shop --no-follow -i nosuchword")
            .stderr,
    );
    assert!(
        error.contains("none of the ") && error.contains(" lines matches"),
        "{error}"
    );
}

#[test]
fn a_category_is_its_kinds_and_watching_is_the_explorers() {
    let machine = Machine::with_demo();
    let names = machine.ok("get all -n shop -o name");
    for name in [
        "deployment.apps/web",
        "service/web",
        "horizontalpodautoscaler.autoscaling/thumbnailer",
    ] {
        assert!(names.lines().any(|line| line == name), "{name}: {names}");
    }
    assert!(names.lines().any(|line| line.starts_with("pod/web-")), "{names}");
    assert!(!names.contains("configmap/"), "{names}");
    let (_, error) = machine.fails("get all web -n shop");
    assert!(error.contains("`all` is many kinds"), "{error}");
    let (_, error) = machine.fails("get po -w");
    assert!(error.contains("kubris -c ':po'"), "{error}");
}

#[test]
fn scale_warns_without_being_asked_and_changes_nothing_that_is_so() {
    let machine = Machine::with_demo();
    let done = machine.run("scale deploy/thumbnailer 400 -n shop --yes");
    let error = text(&done.stderr);
    assert!(done.status.success(), "{error}");
    assert!(
        error.contains("hpa/thumbnailer (min ") && error.contains("fits: "),
        "{error}"
    );
    let said = machine.ok("scale deploy/web +0 -n shop --yes");
    assert!(
        said.contains("has 6 replicas already: nothing was changed"),
        "{said}"
    );
    let done = machine.run("scale deploy/web -- -1 -n shop --yes");
    assert!(!done.status.success(), "options end at `--`");
    let fewer = text(&machine.run("scale deploy/frontend 1 -n team-a --yes").stderr);
    assert_eq!(fewer, "", "fewer always fit");
}

#[test]
fn files_that_could_not_be_read_are_named_beside_the_contexts() {
    let machine = Machine::with_demo();
    let mut command = machine.command("contexts -o name");
    let own = machine.path("kubeconfig");
    command.env(
        "KUBECONFIG",
        format!("{}:{}", own.display(), machine.path("gone").display()),
    );
    let done = command.output().unwrap();
    assert_eq!(text(&done.stdout), "demo\n");
    assert!(
        text(&done.stderr).contains("gone: no such file"),
        "{}",
        text(&done.stderr)
    );
}

#[test]
fn logs_of_what_may_come_say_that_they_wait() {
    let machine = Machine::with_demo();
    for line in ["logs -f nosuch -n shop", "logs -l no=such -n shop"] {
        let mut child = machine
            .command(line)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut error = BufReader::new(child.stderr.take().unwrap());
        error.read_line(&mut first).unwrap();
        assert!(
            first.starts_with("no pod ") && first.contains("waiting for one"),
            "{line}: {first}"
        );
        assert_eq!(child.try_wait().unwrap(), None, "{line} goes on");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let machine = Machine::with_demo();
    for line in [
        "get po -A",
        "get po -A -o json",
        "events -A",
        "logs deploy/web -n shop --tail -1 --since 0s",
    ] {
        let mut child = machine
            .command(line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One byte is read, then the pipe is closed.
        let mut byte = [0];
        child.stdout.take().unwrap().read_exact(&mut byte).unwrap();
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{line}");
        let error = text(&done.stderr);
        assert!(
            !error.contains("kubris:") && !error.contains("panicked"),
            "{line}: {error}"
        );
    }
}

#[test]
fn columns_of_one_title_have_names_of_their_own() {
    let machine = Machine::with_demo();
    let csv = machine.ok("get po -n shop -o csv");
    let titles = csv.lines().next().unwrap();
    assert!(titles.contains("CPU,CPU %R,CPU %L,MEM,MEM %R,MEM %L"), "{titles}");
    let nodes: Value = serde_json::from_str(&machine.ok("nodes -o json")).unwrap();
    for node in nodes.as_array().unwrap() {
        for member in [
            "cpu", "cpu-%l", "cpu-%u", "mem", "mem-%l", "mem-%u", "pods", "headroom",
        ] {
            assert!(!node[member].is_null(), "{member}: {node}");
        }
    }
}

#[test]
fn what_the_explorer_draws_as_bars_is_read_as_numbers() {
    let machine = Machine::with_demo();
    let out = machine.ok("nodes");
    let row = out.lines().nth(1).unwrap();
    let cells: Vec<&str> = row.split_whitespace().collect();
    let pods = cells.iter().filter(|cell| {
        cell.split_once('/')
            .is_some_and(|(used, limit)| used.parse::<u32>().is_ok() && limit.parse::<u32>().is_ok())
    });
    assert_eq!(pods.count(), 1, "{row}");
    assert_eq!(
        cells.iter().filter(|cell| cell.ends_with('%')).count(),
        2,
        "{row}"
    );
}

#[test]
fn columns_made_of_other_kinds_are_there_whatever_the_namespace_and_the_names() {
    let machine = Machine::with_demo();
    let services = machine.ok("get svc -n shop");
    let web = services.lines().find(|line| line.starts_with("web ")).unwrap();
    assert!(web.contains("   6/6   "), "{services}");
    assert!(machine.ok("get svc/web -n shop").contains("   6/6   "));
    let nodes: Value = serde_json::from_str(&machine.ok("nodes -o json")).unwrap();
    let name = nodes[0]["name"].as_str().unwrap();
    for line in [
        "get no".to_owned(),
        format!("get no {name} -n shop"),
        format!("nodes {name}"),
    ] {
        let out = machine.ok(&line);
        let row = out.lines().find(|row| row.starts_with(name)).unwrap();
        assert_eq!(row.matches('%').count(), 2, "{line}: {out}");
        if line != "get no" {
            assert_eq!(out.lines().count(), 2, "{out}");
        }
    }
}

#[test]
fn every_command_has_help_with_examples() {
    let machine = Machine::bare();
    let help = machine.ok("--help");
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names: Vec<&str> = commands
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    assert!(names.len() >= 11, "{help}");
    for name in names.iter().filter(|name| **name != "diag") {
        let help = machine.ok(&format!("{name} --help"));
        assert!(help.contains(&format!("  kubris {name}")), "{name}: {help}");
    }
}
