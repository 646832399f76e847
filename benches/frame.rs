//! What a frame costs with many rows: from the app to cells, against an empty draw and ratatui's own table of the same visible rows.
//!
//! `cargo bench --bench frame` prints one table. Only ratios within one run mean anything; the allocations of a frame with 1,000 and with 100,000
//! rows are the same, as hidden rows are never touched.

mod many;

use std::sync::OnceLock;

use divan::{AllocProfiler, Bencher, black_box};
use kubris::clock::Timestamp;
use kubris::msg::Msg;
use kubris::theme::Theme;
use kubris::view::Body;
use kubris::{ui, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Constraint;
use ratatui::widgets::{Row, Table};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const SIZES: [(u16, u16); 2] = [(200, 60), (400, 100)];

fn main() {
    divan::main();
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
    let app = many::pods(size, PODS);
    let mut terminal = terminal(size);
    bencher.bench_local(|| {
        let screen = view::screen(&app);
        if let Some(terminal) = &mut terminal {
            let _ = terminal.draw(|frame| ui::draw(frame, &screen, theme()));
        }
    });
}

/// What one wake-up of an idle program costs: a tick a second later, when to wake next, and a frame if an age on screen is another.
#[divan::bench(consts = [10_000, 100_000])]
fn wake_up<const PODS: usize>(bencher: Bencher) {
    let mut app = many::pods((200, 60), PODS);
    let mut terminal = terminal((200, 60));
    let mut now = many::NOW;
    bencher.bench_local(|| {
        now = Timestamp(now.0 + 1_000_000_000);
        let _ = app.update(Msg::Tick(now), now);
        if app.dirty {
            let screen = view::screen(&app);
            if let Some(terminal) = &mut terminal {
                let _ = terminal.draw(|frame| ui::draw(frame, &screen, theme()));
            }
            app.drawn();
        }
        black_box(app.deadline())
    });
}

/// The whole frame of nodes, with their totals.
#[divan::bench(args = SIZES, consts = [100, 5_000])]
fn nodes<const NODES: usize>(bencher: Bencher, size: (u16, u16)) {
    let app = many::nodes(size, NODES);
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
    let app = many::pods(size, PODS);
    bencher.bench_local(|| black_box(view::screen(&app)));
}

/// The second half of it.
#[divan::bench(args = SIZES)]
fn draw(bencher: Bencher, size: (u16, u16)) {
    let screen = view::screen(&many::pods(size, 1_000));
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
    let screen = view::screen(&many::pods(size, 1_000));
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
