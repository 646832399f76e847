//! Events, YAML, describe.

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
