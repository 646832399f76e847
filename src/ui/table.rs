//! The table inside a pane: heads, rows, totals, explanation.
//!
//! ```text
//! │ NAME↑                  READY  STATUS         CPU             │  heads
//! ▸✗web-7d9f8c6b5-xk2p1    0/1    Error          ██████▍░░░  64  │  rows: cursor on the border, health or mark, cells, bars
//! ├──────────────────────────────────────────────────────────────┤  a rule when there is a row for it
//! │ 43 nodes                                     █████░░░░░  50  │  totals
//! │ ip-10-0-1-5: 3 ENIs × (6−1) + 2 = 17 slots                   │  explanation
//! ```

mod bar;
mod cell;

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::look;
use super::paint::Paint;
use super::pane::{Thumb, inside, thumb};
use crate::model::Health;
use crate::text::width;
use crate::theme::Role;
use crate::view::{Head, RowLine, TableBody};

/// Draws into a pane of `area`, border included: the rule meets it.
pub(super) fn draw(paint: &mut Paint, area: Rect, body: &TableBody, focused: bool) {
    let inner = inside(area);
    if inner.is_empty() {
        return;
    }
    for head in &body.heads {
        draw_head(paint, inner, head);
    }
    let below = below(inner, body);
    let rows = inner.y + 1..inner.bottom().saturating_sub(below.len());
    for (y, row) in rows.zip(&body.rows) {
        let area = Rect::new(inner.x, y, inner.width, 1);
        draw_row(paint, area, (&body.heads, row), focused);
    }
    let mut y = inner.bottom().saturating_sub(below.len());
    if below.rule {
        let role = if focused { Role::BorderFocus } else { Role::Border };
        rule(paint, area, y, role);
        y += 1;
    }
    if let Some(totals) = body.totals.as_ref().filter(|_| below.totals) {
        let area = Rect::new(inner.x, y, inner.width, 1);
        draw_row(paint, area, (&body.heads, totals), false);
        y += 1;
    }
    for text in body.explanation.iter().take(below.explanation.into()) {
        let room = inner.width.saturating_sub(1);
        paint.pieces((inner.x + 1, y), room, text, Style::new());
        y += 1;
    }
}

/// Where the scroll bar stands: beside the rows.
pub(super) fn scrolled(inner: Rect, body: &TableBody) -> Option<Thumb> {
    let rows = inner.height.saturating_sub(1 + below(inner, body).len());
    thumb((inner.y + 1, rows), body.scroll)
}

/// What stands below the rows.
#[derive(Clone, Copy)]
struct Below {
    rule: bool,
    totals: bool,
    explanation: u16,
}

impl Below {
    const fn len(self) -> u16 {
        self.rule as u16 + self.totals as u16 + self.explanation
    }
}

/// Totals and explanation as they are, the rule only when no row is lost by it.
fn below(inner: Rect, body: &TableBody) -> Below {
    let room = inner.height.saturating_sub(1);
    let totals = body.totals.is_some() && room > 1;
    let explanation = (body.explanation.len() as u16).min(room.saturating_sub(1 + u16::from(totals)));
    let taken = usize::from(totals) + usize::from(explanation);
    let shown = body.rows.len().max(body.scroll.1.min(body.scroll.2));
    let rule = taken > 0 && usize::from(room) > taken + shown;
    Below {
        rule,
        totals,
        explanation,
    }
}

fn rule(paint: &mut Paint, area: Rect, y: u16, role: Role) {
    let style = paint.style(role);
    paint.repeat((area.x, y), area.width, "─", style);
    paint.sign((area.x, y), "├", style);
    paint.sign((area.right().saturating_sub(1), y), "┤", style);
}

fn draw_head(paint: &mut Paint, inner: Rect, head: &Head) {
    if head.x >= inner.width {
        return;
    }
    let mut style = paint.style(Role::Header);
    if head.sorted.is_some() {
        style = style.patch(paint.style(Role::HeaderSort));
    }
    if head.chosen {
        style = style.patch(paint.style(Role::Select));
    }
    let room = head.width.min(inner.width - head.x);
    let title = crate::text::truncate_end(&head.title, usize::from(room));
    let taken = width(&title) as u16;
    let x = inner.x + head.x + if head.right { room - taken.min(room) } else { 0 };
    paint.text((x, inner.y), room, &title, style);
    let arrow = match head.sorted {
        None => return,
        Some(true) => "↓",
        Some(false) => "↑",
    };
    // The arrow stands in the gap between columns: on the side where the title leaves one.
    let x = if head.right {
        x.saturating_sub(1)
    } else {
        x + taken
    };
    if x < inner.right() {
        paint.sign((x, inner.y), arrow, style);
    }
}

fn draw_row(paint: &mut Paint, area: Rect, (heads, row): (&[Head], &RowLine), focused: bool) {
    let mut ground = Style::new();
    if row.health == Health::Done {
        ground = paint.style(Role::Done);
    }
    if row.cursor {
        let role = if focused { Role::Select } else { Role::SelectIdle };
        let select = paint.style(role);
        paint.tint(area, select);
        ground = ground.patch(select);
    }
    if row.cursor && focused {
        // On the border, so that health has its place beside it.
        let accent = paint.style(Role::Accent);
        paint.sign((area.x.saturating_sub(1), area.y), "▸", accent);
    }
    let mark = paint.style(Role::Mark);
    if row.marked {
        paint.sign((area.x, area.y), "✓", ground.patch(mark));
    } else if let Some(sign) = health_sign(row.health) {
        let style = look::row_style(paint.theme(), row.health);
        paint.sign((area.x, area.y), sign, ground.patch(style));
    }
    for (head, cell) in heads.iter().zip(&row.cells) {
        if head.x >= area.width {
            continue;
        }
        let room = head.width.min(area.width - head.x);
        let place = Rect::new(area.x + head.x, area.y, room, 1);
        let mut style = ground.patch(look::cell_style(paint.theme(), cell.look));
        if row.marked && &*head.title == "NAME" {
            style = style.patch(mark);
        } else if &*head.title == "NAME" && cell.look == crate::view::Look::Plain {
            style = ground
                .patch(look::row_style(paint.theme(), row.health))
                .patch(style);
        }
        cell::draw(paint, (place, head.right), cell, style);
    }
    if ground.add_modifier.contains(Modifier::REVERSED) {
        paint.uncolour(area);
    }
}

/// Health by shape, for where there are no colours and for who does not see them.
const fn health_sign(health: Health) -> Option<&'static str> {
    match health {
        Health::Bad => Some("✗"),
        Health::Warn => Some("▲"),
        Health::Busy => Some("◌"),
        Health::Ok | Health::Done => None,
    }
}
