//! Processes in containers.

use serde_json::Value;

use super::open::short;
use super::overlay::{Overlay, Pick, PickItem, Picker};
use super::{App, Waiting};
use crate::model::ObjectKey;
use crate::msg::{Effect, ExecRequest};

/// The annotation that names the container meant when none is given.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

impl App {
    /// A pod was fetched: one container, its default one, or a choice.
    pub(super) fn containers_of(&mut self, pod: &ObjectKey, pick: Pick, object: &Value) {
        let containers = object.pointer("/spec/containers").and_then(Value::as_array);
        let names: Vec<String> = containers
            .into_iter()
            .flatten()
            .filter_map(|container| container["name"].as_str())
            .map(str::to_owned)
            .collect();
        let annotation = object
            .pointer("/metadata/annotations")
            .and_then(|all| all[DEFAULT_CONTAINER].as_str());
        if let Some(name) = annotation.map(str::to_owned).filter(|name| names.contains(name)) {
            return self.picked(pick, vec![name]);
        }
        if let [only] = names.as_slice() {
            return self.picked(pick, vec![only.clone()]);
        }
        let image = |name: &str| {
            let found = containers
                .into_iter()
                .flatten()
                .find(|container| container["name"] == name);
            found
                .and_then(|container| container["image"].as_str())
                .unwrap_or_default()
                .to_owned()
        };
        let items = names.iter().map(|name| PickItem {
            value: name.clone(),
            detail: image(name),
            ..PickItem::default()
        });
        let picker = Picker::new(&format!("Container of {}", short(pod)), pick, items.collect(), "");
        self.overlay = Some(Overlay::Picker(Box::new(picker)));
    }

    pub(super) fn exec(&mut self, pod: ObjectKey, container: Option<String>) {
        let what = format!("shell in {}", short(&pod));
        let id = self.effect_id(Waiting::Exec(what));
        self.effects.push(Effect::Exec(
            id,
            ExecRequest {
                pod,
                container,
                command: Vec::new(),
                attach: false,
            },
        ));
    }

    /// The pod of a container row; its table says whose containers it shows.
    pub(super) fn pod_of_container(&self, key: &ObjectKey) -> Option<ObjectKey> {
        self.current_table()
            .filter(|table| table.kind.gvr == key.gvr)?
            .parent
            .clone()
    }
}
