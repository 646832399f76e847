//! Processes in containers, and editing.

use std::sync::Arc;

use serde_json::Value;

use super::open::short;
use super::overlay::{Overlay, Pick, PickItem, Picker};
use super::{App, Waiting};
use crate::model::{Failure, Gvr, ObjectKey, Tone};
use crate::msg::{Effect, EffectId, ExecRequest, Mutation, MutationVerb};

/// The annotation that names the container meant when none is given.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

impl App {
    /// A pod was fetched: one container, its default one, or a choice.
    pub(super) fn containers_of(&mut self, pod: ObjectKey, pick: Pick, object: &Value) {
        let containers = object.pointer("/spec/containers").and_then(Value::as_array);
        let names: Vec<String> =
            containers.into_iter().flatten().filter_map(|container| container["name"].as_str()).map(str::to_owned).collect();
        let annotation = object.pointer("/metadata/annotations").and_then(|all| all[DEFAULT_CONTAINER].as_str());
        if let Some(name) = annotation.map(str::to_owned).filter(|name| names.contains(name)) {
            return self.picked(pick, vec![name]);
        }
        if let [only] = names.as_slice() {
            return self.picked(pick, vec![only.clone()]);
        }
        let image = |name: &str| {
            let found = containers.into_iter().flatten().find(|container| container["name"] == name);
            found.and_then(|container| container["image"].as_str()).unwrap_or_default().to_owned()
        };
        let items = names.iter().map(|name| PickItem { value: name.clone(), detail: image(name), ..PickItem::default() });
        let picker = Picker::new(&format!("Container of {}", short(&pod)), pick, items.collect(), "");
        self.overlay = Some(Overlay::Picker(Box::new(picker)));
    }

    pub(super) fn exec(&mut self, pod: ObjectKey, container: Option<String>) {
        let what = format!("shell in {}", short(&pod));
        let id = self.effect_id(Waiting::Exec(what));
        self.effects.push(Effect::Exec(id, ExecRequest { pod, container, command: Vec::new(), attach: false }));
    }

    /// The pod of a container row; its table says whose containers it shows.
    pub(super) fn pod_of_container(&self, key: &ObjectKey) -> Option<ObjectKey> {
        self.current_table().filter(|table| table.kind.gvr == key.gvr)?.parent.clone()
    }

    /// An object was fetched to be edited: off to the editor.
    pub(super) fn edit_object(&mut self, object: Value) {
        let Some(key) = key_in(&object) else { return };
        let text = super::yaml::text(&object, false);
        let id = self.effect_id(Waiting::Edit(Box::new(object), key));
        self.effects.push(Effect::Edit(id, text));
    }

    pub(super) fn edited(&mut self, id: EffectId, outcome: Result<Option<String>, Failure>) {
        let Some(Waiting::Edit(original, key)) = self.waiting.remove(&id) else { return };
        let text = match outcome {
            Ok(Some(text)) => text,
            Ok(None) => return self.toast("left without a change", Tone::Dim),
            Err(failure) => return self.toast(failure.message, Tone::Bad),
        };
        let edited: Value = match serde_saphyr::from_str(&text) {
            Ok(value) => value,
            Err(error) => {
                // Nothing is lost: the text is kept as a file.
                self.save(super::object::file_name(&short(&key), "yaml"), text);
                return self.toast(format!("not valid YAML, kept as a file: {error}"), Tone::Bad);
            }
        };
        if edited == *original {
            return self.toast("no change", Tone::Dim);
        }
        let mutation =
            Mutation { verb: MutationVerb::Replace(Box::new(edited)), key, before: String::new(), after: "edited".to_owned() };
        let command = super::mutate::kubectl("edit", std::slice::from_ref(&mutation.key), "");
        self.confirm("Replace", vec![mutation], "", command);
    }
}

/// How a whole object is addressed. The plural is guessed by the kinds that are known.
fn key_in(object: &Value) -> Option<ObjectKey> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let api = text("/apiVersion");
    let (group, version) = api.split_once('/').unwrap_or(("", api));
    let known = crate::kinds::all().iter().find(|kind| kind.kind == text("/kind") && kind.gvr.group == group);
    let gvr = known.map_or_else(
        || Gvr::new(group, version, format!("{}s", text("/kind").to_lowercase())),
        |kind| kind.gvr.clone(),
    );
    Some(ObjectKey {
        gvr,
        namespace: Arc::from(text("/metadata/namespace")),
        name: Arc::from(text("/metadata/name")),
        uid: crate::model::Uid::parse(text("/metadata/uid")),
    })
}
