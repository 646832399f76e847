//! The last line: keys most likely next and a message, or the prompt with its offers above.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::look;
use super::paint::Paint;
use super::pane::frame;
use crate::text::{truncate_end, width};
use crate::theme::Role;
use crate::view::{Foot, Look, Piece, Prompt};

/// Offers shown at once.
const OFFERS: u16 = 10;

/// Draws the last line of `all`. Where the text cursor stands, if something is typed.
pub(super) fn draw(paint: &mut Paint, all: Rect, foot: &Foot) -> Option<Position> {
    let line = Rect::new(all.x, all.bottom().saturating_sub(1), all.width, 1);
    let ground = paint.style(Role::Hint);
    paint.clear(line, paint.style(Role::Text));
    if let Some(prompt) = &foot.prompt {
        offers(paint, all, prompt);
        return Some(draw_prompt(paint, line, prompt));
    }
    let taken = foot
        .toast
        .as_ref()
        .map_or(0, |toast| draw_toast(paint, (all, line), toast));
    let room = line.width.saturating_sub(taken + 1);
    hints(paint, (line.x + 1, line.y), room, (&foot.hints, ground));
    None
}

/// A message on the right; the columns it takes.
fn draw_toast(paint: &mut Paint, (all, line): (Rect, Rect), toast: &Piece) -> u16 {
    let style = paint
        .style(Role::Toast)
        .patch(look::style(paint.theme(), toast.look));
    let room = usize::from(line.width.saturating_sub(2));
    if width(&toast.text) > room {
        draw_long_toast(paint, (all, line), &toast.text, style);
        return line.width;
    }
    let text = format!(" {} ", truncate_end(&toast.text, room));
    let columns = (width(&text) as u16).min(line.width);
    paint.text((line.right() - columns, line.y), columns, &text, style);
    columns + 1
}

/// A message longer than the line: over the rows above it, too, but for a third of the screen at most; `:messages` has all of it.
fn draw_long_toast(paint: &mut Paint, (all, line): (Rect, Rect), text: &str, style: Style) {
    let room = usize::from(line.width.saturating_sub(2)).max(1);
    let mut rows: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(row) = rows.last_mut() else { return };
        if row.is_empty() {
            row.push_str(word);
        } else if width(row) + 1 + width(word) <= room {
            row.push(' ');
            row.push_str(word);
        } else {
            rows.push(word.to_owned());
        }
    }
    let most = usize::from(all.height / 3).max(1);
    if rows.len() > most {
        rows.truncate(most);
        if let Some(last) = rows.last_mut() {
            *last = truncate_end(&format!("{last} …"), room).into_owned();
        }
    }
    let top = line.bottom() - rows.len() as u16;
    for (y, row) in (top..).zip(&rows) {
        paint.clear(Rect::new(line.x, y, line.width, 1), style);
        paint.text((line.x + 1, y), line.width.saturating_sub(2), row, style);
    }
}

/// `<l> logs  <s> shell`: the first ones that fit, and always the last one, which is help.
fn hints(paint: &mut Paint, at: (u16, u16), room: u16, (hints, ground): (&[(String, String)], Style)) {
    let Some((last, others)) = hints.split_last() else {
        return;
    };
    let size = |hint: &(String, String)| (width(&hint.0) + width(&hint.1) + 5) as u16;
    // A message that needs the line gets it whole.
    if room < size(last) {
        return;
    }
    let mut room = room.saturating_sub(size(last) - 2);
    let fitting = others.iter().take_while(|hint| {
        let fits = size(hint) <= room;
        room = room.saturating_sub(size(hint));
        fits
    });
    let key = ground.patch(paint.style(Role::HintKey));
    let mut x = at.0;
    let shown: Vec<_> = fitting.chain([last]).collect();
    for (chord, word) in shown {
        let room = u16::MAX;
        x += paint.text((x, at.1), room, &format!("<{chord}>"), key);
        x += 1 + paint.text((x + 1, at.1), room, word, ground) + 2;
    }
}

/// `:po kube-sy▏stem                          no such namespace`
fn draw_prompt(paint: &mut Paint, line: Rect, prompt: &Prompt) -> Position {
    let (typed, sign) = (paint.style(Role::Prompt), paint.style(Role::Accent));
    let x = line.x + paint.text((line.x, line.y), line.width, &prompt.sign, sign);
    let before: String = prompt.text.chars().take(prompt.cursor).collect();
    // The start of a long text goes out at the left, so that the cursor is seen.
    let room = line.right().saturating_sub(x).saturating_sub(1);
    let hidden = width(&before).saturating_sub(usize::from(room));
    let text = without_first(&prompt.text, hidden);
    let mut end = x + paint.text((x, line.y), room + 1, text, typed);
    let cursor = x + (width(&before).saturating_sub(hidden) as u16).min(room);
    if !prompt.ghost.is_empty() {
        let ghost = paint.style(Role::PromptGhost);
        end += paint.text(
            (end, line.y),
            line.right().saturating_sub(end),
            &prompt.ghost,
            ghost,
        );
    }
    if let Some(note) = &prompt.note {
        let room = line.right().saturating_sub(end + 3);
        let columns = (width(&note.text) as u16).min(room);
        if columns > 4 {
            let at = (line.right() - columns - 1, line.y);
            paint.pieces(at, columns, std::slice::from_ref(note), Style::new());
        }
    }
    Position::new(cursor, line.y)
}

/// Without its first columns; a wide character cut in half goes as a whole.
fn without_first(text: &str, columns: usize) -> &str {
    let mut gone = 0;
    for (at, c) in text.char_indices() {
        if gone >= columns {
            return text.get(at..).unwrap_or("");
        }
        gone += width(c.encode_utf8(&mut [0; 4]));
    }
    if columns == 0 { text } else { "" }
}

/// What can be completed, in a box above the line; the chosen one is always seen.
fn offers(paint: &mut Paint, all: Rect, prompt: &Prompt) {
    let room = all.height.saturating_sub(3).min(OFFERS);
    let rows = (prompt.offers.len() as u16).min(room);
    if rows == 0 {
        return;
    }
    let widest = prompt.offers.iter().map(|offer| width(offer)).max().unwrap_or(0) as u16;
    let wide = (widest + 4).min(all.width);
    let area = Rect::new(all.x, all.bottom() - 1 - (rows + 2), wide, rows + 2);
    let ground = paint.style(Role::Overlay);
    paint.clear(area, ground);
    frame(paint, area, ground.patch(paint.style(Role::OverlayBorder)));
    let chosen = prompt.chosen.unwrap_or(0);
    let first = chosen.saturating_sub(usize::from(rows) - 1);
    let shown = prompt.offers.iter().enumerate().skip(first);
    for (y, (at, offer)) in (area.y + 1..area.bottom() - 1).zip(shown) {
        let mut style = ground;
        if prompt.chosen == Some(at) {
            style = style.patch(paint.style(Role::Select));
            paint.tint(Rect::new(area.x + 1, y, wide.saturating_sub(2), 1), style);
        }
        let offer = Piece {
            text: offer.clone(),
            look: Look::Plain,
        };
        paint.pieces((area.x + 2, y), wide.saturating_sub(4), &[offer], style);
    }
}
