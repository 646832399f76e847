//! Events, YAML, describe.

use kubris::model::{Failure, FailureKind};
use kubris::msg::{Connection, Msg};

use super::{SIZES, Stage, check};

#[test]
fn events() {
    for size in SIZES {
        check(
            "events",
            &mut Stage::open(size, "staging", Some("shop"), "events"),
        );
    }
}

#[test]
fn yaml() {
    for size in SIZES {
        let mut stage = Stage::new(size);
        stage.keys("G y");
        check("yaml", &mut stage);
    }
}

#[test]
fn describe() {
    for size in SIZES {
        let mut stage = Stage::new(size);
        stage.keys("G k d");
        check("describe", &mut stage);
    }
}

#[test]
fn messages_stand_below_each_other() {
    let mut stage = Stage::new((80, 24));
    let failure = Failure::new(FailureKind::Other, "the first line\nthe second line");
    stage.keys("C C");
    stage.send(Msg::Connection(Connection::Failed(failure)));
    stage.keys(": m e s s a g e s enter");
    check("messages", &mut stage);
}
