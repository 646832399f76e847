//! A rectangle of terminal cells, without a terminal.

/// Columns and rows are counted from 0 at the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// Leftmost column.
    pub x: u16,
    /// Topmost row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// A rectangle.
    pub const fn new(x: u16, y: u16, width: u16, height: u16) -> Self {
        Self { x, y, width, height }
    }

    /// True when the cell lies inside.
    pub const fn contains(self, column: u16, row: u16) -> bool {
        column >= self.x && row >= self.y && column - self.x < self.width && row - self.y < self.height
    }

    /// Without a border of one cell; empty when there is no inside.
    #[must_use]
    pub const fn inner(self) -> Self {
        Self {
            x: self.x.saturating_add(1),
            y: self.y.saturating_add(1),
            width: self.width.saturating_sub(2),
            height: self.height.saturating_sub(2),
        }
    }

    /// The first `columns` columns and the rest.
    pub const fn split_columns(self, columns: u16) -> (Self, Self) {
        let left = if columns < self.width { columns } else { self.width };
        (
            Self { width: left, ..self },
            Self {
                x: self.x.saturating_add(left),
                width: self.width - left,
                ..self
            },
        )
    }

    /// The first `rows` rows and the rest.
    pub const fn split_rows(self, rows: u16) -> (Self, Self) {
        let top = if rows < self.height { rows } else { self.height };
        (
            Self { height: top, ..self },
            Self {
                y: self.y.saturating_add(top),
                height: self.height - top,
                ..self
            },
        )
    }
}
