//! Draws a [`Screen`] with ratatui, within the cells it has. Decides nothing, knows no cluster.
//!
//! ```text
//!  prod-eks  READ-ONLY  ▸ team-a   ● live                 nodes 42/43  pods 1 204  ✗ 7   header
//! ╭ Pods(team-a)[42/1 204] ───────────────────────────────────────────────────── ↑NAME ╮  pane
//! │ NAME↑                  READY  STATUS                                           AGE │  heads
//! ▸ web-7d9f8c6b5-xk2p1    1/1    Running                                         3d4h ┃  rows, scroll bar
//! ├────────────────────────────────────────────────────────────────────────────────────┤
//! │ totals                                                                             │
//! ╰────────────────────────────────────────────────────────────────────────────────────╯
//!  <l> logs  <s> shell  <?> help                                             ✓ scaled web  foot
//! ```

mod ascii;
mod foot;
mod header;
mod lines;
mod look;
mod overlay;
mod paint;
mod pane;
mod table;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::model::Area;
use crate::theme::{Role, Theme};
use crate::view::Screen;
use paint::Paint;

pub use ascii::ascii;

/// Draws everything and places the terminal's cursor. Parts that lie outside the frame are left out, so a screen made for another
/// size does no harm.
pub fn draw(frame: &mut Frame, screen: &Screen, theme: &Theme) {
    let all = frame.area();
    if all.is_empty() {
        return;
    }
    let mut paint = Paint::new(frame.buffer_mut(), theme);
    paint.ground(theme.style(Role::Text));
    if let Some(header) = &screen.header {
        header::draw(&mut paint, first_row(all), header);
    }
    let below = u16::from(screen.header.is_some());
    for (y, line) in (all.y + below..all.bottom()).zip(&screen.strip) {
        paint.pieces((all.x, y), all.width, line, theme.style(Role::Text));
    }
    for pane in &screen.panes {
        pane::draw(&mut paint, rect(pane.area).intersection(all), pane);
    }
    if screen.panes.is_empty() && !screen.notice.is_empty() {
        let rows = all.height.saturating_sub(2);
        let middle = Rect::new(all.x, all.y + 1.min(all.height), all.width, rows);
        lines::centred(&mut paint, middle, &screen.notice);
    }
    let mut cursor = foot::draw(&mut paint, all, &screen.foot);
    if let Some(overlay) = &screen.overlay {
        let area = Rect::new(all.x, all.y, all.width, all.height.saturating_sub(1));
        cursor = overlay::draw(&mut paint, area, overlay);
    }
    if let Some(cursor) = cursor.filter(|cursor| all.contains(*cursor)) {
        frame.set_cursor_position(cursor);
    }
}

fn first_row(all: Rect) -> Rect {
    Rect::new(all.x, all.y, all.width, 1)
}

fn rect(area: Area) -> Rect {
    Rect::new(area.x, area.y, area.width, area.height)
}

#[cfg(test)]
mod tests;
