//! Feeds: opened for what is shown, and beside it for what joins need. Shares what is open.

use std::sync::Arc;

use super::App;
use super::open::{HPAS, NAMESPACES, NODES, PODS, QUOTAS};
use crate::kind::Kind;
use crate::model::{Feed, FeedId, Gvr, ObjectKey, Scope};
use crate::msg::Effect;

pub(super) const REPLICASETS: Gvr = Gvr::of("apps", "v1", "replicasets");
pub(super) const JOBS: Gvr = Gvr::of("batch", "v1", "jobs");
pub(super) const SLICES: Gvr = Gvr::of("discovery.k8s.io", "v1", "endpointslices");

impl App {
    /// Opens a feed or joins the one that is open.
    pub(super) fn open_feed(&mut self, kind: &Arc<Kind>, scope: Scope) -> FeedId {
        let scope = if kind.namespaced { scope } else { Scope::All };
        let feed = Feed {
            gvr: kind.gvr.clone(),
            scope,
            fields: String::new(),
        };
        let (id, fresh) = self.store.open(&feed, kind);
        if fresh {
            self.effects.push(Effect::Feed(id, feed));
        }
        id
    }

    /// Opens a feed that no pane shows, for joins; once each.
    pub(super) fn open_background(&mut self, gvr: &Gvr, scope: &Scope) {
        let Some(kind) = self.cluster.kind(gvr) else {
            return;
        };
        let scope = if kind.namespaced {
            scope.clone()
        } else {
            Scope::All
        };
        let same = |id: &FeedId| {
            self.store
                .feed(*id)
                .is_some_and(|state| state.feed.gvr == *gvr && state.feed.scope == scope)
        };
        if !self.background.iter().any(same) {
            let id = self.open_feed(&kind, scope);
            self.background.push(id);
        }
    }

    pub(super) fn open_background_namespaces(&mut self) {
        self.open_background(&NAMESPACES, &Scope::All);
    }

    /// What the header and the joins need: nodes. Opened when the first table has its rows, never before.
    pub(super) fn open_background_nodes(&mut self) {
        self.open_background(&NODES, &Scope::All);
    }

    /// The pods of the whole cluster, for what fits where.
    pub(super) fn open_background_pods(&mut self) {
        self.open_background(&PODS, &Scope::All);
    }

    /// Autoscalers, for what would undo a change of scale.
    pub(super) fn open_background_autoscalers(&mut self, scope: &Scope) {
        self.open_background(&HPAS, scope);
    }

    pub(super) fn open_background_quotas(&mut self, scope: &Scope) {
        self.open_background(&QUOTAS, scope);
    }

    /// The kinds that stand between an object and its pods.
    pub(super) fn open_relatives(&mut self, key: &ObjectKey) {
        let scope = match key.namespace() {
            Some(namespace) => self.covering_scope(namespace),
            None => return,
        };
        match &*key.gvr.resource {
            "deployments" | "pods" => self.open_background(&REPLICASETS, &scope),
            "cronjobs" => self.open_background(&JOBS, &scope),
            _ => {}
        }
    }

    /// The scope of the present view if it has the namespace, so that its feeds are shared.
    pub(super) fn covering_scope(&self, namespace: &str) -> Scope {
        if self.scope.contains(namespace) {
            self.scope.clone()
        } else {
            Scope::one(namespace)
        }
    }
}
