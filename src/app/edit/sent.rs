//! An edit on its way: sent with the version it was made of, and, as long as nobody else changed the same fields, once more on top of
//! whatever is newer. The object is never read without its version being sent, so that no change of others is lost.

use super::super::difference;
use super::super::open::short;
use super::super::pane::Pane;
use super::super::{App, Waiting};
use super::{Edit, Met};
use crate::model::{Failure, FailureKind, Tone};
use crate::msg::{Effect, Mutation, Outcome};

/// An edit goes on from newer versions this often before the person is told: a status may change several times a second.
const TRIES: u32 = 12;

impl App {
    /// Sends what was confirmed. Marks of other objects stay.
    pub(in crate::app) fn send_edit(&mut self, edit: &Edit, mutations: Vec<Mutation>) {
        self.toast(format!("replace {} …", short(&edit.key)), Tone::Busy);
        if let Some(table) = self.focused_mut().and_then(Pane::table_mut) {
            table.marks.remove(&edit.key.uid);
        }
        for mutation in mutations {
            let id = self.effect_id(Waiting::Edit(Box::new(edit.clone())));
            self.effects.push(Effect::Mutate(id, mutation));
        }
    }

    /// The server answered. A conflict asks for the version that is in the way.
    pub(in crate::app) fn replaced(&mut self, edit: Box<Edit>, outcome: Result<Outcome, Failure>) {
        let failure = match outcome {
            Ok(outcome) => {
                self.close_kept(&edit.key);
                return self.toast(edit.told(&outcome.message), Tone::Ok);
            }
            Err(failure) => failure,
        };
        if edit.context != self.cluster.context() {
            self.toast(failure.message.clone(), Tone::Bad);
            return self.save_draft(&edit, &failure.message);
        }
        if failure.kind != FailureKind::Conflict {
            return self.keep(edit, &failure.message, &Met::default());
        }
        let key = edit.key.clone();
        let id = self.effect_id(Waiting::Newer(edit, failure));
        self.effects.push(Effect::Fetch(id, key));
    }

    /// The version that was in the way: the edit goes on from it, at once when nobody else changed the same fields, else when the person
    /// has seen what changed.
    pub(in crate::app) fn newer(
        &mut self,
        mut edit: Box<Edit>,
        why: &Failure,
        object: Result<Box<serde_json::Value>, Failure>,
    ) {
        let uid = |object: &serde_json::Value| object.pointer("/metadata/uid").cloned();
        match object {
            Ok(object) if uid(&object) != uid(&edit.base) => {
                let text = format!(
                    "{}\nthe object was deleted meanwhile and another of its name made",
                    why.message
                );
                self.keep(edit, &text, &Met::default());
            }
            Ok(object) => {
                let kind = self.cluster.kind(&edit.key.gvr);
                let met = edit.rebase(object, kind.is_some_and(|kind| kind.status));
                if met.both.is_empty() && edit.tries < TRIES {
                    return self.send_again(edit, &met);
                }
                self.keep(edit, &why.message, &met);
            }
            Err(failure) => {
                let text = format!("{}\n{}", why.message, failure.message);
                self.keep(edit, &text, &Met::default());
            }
        }
    }

    /// Sends what is left of an edit on top of the newest version.
    fn send_again(&mut self, mut edit: Box<Edit>, met: &Met) {
        let object = match edit.read() {
            Ok(object) => object,
            Err(why) => return self.keep(edit, &why, met),
        };
        edit.tries += 1;
        for changed in &met.changes {
            if !edit.beside.contains(&changed.path) {
                edit.beside.push(changed.path.clone());
            }
        }
        let changes = difference::between(&edit.base, &object);
        if changes.is_empty() {
            self.close_kept(&edit.key);
            let text = format!(
                "{} already is as edited: somebody else made the same change",
                edit.key
            );
            return self.toast(text, Tone::Ok);
        }
        let mutation = edit.mutation(object, &changes);
        let id = self.effect_id(Waiting::Edit(edit));
        self.effects.push(Effect::Mutate(id, mutation));
    }
}

impl Edit {
    /// The server's sentence, and what somebody else changed meanwhile and was left as it is.
    fn told(&self, message: &str) -> String {
        match self.beside.as_slice() {
            [] => message.to_owned(),
            paths => format!("{message}; changed meanwhile and kept: {}", paths.join(", ")),
        }
    }
}
