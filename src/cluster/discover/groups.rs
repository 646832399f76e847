//! The resources the server serves: aggregated discovery (two requests), else one request for each group version.
//! Source: Kubernetes API concepts, "Aggregated discovery".

use std::collections::HashSet;

use futures::{StreamExt as _, stream};
use serde::Deserialize;

use super::super::error::{Purpose, Trouble};
use super::super::link::{Link, get};
use crate::model::{Failure, FailureKind, Gvr};

/// One resource that can be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The resource in the preferred version of its group.
    pub gvr: Gvr,
    /// Kind.
    pub kind: String,
    /// Plural, singular, short names.
    pub names: Vec<String>,
    /// Not cluster-scoped.
    pub namespaced: bool,
    /// Has a scale subresource.
    pub scale: bool,
    /// Has a status subresource.
    pub status: bool,
    /// Can be watched.
    pub watch: bool,
    /// Groups of kinds it belongs to (`all`).
    pub categories: Vec<String>,
}

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList, \
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList, application/json";

/// Everything that can be listed, and the group versions that did not answer.
///
/// # Errors
/// Not even the groups can be had.
pub async fn find(link: &Link) -> Result<(Vec<Found>, Vec<String>), Failure> {
    let (core, groups) = tokio::join!(aggregated(link, "/api"), aggregated(link, "/apis"));
    let (core, groups) = (core?, groups?);
    let (Some(core), Some(groups)) = (core, groups) else {
        return legacy(link).await;
    };
    Ok(gather(core.items.into_iter().chain(groups.items)))
}

/// What the groups hold; those whose server is down are named, `metrics.k8s.io/v1beta1`.
fn gather(groups: impl Iterator<Item = Group>) -> (Vec<Found>, Vec<String>) {
    let mut found = Vec::new();
    let mut silent = Vec::new();
    for group in groups {
        let stale = group
            .versions
            .iter()
            .filter(|version| version.freshness == "Stale");
        silent.extend(stale.map(|version| format!("{}/{}", group.metadata.name, version.name)));
        group.into_found(&mut found);
    }
    (found, silent)
}

async fn aggregated(link: &Link, path: &str) -> Result<Option<Groups>, Trouble> {
    let groups: Groups = link
        .json(
            get(path, AGGREGATED)?,
            &Purpose::text("ask what the server serves"),
        )
        .await?;
    Ok((groups.kind == "APIGroupDiscoveryList").then_some(groups))
}

#[derive(Deserialize)]
struct Groups {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "version")]
    name: String,
    #[serde(default)]
    freshness: String,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    #[serde(rename = "resource")]
    plural: String,
    #[serde(default)]
    response_kind: KindOf,
    #[serde(default)]
    scope: String,
    #[serde(default, rename = "singularResource")]
    singular: String,
    #[serde(default)]
    short_names: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    subresources: Vec<Subresource>,
}

#[derive(Deserialize, Default)]
struct KindOf {
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
struct Subresource {
    subresource: String,
}

impl Group {
    /// Each resource once, in the first version that serves it: the server puts the preferred one first.
    fn into_found(self, found: &mut Vec<Found>) {
        let mut seen = HashSet::new();
        for version in self.versions {
            for resource in version.resources {
                if !has(&resource.verbs, "list") || !seen.insert(resource.plural.clone()) {
                    continue;
                }
                let has_part = |name: &str| resource.subresources.iter().any(|sub| sub.subresource == name);
                found.push(Found {
                    scale: has_part("scale"),
                    status: has_part("status"),
                    gvr: Gvr::new(
                        self.metadata.name.clone(),
                        version.name.clone(),
                        resource.plural.clone(),
                    ),
                    kind: resource.response_kind.kind,
                    names: names(resource.plural, resource.singular, resource.short_names),
                    namespaced: resource.scope == "Namespaced",
                    watch: has(&resource.verbs, "watch"),
                    categories: resource.categories,
                });
            }
        }
    }
}

fn has(verbs: &[String], verb: &str) -> bool {
    verbs.iter().any(|known| known == verb)
}

fn names(plural: String, singular: String, short: Vec<String>) -> Vec<String> {
    let mut names = vec![plural];
    names.extend(
        [singular]
            .into_iter()
            .chain(short)
            .filter(|name| !name.is_empty()),
    );
    names
}

// --- legacy ----------------------------------------------------------------------------------------------------------------------------

#[derive(Deserialize)]
struct LegacyGroups {
    #[serde(default)]
    groups: Vec<LegacyGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LegacyGroup {
    preferred_version: Option<LegacyVersion>,
    #[serde(default)]
    versions: Vec<LegacyVersion>,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
struct LegacyVersion {
    group_version: String,
}

#[derive(Deserialize)]
struct LegacyResources {
    #[serde(default)]
    resources: Vec<LegacyResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LegacyResource {
    name: String,
    #[serde(default)]
    singular_name: String,
    #[serde(default)]
    namespaced: bool,
    kind: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    short_names: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
}

async fn legacy(link: &Link) -> Result<(Vec<Found>, Vec<String>), Failure> {
    let purpose = Purpose::text("ask what the server serves");
    let groups: LegacyGroups = link.get("/apis", &purpose).await?;
    let versions = groups.groups.into_iter().flat_map(|group| {
        // The preferred version first, so that it wins.
        group.preferred_version.into_iter().chain(group.versions)
    });
    let mut asked: Vec<String> = vec!["v1".to_owned()];
    for version in versions {
        if !asked.contains(&version.group_version) {
            asked.push(version.group_version);
        }
    }
    let answers = stream::iter(asked.into_iter().map(|version| {
        let purpose = purpose.clone();
        async move {
            let path = if version == "v1" {
                "/api/v1".to_owned()
            } else {
                format!("/apis/{version}")
            };
            (version, link.get::<LegacyResources>(&path, &purpose).await)
        }
    }));
    let answers: Vec<_> = answers.buffered(8).collect().await;
    if let Some((_, Err(trouble))) = answers.first()
        && trouble.failure.kind == FailureKind::Connection
    {
        return Err(trouble.failure.clone());
    }
    let mut found: Vec<Found> = Vec::new();
    let mut silent = Vec::new();
    for (version, answer) in answers {
        match answer {
            Ok(resources) => resources.into_found(&version, &mut found),
            Err(_) => silent.push(version),
        }
    }
    Ok((found, silent))
}

impl LegacyResources {
    fn into_found(self, group_version: &str, found: &mut Vec<Found>) {
        let (group, version) = group_version.split_once('/').unwrap_or(("", group_version));
        let parts = self
            .resources
            .iter()
            .filter(|resource| resource.name.contains('/'));
        let parts: HashSet<String> = parts.map(|resource| resource.name.clone()).collect();
        for resource in self.resources {
            let known = found
                .iter()
                .any(|known| known.gvr.group == group && known.gvr.resource == *resource.name);
            if resource.name.contains('/') || known || !has(&resource.verbs, "list") {
                continue;
            }
            found.push(Found {
                gvr: Gvr::new(group, version, resource.name.clone()),
                kind: resource.kind,
                scale: parts.contains(&format!("{}/scale", resource.name)),
                status: parts.contains(&format!("{}/status", resource.name)),
                names: names(resource.name, resource.singular_name, resource.short_names),
                namespaced: resource.namespaced,
                watch: has(&resource.verbs, "watch"),
                categories: resource.categories,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Groups, LegacyResources, gather};

    #[test]
    fn a_group_that_does_not_answer_is_named() {
        let groups = serde_json::json!({"kind": "APIGroupDiscoveryList", "items": [
            {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1beta1", "freshness": "Stale"}]},
            {"metadata": {"name": "apps"}, "versions": [{"version": "v1", "freshness": "Current", "resources": [
                {"resource": "deployments", "verbs": ["list"], "categories": ["all"]},
            ]}]},
        ]});
        let groups: Groups = serde_json::from_value(groups).unwrap();
        let (found, silent) = gather(groups.items.into_iter());
        assert_eq!(silent, ["metrics.k8s.io/v1beta1"]);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn both_forms_tell_which_subresources_a_kind_has() {
        let items = serde_json::json!({"items": [{"metadata": {"name": "example.com"}, "versions": [{"version": "v1", "resources": [
            {"resource": "apart", "verbs": ["list"], "subresources": [{"subresource": "status"}]},
            {"resource": "plain", "verbs": ["list"], "subresources": [{"subresource": "scale"}]},
        ]}]}]});
        let groups: Groups = serde_json::from_value(items).unwrap();
        let (found, _) = gather(groups.items.into_iter());
        let resources = serde_json::json!({"resources": [
            {"name": "apart", "kind": "Apart", "verbs": ["list"]}, {"name": "apart/status", "kind": "Apart", "verbs": ["get"]},
            {"name": "plain", "kind": "Plain", "verbs": ["list"]}, {"name": "plain/scale", "kind": "Scale", "verbs": ["get"]},
        ]});
        let resources: LegacyResources = serde_json::from_value(resources).unwrap();
        let mut legacy = Vec::new();
        resources.into_found("example.com/v1", &mut legacy);
        for found in [found, legacy] {
            let told: Vec<_> = found.iter().map(|one| (one.status, one.scale)).collect();
            assert_eq!(told, [(true, false), (false, true)]);
        }
    }
}
