//! What must not get lost on a small screen.

use kubris::app::pane::PaneView;
use kubris::logs::{LogEvent, SourceId, State};
use kubris::msg::{Effect, LogId, Msg};

use super::{Stage, check};

#[test]
fn pods_of_all_namespaces_keep_the_namespace() {
    let mut stage = Stage::open((80, 24), "staging", None, "pods");
    stage.keys("0");
    check("pods_all", &mut stage);
}

#[test]
fn restarts_without_room_for_the_moment_are_a_number() {
    let mut stage = Stage::open((74, 24), "staging", None, "pods");
    stage.keys("0 / w e b enter");
    check("pods_all_narrow", &mut stage);
}

#[test]
fn containers_keep_the_state() {
    let mut stage = Stage::new((80, 24));
    stage.keys("G enter");
    check("containers", &mut stage);
}

#[test]
fn a_node_with_too_many_pods_says_by_how_many() {
    let mut stage = Stage::open((200, 40), "staging", None, "nodes");
    let mut node = stage.world.find("nodes", "", NODE).unwrap();
    node["status"]["allocatable"]["pods"] = "1".into();
    stage.upsert("nodes", &node);
    stage.rest();
    check("nodes_over", &mut stage);
}

const NODE: &str = "ip-10-0-1-5.eu-west-1.compute.internal";

fn log_of(stage: &Stage) -> LogId {
    match &stage.app.focused().unwrap().view {
        PaneView::Logs(logs) => logs.id,
        _ => panic!("no logs in focus"),
    }
}

#[test]
fn how_a_stream_ended_stands_below_its_lines() {
    let mut stage = Stage::new((80, 24));
    stage.keys("G l");
    let ended = State::Ended {
        exit_code: Some(137),
        reason: "OOMKilled".into(),
    };
    let log = log_of(&stage);
    stage.send(Msg::Log(log, LogEvent::State(SourceId(0), ended)));
    check("logs_ended", &mut stage);
}

#[test]
fn a_container_without_a_log_is_explained_by_its_events() {
    let mut stage = Stage::new((80, 24));
    stage.keys("/ r x 4 v n enter l C");
    let waiting = State::Waiting {
        reason: "ImagePullBackOff".into(),
        message: "".into(),
    };
    let log = log_of(&stage);
    stage.send(Msg::Log(log, LogEvent::State(SourceId(0), waiting)));
    stage.rest();
    check("logs_waiting", &mut stage);
}

#[test]
fn an_empty_log_is_not_saved() {
    let mut stage = Stage::new((80, 24));
    stage.keys("G l C ctrl-s");
    assert!(
        !stage
            .asked
            .iter()
            .any(|effect| matches!(effect, Effect::Save(..))),
        "{:?}",
        stage.asked
    );
    let toast = stage
        .app
        .toasts
        .current(stage.app.now)
        .map(|toast| toast.text.clone());
    assert_eq!(toast.as_deref(), Some("nothing to save: 0 bytes"));
}
