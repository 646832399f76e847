//! Edit, kill, trigger, suspend: asked before they are sent; an edit is never lost.

use kubris::app::overlay::Overlay;
use kubris::app::pane::PaneView;
use kubris::model::{Failure, FailureKind, Phase};
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
    let mut newer = deployment("8", 5);
    newer["spec"]["template"]["spec"]["containers"][0]["image"] = json!("theirs:2");
    stage.send(Msg::Object(fetch, Ok(Box::new(newer))));
    let shown = stage.text_shown();
    for part in [
        "changed by somebody else",
        "spec.replicas  3 → 5",
        "aaa:1\" → \"theirs:2",
        "changed by both; your value stands:\n  spec.template.spec.containers[app].image\n",
        "mine:2",
    ] {
        assert!(shown.contains(part), "`{part}` in\n{shown}");
    }
    stage.keys("e");
    leave_editor(&mut stage, |text| {
        assert!(
            text.contains("mine:2") && text.contains("resourceVersion: \"8\""),
            "{text}"
        );
        text.to_owned()
    });
    assert!(
        !question(&stage).contains("spec.replicas"),
        "{}",
        question(&stage)
    );
    stage.keys("r");
    let (id, object) = sent(&mut stage);
    assert_eq!(object["metadata"]["resourceVersion"], "8");
    assert_eq!(object["spec"]["replicas"], 5, "theirs stays");
    stage.send(Msg::Done(id, Ok(Outcome::default())));
    assert!(
        stage.app.focused().is_some_and(|pane| pane.table().is_some()),
        "applied: nothing to keep"
    );
}

/// Answers the edit that was sent with a conflict, and the question that follows with what is there now.
fn in_the_way(stage: &mut Stage, newer: Value) -> Value {
    let (id, object) = sent(stage);
    let why = Failure::new(FailureKind::Conflict, "changed by somebody else");
    stage.slow = true;
    stage.send(Msg::Done(id, Err(why)));
    let fetch = stage.asked.iter().find_map(|effect| match effect {
        Effect::Fetch(id, _) => Some(*id),
        _ => None,
    });
    stage.send(Msg::Object(fetch.expect("asks"), Ok(Box::new(newer))));
    object
}

#[test]
fn what_changed_beside_an_edit_is_no_conflict() {
    let mut stage = stage();
    stage.keys("e");
    leave_editor(&mut stage, |text| {
        let text = text.replace("image: aaa:1", "image: mine:2");
        text.replace("status: {}", "status: {readyReplicas: 1}")
    });
    stage.keys("r");
    for version in 8..12 {
        let mut newer = deployment(&version.to_string(), 5);
        newer["status"] = json!({"readyReplicas": version, "conditions": [{"type": "Available"}]});
        in_the_way(&mut stage, newer);
    }
    let (id, object) = sent(&mut stage);
    assert_eq!(object["metadata"]["resourceVersion"], "11");
    assert_eq!(object["spec"]["replicas"], 5, "theirs stays");
    assert_eq!(
        object["spec"]["template"]["spec"]["containers"][0]["image"],
        "mine:2"
    );
    let message = "replaced deployments.apps shop/aaa".to_owned();
    stage.send(Msg::Done(
        id,
        Ok(Outcome {
            message,
            exit_code: None,
        }),
    ));
    assert!(
        stage
            .toast()
            .contains("replaced deployments.apps shop/aaa; changed meanwhile and kept: spec.replicas"),
        "{}",
        stage.toast()
    );
    assert!(stage.app.focused().is_some_and(|pane| pane.table().is_some()));
}

#[test]
fn an_object_that_never_rests_ends_in_a_kept_edit() {
    let mut stage = stage();
    stage.keys("e");
    leave_editor(&mut stage, |text| text.replace("replicas: 3", "replicas: 9"));
    stage.keys("r");
    for version in 8..21 {
        in_the_way(&mut stage, deployment(&version.to_string(), 3));
    }
    let tried = stage.mutations().len();
    assert_eq!(tried, 0, "enough");
    let shown = stage.text_shown();
    assert!(
        shown.contains("changed by somebody else") && shown.contains("replicas: 9"),
        "{shown}"
    );
}

#[test]
fn an_edit_that_somebody_else_made_meanwhile_is_not_sent_again() {
    let mut stage = stage();
    stage.keys("e");
    leave_editor(&mut stage, |text| text.replace("replicas: 3", "replicas: 9"));
    stage.keys("r");
    in_the_way(&mut stage, deployment("8", 9));
    assert_eq!(stage.mutations(), []);
    assert!(
        stage.toast().contains("already is as edited"),
        "{}",
        stage.toast()
    );
}

#[test]
fn comments_in_an_edit_survive_a_conflict() {
    let mut stage = stage();
    stage.keys("e");
    leave_editor(&mut stage, |text| {
        let text = text.replace("  replicas: 3\n", "  # for the sale on Friday\n  replicas: 9\n");
        text.replace("image: aaa:1", "image: mine:2 # pinned")
    });
    stage.keys("r");
    let (id, _) = sent(&mut stage);
    stage.slow = true;
    let why = Failure::new(FailureKind::Conflict, "changed by somebody else");
    stage.send(Msg::Done(id, Err(why)));
    let fetch = stage.asked.iter().find_map(|effect| match effect {
        Effect::Fetch(id, _) => Some(*id),
        _ => None,
    });
    let mut newer = deployment("8", 4);
    newer["metadata"]["labels"] = json!({"team": "shop"});
    stage.send(Msg::Object(fetch.expect("asks"), Ok(Box::new(newer))));
    stage.keys("e");
    let text = editor(&stage).1;
    for part in [
        "  # for the sale on Friday\n  replicas: 9\n",
        "image: mine:2 # pinned\n",
        "team: shop",
        "resourceVersion: \"8\"",
    ] {
        assert!(text.contains(part), "`{part}` in\n{text}");
    }
}

#[test]
fn an_edit_that_is_kept_when_the_program_is_left_is_a_file() {
    let mut stage = stage();
    stage.keys("e");
    leave_editor(&mut stage, |text| text.replace("replicas: 3", "replicas: 9"));
    stage.keys("esc q");
    assert!(stage.asked.contains(&Effect::Quit));
    let drafts = stage.app.drafts();
    assert!(
        drafts.len() == 1 && drafts[0].1.text.contains("replicas: 9"),
        "{drafts:?}"
    );
    assert!(drafts[0].0.contains("was not applied"), "{drafts:?}");
    assert_eq!(stage.app.drafts(), [], "once");
}

#[test]
fn an_edit_that_is_left_is_a_file_that_is_named() {
    let mut stage = stage();
    stage.keys("e");
    leave_editor(&mut stage, |text| text.replace("replicas: 3", "replicas: 9"));
    stage.keys("esc");
    assert_eq!(stage.saved.len(), 0, "it stands in its pane");
    stage.keys("esc");
    assert!(
        stage.saved.len() == 1 && stage.saved[0].text.contains("replicas: 9"),
        "{:?}",
        stage.saved
    );
    assert!(
        stage
            .toast()
            .contains("saved edit-deployments.apps-shop-aaa.yaml"),
        "{}",
        stage.toast()
    );
}

/// Sends an edit of the replicas to 9 and answers that somebody else has a newer version.
fn conflict(stage: &mut Stage, newer: Value) {
    stage.keys("e");
    leave_editor(stage, |text| text.replace("replicas: 3", "replicas: 9"));
    stage.keys("r");
    let (id, _) = sent(stage);
    stage.slow = true;
    stage.send(Msg::Done(
        id,
        Err(Failure::new(FailureKind::Conflict, "changed by somebody else")),
    ));
    let fetch = stage.asked.iter().find_map(|effect| match effect {
        Effect::Fetch(id, _) => Some(*id),
        _ => None,
    });
    stage.send(Msg::Object(fetch.expect("asks"), Ok(Box::new(newer))));
}

#[test]
fn what_both_changed_is_named_and_another_object_of_the_name_is_not_taken() {
    let mut newer = deployment("8", 5);
    newer["status"] = json!({"readyReplicas": 5});
    let mut first = stage();
    conflict(&mut first, newer.clone());
    let shown = first.text_shown();
    assert!(
        shown.contains("changed by both; your value stands:\n  spec.replicas\n"),
        "{shown}"
    );
    assert!(shown.contains("replicas: 9"), "{shown}");
    assert!(!shown.contains("  status.readyReplicas"), "{shown}");
    newer["metadata"]["uid"] = json!("uid-other");
    let mut second = stage();
    conflict(&mut second, newer);
    let shown = second.text_shown();
    assert!(
        shown.contains("deleted meanwhile") && shown.contains("uid: uid-aaa"),
        "{shown}"
    );
}

#[test]
fn version_and_uid_are_sent_even_when_their_lines_were_deleted() {
    let mut stage = stage();
    stage.keys("e");
    leave_editor(&mut stage, |text| {
        let kept: Vec<&str> = text
            .lines()
            .filter(|line| !line.contains("resourceVersion:") && !line.contains("uid:"))
            .collect();
        kept.join("\n").replace("replicas: 3", "replicas: 9")
    });
    assert!(!question(&stage).contains("uid"), "{}", question(&stage));
    stage.keys("r");
    let (_, object) = sent(&mut stage);
    assert_eq!(object["metadata"]["resourceVersion"], "7");
    assert_eq!(object["metadata"]["uid"], "uid-aaa");
}

/// Opens the other context and comes to it.
fn to_another_context(stage: &mut Stage) {
    stage.keys(":");
    stage.text("ctx prod-eks");
    stage.keys("enter");
    stage.asked.retain(|effect| matches!(effect, Effect::Edit(..)));
    stage.connect("prod-eks");
}

#[test]
fn an_edit_whose_context_was_left_is_a_file_that_is_named() {
    for stop in ["editor", "question", "kept"] {
        let mut stage = stage();
        stage.keys("e");
        let change = |text: &str| text.replace("replicas: 3", "replicas: 9");
        if stop == "editor" {
            to_another_context(&mut stage);
            leave_editor(&mut stage, change);
        } else {
            leave_editor(&mut stage, change);
            if stop == "kept" {
                stage.keys("esc");
                to_another_context(&mut stage);
            } else {
                stage.connect("prod-eks");
            }
        }
        let saved = &stage.saved;
        assert!(
            saved.len() == 1 && saved[0].text.contains("replicas: 9"),
            "{stop}: {saved:?}"
        );
        let told = |toast: &kubris::app::toast::Toast| {
            toast.text.contains("was not applied")
                && toast.text.contains("saved edit-deployments.apps-shop-aaa.yaml")
        };
        assert!(stage.app.toasts.all().iter().any(told), "{stop}");
        assert!(stage.app.overlay.is_none(), "{stop}");
    }
}

#[test]
fn an_edit_is_kept_in_the_pane_where_it_began() {
    let mut stage = Stage::unconnected((160, 50), Some("shop"), "deployments");
    stage.world.add("deployments", deployment("7", 3));
    stage.connect("staging");
    stage.rest();
    let began = stage.app.focus;
    stage.keys("e");
    leave_editor(&mut stage, |text| text.replace("replicas: 3", "replicas: 9"));
    stage.keys("r");
    let (id, _) = sent(&mut stage);
    stage.keys("ctrl-w n");
    stage.keys("tab");
    assert_ne!(stage.app.focus, began, "another pane has the focus");
    stage.send(Msg::Done(id, Err(Failure::new(FailureKind::Invalid, "no"))));
    assert!(
        !matches!(stage.app.focused().map(|pane| &pane.view), Some(PaneView::Text(text)) if text.edit.is_some())
    );
    assert!(matches!(&stage.app.panes[&began].view, PaneView::Text(text) if text.edit.is_some()));
}

#[test]
fn of_several_marked_objects_none_is_edited_and_the_one_marked_is() {
    let mut stage = stage();
    stage.keys("space space e");
    assert!(
        !stage
            .asked
            .iter()
            .any(|effect| matches!(effect, Effect::Edit(..))),
        "{:?}",
        stage.asked
    );
    assert!(
        stage.toast().contains("2 are marked") && stage.toast().contains("ctrl-\\"),
        "{}",
        stage.toast()
    );
    stage.keys("ctrl-\\ g g space j j e");
    assert!(
        editor(&stage).1.contains("# deployments.apps shop/aaa"),
        "the marked one, not the one under the cursor"
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
fn neither_a_parse_error_nor_an_annotation_tells_a_secret() {
    let applied = "{\"data\":{\"admin\":\"aHVudGVyMg==\"}}";
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "data": {"admin": "aHVudGVyMg=="},
        "metadata": {"name": "aaa", "namespace": "shop", "uid": "uid-aaa", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}, "creationTimestamp": "2026-11-21T09:00:00Z"},
    });
    let mut stage = Stage::unconnected((120, 40), Some("shop"), "secrets");
    stage.world.add("secrets", secret);
    stage.connect("staging");
    stage.rest();
    stage.keys("e");
    leave_editor(&mut stage, |text| text.replace("aHVudGVyMg==", "c2VzYW1l"));
    let asked = question(&stage);
    assert!(
        asked.contains("last-applied") && !asked.contains("aHVudGVy") && !asked.contains("c2VzYW1l"),
        "{asked}"
    );
    stage.keys("esc e");
    leave_editor(&mut stage, |text| text.replace("admin:", "admin: [\n  x:"));
    assert!(stage.toast().contains("no YAML"), "{}", stage.toast());
    let said: Vec<&str> = stage.app.toasts.all().iter().map(|toast| &*toast.text).collect();
    let said = said.join("\n") + &stage.text_shown();
    assert!(!said.contains("c2VzYW1l") && !said.contains("aHVudGVy"), "{said}");
}

#[test]
fn the_command_of_a_deletion_is_that_of_what_was_chosen() {
    let mut stage = Stage::new((120, 40));
    let command = |stage: &Stage| match &stage.app.overlay {
        Some(Overlay::Confirm(confirm)) => confirm.command.clone(),
        other => panic!("no question but {other:?}"),
    };
    stage.keys("ctrl-k");
    stage.app.drawn();
    assert!(command(&stage).ends_with("--grace-period=0 --force"));
    stage.keys("g");
    assert!(
        command(&stage).ends_with(" --grace-period=1"),
        "{}",
        command(&stage)
    );
    assert!(
        !question(&stage).contains("without grace"),
        "{}",
        question(&stage)
    );
    stage.keys("p p");
    assert!(
        command(&stage).ends_with(" --cascade=orphan --grace-period=1"),
        "{}",
        command(&stage)
    );
    assert!(question(&stage).contains("stay"), "{}", question(&stage));
}

#[test]
fn a_deletion_says_who_makes_the_pod_again() {
    let mut stage = Stage::new((120, 40));
    for (name, pod, said) in [
        ("nightly-report", "ended", "its Job makes no other"),
        ("web-7d9f8c6b5-4xk2p", "web", "its ReplicaSet makes a new one"),
        ("cart-redis-0", "redis", "its StatefulSet makes a new one"),
    ] {
        stage.keys("/");
        stage.text(name);
        stage.keys("enter ctrl-d");
        let asked = question(&stage);
        assert!(asked.contains(said), "{pod}: {asked}");
        stage.app.drawn();
        stage.keys("esc esc");
    }
    let running = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "aaa-job", "namespace": "shop", "uid": "uid-job", "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "aaa", "uid": "uid-a", "controller": true}]},
        "status": {"phase": "Running"},
    });
    let bare = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "aaa-bare", "namespace": "shop", "uid": "uid-bare"},
        "status": {"phase": "Running"},
    });
    for (pod, said) in [
        (running, "counts as failed (backoffLimit)"),
        (bare, "nothing makes it again"),
    ] {
        let mut stage = Stage::unconnected((120, 40), Some("shop"), "pods");
        stage.world.add("pods", pod);
        stage.connect("staging");
        stage.rest();
        stage.keys("ctrl-d");
        let asked = question(&stage);
        assert!(asked.contains(said), "{asked}");
        stage.app.drawn();
        stage.keys("g");
        let asked = question(&stage);
        assert!(asked.contains(said) && asked.contains("without grace"), "{asked}");
    }
}

#[test]
fn scaling_to_nothing_is_called_that() {
    let mut stage = Stage::open((120, 40), "staging", Some("shop"), "deployments");
    stage.keys("s 0 enter");
    let asked = question(&stage);
    assert!(
        asked.contains("to 0: all its pods (") && asked.contains("until it is scaled back to"),
        "{asked}"
    );
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
        let before = match &stage.app.overlay {
            Some(Overlay::Confirm(confirm)) => confirm.mutations[0].before.clone(),
            _ => String::new(),
        };
        assert_eq!(before, suspended.to_string());
        stage.keys(button);
        let verbs: Vec<MutationVerb> = stage
            .mutations()
            .into_iter()
            .map(|mutation| mutation.verb)
            .collect();
        assert_eq!(verbs, [MutationVerb::Trigger, verb]);
    }
}

#[test]
fn the_journal_has_each_cronjobs_own_value_before() {
    let mut stage = Stage::unconnected((120, 40), Some("shop"), "cronjobs");
    for (name, suspended) in [("nightly-a", true), ("nightly-b", false)] {
        let cronjob = json!({
            "apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": "2026-11-21T09:00:00Z"},
            "spec": {"schedule": "0 0 * * *", "suspend": suspended},
        });
        stage.world.add("cronjobs", cronjob);
    }
    stage.connect("staging");
    stage.rest();
    stage.keys("space space s");
    let Some(Overlay::Confirm(confirm)) = &stage.app.overlay else {
        panic!("no question; {}", stage.toast());
    };
    let mut journal: Vec<(&str, &str)> = confirm
        .mutations
        .iter()
        .map(|mutation| (&*mutation.key.name, &*mutation.before))
        .collect();
    journal.sort_unstable();
    assert_eq!(journal, [("nightly-a", "true"), ("nightly-b", "false")]);
}

#[test]
fn a_change_of_stale_rows_says_how_old_they_are() {
    let mut stage = stage();
    stage.keys("ctrl-d");
    assert!(!question(&stage).contains("the server does not answer"));
    stage.app.drawn();
    stage.keys("esc");
    let why = Failure::new(
        FailureKind::Timeout,
        "cannot watch `deployments.apps`: no answer for 5 s",
    );
    let since = kubris::clock::Timestamp(stage.now.0 - 44_000_000_000);
    stage.say("deployments", &Phase::Stale { since, why });
    stage.keys("ctrl-d");
    let said = question(&stage);
    assert!(
        said.contains("the rows are 44s old: the server does not answer"),
        "{said}"
    );
}
