//! Logs: one pod, several pods, filter.

use super::{SIZES, Stage, check};

#[test]
fn of_one_pod() {
    for size in SIZES {
        let mut stage = Stage::new(size);
        stage.keys("G l");
        check("logs", &mut stage);
    }
}

#[test]
fn of_a_deployment() {
    for size in SIZES {
        let mut stage = Stage::open(size, "staging", Some("shop"), "deployments");
        stage.keys("G l");
        check("logs_deployment", &mut stage);
    }
}

#[test]
fn wrapped_and_paused() {
    let mut stage = Stage::new((80, 24));
    stage.keys("G l w k k k");
    check("logs_wrapped", &mut stage);
}
