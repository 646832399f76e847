//! One cell of a table as data: harmless text, cut to its column, with look, hits and bar.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::super::{BAR, CellBox, Look};
use crate::app::App;
use crate::app::columns::Placed;
use crate::app::table::{CHANGED_FOR, TablePane};
use crate::clock::Timestamp;
use crate::model::cell::Unit;
use crate::model::{Cell, Health, Tone};
use crate::store::{FeedState, UsageState};
use crate::text::{neutralise, truncate_end, truncate_middle, width};

/// What a cell shows: harmless text. A bar of counts says `16/17`, every other one its per cent; nodes of EC2 are called by their host name, as
/// the rest of it is the same for all.
pub(super) fn write(cell: &Cell, now: Timestamp, out: &mut String) {
    out.clear();
    match cell {
        Cell::Bar {
            used,
            limit,
            unit: Unit::Count,
        } if *limit > 0 => {
            let _ = write!(out, "{used}/{limit}");
        }
        Cell::Text(text) => out.push_str(&neutralise(host(text))),
        Cell::Status(text, _) => out.push_str(&neutralise(text)),
        Cell::Tags(_) => {
            cell.write(now, out);
            if let Cow::Owned(harmless) = neutralise(out) {
                *out = harmless;
            }
        }
        // Numbers, ages and the sign for n/a are made here.
        other => other.write(now, out),
    }
}

/// `ip-10-0-1-5` of `ip-10-0-1-5.eu-west-1.compute.internal`, `i-0abc` of `i-0abc.eu-west-1.compute.internal`; any other text as it is.
pub(super) fn host(text: &str) -> &str {
    let named = text.starts_with("ip-") || text.starts_with("i-");
    let cut = text
        .split_once('.')
        .filter(|(_, domain)| named && (domain.ends_with("compute.internal") || *domain == "ec2.internal"));
    cut.map_or(text, |(host, _)| host)
}

/// Columns that a bar takes before its text.
pub(super) fn bar_width(cell: &Cell) -> usize {
    if matches!(cell, Cell::Bar { limit, .. } if *limit > 0) {
        usize::from(BAR) + 1
    } else {
        0
    }
}

/// The cells of one row.
pub(super) struct Line<'a> {
    pub app: &'a App,
    pub table: &'a TablePane,
    pub feed: &'a FeedState,
    pub prefixes: &'a Prefixes,
    pub slot: u32,
}

impl Line<'_> {
    /// The cell of a column.
    pub fn cell(&self, placed: Placed) -> CellBox {
        let value = self.feed.cell(self.slot, placed.column, self.app.now);
        let mut text = String::new();
        write(&value, self.app.now, &mut text);
        let columns = self.feed.rows.columns();
        let title = columns.get(placed.column).map_or("", |column| &*column.title);
        let room = usize::from(placed.width).saturating_sub(bar_width(&value));
        if let Cell::Restarts(count, Some(_)) = value
            && width(&text) > room
        {
            // Half a moment says nothing.
            text = count.to_string();
        }
        if width(&text) > room {
            text = cut(&text, title, room);
        }
        let dim_prefix = if title == "NAME" {
            self.prefixes.length(self.feed, self.slot)
        } else {
            0
        };
        CellBox {
            hits: self.table.order.filter.hits(&text),
            look: self.look(&value, title, placed.column),
            dim_prefix: if text.is_char_boundary(dim_prefix) {
                dim_prefix
            } else {
                0
            },
            bar: bar(self.app, &value, title),
            text,
        }
    }

    fn look(&self, value: &Cell, title: &str, column: usize) -> Look {
        let (bits, at) = self.feed.rows.changed(self.slot);
        let changed = column < 64 && bits & (1 << column) != 0;
        if changed && self.app.now.nanos_since(at) < CHANGED_FOR {
            return Look::Changed;
        }
        if title == "NODE" && self.feed.annex.of(self.slot).node_down {
            return Look::Health(Health::Bad);
        }
        look(self.app, self.feed, self.slot, value, title)
    }
}

/// Names are cut in the middle, as their ends tell them apart.
fn cut(text: &str, title: &str, room: usize) -> String {
    let named = matches!(
        title,
        "NAME" | "NAMESPACE" | "NODE" | "OBJECT" | "POD" | "IMAGE" | "VOLUME" | "CLAIM"
    );
    if named {
        truncate_middle(text, room).into_owned()
    } else {
        truncate_end(text, room).into_owned()
    }
}

/// How a value looks by itself.
fn look(app: &App, feed: &FeedState, slot: u32, value: &Cell, title: &str) -> Look {
    match value {
        Cell::Left(left) if *left < 0 => Look::Tone(Tone::Bad),
        Cell::None | Cell::Count(0) | Cell::Restarts(0, _) | Cell::Since(_) | Cell::Tags(_) => {
            Look::Tone(Tone::Dim)
        }
        Cell::Status(_, health) => Look::Health(*health),
        Cell::Left(0) | Cell::Restarts(..) => Look::Tone(Tone::Warn),
        Cell::Ratio(ready, total) if ready < total => match feed.health(slot) {
            Health::Done => Look::Tone(Tone::Dim),
            health => Look::Health(health.max(Health::Busy)),
        },
        Cell::Percent(percent) => match limits(app, title) {
            Some((_, bad)) if *percent >= bad => Look::Health(Health::Bad),
            Some((warn, _)) if *percent >= warn => Look::Health(Health::Warn),
            _ => Look::Plain,
        },
        Cell::Milli(_) | Cell::Bytes(_)
            if matches!(app.store.usage.state, UsageState::Unavailable(..)) && title.len() == 3 =>
        {
            Look::Tone(Tone::Dim)
        }
        _ => Look::Plain,
    }
}

/// Thresholds of a percentage under this title.
fn limits(app: &App, title: &str) -> Option<(u32, u32)> {
    let thresholds = &app.config.settings.thresholds;
    let limits = match title {
        "%L" => thresholds.memory,
        "PODS" | "PODS%" => thresholds.pods,
        _ if title.starts_with("CPU") => thresholds.cpu,
        _ if title.starts_with("MEM") => thresholds.memory,
        _ => return None,
    };
    Some((limits.warn, limits.bad))
}

/// Filled thousandths and how bad that is; `None` where there is no limit.
pub(super) fn bar(app: &App, value: &Cell, title: &str) -> Option<(u16, Health)> {
    let Cell::Bar { used, limit, unit } = value else {
        return None;
    };
    if *limit == 0 {
        return None;
    }
    let thousandths = (u128::from(*used) * 1000 / u128::from(*limit)).min(1000) as u16;
    let fallback = match unit {
        Unit::Count => "PODS",
        Unit::Milli => "CPU",
        Unit::Bytes => "MEM",
    };
    let (warn, bad) = limits(app, title)
        .or_else(|| limits(app, fallback))
        .unwrap_or((70, 90));
    let percent = u32::from(thousandths) / 10;
    let health = if percent >= bad {
        Health::Bad
    } else if percent >= warn {
        Health::Warn
    } else {
        Health::Ok
    };
    Some((thousandths, health))
}

/// The part of a name that its owner and its siblings share.
pub(super) struct Prefixes(rustc_hash::FxHashMap<crate::model::Uid, (usize, usize)>);

impl Prefixes {
    pub fn of(feed: &FeedState, slots: &[u32]) -> Self {
        let mut seen: rustc_hash::FxHashMap<crate::model::Uid, (usize, usize)> =
            rustc_hash::FxHashMap::default();
        for meta in slots.iter().filter_map(|slot| feed.rows.meta(*slot)) {
            if let Some(owner) = &meta.owner
                && meta.name.starts_with(&*owner.name)
            {
                let entry = seen.entry(owner.uid).or_insert((owner.name.len() + 1, 0));
                entry.1 += 1;
            }
        }
        Self(seen)
    }

    pub fn length(&self, feed: &FeedState, slot: u32) -> usize {
        let owner = feed.rows.meta(slot).and_then(|meta| meta.owner.as_ref());
        let found = owner.and_then(|owner| self.0.get(&owner.uid));
        found
            .filter(|(_, count)| *count > 1)
            .map_or(0, |(length, _)| *length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cell_shows_is_harmless() {
        let mut out = String::new();
        for (cell, text) in [
            (Cell::text("a\u{1b}[31m"), "a␛[31m"),
            (Cell::Status("Evil\u{202e}".into(), Health::Bad), "Evil�"),
            (
                Cell::text("ip-10-0-1-5.eu-west-1.compute.internal"),
                "ip-10-0-1-5",
            ),
            (Cell::text("ip-10-0-1-5.ec2.internal"), "ip-10-0-1-5"),
            (Cell::text("web.example.com"), "web.example.com"),
            (Cell::Count(7), "7"),
            (Cell::None, "–"),
        ] {
            write(&cell, Timestamp::default(), &mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn a_bar_of_counts_says_both() {
        let bar = |used, limit, unit| Cell::Bar { used, limit, unit };
        let mut out = String::new();
        for (cell, text, columns) in [
            (bar(16, 17, Unit::Count), "16/17", 11),
            (bar(1, 2, Unit::Milli), "50", 11),
            (bar(1, 0, Unit::Count), "–", 0),
        ] {
            write(&cell, Timestamp::default(), &mut out);
            assert_eq!((out.as_str(), bar_width(&cell)), (text, columns));
        }
    }
}
