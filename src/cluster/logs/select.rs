//! Which pods a log query means: the lists that find them and the rule that tells them apart. Follows nothing itself.

use std::sync::Arc;

use regex::Regex;
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::follow::{PODS, PodFeed};
use super::pod::PodView;
use crate::cluster::error::Purpose;
use crate::cluster::link::Link;
use crate::cluster::rights;
use crate::logs::{LogQuery, LogTarget};
use crate::model::{Failure, FailureKind, Gvr, ObjectKey, Scope, Uid};
use crate::wire::{LabelSelector, OwnerReference};

/// Pods of one namespace that get a list of their own each; more share the list of the namespace.
const OWN_LISTS: usize = 10;

/// How far up owners are looked for: Pod, Job, `CronJob`, a custom resource.
const GENERATIONS: usize = 4;

/// Lists, and the rule.
pub struct Selection {
    pub feeds: Vec<PodFeed>,
    pub rule: Rule,
    /// Exactly one pod is meant: its default container is enough.
    pub single: bool,
}

/// Which pods of the lists are meant.
pub enum Rule {
    /// All.
    All,
    /// These, by identity; by namespace and name where none is known.
    These(Vec<ObjectKey>),
    /// Those whose name matches.
    Named(Regex),
    /// Those that an object owns, directly or through others.
    Owned(Box<Owned>),
}

/// Which objects belong to an owner, as far as was looked up.
pub struct Owned {
    link: Arc<Link>,
    by: Uid,
    known: FxHashMap<Uid, bool>,
}

/// Finds out what a query means.
///
/// # Errors
/// The named object cannot be read, or selects no pods by its nature.
pub async fn select(link: &Arc<Link>, query: &LogQuery) -> Result<Selection, Failure> {
    let mut selection = match &query.target {
        LogTarget::Pods(keys) => these(keys),
        LogTarget::Of(key) if &*key.gvr.resource == "pods" => these(std::slice::from_ref(key)),
        LogTarget::Of(key) => of(link, key).await?,
        LogTarget::Matching(pattern) => matching(link, pattern, &query.scope).await?,
    };
    if !query.selector.is_empty() {
        for feed in &mut selection.feeds {
            let comma = if feed.labels.is_empty() { "" } else { "," };
            feed.labels = format!("{}{comma}{}", feed.labels, query.selector);
        }
    }
    Ok(selection)
}

fn these(keys: &[ObjectKey]) -> Selection {
    let mut feeds: Vec<PodFeed> = Vec::new();
    for key in keys {
        let namespace = Some(key.namespace.to_string());
        let fellows = keys
            .iter()
            .filter(|other| other.namespace == key.namespace)
            .count();
        let feed = PodFeed {
            namespace,
            fields: if fellows <= OWN_LISTS {
                format!("metadata.name={}", key.name)
            } else {
                String::new()
            },
            labels: String::new(),
        };
        if !feeds.contains(&feed) {
            feeds.push(feed);
        }
    }
    Selection {
        feeds,
        rule: Rule::These(keys.to_vec()),
        single: keys.len() == 1,
    }
}

async fn matching(link: &Link, pattern: &str, scope: &Scope) -> Result<Selection, Failure> {
    let rule =
        if pattern.is_empty() {
            Rule::All
        } else {
            let regex = Regex::new(pattern);
            Rule::Named(regex.map_err(|wrong| {
                Failure::new(FailureKind::Other, format!("bad pattern `{pattern}`: {wrong}"))
            })?)
        };
    let feeds = match scope {
        Scope::All => everywhere(link).await,
        Scope::Namespaces(names) => names.iter().map(|name| in_namespace(name)).collect(),
    };
    Ok(Selection {
        feeds,
        rule,
        single: false,
    })
}

/// The whole cluster, or the permitted namespaces where that is forbidden.
async fn everywhere(link: &Link) -> Vec<PodFeed> {
    let whole = vec![PodFeed::default()];
    let path = format!("{}?limit=1", PODS.path(None));
    match link.get::<Value>(&path, &Purpose::on("list", &PODS, None)).await {
        Err(trouble) if trouble.failure.kind == FailureKind::Forbidden => {
            let namespaces = rights::namespaces(link, &PODS).await;
            let permitted: Vec<PodFeed> = namespaces.iter().map(|name| in_namespace(name)).collect();
            if permitted.is_empty() { whole } else { permitted }
        }
        _ => whole,
    }
}

fn in_namespace(name: &str) -> PodFeed {
    PodFeed {
        namespace: Some(name.to_owned()),
        ..PodFeed::default()
    }
}

/// The pods of a node by its name, of a service by its selector, of anything else by owner; its selector only narrows the list.
async fn of(link: &Arc<Link>, key: &ObjectKey) -> Result<Selection, Failure> {
    let mut feed = in_namespace(&key.namespace);
    if &*key.gvr.resource == "nodes" {
        feed = PodFeed {
            fields: format!("spec.nodeName={}", key.name),
            ..PodFeed::default()
        };
        return Ok(whole(feed, Rule::All));
    }
    let object = link
        .get::<Value>(&key.path(None), &Purpose::of("get", key))
        .await?;
    let selector = pod_labels(&object);
    if &*key.gvr.resource == "services" && key.gvr.group.is_empty() {
        feed.labels = selector;
        if feed.labels.is_empty() {
            return Err(Failure::new(
                FailureKind::Other,
                format!("{key} has no selector, so no pods are known as its own"),
            ));
        }
        return Ok(whole(feed, Rule::All));
    }
    feed.labels = match &*key.gvr.resource {
        "cronjobs" => "job-name".to_owned(),
        _ => selector,
    };
    let uid = object
        .pointer("/metadata/uid")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let owned = Owned {
        link: Arc::clone(link),
        by: if key.uid.is_none() {
            Uid::parse(uid)
        } else {
            key.uid
        },
        known: FxHashMap::default(),
    };
    Ok(whole(feed, Rule::Owned(Box::new(owned))))
}

fn whole(feed: PodFeed, rule: Rule) -> Selection {
    Selection {
        feeds: vec![feed],
        rule,
        single: false,
    }
}

/// The selector of an object for its pods, a `LabelSelector` or a plain map of labels, in kubectl's notation; empty without one.
pub fn pod_labels(object: &Value) -> String {
    let selector = object.pointer("/spec/selector").cloned().unwrap_or_default();
    let structured = selector.get("matchLabels").is_some() || selector.get("matchExpressions").is_some();
    let selector = if structured {
        selector
    } else {
        serde_json::json!({ "matchLabels": selector })
    };
    serde_json::from_value::<LabelSelector>(selector)
        .map(|selector| selector.text())
        .unwrap_or_default()
}

impl Rule {
    /// Whether a pod is meant. Looks up owners it does not know yet.
    pub async fn takes(&mut self, pod: &PodView) -> bool {
        match self {
            Self::All => true,
            Self::These(keys) => keys.iter().any(|key| {
                if key.uid.is_none() {
                    *key.name == *pod.name && *key.namespace == *pod.namespace
                } else {
                    key.uid == pod.uid
                }
            }),
            Self::Named(regex) => regex.is_match(&pod.name),
            Self::Owned(owned) => owned.takes(pod).await,
        }
    }
}

impl Owned {
    async fn takes(&mut self, pod: &PodView) -> bool {
        let mut passed = Vec::new();
        let mut owner = pod.owner.clone();
        let mut answer = false;
        for _ in 0..GENERATIONS {
            let Some(next) = owner else { break };
            let uid = Uid::parse(&next.uid);
            if uid == self.by {
                answer = true;
                break;
            }
            if let Some(known) = self.known.get(&uid) {
                answer = *known;
                break;
            }
            passed.push(uid);
            owner = match self.owner_of(&pod.namespace, &next).await {
                Ok(above) => above,
                // The list was narrowed by the object's own selector; without the right to look further that has to do.
                Err(failure) if failure.kind == FailureKind::Forbidden => {
                    answer = true;
                    break;
                }
                Err(failure) if failure.kind == FailureKind::NotFound => None,
                Err(failure) => {
                    tracing::warn!(%failure, "owner of a pod");
                    return false;
                }
            };
        }
        self.known.extend(passed.into_iter().map(|uid| (uid, answer)));
        answer
    }

    /// The owner of an owner.
    async fn owner_of(
        &self,
        namespace: &str,
        owner: &OwnerReference,
    ) -> Result<Option<OwnerReference>, Failure> {
        let (group, version) = owner
            .api_version
            .split_once('/')
            .unwrap_or(("", &owner.api_version));
        let gvr = Gvr {
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            resource: plural(&owner.kind).into(),
        };
        let path = format!("{}/{}", gvr.path(Some(namespace)), owner.name);
        let purpose = Purpose::text(format!("get {} `{namespace}/{}`", owner.kind, owner.name));
        let object = self.link.get::<Value>(&path, &purpose).await?;
        let same = object.pointer("/metadata/uid").and_then(Value::as_str) == Some(&owner.uid);
        let owners = object
            .pointer("/metadata/ownerReferences")
            .filter(|_| same)
            .cloned();
        let owners: Vec<OwnerReference> = owners
            .and_then(|owners| serde_json::from_value(owners).ok())
            .unwrap_or_default();
        Ok(owners
            .iter()
            .find(|owner| owner.controller)
            .or(owners.first())
            .cloned())
    }
}

/// The resource name of a kind, as the API forms it.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    if let Some(stem) = kind
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(['a', 'e', 'o']))
    {
        return format!("{stem}ies");
    }
    let ending = if kind.ends_with(['s', 'x']) || kind.ends_with("ch") {
        "es"
    } else {
        "s"
    };
    format!("{kind}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selecting(selector: &Value) -> Value {
        serde_json::json!({ "spec": { "selector": selector } })
    }

    #[test]
    fn selectors_of_workloads_and_services() {
        let workload = serde_json::json!({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]}]});
        assert_eq!(pod_labels(&selecting(&workload)), "app=web,tier in (a,b)");
        assert_eq!(
            pod_labels(&selecting(&serde_json::json!({"app": "web", "x": "y"}))),
            "app=web,x=y"
        );
        assert_eq!(pod_labels(&selecting(&Value::Null)), "");
    }

    #[test]
    fn resource_names() {
        for (kind, resource) in [
            ("ReplicaSet", "replicasets"),
            ("Ingress", "ingresses"),
            ("NetworkPolicy", "networkpolicies"),
            ("Gateway", "gateways"),
        ] {
            assert_eq!(plural(kind), resource);
        }
    }

    #[test]
    fn a_few_pods_are_listed_by_name_and_many_by_namespace() {
        let key = |name: &str| ObjectKey {
            gvr: Gvr::of("", "v1", "pods"),
            namespace: Arc::from("shop"),
            name: Arc::from(name),
            uid: Uid::NONE,
        };
        let one = these(&[key("a")]);
        assert_eq!(
            (one.feeds.len(), one.single, &*one.feeds[0].fields),
            (1, true, "metadata.name=a")
        );
        let many: Vec<ObjectKey> = (0..11).map(|number| key(&number.to_string())).collect();
        assert_eq!(these(&many).feeds, [in_namespace("shop")]);
    }
}
