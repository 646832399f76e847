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
