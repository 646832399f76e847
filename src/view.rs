//! What is on screen, as data. Only visible rows become text.

mod foot;
mod frame;
mod logs;
mod overlay;
mod strip;
mod table;
mod texts;
mod wrap;

use crate::model::{Area, Health, Tone};

pub use crate::logs::Level;
pub use crate::logs::ansi::{Hue, Ink};
pub use frame::screen;
pub use table::BAR;
pub use wrap::wrap;

/// Everything that is drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Screen {
    /// The whole terminal.
    pub size: Area,
    /// The first line; `None` when it is hidden.
    pub header: Option<Header>,
    /// Lines below it; none but on a game day.
    pub strip: Vec<Text>,
    /// Panes in reading order.
    pub panes: Vec<PaneBox>,
    /// The last line.
    pub foot: Foot,
    /// What stands over the panes.
    pub overlay: Option<Box<OverlayBox>>,
    /// When there are no panes yet: why, in the middle of the screen.
    pub notice: Vec<Text>,
}

/// A piece of text with a role of the theme.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Piece {
    /// Harmless text.
    pub text: String,
    /// What it is.
    pub look: Look,
}

fn piece(text: impl Into<String>, look: Look) -> Piece {
    Piece {
        text: text.into(),
        look,
    }
}

/// A line of pieces.
pub type Text = Vec<Piece>;

/// What a piece looks like; the drawing finds the theme's role for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// By tone.
    #[default]
    Plain,
    /// By tone.
    Tone(Tone),
    /// By health.
    Health(Health),
    /// The colour of a pod in a log, counted from 0.
    Pod(u32),
    /// A level in a log.
    Level(Level),
    /// A hit of filter or search.
    Match,
    /// A style the log itself asks for.
    Ink(Ink),
    /// Changed within the last two seconds.
    Changed,
    /// A key in hints.
    Key,
    /// The context's own colour.
    Context,
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Header {
    /// Context; drawn in its colour.
    pub context: String,
    /// Protected contexts are drawn so that they cannot be mistaken.
    pub protected: bool,
    /// `DEMO`, `READ-ONLY`, `WRITE 29 m`, `as bob`: badges after it.
    pub badges: Vec<Piece>,
    /// Namespaces.
    pub scope: String,
    /// Freshness: `● live`, `◌ loading 1 500`, `✗ stale 3m: …`.
    pub state: Piece,
    /// Right of it, the most important first; the last ones go when there is no room.
    pub facts: Vec<Text>,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Foot {
    /// Keys most likely next: key and word.
    pub hints: Vec<(String, String)>,
    /// The message on the right.
    pub toast: Option<Piece>,
    /// A prompt in its place.
    pub prompt: Option<Prompt>,
}

/// A line being typed at the foot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prompt {
    /// `:`, `/`, `search `.
    pub sign: String,
    /// What is typed.
    pub text: String,
    /// Characters before the cursor.
    pub cursor: usize,
    /// Completion behind the cursor.
    pub ghost: String,
    /// What is wrong, or what it means.
    pub note: Option<Piece>,
    /// Offers above it, and the chosen one.
    pub offers: Vec<String>,
    /// Index of the chosen offer.
    pub chosen: Option<usize>,
}

/// A pane with its border.
#[derive(Debug, Clone, PartialEq)]
pub struct PaneBox {
    /// With border.
    pub area: Area,
    /// Gets the keys.
    pub focused: bool,
    /// On the left of the upper border.
    pub title: Text,
    /// On the right of the upper border.
    pub note: Text,
    /// What stands inside.
    pub body: Body,
}

/// The inside of a pane.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A table.
    Table(TableBody),
    /// Lines of text, the first one at the top.
    Lines(LinesBody),
    /// Nothing to show: why and what to do, in the middle.
    Empty(Vec<Text>),
}

/// A table: heads, visible rows, what stands below.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableBody {
    /// Columns from left to right.
    pub heads: Vec<Head>,
    /// Visible rows.
    pub rows: Vec<RowLine>,
    /// Sums, placed like a row; below the rows.
    pub totals: Option<RowLine>,
    /// The lines that explain the row under the cursor, the last in the pane; empty ones keep their place.
    pub explanation: Vec<Text>,
    /// Where one is in all rows, for the scroll bar: first visible, visible, all.
    pub scroll: (usize, usize, usize),
}

/// The head of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// Title.
    pub title: String,
    /// From the inner left edge.
    pub x: u16,
    /// Terminal columns.
    pub width: u16,
    /// Numbers stand on the right.
    pub right: bool,
    /// Ordered by it: `Some(true)` greatest first.
    pub sorted: Option<bool>,
    /// Chosen with Shift-arrows.
    pub chosen: bool,
}

/// A visible row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RowLine {
    /// One for each head, in order.
    pub cells: Vec<CellBox>,
    /// Under the cursor.
    pub cursor: bool,
    /// Marked.
    pub marked: bool,
    /// How the object is doing; tints the row.
    pub health: Health,
}

/// A visible cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CellBox {
    /// Text, already cut to the width of its column.
    pub text: String,
    /// How it looks.
    pub look: Look,
    /// Byte ranges of the text that the filter hit.
    pub hits: Vec<std::ops::Range<usize>>,
    /// The first bytes that all siblings share: drawn dim.
    pub dim_prefix: usize,
    /// A bar before the text: filled thousandths, and how bad that is.
    pub bar: Option<(u16, Health)>,
}

/// Lines of text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LinesBody {
    /// Strips above the text: histogram of logs, headings.
    pub above: Vec<Text>,
    /// The visible lines, each drawn on one row and cut at the right edge.
    pub lines: Vec<Text>,
    /// First visible, visible, all.
    pub scroll: (usize, usize, usize),
}

/// What stands over the panes.
#[derive(Debug, Clone, PartialEq)]
pub struct OverlayBox {
    /// Title on its border.
    pub title: String,
    /// Danger colours its border: a change of the cluster.
    pub danger: bool,
    /// Lines.
    pub lines: Vec<Text>,
    /// The line with the cursor, an index into `lines`; it is kept visible.
    pub at: Option<usize>,
    /// The text cursor: line and column, for typed text inside.
    pub cursor: Option<(usize, u16)>,
    /// Buttons in the lower right corner: text and focus.
    pub buttons: Vec<(String, bool)>,
    /// Share of the screen it may take, in per cent of columns and rows.
    pub share: (u16, u16),
}
