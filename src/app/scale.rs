//! Scaling: who is meant, what it has, what it would get, what would undo it.

use std::sync::Arc;

use serde_json::Value;

use super::line_edit::LineEdit;
use super::mutate::kubectl;
use super::open::{HPAS, PODS, QUOTAS, short};
use super::overlay::{Overlay, ScaleDialog, ScaleTarget};
use super::{App, Waiting};
use crate::keymap::{Chord, Key};
use crate::model::{Failure, Gvr, ObjectKey, Phase, Scope, Tone, Uid};
use crate::msg::{Effect, EffectId, Mutation, MutationVerb};

impl App {
    /// Opens the scale prompt for the marks or the cursor; for a pod, for its top owner.
    pub(super) fn open_scale(&mut self, to: Option<&str>) {
        if self.cluster.is_read_only(self.now) {
            return self.toast("read-only: `scale` is refused", Tone::Warn);
        }
        let keys = self.subjects();
        let Some(first) = keys.first().cloned() else {
            return self.toast("no object under the cursor and none marked", Tone::Warn);
        };
        if first.gvr == PODS {
            let id = self.effect_id(Waiting::ScaleOwner(
                first.clone(),
                to.unwrap_or_default().to_owned(),
            ));
            self.effects.push(Effect::Fetch(id, first));
            return;
        }
        if !self.cluster.kind(&first.gvr).is_some_and(|kind| kind.able.scale) {
            return self.toast(format!("{} cannot be scaled", first.gvr), Tone::Warn);
        }
        self.scale_dialog(keys, to.unwrap_or_default(), None);
    }

    fn scale_dialog(&mut self, keys: Vec<ObjectKey>, to: &str, note: Option<String>) {
        if let Some(namespace) = keys.first().and_then(ObjectKey::namespace) {
            let scope = if self.scope.contains(namespace) {
                self.scope.clone()
            } else {
                Scope::one(namespace)
            };
            self.open_background_autoscalers(&scope);
            self.open_background_quotas(&scope);
            self.open_background_pods();
        }
        let mut targets = Vec::new();
        for key in keys {
            let id = self.effect_id(Waiting::Scale);
            self.effects.push(Effect::FetchScale(id, key.clone()));
            let label = short(&key);
            targets.push(ScaleTarget {
                label,
                key,
                now: None,
                problem: None,
                pending: Some(id),
                undone_by: None,
            });
        }
        let dialog = ScaleDialog {
            targets,
            line: LineEdit::new(to),
            fresh: to.is_empty(),
            note,
            fit: None,
        };
        self.overlay = Some(Overlay::Scale(Box::new(dialog)));
    }

    /// The replicas of a workload were fetched.
    pub(super) fn scale_object(&mut self, id: EffectId, outcome: Result<Box<Value>, Failure>) {
        let Some(Overlay::Scale(dialog)) = &mut self.overlay else {
            return;
        };
        let Some(target) = dialog
            .targets
            .iter_mut()
            .find(|target| target.pending == Some(id))
        else {
            return;
        };
        target.pending = None;
        match outcome {
            Ok(scale) => {
                let replicas = scale
                    .pointer("/spec/replicas")
                    .and_then(Value::as_u64)
                    .unwrap_or(0);
                target.now = u32::try_from(replicas).ok();
                if dialog.fresh && dialog.targets.len() == 1 {
                    dialog.line = LineEdit::new(&replicas.to_string());
                }
            }
            Err(failure) => target.problem = Some(failure.message),
        }
        self.judge_scale();
    }

    /// A pod was fetched to find whom `=` on it means.
    pub(super) fn scale_owner(&mut self, pod: &ObjectKey, to: &str, outcome: Result<Box<Value>, Failure>) {
        let object = match outcome {
            Ok(object) => object,
            Err(failure) => return self.toast(failure.message, Tone::Bad),
        };
        match self.top_owner(pod, &object) {
            Some(owner) => {
                let note = format!("owner of {}", short(pod));
                self.scale_dialog(vec![owner], to, Some(note));
            }
            None => self.toast(
                format!("{} has no owner that can be scaled", short(pod)),
                Tone::Warn,
            ),
        }
    }

    /// Pod → ReplicaSet → Deployment, as far as the feeds know; a ReplicaSet's Deployment also by its own name's stem.
    fn top_owner(&self, pod: &ObjectKey, object: &Value) -> Option<ObjectKey> {
        let owner = object
            .pointer("/metadata/ownerReferences")?
            .as_array()?
            .iter()
            .find(|owner| owner["controller"] == true)?;
        let text = |field: &str| owner[field].as_str().unwrap_or_default().to_owned();
        let (kind, name, api) = (text("kind"), text("name"), text("apiVersion"));
        let uid = Uid::parse(&text("uid"));
        if kind == "ReplicaSet" {
            let sets = self.store.feeds().find(|(_, state)| {
                state.feed.gvr.resource == "replicasets" && state.rows.slot(uid).is_some()
            });
            let meta = sets.and_then(|(_, state)| state.rows.meta(state.rows.slot(uid)?));
            if let Some(owner) = meta.and_then(|meta| meta.owner.clone()) {
                return self.scalable(&owner.api_version, &owner.kind, pod, (&owner.name, owner.uid));
            }
            // Without the ReplicaSet at hand: a Deployment's ReplicaSet is its name and the pod template's hash.
            let hash = object
                .pointer("/metadata/labels/pod-template-hash")
                .and_then(Value::as_str);
            if let Some(stem) = hash.and_then(|hash| name.strip_suffix(&format!("-{hash}"))) {
                return self.scalable("apps/v1", "Deployment", pod, (stem, Uid::NONE));
            }
        }
        self.scalable(&api, &kind, pod, (&name, uid))
    }

    fn scalable(
        &self,
        api: &str,
        kind: &str,
        pod: &ObjectKey,
        (name, uid): (&str, Uid),
    ) -> Option<ObjectKey> {
        let (group, _) = api.split_once('/').unwrap_or(("", api));
        let kinds = self.cluster.kinds();
        let found = kinds
            .iter()
            .find(|known| known.kind == kind && known.gvr.group == group && known.able.scale)?;
        Some(ObjectKey {
            gvr: found.gvr.clone(),
            namespace: Arc::clone(&pod.namespace),
            name: Arc::from(name),
            uid,
        })
    }

    pub(super) fn scale_key(&mut self, dialog: &mut ScaleDialog, chord: Chord) -> bool {
        match chord.key {
            Key::Esc => return false,
            Key::Char('c') if chord.mods.ctrl => return false,
            Key::Enter => return self.accept_scale(dialog),
            Key::Up | Key::Down => {
                let by: i64 = if chord.key == Key::Up { 1 } else { -1 };
                if let Ok(value) = dialog.line.text().trim().parse::<u32>() {
                    dialog.line = LineEdit::new(&value.saturating_add_signed(by as i32).to_string());
                    dialog.fresh = false;
                }
            }
            _ => {
                if dialog.fresh && chord.typed().is_some() {
                    dialog.line = LineEdit::default();
                }
                dialog.fresh = false;
                dialog.line.key(chord);
            }
        }
        self.judge(dialog);
        true
    }

    /// Says anew what a scale prompt knows of the cluster, if one is open.
    pub(super) fn judge_scale(&mut self) {
        match self.overlay.take() {
            Some(Overlay::Scale(mut dialog)) => {
                self.judge(&mut dialog);
                self.overlay = Some(Overlay::Scale(dialog));
            }
            other => self.overlay = other,
        }
    }

    /// What would undo the change, and whether the new pods fit.
    fn judge(&self, dialog: &mut ScaleDialog) {
        let wishes: Vec<(ObjectKey, Option<u32>, Option<u32>)> = dialog
            .targets
            .iter()
            .map(|target| {
                (
                    target.key.clone(),
                    target.now,
                    dialog.wanted(target).ok().flatten(),
                )
            })
            .collect();
        for (target, (key, _, wanted)) in dialog.targets.iter_mut().zip(&wishes) {
            target.undone_by = crate::insight::scaling::undone_by(
                self.autoscalers(key).map(|state| &*state.rows),
                key,
                *wanted,
            );
        }
        let added: Vec<(ObjectKey, u32)> = wishes
            .into_iter()
            .filter_map(|(key, now, wanted)| Some((key, wanted?.checked_sub(now?)?)))
            .filter(|(_, more)| *more > 0)
            .collect();
        dialog.fit = (!added.is_empty()).then(|| self.fit(&added)).flatten();
    }

    fn autoscalers(&self, key: &ObjectKey) -> Option<&crate::store::FeedState> {
        let scope = key.namespace().map_or(Scope::All, Scope::one);
        let covering = |state: &crate::store::FeedState| {
            state.feed.gvr == HPAS
                && key
                    .namespace()
                    .is_none_or(|namespace| state.feed.scope.contains(namespace))
        };
        let exact = self
            .store
            .covering("horizontalpodautoscalers", "autoscaling", &scope)
            .map(|(_, state)| state);
        exact.or_else(|| {
            self.store
                .feeds()
                .map(|(_, state)| state)
                .find(|state| covering(state))
        })
    }

    fn fit(&self, added: &[(ObjectKey, u32)]) -> Option<String> {
        let whole = |gvr: &Gvr| {
            self.store
                .covering(&gvr.resource, &gvr.group, &Scope::All)
                .map(|(_, state)| state)
        };
        let (pods, nodes) = (whole(&PODS)?, whole(&super::open::NODES)?);
        // Quotas that may not be read, are still coming, or are of a namespace beside the first one's scope are left out, which the words say.
        let namespace = added.first().and_then(|(key, _)| key.namespace())?;
        let quotas = self
            .store
            .covering(&QUOTAS.resource, &QUOTAS.group, &self.covering_scope(namespace))
            .filter(|(_, state)| *state.phase() == Phase::Live)
            .map(|(_, state)| (&*state.rows, &state.feed.scope));
        crate::insight::scaling::fit(&*pods.rows, &*nodes.rows, quotas, added)
    }

    fn accept_scale(&mut self, dialog: &mut ScaleDialog) -> bool {
        let mut mutations = Vec::new();
        for target in &dialog.targets {
            let wanted = match dialog.wanted(target) {
                Ok(Some(wanted)) => wanted,
                Ok(None) => {
                    self.toast("the present number of replicas is not known yet", Tone::Warn);
                    return true;
                }
                Err(why) => {
                    self.toast(why, Tone::Warn);
                    return true;
                }
            };
            if target.now != Some(wanted) {
                mutations.push(Mutation {
                    verb: MutationVerb::Scale { replicas: wanted },
                    key: target.key.clone(),
                    before: target.now.map(|now| now.to_string()).unwrap_or_default(),
                    after: wanted.to_string(),
                });
            }
        }
        if mutations.is_empty() {
            self.toast("nothing to change: that is what they have", Tone::Dim);
            return true;
        }
        let command: Vec<String> = mutations
            .iter()
            .map(|mutation| {
                kubectl(
                    "scale",
                    std::slice::from_ref(&mutation.key),
                    &format!("--replicas={}", mutation.after),
                )
            })
            .collect();
        let to_nothing = mutations.iter().filter(|mutation| mutation.after == "0");
        let warnings: Vec<String> = to_nothing
            .map(|mutation| {
                let (name, now) = (short(&mutation.key), &mutation.before);
                format!("▲ {name} to 0: all its pods ({now}) end and nothing of it runs until it is scaled back to {now}")
            })
            .chain(dialog.targets.iter().filter_map(|target| target.undone_by.clone()))
            .chain(dialog.fit.clone())
            .collect();
        self.confirm("Scale", mutations, &warnings.join("\n"), &command.join(" && "));
        false
    }
}
