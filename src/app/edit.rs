//! Editing an object: fetched, given to the person's editor, confirmed field by field, sent. An edit is never lost: whatever refuses it, it
//! stays in a pane with the reason, where `e` opens it again.

use serde_json::Value;

use super::difference::{self, Changed};
use super::overlay::Overlay;
use super::pane::PaneView;
use super::text::{TextKind, TextPane};
use super::{App, Waiting, yaml};
use crate::model::doc::{Line, span};
use crate::model::{Doc, Failure, FailureKind, ObjectKey, Tone};
use crate::msg::{Effect, EffectId, Mutation, MutationVerb, Outcome};

/// An object as it was fetched, and what a person made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// Which.
    pub key: ObjectKey,
    /// The context it belongs to.
    context: String,
    /// The object as it was.
    base: Box<Value>,
    /// The YAML as it was left in the editor.
    text: String,
}

/// Fields shown in a confirmation before the rest is counted.
const SHOWN: usize = 12;
/// The parts that say which object it is.
const IDENTITY: &[&str] = &["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"];

impl App {
    /// `e`: opens the editor on the object, or again on an edit that was kept.
    pub(super) fn edit(&mut self) {
        if let Some(PaneView::Text(text)) = self.focused().map(|pane| &pane.view)
            && let Some(edit) = text.edit.clone()
        {
            return self.open_editor(edit);
        }
        let Some(key) = self.current_key() else {
            return self.toast("nothing under the cursor to edit", Tone::Warn);
        };
        if &*key.gvr.group == "kubris" {
            return self.toast("only objects of the cluster can be edited", Tone::Warn);
        }
        let id = self.effect_id(Waiting::ToEdit(key.clone()));
        self.effects.push(Effect::Fetch(id, key));
    }

    /// The object to edit came.
    pub(super) fn edit_object(&mut self, key: ObjectKey, object: Box<Value>) {
        let context = self.cluster.context().to_owned();
        let head = format!(
            "# {key} in {context}\n# Save and leave: the changes are shown and asked for before they are sent. Leave it as it is to cancel.\n"
        );
        let text = head + &yaml::text(&object, false);
        self.open_editor(Box::new(Edit {
            key,
            context,
            base: object,
            text,
        }));
    }

    fn open_editor(&mut self, edit: Box<Edit>) {
        if edit.context != self.cluster.context() {
            let text = format!("this edit belongs to the context `{}`", edit.context);
            return self.toast(text, Tone::Warn);
        }
        let text = edit.text.clone();
        let id = self.effect_id(Waiting::Editor(edit));
        self.effects.push(Effect::Edit(id, text));
    }

    /// The editor was left.
    pub(super) fn edited(&mut self, id: EffectId, outcome: Result<Option<String>, Failure>) {
        let Some(Waiting::Editor(mut edit)) = self.waiting.remove(&id) else {
            return;
        };
        self.dirty = true;
        match outcome {
            Err(failure) => return self.toast(failure.message, Tone::Bad),
            Ok(Some(text)) => edit.text = text,
            Ok(None) => {}
        }
        let object = match edit.read() {
            Ok(object) => object,
            Err(why) => return self.keep(edit, &why, &[]),
        };
        let changes = difference::between(&edit.base, &object);
        if changes.is_empty() {
            self.close_kept(&edit.key);
            return self.toast("nothing was changed", Tone::Dim);
        }
        if self.overlay.is_some() {
            return self.keep(edit, "something else was asked meanwhile", &[]);
        }
        self.confirm_edit(edit, object, &changes);
    }

    fn confirm_edit(&mut self, edit: Box<Edit>, object: Value, changes: &[Changed]) {
        let paths: Vec<&str> = changes.iter().map(|changed| changed.path.as_str()).collect();
        let mutation = Mutation {
            verb: MutationVerb::Replace(Box::new(object)),
            key: edit.key.clone(),
            before: String::new(),
            after: paths.join(", "),
        };
        let place = edit.key.namespace().map(|namespace| format!(" -n {namespace}"));
        let command = format!("kubectl{} replace -f edited.yaml", place.unwrap_or_default());
        let secret = yaml::is_secret(&edit.base);
        self.confirm("Replace", vec![mutation], "editing it again undoes it", command);
        if let Some(Overlay::Confirm(confirm)) = &mut self.overlay {
            confirm.body.push(Line::new());
            confirm.body.lines.extend(lines_of(changes, secret, SHOWN));
        }
        self.editing = Some(edit);
    }

    /// The confirmation was left without sending: the edit stays.
    pub(super) fn edit_cancelled(&mut self) {
        if let Some(edit) = self.editing.take() {
            self.keep(edit, "cancelled: nothing was changed in the cluster", &[]);
        }
    }

    /// The server answered. A conflict asks for the version that is in the way.
    pub(super) fn replaced(&mut self, edit: Box<Edit>, outcome: Result<Outcome, Failure>) {
        let failure = match outcome {
            Ok(outcome) => {
                self.close_kept(&edit.key);
                return self.toast(outcome.message, Tone::Ok);
            }
            Err(failure) => failure,
        };
        if edit.context != self.cluster.context() {
            return self.toast(failure.message, Tone::Bad);
        }
        if failure.kind != FailureKind::Conflict {
            return self.keep(edit, &failure.message, &[]);
        }
        let key = edit.key.clone();
        let id = self.effect_id(Waiting::Newer(edit, failure));
        self.effects.push(Effect::Fetch(id, key));
    }

    /// The version that was in the way: what changed in it is shown, and the edit goes on from it.
    pub(super) fn newer(&mut self, mut edit: Box<Edit>, why: &Failure, object: Result<Box<Value>, Failure>) {
        match object {
            Ok(object) => {
                let changes = difference::between(&edit.base, &object);
                edit.rebase(object);
                self.keep(edit, &why.message, &changes);
            }
            Err(failure) => self.keep(edit, &format!("{}\n{}", why.message, failure.message), &[]),
        }
    }

    /// Shows an edit that was not sent or was refused, with the whole reason, and keeps it.
    fn keep(&mut self, edit: Box<Edit>, why: &str, newer: &[Changed]) {
        let title = format!("Edit {} · not applied · e edits it again", edit.key);
        let mut pane = TextPane::document(&title, edit.kept(why, newer), TextKind::Document);
        let first = why.lines().next().unwrap_or_default().to_owned();
        let again = matches!(
            self.focused().map(|pane| &pane.view),
            Some(PaneView::Text(text)) if text.edit.as_ref().is_some_and(|known| known.key == edit.key)
        );
        pane.edit = Some(edit);
        let view = PaneView::Text(Box::new(pane));
        match self.focused_mut() {
            Some(pane) if again => pane.view = view,
            _ => self.show_view(view),
        }
        self.toast(first, Tone::Bad);
    }

    /// An edit that was applied, or undone by hand, needs no keeping.
    fn close_kept(&mut self, key: &ObjectKey) {
        for pane in self.panes.values_mut() {
            let kept = matches!(&pane.view, PaneView::Text(text) if text.edit.as_ref().is_some_and(|edit| edit.key == *key));
            if kept && let Some(view) = pane.back.pop() {
                pane.view = view;
            }
        }
    }
}

impl Edit {
    /// The object that the text says.
    ///
    /// # Errors
    /// Why it cannot be sent: no YAML, or another object.
    fn read(&self) -> Result<Value, String> {
        let object: Value =
            serde_saphyr::from_str(&self.text).map_err(|error| format!("this is no YAML: {error}"))?;
        for part in IDENTITY {
            if object.pointer(part) != self.base.pointer(part) {
                let field = part.trim_start_matches('/').replace('/', ".");
                return Err(format!(
                    "an edit cannot change `{field}`: that would be another object"
                ));
            }
        }
        Ok(object)
    }

    /// Goes on from a newer version: the text keeps what was written and names that version.
    fn rebase(&mut self, newer: Box<Value>) {
        let version = |object: &Value| {
            let version = object.pointer("/metadata/resourceVersion")?.as_str()?;
            Some(format!("resourceVersion: \"{version}\""))
        };
        if let (Some(old), Some(new)) = (version(&self.base), version(&newer)) {
            self.text = self.text.replacen(&old, &new, 1);
        }
        self.base = newer;
    }

    /// The reason, what somebody else changed, and the text. Values of a Secret are not shown.
    fn kept(&self, why: &str, newer: &[Changed]) -> Doc {
        let secret = yaml::is_secret(&self.base);
        let mut doc = Doc::default();
        let clean = |line: &str| crate::text::neutralise(line).into_owned();
        for line in why.lines() {
            doc.push(vec![span(clean(line), Tone::Bad)]);
        }
        if !newer.is_empty() {
            doc.push(Line::new());
            let text = "changed meanwhile by somebody else; your edit goes on from there:";
            doc.push(vec![span(text, Tone::Heading)]);
            doc.lines.extend(lines_of(newer, secret, usize::MAX));
        }
        doc.push(Line::new());
        if secret {
            doc.push(vec![span(
                "the edit is kept; its values are not shown",
                Tone::Dim,
            )]);
        } else {
            doc.lines.extend(yaml::coloured(&self.text).lines);
        }
        doc
    }
}

/// `spec.replicas  3 → 5`, one line a field.
fn lines_of(changes: &[Changed], secret: bool, most: usize) -> Vec<Line> {
    let text = |path: &str, value: &Option<Value>| match value {
        None => "–".to_owned(),
        Some(_) if secret && path.starts_with("data") | path.starts_with("stringData") => {
            yaml::MASK.to_owned()
        }
        Some(value) => {
            crate::text::truncate_end(&crate::text::neutralise(&value.to_string()), 60).into_owned()
        }
    };
    let line = |changed: &Changed| {
        vec![
            span(format!("  {}  ", changed.path), Tone::Key),
            span(text(&changed.path, &changed.before), Tone::Dim),
            span(" → ", Tone::Dim),
            span(text(&changed.path, &changed.after), Tone::Accent),
        ]
    };
    let mut lines: Vec<Line> = changes.iter().take(most).map(line).collect();
    if changes.len() > most {
        lines.push(vec![span(
            format!("  … and {} more", changes.len() - most),
            Tone::Plain,
        )]);
    }
    lines
}
