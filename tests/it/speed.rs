//! What a frame may not do, however many rows there are. No time is measured here: that is what `benches/` is for.

use kubris::app::App;
use kubris::theme::Theme;
use kubris::{ui, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

#[path = "../../benches/many.rs"]
pub mod many;

const SIZE: (u16, u16) = (200, 60);

/// Allocations of one frame: from the app to cells. The first frame, in which widths and buffers grow, does not count.
fn allocations(app: &App) -> u64 {
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
    let theme = Theme::default();
    let mut frame = || {
        let screen = view::screen(app);
        terminal.draw(|frame| ui::draw(frame, &screen, &theme)).unwrap();
    };
    frame();
    frame();
    allocation_counter::measure(frame).count_total
}

#[test]
fn hidden_rows_allocate_nothing_in_a_frame() {
    let few = allocations(&many::pods(SIZE, 1_000));
    assert!(few > 100, "nothing was drawn: {few}");
    let many = allocations(&many::pods(SIZE, 20_000));
    // Longer figures in title and header, and a shorter scroll bar, are a handful.
    assert!(many.abs_diff(few) <= 8, "{few} at 1 000 pods, {many} at 20 000");
}

#[test]
fn hidden_nodes_allocate_nothing_in_a_frame() {
    let few = allocations(&many::nodes(SIZE, 250));
    assert!(few > 100, "nothing was drawn: {few}");
    let many = allocations(&many::nodes(SIZE, 2_000));
    assert!(many.abs_diff(few) <= 8, "{few} at 250 nodes, {many} at 2 000");
}
