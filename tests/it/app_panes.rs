//! Panes: closed, followed, refused.

use kubris::app::overlay::Overlay;
use kubris::app::pane::PaneView;
use kubris::model::{Failure, FailureKind, Tone};
use kubris::msg::{Access, ClusterInfo, Connection, Effect, EffectId, Msg, Outcome};

use super::screens::stage::Stage;

fn hints(stage: &Stage) -> Vec<String> {
    let foot = kubris::view::screen(&stage.app).foot;
    foot.hints.into_iter().map(|(_, word)| word).collect()
}

#[test]
fn closing_a_table_closes_what_follows_it_and_leaves_what_is_pinned() {
    let mut stage = Stage::new((120, 40));
    assert_eq!(stage.app.panes.len(), 3, "a table, logs and events");
    let table = stage.app.focus;
    stage.keys("X");
    assert_eq!(stage.app.panes.len(), 3, "the last table stays");
    assert!(stage.toast().contains("last table"), "{}", stage.toast());
    stage.keys("tab !");
    let pinned = stage.app.focus;
    stage.keys("backtab X");
    assert_eq!(stage.app.panes.keys().copied().collect::<Vec<_>>(), [pinned]);
    assert_ne!(pinned, table);
    assert_eq!(stage.app.focus, pinned);
    assert_eq!(stage.app.areas().len(), 1);
    assert!(matches!(
        stage.app.focused().map(|pane| &pane.view),
        Some(PaneView::Logs(_))
    ));
    assert_eq!(stage.app.focused().and_then(|pane| pane.follows), None);
    stage.keys(": d p enter");
    assert!(
        stage.app.focused().is_some_and(|pane| pane.table().is_some()),
        "and it can show a table again"
    );
}

fn locked() -> Stage {
    let mut stage = Stage::new((120, 40));
    let mut info = stage.app.cluster.info.clone().expect("connected");
    info = ClusterInfo {
        access: Access::ReadOnly,
        locked: true,
        ..info
    };
    stage.send(Msg::Connection(Connection::Connecting(info)));
    stage.rest();
    stage
}

#[test]
fn what_the_command_line_refuses_write_does_not_unlock() {
    let mut stage = locked();
    stage.keys(": w r i t e enter");
    let Some(Overlay::Command(prompt)) = &stage.app.overlay else {
        panic!("the prompt says why not")
    };
    assert!(
        prompt
            .error
            .as_deref()
            .is_some_and(|why| why.contains("--readonly")),
        "{:?}",
        prompt.error
    );
    assert!(
        !stage
            .asked
            .iter()
            .any(|effect| matches!(effect, Effect::Allow(_)))
    );
    stage.keys("esc ctrl-d");
    assert!(stage.app.overlay.is_none());
    assert!(
        stage.toast().contains("started with --readonly"),
        "{}",
        stage.toast()
    );
}

#[test]
fn keys_that_are_refused_are_not_hinted_and_help_says_why() {
    let mut stage = Stage::open((200, 50), "prod-eks", Some("shop"), "pods");
    assert!(
        !hints(&stage)
            .iter()
            .any(|word| word == "shell" || word == "scale"),
        "{:?}",
        hints(&stage)
    );
    assert!(hints(&stage).iter().any(|word| word == "logs"));
    stage.keys("?");
    let Some(Overlay::Help(help)) = &stage.app.overlay else {
        panic!("no help")
    };
    assert!(help.refusal.is_some_and(|why| why.contains(":write")));
    assert!(
        help.lines
            .iter()
            .any(|line| line.disabled && line.text == "delete")
    );
    assert!(help.lines.iter().all(|line| !line.disabled || line.mutates));
    stage.keys("esc : w r i t e enter");
    assert!(
        hints(&stage).iter().any(|word| word == "shell"),
        "unlocked: {:?}",
        hints(&stage)
    );
    stage.keys("?");
    let Some(Overlay::Help(help)) = &stage.app.overlay else {
        panic!("no help")
    };
    assert!(help.refusal.is_none() && help.lines.iter().all(|line| !line.disabled));
}

#[test]
fn a_message_of_the_old_context_is_not_shown_in_the_new_one() {
    let mut stage = Stage::new((120, 40));
    stage.keys("n");
    assert!(stage.app.toasts.all().iter().any(|toast| toast.tone == Tone::Ok));
    stage.keys(": c t x space");
    stage.text("prod-eks");
    stage.keys("enter");
    assert_eq!(stage.app.toasts.current(stage.now), None);
}

#[test]
fn theme_without_a_name_asks_which() {
    let mut stage = Stage::new((120, 40));
    stage.keys(": t h e m e enter");
    assert!(matches!(&stage.app.overlay, Some(Overlay::Picker(picker)) if picker.items.len() >= 4));
}

/// What the visible panes show, in reading order: `table`, `logs`, `text`, and for followers the object.
fn on_screen(stage: &Stage) -> Vec<(&'static str, Option<kubris::model::Uid>)> {
    let areas = stage.app.areas();
    let panes = areas.iter().map(|(id, _)| &stage.app.panes[id]);
    panes
        .map(|pane| {
            let word = match &pane.view {
                PaneView::Table(_) => "table",
                PaneView::Logs(_) => "logs",
                PaneView::Text(_) => "text",
            };
            (word, pane.follows.and_then(|follow| follow.shown))
        })
        .collect()
}

#[test]
fn logs_in_the_main_pane_are_not_shown_twice_and_the_dock_stays_with_their_object() {
    let mut stage = Stage::new((120, 40));
    stage.keys("j j");
    let cursor = stage.app.focused().and_then(|pane| pane.table()?.cursor);
    assert!(cursor.is_some());
    assert_eq!(
        on_screen(&stage),
        [("table", None), ("logs", cursor), ("table", cursor)]
    );
    let dock = stage.app.panes.values().find_map(|pane| match &pane.view {
        PaneView::Logs(logs) => Some(logs.id),
        _ => None,
    });
    stage.keys("l");
    assert_eq!(
        on_screen(&stage),
        [("logs", None), ("table", cursor)],
        "one pane of logs, and its pod's events"
    );
    assert!(
        stage
            .asked
            .iter()
            .any(|effect| matches!(effect, Effect::DropLogs(id) if Some(*id) == dock))
    );
    stage.keys("tab tab");
    assert!(
        matches!(
            stage.app.focused().map(|pane| &pane.view),
            Some(PaneView::Logs(_))
        ),
        "Tab goes round what is shown"
    );
    assert_eq!(stage.app.focused().and_then(|pane| pane.follows), None);
    stage.keys("esc");
    assert_eq!(
        on_screen(&stage),
        [("table", None), ("logs", cursor), ("table", cursor)]
    );
    stage.keys(": l o g s");
    stage.text(" web-.*");
    stage.keys("enter");
    assert_eq!(on_screen(&stage), [("logs", None)], "no object to follow");
}

#[test]
fn the_dock_goes_with_a_text_that_covers_the_table() {
    let mut stage = Stage::new((120, 40));
    stage.keys("y");
    let cursor = stage.app.panes.values().find_map(|pane| match pane.back.first() {
        Some(PaneView::Table(table)) => table.cursor,
        _ => None,
    });
    assert_eq!(
        on_screen(&stage),
        [("text", None), ("logs", cursor), ("table", cursor)]
    );
}

/// The deployment `web` is restarted; no answer yet.
fn restarting() -> (Stage, EffectId) {
    let mut stage = Stage::open((120, 40), "staging", Some("shop"), "deployments");
    stage.keys("r");
    stage.app.drawn();
    stage.keys("tab enter");
    let id = stage.asked.iter().find_map(|effect| match effect {
        Effect::Mutate(id, _) => Some(*id),
        _ => None,
    });
    (stage, id.expect("nothing was restarted"))
}

fn says_ready(stage: &Stage) -> bool {
    let mut all = stage.app.toasts.all().iter();
    all.any(|toast| toast.text.ends_with(": ready"))
}

fn foot(stage: &Stage) -> String {
    let toast = kubris::view::screen(&stage.app).foot.toast;
    toast.map(|piece| piece.text).unwrap_or_default()
}

#[test]
fn a_change_is_on_its_way_until_it_is_answered_and_is_followed_only_then() {
    let (mut stage, id) = restarting();
    stage.rest();
    stage.rest();
    stage.rest();
    assert!(!says_ready(&stage), "{:?}", stage.app.toasts.all());
    assert!(foot(&stage).starts_with("restarting deploy/"), "{}", foot(&stage));
    let outcome = Outcome {
        message: "restarted".to_owned(),
        exit_code: None,
    };
    stage.send(Msg::Done(id, Ok(outcome)));
    assert_eq!(stage.toast(), "restarted");
    assert!(!foot(&stage).starts_with("restarting"), "{}", foot(&stage));
    stage.rest();
    assert!(says_ready(&stage), "{:?}", stage.app.toasts.all());
}

#[test]
fn a_refused_change_stays_refused() {
    let (mut stage, id) = restarting();
    let failure = Failure::new(FailureKind::Server, "cannot restart it: 500");
    stage.send(Msg::Done(id, Err(failure)));
    stage.rest();
    stage.rest();
    assert!(!says_ready(&stage), "{:?}", stage.app.toasts.all());
    assert!(foot(&stage).contains("500"), "{}", foot(&stage));
}

fn shown(stage: &Stage) -> Vec<Option<kubris::model::Uid>> {
    let follows = stage.app.panes.values().filter_map(|pane| pane.follows);
    follows.map(|follow| follow.shown).collect()
}

#[test]
fn followers_of_nothing_show_nothing() {
    let mut stage = Stage::new((120, 40));
    assert!(shown(&stage).iter().all(Option::is_some), "{:?}", shown(&stage));
    stage.keys("/ z z z z enter");
    assert_eq!(shown(&stage), [None, None]);
    let logs = stage.app.panes.values().find_map(|pane| match &pane.view {
        PaneView::Logs(logs) => Some(logs),
        _ => None,
    });
    assert_eq!(logs.expect("a log pane").buffer.total(), 0);
    stage.keys("esc");
    assert!(shown(&stage).iter().all(Option::is_some), "they come back");
}

#[test]
fn events_of_an_object_turn_followers_to_that_object() {
    let mut stage = Stage::new((120, 40));
    let before = shown(&stage);
    // At once: the cursor has not rested yet.
    for key in ["G", "E"] {
        stage.send(Msg::Key(key.parse().unwrap()));
    }
    let table = stage.app.focused().and_then(|pane| pane.table()).expect("events");
    let kubris::model::Predicate::About(uid) = table.query.predicate else {
        panic!("{:?}", table.query)
    };
    stage.rest();
    assert_ne!(before, shown(&stage));
    assert!(
        shown(&stage).iter().all(|shown| *shown == Some(uid)),
        "{:?}",
        shown(&stage)
    );
}

#[test]
fn a_cancelled_picker_is_no_place_to_go_back_to() {
    let mut stage = Stage::new((120, 40));
    stage.keys(": d p enter");
    stage.keys(": s v c enter");
    stage.keys(": n s enter");
    assert!(matches!(stage.app.overlay, Some(Overlay::Picker(_))));
    stage.keys("esc [");
    assert!(stage.app.overlay.is_none(), "{:?}", stage.app.overlay);
    let kind = stage
        .app
        .focused()
        .and_then(|pane| pane.table())
        .map(|table| table.kind.gvr.resource.to_string());
    assert_eq!(kind.as_deref(), Some("deployments"));
}

#[test]
fn a_dock_of_logs_is_there_only_for_what_has_some() {
    let mut stage = Stage::open((80, 24), "staging", Some("shop"), "configmaps");
    assert_eq!(stage.app.areas().len(), 1, "{:?}", stage.app.areas());
    stage.keys(":");
    stage.text("po");
    stage.keys("enter");
    stage.rest();
    assert_eq!(stage.app.areas().len(), 2, "{:?}", stage.app.areas());
    stage.keys(":");
    stage.text("ev");
    stage.keys("enter");
    stage.rest();
    assert_eq!(stage.app.areas().len(), 1, "{:?}", stage.app.areas());
}
