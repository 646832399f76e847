//! What a frame costs with many rows: from the app to cells, against an empty draw and ratatui's own table of the same visible rows.
//!
//! `cargo bench --bench frame` prints one table. Only ratios within one run mean anything; the allocations of a frame with 1,000 and with 100,000
//! rows are the same, as hidden rows are never touched.

use std::sync::OnceLock;

use divan::{AllocProfiler, Bencher, black_box};
use kubris::app::{App, Start};
use kubris::clock::Timestamp;
use kubris::config::Config;
use kubris::kind::Verb;
use kubris::kinds;
use kubris::model::{Phase, Scope};
use kubris::msg::{ClusterInfo, Connection, ContextInfo, Effect, FeedEvent, Msg};
use kubris::theme::Theme;
use kubris::view::Body;
use kubris::{ui, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Constraint;
use ratatui::widgets::{Row, Table};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);
const SIZES: [(u16, u16); 2] = [(200, 60), (400, 100)];

fn main() {
    divan::main();
}

/// One pod, as small as it may be for every column to have something to show.
fn pod(number: usize) -> String {
    let (namespace, owner) = (number % 100, number / 40);
    format!(
        r#"{{"metadata":{{"namespace":"team-{namespace:02}","name":"web-{owner:06x}-{number:05x}","uid":"{number:08x}-0000-4000-8000-{number:012x}",
        "creationTimestamp":"2026-11-18T07:40:00Z","labels":{{"app":"web"}},
        "ownerReferences":[{{"kind":"ReplicaSet","name":"web-{owner:06x}","uid":"{owner:08x}-0000-4000-9000-{owner:012x}","controller":true}}]}},
        "spec":{{"nodeName":"ip-10-0-1-{}.eu-west-1.compute.internal","containers":[{{"name":"app","resources":{{"requests":{{"cpu":"250m","memory":"256Mi"}}}}}}]}},
        "status":{{"phase":"Running","podIP":"10.0.1.{}","qosClass":"Burstable","conditions":[{{"type":"Ready","status":"True"}}],
        "containerStatuses":[{{"name":"app","ready":true,"restartCount":{},"state":{{"running":{{}}}}}}]}}}}"#,
        number % 250,
        number % 250,
        number % 3
    )
}

/// The program on the pods of all namespaces.
fn app(size: (u16, u16), pods: usize) -> App {
    let start = Start {
        command: "pods".to_owned(),
        scope: Some(Scope::All),
        ..Start::default()
    };
    let mut app = App::new(Config::default(), start, size, NOW);
    app.begin();
    let context = ContextInfo {
        name: "bench".to_owned(),
        ..ContextInfo::default()
    };
    app.update(Msg::Connection(Connection::Contexts(vec![context.clone()])), NOW);
    let info = ClusterInfo {
        context,
        ..ClusterInfo::default()
    };
    let effects = app.update(Msg::Connection(Connection::Connecting(info)), NOW);
    let feed = effects.iter().find_map(|effect| match effect {
        Effect::Feed(id, feed) if feed.gvr.resource == "pods" => Some(*id),
        _ => None,
    });
    let Some(feed) = feed else { return app };
    let mut decoder = kinds::named("pods").map(|kind| kind.decoder());
    for number in 0..pods {
        let decoded = decoder
            .as_mut()
            .map(|decoder| decoder.json(Verb::Upsert, pod(number).as_bytes()));
        assert!(matches!(decoded, Some(Ok(()))), "a pod could not be read");
    }
    app.update(Msg::Feed(feed, 0, FeedEvent::BeginList), NOW);
    if let Some(rows) = decoder.and_then(|mut decoder| decoder.take()) {
        app.update(Msg::Feed(feed, 0, FeedEvent::Rows(rows)), NOW);
    }
    app.update(Msg::Feed(feed, 0, FeedEvent::EndList), NOW);
    app.update(Msg::Feed(feed, 0, FeedEvent::Phase(Phase::Live)), NOW);
    app
}

fn terminal((width, height): (u16, u16)) -> Option<Terminal<TestBackend>> {
    Terminal::new(TestBackend::new(width, height)).ok()
}

fn theme() -> &'static Theme {
    static THEME: OnceLock<Theme> = OnceLock::new();
    THEME.get_or_init(Theme::default)
}

/// The whole frame: what is on screen as data, then as cells, then the difference to the last frame.
#[divan::bench(args = SIZES, consts = [1_000, 100_000])]
fn frame<const PODS: usize>(bencher: Bencher, size: (u16, u16)) {
    let app = app(size, PODS);
    let mut terminal = terminal(size);
    bencher.bench_local(|| {
        let screen = view::screen(&app);
        if let Some(terminal) = &mut terminal {
            let _ = terminal.draw(|frame| ui::draw(frame, &screen, theme()));
        }
    });
}

/// The first half of it.
#[divan::bench(args = SIZES, consts = [1_000, 100_000])]
fn screen<const PODS: usize>(bencher: Bencher, size: (u16, u16)) {
    let app = app(size, PODS);
    bencher.bench_local(|| black_box(view::screen(&app)));
}

/// The second half of it.
#[divan::bench(args = SIZES)]
fn draw(bencher: Bencher, size: (u16, u16)) {
    let screen = view::screen(&app(size, 1_000));
    let mut terminal = terminal(size);
    bencher.bench_local(|| {
        if let Some(terminal) = &mut terminal {
            let _ = terminal.draw(|frame| ui::draw(frame, &screen, theme()));
        }
    });
}

/// The floor: a frame in which nothing is drawn.
#[divan::bench(args = SIZES)]
fn nothing(bencher: Bencher, size: (u16, u16)) {
    let mut terminal = terminal(size);
    bencher.bench_local(|| {
        if let Some(terminal) = &mut terminal {
            let _ = terminal.draw(|_| {});
        }
    });
}

/// The same visible rows in ratatui's own table, from texts that are ready.
#[divan::bench(args = SIZES)]
fn ratatui_table(bencher: Bencher, size: (u16, u16)) {
    let screen = view::screen(&app(size, 1_000));
    let mut terminal = terminal(size);
    let body = screen.panes.iter().find_map(|pane| match &pane.body {
        Body::Table(body) => Some(body),
        _ => None,
    });
    let Some(body) = body else { return };
    let widths: Vec<Constraint> = body
        .heads
        .iter()
        .map(|head| Constraint::Length(head.width))
        .collect();
    bencher.bench_local(|| {
        let rows = body
            .rows
            .iter()
            .map(|row| Row::new(row.cells.iter().map(|cell| cell.text.as_str())));
        let table = Table::new(rows, widths.iter().copied());
        if let Some(terminal) = &mut terminal {
            let _ = terminal.draw(|frame| frame.render_widget(&table, frame.area()));
        }
    });
}
