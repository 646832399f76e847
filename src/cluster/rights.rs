//! What the user may do where: asked with self-reviews, which everybody may send.

use futures::{StreamExt as _, stream};
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::error::Purpose;
use super::link::{Link, send, with_query};
use crate::model::Gvr;

/// How many namespaces are asked about, and how many reviews are under way at a time.
const MOST: usize = 1_000;
const AT_ONCE: usize = 8;

#[derive(Deserialize)]
struct Review {
    #[serde(default)]
    status: ReviewStatus,
}

#[derive(Deserialize, Default)]
struct ReviewStatus {
    #[serde(default)]
    allowed: bool,
}

/// May the user do this, in a namespace or (`None`) everywhere? False also when the server does not say.
pub async fn may(link: &Link, verb: &str, gvr: &Gvr, namespace: Option<&str>) -> bool {
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "verb": verb, "group": gvr.group, "resource": gvr.resource, "namespace": namespace.unwrap_or_default(),
        } },
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let Ok(request) = send(Method::POST, path, "application/json", &review) else {
        return false;
    };
    let purpose = Purpose::text("review the user's rights");
    link.json::<Review>(request, &purpose)
        .await
        .is_ok_and(|review| review.status.allowed)
}

/// The namespaces, sorted, in which a resource may be listed: among those the server lists, those of the settings and those of the kubeconfig.
pub async fn namespaces(link: &Link, gvr: &Gvr) -> Vec<String> {
    let mut names = listed(link).await;
    names.extend(link.namespaces.iter().cloned());
    names.sort_unstable();
    names.dedup();
    names.truncate(MOST);
    let asked = stream::iter(names).map(|name| async move {
        let allowed = may(link, "list", gvr, Some(&name)).await;
        allowed.then_some(name)
    });
    asked
        .buffered(AT_ONCE)
        .filter_map(std::future::ready)
        .collect()
        .await
}

#[derive(Deserialize)]
struct Names {
    #[serde(default)]
    items: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    metadata: NameOnly,
}

#[derive(Deserialize)]
struct NameOnly {
    name: String,
}

/// The namespaces the server lists; none when they may not be listed.
async fn listed(link: &Link) -> Vec<String> {
    let path = with_query("/api/v1/namespaces", &[("limit", "1000")]);
    let names = link
        .get::<Names>(&path, &Purpose::text("list `namespaces`"))
        .await;
    names
        .map(|names| names.items.into_iter().map(|item| item.metadata.name).collect())
        .unwrap_or_default()
}
