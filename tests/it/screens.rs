//! Every view as a picture: what is drawn, and in which roles, at the sizes people have.
//!
//! A snapshot holds the text and, below it, one letter a cell for its role; cells without a role are blank. To look at the pictures in
//! colour: `KUBRIS_PICTURES=target/pictures cargo test screens` writes each as SVG.

pub mod contrast;
pub mod picture;
pub mod stage;
pub mod world;

mod empty;
mod logs;
mod narrow;
mod nodes;
mod overlays;
mod pods;
mod texts;

use picture::Picture;
use stage::Stage;

/// The usual sizes: the smallest that must work, and a large one.
const SIZES: [(u16, u16); 2] = [(80, 24), (200, 60)];

/// Compares a stage with its picture on record.
fn check(name: &str, stage: &mut Stage) {
    let (width, height) = (stage.app.size.width, stage.app.size.height);
    let name = format!("{name}_{width}x{height}");
    Picture::in_colour(stage).save(&name);
    assert_eq!(
        Picture::beyond_ascii(stage),
        "",
        "{name}: signs without a form in ASCII"
    );
    let picture = Picture::in_roles(stage);
    insta::with_settings!({snapshot_path => "screens/snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, picture.text());
    });
}
