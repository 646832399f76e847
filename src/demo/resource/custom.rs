//! Resources out of custom resource definitions. Stores nothing.

use serde_json::Value;

use super::{Registry, Resource};

/// Group and plural of what a definition defines; empty for what it does not say.
pub fn defined(definition: &Value) -> (&str, &str) {
    (
        definition["spec"]["group"].as_str().unwrap_or_default(),
        definition["spec"]["names"]["plural"].as_str().unwrap_or_default(),
    )
}

/// Adds the versions of a definition to what is served.
pub fn register(registry: &Registry, definition: &Value) {
    let served = definition["spec"]["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|version| version["served"] != false);
    let mut versions: Vec<&Value> = served.collect();
    versions.sort_by_key(|version| version["storage"] != true);
    for version in versions {
        registry.add(resource(definition, version));
    }
}

/// What field selectors may name: `selectableFields` of the version that is stored, without their leading dots.
fn selectable(definition: &Value) -> Vec<std::borrow::Cow<'static, str>> {
    let mut versions = definition["spec"]["versions"].as_array().into_iter().flatten();
    let stored = versions.find(|version| version["storage"] == true);
    let fields = stored.and_then(|version| version["selectableFields"].as_array());
    let paths = fields
        .into_iter()
        .flatten()
        .filter_map(|field| field["jsonPath"].as_str());
    paths
        .map(|path| path.trim_start_matches('.').to_owned().into())
        .collect()
}

fn resource(definition: &Value, version: &Value) -> Resource {
    let names = &definition["spec"]["names"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |key: &str| {
        names[key]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| text(one).into())
            .collect()
    };
    let (group, plural) = (text(&definition["spec"]["group"]), text(&names["plural"]));
    let singular = match text(&names["singular"]) {
        singular if singular.is_empty() => text(&names["kind"]).to_lowercase(),
        singular => singular,
    };
    let subresources = version["subresources"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone().into());
    let mut subresources: Vec<_> = subresources.collect();
    // `status`, then `scale`, as the real server has them.
    subresources.sort();
    subresources.reverse();
    Resource {
        storage: format!("{plural}.{group}").into(),
        group: group.into(),
        version: text(&version["name"]).into(),
        plural: plural.into(),
        singular: singular.into(),
        kind: text(&names["kind"]).into(),
        short_names: list("shortNames"),
        categories: list("categories"),
        namespaced: definition["spec"]["scope"] != "Cluster",
        verbs: [
            "delete",
            "deletecollection",
            "get",
            "list",
            "patch",
            "create",
            "update",
            "watch",
        ]
        .map(Into::into)
        .to_vec(),
        subresources,
        fields: selectable(definition),
        definition: version.clone(),
    }
}
