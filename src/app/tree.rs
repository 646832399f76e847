//! The tree of panes: who stands beside whom, and how large. Knows no content.
//!
//! ```text
//! Split(Down, 65 %)         ╭ 1 ──────────────╮
//! ├── Leaf(1)               │                 │
//! └── Split(Right, 50 %)    ├ 2 ─────┬ 3 ─────┤
//!     ├── Leaf(2)           │        │        │
//!     └── Leaf(3)           ╰────────┴────────╯
//! ```

use crate::model::Area;

/// A pane of the tab. Never used again once closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PaneId(pub u32);

/// How a rectangle is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Side by side.
    Right,
    /// One above the other.
    Down,
}

/// A tree of panes with at least one leaf.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// A pane.
    Leaf(PaneId),
    /// Two parts; `share` is the first one's, in thousandths.
    Split {
        /// How.
        direction: Direction,
        /// Thousandths of the first part, 100 to 900.
        share: u16,
        /// Left or upper.
        first: Box<Tree>,
        /// Right or lower.
        second: Box<Tree>,
    },
}

/// The smallest useful pane: border, title and two rows.
const LEAST: (u16, u16) = (12, 4);

impl Tree {
    /// Two parts.
    pub fn split(direction: Direction, share: u16, first: Tree, second: Tree) -> Self {
        Self::Split {
            direction,
            share,
            first: Box::new(first),
            second: Box::new(second),
        }
    }

    /// Every pane with its rectangle, in reading order. Panes for which there is no room are left out.
    pub fn areas(&self, area: Area) -> Vec<(PaneId, Area)> {
        let mut out = Vec::new();
        self.place(area, &mut out);
        out
    }

    fn place(&self, area: Area, out: &mut Vec<(PaneId, Area)>) {
        match self {
            Self::Leaf(id) => {
                if area.width > 0 && area.height > 0 {
                    out.push((*id, area));
                }
            }
            Self::Split {
                direction,
                share,
                first,
                second,
            } => {
                let (one, two) = divide(area, *direction, *share);
                first.place(one, out);
                second.place(two, out);
            }
        }
    }

    /// The panes in reading order.
    pub fn leaves(&self) -> Vec<PaneId> {
        self.areas(Area::new(0, 0, u16::MAX, u16::MAX))
            .into_iter()
            .map(|(id, _)| id)
            .collect()
    }

    /// Puts `fresh` beside or below `at`, half the room each. `false` when `at` is not there.
    pub fn insert(&mut self, at: PaneId, direction: Direction, fresh: PaneId) -> bool {
        match self {
            Self::Leaf(id) if *id == at => {
                *self = Self::split(direction, 500, Self::Leaf(at), Self::Leaf(fresh));
                true
            }
            Self::Leaf(_) => false,
            Self::Split { first, second, .. } => {
                first.insert(at, direction, fresh) || second.insert(at, direction, fresh)
            }
        }
    }

    /// Takes a pane out; its neighbour gets the room. `false` when it is not there or the last one.
    pub fn remove(&mut self, id: PaneId) -> bool {
        let Self::Split { first, second, .. } = self else {
            return false;
        };
        let keep = match (&**first, &**second) {
            (Self::Leaf(leaf), _) if *leaf == id => Some((**second).clone()),
            (_, Self::Leaf(leaf)) if *leaf == id => Some((**first).clone()),
            _ => None,
        };
        if let Some(keep) = keep {
            *self = keep;
            return true;
        }
        first.remove(id) || second.remove(id)
    }

    /// Moves the border nearest to a pane by `delta` thousandths to the right or down. `false` when it has none in that direction.
    pub fn resize(&mut self, id: PaneId, along: Direction, delta: i16) -> bool {
        let Self::Split {
            direction,
            share,
            first,
            second,
        } = self
        else {
            return false;
        };
        if first.resize(id, along, delta) || second.resize(id, along, delta) {
            return true;
        }
        if *direction != along || !(first.leaves().contains(&id) || second.leaves().contains(&id)) {
            return false;
        }
        *share = share.saturating_add_signed(delta).clamp(100, 900);
        true
    }
}

/// The two parts of a rectangle. When both cannot have the least size, the first gets all.
fn divide(area: Area, direction: Direction, share: u16) -> (Area, Area) {
    let part = |whole: u16, least: u16| {
        if whole < least * 2 {
            return whole;
        }
        let first = (u32::from(whole) * u32::from(share) / 1000) as u16;
        first.clamp(least, whole - least)
    };
    match direction {
        Direction::Right => area.split_columns(part(area.width, LEAST.0)),
        Direction::Down => area.split_rows(part(area.height, LEAST.1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Tree {
        let dock = Tree::split(
            Direction::Right,
            500,
            Tree::Leaf(PaneId(2)),
            Tree::Leaf(PaneId(3)),
        );
        Tree::split(Direction::Down, 650, Tree::Leaf(PaneId(1)), dock)
    }

    #[test]
    fn panes_cover_the_screen_without_overlap() {
        let area = Area::new(0, 1, 80, 22);
        let placed = three().areas(area);
        let cells: u32 = placed
            .iter()
            .map(|(_, area)| u32::from(area.width) * u32::from(area.height))
            .sum();
        assert_eq!(cells, 80 * 22);
        assert_eq!(placed.len(), 3);
    }

    #[test]
    fn a_closed_pane_leaves_its_room_to_its_neighbour() {
        let mut tree = three();
        assert!(tree.remove(PaneId(2)));
        assert_eq!(tree.leaves(), [PaneId(1), PaneId(3)]);
        assert!(tree.remove(PaneId(1)));
        assert!(!tree.remove(PaneId(3)), "the last pane stays");
    }

    #[test]
    fn borders_move_and_stop_at_the_ends() {
        let mut tree = three();
        assert!(tree.resize(PaneId(3), Direction::Right, 100));
        assert!(!Tree::Leaf(PaneId(1)).resize(PaneId(1), Direction::Right, 100));
        for _ in 0..20 {
            tree.resize(PaneId(1), Direction::Down, 100);
        }
        let Tree::Split { share, .. } = tree else {
            unreachable!()
        };
        assert_eq!(share, 900);
    }

    #[test]
    fn a_tiny_screen_shows_the_first_pane() {
        assert_eq!(
            three().areas(Area::new(0, 0, 10, 3)),
            [(PaneId(1), Area::new(0, 0, 10, 3))]
        );
        assert!(three().areas(Area::new(0, 0, 0, 0)).is_empty());
    }
}
