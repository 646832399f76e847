//! A drawn screen as text with roles, and as SVG.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use kubris::theme::{Depth, Role, Theme};
use kubris::{ui, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::stage::Stage;

/// What a terminal shows after one frame.
pub struct Picture {
    buffer: Buffer,
    roles: bool,
}

impl Picture {
    /// Drawn with a theme.
    pub fn of(stage: &mut Stage, theme: &Theme) -> Self {
        let size = stage.app.size;
        let screen = view::screen(&stage.app);
        let mut terminal = Terminal::new(TestBackend::new(size.width, size.height)).unwrap();
        terminal.draw(|frame| ui::draw(frame, &screen, theme)).unwrap();
        stage.app.drawn();
        Self {
            buffer: terminal.backend().buffer().clone(),
            roles: false,
        }
    }

    /// Drawn so that each cell tells its role.
    pub fn in_roles(stage: &mut Stage) -> Self {
        let picture = Self::of(stage, &role_theme());
        Self {
            roles: true,
            ..picture
        }
    }

    /// Drawn with the default theme.
    pub fn in_colour(stage: &mut Stage) -> Self {
        Self::of(stage, &Theme::embedded("dark", Depth::True))
    }

    /// The signs that are left when it is drawn for a terminal that knows ASCII only.
    pub fn beyond_ascii(stage: &mut Stage) -> String {
        let mut picture = Self::in_colour(stage);
        ui::ascii(&mut picture.buffer);
        let symbols = picture.buffer.content.iter().map(Cell::symbol);
        symbols.filter(|symbol| !symbol.is_ascii()).collect()
    }

    /// The rows, then the style of every cell as a letter, then what the letters mean.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for row in self.rows() {
            let line: String = row.iter().map(Cell::symbol).collect();
            out.push_str(&shown(&line));
        }
        let mut letters: BTreeMap<String, char> = BTreeMap::new();
        for row in self.rows() {
            let line: String = row
                .iter()
                .map(|cell| {
                    let style = self.style(cell);
                    let next = letter(letters.len());
                    if style.is_empty() {
                        ' '
                    } else {
                        *letters.entry(style).or_insert(next)
                    }
                })
                .collect();
            out.push_str(&shown(&line));
        }
        let mut legend: Vec<(char, String)> = letters
            .into_iter()
            .map(|(style, letter)| (letter, style))
            .collect();
        legend.sort_by_key(|(letter, _)| position(*letter));
        for (letter, style) in legend {
            let _ = writeln!(out, "{letter} {style}");
        }
        out
    }

    fn rows(&self) -> impl Iterator<Item = &[Cell]> {
        self.buffer
            .content()
            .chunks(usize::from(self.buffer.area.width).max(1))
    }

    fn style(&self, cell: &Cell) -> String {
        let mut parts = Vec::new();
        for (word, colour) in [("", cell.fg), ("on ", cell.bg)] {
            match colour {
                Color::Reset => {}
                Color::Rgb(_, _, number) if self.roles => {
                    parts.push(format!("{word}{}", Role::ALL[usize::from(number) - 1].name()));
                }
                other => parts.push(format!("{word}{other}")),
            }
        }
        if !cell.modifier.is_empty() {
            parts.push(format!("{:?}", cell.modifier).to_lowercase());
        }
        parts.join(" ")
    }

    /// Writes an SVG into the folder that `KUBRIS_PICTURES` names, if it does.
    pub fn save(&self, name: &str) {
        let Some(folder) = std::env::var_os("KUBRIS_PICTURES") else {
            return;
        };
        let folder = PathBuf::from(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(
            folder.join(format!("{name}.svg")),
            crate::support::svg::of(&self.buffer),
        )
        .unwrap();
    }

    /// True when some cell has a colour.
    pub fn has_colour(&self) -> bool {
        let coloured = |colour: Color| colour != Color::Reset;
        self.buffer
            .content()
            .iter()
            .any(|cell| coloured(cell.fg) || coloured(cell.bg))
    }

    /// True when some cell has the modifier.
    pub fn has(&self, modifier: Modifier) -> bool {
        self.buffer
            .content()
            .iter()
            .any(|cell| cell.modifier.contains(modifier))
    }
}

/// A line of a snapshot, between bars so that blanks at its end are seen.
fn shown(line: &str) -> String {
    format!("|{}\n", line.trim_end())
}

const LETTERS: &str =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789αβγδεζηθικλμνξοπρστυφχψω";

fn letter(number: usize) -> char {
    LETTERS.chars().nth(number).unwrap_or('?')
}

fn position(letter: char) -> usize {
    LETTERS
        .chars()
        .position(|known| known == letter)
        .unwrap_or(usize::MAX)
}

/// Roles that lie under others: they have a background only.
const GROUNDS: &[Role] = &[Role::Select, Role::SelectIdle, Role::Overlay, Role::Toast];

/// A theme whose colours are the numbers of the roles.
fn role_theme() -> Theme {
    let mut text = String::from("[roles]\n");
    for (number, role) in Role::ALL.iter().enumerate() {
        let colour = match role {
            Role::Text => "{ fg = \"default\", bg = \"default\" }".to_owned(),
            role if GROUNDS.contains(role) => format!("{{ bg = \"#0000{:02x}\" }}", number + 1),
            _ => format!("{{ fg = \"#0000{:02x}\" }}", number + 1),
        };
        let _ = writeln!(text, "\"{}\" = {colour}", role.name());
    }
    let (theme, problems) = Theme::read("roles", "roles.toml", &text, Depth::True);
    assert_eq!(problems, []);
    theme
}
