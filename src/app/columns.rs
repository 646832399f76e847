//! Which columns of a table are shown, where, and how wide: used by the screen and by the mouse alike.
//!
//! ```text
//! ▌NAME              READY  STATUS   AGE     all that fit; NAME takes what is left
//! ▌NAME       IP          NODE       AGE     scrolled: NAME stays, the ones scrolled over are gone
//! ```

mod rank;

use rustc_hash::FxHashMap;

use crate::kind::{ColumnInfo, Width};
use rank::{GO_EMPTY, GO_FIRST, LAST_RESORT, MESSAGE_WISH, NAME_NEED, NAME_WISH, SHRINK, SQUEEZE, STAY};

/// A column on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Index into the kind's columns.
    pub column: usize,
    /// First terminal column, from the left edge of the table.
    pub x: u16,
    /// Terminal columns.
    pub width: u16,
}

/// What the layout depends on besides the columns.
#[derive(Debug, Clone, Copy)]
pub struct LayoutAsk<'a> {
    /// Columns scrolled over.
    pub scrolled: usize,
    /// The widest value seen of each column.
    pub seen: &'a FxHashMap<usize, u16>,
    /// Terminal columns there are.
    pub room: u16,
    /// Which of the columns are looked at.
    pub of: Of,
    /// The column that a person ordered by, which stays: what one orders by one wants to see.
    pub ordered: Option<usize>,
    /// The columns shown before in this room: no other one joins them, and one leaves only when names would be cut below 24 columns.
    pub kept: Option<&'a [usize]>,
}

/// Of which rows the columns are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Of {
    /// All columns.
    pub wide: bool,
    /// Every row is in the same namespace, which need not be told.
    pub one_namespace: bool,
    /// What a workload owns: of which revision each is, belongs to it.
    pub owned: bool,
}

/// Blank columns between two columns; the cursor and mark signs stand in the first.
pub const GAP: u16 = 2;
/// The sign of cursor and mark.
pub const SIGN: u16 = 1;

/// The columns that may be shown, if there is room for them.
pub fn candidates(columns: &[ColumnInfo], of: Of) -> impl Iterator<Item = usize> {
    let wanted = move |column: &ColumnInfo| match &*column.title {
        "NAMESPACE" => !of.one_namespace,
        "REVISION" if of.owned => true,
        _ => of.wide || !column.wide,
    };
    columns
        .iter()
        .enumerate()
        .filter(move |(_, column)| wanted(column))
        .map(|(at, _)| at)
}

/// Places the columns.
pub fn place(columns: &[ColumnInfo], ask: LayoutAsk) -> Vec<Placed> {
    let mut shown: Vec<usize> = candidates(columns, ask.of).collect();
    let title = |at: usize| columns.get(at).map_or("", |column| &*column.title);
    let first = shown.iter().position(|at| title(*at) == "NAME").unwrap_or(0);
    if ask.scrolled > 0 && !shown.is_empty() {
        let name = shown.remove(first);
        let drop = ask.scrolled.min(shown.len().saturating_sub(1));
        shown.drain(..drop);
        shown.insert(0, name);
        // Names keep half of the room; the last columns come into view as one scrolls on.
        while shown.len() > 2 && wished(columns, &shown, &ask, ask.room / 2) > ask.room {
            shown.pop();
        }
    } else {
        if let Some(kept) = ask.kept {
            shown.retain(|at| kept.contains(at) || ask.ordered == Some(*at));
        }
        drop_until_fitting(columns, &mut shown, &ask);
    }
    spread(columns, &shown, &ask)
}

fn drop_until_fitting(columns: &[ColumnInfo], shown: &mut Vec<usize>, ask: &LayoutAsk) {
    let rank = |at: usize| {
        let title = columns.get(at).map_or("", |column| &*column.title);
        if ask.ordered == Some(at) {
            return None;
        }
        // Nobody misses a column that has no value in any row; what other feeds tell may only be late.
        if ask.seen.get(&at) == Some(&0) && GO_EMPTY.contains(&title) {
            return Some(0);
        }
        if STAY.contains(&title) {
            return None;
        }
        Some(
            1 + GO_FIRST
                .iter()
                .position(|first| *first == title)
                .unwrap_or(GO_FIRST.len()),
        )
    };
    let mut names = if ask.kept.is_some() { NAME_NEED } else { NAME_WISH };
    let mut gone = Vec::new();
    while wished(columns, shown, ask, names) > ask.room {
        // Of equal rank the rightmost goes first.
        let next = shown
            .iter()
            .enumerate()
            .filter_map(|(place, at)| Some((rank(*at)?, usize::MAX - place, place)))
            .min();
        let Some((rank, _, place)) = next else { return };
        if rank > GO_FIRST.len() && names > NAME_NEED {
            // Rather a name cut in its middle than a column lost that says what the kind is looked at for.
            names = NAME_NEED;
            continue;
        }
        gone.push(shown.remove(place));
    }
    // A wide one that had to go may leave room for narrow ones; per cents mean nothing without what they are of.
    for at in gone.into_iter().rev() {
        let is_share = columns
            .get(at)
            .is_some_and(|column| column.title.starts_with('%'));
        let place = shown.partition_point(|other| *other < at);
        shown.insert(place, at);
        if is_share || wished(columns, shown, ask, names) > ask.room {
            shown.remove(place);
        }
    }
}

/// What is needed before columns have to go: names are whole up to a width and what may shrink has shrunk.
fn wished(columns: &[ColumnInfo], shown: &[usize], ask: &LayoutAsk, name: u16) -> u16 {
    let more = |at: usize| match columns.get(at).map_or("", |column| &*column.title) {
        "NAME" => seen(at, ask).min(name).saturating_sub(least(columns, at, ask)),
        _ => 0,
    };
    let names: u16 = shown.iter().map(|at| more(*at)).sum();
    let spare: u16 = shown.iter().map(|at| shrinkable(columns, *at, ask)).sum();
    let all: Vec<u16> = shown.iter().map(|at| least(columns, *at, ask)).collect();
    taken(&all).saturating_add(names).saturating_sub(spare)
}

/// How many columns narrower a column may become.
fn shrinkable(columns: &[ColumnInfo], at: usize, ask: &LayoutAsk) -> u16 {
    let title = columns.get(at).map_or("", |column| &*column.title);
    let to = SHRINK.iter().find(|(shrink, _)| *shrink == title);
    to.map_or(0, |(_, to)| least(columns, at, ask).saturating_sub(*to))
}

/// The width a column asks for: its title and the widest value seen, within its bounds.
fn least(columns: &[ColumnInfo], at: usize, ask: &LayoutAsk) -> u16 {
    let Some(column) = columns.get(at) else { return 0 };
    let title = column.title.chars().count() as u16;
    let seen = seen(at, ask);
    match column.width {
        Width::Fixed(width) => width,
        Width::Fit(least, most) => seen.max(title).clamp(least.min(most), most).max(title),
        // As narrow as what is seen, once something is.
        Width::Rest(least) if seen > 0 => least.min(seen).max(title),
        Width::Rest(least) => least.max(title),
    }
}

fn spread(columns: &[ColumnInfo], shown: &[usize], ask: &LayoutAsk) -> Vec<Placed> {
    let mut widths: Vec<u16> = shown.iter().map(|at| least(columns, *at, ask)).collect();
    shrink(columns, shown, ask, &mut widths);
    squeeze(columns, shown, ask, &mut widths);
    let mut spare = ask.room.saturating_sub(taken(&widths));
    // Names and messages first, then whatever is cut although there is room.
    for rests in [true, false] {
        for (at, width) in shown.iter().zip(&mut widths) {
            let is = |column: &ColumnInfo| rests == matches!(column.width, Width::Rest(_));
            if columns.get(*at).is_some_and(is) {
                let more = seen(*at, ask).saturating_sub(*width).min(spare);
                spare -= more;
                *width += more;
            }
        }
    }
    let mut x = SIGN;
    let mut out = Vec::with_capacity(shown.len());
    for (at, width) in shown.iter().zip(widths) {
        let width = width.min(ask.room.saturating_sub(x));
        if width == 0 {
            break;
        }
        out.push(Placed {
            column: *at,
            x,
            width,
        });
        x = x.saturating_add(width + GAP);
    }
    out
}

fn seen(at: usize, ask: &LayoutAsk) -> u16 {
    ask.seen.get(&at).copied().unwrap_or(0)
}

/// Columns that widths take, with their gaps.
fn taken(widths: &[u16]) -> u16 {
    let gapped = widths.iter().map(|width| width.saturating_add(GAP));
    gapped.fold(SIGN, u16::saturating_add).saturating_sub(GAP)
}

/// Cuts what may shrink, as far as there is no room for it.
fn shrink(columns: &[ColumnInfo], shown: &[usize], ask: &LayoutAsk, widths: &mut [u16]) {
    let message = shown.iter().zip(&*widths).find(|(at, _)| {
        let column = columns.get(**at);
        column.is_some_and(|column| column.title == "MESSAGE")
    });
    let wish = message.map_or(0, |(at, width)| {
        seen(*at, ask).min(MESSAGE_WISH).saturating_sub(*width)
    });
    let mut lacking = taken(widths).saturating_add(wish).saturating_sub(ask.room);
    for (at, width) in shown.iter().zip(widths) {
        let less = shrinkable(columns, *at, ask).min(lacking);
        lacking -= less;
        *width -= less;
    }
}

/// Cuts what stays: until names have what they need, then until everything fits.
fn squeeze(columns: &[ColumnInfo], shown: &[usize], ask: &LayoutAsk, widths: &mut [u16]) {
    let place = |title: &str| {
        let is = |at: &usize| columns.get(*at).is_some_and(|column| column.title == title);
        shown.iter().position(is)
    };
    let name = place("NAME").and_then(|place| {
        Some(
            seen(*shown.get(place)?, ask)
                .min(NAME_NEED)
                .saturating_sub(*widths.get(place)?),
        )
    });
    for (steps, wish) in [(SQUEEZE, name.unwrap_or(0)), (LAST_RESORT, 0)] {
        let mut lacking = taken(widths).saturating_add(wish).saturating_sub(ask.room);
        for (title, to) in steps {
            if let Some(width) = place(title).and_then(|place| widths.get_mut(place)) {
                let less = width.saturating_sub(*to).min(lacking);
                lacking -= less;
                *width -= less;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<ColumnInfo> {
        let column = |title: &'static str, width, wide| ColumnInfo {
            title: title.into(),
            width,
            wide,
            volatile: false,
        };
        vec![
            column("NAMESPACE", Width::Fit(9, 20), false),
            column("NAME", Width::Rest(20), false),
            column("READY", Width::Fit(5, 8), false),
            column("STATUS", Width::Fit(10, 24), false),
            column("CPU", Width::Fit(5, 6), false),
            column("IP", Width::Fit(12, 16), false),
            column("AGE", Width::Fit(5, 8), false),
            column("LABELS", Width::Rest(10), true),
        ]
    }

    fn titles(room: u16, scrolled: usize, wide: bool) -> Vec<String> {
        let seen = FxHashMap::default();
        let ask = LayoutAsk {
            scrolled,
            seen: &seen,
            room,
            of: Of {
                wide,
                one_namespace: false,
                owned: false,
            },
            ordered: None,
            kept: None,
        };
        let columns = columns();
        place(&columns, ask)
            .iter()
            .map(|placed| columns[placed.column].title.to_string())
            .collect()
    }

    #[test]
    fn the_least_important_go_first() {
        assert_eq!(titles(200, 0, true).len(), 8);
        assert_eq!(
            titles(70, 0, true),
            ["NAMESPACE", "NAME", "READY", "STATUS", "CPU", "AGE"]
        );
        assert_eq!(
            titles(50, 0, true),
            ["NAMESPACE", "NAME", "READY", "STATUS", "AGE"]
        );
        assert_eq!(titles(4, 0, true), ["NAMESPACE"]);
    }

    #[test]
    fn a_narrow_column_takes_the_room_that_a_wide_one_cannot() {
        let seen = FxHashMap::from_iter([(1, 20), (4, 6), (5, 60)]);
        let columns = [
            ("NAMESPACE", Width::Fit(9, 20)),
            ("NAME", Width::Rest(20)),
            ("READY", Width::Fit(5, 8)),
            ("AGE", Width::Fit(5, 8)),
            ("CPU", Width::Fit(5, 6)),
            ("SCHEDULE", Width::Fit(5, 60)),
        ]
        .map(|(title, width)| ColumnInfo {
            title: title.into(),
            width,
            wide: false,
            volatile: false,
        });
        let ask = LayoutAsk {
            scrolled: 0,
            seen: &seen,
            room: 70,
            of: Of {
                wide: false,
                one_namespace: false,
                owned: false,
            },
            ordered: None,
            kept: None,
        };
        let placed = place(&columns, ask);
        let titles: Vec<&str> = placed
            .iter()
            .map(|placed| &*columns[placed.column].title)
            .collect();
        assert_eq!(titles, ["NAMESPACE", "NAME", "READY", "AGE", "CPU"]);
    }

    /// Titles and widths of `columns`, as wide as `seen` says, in this room.
    fn widths(columns: &[(&'static str, Width, Option<u16>)], room: u16) -> Vec<(String, u16)> {
        let seen = columns.iter().enumerate();
        let seen = seen
            .filter_map(|(at, (_, _, seen))| Some((at, (*seen)?)))
            .collect();
        let infos: Vec<ColumnInfo> = columns
            .iter()
            .map(|(title, width, _)| ColumnInfo {
                title: (*title).into(),
                width: *width,
                wide: false,
                volatile: false,
            })
            .collect();
        let ask = LayoutAsk {
            scrolled: 0,
            seen: &seen,
            room,
            of: Of::default(),
            ordered: None,
            kept: None,
        };
        let placed = place(&infos, ask);
        let shown = |placed: &Placed| (infos[placed.column].title.to_string(), placed.width);
        placed.iter().map(shown).collect()
    }

    #[test]
    fn nothing_is_cut_while_there_is_room() {
        let quota = [
            ("NAME", Width::Rest(20), Some(6)),
            ("REQUEST", Width::Fit(3, 40), Some(70)),
            ("LIMIT", Width::Fit(3, 40), Some(30)),
            ("AGE", Width::Fit(3, 8), Some(3)),
        ];
        let at = |room| widths(&quota, room)[1].clone();
        assert_eq!(at(200), ("REQUEST".to_owned(), 70));
        assert_eq!(at(100), ("REQUEST".to_owned(), 54));
    }

    #[test]
    fn what_is_empty_goes_first_and_what_matters_goes_after_the_ends_of_names() {
        let volumes = [
            ("NAME", Width::Rest(20), Some(40)),
            ("CAPACITY", Width::Fit(8, 8), Some(4)),
            ("STATUS", Width::Fit(9, 11), Some(5)),
            ("CLAIM", Width::Fit(5, 50), Some(31)),
            ("REASON", Width::Fit(6, 30), Some(0)),
            ("AGE", Width::Fit(5, 8), Some(3)),
        ];
        let titles = |columns: &[_], room| -> Vec<String> {
            widths(columns, room)
                .into_iter()
                .map(|(title, _)| title)
                .collect()
        };
        assert_eq!(
            titles(&volumes, 78),
            ["NAME", "CAPACITY", "STATUS", "CLAIM", "AGE"]
        );
        // The pods of nodes come later than the nodes.
        let nodes = [
            ("NAME", Width::Rest(20), Some(20)),
            ("TYPE", Width::Fit(4, 20), Some(12)),
            ("PODS", Width::Fit(17, 17), Some(0)),
            ("AGE", Width::Fit(5, 8), Some(3)),
        ];
        assert_eq!(titles(&nodes, 50), ["NAME", "PODS", "AGE"]);
    }

    #[test]
    fn what_stays_is_squeezed_for_names() {
        let seen = FxHashMap::from_iter([(0, 18), (1, 60), (3, 24)]);
        let columns = columns();
        let ask = LayoutAsk {
            scrolled: 0,
            seen: &seen,
            room: 78,
            of: Of {
                wide: false,
                one_namespace: false,
                owned: false,
            },
            ordered: None,
            kept: None,
        };
        let widths = |room| -> Vec<(String, u16)> {
            let placed = place(&columns, LayoutAsk { room, ..ask });
            let title = |placed: &Placed| columns[placed.column].title.to_string();
            placed
                .iter()
                .map(|placed| (title(placed), placed.width))
                .collect()
        };
        let all = |namespace, name, status| {
            [
                ("NAMESPACE", namespace),
                ("NAME", name),
                ("READY", 5),
                ("STATUS", status),
                ("AGE", 5),
            ]
            .map(|(title, width)| (title.to_owned(), width))
        };
        assert_eq!(widths(90), all(18, 29, 24));
        assert_eq!(widths(78), all(12, 24, 23));
        assert_eq!(widths(60), all(9, 18, 14));
    }

    #[test]
    fn scrolling_brings_them_back_beside_the_name() {
        assert_eq!(titles(61, 3, true), ["NAME", "CPU", "IP", "AGE", "LABELS"]);
        assert_eq!(titles(60, 3, true), ["NAME", "CPU", "IP", "AGE"]);
        assert_eq!(titles(60, 99, false), ["NAME", "AGE"]);
    }

    #[test]
    fn the_name_is_whole_while_one_scrolls() {
        let seen = FxHashMap::from_iter([(1, 40)]);
        let columns = columns();
        let ask = LayoutAsk {
            scrolled: 1,
            seen: &seen,
            room: 80,
            of: Of {
                wide: true,
                ..Of::default()
            },
            ordered: None,
            kept: None,
        };
        let placed = place(&columns, ask);
        let shown: Vec<(&str, u16)> = placed
            .iter()
            .map(|placed| (&*columns[placed.column].title, placed.width))
            .collect();
        assert_eq!(shown[0], ("NAME", 40));
        assert!(shown.len() > 1 && shown.len() < columns.len(), "{shown:?}");
    }

    #[test]
    fn what_was_shown_stays_until_names_have_no_room_and_does_not_come_back() {
        let columns = columns();
        let shown = |name: u16, kept: Option<&[usize]>| -> Vec<usize> {
            let seen = FxHashMap::from_iter([(1, name)]);
            let ask = LayoutAsk {
                scrolled: 0,
                seen: &seen,
                room: 72,
                of: Of::default(),
                ordered: None,
                kept,
            };
            let placed = place(&columns, ask);
            placed.iter().map(|placed| placed.column).collect()
        };
        let first = shown(20, None);
        assert!(first.contains(&4), "CPU is there: {first:?}");
        assert!(
            !shown(40, None).contains(&4),
            "a long name alone would take it away"
        );
        assert_eq!(
            shown(40, Some(&first)),
            first,
            "a long name that is scrolled to does not"
        );
        let without = [0, 1, 2, 3, 6];
        assert_eq!(
            shown(20, Some(&without)),
            without,
            "nor does a short one bring it back"
        );
    }

    #[test]
    fn nothing_overlaps_and_nothing_leaves_the_room() {
        let seen = FxHashMap::from_iter([(1, 60), (7, 200)]);
        for room in 0..220 {
            let columns = columns();
            let ask = LayoutAsk {
                scrolled: 0,
                seen: &seen,
                room,
                of: Of {
                    wide: true,
                    one_namespace: true,
                    owned: false,
                },
                ordered: None,
                kept: None,
            };
            let placed = place(&columns, ask);
            let mut x = 0;
            for column in &placed {
                assert!(
                    column.x >= x && column.x + column.width <= room,
                    "{room}: {placed:?}"
                );
                x = column.x + column.width;
            }
        }
    }
}
