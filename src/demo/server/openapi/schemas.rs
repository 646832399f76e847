//! Schemas of the built-in kinds, as Kubernetes publishes them (`tests/cluster/openapi` writes the asset). Knows no paths.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;

/// `api/openapi-spec/v3` of Kubernetes v1.36.3 (Apache-2.0): `components.schemas` of all stable groups, by name.
const ASSET: &[u8] = include_bytes!("../../../../assets/openapi.json.gz");

static ALL: LazyLock<Schemas> = LazyLock::new(|| Schemas::read().unwrap_or_default());

/// Where references to schemas begin.
pub(super) const REFERENCE: &str = "#/components/schemas/";

/// All schemas by name.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    by_name: BTreeMap<String, Box<RawValue>>,
    /// Names by group, version and kind.
    by_kind: HashMap<(String, String, String), String>,
}

#[derive(Deserialize)]
struct Kinds {
    #[serde(default, rename = "x-kubernetes-group-version-kind")]
    kinds: Vec<Gvk>,
}

#[derive(Deserialize)]
struct Gvk {
    group: String,
    version: String,
    kind: String,
}

impl Schemas {
    /// All of them; read on first use.
    pub fn all() -> &'static Self {
        &ALL
    }

    fn read() -> std::io::Result<Self> {
        let mut text = String::new();
        GzDecoder::new(ASSET).read_to_string(&mut text)?;
        let by_name: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&text)?;
        let mut by_kind = HashMap::new();
        for (name, schema) in &by_name {
            let Ok(Kinds { kinds }) = serde_json::from_str(schema.get()) else {
                continue;
            };
            // What every group has, such as DeleteOptions, is nobody's own.
            if let [Gvk { group, version, kind }] = kinds.as_slice() {
                by_kind.insert((group.clone(), version.clone(), kind.clone()), name.clone());
            }
        }
        Ok(Self { by_name, by_kind })
    }

    /// The name of a kind's schema.
    pub fn of_kind(&self, group: &str, version: &str, kind: &str) -> Option<&str> {
        let key = (group.to_owned(), version.to_owned(), kind.to_owned());
        self.by_kind.get(&key).map(String::as_str)
    }

    /// A schema's text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.by_name.get(name).map(|schema| schema.get())
    }

    /// The named schemas and all they refer to, sorted.
    pub fn closure<'a>(&'a self, names: impl IntoIterator<Item = &'a str>) -> BTreeMap<&'a str, &'a str> {
        let mut wanted: Vec<&str> = names.into_iter().collect();
        let mut seen = BTreeSet::new();
        let mut found = BTreeMap::new();
        while let Some(name) = wanted.pop() {
            let Some(text) = self.text(name).filter(|_| seen.insert(name)) else {
                continue;
            };
            found.insert(name, text);
            wanted.extend(references(text));
        }
        found
    }
}

/// The names that a schema refers to.
fn references(text: &str) -> impl Iterator<Item = &str> {
    text.split(REFERENCE)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::resource::Registry;

    #[test]
    fn every_stored_kind_has_a_schema_and_all_it_refers_to() {
        let all = Schemas::all();
        for resource in Registry::builtin().all() {
            if resource.storage.is_empty() {
                continue;
            }
            let name = all.of_kind(&resource.group, &resource.version, &resource.kind);
            let name = name.unwrap_or_else(|| panic!("no schema of {}", resource.qualified_kind()));
            let closure = all.closure([name]);
            let missing = closure
                .values()
                .flat_map(|text| references(text))
                .find(|one| !closure.contains_key(one));
            assert_eq!(missing, None, "of {name}");
        }
        let pods = all.closure(["io.k8s.api.core.v1.Pod"]);
        assert!(pods["io.k8s.api.core.v1.PodSpec"].contains("\"x-kubernetes-patch-merge-key\":\"name\""));
    }
}
