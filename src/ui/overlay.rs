//! What stands over the panes: a window in the middle. Decides nothing but what of it is seen.
//!
//! ```text
//! ╭ Scale · prod-eks / shop ──────────────────╮
//! │ deploy/web   6  →  12   ▲ hpa/web         │  lines, scrolled so that the one with the cursor is seen
//! │ to: x2▏                                   │
//! │                                           │
//! │                   [ Cancel ]  [ Scale 2 ] │  buttons
//! ╰───────────────────────────────────────────╯
//! ```

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::paint::{Paint, pieces_width};
use super::pane::{frame, inside, thumb, titles};
use crate::text::width;
use crate::theme::Role;
use crate::view::{Look, OverlayBox, Piece, Text, wrap};

/// Blank columns between two buttons.
const GAP: u16 = 2;

/// Draws a window in the middle of `all`. Where the text cursor stands, if something is typed in it.
pub(super) fn draw(paint: &mut Paint, all: Rect, overlay: &OverlayBox) -> Option<Position> {
    let most = share(all, overlay.share);
    let wanted = wanted_width(overlay).min(most.0);
    let rows = Rows::of(overlay, wanted.saturating_sub(4));
    let buttons = if overlay.buttons.is_empty() { 0 } else { 2 };
    let height = (rows.lines.len() as u16).saturating_add(2 + buttons).min(most.1);
    let area = Rect::new(
        all.x + (all.width - wanted) / 2,
        all.y + (all.height - height) / 2,
        wanted,
        height,
    );
    let ground = paint.style(Role::Overlay);
    paint.clear(area, ground);
    let border = if overlay.danger {
        Role::Bad
    } else {
        Role::OverlayBorder
    };
    let border = ground.patch(paint.style(border));
    frame(paint, area, border);
    let title = vec![Piece {
        text: overlay.title.clone(),
        look: Look::Plain,
    }];
    let look = ground.patch(paint.style(Role::OverlayTitle));
    titles(paint, area, (&title, &Vec::new()), (border, look));
    let inner = inside(area);
    let room = inner.height.saturating_sub(buttons);
    draw_buttons(paint, inner, overlay, ground);
    let text = Rect::new(inner.x + 1, inner.y, inner.width.saturating_sub(2), room);
    let first = rows.first(room);
    if let Some((track, thumb)) = rows.thumb(text, first) {
        for y in thumb.0..(thumb.0 + thumb.1).min(track.0 + track.1) {
            paint.sign((area.right() - 1, y), "┃", border);
        }
    }
    rows.draw(paint, text, (first, ground))
}

/// At most so many columns and rows; small screens give all they have.
fn share(all: Rect, (columns, rows): (u16, u16)) -> (u16, u16) {
    let part = |whole: u16, percent: u16, least: u16| {
        let part = u32::from(whole) * u32::from(percent.min(100)) / 100;
        (part as u16).max(least.min(whole))
    };
    (part(all.width, columns, 76), part(all.height, rows, 22))
}

/// As wide as its longest line, its title and its buttons ask for.
fn wanted_width(overlay: &OverlayBox) -> u16 {
    let lines = overlay.lines.iter().map(|line| pieces_width(line)).max();
    let buttons: u16 = overlay
        .buttons
        .iter()
        .map(|button| button_width(&button.0) + GAP)
        .sum();
    // One column more for a cursor behind the last character.
    let text = lines.unwrap_or(0).saturating_add(1).max(buttons);
    text.max(width(&overlay.title) as u16).saturating_add(4)
}

/// The lines as rows, and which of them must be seen.
struct Rows {
    lines: Vec<Text>,
    /// Rows that stay at the top: the input of a picker.
    pinned: usize,
    target: usize,
    cursor: Option<(usize, u16)>,
}

impl Rows {
    /// Long lines go on in the next row where they must be read whole: in what changes the cluster.
    fn of(overlay: &OverlayBox, room: u16) -> Self {
        let mut lines = Vec::new();
        let (mut target, mut cursor) = (0, None);
        for (at, line) in overlay.lines.iter().enumerate() {
            if overlay.at == Some(at) {
                target = lines.len();
            }
            let typed = overlay.cursor.filter(|(row, _)| *row == at);
            if let Some((_, column)) = typed {
                cursor = Some((lines.len(), column));
                if overlay.at.is_none() {
                    target = lines.len();
                }
            }
            if overlay.danger && typed.is_none() {
                lines.extend(wrap(line, room, 2));
            } else {
                lines.push(line.clone());
            }
        }
        Self {
            lines,
            pinned: usize::from(overlay.cursor.is_some_and(|(row, _)| row == 0)),
            target,
            cursor,
        }
    }

    /// The first row below the pinned ones.
    fn first(&self, room: u16) -> usize {
        let room = usize::from(room).saturating_sub(self.pinned).max(1);
        let most = self.lines.len().saturating_sub(self.pinned + room);
        let middle = self.target.saturating_sub(self.pinned + room / 2);
        self.pinned + middle.min(most)
    }

    fn thumb(&self, text: Rect, first: usize) -> Option<super::pane::Thumb> {
        let pinned = self.pinned as u16;
        let room = text.height.saturating_sub(pinned);
        let all = self.lines.len().saturating_sub(self.pinned);
        thumb(
            (text.y + pinned, room),
            (first.saturating_sub(self.pinned), usize::from(room), all),
        )
    }

    fn draw(&self, paint: &mut Paint, area: Rect, (first, ground): (usize, Style)) -> Option<Position> {
        let lines = self.lines.iter().enumerate();
        let shown = lines.filter(|(at, _)| *at < self.pinned || *at >= first);
        let mut position = None;
        for (y, (at, line)) in (area.y..area.bottom()).zip(shown) {
            let typed = self.cursor.filter(|(row, _)| *row == at);
            let mut line = line.clone();
            if let Some((_, column)) = typed {
                // The start of a long line goes out at the left, so that the cursor is seen.
                let hidden = (column + 1).saturating_sub(area.width);
                drop_columns(&mut line, hidden);
                position = Some(Position::new(area.x + column - hidden, y));
            }
            paint.pieces((area.x, y), area.width, &line, ground);
        }
        position
    }
}

fn drop_columns(line: &mut Text, columns: u16) {
    let mut left = usize::from(columns);
    for piece in line {
        let mut at = 0;
        for (start, c) in piece.text.char_indices() {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(width(c.encode_utf8(&mut [0; 4])));
            at = start + c.len_utf8();
        }
        piece.text.drain(..at);
    }
}

fn button_width(text: &str) -> u16 {
    width(text) as u16 + 4
}

/// In the lower right corner: `[ Cancel ]  [ Scale 2 ]`.
fn draw_buttons(paint: &mut Paint, inner: Rect, overlay: &OverlayBox, ground: Style) {
    let count = overlay.buttons.len();
    let all: u16 = overlay.buttons.iter().map(|button| button_width(&button.0)).sum();
    let all = all + GAP * (count as u16).saturating_sub(1);
    let mut x = inner.right().saturating_sub(all + 1).max(inner.x);
    let y = inner.bottom().saturating_sub(1);
    if inner.height == 0 {
        return;
    }
    for (at, (text, focused)) in overlay.buttons.iter().enumerate() {
        let role = match (focused, overlay.danger && at + 1 == count) {
            (false, _) if !overlay.danger => Role::Dim,
            (false, _) => Role::Button,
            (true, true) => Role::ButtonDanger,
            (true, false) => Role::ButtonFocus,
        };
        let style = ground.patch(paint.style(role));
        let text = if overlay.danger {
            format!("[ {text} ]")
        } else {
            format!("  {text}  ")
        };
        let room = inner.right().saturating_sub(x);
        x += paint.text((x, y), room, &text, style) + GAP;
    }
}
