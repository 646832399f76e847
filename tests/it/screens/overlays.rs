//! What stands over the panes.

use super::{SIZES, Stage, check};

#[test]
fn help() {
    for size in SIZES {
        let mut stage = Stage::new(size);
        stage.keys("?");
        check("help", &mut stage);
    }
}

#[test]
fn command_prompt_with_offers() {
    let mut stage = Stage::new((80, 24));
    stage.keys(": d e");
    check("command", &mut stage);
}

#[test]
fn scale() {
    for size in SIZES {
        let mut stage = Stage::open(size, "staging", Some("shop"), "deployments");
        stage.keys("G s backspace x 2");
        check("scale", &mut stage);
    }
}

#[test]
fn confirm() {
    for size in SIZES {
        let mut stage = Stage::new(size);
        stage.keys("j space j space ctrl-d");
        check("confirm", &mut stage);
    }
}

#[test]
fn picker() {
    for size in SIZES {
        let mut stage = Stage::new(size);
        stage.keys(": n s enter");
        check("namespaces", &mut stage);
    }
}

#[test]
fn contexts() {
    let mut stage = Stage::new((80, 24));
    stage.keys(": c t x enter");
    check("contexts", &mut stage);
}
