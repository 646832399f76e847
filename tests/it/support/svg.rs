//! A screen as SVG: what a terminal with a dark background shows. Used for pictures to look at and for those of the README.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// Size of a cell in pixels: what 14 pixels of `DejaVu Sans Mono` take.
const CELL: (f32, f32) = (8.428, 17.0);
const FRONT: &str = "#d5d9e0";
const BACK: &str = "#16181f";

/// The picture.
pub fn of(buffer: &Buffer) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let (width, height) = (
        f32::from(columns) * CELL.0 + 16.0,
        f32::from(rows) * CELL.1 + 16.0,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{BACK}\"/>\n\
         <g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\" xml:space=\"preserve\">\n"
    );
    for (y, row) in buffer.content().chunks(usize::from(columns).max(1)).enumerate() {
        runs(row, |x, cells| run(&mut out, (x, y), cells));
    }
    out.push_str("</g></svg>\n");
    out
}

/// Neighbours that look the same.
fn runs(row: &[Cell], mut each: impl FnMut(usize, &[Cell])) {
    let look = |cell: &Cell| (cell.fg, cell.bg, cell.modifier);
    let mut start = 0;
    while let Some(first) = row.get(start) {
        let same = row[start..]
            .iter()
            .take_while(|cell| look(cell) == look(first))
            .count();
        each(start, &row[start..start + same]);
        start += same;
    }
}

fn run(out: &mut String, (x, y): (usize, usize), cells: &[Cell]) {
    let modifier = cells[0].modifier;
    let (mut front, mut back) = (colour(cells[0].fg, FRONT), colour(cells[0].bg, BACK));
    if modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut front, &mut back);
    }
    let (left, top) = (x as f32 * CELL.0 + 8.0, y as f32 * CELL.1 + 8.0);
    if back != BACK {
        let width = cells.len() as f32 * CELL.0;
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{back}\"/>",
            CELL.1
        );
    }
    let mut style = String::new();
    for (wanted, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
        (Modifier::DIM, " opacity=\"0.6\""),
    ] {
        if modifier.contains(wanted) {
            style.push_str(attribute);
        }
    }
    let text: String = cells.iter().map(Cell::symbol).collect();
    if text.trim().is_empty() {
        return;
    }
    // Every character has its own place, so that columns hold whatever the font.
    let places: Vec<String> = cells
        .iter()
        .enumerate()
        .flat_map(|(at, cell)| {
            cell.symbol()
                .chars()
                .map(move |_| format!("{:.1}", left + at as f32 * CELL.0))
        })
        .collect();
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{:.1}\" fill=\"{front}\"{style}>{}</text>",
        places.join(" "),
        top + 13.0,
        escaped(&text)
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn colour(colour: Color, own: &str) -> String {
    let named = match colour {
        Color::Rgb(red, green, blue) => return format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Black => "#000000",
        Color::Red => "#cd3131",
        Color::Green => "#0dbc79",
        Color::Yellow => "#e5e510",
        Color::Blue => "#2472c8",
        Color::Magenta => "#bc3fbc",
        Color::Cyan => "#11a8cd",
        Color::Gray => "#e5e5e5",
        Color::DarkGray => "#767676",
        Color::LightRed => "#f14c4c",
        Color::LightGreen => "#23d18b",
        Color::LightYellow => "#f5f543",
        Color::LightBlue => "#3b8eea",
        Color::LightMagenta => "#d670d6",
        Color::LightCyan => "#29b8db",
        Color::White => "#ffffff",
        Color::Indexed(_) | Color::Reset => own,
    };
    named.to_owned()
}
