//! What every cluster program meets, at the cluster layer: the demo server misbehaves, the messages are observed.

mod proxy;
pub mod rig;

use std::time::Duration;

use kubris::cluster::kubeconfig::Search;
use kubris::config::Config;
use kubris::demo::server::{Fault, Misdeed, Seen};
use kubris::model::{FailureKind, Gvr, ObjectKey, Phase, Scope, Uid};
use kubris::msg::{
    Connection, Effect, EffectId, ExecRequest, FeedId, Msg, Mutation, MutationVerb, Propagation, Target,
    UsageReport, UsageWanted,
};
use serde_json::json;

use proxy::Proxy;
use rig::{
    DEPLOYMENT_FEED, DEPLOYMENTS, GIVE_TOKEN, POD_FEED, PODS, Rig, Said, add_pod, demo_with, is_kind,
    plugin_runs, touch, with_plugin,
};

const POD_PATH: &str = "/api/v1/pods";
const DEPLOYMENT_PATH: &str = "/apis/apps/v1/deployments";

#[tokio::test]
async fn the_pods_list_is_the_first_request() {
    let mut rig = Rig::start(demo_with(3, &["shop"]));
    rig.open(POD_FEED, &PODS, Scope::one("shop"));
    rig.live(POD_FEED, 1).await;
    rig.heard(|said| matches!(said, Said::Kinds(_))).await;
    rig.heard(Rig::is_up).await;
    let requests = rig.demo.requests();
    assert_eq!(requests[0].path, "/api/v1/namespaces/shop/pods");
    assert!(requests[0].query.contains("limit=500"), "{}", requests[0].query);
    assert!(requests.iter().any(|seen| seen.path == "/version"));
}

/// Row 1.
#[tokio::test]
async fn a_watch_that_is_forbidden_is_tried_once_and_told() {
    let demo = demo_with(3, &["shop"]);
    demo.faults().forbid("watch", "pods", "*");
    let mut rig = Rig::start(demo);
    rig.open(POD_FEED, &PODS, Scope::one("shop"));
    rig.open(DEPLOYMENT_FEED, &DEPLOYMENTS, Scope::one("shop"));
    let why = rig.stale(POD_FEED).await;
    assert_eq!(why.kind, FailureKind::Forbidden);
    assert!(
        why.message
            .starts_with("not allowed to watch `pods` in namespace `shop`"),
        "{why}"
    );
    assert_eq!(rig.names(POD_FEED), ["pod-000", "pod-001", "pod-002"]);
    // The other pane goes on.
    if !rig.said.contains(&Said::Phase(DEPLOYMENT_FEED, 0, Phase::Live)) {
        rig.live(DEPLOYMENT_FEED, 1).await;
    }
    let tries = rig
        .demo
        .requests()
        .iter()
        .filter(|seen| seen.is_watch() && seen.path.ends_with("/pods"))
        .count();
    assert_eq!(tries, 1);
}

/// Row 1: who may list and not watch sees what the last list saw, never older than a poll.
#[tokio::test]
async fn what_may_not_be_watched_is_listed_again() {
    let demo = demo_with(3, &["shop"]);
    demo.faults().forbid("watch", "pods", "*");
    let mut rig = Rig::start_with(demo, |options| options.timing.poll = Duration::ZERO);
    rig.open(POD_FEED, &PODS, Scope::one("shop"));
    rig.stale(POD_FEED).await;
    add_pod(&rig.demo, "shop", "pod-new");
    rig.until(|said| matches!(said, Said::Rows(POD_FEED, ..))).await;
    assert_eq!(rig.names(POD_FEED), ["pod-000", "pod-001", "pod-002", "pod-new"]);
    rig.stale(POD_FEED).await;
}

/// Row 2.
#[tokio::test]
async fn an_expired_token_is_renewed_once_and_the_stream_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let demo = demo_with(2, &["shop"]);
    let text = with_plugin(&demo.kubeconfig(), &folder, GIVE_TOKEN);
    let mut rig = Rig::start_with(demo, |options| options.search.text = Some(text));
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.live(POD_FEED, 1).await;
    assert_eq!(plugin_runs(&folder), 1);

    let unauthorized = Misdeed::Status {
        code: 401,
        retry_after: None,
    };
    rig.demo
        .faults()
        .add(Fault::on(POD_PATH, unauthorized.clone()).query("watch=").times(1));
    rig.demo.faults().cut_all();
    rig.demo.journal().wait_for(3, Seen::is_watch).await;
    touch(&rig.demo, "shop", "pod-000", "afterwards");
    rig.until(|said| matches!(said, Said::Rows(POD_FEED, 0, 1))).await;
    assert_eq!(plugin_runs(&folder), 2);
    assert_eq!(rig.lists("pods"), 1, "resumed, not listed again");
    assert!(
        !rig.said
            .iter()
            .any(|said| is_kind(said, POD_FEED, FailureKind::Unauthorized))
    );

    // Now for good: stale with the reason, and the plugin is not run for each try.
    rig.demo.faults().add(Fault::on(POD_PATH, unauthorized));
    rig.demo.faults().cut_all();
    rig.until(|said| is_kind(said, POD_FEED, FailureKind::Unauthorized))
        .await;
    assert_eq!(rig.names(POD_FEED).len(), 2);
    assert_eq!(plugin_runs(&folder), 3);
}

/// Row 3.
#[tokio::test]
async fn a_list_that_hangs_holds_up_nothing_else() {
    let demo = demo_with(2, &["shop"]);
    demo.faults().add(Fault::on(DEPLOYMENT_PATH, Misdeed::Hang));
    let mut rig = Rig::start(demo);
    rig.open(DEPLOYMENT_FEED, &DEPLOYMENTS, Scope::All);
    let hangs = |seen: &Seen| seen.path == DEPLOYMENT_PATH;
    rig.demo.journal().wait_for(1, hangs).await;
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.live(POD_FEED, 1).await;
    touch(&rig.demo, "shop", "pod-000", "still live");
    rig.until(|said| matches!(said, Said::Rows(POD_FEED, 0, 1))).await;
}

/// Row 3. Nothing else is listed: the short limit would hold for that, too.
#[tokio::test]
async fn a_list_that_hangs_is_told() {
    let demo = demo_with(2, &["shop"]);
    demo.faults().add(Fault::on(DEPLOYMENT_PATH, Misdeed::Hang));
    let mut rig = Rig::start_with(demo, |options| options.timing.list = Duration::from_millis(400));
    rig.open(DEPLOYMENT_FEED, &DEPLOYMENTS, Scope::All);
    let why = rig.stale(DEPLOYMENT_FEED).await;
    assert_eq!(why.kind, FailureKind::Timeout);
    assert!(
        !rig.said.iter().any(Rig::is_down),
        "one list that hangs is not a server that is gone"
    );
    rig.handle.run(Effect::Drop(DEPLOYMENT_FEED));
}

/// Row 4.
#[tokio::test]
async fn rows_stay_when_the_next_list_fails() {
    let mut rig = Rig::start(demo_with(3, &["shop"]));
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.live(POD_FEED, 1).await;
    let broken = Misdeed::Status {
        code: 500,
        retry_after: None,
    };
    rig.demo.faults().add(Fault::on(POD_PATH, broken).times(1));
    rig.handle.run(Effect::Relist(POD_FEED));
    let why = rig.stale(POD_FEED).await;
    assert_eq!(why.kind, FailureKind::Server);
    assert!(why.message.contains("etcdserver: request timed out"), "{why}");
    assert_eq!(rig.names(POD_FEED).len(), 3);
    rig.live(POD_FEED, 1).await;
    assert_eq!(rig.names(POD_FEED).len(), 3);
}

/// Row 5.
#[tokio::test]
async fn an_expired_watch_is_listed_again_without_blanking() {
    let mut rig = Rig::start(demo_with(3, &["shop"]));
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.live(POD_FEED, 1).await;
    let slot = |rig: &Rig, name: &str| {
        let rows = &rig.rows[&POD_FEED];
        rows.slots()
            .into_iter()
            .find(|slot| *rows.meta(*slot).unwrap().name == *name)
    };
    let before = slot(&rig, "pod-001");
    rig.demo
        .faults()
        .add(Fault::on(POD_PATH, Misdeed::Gone).query("watch=").times(1));
    rig.demo.faults().offline(true);
    rig.stale(POD_FEED).await;
    rig.demo.store().remove("pods", "shop", "pod-000").unwrap();
    rig.demo.faults().offline(false);
    loop {
        let said = rig.next().await;
        if !matches!(said, Said::End(POD_FEED, 0)) {
            assert_eq!(
                rig.names(POD_FEED).len(),
                3,
                "before the list is complete nothing goes: {said:?}"
            );
            assert!(
                !matches!(
                    said,
                    Said::Phase(POD_FEED, _, Phase::Loading { .. } | Phase::Opening)
                ),
                "{said:?}"
            );
            continue;
        }
        break;
    }
    assert_eq!(rig.names(POD_FEED), ["pod-001", "pod-002"]);
    assert_eq!(slot(&rig, "pod-001"), before);
    touch(&rig.demo, "shop", "pod-002", "watched again");
    rig.until(|said| matches!(said, Said::Rows(POD_FEED, 0, 1))).await;
}

/// Row 6.
#[tokio::test]
async fn a_watch_that_is_closed_in_peace_goes_on_without_a_word() {
    let demo = demo_with(3, &["shop"]);
    demo.faults()
        .add(Fault::on(POD_PATH, Misdeed::CloseAfter(Duration::from_millis(150))).query("watch="));
    let mut rig = Rig::start(demo);
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.live(POD_FEED, 1).await;
    rig.demo.journal().wait_for(4, Seen::is_watch).await;
    touch(&rig.demo, "shop", "pod-001", "after four watches");
    rig.said.clear();
    rig.until(|said| matches!(said, Said::Rows(POD_FEED, 0, 1))).await;
    rig.demo.journal().wait_for(6, Seen::is_watch).await;
    add_pod(&rig.demo, "shop", "pod-new");
    rig.until(|said| matches!(said, Said::Rows(POD_FEED, 0, 1))).await;
    assert_eq!(rig.lists("pods"), 1);
    let phases = rig
        .said
        .iter()
        .filter(|said| matches!(said, Said::Phase(..)))
        .count();
    assert_eq!(phases, 0, "{:?}", rig.said);
    let changes = rig
        .said
        .iter()
        .filter(|said| matches!(said, Said::Rows(..)))
        .count();
    assert_eq!(changes, 2, "each change once: {:?}", rig.said);
}

/// Row 7.
#[tokio::test]
async fn half_an_object_is_dropped_and_comes_again_whole() {
    let demo = demo_with(1, &["shop"]);
    demo.faults().add(
        Fault::on(POD_PATH, Misdeed::CutAfterLines(0))
            .query("watch=")
            .times(1),
    );
    let mut rig = Rig::start(demo);
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.live(POD_FEED, 1).await;
    add_pod(&rig.demo, "shop", "pod-late");
    // The connection breaks with what is sent after the half event.
    let mut label = 0;
    let broken = |said: &Said| is_kind(said, POD_FEED, FailureKind::Connection);
    while !rig.said.iter().any(broken) {
        touch(&rig.demo, "shop", "pod-000", &format!("while it breaks {label}"));
        label += 1;
        let _ = tokio::time::timeout(Duration::from_millis(100), rig.next()).await;
    }
    assert_eq!(rig.names(POD_FEED), ["pod-000"]);
    while rig.names(POD_FEED).len() < 2 {
        rig.next().await;
    }
    assert_eq!(rig.names(POD_FEED), ["pod-000", "pod-late"]);
    assert_eq!(rig.lists("pods"), 1);
}

/// Row 8.
#[tokio::test]
async fn a_server_that_asks_for_patience_gets_it() {
    let demo = demo_with(1, &["shop"]);
    demo.faults().add(
        Fault::on(
            POD_PATH,
            Misdeed::Status {
                code: 429,
                retry_after: Some(2),
            },
        )
        .times(1),
    );
    let mut rig = Rig::start(demo);
    rig.open(POD_FEED, &PODS, Scope::All);
    assert_eq!(rig.stale(POD_FEED).await.kind, FailureKind::Throttled);
    rig.live(POD_FEED, 1).await;
    let asked: Vec<_> = rig
        .demo
        .requests()
        .into_iter()
        .filter(|seen| seen.path == POD_PATH && seen.is_list())
        .collect();
    assert_eq!(asked.len(), 2);
    assert!(asked[1].at.nanos_since(asked[0].at) >= 2_000_000_000);
}

/// Row 20.
#[tokio::test]
async fn twenty_namespaces_at_rest_are_not_listed() {
    let names: Vec<String> = (0..20).map(|at| format!("team-{at:02}")).collect();
    let demo = demo_with(2, &names.iter().map(String::as_str).collect::<Vec<_>>());
    // Every watch ends and is resumed a few times, as in an hour.
    demo.faults().add(
        Fault::on(
            "/api/v1/namespaces/*/pods",
            Misdeed::CloseAfter(Duration::from_millis(300)),
        )
        .query("watch="),
    );
    let mut rig = Rig::start(demo);
    rig.open(
        POD_FEED,
        &PODS,
        Scope::Namespaces(names.iter().cloned().collect()),
    );
    rig.live(POD_FEED, 20).await;
    assert_eq!(rig.names(POD_FEED).len(), 40);
    rig.demo.journal().wait_for(80, Seen::is_watch).await;
    assert_eq!(rig.lists("pods"), 20, "one for each namespace, at the start");
}

/// Row 21.
#[tokio::test]
async fn a_server_that_goes_and_comes_back_finds_all_panes_again() {
    let mut rig = Rig::start(demo_with(3, &["shop"]));
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.open(DEPLOYMENT_FEED, &DEPLOYMENTS, Scope::All);
    rig.live(POD_FEED, 1).await;
    rig.heard(Rig::is_up).await;
    rig.demo.faults().offline(true);
    rig.until(Rig::is_down).await;
    let stale = |rig: &Rig, id| {
        rig.said
            .iter()
            .any(|said| is_kind(said, id, FailureKind::Connection))
    };
    while !stale(&rig, POD_FEED) || !stale(&rig, DEPLOYMENT_FEED) {
        rig.next().await;
    }
    assert_eq!(rig.names(POD_FEED).len(), 3);
    add_pod(&rig.demo, "shop", "pod-meanwhile");
    rig.said.clear();
    rig.demo.faults().offline(false);
    let live = |rig: &Rig, id| rig.said.contains(&Said::Phase(id, 0, Phase::Live));
    while !live(&rig, POD_FEED) || !live(&rig, DEPLOYMENT_FEED) || !rig.said.iter().any(Rig::is_up) {
        rig.next().await;
    }
    while rig.names(POD_FEED).len() < 4 {
        rig.next().await;
    }
}

/// Row 22.
#[tokio::test]
async fn a_dead_metrics_server_takes_nothing_with_it() {
    let demo = demo_with(2, &["shop"]);
    demo.faults().down("metrics.k8s.io", true);
    let mut rig = Rig::start(demo);
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.handle.run(Effect::Usage(UsageWanted {
        pods: Some(Scope::All),
        nodes: true,
        ..UsageWanted::default()
    }));
    let (mut live, mut kinds, mut unavailable) = (false, false, false);
    while !(live && kinds && unavailable) {
        match rig.next().await {
            Said::Phase(POD_FEED, 0, Phase::Live) => live = true,
            Said::Kinds(found) => kinds = found.iter().any(|name| name == "leases.coordination.k8s.io"),
            Said::Other(_) => {
                let Some(Msg::Usage(report)) = rig.raw.take() else {
                    continue;
                };
                let UsageReport::Unavailable(why) = report else {
                    panic!("figures from a dead server")
                };
                assert!(why.message.contains("metrics.k8s.io"), "{why}");
                unavailable = true;
            }
            _ => {}
        }
    }
}

/// Row 23, and all namespaces without a cluster-wide right.
#[tokio::test]
async fn without_namespaces_the_configured_ones_and_the_kubeconfigs_work() {
    let demo = demo_with(2, &["shop", "team-a", "secret"]);
    demo.faults().forbid("list", "namespaces", "*");
    demo.faults().forbid("list", "pods", "");
    demo.faults().forbid("list", "pods", "secret");
    let text = demo.kubeconfig().replace("namespace: default", "namespace: shop");
    let mut rig = Rig::start_with(demo, |options| {
        options.search.text = Some(text);
        let mut config = Config::default();
        config.folders = options.config.folders.clone();
        config.read(
            "config.toml",
            "[contexts.demo]\nnamespaces = [\"team-a\", \"secret\"]\n",
        );
        assert_eq!(config.problems, []);
        options.config = config.into();
    });
    rig.open(POD_FEED, &PODS, Scope::All);
    let Said::Narrowed(_, names) = rig.until(|said| matches!(said, Said::Narrowed(..))).await else {
        panic!()
    };
    assert!(
        names.contains(&"shop".to_owned()) && names.contains(&"team-a".to_owned()),
        "{names:?}"
    );
    assert!(!names.contains(&"secret".to_owned()), "{names:?}");
    rig.live(POD_FEED, names.len() as u16).await;
    assert_eq!(rig.names(POD_FEED).len(), 4);
}

/// Row 28; the files themselves are proved beside the reader.
#[tokio::test]
async fn a_broken_context_says_why_and_the_others_work() {
    let demo = demo_with(1, &["shop"]);
    let text = demo
        .kubeconfig()
        .replace(
            "contexts:\n",
            "contexts:\n- name: broken\n  context:\n    user: demo\n",
        )
        .replace("current-context: demo", "current-context: broken");
    let mut rig = Rig::start_with(demo, |options| options.search.text = Some(text));
    let Said::Connection(Connection::Contexts(contexts)) = rig.next().await else {
        panic!()
    };
    assert!(
        contexts[0]
            .problem
            .as_ref()
            .unwrap()
            .contains("has no key `cluster`"),
        "{contexts:?}"
    );
    assert_eq!(contexts[1].problem, None);
    rig.until(Rig::is_down).await;
    rig.open(POD_FEED, &PODS, Scope::All);
    assert_eq!(rig.stale(POD_FEED).await.kind, FailureKind::Credentials);
    rig.handle.run(Effect::Connect(Target {
        context: Some("demo".into()),
    }));
    rig.open(FeedId(3), &PODS, Scope::All);
    rig.live(FeedId(3), 1).await;
}

#[tokio::test]
async fn nothing_usable_is_told_with_every_path() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent");
    let mut rig = Rig::start_with(demo_with(0, &[]), |options| {
        options.search = Search {
            explicit: Some(absent.clone()),
            ..Search::default()
        };
    });
    let Said::Connection(Connection::Failed(why)) = rig.until(Rig::is_down).await else {
        panic!()
    };
    assert!(
        why.message
            .contains(&format!("{}: no such file", absent.display())),
        "{why}"
    );
    assert!(why.message.contains("kubris demo"));
}

#[tokio::test]
async fn opening_a_context_reads_the_kubeconfig_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let demo = demo_with(1, &["shop"]);
    let right = demo.kubeconfig();
    // A token of a cluster that was there before.
    let (head, token) = right.split_once("    token: ").unwrap();
    let rest = token.split_once('\n').map_or("", |(_, rest)| rest);
    std::fs::write(&file, format!("{head}    token: stale\n{rest}")).unwrap();
    let mut rig = Rig::start_with(demo, |options| {
        options.search = Search {
            explicit: Some(file.clone()),
            ..Search::default()
        };
    });
    rig.open(FeedId(1), &PODS, Scope::All);
    let why = rig.stale(FeedId(1)).await;
    assert_eq!(why.kind, FailureKind::Unauthorized, "{why}");
    std::fs::write(&file, right).unwrap();
    rig.handle.run(Effect::Connect(Target::default()));
    rig.open(FeedId(2), &PODS, Scope::All);
    rig.live(FeedId(2), 1).await;
}

/// Row 29.
#[tokio::test]
async fn a_plugin_that_waits_is_shown_and_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let demo = demo_with(1, &["shop"]);
    let script = format!(
        "if [ $(wc -l < runs) = 1 ]; then echo 'enter code ABCD at https://sso' >&2; sleep 1000; fi\n{GIVE_TOKEN}"
    );
    let text = with_plugin(&demo.kubeconfig(), &folder, &script);
    let mut rig = Rig::start_with(demo, |options| options.search.text = Some(text));
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.open(DEPLOYMENT_FEED, &DEPLOYMENTS, Scope::All);
    let said = rig.until(|said| matches!(said, Said::Plugin(_))).await;
    assert_eq!(said, Said::Plugin("enter code ABCD at https://sso\n".into()));
    assert_eq!(rig.demo.requests(), [], "nothing is sent without credentials");
    rig.handle.run(Effect::AbandonPlugin);
    let why = rig.stale(POD_FEED).await;
    assert!(why.message.contains("was given up"), "{why}");
    assert_eq!(plugin_runs(&folder), 1, "once, not once per request");
    rig.handle.run(Effect::Connect(Target::default()));
    rig.open(FeedId(3), &PODS, Scope::All);
    rig.live(FeedId(3), 1).await;
    assert_eq!(plugin_runs(&folder), 2);
}

/// Row 31: every way to change something ends at the gate.
#[tokio::test]
async fn read_only_lets_no_change_out() {
    let demo = demo_with(1, &["shop"]);
    let mut rig = Rig::start_with(demo, |options| options.read_only = Some(true));
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.live(POD_FEED, 1).await;
    let key = |gvr: Gvr, name: &str| ObjectKey {
        gvr,
        namespace: "shop".into(),
        name: name.into(),
        uid: Uid::NONE,
    };
    let pod = || key(PODS, "pod-000");
    let delete = |grace| MutationVerb::Delete {
        propagation: Propagation::Foreground,
        grace,
    };
    let verbs = [
        delete(None),
        delete(Some(0)),
        MutationVerb::Restart,
        MutationVerb::Cordon(true),
        MutationVerb::Suspend(true),
        MutationVerb::Trigger,
        MutationVerb::Replace(Box::new(json!({"metadata": {"name": "pod-000"}}))),
    ];
    // And an exec and an attach.
    let tried = verbs.len() + 2;
    for (at, verb) in verbs.into_iter().enumerate() {
        let mutation = Mutation {
            verb,
            key: pod(),
            before: String::new(),
            after: String::new(),
        };
        let id = EffectId(at as u32);
        rig.handle.run(Effect::Mutate(id, mutation.clone()));
        loop {
            rig.next().await;
            if let Some(Msg::Done(done, result)) = rig.raw.take() {
                let failure = result.unwrap_err();
                assert_eq!(
                    (done, failure.kind),
                    (id, FailureKind::ReadOnly),
                    "{mutation:?}: {failure}"
                );
                break;
            }
        }
    }
    let request = ExecRequest {
        pod: pod(),
        container: None,
        command: vec!["true".into()],
        attach: false,
    };
    let streams = kubris::cluster::exec::Streams {
        terminal: None,
        stdin: false,
    };
    for attach in [false, true] {
        let session = rig
            .handle
            .exec(
                ExecRequest {
                    attach,
                    ..request.clone()
                },
                streams,
            )
            .await
            .unwrap();
        assert_eq!(
            session.exit.await.unwrap().unwrap_err().kind,
            FailureKind::ReadOnly
        );
    }
    let changed: Vec<_> = rig
        .demo
        .requests()
        .into_iter()
        .filter(|seen| seen.method != "GET" || seen.path.contains("exec"))
        .collect();
    assert_eq!(changed, []);
    let journal = std::fs::read_to_string(rig.folder.path().join("state/audit.jsonl")).unwrap();
    assert_eq!(
        journal.lines().filter(|line| line.contains("read-only")).count(),
        tried,
        "{journal}"
    );
}

/// Row 33.
#[tokio::test]
async fn a_connection_that_dies_in_silence_is_noticed_and_replaced() {
    let mut rig = Rig::start_with(demo_with(2, &["shop"]), |options| {
        options.timing.silence = Duration::from_millis(500);
    });
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.live(POD_FEED, 1).await;
    rig.demo.faults().silence_all();
    touch(&rig.demo, "shop", "pod-000", "unheard");
    rig.said.clear();
    let why = rig.stale(POD_FEED).await;
    assert_eq!(why.kind, FailureKind::Timeout);
    rig.until(|said| matches!(said, Said::Rows(POD_FEED, 0, 1))).await;
    assert_eq!(rig.lists("pods"), 1);
}

/// Row 33, the clock jumped: every stream starts anew from where it was, nothing is listed again.
#[tokio::test]
async fn after_a_jump_of_the_clock_every_stream_starts_anew() {
    let mut rig = Rig::start(demo_with(2, &["shop"]));
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.open(DEPLOYMENT_FEED, &DEPLOYMENTS, Scope::All);
    rig.live(POD_FEED, 1).await;
    rig.demo.journal().wait_for(2, Seen::is_watch).await;
    // Both connections are dead and nobody says so.
    rig.demo.faults().silence_all();
    touch(&rig.demo, "shop", "pod-000", "unheard");
    rig.handle.link().unwrap().reopen().await;
    rig.demo.journal().wait_for(4, Seen::is_watch).await;
    rig.until(|said| matches!(said, Said::Rows(POD_FEED, 0, 1))).await;
    assert_eq!(rig.lists("pods"), 1);
}

#[tokio::test]
async fn leaving_a_context_ends_everything_of_it() {
    let mut rig = Rig::start(demo_with(2, &["shop"]));
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.live(POD_FEED, 1).await;
    rig.handle.run(Effect::Connect(Target::default()));
    rig.until(|said| matches!(said, Said::Connection(Connection::Connecting(_))))
        .await;
    touch(&rig.demo, "shop", "pod-000", "nobody looks");
    rig.open(FeedId(9), &PODS, Scope::All);
    rig.said.clear();
    rig.live(FeedId(9), 1).await;
    touch(&rig.demo, "shop", "pod-001", "seen once");
    rig.until(|said| matches!(said, Said::Rows(FeedId(9), 0, 1)))
        .await;
    assert!(
        !rig.said
            .iter()
            .any(|said| matches!(said, Said::Rows(POD_FEED, ..) | Said::Phase(POD_FEED, ..)))
    );
}

#[tokio::test]
async fn a_clusters_proxy_is_used_for_lists_and_watches() {
    for scheme in ["http", "socks5"] {
        let demo = demo_with(2, &["shop"]);
        let proxy = Proxy::start(scheme == "socks5").await;
        let text = demo.kubeconfig().replace(
            "    server: ",
            &format!("    proxy-url: {scheme}://{}\n    server: ", proxy.address),
        );
        let address = demo.address().to_string();
        let mut rig = Rig::start_with(demo, |options| options.search.text = Some(text));
        rig.open(POD_FEED, &PODS, Scope::All);
        rig.live(POD_FEED, 1).await;
        let asked = proxy.asked.lock().unwrap().clone();
        assert!(
            !asked.is_empty() && asked.iter().all(|target| *target == address),
            "{scheme}: {asked:?}"
        );
    }
}
