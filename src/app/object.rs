//! Actions on the object under the cursor, or on the marked ones.

use super::open::{self, short};
use super::overlay::Pick;
use super::text::TextKind;
use super::{App, Waiting};
use crate::action::Object;
use crate::kinds;
use crate::model::{ObjectKey, Predicate, Query, Scope, Tone};
use crate::msg::{Effect, SaveRequest};

impl App {
    pub(super) fn act_object(&mut self, action: Object) {
        match action {
            Object::Open => return self.drill(),
            Object::Delete => return self.confirm_delete(),
            Object::Scale => return self.open_scale(None),
            Object::Restart => return self.confirm_restart(),
            Object::Kill => return self.confirm_kill(),
            Object::Trigger => return self.confirm_trigger(),
            Object::Suspend => return self.confirm_suspend(),
            Object::Edit => return self.edit(),
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
        // A container is no object of the cluster: what is told of objects is told of its pod.
        let told = matches!(action, Object::Yaml | Object::Describe | Object::Events);
        let key = match self.pod_of_container(&key) {
            Some(pod) if told => pod,
            _ => key,
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

    pub(super) fn save(&mut self, name: String, text: String) {
        if text.is_empty() {
            return self.toast("nothing to save: 0 bytes", Tone::Warn);
        }
        let id = self.effect_id(Waiting::Save);
        self.effects.push(Effect::Save(
            id,
            SaveRequest {
                name: name.into(),
                text,
            },
        ));
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
