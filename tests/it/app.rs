//! What the app promises, from keys and messages to effects: no cluster, no terminal, no clock.

use kubris::app::overlay::Overlay;
use kubris::app::pane::{FollowKind, PaneView};
use kubris::clock::Timestamp;
use kubris::keymap::Chord;
use kubris::model::{Cell, Failure, FailureKind, Phase, Scope};
use kubris::msg::{ClusterInfo, Connection, ContextInfo, Effect, Msg, MutationVerb, Propagation};
use serde_json::json;

use super::screens::picture::Picture;
use super::screens::stage::Stage;

fn cursor(stage: &Stage) -> String {
    let table = stage
        .app
        .focused()
        .and_then(|pane| pane.table())
        .expect("a table has the focus");
    let feed = stage.app.store.feed(table.feed).expect("its feed is open");
    table
        .current(feed)
        .map(|key| key.name.to_string())
        .unwrap_or_default()
}

/// Names in display order.
fn shown(stage: &Stage) -> Vec<String> {
    let table = stage
        .app
        .focused()
        .and_then(|pane| pane.table())
        .expect("a table has the focus");
    let feed = stage.app.store.feed(table.feed).expect("its feed is open");
    table
        .order
        .slots()
        .iter()
        .filter_map(|slot| feed.rows.meta(*slot))
        .map(|meta| meta.name.to_string())
        .collect()
}

fn mutations(stage: &Stage) -> Vec<(String, MutationVerb)> {
    let sent = stage.mutations().into_iter();
    sent.map(|mutation| (mutation.key.name.to_string(), mutation.verb))
        .collect()
}

/// A key that arrives before anything was drawn.
fn key_before_drawing(stage: &mut Stage, key: &str) {
    let chord: Chord = key.parse().unwrap();
    stage.send(Msg::Key(chord));
}

fn pod(name: &str) -> serde_json::Value {
    json!({
        "metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"), "creationTimestamp": "2026-11-21T09:00:00Z"},
        "spec": {"containers": [{"name": "app", "image": "shop/app:1"}]},
        "status": {"phase": "Pending"},
    })
}

#[test]
fn rows_that_come_above_the_cursor_do_not_move_it_to_a_neighbour() {
    let mut stage = Stage::new((120, 40));
    stage.keys("j j j");
    let before = cursor(&stage);
    for number in 0..20 {
        stage.upsert("pods", &pod(&format!("aaa-{number}")));
    }
    assert_eq!(cursor(&stage), before);
    assert_eq!(shown(&stage).first().map(String::as_str), Some("aaa-0"));
    stage.keys("ctrl-d");
    stage.app.drawn();
    stage.keys("d");
    assert_eq!(
        mutations(&stage)
            .into_iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>(),
        [before]
    );
}

#[test]
fn a_delete_names_its_object_starts_on_cancel_and_y_is_not_yes() {
    let mut stage = Stage::new((120, 40));
    let name = cursor(&stage);
    stage.keys("ctrl-d");
    // Typed ahead: nothing of it counts before the question was on screen.
    key_before_drawing(&mut stage, "d");
    key_before_drawing(&mut stage, "enter");
    assert!(
        matches!(stage.app.overlay, Some(Overlay::Confirm(_))),
        "still asking"
    );
    stage.app.drawn();
    stage.keys("y");
    assert_eq!(mutations(&stage), []);
    stage.keys("enter");
    assert!(stage.app.overlay.is_none(), "enter on Cancel cancels");
    assert_eq!(mutations(&stage), []);
    stage.keys("ctrl-d");
    stage.app.drawn();
    stage.keys("p tab enter");
    let verb = MutationVerb::Delete {
        propagation: Propagation::Foreground,
        grace: None,
    };
    assert_eq!(mutations(&stage), [(name, verb)]);
}

#[test]
fn log_and_text_panes_bind_no_key_that_changes_the_cluster() {
    for open in ["l", "y", "d"] {
        let mut stage = Stage::new((120, 40));
        stage.keys(open);
        assert!(
            stage.app.focused().is_some_and(|pane| pane.table().is_none()),
            "`{open}` opens no table"
        );
        stage.keys("ctrl-d s r ctrl-k = ctrl-l");
        assert!(
            !matches!(stage.app.overlay, Some(Overlay::Confirm(_) | Overlay::Scale(_))),
            "after `{open}`"
        );
        assert_eq!(mutations(&stage), []);
    }
}

#[test]
fn read_only_refuses_and_says_so() {
    let mut stage = Stage::open((120, 40), "prod-eks", Some("shop"), "pods");
    for key in ["ctrl-d", "=", "s"] {
        stage.keys(key);
        assert!(stage.app.overlay.is_none(), "`{key}` opens nothing");
        assert!(stage.toast().contains("read-only"), "`{key}`: {}", stage.toast());
    }
    assert!(
        !stage
            .asked
            .iter()
            .any(|effect| matches!(effect, Effect::Mutate(..) | Effect::Exec(..)))
    );
}

#[test]
fn a_protected_context_is_unlocked_for_a_while_and_asks_for_the_name() {
    let mut stage = Stage::open((120, 40), "prod-eks", Some("shop"), "pods");
    stage.keys(": w r i t e enter");
    let name = cursor(&stage);
    stage.keys("ctrl-d");
    stage.app.drawn();
    stage.keys("tab enter");
    assert_eq!(mutations(&stage), [], "the name was not typed");
    assert!(Picture::in_colour(&mut stage).text().contains("[alt-g]"));
    stage.keys("alt-g");
    let Some(Overlay::Confirm(confirm)) = &stage.app.overlay else {
        panic!("no question")
    };
    assert_eq!(confirm.deletion().map(|(_, grace)| grace), Some(Some(0)));
    stage.keys("alt-d alt-g alt-g alt-g");
    assert_eq!(mutations(&stage), [], "the name was not typed");
    let (last, first) = (&name[name.len() - 1..], &name[..name.len() - 1]);
    stage.text(first);
    assert!(
        Picture::in_colour(&mut stage)
            .text()
            .contains("nothing happens until that is typed whole")
    );
    stage.keys("enter");
    assert!(
        stage.app.overlay.is_some(),
        "a slip does not take the question away"
    );
    assert!(
        stage.toast().contains(&format!("that is not `{name}`")),
        "{}",
        stage.toast()
    );
    assert_eq!(mutations(&stage), []);
    stage.keys("tab enter");
    assert!(
        stage.app.overlay.is_some(),
        "Delete chosen, but the name is not typed"
    );
    stage.keys("tab enter");
    assert!(stage.app.overlay.is_none(), "Cancel chosen: leaves");
    assert_eq!(mutations(&stage), []);
    stage.keys("ctrl-d");
    stage.app.drawn();
    stage.text(first);
    stage.keys(last);
    assert!(
        Picture::in_colour(&mut stage)
            .text()
            .contains("enter: delete now")
    );
    let Some(Overlay::Confirm(confirm)) = &stage.app.overlay else {
        panic!("no question")
    };
    assert!(
        confirm
            .command
            .starts_with("kubectl --context prod-eks -n shop delete"),
        "{}",
        confirm.command
    );
    stage.keys("enter");
    assert_eq!(mutations(&stage).len(), 1);
    stage.now = kubris::clock::Timestamp(stage.now.0 + 31 * 60 * 1_000_000_000);
    stage.send(Msg::Tick(stage.now));
    stage.keys("ctrl-d");
    assert!(stage.app.overlay.is_none(), "locked again after 30 minutes");
}

#[test]
fn scaling_goes_from_the_pod_to_its_owner_and_is_confirmed() {
    let mut stage = Stage::open((120, 40), "staging", Some("shop"), "deployments");
    let name = cursor(&stage);
    stage.keys("s + 2 enter");
    stage.app.drawn();
    stage.keys("s");
    let done = mutations(&stage);
    assert_eq!(done.len(), 1, "{:?}", stage.app.overlay);
    assert_eq!(done[0].0, name);
    assert!(matches!(done[0].1, MutationVerb::Scale { replicas } if replicas >= 2));
}

/// What the scale prompt says of new pods of a deployment, with this quota in its namespace.
fn forecast(to: &str, hard: serde_json::Value, used: serde_json::Value) -> String {
    let mut stage = Stage::unconnected((120, 40), Some("shop"), "deployments");
    stage.world.add(
        "deployments",
        serde_json::json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "aaa", "namespace": "shop", "uid": "uid-aaa"},
            "spec": {"replicas": 1}, "status": {"replicas": 1, "readyReplicas": 1},
        }),
    );
    stage.world.add(
        "pods",
        serde_json::json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {
                "name": "aaa-5d4-x", "namespace": "shop", "uid": "uid-aaa-x", "labels": {"pod-template-hash": "5d4"},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "aaa-5d4", "uid": "uid-aaa-5d4", "controller": true}],
            },
            "spec": {"containers": [{"name": "app", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}}]},
            "status": {"phase": "Running"},
        }),
    );
    stage.world.add(
        "resourcequotas",
        serde_json::json!({
            "apiVersion": "v1", "kind": "ResourceQuota",
            "metadata": {"name": "peak", "namespace": "shop", "uid": "uid-peak"},
            "status": {"hard": hard, "used": used},
        }),
    );
    stage.connect("staging");
    stage.rest();
    stage.keys("s");
    stage.text(to);
    match &stage.app.overlay {
        Some(Overlay::Scale(dialog)) => dialog.fit.clone().unwrap_or_default(),
        other => panic!("no prompt but {other:?}"),
    }
}

#[test]
fn a_scale_says_what_the_quota_lets_in() {
    let said = forecast(
        "+10",
        serde_json::json!({"pods": "15"}),
        serde_json::json!({"pods": "12"}),
    );
    assert!(
        said.contains("▲ quota peak admits 3 of 10 new: pods 12 of 15 used, each takes 1"),
        "{said}"
    );
    let said = forecast(
        "+2",
        serde_json::json!({"requests.cpu": "4", "limits.memory": "8Gi"}),
        serde_json::json!({"requests.cpu": "1", "limits.memory": "1Gi"}),
    );
    assert!(
        said.contains("within quota peak") && !said.contains('▲'),
        "{said}"
    );
    let said = forecast(
        "+2",
        serde_json::json!({"requests.cpu": "4"}),
        serde_json::json!({"requests.cpu": "3950m"}),
    );
    assert!(
        said.contains("quota peak admits 0 of 2 new: requests.cpu 3950m of 4 used, each takes 100m"),
        "{said}"
    );
    let said = forecast(
        "+2",
        serde_json::json!({"services": "4"}),
        serde_json::json!({"services": "4"}),
    );
    assert!(said.contains("fits: ") && !said.contains("quota"), "{said}");
}

#[test]
fn followers_wait_until_the_cursor_rests() {
    let mut stage = Stage::new((120, 40));
    let followed = |stage: &Stage| {
        let pane = stage
            .app
            .panes
            .values()
            .find(|pane| pane.follows.is_some_and(|follow| follow.what == FollowKind::Logs));
        pane.and_then(|pane| pane.follows).and_then(|follow| follow.shown)
    };
    let before = followed(&stage);
    assert!(before.is_some(), "the dock shows the logs of the first row");
    key_before_drawing(&mut stage, "j");
    assert_eq!(followed(&stage), before, "not while it moves");
    stage.rest();
    assert_ne!(followed(&stage), before);
    let query = stage.app.panes.values().find_map(|pane| match &pane.view {
        PaneView::Logs(logs) => Some(logs.query.clone()),
        _ => None,
    });
    assert!(query.is_some_and(|query| query.max_streams <= 10 && query.tail <= Some(200)));
}

#[test]
fn a_pinned_pane_stays_on_its_object() {
    let mut stage = Stage::new((120, 40));
    stage.keys("tab ! tab tab");
    let shown = |stage: &Stage| {
        stage
            .app
            .panes
            .values()
            .find_map(|pane| pane.follows.filter(|follow| follow.pinned)?.shown)
    };
    let before = shown(&stage);
    stage.keys("j j");
    assert_eq!(shown(&stage), before);
}

#[test]
fn a_bad_filter_says_why_and_the_last_good_one_stays() {
    let mut stage = Stage::new((120, 40));
    let all = shown(&stage).len();
    stage.keys("/ w e b");
    let some = shown(&stage).len();
    assert!(some > 0 && some < all);
    stage.keys("(");
    assert_eq!(shown(&stage).len(), some);
    let problem = stage.app.filter_problem(stage.app.focus).map(str::to_owned);
    assert!(problem.is_some_and(|problem| problem.contains("bad pattern")));
    stage.keys("esc");
    assert_eq!(shown(&stage).len(), all, "esc goes back to what was in force");
}

#[test]
fn filters_see_every_column_and_their_inverse_is_the_rest() {
    let mut stage = Stage::new((80, 24));
    let all = shown(&stage).len();
    let count = |stage: &mut Stage, filter: &str| {
        stage.keys("/ ctrl-u");
        stage.text(filter);
        stage.keys("enter");
        shown(stage).len()
    };
    let some = count(&mut stage, "web-7d9f");
    assert_eq!(some + count(&mut stage, "!web-7d9f"), all);
    assert_eq!(count(&mut stage, "-f web7d9"), some);
    assert!(
        count(&mut stage, "ip-10-0") > 0,
        "NODE is not shown at 80 columns, but filtered by"
    );
}

#[test]
fn marks_survive_a_filter_and_a_change_names_the_hidden_ones() {
    let mut stage = Stage::new((120, 40));
    stage.keys("space space");
    stage.keys("/ n i g h t l y enter ctrl-d");
    let Some(Overlay::Confirm(confirm)) = &stage.app.overlay else {
        panic!("no question")
    };
    assert_eq!(confirm.mutations.len(), 2);
    assert!(
        confirm.body.plain().contains("hidden by the filter"),
        "{}",
        confirm.body.plain()
    );
}

#[test]
fn going_back_finds_cursor_and_filter_as_they_were() {
    let mut stage = Stage::open((120, 40), "staging", Some("shop"), "deployments");
    stage.keys("/ e enter j");
    let (name, filter) = (
        cursor(&stage),
        stage
            .app
            .focused()
            .and_then(|pane| pane.table())
            .map(|table| table.query.filter.clone()),
    );
    stage.keys("enter");
    assert_ne!(
        stage
            .app
            .focused()
            .and_then(|pane| pane.table())
            .map(|table| table.kind.kind.to_string()),
        Some("Deployment".into())
    );
    stage.keys("esc");
    assert_eq!(cursor(&stage), name);
    assert_eq!(
        stage
            .app
            .focused()
            .and_then(|pane| pane.table())
            .map(|table| table.query.filter.clone()),
        filter
    );
}

#[test]
fn an_error_keeps_the_rows_and_says_since_when() {
    let mut stage = Stage::new((120, 40));
    let rows = shown(&stage);
    let why = Failure::new(FailureKind::Server, "the server answered 500");
    let since = stage.now;
    stage.say("pods", &Phase::Stale { since, why });
    stage.rest();
    assert_eq!(shown(&stage), rows);
    let screen = kubris::view::screen(&stage.app);
    let state = screen.header.map(|header| header.state.text).unwrap_or_default();
    assert!(state.contains("stale 5s") && state.contains("500"), "{state}");
    // Why the connection was lost once is not why the rows are old now.
    let lost = Failure::new(
        FailureKind::Connection,
        "cannot watch `nodes`: the server closed the connection",
    );
    stage.send(Msg::Connection(Connection::Failed(lost)));
    let screen = kubris::view::screen(&stage.app);
    let state = screen.header.map(|header| header.state.text).unwrap_or_default();
    assert!(state.contains("500"), "{state}");
}

#[test]
fn an_idle_screen_asks_for_nothing() {
    let mut stage = Stage::new((120, 40));
    stage.rest();
    stage.asked.clear();
    for _ in 0..120 {
        stage.rest();
    }
    assert_eq!(stage.asked, [], "nothing but the watches and usage that are open");
}

#[test]
fn another_context_ends_everything_of_the_old_one() {
    let mut stage = Stage::new((120, 40));
    stage.keys("space : c t x");
    stage.text(" prod-eks");
    stage.keys("enter");
    assert!(stage.asked.iter().any(
        |effect| matches!(effect, Effect::Connect(target) if target.context.as_deref() == Some("prod-eks"))
    ));
    let feeds: Vec<_> = stage.app.store.feeds().map(|(id, _)| id).collect();
    stage.send(Msg::Connection(Connection::Connecting(ClusterInfo {
        context: ContextInfo {
            name: "prod-eks".into(),
            namespace: "shop".into(),
            ..ContextInfo::default()
        },
        ..ClusterInfo::default()
    })));
    assert!(
        stage.app.store.feeds().all(|(id, _)| !feeds.contains(&id)),
        "ids are never used again"
    );
    assert_eq!(stage.app.cluster.context(), "prod-eks");
}

#[test]
fn the_demo_cluster_opens_on_the_pod_that_restarts_most() {
    let mut stage = Stage::new((120, 40));
    let first = cursor(&stage);
    let demo = ClusterInfo {
        demo: true,
        ..stage.app.cluster.info.clone().expect("connected")
    };
    stage.send(Msg::Connection(Connection::Connecting(demo)));
    stage.rest();
    let restarting = cursor(&stage);
    assert_ne!(restarting, first, "another cluster opens at its first row");
    let feed = stage
        .app
        .store
        .feed(stage.app.focused().unwrap().table().unwrap().feed);
    let feed = feed.expect("its feed is open");
    let column = feed.column("RESTARTS").expect("pods restart");
    let most = feed
        .rows
        .slots()
        .into_iter()
        .max_by_key(|slot| match feed.cell(*slot, column, stage.now) {
            Cell::Restarts(count, _) => count,
            cell => panic!("{cell:?}"),
        });
    assert_eq!(&*feed.rows.meta(most.unwrap()).unwrap().name, restarting);
    // From then on the cursor is the person's.
    stage.keys("g");
    stage.rest();
    assert_eq!(cursor(&stage), first);
}

#[test]
fn a_client_certificate_that_ends_soon_is_spoken_of() {
    let greeting = |days: i64| {
        let mut stage = Stage::new((120, 40));
        let info = stage.app.cluster.info.clone().expect("connected");
        let end = Timestamp::from_seconds(stage.now.seconds() + days * 86_400 + 3600);
        stage.send(Msg::Connection(Connection::Connecting(ClusterInfo {
            certificate_end: Some(end),
            ..info
        })));
        let picture = Picture::in_roles(&mut stage).text();
        (
            stage.toast(),
            picture.lines().next().unwrap_or_default().to_owned(),
        )
    };
    let (said, header) = greeting(5);
    assert!(said.contains("of user `bob` expires in 5d1h"), "{said}");
    assert!(header.contains("CERT 5d1h"), "{header}");
    let (said, header) = greeting(-3);
    assert!(said.contains("expired 2d23h ago"), "{said}");
    assert!(header.contains("CERT EXPIRED"), "{header}");
    let (said, header) = greeting(100);
    assert!(
        !said.contains("certificate") && !header.contains("CERT"),
        "{said} {header}"
    );
}

#[test]
fn the_pods_of_a_deployment_tell_their_revision() {
    let mut stage = Stage::new((160, 40));
    assert!(!Picture::in_roles(&mut stage).text().contains("REVISION"));
    stage.keys(": d p enter");
    stage.rest();
    while cursor(&stage) != "web" {
        stage.keys("j");
    }
    stage.keys("enter");
    stage.rest();
    let picture = Picture::in_roles(&mut stage).text();
    let mut lines = picture.lines().skip_while(|line| !line.contains("REVISION"));
    let header = lines.next().expect("the column is shown");
    let at = header.find("REVISION").unwrap();
    let pod = lines.next().expect("a pod");
    let cell: String = pod.chars().skip(header[..at].chars().count()).take(8).collect();
    assert!(cell.trim().parse::<u32>().is_ok(), "{header}\n{pod}");
}

#[test]
fn back_is_back_in_the_namespaces_of_before() {
    let mut stage = Stage::open((120, 40), "staging", None, "pods");
    stage.keys("w");
    stage.rest();
    assert_ne!(stage.app.scope, Scope::All, "warped to the pod's namespace");
    stage.keys("esc");
    assert_eq!(stage.app.scope, Scope::All);
    // What an object was opened with is no choice of namespaces.
    stage.keys(": d p enter");
    stage.rest();
    stage.keys("enter");
    stage.rest();
    stage.keys("enter esc");
    assert_eq!(stage.app.scope, Scope::All);
}

#[test]
fn a_mistyped_command_says_what_was_expected() {
    let mut stage = Stage::new((120, 40));
    for (command, expected) in [
        ("dpeloyments", "deployments"),
        ("ctx nowhere", "no context"),
        ("no shop", "not in namespaces"),
        ("po 'a in b'", "expected"),
        ("po shop /[", "bad pattern"),
        ("ns /web", "no name of a namespace"),
        ("po -x", "no name of a namespace"),
    ] {
        stage.keys(":");
        stage.text(command);
        stage.keys("enter");
        let Some(Overlay::Command(prompt)) = &stage.app.overlay else {
            panic!("`{command}` was taken")
        };
        let error = prompt.error.clone().unwrap_or_default();
        assert!(error.contains(expected), "`{command}`: {error}");
        stage.keys("esc");
    }
}

#[test]
fn what_a_credential_plugin_says_waits_for_what_a_person_is_about_to_answer() {
    let mut stage = Stage::new((120, 40));
    stage.keys(":");
    stage.send(Msg::Plugin("open https://login.example.com".to_owned()));
    assert!(matches!(stage.app.overlay, Some(Overlay::Command(_))));
    assert!(stage.toast().contains("credential plugin"), "{}", stage.toast());
    stage.send(Msg::Plugin(" and enter ABCD".to_owned()));
    stage.keys("esc");
    let Some(Overlay::Plugin(text)) = &stage.app.overlay else {
        panic!("{:?}", stage.app.overlay)
    };
    assert_eq!(text, "open https://login.example.com and enter ABCD");
    stage.send(Msg::PluginEnded(None));
    assert!(stage.app.overlay.is_none());
}

#[test]
fn of_a_plugin_that_never_stops_talking_the_end_is_kept() {
    let mut stage = Stage::new((120, 40));
    for _ in 0..100 {
        stage.send(Msg::Plugin("wörter\n".repeat(1_000)));
    }
    stage.send(Msg::Plugin("the last".to_owned()));
    assert!(stage.app.cluster.plugin.len() < 64 << 10);
    assert!(stage.app.cluster.plugin.ends_with("the last"));
}
