//! Actions on the object under the cursor, or on the marked ones.

use std::sync::Arc;

use super::open::{self, short};
use super::overlay::Pick;
use super::text::TextKind;
use super::{App, Waiting};
use crate::action::{Logs, Object};
use crate::kinds;
use crate::model::{Cell, Gvr, ObjectKey, Predicate, Query, Scope, Tone};
use crate::msg::{Effect, SaveRequest};

impl App {
    pub(super) fn act_object(&mut self, action: Object) {
        match action {
            Object::Open => return self.drill(),
            Object::Delete => return self.confirm_delete(),
            Object::Scale => return self.open_scale(None),
            Object::Restart => return self.confirm_restart(),
            Object::Cordon => return self.confirm_cordon(true),
            Object::Uncordon => return self.confirm_cordon(false),
            _ => {}
        }
        let Some(key) = self.current_key() else {
            return self.toast(
                "nothing under the cursor: the object is gone or the list is empty",
                Tone::Warn,
            );
        };
        match action {
            Object::Yaml => self.open_text(key, TextKind::Yaml),
            Object::Describe => self.open_text(key, TextKind::Describe),
            Object::Decode => self.decode(key),
            Object::Logs | Object::PreviousLogs => self.logs_action(&key, action == Object::PreviousLogs),
            Object::Events => self.open_events(&key),
            Object::Node => self.go_to_node(),
            Object::Owner => self.go_to_owner(&key),
            Object::CopyName => self.copy_names(false),
            Object::CopyNamespace => self.copy_names(true),
            Object::Warp | Object::Use => self.warp(&key, action == Object::Use),
            Object::Shell => self.shell(key),
            // Everything else says its kubectl command before it comes here.
            _ => {}
        }
    }

    /// Enter: drill down, else describe.
    fn drill(&mut self) {
        let Some(key) = self.current_key() else {
            return self.toast("nothing under the cursor", Tone::Dim);
        };
        match (&*key.gvr.group, &*key.gvr.resource) {
            ("kubris", "contexts") => {
                if let Err(why) = self.switch_context(&key.name) {
                    self.toast(why, Tone::Bad);
                }
                return;
            }
            ("kubris", "containers") => return self.container_logs_of(&key),
            ("", "pods") => return self.open_containers(&key),
            ("", "namespaces") => return self.warp(&key, true),
            ("events.k8s.io", "events") => return self.go_to_regarding(&key),
            _ => {}
        }
        let query = self.current_table().and_then(|table| {
            let feed = self.store.feed(table.feed)?;
            feed.rows.drill(feed.rows.slot(key.uid)?)
        });
        let kind = query.as_ref().and_then(|query| self.cluster.kind(&query.gvr));
        match (query, kind) {
            (Some(query), Some(kind)) => {
                self.open_relatives(&key);
                let origin = Some(short(&key));
                self.open_table(&kind, query, origin);
            }
            (Some(query), None) => self.toast(
                format!("the server has not said yet that it serves {}", query.gvr),
                Tone::Warn,
            ),
            (None, _) => self.open_text(key, TextKind::Describe),
        }
    }

    fn logs_action(&mut self, key: &ObjectKey, previous: bool) {
        if &*key.gvr.resource == "containers" && &*key.gvr.group == "kubris" {
            return self.container_logs_of(key);
        }
        if !self.cluster.kind(&key.gvr).is_some_and(|kind| kind.able.logs) {
            return self.toast(format!("{} have no logs", key.gvr), Tone::Warn);
        }
        let keys = self.subjects();
        self.open_relatives(key);
        self.open_logs(keys, previous);
    }

    fn open_events(&mut self, key: &ObjectKey) {
        let Some(kind) = kinds::find(&open::EVENTS).cloned() else {
            return;
        };
        self.open_relatives(key);
        // Events of cluster-scoped objects stand in `default`.
        let scope = key.namespace().map_or_else(|| Scope::one("default"), Scope::one);
        let scope = if self.scope == Scope::All {
            Scope::All
        } else {
            scope
        };
        let query = Query {
            gvr: open::EVENTS,
            scope,
            predicate: Predicate::About(key.uid),
            filter: String::new(),
        };
        self.open_table(&kind, query, Some(short(key)));
    }

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

    fn go_to_node(&mut self) {
        match self.column_text("NODE") {
            Some(node) => self.go_to(&open::NODES, Scope::All, &node),
            None => self.toast("not bound to a node", Tone::Warn),
        }
    }

    fn go_to_owner(&mut self, key: &ObjectKey) {
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
        let uid = self.store.feed(table.feed).and_then(|feed| {
            let slots = feed.rows.slots();
            let mut metas = slots.into_iter().filter_map(|slot| feed.rows.meta(slot));
            metas.find(|meta| &*meta.name == name).map(|meta| meta.uid)
        });
        table.cursor = uid;
        if uid.is_none() {
            // Not listed yet: the cursor goes there when the row comes.
            table.seek = Some(Arc::from(name));
        }
        self.show_view(super::pane::PaneView::Table(Box::new(table)));
    }

    fn go_to_regarding(&mut self, key: &ObjectKey) {
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

    fn copy_names(&mut self, namespaces: bool) {
        let keys = self.subjects();
        let texts: Vec<&str> = keys
            .iter()
            .map(|key| if namespaces { &*key.namespace } else { &*key.name })
            .filter(|text| !text.is_empty())
            .collect();
        if texts.is_empty() {
            return self.toast("nothing to copy: it is in no namespace", Tone::Warn);
        }
        let text = texts.join("\n");
        self.toast(format!("copied {}", texts.join(" ")), Tone::Ok);
        self.effects.push(Effect::Copy(text));
    }

    /// The same kind in the object's namespace; on a namespace, its pods.
    fn warp(&mut self, key: &ObjectKey, pods: bool) {
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

    // --- panes of logs

    /// What the app does for a log pane.
    pub(super) fn act_logs_outside(&mut self, action: Logs) {
        let since = |seconds: u32| {
            move |query: &mut crate::logs::LogQuery| {
                query.since_seconds = Some(seconds);
                query.tail = None;
            }
        };
        let settings = self.config.settings.logs.clone();
        match action {
            Logs::Tail => self.requery(move |query| {
                query.since_seconds = None;
                query.tail = Some(settings.tail.max(1));
            }),
            Logs::Head => self.requery(|query| {
                query.since_seconds = None;
                query.tail = None;
            }),
            Logs::Since1m => self.requery(since(60)),
            Logs::Since5m => self.requery(since(300)),
            Logs::Since15m => self.requery(since(900)),
            Logs::Since30m => self.requery(since(1800)),
            Logs::Since1h => self.requery(since(3600)),
            Logs::Containers => self.requery(|query| query.all_containers = !query.all_containers),
            Logs::Previous => self.requery(|query| {
                query.previous = !query.previous;
                query.follow = !query.previous;
                query.since_seconds = None;
            }),
            Logs::Filter => self.open_filter(),
            Logs::FullScreen => {
                self.zoom = if self.zoom.is_some() {
                    None
                } else {
                    Some(self.focus)
                }
            }
            Logs::Copy | Logs::Save => self.export_logs(action == Logs::Save),
            Logs::Pretty => self.pretty_line(),
            Logs::Pod => self.pod_of_line(),
            _ => {}
        }
    }

    fn export_logs(&mut self, save: bool) {
        let Some(super::pane::PaneView::Logs(logs)) = self.focused().map(|pane| &pane.view) else {
            return;
        };
        let rows = logs.rows_in_view();
        let text = if save {
            logs.text(0, logs.buffer.len())
        } else {
            logs.text(logs.buffer.top(logs.scroll, rows), rows)
        };
        let name = file_name(&logs.title, "log");
        if save {
            self.save(name, text);
        } else {
            self.toast(format!("copied {} lines", text.lines().count()), Tone::Ok);
            self.effects.push(Effect::Copy(text));
        }
    }

    pub(super) fn save(&mut self, name: String, text: String) {
        let id = self.effect_id(Waiting::Save);
        self.effects.push(Effect::Save(
            id,
            SaveRequest {
                name: name.into(),
                text,
            },
        ));
    }

    fn pretty_line(&mut self) {
        let Some(super::pane::PaneView::Logs(logs)) = self.focused().map(|pane| &pane.view) else {
            return;
        };
        let text = logs.current().map(|line| {
            crate::logs::fields::pretty(line.text)
                .unwrap_or_else(|| crate::logs::ansi::styled(line.text).text)
        });
        match text {
            Some(text) => self.show_document("Line", super::yaml::plain(&text)),
            None => self.toast("no line here", Tone::Dim),
        }
    }

    fn pod_of_line(&mut self) {
        let Some(super::pane::PaneView::Logs(logs)) = self.focused().map(|pane| &pane.view) else {
            return;
        };
        let source = logs.current().and_then(|line| logs.buffer.source(line.source));
        let Some((namespace, pod)) =
            source.map(|source| (source.namespace.to_string(), source.pod.to_string()))
        else {
            return self.toast("no line here", Tone::Dim);
        };
        self.go_to(&open::PODS, Scope::one(namespace), &pod);
    }

    fn container_logs_of(&mut self, key: &ObjectKey) {
        let Some(pod) = self.pod_of_container(key) else {
            return;
        };
        self.open_container_logs(pod, &key.name);
    }

    /// CSV of every column of the rows that the filter leaves.
    pub(super) fn save_table(&mut self) {
        let Some(table) = self.current_table() else { return };
        let Some(feed) = self.store.feed(table.feed) else {
            return;
        };
        let text = crate::store::export::csv(feed, table.order.slots());
        let name = file_name(&table.kind.gvr.to_string(), "csv");
        self.save(name, text);
    }

    /// Picks the container or opens the shell at once.
    fn shell(&mut self, key: ObjectKey) {
        if &*key.gvr.group == "kubris" {
            let container = key.name.to_string();
            if let Some(pod) = self.pod_of_container(&key) {
                self.exec(pod, Some(container));
            }
            return;
        }
        self.choose_container(key.clone(), Pick::Shell(key));
    }
}

/// A harmless file name from a title.
pub(super) fn file_name(title: &str, extension: &str) -> String {
    let clean: String = title
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') {
                c
            } else {
                '-'
            }
        })
        .collect();
    format!("{}.{extension}", clean.trim_matches('-'))
}
