//! What the store promises, with time as a parameter.

use std::sync::Arc;

use super::{Filter, Order, Store};
use crate::clock::Timestamp;
use crate::kind::{Changes, RowBatch, SortBy, Usage, Verb};
use crate::kinds;
use crate::model::{Feed, FeedId, Predicate, Scope, Uid};

const SECOND: i64 = 1_000_000_000;

/// A moment, in thousandths of a second.
const fn at(millis: i64) -> Timestamp {
    Timestamp(millis * 1_000_000)
}

fn open(store: &mut Store, resource: &str) -> FeedId {
    let kind = kinds::named(resource).unwrap();
    let feed = Feed {
        gvr: kind.gvr.clone(),
        scope: Scope::All,
        fields: String::new(),
    };
    store.open(&feed, kind).0
}

/// The uid of a number: pods count from 0, replica sets from a million, deployments from two, nodes from three.
fn uid(number: usize) -> String {
    format!("{number:08x}-0000-4000-8000-000000000001")
}

fn object(number: usize, owner: Option<usize>, restarts: usize) -> String {
    let owner = owner.map_or(String::new(), |owner| {
        format!(
            r#""ownerReferences":[{{"kind":"X","name":"x","uid":"{}","controller":true}}],"#,
            uid(owner)
        )
    });
    format!(
        r#"{{"metadata":{{{owner}"namespace":"shop","name":"o-{:05}","uid":"{}"}},"spec":{{"containers":[{{"name":"app"}}]}},
        "status":{{"phase":"Running","containerStatuses":[{{"name":"app","ready":true,"restartCount":{restarts},"state":{{"running":{{}}}}}}]}}}}"#,
        number * 7_919 % 100_003,
        uid(number)
    )
}

fn batch(resource: &str, items: &[(Verb, String)]) -> RowBatch {
    let mut decoder = kinds::named(resource).unwrap().decoder();
    for (verb, json) in items {
        decoder.json(*verb, json.as_bytes()).unwrap();
    }
    decoder.take().unwrap()
}

fn put(store: &mut Store, id: FeedId, objects: &[String]) -> Changes {
    let resource = store.feed(id).unwrap().feed.gvr.resource.to_string();
    let items: Vec<(Verb, String)> = objects
        .iter()
        .map(|object| (Verb::Upsert, object.clone()))
        .collect();
    store.apply(id, 0, batch(&resource, &items), at(0)).unwrap()
}

fn by(store: &Store, id: FeedId, title: &str) -> SortBy {
    SortBy {
        column: store.feed(id).unwrap().column(title).unwrap(),
        reverse: false,
    }
}

fn whole(store: &Store, id: FeedId, filter: &str, title: &str) -> Vec<u32> {
    let filter = Filter::parse(filter).unwrap();
    let mut order = Order::new(filter, Predicate::All, by(store, id, title));
    order.complete(store.feed(id).unwrap(), store, at(0));
    order.slots().to_vec()
}

#[test]
fn a_long_order_goes_on_in_steps_while_rows_change() {
    const ROWS: usize = 20_000;
    for (seed, filter) in [(1, ""), (2, r"o-\d*[0-4]\b")] {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut store = Store::default();
        let id = open(&mut store, "pods");
        let objects: Vec<String> = (0..ROWS).map(|number| object(number, None, number % 5)).collect();
        put(&mut store, id, &objects);
        let sort = by(&store, id, "RESTARTS");
        let mut order = Order::new(Filter::parse(filter).unwrap(), Predicate::All, sort);
        assert!(!order.refresh(store.feed(id).unwrap(), &store, at(0)));
        assert!(order.is_building(), "20,000 rows were ordered at once");
        let mut steps = 0;
        while order.is_building() {
            steps += 1;
            // Two change, one goes, one comes: some of them twice.
            let some = |random: &mut fastrand::Rng| random.usize(..ROWS);
            let (one, two, gone) = (some(&mut random), some(&mut random), some(&mut random));
            let items = [
                (Verb::Upsert, object(one, None, random.usize(..9))),
                (Verb::Upsert, object(two, None, random.usize(..9))),
                (Verb::Remove, object(gone, None, 0)),
                (Verb::Upsert, object(ROWS + random.usize(..50), None, 4)),
            ];
            // The last ones of a long list of changes must not keep it from ever ending.
            if steps < 30 {
                let changes = store.apply(id, 0, batch("pods", &items), at(0)).unwrap();
                order.merge(store.feed(id).unwrap(), &changes, at(0));
            }
            order.work(store.feed(id).unwrap(), at(0), 1);
            assert!(steps < 200, "it never ends");
        }
        assert!(steps > 10, "{steps} steps are too few to be short");
        assert_eq!(order.slots(), whole(&store, id, filter, "RESTARTS"));
    }
}

#[test]
fn a_large_batch_is_merged_in_steps_and_the_old_order_stays_meanwhile() {
    let mut store = Store::default();
    let id = open(&mut store, "pods");
    let objects = |range: std::ops::Range<usize>| -> Vec<String> {
        range.map(|number| object(number, None, number % 5)).collect()
    };
    put(&mut store, id, &objects(0..6_000));
    let sort = by(&store, id, "NAME");
    let mut order = Order::new(Filter::default(), Predicate::All, sort);
    order.complete(store.feed(id).unwrap(), &store, at(0));
    let changes = put(&mut store, id, &objects(6_000..15_000));
    order.merge(store.feed(id).unwrap(), &changes, at(0));
    assert_eq!(order.slots().len(), 6_000);
    order.work(store.feed(id).unwrap(), at(0), 1_000);
    assert!(!order.is_building());
    assert_eq!(order.slots(), whole(&store, id, "", "NAME"));
}

/// A deployment with its replica set and pods, and a stranger's.
fn owned() -> (Store, FeedId, FeedId, Order) {
    const DEPLOYMENT: usize = 2_000_000;
    let mut store = Store::default();
    let (pods, sets) = (open(&mut store, "pods"), open(&mut store, "replicasets"));
    put(
        &mut store,
        sets,
        &[object(1_000_000, Some(DEPLOYMENT), 0), object(1_000_001, None, 0)],
    );
    let objects: Vec<String> = (0..6)
        .map(|number| object(number, Some(1_000_000 + number % 3), 0))
        .collect();
    put(&mut store, pods, &objects);
    let mut order = Order::new(
        Filter::default(),
        Predicate::OwnedBy(Uid::parse(&uid(DEPLOYMENT))),
        by(&store, pods, "NAME"),
    );
    order.complete(store.feed(pods).unwrap(), &store, at(0));
    (store, pods, sets, order)
}

#[test]
fn an_order_by_owner_is_made_anew_only_when_ownership_changes() {
    let (mut store, pods, sets, mut order) = owned();
    assert_eq!(order.slots().len(), 2);
    // A replica set and a pod change, but not whose they are.
    let json = object(1_000_001, None, 0).replace("\"spec\":{", "\"spec\":{\"replicas\":3,");
    assert_eq!(put(&mut store, sets, &[json]).updated.len(), 1);
    put(&mut store, pods, &[object(5, Some(1_000_002), 7)]);
    assert!(!order.refresh(store.feed(pods).unwrap(), &store, at(10_000)));
    assert_eq!(order.deadline(), None, "there is nothing to look at");
    // A stranger's replica set: looked at, but nothing is another.
    put(&mut store, sets, &[object(1_000_009, Some(2_000_001), 0)]);
    assert!(!order.refresh(store.feed(pods).unwrap(), &store, at(20_000)));
    // A new one of the same deployment, soon after: it waits for its turn, once.
    put(&mut store, sets, &[object(1_000_002, Some(2_000_000), 0)]);
    assert!(!order.refresh(store.feed(pods).unwrap(), &store, at(20_400)));
    assert_eq!(order.deadline(), Some(at(21_000)));
    assert!(order.refresh(store.feed(pods).unwrap(), &store, at(21_000)));
    assert_eq!(order.slots().len(), 4);
    assert_eq!(order.deadline(), None);
}

#[test]
fn events_about_an_object_are_about_its_owners_and_children() {
    let (mut store, pods, sets, _) = owned();
    let uids = |store: &Store, number: usize| store.subjects(Uid::parse(&uid(number))).uids.len();
    // The deployment (not held itself), its set and two pods.
    assert_eq!(uids(&store, 2_000_000), 4);
    assert_eq!(uids(&store, 1_000_000), 4);
    assert_eq!(uids(&store, 0), 3);
    let before = store.subjects_version();
    put(&mut store, pods, &[object(9, Some(1_000_000), 0)]);
    assert_ne!(store.subjects_version(), before);
    assert_eq!(uids(&store, 2_000_000), 5);
    store.apply(
        sets,
        0,
        batch("replicasets", &[(Verb::Remove, object(1_000_000, None, 0))]),
        at(0),
    );
    assert_eq!(uids(&store, 2_000_000), 1);
}

#[test]
fn figures_that_change_move_their_rows_at_the_end_of_the_second_and_once() {
    let mut store = Store::default();
    let id = open(&mut store, "pods");
    put(&mut store, id, &[object(0, None, 0), object(1, None, 0)]);
    let figures = |first: u64, second: u64| {
        let usage = |cpu_milli| Usage { cpu_milli, memory: 1 };
        let name = |number: usize| Arc::from(format!("o-{:05}", number * 7_919));
        vec![
            (Arc::from("shop"), name(0), usage(first)),
            (Arc::from("shop"), name(1), usage(second)),
        ]
    };
    store.pods_usage(figures(1, 2), at(0));
    let sort = by(&store, id, "CPU");
    let mut order = Order::new(Filter::default(), Predicate::All, sort);
    order.complete(store.feed(id).unwrap(), &store, at(5_000));
    assert_eq!((order.slots(), order.deadline()), (&[0, 1][..], None));
    store.pods_usage(figures(2, 1), at(5_300));
    assert!(!order.refresh(store.feed(id).unwrap(), &store, at(5_300)));
    assert_eq!(order.deadline(), Some(at(6_000)), "put off, not forgotten");
    assert!(order.refresh(store.feed(id).unwrap(), &store, at(6_000)));
    assert_eq!((order.slots(), order.deadline()), (&[1, 0][..], None));
    assert!(
        !order.refresh(store.feed(id).unwrap(), &store, at(60_000)),
        "once is enough"
    );
    // Whoever is not ordered by figures is left alone.
    let sort = by(&store, id, "NAME");
    let mut order = Order::new(Filter::default(), Predicate::All, sort);
    order.complete(store.feed(id).unwrap(), &store, at(60_000));
    store.pods_usage(figures(5, 6), at(61_000));
    assert!(!order.refresh(store.feed(id).unwrap(), &store, at(70_000)));
    assert_eq!(order.deadline(), None);
}

#[test]
fn a_feed_nobody_uses_goes_at_its_moment() {
    let mut store = Store::default();
    let id = open(&mut store, "pods");
    assert_eq!(open(&mut store, "pods"), id);
    store.close(id, at(0));
    assert_eq!(store.unused_until(), None, "one user is left");
    store.close(id, at(1_000));
    let until = store.unused_until().unwrap();
    assert_eq!(until, Timestamp(at(1_000).0 + 60 * SECOND));
    assert_eq!(store.drop_unused(Timestamp(until.0 - 1)), []);
    assert_eq!(store.drop_unused(until), [id]);
    assert_eq!(store.unused_until(), None, "nothing is left to wake for");
}

#[test]
fn joins_look_at_what_changed_and_at_all_when_they_must() {
    let (mut store, pods, sets, _) = owned();
    let nodes = open(&mut store, "nodes");
    let node = |ready: &str| {
        format!(
            r#"{{"metadata":{{"name":"n1","uid":"{}"}},"status":{{"allocatable":{{"cpu":"2","memory":"1Gi"}},"conditions":[{{"type":"Ready","status":"{ready}"}}]}}}}"#,
            uid(3_000_000)
        )
    };
    let on = |number: usize| {
        object(number, Some(1_000_000), 0).replace("\"spec\":{", "\"spec\":{\"nodeName\":\"n1\",")
    };
    let set = |revision: usize| {
        let note = format!(
            "\"metadata\":{{\"annotations\":{{\"deployment.kubernetes.io/revision\":\"{revision}\"}},"
        );
        object(1_000_000, Some(2_000_000), 0).replacen("\"metadata\":{", &note, 1)
    };
    let facts = |store: &Store, slot: u32| {
        let facts = store.feed(pods).unwrap().annex.of(slot);
        (facts.node_down, facts.revision)
    };
    put(&mut store, nodes, &[node("True")]);
    put(&mut store, pods, &[on(0)]);
    put(&mut store, sets, &[set(1)]);
    assert!(store.join());
    assert_eq!(facts(&store, 0), (false, Some(1)));
    assert_eq!(store.allocatable(), Some((2_000, 1 << 30)));
    // The node goes down: pods that did not change are marked; so is one that comes later.
    put(&mut store, nodes, &[node("False")]);
    put(&mut store, sets, &[set(2)]);
    assert!(store.join());
    assert_eq!(facts(&store, 0), (true, Some(2)));
    put(&mut store, pods, &[on(7)]);
    assert!(store.join());
    assert_eq!(facts(&store, 6), (true, Some(2)));
    put(&mut store, nodes, &[node("True")]);
    assert!(store.join());
    assert_eq!(facts(&store, 6), (false, Some(2)));
    assert!(!store.is_join_due() && !store.join());
    // The load of nodes is nobody's business until somebody looks at nodes.
    let load = |store: &Store| store.feed(nodes).unwrap().annex.of(0).node.clone();
    assert_eq!(load(&store), None);
    store.want_loads(true);
    assert!(store.is_join_due() && store.join());
    assert_eq!(load(&store).map(|load| load.pods), Some(2));
    assert!(!store.is_join_due());
}
