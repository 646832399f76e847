//! A pane: its border with title, note and scroll bar, and what stands inside.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint::{Paint, pieces_width};
use super::{lines, table};
use crate::theme::Role;
use crate::view::{Body, PaneBox, Piece, Text};

pub(super) fn draw(paint: &mut Paint, area: Rect, pane: &PaneBox) {
    let (line, title) = if pane.focused {
        (Role::BorderFocus, Role::TitleFocus)
    } else {
        (Role::Border, Role::Title)
    };
    let (line, title) = (paint.style(line), paint.style(title));
    frame(paint, area, line);
    titles(paint, area, (&pane.title, &pane.note), (line, title));
    let inner = inside(area);
    let scroll = match &pane.body {
        Body::Table(body) => {
            table::draw(paint, area, body, pane.focused);
            table::scrolled(inner, body)
        }
        Body::Lines(body) => {
            lines::draw(paint, inner, body);
            lines::scrolled(inner, body)
        }
        Body::Empty(lines) => {
            lines::centred(paint, inner, lines);
            None
        }
    };
    if let Some((track, thumb)) = scroll {
        scroll_bar(
            paint,
            (area.right().saturating_sub(1), track),
            thumb,
            pane.focused,
        );
    }
}

/// Without its border; empty when there is no inside.
pub(super) fn inside(area: Rect) -> Rect {
    Rect::new(
        area.x.saturating_add(1),
        area.y.saturating_add(1),
        area.width.saturating_sub(2),
        area.height.saturating_sub(2),
    )
}

/// A rounded border; only a line where there is no room for four sides.
pub(super) fn frame(paint: &mut Paint, area: Rect, style: Style) {
    if area.is_empty() {
        return;
    }
    let (right, bottom) = (area.right() - 1, area.bottom() - 1);
    paint.repeat((area.x, area.y), area.width, "─", style);
    if area.height > 1 {
        paint.repeat((area.x, bottom), area.width, "─", style);
    }
    if area.width < 2 || area.height < 2 {
        return;
    }
    for y in area.y + 1..bottom {
        paint.sign((area.x, y), "│", style);
        paint.sign((right, y), "│", style);
    }
    for (at, corner) in [
        ((area.x, area.y), "╭"),
        ((right, area.y), "╮"),
        ((area.x, bottom), "╰"),
        ((right, bottom), "╯"),
    ] {
        paint.sign(at, corner, style);
    }
}

/// The title on the left of the upper border, the note on the right; the note keeps a third when both are long.
///
/// `╭ title ───────────── note ╮`
pub(super) fn titles(
    paint: &mut Paint,
    area: Rect,
    (title, note): (&Text, &Text),
    (line, look): (Style, Style),
) {
    // Corners, a blank on each side of both, one line between them.
    let room = area.width.saturating_sub(7);
    let (left, right) = (pieces_width(title), width_without_end(note));
    let note_room = if left + right <= room {
        right
    } else {
        right.min(room.saturating_sub(left).max(room / 3))
    };
    if right > 0 && note_room >= 3 {
        let x = area.right().saturating_sub(note_room + 2);
        let used = paint.pieces((x, area.y), note_room, &trimmed(note), line);
        paint.sign((x.saturating_sub(1), area.y), " ", line);
        paint.sign((x + used, area.y), " ", line);
    }
    let taken = if note_room >= 3 { note_room } else { 0 };
    let room = if right == 0 {
        area.width.saturating_sub(4)
    } else {
        room - taken
    };
    if left > 0 && room > 0 {
        let used = paint.pieces((area.x + 2, area.y), room, title, look);
        paint.sign((area.x + 1, area.y), " ", line);
        paint.sign((area.x + 2 + used, area.y), " ", line);
    }
}

fn trimmed(note: &Text) -> Text {
    let mut note = note.clone();
    while let Some(last) = note.last_mut() {
        last.text.truncate(last.text.trim_end().len());
        if !last.text.is_empty() {
            break;
        }
        note.pop();
    }
    note
}

fn width_without_end(note: &[Piece]) -> u16 {
    pieces_width(&trimmed(&note.to_vec()))
}

/// Rows of the track: first and count. Rows of the thumb in it: first and count.
pub(super) type Thumb = ((u16, u16), (u16, u16));

/// Where the thumb is for `scroll` = first visible, visible, all. `None` when everything is visible.
pub(super) fn thumb(track: (u16, u16), (first, visible, all): (usize, usize, usize)) -> Option<Thumb> {
    let rows = usize::from(track.1);
    if visible >= all || rows < 2 {
        return None;
    }
    let length = (rows * visible / all).clamp(1, rows - 1);
    let last = all - visible;
    // Rounded up, so that only the very first row has it at the top; the very last has it at the bottom.
    let start = ((rows - length) * first.min(last)).div_ceil(last);
    Some((track, (track.0 + start as u16, length as u16)))
}

fn scroll_bar(paint: &mut Paint, (x, track): (u16, (u16, u16)), thumb: (u16, u16), focused: bool) {
    let role = if focused { Role::BorderFocus } else { Role::Border };
    let style = paint.style(role);
    for y in thumb.0..(thumb.0 + thumb.1).min(track.0 + track.1) {
        paint.sign((x, y), "┃", style);
    }
}

#[cfg(test)]
mod tests {
    use super::thumb;

    #[test]
    fn the_thumb_tells_where_one_is() {
        assert_eq!(thumb((2, 10), (0, 10, 10)), None);
        assert_eq!(thumb((2, 10), (0, 10, 100)), Some(((2, 10), (2, 1))));
        assert_eq!(thumb((2, 10), (1, 10, 100)), Some(((2, 10), (3, 1))));
        assert_eq!(thumb((2, 10), (90, 10, 100)), Some(((2, 10), (11, 1))));
        assert_eq!(thumb((2, 10), (500, 10, 100)), Some(((2, 10), (11, 1))));
        assert_eq!(thumb((0, 4), (0, 3, 4)), Some(((0, 4), (0, 3))));
    }
}
