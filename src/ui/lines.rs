//! Lines of text inside a pane, and what an empty one says in its middle.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint::{Paint, pieces_width};
use super::pane::{Thumb, thumb};
use crate::view::{LinesBody, Text, wrap};

pub(super) fn draw(paint: &mut Paint, inner: Rect, body: &LinesBody) {
    let lines = body.above.iter().chain(&body.lines);
    for (y, line) in (inner.y..inner.bottom()).zip(lines) {
        paint.pieces((inner.x, y), inner.width, line, Style::new());
    }
}

/// Where the scroll bar stands.
pub(super) fn scrolled(inner: Rect, body: &LinesBody) -> Option<Thumb> {
    let above = (body.above.len() as u16).min(inner.height);
    thumb((inner.y + above, inner.height - above), body.scroll)
}

/// Lines in the middle, broken between words when they are too long.
pub(super) fn centred(paint: &mut Paint, area: Rect, lines: &[Text]) {
    let room = area.width.saturating_sub(2);
    let rows: Vec<Text> = lines.iter().flat_map(|line| wrap(line, room, 0)).collect();
    let top = area.y + area.height.saturating_sub(rows.len() as u16) / 2;
    for (y, row) in (top..area.bottom()).zip(&rows) {
        let x = area.x + area.width.saturating_sub(pieces_width(row)) / 2;
        paint.pieces((x, y), area.width, row, Style::new());
    }
}
