//! One cell: bar, text with its dim start and its hits. Knows no neighbour.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::bar;
use crate::text::width;
use crate::theme::Role;
use crate::ui::paint::Paint;
use crate::view::{BAR, CellBox};

/// Draws a cell at its place, on the right when `right`; the number beside a bar always stands there.
pub(super) fn draw(paint: &mut Paint, (place, right): (Rect, bool), cell: &CellBox, style: Style) {
    let mut place = place;
    if let Some(filled) = cell.bar {
        let columns = BAR.min(place.width);
        bar::draw(paint, (place.x, place.y), columns, filled);
        let taken = (columns + 1).min(place.width);
        place.x += taken;
        place.width -= taken;
    }
    if right || cell.bar.is_some() {
        let spare = place.width.saturating_sub(width(&cell.text) as u16);
        place.x += spare;
        place.width -= spare;
    }
    if cell.hits.is_empty() && cell.dim_prefix == 0 {
        paint.text((place.x, place.y), place.width, &cell.text, style);
        return;
    }
    let mut used = 0;
    for (text, part) in parts(cell) {
        let style = match part {
            Part::Plain => style,
            Part::Dim => style.patch(paint.style(Role::Dim)),
            Part::Hit => style.patch(paint.style(Role::Match)),
        };
        used += paint.text((place.x + used, place.y), place.width - used, text, style);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Plain,
    Dim,
    Hit,
}

/// The text cut where its look changes; a hit wins over the dim start. Ranges that do not fit the text are left out.
fn parts(cell: &CellBox) -> Vec<(&str, Part)> {
    let mut out = Vec::new();
    let mut at = 0;
    for hit in &cell.hits {
        if hit.start < at || cell.text.get(hit.clone()).is_none_or(str::is_empty) {
            continue;
        }
        unhit(cell, at..hit.start, &mut out);
        out.extend(cell.text.get(hit.clone()).map(|text| (text, Part::Hit)));
        at = hit.end;
    }
    unhit(cell, at..cell.text.len(), &mut out);
    out
}

fn unhit<'a>(cell: &'a CellBox, range: std::ops::Range<usize>, out: &mut Vec<(&'a str, Part)>) {
    let border = cell.dim_prefix.clamp(range.start, range.end);
    let border = if cell.text.is_char_boundary(border) {
        border
    } else {
        range.start
    };
    for (range, part) in [(range.start..border, Part::Dim), (border..range.end, Part::Plain)] {
        out.extend(
            cell.text
                .get(range)
                .filter(|text| !text.is_empty())
                .map(|text| (text, part)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str, dim_prefix: usize, hits: &[std::ops::Range<usize>]) -> CellBox {
        CellBox {
            text: text.to_owned(),
            dim_prefix,
            hits: hits.to_vec(),
            ..CellBox::default()
        }
    }

    #[test]
    fn a_hit_wins_over_the_dim_start() {
        assert_eq!(
            parts(&cell("web-7d9f-xk2p1", 9, &[4..6, 10..12])),
            [
                ("web-", Part::Dim),
                ("7d", Part::Hit),
                ("9f-", Part::Dim),
                ("x", Part::Plain),
                ("k2", Part::Hit),
                ("p1", Part::Plain)
            ]
        );
    }

    #[test]
    fn ranges_that_do_not_fit_do_no_harm() {
        assert_eq!(parts(&cell("grün", 3, &[3..4, 9..12])), [("grün", Part::Plain)]);
        assert_eq!(parts(&cell("ab", 9, &[])), [("ab", Part::Dim)]);
        assert_eq!(parts(&cell("", 1, &[])), []);
        assert_eq!(
            parts(&cell("ab", 0, &[1..1, 1..2])),
            [("a", Part::Plain), ("b", Part::Hit)]
        );
    }
}
