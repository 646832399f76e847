//! The first line: which cluster, how fresh, and as many facts as fit.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint::{Paint, pieces_width};
use crate::model::Tone;
use crate::text::width;
use crate::theme::Role;
use crate::view::{Header, Look, Piece, Text};

/// Blank columns between two facts.
const GAP: u16 = 2;

pub(super) fn draw(paint: &mut Paint, area: Rect, header: &Header) {
    let ground = paint.style(Role::Status);
    paint.tint(area, ground);
    let mut line = Line {
        paint,
        area,
        x: area.x,
    };
    let context = line.paint.theme().context(&header.context, header.protected);
    // A protected context is a block of its colour over the whole name, every other one coloured text.
    line.put(&format!(" {} ", header.context), context);
    let gap = u16::from(header.protected || !header.badges.is_empty());
    for badge in &header.badges {
        let style = line.paint.style(badge_role(badge));
        line.x += 1;
        line.put(&format!(" {} ", badge.text), style);
    }
    line.x += gap;
    let dim = ground.patch(line.paint.style(Role::Dim));
    let accent = ground.patch(line.paint.style(Role::Accent));
    line.put("▸ ", dim);
    line.put(&header.scope, accent);
    line.x += 3;
    let room = line.room();
    line.x += line.paint.pieces(
        (line.x, area.y),
        room,
        std::slice::from_ref(&header.state),
        ground,
    );
    let (left, right) = (line.x, area.right());
    facts(paint, (left + 3, area.y), right, &header.facts);
}

/// The facts that fit between a place and the right edge, the first ones first.
fn facts(paint: &mut Paint, (left, y): (u16, u16), right: u16, facts: &[Text]) {
    let room = right.saturating_sub(left).saturating_sub(1);
    let mut used = 0;
    let mut count = 0;
    for fact in facts {
        let more = pieces_width(fact) + if count == 0 { 0 } else { GAP };
        if used + more > room {
            break;
        }
        used += more;
        count += 1;
    }
    let ground = paint.style(Role::Status);
    let mut x = right.saturating_sub(used + 1);
    for fact in facts.iter().take(count) {
        x += paint.pieces((x, y), room, fact, ground) + GAP;
    }
}

const fn badge_role(badge: &Piece) -> Role {
    match badge.look {
        Look::Context => Role::BadgeDemo,
        Look::Tone(Tone::Bad) => Role::BadgeWrite,
        Look::Tone(Tone::Accent) => Role::BadgeReadOnly,
        _ => Role::Badge,
    }
}

struct Line<'a, 'b> {
    paint: &'a mut Paint<'b>,
    area: Rect,
    x: u16,
}

impl Line<'_, '_> {
    fn room(&self) -> u16 {
        self.area.right().saturating_sub(self.x)
    }

    fn put(&mut self, text: &str, style: Style) {
        let room = self.room();
        let cut = crate::text::truncate_end(text, usize::from(room));
        self.paint.text((self.x, self.area.y), room, &cut, style);
        self.x += (width(&cut) as u16).min(room);
    }
}
