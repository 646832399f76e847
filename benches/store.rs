//! What 100,000 pods cost the store: whole sorts, whole filters, and an update merged into a view that is sorted and filtered.
//!
//! `cargo bench --bench store` prints one table. Beside each group stands its floor: a plain `Vec` sort of the same keys, a plain regex over texts
//! that are ready. Only ratios within one run mean anything.

mod many;

use divan::{Bencher, black_box};
use kubris::clock::Timestamp;
use kubris::kind::{RowBatch, SortBy, Usage};
use kubris::kinds;
use kubris::model::{Feed, FeedId, Predicate, Scope};
use kubris::store::{FeedState, Filter, Order, Store, filter_line};
use many::{NOW, PODS};

fn main() {
    divan::main();
}

/// A store that holds the pods, and their feed.
fn filled() -> Option<(Store, FeedId)> {
    let kind = kinds::named("pods")?;
    let feed = Feed {
        gvr: kind.gvr.clone(),
        scope: Scope::All,
        fields: String::new(),
    };
    let mut store = Store::default();
    let (id, _) = store.open(&feed, kind);
    store.begin_list(id, 0);
    store.apply(
        id,
        0,
        many::rows("pods", many::shuffled(PODS).map(many::pod))?,
        NOW,
    )?;
    store.end_list(id, 0);
    let metas: Vec<_> = store.feed(id).into_iter().flat_map(metas).collect();
    let figures = metas.into_iter().zip(1_u64..).map(|((namespace, name), at)| {
        let usage = Usage {
            cpu_milli: at * 7_919 % 1_000,
            memory: at * 104_729 % (1 << 30),
        };
        (namespace, name, usage)
    });
    store.pods_usage(figures.collect(), NOW);
    Some((store, id))
}

fn metas(feed: &FeedState) -> Vec<(std::sync::Arc<str>, std::sync::Arc<str>)> {
    let slots = feed.rows.slots();
    let metas = slots.iter().filter_map(|slot| feed.rows.meta(*slot));
    metas
        .map(|meta| (meta.namespace.clone(), meta.name.clone()))
        .collect()
}

fn order(feed: &FeedState, filter: &str, title: &str) -> Order {
    let sort = SortBy {
        column: feed.column(title).unwrap_or(0),
        reverse: false,
    };
    Order::new(Filter::parse(filter).unwrap_or_default(), Predicate::All, sort)
}

/// A whole sort of a column; ties go by namespace and name.
#[divan::bench(args = ["NAMESPACE", "NAME", "STATUS", "RESTARTS", "CPU", "%R", "NODE", "IP", "AGE"], sample_count = 15)]
fn sort(bencher: Bencher, title: &str) {
    let Some((store, id)) = filled() else { return };
    let Some(feed) = store.feed(id) else { return };
    let mut order = order(feed, "", title);
    bencher.bench_local(|| {
        order.invalidate();
        order.complete(feed, &store, NOW);
        black_box(order.slots());
    });
}

/// The floor of a sort: keys that are ready, in a plain `Vec`.
#[divan::bench(args = ["NAME", "AGE"], sample_count = 15)]
fn sort_of_ready_keys(bencher: Bencher, title: &str) {
    let Some((store, id)) = filled() else { return };
    let Some(feed) = store.feed(id) else { return };
    let metas = metas(feed);
    if title == "NAME" {
        let keys: Vec<(&str, &str)> = metas.iter().map(|(ns, name)| (&**name, &**ns)).collect();
        bencher
            .with_inputs(|| keys.clone())
            .bench_local_values(|mut keys| {
                keys.sort_unstable();
                keys
            });
    } else {
        let keys: Vec<(Timestamp, &str, &str)> =
            metas.iter().map(|(ns, name)| (NOW, &**ns, &**name)).collect();
        bencher
            .with_inputs(|| keys.clone())
            .bench_local_values(|mut keys| {
                keys.sort_unstable();
                keys
            });
    }
}

/// A whole filter of the view in its default order.
#[divan::bench(args = ["web-000.*-000[0-9a]", "!web", "crash", "-l app=web", "-f web007"], sample_count = 15)]
fn filter(bencher: Bencher, text: &str) {
    let Some((store, id)) = filled() else { return };
    let Some(feed) = store.feed(id) else { return };
    let mut order = order(feed, text, "NAMESPACE");
    bencher.bench_local(|| {
        order.invalidate();
        order.complete(feed, &store, NOW);
        black_box(order.slots());
    });
}

/// The floor of a filter: texts that are ready.
#[divan::bench(args = ["web-000.*-000[0-9a]", "crash"], sample_count = 15)]
fn regex_over_ready_texts(bencher: Bencher, text: &str) {
    let Some((store, id)) = filled() else { return };
    let Some(feed) = store.feed(id) else { return };
    let line = |slot: u32| {
        let mut line = String::new();
        filter_line(feed, slot, NOW, &mut line);
        line
    };
    let lines: Vec<String> = feed.rows.slots().into_iter().map(line).collect();
    let Ok(pattern) = regex::RegexBuilder::new(text).case_insensitive(true).build() else {
        return;
    };
    bencher.bench_local(|| lines.iter().filter(|line| pattern.is_match(line)).count());
}

/// 1,000 pods change; the view is sorted, and filtered when `filter` is not empty.
#[divan::bench(args = ["", "web-00"], sample_count = 30)]
fn update(bencher: Bencher, filter: &str) {
    let Some((mut store, id)) = filled() else { return };
    let Some(mut order) = store.feed(id).map(|feed| order(feed, filter, "RESTARTS")) else {
        return;
    };
    if let Some(feed) = store.feed(id) {
        order.complete(feed, &store, NOW);
    }
    let mut round = 0;
    bencher
        .with_inputs(|| {
            round += 1;
            changed(round)
        })
        .bench_local_values(|batch| {
            let changes = batch.and_then(|batch| store.apply(id, 0, batch, NOW));
            if let (Some(changes), Some(feed)) = (changes, store.feed(id)) {
                order.merge(feed, &changes, NOW);
            }
        });
}

/// A thousand pods with another number of restarts than in the round before.
fn changed(round: usize) -> Option<RowBatch> {
    let numbers = (0..1_000).map(|at| (at * 101 + round) % PODS);
    many::rows(
        "pods",
        numbers.map(|number| many::restarted(number, 3 + round % 5)),
    )
}

/// One pod changes and what feeds know about each other is brought up to date: 100,000 pods on 1,000 nodes, whose load is shown or not.
#[divan::bench(args = [false, true], sample_count = 15)]
fn join(bencher: Bencher, loads: bool) {
    let Some((mut store, id)) = filled() else { return };
    let Some(kind) = kinds::named("nodes") else { return };
    let feed = Feed {
        gvr: kind.gvr.clone(),
        scope: Scope::All,
        fields: String::new(),
    };
    let (nodes, _) = store.open(&feed, kind);
    if let Some(rows) = many::rows("nodes", (0..1_000).map(many::node)) {
        store.apply(nodes, 0, rows, NOW);
    }
    store.want_loads(loads);
    store.join();
    let mut round = 0;
    bencher
        .with_inputs(|| {
            round += 1;
            many::rows("pods", std::iter::once(many::restarted(7, 3 + round)))
        })
        .bench_local_values(|batch| {
            batch.and_then(|batch| store.apply(id, 0, batch, NOW));
            black_box(store.join())
        });
}
