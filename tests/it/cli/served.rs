//! `kubris demo --serve` with a game day: what it tells while it serves, and that one which cannot begin is not opened.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use super::Machine;

/// A served cluster that ends with this.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A game day with these steps, mended as soon as all of them have happened.
fn written(machine: &Machine, steps: &str) -> String {
    let text = format!(
        "name: x\nsymptom: it hurts\ncause: a stone\nsteps:\n{steps}\nmended:\n  - exists: services/shop/cart\n"
    );
    machine.write("my.yaml", &text);
    machine.path("my.yaml").display().to_string()
}

#[test]
fn a_served_game_day_says_that_it_is_mended() {
    let machine = Machine::bare();
    let file = written(
        &machine,
        "  - patch: deployments/shop/cart\n    with: {metadata: {labels: {a: b}}}",
    );
    let mut command = machine.command(&format!("demo --serve --scenario {file}"));
    let mut served = Served(command.stdout(Stdio::piped()).spawn().unwrap());
    let said = BufReader::new(served.0.stdout.take().unwrap()).lines();
    let said: Vec<String> = said
        .map(Result::unwrap)
        .filter(|line| line.starts_with('#'))
        .take(3)
        .collect();
    assert_eq!(said[0], "# people complain: it hurts");
    assert!(said[2].starts_with("# mended after 0:"), "{said:?}");
}

#[test]
fn steps_that_cannot_be_done_later_are_told_with_their_place() {
    let machine = Machine::bare();
    let patch = |with: &str| format!("  - after: 1s\n    patch: deployments/shop/cart\n    with: {with}\n");
    let steps = [
        "  - after: 1s\n    delete: pods/shop/nobody\n".to_owned(),
        patch("{spec: {replicas: two}}"),
        patch("{spec: {replicaz: 2}}"),
        patch("{spec: {template: {spec: {containers: [{name: cart, resources: {limits: {cpu: abc}}}]}}}}"),
    ];
    let file = written(&machine, &steps.concat());
    let mut command = machine.command(&format!("demo --serve --scenario {file}"));
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut served = Served(command.spawn().unwrap());
    let said = BufReader::new(served.0.stderr.take().unwrap()).lines();
    let said: Vec<String> = said.map(Result::unwrap).take(4).collect();
    for (line, place, why) in [
        (&said[0], "my.yaml:5: step 1: ", "pods \"nobody\" not found"),
        (&said[1], "my.yaml:7: step 2: ", "unrecognized type: int32"),
        (
            &said[2],
            "my.yaml:10: step 3: ",
            "unknown field \"spec.replicaz\"",
        ),
        (
            &said[3],
            "my.yaml:13: step 4: ",
            "unrecognized type: resource.Quantity",
        ),
    ] {
        assert!(line.contains(place) && line.contains(why), "{said:#?}");
    }
}

#[test]
fn one_that_cannot_begin_opens_nothing() {
    let machine = Machine::bare();
    let file = written(&machine, "  - delete: pods/shop/nobody");
    for command in ["gameday", "demo --scenario", "demo --serve --scenario"] {
        let (code, why) = machine.fails(&format!("{command} {file}"));
        assert!(
            code == 1 && why.contains("/my.yaml:5: step 1: pods \"nobody\" not found"),
            "{command}: {code} {why}"
        );
    }
}
