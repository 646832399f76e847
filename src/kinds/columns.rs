//! Columns that many kinds have. Knows no kind.

use crate::kind::{Column, Ctx, Usage, Width};
use crate::model::{Cell, Gvr, Predicate, Query, Row, Scope, quantity};

/// A column that is always shown.
pub const fn of<R: 'static>(title: &'static str, width: Width, cell: CellOf<R>) -> Column<R> {
    Column {
        title,
        width,
        wide: false,
        volatile: false,
        cell,
    }
}

/// A column of the wide mode.
pub const fn wide<R: 'static>(title: &'static str, width: Width, cell: CellOf<R>) -> Column<R> {
    Column {
        wide: true,
        ..of(title, width, cell)
    }
}

/// A column whose value changes by itself.
pub const fn volatile<R: 'static>(title: &'static str, width: Width, cell: CellOf<R>) -> Column<R> {
    Column {
        volatile: true,
        ..of(title, width, cell)
    }
}

/// How a cell is made of a row.
pub type CellOf<R> = for<'a> fn(&'a R, &Ctx<'a>) -> Cell<'a>;

/// NAMESPACE.
pub const fn namespace<R: Row>() -> Column<R> {
    of("NAMESPACE", Width::Fit(9, 24), |row, _| {
        Cell::text(&row.meta().namespace)
    })
}

/// NAME.
pub const fn name<R: Row>() -> Column<R> {
    of("NAME", Width::Rest(20), |row, _| Cell::text(&row.meta().name))
}

/// AGE.
pub const fn age<R: Row>() -> Column<R> {
    volatile("AGE", Width::Fit(3, 9), |row, _| Cell::Since(row.meta().created))
}

/// LABELS.
pub const fn labels<R: Row>() -> Column<R> {
    wide("LABELS", Width::Rest(10), |row, _| {
        if row.meta().labels.is_empty() {
            Cell::None
        } else {
            Cell::Tags(&row.meta().labels)
        }
    })
}

/// A cell made of the usage, if it is known.
pub fn usage<'a>(ctx: &Ctx<'a>, cell: impl Fn(Usage) -> Cell<'a>) -> Cell<'a> {
    ctx.facts.usage.map_or(Cell::None, cell)
}

/// Usage in per cent of a request or a limit; n/a without usage or without one.
pub fn usage_of<'a>(ctx: &Ctx<'a>, part: impl Fn(Usage) -> u64, whole: u64) -> Cell<'a> {
    usage(ctx, |usage| {
        quantity::percent(part(usage), whole).map_or(Cell::None, Cell::Percent)
    })
}

/// A filter that matches this name and no other.
pub fn exactly(name: &str) -> String {
    format!(r"(^|\s){}(\s|$)", regex::escape(name))
}

/// One object by its name, where its identity is not known.
pub fn one_of(gvr: Gvr, namespace: Option<&str>, name: &str) -> Query {
    Query {
        gvr,
        scope: namespace.map_or(Scope::All, Scope::one),
        predicate: Predicate::All,
        filter: exactly(name),
    }
}
