//! Text panes: YAML, describe; what becomes of their answers.

use kubris::app::overlay::Overlay;
use kubris::clock::Timestamp;
use kubris::model::{Failure, FailureKind, Phase};
use kubris::msg::{Effect, Msg};
use serde_json::json;

use super::screens::picture::Picture;
use super::screens::stage::Stage;

const SECOND: i64 = 1_000_000_000;

#[test]
fn an_answer_that_comes_while_the_text_is_covered_is_shown_when_one_comes_back() {
    let mut stage = Stage::new((120, 40));
    stage.slow = true;
    stage.keys("y");
    stage.keys(": d p enter");
    stage.answer();
    stage.keys("esc");
    assert!(stage.text_shown().contains("kind: Pod"), "{}", stage.text_shown());
}

#[test]
fn a_text_is_kept_up_to_date_under_a_feed_that_never_rests() {
    let mut stage = Stage::new((120, 40));
    stage.keys("y r");
    stage.slow = true;
    stage.asked.clear();
    let began = stage.now;
    for step in 0..60 {
        // Five messages a second, and a tick whenever the app asked for one.
        stage.now = Timestamp(began.0 + step * SECOND / 5);
        let due = stage.app.deadline();
        stage.say("pods", &Phase::Live);
        if due.is_some_and(|due| due <= stage.now) {
            stage.send(Msg::Tick(stage.now));
        }
    }
    let asked = stage
        .asked
        .iter()
        .filter(|effect| matches!(effect, Effect::Fetch(..)))
        .count();
    assert_eq!(
        asked, 1,
        "asked for again, and only once while the answer is awaited"
    );
    stage.answer();
    stage.slow = true;
    let due = stage.app.deadline().expect("and again");
    assert!(due.nanos_since(stage.now) <= 5 * SECOND);
}

#[test]
fn a_description_tells_events_that_come_after_it() {
    let mut stage = Stage::new((120, 40));
    stage.keys("d");
    let pod = stage
        .app
        .focused()
        .and_then(|pane| pane.subject().cloned())
        .expect("about a pod");
    let event = json!({
        "metadata": {"name": "late", "namespace": "shop", "uid": "uid-late", "creationTimestamp": "2026-11-21T12:00:01Z"},
        "regarding": {"kind": "Pod", "namespace": "shop", "name": &*pod.name},
        "reason": "FailedMount", "note": "no such volume", "type": "Warning", "eventTime": "2026-11-21T12:00:01.000000Z",
    });
    let found = stage.world.find("pods", "shop", &pod.name).expect("it exists");
    let mut event = event;
    event["regarding"]["uid"] = found["metadata"]["uid"].clone();
    stage.upsert("events", &event);
    stage.rest();
    assert!(
        stage.text_shown().contains("FailedMount"),
        "{}",
        stage.text_shown()
    );
}

fn secret(values: &[(&str, &str)]) -> serde_json::Value {
    let data: serde_json::Map<_, _> = values
        .iter()
        .map(|(key, value)| ((*key).to_owned(), json!(value)))
        .collect();
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": "aaa", "namespace": "shop", "uid": "uid-aaa", "creationTimestamp": "2026-11-21T09:00:00Z"},
        "data": data,
    })
}

fn on_secret(values: &[(&str, &str)]) -> Stage {
    let mut stage = Stage::unconnected((120, 40), Some("shop"), "secrets");
    stage.world.add("secrets", secret(values));
    stage.connect("staging");
    stage.rest();
    stage
}

/// Passwords: `hunter2`, `sesame`.
const TWO: &[(&str, &str)] = &[("admin", "aHVudGVyMg=="), ("guest", "c2VzYW1l")];

#[test]
fn values_of_a_secret_are_shown_key_by_key_and_stay_masked_in_what_is_copied_and_saved() {
    let mut stage = on_secret(TWO);
    stage.keys("x");
    assert!(matches!(&stage.app.overlay, Some(Overlay::Picker(picker)) if picker.items.len() == 2));
    assert!(!stage.text_shown().contains("hunter2") && !stage.text_shown().contains("aHVudGVy"));
    stage.keys("enter");
    assert!(stage.text_shown().contains("hunter2"), "{}", stage.text_shown());
    assert!(
        !stage.text_shown().contains("sesame"),
        "the other one was not asked for"
    );
    stage.keys("c");
    let copied = stage.asked.iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.clone()),
        _ => None,
    });
    assert!(copied.is_some_and(|text| text.contains("hunter2")
        && !text.contains("sesame")
        && !text.contains("c2VzYW1l")));
    stage.keys("x enter");
    assert!(
        !stage.text_shown().contains("hunter2"),
        "the same key hides it again"
    );
    stage.keys("m");
    assert!(!stage.text_shown().contains("sesame"), "{}", stage.text_shown());
}

#[test]
fn the_only_value_needs_no_question_and_a_late_answer_opens_none() {
    let mut stage = on_secret(&TWO[..1]);
    stage.keys("x");
    assert!(stage.app.overlay.is_none());
    assert!(stage.text_shown().contains("hunter2"));
    let mut stage = on_secret(TWO);
    stage.slow = true;
    stage.keys("x :");
    stage.answer();
    assert!(
        matches!(stage.app.overlay, Some(Overlay::Command(_))),
        "what is typed goes on"
    );
    stage.keys("esc x");
    assert!(matches!(stage.app.overlay, Some(Overlay::Picker(_))));
}

#[test]
fn other_texts_have_nothing_to_reveal() {
    let mut stage = Stage::new((120, 40));
    stage.keys("y x");
    assert!(stage.app.overlay.is_none());
    assert!(
        stage.toast().contains("only the values of secrets"),
        "{}",
        stage.toast()
    );
}

/// A stage on the YAML of a ConfigMap with a script, far below.
fn on_script() -> Stage {
    let mut stage = Stage::unconnected((120, 20), Some("shop"), "configmaps");
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "aaa", "namespace": "shop", "uid": "uid-aaa", "creationTimestamp": "2026-11-21T09:00:00Z"},
        "data": {"a.txt": "line\n".repeat(60), "run.sh": "#!/bin/sh\n# why\necho hi\n"},
    });
    stage.world.add("configmaps", map);
    stage.connect("staging");
    stage.rest();
    stage.keys("y");
    stage
}

fn highlights(stage: &Stage) -> Vec<(kubris::msg::EffectId, String, Vec<String>)> {
    let asked = stage.asked.iter().filter_map(|effect| match effect {
        Effect::Highlight(id, syntax, lines) => Some((*id, syntax.clone(), lines.clone())),
        _ => None,
    });
    asked.collect()
}

#[test]
fn a_script_in_a_config_map_is_coloured_when_it_comes_on_screen() {
    let mut stage = on_script();
    let syntaxes = |stage: &Stage| {
        highlights(stage)
            .into_iter()
            .map(|(_, syntax, _)| syntax)
            .collect::<Vec<_>>()
    };
    assert!(
        !syntaxes(&stage).contains(&"sh".to_owned()),
        "not before it is seen: {:?}",
        syntaxes(&stage)
    );
    stage.keys("G");
    let (id, _, lines) = highlights(&stage).pop().expect("asked for");
    assert_eq!(lines, ["#!/bin/sh", "# why", "echo hi"]);
    let before = stage.text_shown();
    stage.send(Msg::Highlighted(id, kubris::highlight::lines("sh", &lines)));
    assert_eq!(stage.text_shown(), before, "colours change no text");
    let comment = |stage: &Stage| {
        let screen = kubris::view::screen(&stage.app);
        format!("{:?}", screen.panes[0].body).contains("Comment")
    };
    assert!(comment(&stage));
    let asked = highlights(&stage).len();
    stage.keys("m");
    assert!(comment(&stage), "the same text anew keeps its colours");
    assert_eq!(highlights(&stage).len(), asked);
}

/// The fetch that waits for its answer.
fn fetch(stage: &Stage) -> kubris::msg::EffectId {
    let asked = stage.asked.iter().rev().find_map(|effect| match effect {
        Effect::Fetch(id, _) => Some(*id),
        _ => None,
    });
    asked.expect("asked for")
}

fn unreachable() -> Failure {
    Failure::new(
        FailureKind::Connection,
        "cannot reach https://staging.eks.example.com: connection refused, and that is a long story that no title holds",
    )
}

#[test]
fn a_text_that_cannot_be_fetched_says_why_in_its_body_and_tries_again_on_a_key() {
    let mut stage = Stage::new((80, 24));
    stage.slow = true;
    stage.keys("y");
    let first = fetch(&stage);
    stage.send(Msg::Object(first, Err(unreachable())));
    let text = Picture::in_colour(&mut stage).text();
    assert!(
        text.contains("connection refused") && text.contains("no title holds"),
        "{text}"
    );
    assert!(text.contains("r tries again"), "{text}");
    stage.keys("r");
    assert_ne!(fetch(&stage), first);
    stage.answer();
    assert!(stage.text_shown().contains("kind: Pod"), "{}", stage.text_shown());
}

#[test]
fn a_text_that_cannot_be_fetched_again_stays_and_says_how_old_it_is() {
    let mut stage = Stage::new((80, 24));
    stage.keys("y r");
    stage.slow = true;
    stage.rest();
    let again = fetch(&stage);
    stage.send(Msg::Object(again, Err(unreachable())));
    let text = Picture::in_colour(&mut stage).text();
    assert!(text.contains("kind: Pod") && text.contains("✗ as of "), "{text}");
    assert!(text.contains("r tries again · cannot reach"), "{text}");
    stage.keys("G");
    let text = Picture::in_colour(&mut stage).text();
    let last = stage
        .text_shown()
        .lines()
        .last()
        .expect("a line")
        .trim()
        .to_owned();
    assert!(text.contains(&last), "the last line is reached: {last}\n{text}");
}
