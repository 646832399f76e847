//! Edit, kill, trigger, suspend: asked before they are sent; an edit is never lost.

use kubris::app::overlay::Overlay;
use kubris::model::{Failure, FailureKind};
use kubris::msg::{Effect, EffectId, Msg, MutationVerb, Outcome, Propagation};
use serde_json::{Value, json};

use super::screens::stage::Stage;

/// A stage on deployments with one that has a version.
fn stage() -> Stage {
    let mut stage = Stage::unconnected((120, 40), Some("shop"), "deployments");
    stage.world.add("deployments", deployment("7", 3));
    stage.connect("staging");
    stage.rest();
    stage
}

fn deployment(version: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "aaa", "namespace": "shop", "uid": "uid-aaa", "resourceVersion": version, "managedFields": [{"manager": "x"}], "creationTimestamp": "2026-11-21T09:00:00Z"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "aaa"}}, "template": {"metadata": {"labels": {"app": "aaa"}}, "spec": {"containers": [{"name": "app", "image": "aaa:1"}]}}},
        "status": {},
    })
}

/// What the editor was last opened with.
fn editor(stage: &Stage) -> (EffectId, String) {
    let asked = stage.asked.iter().rev().find_map(|effect| match effect {
        Effect::Edit(id, text) => Some((*id, text.clone())),
        _ => None,
    });
    asked.expect("the editor is open")
}

/// Leaves the editor with a text changed by `change`.
fn leave_editor(stage: &mut Stage, change: impl Fn(&str) -> String) {
    let (id, text) = editor(stage);
    stage.asked.retain(|effect| !matches!(effect, Effect::Edit(..)));
    let fresh = change(&text);
    stage.send(Msg::Edited(id, Ok((fresh != text).then_some(fresh))));
    stage.app.drawn();
}

/// The change that was sent.
fn sent(stage: &mut Stage) -> (EffectId, Value) {
    let sent = stage.asked.iter().rev().find_map(|effect| match effect {
        Effect::Mutate(id, mutation) => match &mutation.verb {
            MutationVerb::Replace(object) => Some((*id, (**object).clone())),
            other => panic!("not a replacement: {other:?}"),
        },
        _ => None,
    });
    stage.asked.clear();
    sent.expect("sent")
}

fn question(stage: &Stage) -> String {
    match &stage.app.overlay {
        Some(Overlay::Confirm(confirm)) => confirm.body.plain(),
        other => panic!("no question but {other:?}; {}", stage.toast()),
    }
}

#[test]
fn an_edit_is_asked_field_by_field_and_sent_with_its_version() {
    let mut stage = stage();
    stage.keys("e");
    let (_, text) = editor(&stage);
    assert!(text.contains("# deployments.apps shop/aaa in staging"), "{text}");
    assert!(
        text.contains("replicas: 3") && !text.contains("managedFields"),
        "{text}"
    );
    leave_editor(&mut stage, |text| text.replace("replicas: 3", "replicas: 9"));
    assert!(
        question(&stage).contains("spec.replicas  3 → 9"),
        "{}",
        question(&stage)
    );
    assert_eq!(stage.mutations(), []);
    stage.keys("r");
    let (id, object) = sent(&mut stage);
    assert_eq!(object["spec"]["replicas"], 9);
    assert_eq!(object["metadata"]["resourceVersion"], "7");
    stage.send(Msg::Done(
        id,
        Ok(Outcome {
            message: "replaced deployments.apps shop/aaa".into(),
            exit_code: None,
        }),
    ));
    assert!(stage.toast().contains("replaced"));
    assert!(stage.app.focused().is_some_and(|pane| pane.table().is_some()));
}

/// Row 25.
#[test]
fn a_conflict_keeps_the_edit_shows_what_is_in_the_way_and_goes_on_from_it() {
    let mut stage = stage();
    stage.keys("e");
    leave_editor(&mut stage, |text| text.replace("image: aaa:1", "image: mine:2"));
    stage.keys("r");
    let (id, _) = sent(&mut stage);
    stage.slow = true;
    let why = Failure::new(
        FailureKind::Conflict,
        "deployments.apps shop/aaa was changed by somebody else in the meantime",
    );
    stage.send(Msg::Done(id, Err(why)));
    let fetch = stage.asked.iter().find_map(|effect| match effect {
        Effect::Fetch(id, _) => Some(*id),
        _ => None,
    });
    let fetch = fetch.expect("asks for the version in the way");
    stage.send(Msg::Object(fetch, Ok(Box::new(deployment("8", 5)))));
    let shown = stage.text_shown();
    for part in ["changed by somebody else", "spec.replicas  3 → 5", "mine:2"] {
        assert!(shown.contains(part), "`{part}` in\n{shown}");
    }
    stage.keys("e");
    leave_editor(&mut stage, |text| {
        assert!(
            text.contains("mine:2") && text.contains("resourceVersion: \"8\""),
            "{text}"
        );
        text.replace("replicas: 3", "replicas: 5")
    });
    assert!(
        !question(&stage).contains("spec.replicas"),
        "{}",
        question(&stage)
    );
    stage.keys("r");
    let (id, object) = sent(&mut stage);
    assert_eq!(object["metadata"]["resourceVersion"], "8");
    stage.send(Msg::Done(id, Ok(Outcome::default())));
    assert!(
        stage.app.focused().is_some_and(|pane| pane.table().is_some()),
        "applied: nothing to keep"
    );
}

/// Row 26.
#[test]
fn a_refusal_is_shown_whole_and_the_edit_is_kept() {
    let mut stage = stage();
    stage.keys("e");
    leave_editor(&mut stage, |text| text.replace("replicas: 3", "replicas: 99"));
    stage.keys("r");
    let (id, _) = sent(&mut stage);
    let said = "admission webhook \"policy.example.com\" denied the request:\n  - no more than 4 replicas on a Friday\n  - ask #platform";
    stage.send(Msg::Done(id, Err(Failure::new(FailureKind::Invalid, said))));
    let shown = stage.text_shown();
    for line in said.lines() {
        assert!(shown.contains(line), "`{line}` in\n{shown}");
    }
    assert!(shown.contains("replicas: 99"), "{shown}");
    stage.keys("e");
    assert!(editor(&stage).1.contains("replicas: 99"));
}

#[test]
fn what_is_no_yaml_or_another_object_is_kept_with_the_reason() {
    for (from, to, why) in [
        ("replicas: 3", "replicas: [3", "no YAML"),
        ("name: aaa\n", "name: bbb\n", "metadata.name"),
    ] {
        let mut stage = stage();
        stage.keys("e");
        leave_editor(&mut stage, |text| text.replacen(from, to, 1));
        let shown = stage.text_shown();
        assert!(
            shown.contains(why) && shown.contains(to.trim()),
            "`{why}` in\n{shown}"
        );
        assert!(stage.app.overlay.is_none());
        stage.keys("e");
        leave_editor(&mut stage, |text| text.replacen(to, from, 1));
        assert!(stage.toast().contains("nothing was changed"), "{}", stage.toast());
        assert!(stage.app.focused().is_some_and(|pane| pane.table().is_some()));
    }
}

#[test]
fn an_edit_that_is_cancelled_is_kept_and_an_untouched_one_is_none() {
    let mut stage = stage();
    stage.keys("e");
    leave_editor(&mut stage, str::to_owned);
    assert!(stage.app.overlay.is_none() && stage.toast().contains("nothing was changed"));
    stage.keys("e");
    leave_editor(&mut stage, |text| text.replace("replicas: 3", "replicas: 4"));
    stage.keys("esc");
    assert!(
        stage.text_shown().contains("replicas: 4"),
        "{}",
        stage.text_shown()
    );
    assert_eq!(stage.mutations(), []);
}

#[test]
fn values_of_a_secret_are_not_shown_on_the_way() {
    let mut stage = Stage::unconnected((120, 40), Some("shop"), "secrets");
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "data": {"admin": "aHVudGVyMg=="},
        "metadata": {"name": "aaa", "namespace": "shop", "uid": "uid-aaa", "creationTimestamp": "2026-11-21T09:00:00Z"},
    });
    stage.world.add("secrets", secret);
    stage.connect("staging");
    stage.rest();
    stage.keys("e");
    leave_editor(&mut stage, |text| text.replace("aHVudGVyMg==", "c2VzYW1l"));
    let asked = question(&stage);
    assert!(
        asked.contains("data.admin") && !asked.contains("aHVudGVy") && !asked.contains("c2VzYW1l"),
        "{asked}"
    );
    let journal = match &stage.app.overlay {
        Some(Overlay::Confirm(confirm)) => {
            format!("{}{}", confirm.mutations[0].before, confirm.mutations[0].after)
        }
        _ => String::new(),
    };
    assert_eq!(
        journal, "data.admin",
        "the journal says which field, never its value"
    );
    stage.keys("esc");
    assert!(!stage.text_shown().contains("c2VzYW1l"), "{}", stage.text_shown());
}

#[test]
fn in_read_only_none_of_them_begins() {
    let mut stage = Stage::open((120, 40), "prod-eks", Some("shop"), "pods");
    for key in ["e", "ctrl-k"] {
        stage.keys(key);
        assert!(stage.app.overlay.is_none(), "`{key}`");
        assert!(stage.toast().contains("read-only"), "`{key}`: {}", stage.toast());
    }
    assert!(
        !stage
            .asked
            .iter()
            .any(|effect| matches!(effect, Effect::Edit(..) | Effect::Mutate(..)))
    );
}

#[test]
fn kill_asks_first() {
    let mut stage = Stage::new((120, 40));
    stage.keys("ctrl-k");
    assert!(question(&stage).contains("without grace"));
    assert_eq!(stage.mutations(), []);
    stage.app.drawn();
    stage.keys("k");
    let verb = MutationVerb::Delete {
        propagation: Propagation::Background,
        grace: Some(0),
    };
    assert_eq!(
        stage
            .mutations()
            .into_iter()
            .map(|mutation| mutation.verb)
            .collect::<Vec<_>>(),
        [verb]
    );
}

#[test]
fn cronjobs_are_triggered_suspended_and_resumed() {
    for (suspended, button, verb) in [
        (false, "s", MutationVerb::Suspend(true)),
        (true, "r", MutationVerb::Suspend(false)),
    ] {
        let mut stage = Stage::unconnected((120, 40), Some("shop"), "cronjobs");
        let cronjob = json!({
            "apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": {"name": "nightly", "namespace": "shop", "uid": "uid-nightly", "creationTimestamp": "2026-11-21T09:00:00Z"},
            "spec": {"schedule": "0 0 * * *", "suspend": suspended},
        });
        stage.world.add("cronjobs", cronjob);
        stage.connect("staging");
        stage.rest();
        stage.keys("t");
        assert!(question(&stage).contains("a job is made"));
        stage.app.drawn();
        stage.keys("t s");
        stage.app.drawn();
        stage.keys(button);
        let verbs: Vec<MutationVerb> = stage
            .mutations()
            .into_iter()
            .map(|mutation| mutation.verb)
            .collect();
        assert_eq!(verbs, [MutationVerb::Trigger, verb]);
    }
}
