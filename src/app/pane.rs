//! One pane: what it shows, where it came from, what it follows.

use super::logs::LogsPane;
use super::table::TablePane;
use super::text::TextPane;
use super::tree::PaneId;
use crate::action::Scope;
use crate::model::{ObjectKey, Uid};

/// What a pane shows.
#[derive(Debug)]
pub enum PaneView {
    /// A table of a kind.
    Table(Box<TablePane>),
    /// Logs.
    Logs(Box<LogsPane>),
    /// YAML, describe, or another text.
    Text(Box<TextPane>),
}

/// A rectangle of the tab.
#[derive(Debug)]
pub struct Pane {
    /// Which.
    pub id: PaneId,
    /// What it shows.
    pub view: PaneView,
    /// Where Esc leads: views as they were left, the last one on top.
    pub back: Vec<PaneView>,
    /// Shows what is under the cursor of that pane.
    pub follows: Option<Follow>,
}

/// How a pane follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Follow {
    /// The pane with the cursor.
    pub leader: PaneId,
    /// What of the object is shown.
    pub what: FollowKind,
    /// The object shown now.
    pub shown: Option<Uid>,
    /// Stays on it.
    pub pinned: bool,
}

/// What a following pane shows of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowKind {
    /// Its logs.
    Logs,
    /// Its events.
    Events,
    /// Its description.
    Describe,
}

impl PaneView {
    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&TablePane> {
        match self {
            Self::Table(table) => Some(table),
            _ => None,
        }
    }
}

impl Pane {
    /// A pane that follows nobody.
    pub fn new(id: PaneId, view: PaneView) -> Self {
        Self {
            id,
            view,
            back: Vec::new(),
            follows: None,
        }
    }

    /// Shows something else; Esc leads back to what is shown now.
    pub fn push(&mut self, view: PaneView) {
        self.back.push(std::mem::replace(&mut self.view, view));
    }

    /// What it shows, then what that covers.
    pub fn views(&self) -> impl Iterator<Item = &PaneView> {
        std::iter::once(&self.view).chain(&self.back)
    }

    /// What it shows, then what that covers.
    pub fn views_mut(&mut self) -> impl Iterator<Item = &mut PaneView> {
        std::iter::once(&mut self.view).chain(&mut self.back)
    }

    /// The table, if it shows one.
    pub fn table(&self) -> Option<&TablePane> {
        self.view.as_table()
    }

    /// The table, if it shows one.
    pub fn table_mut(&mut self) -> Option<&mut TablePane> {
        match &mut self.view {
            PaneView::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Where its keys are listened to, the most particular first.
    pub fn chain(&self) -> Vec<Scope> {
        match &self.view {
            PaneView::Table(table) => {
                let mut chain = kind_scopes(table);
                chain.extend(Scope::TABLE);
                chain
            }
            PaneView::Logs(_) => Scope::LOGS.to_vec(),
            PaneView::Text(_) => Scope::TEXT.to_vec(),
        }
    }

    /// The one object it is about, for actions in text and log panes.
    pub fn subject(&self) -> Option<&ObjectKey> {
        match &self.view {
            PaneView::Text(text) => text.subject.as_ref(),
            PaneView::Table(_) | PaneView::Logs(_) => None,
        }
    }
}

/// The scopes of a table's kind.
fn kind_scopes(table: &TablePane) -> Vec<Scope> {
    let kind = &table.kind;
    let able = kind.able;
    let own = match (&*kind.gvr.group, &*kind.gvr.resource) {
        ("", "pods") => Some(Scope::Pods),
        ("kubris", "containers") => Some(Scope::Containers),
        ("apps", "deployments") => Some(Scope::Deployments),
        ("apps", "replicasets") => Some(Scope::ReplicaSets),
        ("batch", "cronjobs") => Some(Scope::CronJobs),
        ("", "services") => Some(Scope::Services),
        ("", "nodes") => Some(Scope::Nodes),
        ("", "secrets") => Some(Scope::Secrets),
        ("", "namespaces") => Some(Scope::Namespaces),
        ("events.k8s.io", "events") => Some(Scope::Events),
        _ => None,
    };
    let shared = [(able.restart, Scope::Workloads), (able.scale, Scope::Scalable)];
    own.into_iter()
        .chain(
            shared
                .into_iter()
                .filter(|(able, _)| *able)
                .map(|(_, scope)| scope),
        )
        .collect()
}
