//! Log panes: opened, asked anew, and what their keys do beyond the pane itself.

use std::sync::Arc;

use super::logs::LogsPane;
use super::object::file_name;
use super::open::{self, PODS, short};
use super::pane::PaneView;
use super::{App, command};
use crate::action::Logs;
use crate::config::LogSettings;
use crate::logs::{LogQuery, LogTarget};
use crate::model::{ObjectKey, Scope, Tone};
use crate::msg::{Effect, LogId};

/// How many older lines a container are loaded when one scrolls past the top.
pub const OLDER_LINES: u32 = 500;

impl App {
    pub(super) fn open_logs(&mut self, keys: Vec<ObjectKey>, previous: bool) {
        if keys.is_empty() {
            return self.toast("no object under the cursor", Tone::Warn);
        }
        let (title, query) = logs_of(keys, &self.config.settings.logs, previous);
        self.tail(title, query);
    }

    pub(super) fn open_container_logs(&mut self, pod: ObjectKey, container: &str) {
        let (title, mut query) = logs_of(vec![pod], &self.config.settings.logs, false);
        query.container = Some(container.to_owned());
        self.tail(format!("{title} -c {container}"), query);
    }

    /// `:logs deploy/web` or `:logs web-.*`.
    ///
    /// # Errors
    /// The kind before the slash is not known.
    pub(super) fn open_logs_query(&mut self, text: &str) -> Result<(), String> {
        let (_, mut query) = logs_of(Vec::new(), &self.config.settings.logs, false);
        query.scope = self.scope.clone();
        if let Some((kind, name)) = text.split_once('/') {
            let kinds = self.cluster.kinds();
            let kind = command::find(kind, &kinds).ok_or_else(|| command::unknown(kind, &kinds))?;
            let namespace = self.scope.single().unwrap_or(
                self.cluster
                    .info
                    .as_ref()
                    .map_or("default", |info| &info.context.namespace),
            );
            query.target = LogTarget::Of(ObjectKey {
                gvr: kind.gvr.clone(),
                namespace: if kind.namespaced {
                    Arc::from(namespace)
                } else {
                    Arc::from("")
                },
                name: Arc::from(name),
                uid: crate::model::Uid::NONE,
            });
        } else {
            query.target = LogTarget::Matching(text.to_owned());
        }
        self.tail(text.to_owned(), query);
        Ok(())
    }

    fn tail(&mut self, title: String, query: LogQuery) {
        let id = self.log_id();
        let logs = LogsPane::new(title, query.clone(), id, &self.config.settings.logs);
        self.effects.push(Effect::Logs(id, query));
        self.show_view(PaneView::Logs(Box::new(logs)));
    }

    /// Changes the query of the focused log pane and starts it anew.
    pub(super) fn requery(&mut self, change: impl FnOnce(&mut LogQuery)) {
        let fresh = LogId(self.next_id());
        let Some(PaneView::Logs(logs)) = self.focused_mut().map(|pane| &mut pane.view) else {
            return;
        };
        let mut query = logs.query.clone();
        change(&mut query);
        let (title, old) = (logs.title.clone(), logs.id);
        logs.restart(title, query.clone(), fresh);
        self.effects.push(Effect::DropLogs(old));
        self.effects.push(Effect::Logs(fresh, query));
    }

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

    pub(super) fn container_logs_of(&mut self, key: &ObjectKey) {
        let Some(pod) = self.pod_of_container(key) else {
            return;
        };
        self.open_container_logs(pod, &key.name);
    }
}

/// The query for the logs of objects, and its title. Pods are tailed together; of anything else the first.
pub(super) fn logs_of(keys: Vec<ObjectKey>, settings: &LogSettings, previous: bool) -> (String, LogQuery) {
    let title = match keys.as_slice() {
        [one] => short(one),
        [first, rest @ ..] => format!("{} +{}", short(first), rest.len()),
        [] => String::new(),
    };
    let some = |value: u32| (value > 0).then_some(value);
    let pods = keys.iter().all(|key| key.gvr == PODS);
    let target = match keys.first() {
        Some(key) if !pods => LogTarget::Of(key.clone()),
        _ => LogTarget::Pods(keys),
    };
    let query = LogQuery {
        target,
        scope: Scope::All,
        selector: String::new(),
        container: None,
        all_containers: false,
        since_seconds: some(u32::try_from(settings.since_seconds).unwrap_or(u32::MAX)).filter(|_| !previous),
        tail: some(settings.tail),
        previous,
        follow: !previous,
        max_streams: settings.streams,
    };
    (title, query)
}
