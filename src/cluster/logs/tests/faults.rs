//! Streams that break, lie, stall and restart.

use std::time::Duration;

use serde_json::json;

use super::super::Timing;
use super::fake::Fake;
use super::{Pane, all, quick};
use crate::logs::{Item, State};

#[tokio::test]
async fn a_stream_that_ends_while_the_container_runs_is_reopened_without_loss_or_doubling() {
    let (fake, link) = Fake::start().await;
    fake.running("a");
    fake.write("a", &[(1_000, "one"), (1_500, "two"), (1_500, "two")]);
    let mut pane = Pane::open(&link, all(), quick());
    pane.until("three lines", |pane| pane.shown().len() == 3).await;
    for round in 0..3 {
        fake.cut(None);
        fake.write("a", &[(1_500, "two"), (1_501 + round, "three")]);
        let lines = 5 + 2 * round as usize;
        pane.until("the lines after", |pane| pane.shown().len() >= lines)
            .await;
    }
    let expected = [
        "one", "two", "two", "two", "three", "two", "three", "two", "three",
    ];
    assert_eq!(pane.shown(), expected);
}

#[tokio::test]
async fn a_line_cut_by_a_disconnect_is_shown_once_and_whole() {
    let (fake, link) = Fake::start().await;
    fake.running("a");
    fake.write("a", &[(1_000, "one")]);
    let mut pane = Pane::open(&link, all(), quick());
    pane.until_shown("one").await;
    fake.change(|world| {
        let log = world.logs.entry("a".into()).or_default();
        log.push((1_000, "a long line that is torn".into()));
    });
    fake.cut(Some(30));
    fake.write("a", &[(2_000, "last")]);
    pane.until_shown("last").await;
    assert_eq!(pane.shown(), ["one", "a long line that is torn", "last"]);
}

#[tokio::test]
async fn a_log_rotated_away_during_a_disconnect_leaves_a_gap() {
    let (fake, link) = Fake::start().await;
    fake.running("a");
    fake.write("a", &[(1_000, "one")]);
    let mut pane = Pane::open(&link, all(), quick());
    pane.until_shown("one").await;
    fake.change(|world| world.logs.clear());
    fake.cut(None);
    fake.write("a", &[(5_000, "after")]);
    pane.until_shown("after").await;
    assert_eq!(pane.shown(), ["one", "gap 4000", "after"]);
}

#[tokio::test]
async fn a_completed_container_is_read_once_and_says_its_exit_code() {
    let (fake, link) = Fake::start().await;
    let ended = json!({"terminated": {"exitCode": 3, "reason": "Error", "containerID": "c://0"}});
    fake.pod("a", "c://0", &ended, &json!({}));
    fake.change(|world| world.ended.push("a".into()));
    fake.write("a", &[(1_000, "only")]);
    let mut pane = Pane::open(&link, all(), quick());
    pane.until("the end", |pane| pane.is_ended(0, Some(3))).await;
    fake.running("b");
    fake.write("b", &[(2_000, "later")]);
    pane.until_shown("later").await;
    assert_eq!(fake.log_requests("a"), 1);
    assert_eq!(pane.shown(), ["only", "later"]);
}

#[tokio::test]
async fn a_restart_gives_one_new_stream_and_a_divider() {
    let (fake, link) = Fake::start().await;
    fake.running("a");
    fake.write("a", &[(1_000, "before")]);
    let mut pane = Pane::open(&link, all(), quick());
    pane.until_shown("before").await;
    let last = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled", "containerID": "c://0", "finishedAt": "1970-01-01T00:00:02Z"}});
    fake.pod(
        "a",
        "c://0",
        &json!({"waiting": {"reason": "CrashLoopBackOff"}}),
        &last,
    );
    fake.change(|world| world.ended.push("a".into()));
    pane.until("the end", |pane| pane.is_ended(0, Some(137))).await;
    fake.change(|world| {
        world.ended.clear();
        world.logs.clear();
    });
    fake.write("a", &[(3_000, "after")]);
    for _ in 0..3 {
        fake.pod("a", "c://1", &json!({"running": {}}), &last);
    }
    pane.until_shown("after").await;
    assert_eq!(pane.shown(), ["before", "restart Some(137) OOMKilled", "after"]);
    assert_eq!(pane.states().len(), 2);
}

#[tokio::test]
async fn refusals_are_shown_and_overcome() {
    let (fake, link) = Fake::start().await;
    fake.pod(
        "a",
        "",
        &json!({"waiting": {"reason": "ContainerCreating"}}),
        &json!({}),
    );
    let mut pane = Pane::open(&link, all(), quick());
    pane.until("waiting", |pane| matches!(&pane.states()[..], [State::Waiting { reason, .. }] if &**reason == "ContainerCreating")).await;
    fake.change(|world| {
        world.refusals = vec![
            (400, "ContainerCreating"),
            (400, "ContainerCreating"),
            (401, "token expired"),
            (403, "may not"),
            (500, "etcd"),
        ];
    });
    fake.write("a", &[(1_000, "first")]);
    fake.running("a");
    pane.until("forbidden", |pane| {
        matches!(&pane.states()[..], [State::Forbidden { .. }])
    })
    .await;
    pane.until_shown("first").await;
    assert_eq!(fake.log_requests("a"), 6);
}

#[tokio::test]
async fn a_silent_stream_that_died_is_found_out_by_asking() {
    let (fake, link) = Fake::start().await;
    fake.running("a");
    fake.write("a", &[(1_000, "one")]);
    fake.change(|world| world.deaf = true);
    let timing = Timing {
        probe: Duration::from_millis(30),
        ..quick()
    };
    let mut pane = Pane::open(&link, all(), timing);
    pane.until_shown("one").await;
    fake.change(|world| world.deaf = false);
    fake.write("a", &[(1_000, "said while nobody heard")]);
    pane.until_shown("said while nobody heard").await;
    assert_eq!(pane.shown(), ["one", "said while nobody heard"]);
}

#[tokio::test]
async fn a_very_long_line_is_cut_and_keeps_its_length() {
    let (fake, link) = Fake::start().await;
    fake.running("a");
    fake.write("a", &[(1_000, &"x".repeat(3 << 20)), (1_001, "next")]);
    let mut pane = Pane::open(&link, all(), quick());
    pane.until_shown("next").await;
    let Some(Item::Line(long)) = pane.buffer.window(0, 1).next() else {
        panic!()
    };
    assert_eq!(
        (long.text.len(), long.cut),
        (crate::logs::LINE_MAX, Some(3 << 20))
    );
}
