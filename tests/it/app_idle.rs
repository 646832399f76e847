//! A program that nobody uses: what it wakes for, and what it draws then.

use kubris::app::App;
use kubris::clock::Timestamp;
use kubris::model::FeedId;
use kubris::msg::{Effect, FeedEvent, Msg, Outcome};

use super::screens::stage::Stage;
use super::speed::many;

const SIZE: (u16, u16) = (120, 40);
const SECOND: i64 = 1_000_000_000;

fn drops(stage: &Stage) -> Vec<FeedId> {
    let drop = |effect: &Effect| match effect {
        Effect::Drop(id) => Some(*id),
        _ => None,
    };
    stage.asked.iter().filter_map(drop).collect()
}

/// The feeds of a resource that are open.
fn open(stage: &Stage, resource: &str) -> usize {
    let feeds = stage.app.store.feeds();
    feeds
        .filter(|(_, state)| state.feed.gvr.resource == resource)
        .count()
}

/// Goes to what the program wants to wake for and lets it, as the loop does; until `until`. How often it woke, and drew.
fn idle(stage: &mut Stage, until: Timestamp) -> (usize, usize) {
    let (mut woken, mut drawn) = (0, 0);
    while let Some(due) = stage.app.deadline().filter(|due| *due <= until) {
        assert!(due > stage.now || woken < 500, "it wakes for the past: {due:?}");
        stage.now = due.max(stage.now);
        stage.send(Msg::Tick(stage.now));
        if stage.app.dirty {
            stage.app.drawn();
            drawn += 1;
        }
        woken += 1;
        assert!(woken < 1_000, "it never sleeps");
    }
    stage.now = until;
    (woken, drawn)
}

#[test]
fn a_feed_in_the_background_goes_a_while_after_its_last_user() {
    let mut stage = Stage::new(SIZE);
    assert_eq!(open(&stage, "endpointslices"), 0);
    stage.keys(": s v c enter");
    assert_eq!(
        open(&stage, "endpointslices"),
        1,
        "services count their endpoints"
    );
    // A second view needs no second one, and both are left.
    stage.keys(": s v c enter esc esc");
    let left = stage.now;
    assert_eq!(
        idle(&mut stage, Timestamp(left.0 + 40 * SECOND)),
        (0, 0),
        "no age is another yet"
    );
    assert_eq!(open(&stage, "endpointslices"), 1, "going back costs nothing");
    let (woken, drawn) = idle(&mut stage, Timestamp(left.0 + 70 * SECOND));
    assert!(
        woken <= 30 && drawn <= woken,
        "more than once a second: {woken}, {drawn} drawn"
    );
    assert_eq!(open(&stage, "endpointslices"), 0);
    assert_eq!(open(&stage, "services"), 0);
    // There are no services here: whether their namespace is was asked, too.
    assert_eq!(open(&stage, "namespaces"), 0);
    assert_eq!(drops(&stage).len(), 3, "each is told once: {:?}", drops(&stage));
    // What is on screen stays.
    assert!(open(&stage, "pods") > 0 && open(&stage, "nodes") == 1);
}

#[test]
fn a_rollout_leaves_what_it_followed() {
    let mut stage = Stage::new(SIZE);
    stage.keys(": d p enter");
    stage.keys("r");
    stage.app.drawn();
    stage.keys("tab enter");
    let asked = stage.asked.iter().find_map(|effect| match effect {
        Effect::Mutate(id, _) => Some(*id),
        _ => None,
    });
    let outcome = Outcome {
        message: "restarted deploy/web".to_owned(),
        exit_code: None,
    };
    stage.send(Msg::Done(asked.expect("nothing was restarted"), Ok(outcome)));
    stage.keys("esc");
    let left = stage.now;
    // The world says at once that it is done.
    let (woken, _) = idle(&mut stage, Timestamp(left.0 + 2 * 60 * SECOND));
    assert!(woken <= 120, "more than once a second: {woken}");
    assert_eq!(
        open(&stage, "deployments"),
        0,
        "nobody looks at deployments any more"
    );
}

#[test]
fn nothing_is_drawn_for_rows_that_are_not_on_screen() {
    let mut app = many::pods(SIZE, 1_000);
    let feed = app.focused().and_then(|pane| pane.table()).unwrap().feed;
    let change = |app: &mut App, number: usize| {
        app.drawn();
        let rows = many::rows("pods", std::iter::once(many::restarted(number, 7))).unwrap();
        let _ = app.update(Msg::Feed(feed, 0, FeedEvent::Rows(rows)), app.now);
        app.dirty
    };
    assert!(!change(&mut app, 900), "a hidden row changed");
    assert!(change(&mut app, 1), "a visible row changed");
    app.drawn();
    let rows = many::rows("pods", std::iter::once(many::pod(1_000))).unwrap();
    let _ = app.update(Msg::Feed(feed, 0, FeedEvent::Rows(rows)), app.now);
    assert!(app.dirty, "a row came: the count is another");
}

#[test]
fn a_tick_draws_only_when_something_on_screen_is_another() {
    let mut app = many::pods(SIZE, 1_000);
    let later = |seconds: i64| Timestamp(many::NOW.0 + seconds * SECOND);
    let _ = app.update(Msg::Tick(later(60)), later(60));
    app.drawn();
    let _ = app.update(Msg::Tick(later(61)), later(61));
    assert!(!app.dirty, "all ages are hours");
    let due = app.deadline().unwrap();
    assert!(due > later(61), "it wakes for nothing");
    let _ = app.update(Msg::Tick(due), due);
    assert!(app.dirty, "an age is another");
    assert_ne!(app.deadline(), Some(due), "it would wake for ever");
}
