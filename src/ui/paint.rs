//! Writes text into cells: clipped, harmless, whole graphemes only. Knows no widget.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use unicode_segmentation::UnicodeSegmentation as _;

use super::look;
use crate::text::{neutralise, width};
use crate::theme::{Role, Theme};
use crate::view::Piece;

/// The cells of a frame and how roles look on them.
pub(super) struct Paint<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
}

impl<'a> Paint<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self { buffer, theme }
    }

    pub(super) fn theme(&self) -> &'a Theme {
        self.theme
    }

    pub(super) fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Style of the whole frame before anything is drawn; free when it is the terminal's own.
    pub(super) fn ground(&mut self, style: Style) {
        let own = |colour: Option<Color>| matches!(colour, None | Some(Color::Reset));
        if !(own(style.fg) && own(style.bg) && style.add_modifier.is_empty()) {
            self.buffer.set_style(self.buffer.area, style);
        }
    }

    /// Lays a style over cells without touching their text.
    pub(super) fn tint(&mut self, area: Rect, style: Style) {
        for y in area.top()..area.bottom() {
            for cell in self.cells(area.x, y, area.width) {
                cell.set_style(style);
            }
        }
    }

    /// Gives text that has no ground of its own the colour of the terminal: on reversed cells every other one would be a block.
    pub(super) fn uncolour(&mut self, area: Rect) {
        for y in area.top()..area.bottom() {
            for cell in self.cells(area.x, y, area.width) {
                if cell.bg == Color::Reset {
                    cell.fg = Color::Reset;
                }
            }
        }
    }

    /// Empties cells. Half a wide character that would be left beside them goes, too.
    pub(super) fn clear(&mut self, area: Rect, style: Style) {
        for y in area.top()..area.bottom() {
            if let Some(before) = area.x.checked_sub(1)
                && let Some(cell) = self.cells(before, y, 1).first_mut()
                && width(cell.symbol()) > 1
            {
                cell.set_symbol(" ");
            }
            for cell in self.cells(area.x, y, area.width) {
                cell.reset();
                cell.set_style(style);
            }
        }
    }

    /// One character again and again, `count` times to the right.
    pub(super) fn repeat(&mut self, (x, y): (u16, u16), count: u16, symbol: &str, style: Style) {
        for cell in self.cells(x, y, count) {
            cell.set_symbol(symbol).set_style(style);
        }
    }

    /// One character, one column wide.
    pub(super) fn sign(&mut self, (x, y): (u16, u16), symbol: &str, style: Style) {
        self.repeat((x, y), 1, symbol, style);
    }

    /// Text within `room` columns. The columns taken.
    pub(super) fn text(&mut self, (x, y): (u16, u16), room: u16, text: &str, style: Style) -> u16 {
        let cells = self.cells(x, y, room);
        if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            let mut used = 0;
            for (cell, byte) in cells.iter_mut().zip(text.bytes()) {
                cell.set_char(char::from(byte)).set_style(style);
                used += 1;
            }
            return used;
        }
        graphemes(cells, &neutralise(text), style)
    }

    /// Pieces one after another within `room` columns over a ground style, with `…` at the end when they do not fit. The columns taken.
    pub(super) fn pieces(&mut self, at: (u16, u16), room: u16, pieces: &[Piece], ground: Style) -> u16 {
        let fits = pieces_width(pieces) <= room;
        let limit = if fits { room } else { room.saturating_sub(1) };
        let mut used = 0;
        for piece in pieces {
            let style = ground.patch(look::style(self.theme, piece.look));
            used += self.text((at.0 + used, at.1), limit - used, &piece.text, style);
            if used >= limit {
                break;
            }
        }
        if !fits && room > 0 {
            self.sign((at.0 + used, at.1), "…", ground.patch(self.style(Role::Dim)));
            used += 1;
        }
        used
    }

    /// The cells from a column on, at most `count`, none beyond the frame.
    fn cells(&mut self, x: u16, y: u16, count: u16) -> &mut [Cell] {
        let area = self.buffer.area;
        if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
            return &mut [];
        }
        let start = usize::from(y - area.y) * usize::from(area.width) + usize::from(x - area.x);
        let count = usize::from(count.min(area.right() - x));
        self.buffer
            .content
            .get_mut(start..start + count)
            .unwrap_or_default()
    }
}

fn graphemes(cells: &mut [Cell], text: &str, style: Style) -> u16 {
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let columns = width(grapheme);
        if columns == 0 {
            continue;
        }
        let Some((first, rest)) = cells
            .get_mut(used..used + columns)
            .and_then(<[Cell]>::split_first_mut)
        else {
            break;
        };
        first.set_symbol(grapheme).set_style(style);
        for cell in rest {
            cell.reset();
            cell.set_style(style);
        }
        used += columns;
    }
    used as u16
}

/// Columns of pieces.
pub(super) fn pieces_width(pieces: &[Piece]) -> u16 {
    let sum: usize = pieces.iter().map(|piece| width(&piece.text)).sum();
    u16::try_from(sum).unwrap_or(u16::MAX)
}
