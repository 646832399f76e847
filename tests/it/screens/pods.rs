//! Pods: as the program opens, in every depth of colour.

use kubris::theme::{Depth, Theme};
use ratatui::style::Modifier;

use super::picture::Picture;
use super::{SIZES, Stage, check};

#[test]
fn as_it_opens() {
    for size in SIZES {
        check("pods", &mut Stage::new(size));
    }
}

#[test]
fn wide_with_all_namespaces() {
    for size in SIZES {
        let mut stage = Stage::new(size);
        stage.keys("0 ctrl-w j j");
        check("pods_wide", &mut stage);
    }
}

#[test]
fn filtered_sorted_and_marked() {
    let mut stage = Stage::new((80, 24));
    stage.keys("C / w e b");
    check("pods_filter_prompt", &mut stage);
    stage.keys("enter space j space j");
    check("pods_filtered_marked", &mut stage);
}

#[test]
fn faults_only() {
    let mut stage = Stage::new((120, 36));
    stage.keys("ctrl-z");
    check("pods_faults", &mut stage);
}

#[test]
fn the_protected_context_cannot_be_mistaken() {
    let mut stage = Stage::open((120, 12), "prod-eks", None, "pods");
    check("pods_protected", &mut stage);
}

#[test]
fn in_16_colours() {
    let mut stage = Stage::new((80, 24));
    stage.keys("j space j");
    let picture = Picture::of(&mut stage, &Theme::embedded("sixteen", Depth::Sixteen));
    picture.save("pods_sixteen");
    insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("pods_sixteen", picture.text());
    });
}

#[test]
fn without_colour_everything_is_told_by_word_and_shape() {
    let mut stage = Stage::new((80, 24));
    stage.keys("j space j");
    let picture = Picture::of(&mut stage, &Theme::embedded("dark", Depth::None));
    picture.save("pods_no_colour");
    assert!(!picture.has_colour());
    assert!(picture.has(Modifier::REVERSED), "the cursor's row");
    insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("pods_no_colour", picture.text());
    });
}
