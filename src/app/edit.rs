//! Editing an object: fetched, given to the person's editor, confirmed field by field, sent. An edit is never lost: whatever refuses it, it
//! stays in a pane with the reason, where `e` opens it again.

mod comments;
mod drafts;
mod sent;
mod shown;

use serde_json::Value;

use super::difference::{self, Changed};
use super::overlay::Overlay;
use super::pane::PaneView;
use super::text::{TextKind, TextPane};
use super::tree::PaneId;
use super::{App, Waiting, merge, yaml};
use crate::action::{Action, Table};
use crate::model::doc::Line;
use crate::model::{Failure, ObjectKey, Tone};
use crate::msg::{Effect, EffectId, Mutation, MutationVerb};

/// An object as it was fetched, and what a person made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// Which.
    pub key: ObjectKey,
    /// The context it belongs to.
    context: String,
    /// The pane it began in.
    pane: PaneId,
    /// The object as it was.
    base: Box<Value>,
    /// The YAML as it was left in the editor.
    text: String,
    /// How often it was sent and somebody else's change was in the way.
    tries: u32,
    /// What somebody else changed since the person saw it, beside the edit.
    beside: Vec<String>,
}

/// Fields shown in a confirmation before the rest is counted.
const SHOWN: usize = 12;
/// The parts that say which object it is.
const IDENTITY: &[&str] = &["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"];

/// The parts by which the server knows which version of which object is meant.
const GUARDS: &[&str] = &["resourceVersion", "uid"];

impl App {
    /// `e`: opens the editor on the object, or again on an edit that was kept.
    pub(super) fn edit(&mut self) {
        if let Some(PaneView::Text(text)) = self.focused().map(|pane| &pane.view)
            && let Some(mut edit) = text.edit.clone()
        {
            edit.pane = self.focus;
            return self.open_editor(edit);
        }
        let mut marked = self.subjects();
        if marked.len() > 1 {
            let text = format!(
                "edit works on one object, {} are marked: clear the marks with {}",
                marked.len(),
                self.key_of(Action::Table(Table::ClearMarks))
            );
            return self.toast(text, Tone::Warn);
        }
        let Some(key) = marked.pop() else {
            return self.toast("nothing under the cursor to edit", Tone::Warn);
        };
        if &*key.gvr.group == "kubris" {
            return self.toast("only objects of the cluster can be edited", Tone::Warn);
        }
        let id = self.effect_id(Waiting::ToEdit(key.clone(), self.focus));
        self.effects.push(Effect::Fetch(id, key));
    }

    /// The object to edit came.
    pub(super) fn edit_object(&mut self, key: ObjectKey, pane: PaneId, object: Box<Value>) {
        let context = self.cluster.context().to_owned();
        let text = written(&key, &context, &object);
        self.open_editor(Box::new(Edit {
            key,
            context,
            pane,
            base: object,
            text,
            tries: 0,
            beside: Vec::new(),
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
            Err(failure) => {
                self.toast(failure.message, Tone::Bad);
                return self.save_if_homeless(&edit, "the editor failed");
            }
            Ok(Some(text)) => edit.text = text,
            Ok(None) => {}
        }
        if edit.context != self.cluster.context() {
            return self.save_if_homeless(&edit, "its context was left");
        }
        let object = match edit.read() {
            Ok(object) => object,
            Err(why) => return self.keep(edit, &why, &Met::default()),
        };
        let changes = difference::between(&edit.base, &object);
        if changes.is_empty() {
            self.close_kept(&edit.key);
            return self.toast("nothing was changed", Tone::Dim);
        }
        if self.overlay.is_some() {
            return self.keep(edit, "something else was asked meanwhile", &Met::default());
        }
        self.confirm_edit(edit, object, &changes);
    }

    fn confirm_edit(&mut self, mut edit: Box<Edit>, object: Value, changes: &[Changed]) {
        let mutation = edit.mutation(object, changes);
        edit.tries = 0;
        edit.beside.clear();
        let place = edit.key.namespace().map(|namespace| format!(" -n {namespace}"));
        let command = format!("kubectl{} replace -f edited.yaml", place.unwrap_or_default());
        let secret = yaml::is_secret(&edit.base);
        self.confirm("Replace", vec![mutation], "editing it again undoes it", &command);
        if let Some(Overlay::Confirm(confirm)) = &mut self.overlay {
            confirm.body.push(Line::new());
            confirm.body.lines.extend(shown::lines(changes, secret, SHOWN));
            confirm.edit = Some(edit);
        }
    }

    /// The confirmation was left without sending: the edit stays.
    pub(super) fn edit_cancelled(&mut self, edit: Box<Edit>) {
        self.keep(
            edit,
            "cancelled: nothing was changed in the cluster",
            &Met::default(),
        );
    }

    /// Shows an edit that was not sent or was refused, with the whole reason, in the pane it began in; a file keeps it when that is gone.
    fn keep(&mut self, edit: Box<Edit>, why: &str, met: &Met) {
        let first = why.lines().next().unwrap_or_default().to_owned();
        self.toast(first.clone(), Tone::Bad);
        let title = format!("Edit {} · not applied · e edits it again", edit.key);
        let mut text = TextPane::document(&title, edit.kept(why, met), TextKind::Document);
        let Some(pane) = self.panes.get_mut(&edit.pane) else {
            return self.save_draft(&edit, &first);
        };
        let again = holds(&pane.view, &edit.key);
        text.edit = Some(edit);
        let view = PaneView::Text(Box::new(text));
        if again {
            pane.view = view;
        } else {
            pane.push(view);
        }
        self.dirty = true;
    }

    /// An edit that was applied, or undone by hand, needs no keeping.
    fn close_kept(&mut self, key: &ObjectKey) {
        for pane in self.panes.values_mut() {
            pane.back.retain(|view| !holds(view, key));
            if holds(&pane.view, key)
                && let Some(view) = pane.back.pop()
            {
                pane.view = view;
            }
        }
    }
}

/// What a newer version brought.
#[derive(Debug, Default)]
struct Met {
    /// What somebody else changed.
    changes: Vec<Changed>,
    /// Fields that both changed; the edit's value stands.
    both: Vec<String>,
}

/// Whether a view keeps an edit of this object.
fn holds(view: &PaneView, key: &ObjectKey) -> bool {
    matches!(view, PaneView::Text(text) if text.edit.as_ref().is_some_and(|edit| edit.key == *key))
}

/// The text that the editor opens on.
fn written(key: &ObjectKey, context: &str, object: &Value) -> String {
    let head = format!(
        "# {key} in {context}\n# Save and leave: the changes are shown and asked for before they are sent. Leave it as it is to cancel.\n"
    );
    head + &yaml::text(object, false)
}

impl Edit {
    /// The object that the text says.
    ///
    /// # Errors
    /// Why it cannot be sent: no YAML, or another object.
    fn read(&self) -> Result<Value, String> {
        let mut object: Value = serde_saphyr::from_str(&self.text).map_err(|error| {
            // The message may repeat a part of the text: of a Secret only the place is told.
            let place = error
                .location()
                .map(|at| format!("line {}, column {}", at.line(), at.column()));
            match place {
                Some(place) if yaml::is_secret(&self.base) => format!("this is no YAML: {place}"),
                None if yaml::is_secret(&self.base) => "this is no YAML".to_owned(),
                _ => format!("this is no YAML: {}", error.without_snippet()),
            }
        })?;
        for part in IDENTITY {
            if object.pointer(part) != self.base.pointer(part) {
                let field = part.trim_start_matches('/').replace('/', ".");
                return Err(format!(
                    "an edit cannot change `{field}`: that would be another object"
                ));
            }
        }
        // They guard what is sent, whatever the text says of them.
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            for name in GUARDS {
                match self.base.pointer(&format!("/metadata/{name}")) {
                    Some(value) => metadata.insert((*name).to_owned(), value.clone()),
                    None => metadata.shift_remove(*name),
                };
            }
        }
        Ok(object)
    }

    /// The change that is sent; the journal has the paths, never values.
    fn mutation(&self, object: Value, changes: &[Changed]) -> Mutation {
        let paths: Vec<&str> = changes.iter().map(|changed| changed.path.as_str()).collect();
        Mutation {
            verb: MutationVerb::Replace(Box::new(object)),
            key: self.key.clone(),
            before: String::new(),
            after: paths.join(", "),
        }
    }

    /// Goes on from a newer version: what the person changed, on top of it. A text that says no object stays as it is.
    ///
    /// Where `status` is a subresource, a server takes none from an edit: theirs stands, and nobody overwrites anything. Elsewhere it is a
    /// field like any other.
    fn rebase(&mut self, newer: Box<Value>, status_apart: bool) -> Met {
        let Ok(mut mine) = self.read() else {
            return Met::default();
        };
        if status_apart && let Some(fields) = mine.as_object_mut() {
            match self.base.get("status") {
                Some(status) => fields.insert("status".into(), status.clone()),
                None => fields.shift_remove("status"),
            };
        }
        let mut changes = difference::between(&self.base, &newer);
        let of_status = |path: &str| path == "status" || path.starts_with("status.");
        changes.retain(|changed| !of_status(&changed.path));
        let (merged, both) = merge::three_way(&self.base, &mine, &newer);
        let fresh = written(&self.key, &self.context, &merged);
        // What a person wrote beside the fields stays, as long as the text says the same with it.
        let commented = comments::carried(&self.text, &fresh);
        let says = |text: &str| serde_saphyr::from_str::<Value>(text).ok();
        let same = says(&commented).is_some_and(|object| Some(object) == says(&fresh));
        self.text = if same { commented } else { fresh };
        self.base = newer;
        Met { changes, both }
    }

    /// Whether the text says anything else than the object as it was.
    fn is_changed(&self) -> bool {
        self.read().map_or(true, |object| {
            !difference::between(&self.base, &object).is_empty()
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Gvr, Uid};

    #[test]
    fn a_status_that_both_changed_is_a_conflict_where_an_edit_sends_it() {
        let object = |size: u32, ready: u32| json!({"apiVersion": "example.com/v1", "kind": "Database", "metadata": {"name": "db"}, "spec": {"size": size}, "status": {"ready": ready}});
        let mut edit = Edit {
            key: ObjectKey {
                gvr: Gvr::new("example.com", "v1", "databases"),
                namespace: "shop".into(),
                name: "db".into(),
                uid: Uid::NONE,
            },
            context: "staging".into(),
            pane: PaneId(1),
            base: Box::new(object(1, 1)),
            text: yaml::text(&object(2, 7), false),
            tries: 0,
            beside: Vec::new(),
        };
        let mut apart = edit.clone();
        assert_eq!(edit.rebase(Box::new(object(1, 3)), false).both, ["status.ready"]);
        assert_eq!(edit.read(), Ok(object(2, 7)), "the person sees and decides");
        assert_eq!(apart.rebase(Box::new(object(1, 3)), true).both, [""; 0]);
        assert_eq!(
            apart.read(),
            Ok(object(2, 3)),
            "theirs, as the server would have it"
        );
        let untouched = apart.rebase(Box::new(object(1, 4)), false);
        assert_eq!(
            untouched.both, [""; 0],
            "what only they changed is theirs anywhere"
        );
        assert_eq!(apart.read(), Ok(object(2, 4)));
    }
}
