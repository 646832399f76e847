//! Changes: described in full, confirmed, sent, told.

pub(super) mod change;
mod deletion;

use super::line_edit::LineEdit;
use super::open::short;
use super::overlay::{Button, Confirm, Overlay};
use super::{App, Waiting};
use crate::model::doc::span;
use crate::model::{Cell, Doc, ObjectKey, Phase, Tone};
use crate::msg::{Effect, Mutation, MutationVerb, Propagation};
use change::Change;

/// Objects named in a confirmation before the rest is counted.
const NAMED: usize = 12;

impl App {
    /// Opens a confirmation. `undo` says what will undo it or how to, `command` is the same for kubectl.
    pub(super) fn confirm(&mut self, verb: &str, mutations: Vec<Mutation>, undo: &str, command: &str) {
        let Some(first) = mutations.first() else {
            return self.toast("no object under the cursor and none marked", Tone::Warn);
        };
        let typed = self.config.is_protected(self.cluster.context()).then(|| {
            let expected = if mutations.len() == 1 {
                first.key.name.to_string()
            } else {
                mutations.len().to_string()
            };
            (expected, LineEdit::default())
        });
        let body = self.confirm_body(verb, &mutations, undo);
        let command = self.in_context(command);
        let confirm = Confirm {
            verb: verb.to_owned(),
            body,
            command,
            mutations,
            edit: None,
            focus: Button::Cancel,
            typed,
            drawn: false,
            chosen: false,
        };
        self.overlay = Some(Overlay::Confirm(Box::new(confirm)));
    }

    /// kubectl commands with the context that they are meant for: whoever pastes them may be in another one by then.
    pub(super) fn in_context(&self, commands: &str) -> String {
        let context = self.cluster.context();
        if context.is_empty() {
            return commands.to_owned();
        }
        let harmless = |c: char| c.is_ascii_alphanumeric() || "-_./:@+=,".contains(c);
        let context = if context.chars().all(harmless) {
            context.to_owned()
        } else {
            format!("'{}'", context.replace('\'', "'\\''"))
        };
        let named = |command: &str| match command.strip_prefix("kubectl ") {
            Some(rest) => format!("kubectl --context {context} {rest}"),
            None => command.to_owned(),
        };
        let commands: Vec<String> = commands.split(" && ").map(named).collect();
        commands.join(" && ")
    }

    fn confirm_body(&self, verb: &str, mutations: &[Mutation], undo: &str) -> Doc {
        let mut doc = Doc::default();
        let context = self.cluster.context().to_owned();
        doc.push(vec![span("context    ", Tone::Dim), span(context, Tone::Accent)]);
        let mut namespaces: Vec<&str> = mutations
            .iter()
            .filter_map(|mutation| mutation.key.namespace())
            .collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        if !namespaces.is_empty() {
            doc.push(vec![
                span("namespace  ", Tone::Dim),
                span(namespaces.join(", "), Tone::Plain),
            ]);
        }
        doc.push(vec![
            span(format!("{:<11}", verb.to_lowercase()), Tone::Dim),
            span(count(mutations), Tone::Plain),
        ]);
        name_objects(&mut doc, mutations, namespaces.len() > 1);
        let edit = matches!(
            mutations,
            [Mutation {
                verb: MutationVerb::Replace(_),
                ..
            }]
        );
        let hidden = self
            .current_table()
            .filter(|_| !edit)
            .and_then(|table| Some(table.hidden_marks(self.store.feed(table.feed)?)))
            .unwrap_or(0);
        if hidden > 0 {
            doc.push(vec![span(
                format!("▲ {hidden} of them marked but hidden by the filter"),
                Tone::Warn,
            )]);
        }
        if let Some(seconds) = self.stale_seconds(mutations) {
            let age = crate::clock::span(seconds);
            let text = format!("▲ the rows are {age} old: the server does not answer");
            doc.push(vec![span(text, Tone::Warn)]);
        }
        if !undo.is_empty() {
            doc.push(vec![span(undo.to_owned(), Tone::Warn)]);
        }
        doc
    }

    /// How long ago something was last heard of the kinds that are to be changed. `None` when what is shown of them is fresh.
    fn stale_seconds(&self, mutations: &[Mutation]) -> Option<i64> {
        let first = mutations.first()?;
        let feeds = self.store.feeds().map(|(_, state)| state);
        let of_kind = feeds.filter(|state| state.feed.gvr == first.key.gvr);
        let heard = of_kind.map(|state| match state.phase() {
            Phase::Stale { since, .. } => Some(*since),
            _ => None,
        });
        // One fresh feed is enough to know how it is.
        let heard: Option<Vec<_>> = heard.collect();
        let newest = heard?.into_iter().max()?;
        Some((self.now.nanos_since(newest) / 1_000_000_000).max(0))
    }

    pub(super) fn confirm_delete(&mut self) {
        let keys = self.subjects();
        if keys.iter().any(|key| &*key.gvr.group == "kubris") {
            return self.toast(
                "only objects of the cluster can be deleted; a container goes with its pod",
                Tone::Warn,
            );
        }
        let verb = MutationVerb::Delete {
            propagation: Propagation::Background,
            grace: None,
        };
        self.confirm_deletion("Delete", mutations(keys, &verb));
    }

    pub(super) fn confirm_restart(&mut self) {
        let keys = self.subjects();
        let command = kubectl("rollout restart", &keys, "");
        let mutations = mutations(keys, &MutationVerb::Restart);
        self.confirm(
            "Restart",
            mutations,
            "new pods replace the old ones at the workload's own pace",
            &command,
        );
    }

    /// `Ctrl-K`: the pods at once, those of containers included.
    pub(super) fn confirm_kill(&mut self) {
        let keys = self.subjects();
        let pod = |key: ObjectKey| self.pod_of_container(&key).unwrap_or(key);
        let mut keys: Vec<ObjectKey> = keys.into_iter().map(pod).collect();
        keys.dedup();
        let verb = MutationVerb::Delete {
            propagation: Propagation::Background,
            grace: Some(0),
        };
        self.confirm_deletion("Kill", mutations(keys, &verb));
    }

    fn confirm_deletion(&mut self, verb: &str, mutations: Vec<Mutation>) {
        let (undo, command) = deletion::words(&mutations, &self.heirs(&mutations));
        self.confirm(verb, mutations, &undo, &command);
    }

    /// Says a deletion anew after its propagation or grace changed.
    pub(super) fn tell_deletion(&self, confirm: &mut Confirm) {
        let (undo, command) = deletion::words(&confirm.mutations, &self.heirs(&confirm.mutations));
        confirm.body = self.confirm_body(&confirm.verb, &confirm.mutations, &undo);
        confirm.command = self.in_context(&command);
    }

    pub(super) fn confirm_trigger(&mut self) {
        let keys = self.subjects();
        let one = |key: &ObjectKey| {
            let name = &key.name;
            format!(
                "kubectl -n {} create job --from=cronjob/{name} {name}-manual",
                key.namespace
            )
        };
        let commands: Vec<String> = keys.iter().map(one).collect();
        let mutations = mutations(keys, &MutationVerb::Trigger);
        let undo = "a job is made from it now, beside its schedule; deleting that job undoes it";
        self.confirm("Trigger", mutations, undo, &commands.join(" && "));
    }

    /// Suspends, or resumes when all of them are suspended.
    pub(super) fn confirm_suspend(&mut self) {
        let keys = self.subjects();
        let suspended = |key: &ObjectKey| {
            let table = self.current_table()?;
            let feed = self.store.feed(table.feed)?;
            let cell = feed.cell(feed.rows.slot(key.uid)?, feed.column("SUSPEND")?, self.now);
            match cell {
                Cell::Text(text) if text == "True" => Some(true),
                Cell::Text(text) if text == "False" => Some(false),
                _ => None,
            }
        };
        let before: Vec<Option<bool>> = keys.iter().map(suspended).collect();
        let on = before.iter().any(|before| *before != Some(true));
        let (verb, undo) = if on {
            (
                "Suspend",
                "no new jobs until it is resumed (s); those that run go on",
            )
        } else {
            (
                "Resume",
                "jobs are made on schedule again; suspending (s) undoes it",
            )
        };
        let options = format!("--type=merge -p '{{\"spec\":{{\"suspend\":{on}}}}}'");
        let command = kubectl("patch", &keys, &options);
        let mut mutations = mutations(keys, &MutationVerb::Suspend(on));
        for (mutation, before) in mutations.iter_mut().zip(before) {
            mutation.before = before.map_or_else(String::new, |before| before.to_string());
            mutation.after = on.to_string();
        }
        self.confirm(verb, mutations, undo, &command);
    }

    pub(super) fn confirm_cordon(&mut self, on: bool) {
        let keys = self.subjects();
        let (verb, undo) = if on {
            (
                "Cordon",
                "no new pods are scheduled there; uncordon (u) undoes it",
            )
        } else {
            (
                "Uncordon",
                "new pods may be scheduled there again; cordon (c) undoes it",
            )
        };
        let names: Vec<&str> = keys.iter().map(|key| &*key.name).collect();
        let command = format!("kubectl {} {}", verb.to_lowercase(), names.join(" "));
        let mutations = mutations(keys, &MutationVerb::Cordon(on));
        self.confirm(verb, mutations, undo, &command);
    }

    /// Sends what was confirmed.
    pub(super) fn send(&mut self, mutations: Vec<Mutation>) {
        for mutation in mutations {
            let change = Change::of(&mutation);
            self.toast(format!("{} …", change.doing), Tone::Busy);
            let id = self.effect_id(Waiting::Change(Box::new(change)));
            self.effects.push(Effect::Mutate(id, mutation));
        }
        if let Some(table) = self.focused_mut().and_then(super::pane::Pane::table_mut) {
            table.marks.clear();
        }
    }
}

fn count(mutations: &[Mutation]) -> String {
    let resource = mutations
        .first()
        .map_or("", |mutation| &*mutation.key.gvr.resource);
    match mutations.len() {
        1 => "1 object".to_owned(),
        many => format!("{many} {resource}"),
    }
}

fn mutations(keys: Vec<ObjectKey>, verb: &MutationVerb) -> Vec<Mutation> {
    let one = |key| Mutation {
        verb: verb.clone(),
        key,
        before: String::new(),
        after: String::new(),
    };
    keys.into_iter().map(one).collect()
}

/// `kubectl -n shop delete deployments/web deployments/api`; one command for each namespace.
pub(super) fn kubectl(verb: &str, keys: &[ObjectKey], options: &str) -> String {
    let mut namespaces: Vec<&str> = keys.iter().map(|key| &*key.namespace).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    let command = |namespace: &str| {
        let names = keys.iter().filter(|key| &*key.namespace == namespace);
        let names: Vec<String> = names.map(|key| format!("{}/{}", key.gvr, key.name)).collect();
        let place = if namespace.is_empty() {
            String::new()
        } else {
            format!(" -n {namespace}")
        };
        let options = if options.is_empty() {
            String::new()
        } else {
            format!(" {options}")
        };
        format!("kubectl{place} {verb} {}{options}", names.join(" "))
    };
    let commands: Vec<String> = namespaces.into_iter().map(command).collect();
    commands.join(" && ")
}

/// Each object with what changes of it; its namespace where there are several.
fn name_objects(doc: &mut Doc, mutations: &[Mutation], placed: bool) {
    for mutation in mutations.iter().take(NAMED) {
        let change = match (mutation.before.as_str(), mutation.after.as_str()) {
            ("", "") => String::new(),
            ("", after) => format!("  → {after}"),
            (before, after) => format!("  {before} → {after}"),
        };
        let place = if placed {
            format!("{}/", mutation.key.namespace)
        } else {
            String::new()
        };
        doc.push(vec![
            span("           ", Tone::Dim),
            span(format!("{place}{}", short(&mutation.key)), Tone::Plain),
            span(change, Tone::Accent),
        ]);
    }
    if mutations.len() > NAMED {
        doc.push(vec![span(
            format!("           … and {} more", mutations.len() - NAMED),
            Tone::Plain,
        )]);
    }
}
