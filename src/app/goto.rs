//! From an object to another: its node, its owner, what an event is about, its namespace.

use std::sync::Arc;

use super::App;
use super::open::{self, short};
use super::seek::Seek;
use super::text::TextKind;
use crate::model::{Cell, Gvr, ObjectKey, Query, Scope, Tone};

impl App {
    /// Text of a column of the row under the cursor.
    fn column_text(&self, title: &str) -> Option<String> {
        let table = self.current_table()?;
        let feed = self.store.feed(table.feed)?;
        let slot = feed.rows.slot(table.cursor?)?;
        match feed.cell(slot, feed.column(title)?, self.now) {
            Cell::Text(text) | Cell::Status(text, _) => Some(text.into_owned()),
            _ => None,
        }
    }

    pub(super) fn go_to_node(&mut self) {
        match self.column_text("NODE") {
            Some(node) => self.go_to(&open::NODES, Scope::All, &node),
            None => self.toast("not bound to a node", Tone::Warn),
        }
    }

    pub(super) fn go_to_owner(&mut self, key: &ObjectKey) {
        let owner = self.current_table().and_then(|table| {
            let feed = self.store.feed(table.feed)?;
            feed.rows.meta(feed.rows.slot(key.uid)?)?.owner.clone()
        });
        let Some(owner) = owner else {
            return self.toast(format!("{} has no owner", short(key)), Tone::Warn);
        };
        let (group, version) = owner
            .api_version
            .split_once('/')
            .unwrap_or(("", &owner.api_version));
        let kinds = self.cluster.kinds();
        let found = kinds
            .iter()
            .find(|kind| kind.gvr.group == group && kind.kind == *owner.kind);
        let Some(kind) = found else {
            return self.toast(
                format!("the server serves no {}/{version} {}", group, owner.kind),
                Tone::Warn,
            );
        };
        let scope = key.namespace().map_or(Scope::All, Scope::one);
        let name = owner.name.to_string();
        self.go_to(&kind.gvr.clone(), scope, &name);
    }

    /// Shows a kind with the cursor on one object, by name.
    pub(super) fn go_to(&mut self, gvr: &Gvr, scope: Scope, name: &str) {
        let Some(kind) = self.cluster.kind(gvr) else {
            return self.toast(format!("the server does not serve {gvr}"), Tone::Warn);
        };
        let scope = if self.scope == Scope::All {
            Scope::All
        } else {
            scope
        };
        let query = Query {
            gvr: gvr.clone(),
            scope,
            ..Query::default()
        };
        let mut table = self.table_pane(&kind, query);
        table.seek = Some(Seek::Name(Arc::from(name)));
        self.show_view(super::pane::PaneView::Table(Box::new(table)));
    }

    pub(super) fn go_to_regarding(&mut self, key: &ObjectKey) {
        let Some((kind, namespace, name)) = self.regarding(key) else {
            return self.open_text(key.clone(), TextKind::Describe);
        };
        let kinds = self.cluster.kinds();
        let Some(found) = kinds.iter().find(|known| known.kind == *kind) else {
            return self.toast(format!("the server serves no {kind}"), Tone::Warn);
        };
        let scope = if namespace.is_empty() {
            Scope::All
        } else {
            Scope::one(namespace)
        };
        self.go_to(&found.gvr.clone(), scope, &name);
    }

    /// The same kind in the object's namespace; on a namespace, its pods.
    pub(super) fn warp(&mut self, key: &ObjectKey, pods: bool) {
        let namespace = if pods { &key.name } else { &key.namespace };
        if namespace.is_empty() {
            return self.toast(format!("{} are in no namespace", key.gvr), Tone::Warn);
        }
        self.scope = Scope::one(namespace.to_string());
        let gvr = if pods { open::PODS } else { key.gvr.clone() };
        let Some(kind) = self.cluster.kind(&gvr) else {
            return;
        };
        let query = Query {
            gvr,
            scope: self.scope.clone(),
            ..Query::default()
        };
        self.open_table(&kind, query, None);
    }
}
