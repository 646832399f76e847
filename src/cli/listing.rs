//! The rows of one kind as a view has them, printed: `get`, `nodes` and `events` share it. It must not know particular kinds.

use std::io::Write as _;
use std::sync::Arc;

use super::CliError;
use super::args::Format;
use super::output::{Field, Output, Table};
use crate::clock::{self, Timestamp};
use crate::cluster::link::Link;
use crate::cluster::once::{self, Wanted};
use crate::kind::{Kind, SortBy};
use crate::model::cell::Unit;
use crate::model::{Cell, Failure, Feed, FeedId, Gvr, Phase, Predicate, Scope};
use crate::msg::{FeedEvent, UsageReport, UsageWanted};
use crate::store::{FeedState, Filter, Order, Store, export};
use crate::text::neutralise;
use crate::theme::{Role, Theme};

/// Rows with everything that is joined to them, in the order of the explorer.
pub(super) struct Listing {
    store: Store,
    id: FeedId,
    slots: Vec<u32>,
    now: Timestamp,
}

impl Listing {
    /// Lists a kind, and what its columns need of others as far as it may be read.
    pub(super) async fn load(link: &Arc<Link>, kind: &Arc<Kind>, wanted: &Wanted) -> Result<Self, Failure> {
        let now = clock::now();
        let mut store = Store::default();
        let companions = companions(&kind.gvr);
        let mut whole = wanted.clone();
        if !companions.is_empty() && &*kind.gvr.resource != "pods" {
            // Facts are joined to whole lists; of pods there may be too many.
            whole.fields.clear();
        }
        let id = fill(&mut store, link, kind, &whole).await?;
        for gvr in companions {
            if let Some(companion) = crate::kinds::find(gvr) {
                let wanted = Wanted {
                    scope: if kind.namespaced {
                        wanted.scope.clone()
                    } else {
                        Scope::All
                    },
                    ..Wanted::default()
                };
                if let Err(failure) = fill(&mut store, link, companion, &wanted).await {
                    tracing::info!("{failure}");
                }
            }
        }
        usage(&mut store, link, kind, wanted).await;
        store.want_loads(true);
        store.join();
        let mut listing = Self {
            store,
            id,
            slots: Vec::new(),
            now,
        };
        listing.slots = listing.order();
        Ok(listing)
    }

    fn feed(&self) -> Option<&FeedState> {
        self.store.feed(self.id)
    }

    /// By the newest for events, else by namespace and name.
    fn order(&self) -> Vec<u32> {
        let Some(feed) = self.feed() else {
            return Vec::new();
        };
        let first = |titles: &[&str]| titles.iter().find_map(|title| feed.column(title)).unwrap_or(0);
        let events = feed.feed.gvr.resource == "events";
        let column = if events {
            first(&["LAST SEEN", "AGE"])
        } else {
            first(&["NAMESPACE", "NAME"])
        };
        let mut order = Order::new(
            Filter::default(),
            Predicate::All,
            SortBy {
                column,
                reverse: false,
            },
        );
        order.complete(feed, &self.store, self.now);
        order.slots().to_vec()
    }

    /// Keeps the rows that a rule allows: by slot.
    pub(super) fn retain(&mut self, keep: impl Fn(&FeedState, u32) -> bool) {
        let mut slots = std::mem::take(&mut self.slots);
        slots.retain(|slot| self.feed().is_some_and(|feed| keep(feed, *slot)));
        self.slots = slots;
    }

    /// The names of the objects, in order.
    pub(super) fn names(&self) -> Vec<String> {
        let Some(feed) = self.feed() else {
            return Vec::new();
        };
        let metas = self.slots.iter().filter_map(|slot| feed.rows.meta(*slot));
        metas.map(|meta| meta.name.to_string()).collect()
    }

    /// Prints the rows, or says that there are none where the format has no way to.
    pub(super) fn show(&self, format: Format, theme: &Theme, out: &mut Output) -> Result<(), CliError> {
        if self.slots.is_empty() && !matches!(format, Format::Csv | Format::Json | Format::Yaml) {
            let scope = self
                .feed()
                .filter(|feed| feed.kind.namespaced)
                .map(|feed| &feed.feed.scope);
            return Ok(say_nothing(scope)?);
        }
        self.print((format, false), theme, out)
    }

    /// Prints the rows; with `several` kinds in one output, a NAME is `kind/name`.
    pub(super) fn print(
        &self,
        (format, several): (Format, bool),
        theme: &Theme,
        out: &mut Output,
    ) -> Result<(), CliError> {
        let Some(feed) = self.feed() else {
            return Ok(());
        };
        match format {
            Format::Csv => out.write_all(export::csv(feed, &self.slots).as_bytes())?,
            Format::Json | Format::Yaml => out.value(&export::json(feed, &self.slots).into(), format)?,
            Format::Name => {
                for meta in self.slots.iter().filter_map(|slot| feed.rows.meta(*slot)) {
                    out.line(&name(&feed.kind, &meta.name))?;
                }
            }
            Format::Table | Format::Wide => {
                self.table(feed, (format == Format::Wide, several), theme)
                    .print(out)?;
            }
        }
        Ok(())
    }

    fn table(&self, feed: &FeedState, (wide, several): (bool, bool), theme: &Theme) -> Table {
        let one = !feed.kind.namespaced || feed.feed.scope.single().is_some();
        let columns = feed.rows.columns().iter().enumerate();
        let shown: Vec<(usize, String)> = columns
            .filter(|(_, column)| wide || !(column.wide || one && column.title == "NAMESPACE"))
            .map(|(at, column)| (at, column.title.to_string()))
            .collect();
        let rows = self.slots.iter().map(|slot| {
            let cell = |(at, title): &(usize, String)| match feed.rows.meta(*slot) {
                Some(meta) if several && title == "NAME" => Field::from(name(&feed.kind, &meta.name)),
                _ => field(&feed.cell(*slot, *at, self.now), self.now, theme),
            };
            shown.iter().map(cell).collect()
        });
        Table {
            rows: rows.collect(),
            titles: shown.iter().map(|(_, title)| title.clone()).collect(),
        }
    }
}

/// A cell as text, harmless for a terminal, in the colour of its health.
fn field(cell: &Cell<'_>, now: Timestamp, theme: &Theme) -> Field {
    let mut text = String::new();
    match cell {
        // What is drawn as a bar has no bar here: counts say both, shares their sign.
        Cell::Bar {
            used,
            limit,
            unit: Unit::Count,
        } => text = format!("{used}/{limit}"),
        Cell::Bar { limit: 1.., .. } => {
            cell.write(now, &mut text);
            text.push('%');
        }
        _ => cell.write(now, &mut text),
    }
    let style = match cell {
        Cell::Status(_, health) => Some(theme.style(Role::of(*health))),
        Cell::Left(..0) => Some(theme.style(Role::Bad)),
        Cell::None => Some(theme.style(Role::Dim)),
        _ => None,
    };
    Field {
        text: neutralise(&text).into_owned(),
        style,
    }
}

/// kubectl's words for an empty list, on standard error; the scope of namespaced kinds only.
pub(super) fn say_nothing(scope: Option<&Scope>) -> std::io::Result<()> {
    let mut error = std::io::stderr();
    match scope {
        Some(Scope::Namespaces(names)) => {
            let plural = if names.len() > 1 {
                "namespaces"
            } else {
                "namespace"
            };
            let names = names.iter().cloned().collect::<Vec<_>>().join(", ");
            writeln!(error, "No resources found in {names} {plural}.")
        }
        _ => writeln!(error, "No resources found"),
    }
}

/// Where a list looked.
pub(super) fn place(kind: &Kind, scope: &Scope) -> String {
    match scope {
        Scope::Namespaces(names) if kind.namespaced => names.iter().cloned().collect::<Vec<_>>().join(", "),
        _ => "the cluster".to_owned(),
    }
}

/// `pod/web-1`, `deployment.apps/web`: as kubectl names objects.
fn name(kind: &Kind, name: &str) -> String {
    let word = kind.kind.to_lowercase();
    if kind.gvr.group.is_empty() {
        format!("{word}/{name}")
    } else {
        format!("{word}.{}/{name}", kind.gvr.group)
    }
}

/// Opens a feed in the store and fills it.
async fn fill(
    store: &mut Store,
    link: &Arc<Link>,
    kind: &Arc<Kind>,
    wanted: &Wanted,
) -> Result<FeedId, Failure> {
    let scope = if kind.namespaced {
        wanted.scope.clone()
    } else {
        Scope::All
    };
    let feed = Feed {
        gvr: kind.gvr.clone(),
        scope,
        fields: wanted.fields.clone(),
    };
    let (id, _) = store.open(&feed, kind);
    let now = clock::now();
    let taken = once::read(link, kind, wanted, |part, event| match event {
        FeedEvent::BeginList => store.begin_list(id, part),
        FeedEvent::Rows(batch) => drop(store.apply(id, part, batch, now)),
        FeedEvent::EndList => {
            drop(store.end_list(id, part));
            // As fresh as it will get.
            store.set_phase(id, part, Phase::Live);
        }
        FeedEvent::Phase(phase) => drop(store.set_phase(id, part, phase)),
        FeedEvent::Narrowed(namespaces, _) => store.narrow(id, &namespaces),
    });
    taken.await.map(|()| id)
}

/// Kinds that columns of a kind look at.
fn companions(gvr: &Gvr) -> &'static [Gvr] {
    const NODES: &[Gvr] = &[Gvr::of("", "v1", "nodes"), Gvr::of("apps", "v1", "replicasets")];
    const PODS: &[Gvr] = &[Gvr::of("", "v1", "pods")];
    const SLICES: &[Gvr] = &[Gvr::of("discovery.k8s.io", "v1", "endpointslices")];
    match (&*gvr.group, &*gvr.resource) {
        ("", "pods") => NODES,
        ("", "nodes") => PODS,
        ("", "services") => SLICES,
        _ => &[],
    }
}

async fn usage(store: &mut Store, link: &Arc<Link>, kind: &Kind, wanted: &Wanted) {
    let wanted = match (&*kind.gvr.group, &*kind.gvr.resource) {
        ("", "pods") => UsageWanted {
            pods: Some(wanted.scope.clone()),
            ..UsageWanted::default()
        },
        ("", "nodes") => UsageWanted {
            nodes: true,
            ..UsageWanted::default()
        },
        _ => return,
    };
    for report in once::usage(link, &wanted).await {
        match report {
            UsageReport::Pods(figures, at) => store.pods_usage(figures, at),
            UsageReport::Nodes(figures, at) => store.nodes_usage(figures, at),
            UsageReport::Containers(..) => {} // not asked for
            UsageReport::Unavailable(why) => store.usage_unavailable(why),
        }
    }
}
