//! A cluster of many pods, made up: for benchmarks and for the test that a frame never looks at hidden rows.

#![allow(dead_code, reason = "each user takes its part")]

use kubris::app::{App, Start};
use kubris::clock::Timestamp;
use kubris::config::Config;
use kubris::kind::{RowBatch, Verb};
use kubris::kinds;
use kubris::model::{FeedId, Phase, Scope};
use kubris::msg::{ClusterInfo, Connection, ContextInfo, Effect, FeedEvent, Msg};

/// The moment at which everything happens.
pub const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

/// As many as the targets speak of.
pub const PODS: usize = 100_000;

/// One pod, as small as it may be for every column to have something to show.
pub fn pod(number: usize) -> String {
    restarted(number, number % 3)
}

/// The same pod with this many restarts.
pub fn restarted(number: usize, restarts: usize) -> String {
    let (namespace, owner) = (number / 1_000, number / 40);
    format!(
        r#"{{"metadata":{{"namespace":"team-{namespace:02}","name":"web-{owner:06x}-{number:05x}","uid":"{number:08x}-0000-4000-8000-{number:012x}",
        "creationTimestamp":"2026-11-18T{:02}:{:02}:00Z","labels":{{"app":"web"}},
        "ownerReferences":[{{"kind":"ReplicaSet","name":"web-{owner:06x}","uid":"{owner:08x}-0000-4000-9000-{owner:012x}","controller":true}}]}},
        "spec":{{"nodeName":"ip-10-0-1-{}.eu-west-1.compute.internal","containers":[{{"name":"app","resources":{{"requests":{{"cpu":"250m","memory":"256Mi"}}}}}}]}},
        "status":{{"phase":"Running","podIP":"10.0.1.{}","qosClass":"Burstable","conditions":[{{"type":"Ready","status":"True"}}],
        "containerStatuses":[{{"name":"app","ready":true,"restartCount":{},"state":{{"running":{{}}}}}}]}}}}"#,
        number / 60 % 24,
        number % 60,
        number % 250,
        number % 250,
        restarts
    )
}

/// One node.
pub fn node(number: usize) -> String {
    let (block, host) = (number / 250, number % 250);
    format!(
        r#"{{"metadata":{{"name":"ip-10-{block}-1-{host}.eu-west-1.compute.internal","uid":"{number:08x}-0000-4000-a000-{number:012x}",
        "creationTimestamp":"2026-11-18T07:40:00Z","labels":{{"node.kubernetes.io/instance-type":"m5.large","topology.kubernetes.io/zone":"eu-west-1a"}}}},
        "spec":{{}},
        "status":{{"capacity":{{"cpu":"2","memory":"8Gi","pods":"110"}},"allocatable":{{"cpu":"1930m","memory":"7Gi","pods":"110"}},
        "conditions":[{{"type":"Ready","status":"True"}}]}}}}"#
    )
}

/// Objects on their way into a feed of a kind.
pub fn rows(kind: &str, objects: impl Iterator<Item = String>) -> Option<RowBatch> {
    let mut decoder = kinds::named(kind)?.decoder();
    for object in objects {
        let decoded = decoder.json(Verb::Upsert, object.as_bytes());
        assert!(decoded.is_ok(), "an object could not be read: {object}");
    }
    decoder.take()
}

/// The numbers below `count` in an order of no meaning. Not for multiples of 7,919.
pub fn shuffled(count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |at| at * 7_919 % count)
}

/// The program on the pods of all namespaces, a thousand in each: the first screen is the same however many there are.
pub fn pods(size: (u16, u16), count: usize) -> App {
    app("pods", size, shuffled(count).map(pod))
}

/// The program on the nodes.
pub fn nodes(size: (u16, u16), count: usize) -> App {
    app("nodes", size, (0..count).map(node))
}

fn app(kind: &str, size: (u16, u16), objects: impl Iterator<Item = String>) -> App {
    let start = Start {
        command: kind.to_owned(),
        scope: Some(Scope::All),
        ..Start::default()
    };
    let mut app = App::new(Config::default(), start, size, NOW);
    app.begin();
    let context = ContextInfo {
        name: "bench".to_owned(),
        ..ContextInfo::default()
    };
    let _ = app.update(Msg::Connection(Connection::Contexts(vec![context.clone()])), NOW);
    let info = ClusterInfo {
        context,
        ..ClusterInfo::default()
    };
    let effects = app.update(Msg::Connection(Connection::Connecting(info)), NOW);
    let feed = effects.iter().find_map(|effect| match effect {
        Effect::Feed(id, feed) if feed.gvr.resource == kind => Some(*id),
        _ => None,
    });
    if let (Some(feed), Some(rows)) = (feed, rows(kind, objects)) {
        fill(&mut app, feed, rows);
    }
    // The other feeds of the screen are there and empty.
    let feeds: Vec<FeedId> = app.store.feeds().map(|(id, _)| id).collect();
    for id in feeds {
        let _ = app.update(Msg::Feed(id, 0, FeedEvent::Phase(Phase::Live)), NOW);
    }
    app
}

fn fill(app: &mut App, feed: FeedId, rows: RowBatch) {
    for event in [
        FeedEvent::BeginList,
        FeedEvent::Rows(rows),
        FeedEvent::EndList,
        FeedEvent::Phase(Phase::Live),
    ] {
        let _ = app.update(Msg::Feed(feed, 0, event), NOW);
    }
    while app.work(1) {}
}
