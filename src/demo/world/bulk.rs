//! Many pods at once, for clusters of any size: deployments of a hundred pods whose bodies are cut from one text. Places them where there is
//! room, without the scheduler's scores.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};

use super::catalog::{App, Kind, Pool as Where, Trait};
use super::object::{after, put, text};
use super::spec::{Spec, pairs};
use super::state::{Key, Owner, Pod, key};
use super::{Inner, config, pod, workload};
use crate::clock::Timestamp;
use crate::demo::kubelet::life::Life;
use crate::demo::kubelet::status::{address, container_id, status};
use crate::demo::status::Status;
use crate::demo::store::{Body, Forms, Object, Pattern};

/// Pods of one deployment.
const A_DEPLOYMENT: usize = 100;
/// Deployments of one namespace.
const A_NAMESPACE: usize = 25;

/// What differs between two pods of one deployment; the words cannot occur in JSON otherwise.
const NAME: &str = "@name@";
const UID: &str = "@uid@";
const VERSION: &str = "@version@";
const NODE: &str = "@node@";
const HOST: &str = "@host@";
const ADDRESS: &str = "@address@";
const CONTAINER: &str = "@container@";
const MARKS: [&str; 7] = [NAME, UID, VERSION, NODE, HOST, ADDRESS, CONTAINER];

/// The text of a pod, cut where something has to be put in.
struct Mould {
    pattern: Arc<Pattern>,
    /// What stands before each stretch of the pattern.
    parts: Vec<(&'static str, Range<usize>)>,
    fields: Vec<(Arc<str>, Arc<str>)>,
    spec: Arc<Spec>,
    labels: Arc<[(String, String)]>,
    owner: Owner,
    at: Timestamp,
}

/// One pod about to be stored.
struct Cast {
    name: Arc<str>,
    uid: Arc<str>,
    node: Arc<str>,
    host: [u8; 4],
    ip: [u8; 4],
}

/// Adds `count` running pods, as far as the nodes have room.
///
/// # Errors
/// What the store refuses.
pub fn add(inner: &mut Inner, count: usize) -> Result<(), Status> {
    let now = inner.store.clock().now();
    let nodes: Vec<Arc<str>> = inner
        .nodes
        .iter()
        .filter(|(_, node)| !node.unschedulable)
        .map(|(name, _)| Arc::clone(name))
        .collect();
    let mut turn = 0;
    let mut left = count;
    let mut number = 0;
    while left > 0 {
        let namespace = format!("load-{:03}", number / A_NAMESPACE);
        let at = after(now, -86_400 - (number as i64 * 977) % 900_000);
        if number % A_NAMESPACE == 0 {
            for item in config::namespace(&namespace, after(now, -1_900_000)) {
                inner.add(item)?;
            }
        }
        let wanted = left.min(A_DEPLOYMENT);
        let Some((mould, set)) = deployment(inner, &namespace, number, (wanted, at))? else {
            return Ok(());
        };
        let casts: Vec<Cast> = (0..wanted)
            .map_while(|_| place(inner, (&nodes, &mut turn), &set, &mould))
            .collect();
        let placed = casts.len();
        pour(inner, &namespace, &mould, casts)?;
        if placed < wanted {
            return Ok(());
        }
        left -= placed;
        number += 1;
    }
    Ok(())
}

fn deployment(
    inner: &mut Inner,
    namespace: &str,
    number: usize,
    (replicas, at): (usize, Timestamp),
) -> Result<Option<(Mould, String)>, Status> {
    let name: &'static str = ["api", "worker", "indexer", "gateway", "sync"][number % 5];
    let app = App {
        namespace: "load",
        name,
        kind: Kind::Deployment,
        replicas: replicas as u32,
        image: "~load/service:1.4.2",
        port: 8080,
        requests: (8, 24),
        limits: (0, 48),
        pool: Where::Arm,
        sidecar: ("", ""),
        traits: &[Trait::NoService],
        age_days: 20,
    };
    let mut draft = workload::of(&app, at);
    let full = format!("{name}-{number:04}");
    put(&mut draft["metadata"], "name", full.as_str().into());
    put(&mut draft["metadata"], "namespace", namespace.into());
    let labels = json!({"app.kubernetes.io/name": full});
    draft["spec"]["selector"]["matchLabels"] = labels.clone();
    draft["spec"]["template"]["metadata"]["labels"] =
        json!({"app.kubernetes.io/name": full, "app.kubernetes.io/part-of": "load", "team": "load"});
    if let Some(spec) = draft["spec"]["template"]["spec"].as_object_mut() {
        spec.shift_remove("nodeSelector");
        spec.shift_remove("topologySpreadConstraints");
        spec.insert("serviceAccountName".into(), "default".into());
    }
    let deployment = inner.add(draft)?;
    let hash = inner.ids.template_hash();
    let set = inner.add(workload::replica_set(&deployment, &hash, 1, replicas as i64, at))?;
    Ok(mould(inner, &set, at).map(|mould| (mould, text(&set, "/metadata/name").to_owned())))
}

fn mould(inner: &mut Inner, set: &Value, at: Timestamp) -> Option<Mould> {
    let mut draft = pod::from_template(set, &set["spec"]["template"], NAME, at);
    pod::admit(&mut draft, None, &mut inner.ids);
    put(
        &mut draft["metadata"],
        "generateName",
        format!("{}-", text(set, "/metadata/name")).into(),
    );
    put(&mut draft["metadata"], "uid", UID.into());
    put(&mut draft["metadata"], "resourceVersion", VERSION.into());
    put(&mut draft["metadata"], "generation", 1.into());
    put(&mut draft["spec"], "nodeName", NODE.into());
    let spec = Arc::new(Spec::parse(&draft["spec"]));
    let (host, ip) = ([255, 255, 255, 1], [255, 255, 255, 2]);
    let life = Life::settled(&spec, (host, ip), after(at, 1));
    draft["status"] = status(&draft, &spec, &life);
    pod::manage_pod(&mut draft, at);
    let id = spec
        .containers
        .first()
        .map(|container| container_id(UID, &container.name, 0))
        .unwrap_or_default();
    let text = draft
        .to_string()
        .replace(&address(host), HOST)
        .replace(&address(ip), ADDRESS)
        .replace(&id, CONTAINER);
    let owner = &draft["metadata"]["ownerReferences"][0];
    let word = |name: &str| -> Arc<str> { owner[name].as_str().unwrap_or_default().into() };
    let (text, parts) = cut(&text);
    Some(Mould {
        pattern: Pattern::new(text.as_bytes())?,
        parts,
        fields: [
            ("spec.restartPolicy", "Always"),
            ("spec.schedulerName", "default-scheduler"),
            ("spec.serviceAccountName", "default"),
            ("spec.hostNetwork", "false"),
            ("status.phase", "Running"),
            ("status.nominatedNodeName", ""),
        ]
        .map(|(path, value)| (path.into(), value.into()))
        .into(),
        spec,
        labels: pairs(&draft["metadata"]["labels"]).into(),
        owner: Owner {
            kind: word("kind"),
            name: word("name"),
            uid: word("uid"),
        },
        at,
    })
}

/// The text without marks, and which mark stood before which stretch of it.
fn cut(text: &str) -> (String, Vec<(&'static str, Range<usize>)>) {
    let (mut plain, mut parts) = (String::with_capacity(text.len()), Vec::new());
    let (mut rest, mut before) = (text, "");
    loop {
        let next = MARKS
            .iter()
            .filter_map(|mark| rest.find(mark).map(|at| (at, *mark)))
            .min();
        let (stretch, after) = next
            .and_then(|(at, mark)| Some((rest.split_at_checked(at)?, mark)))
            .map_or((rest, None), |((stretch, after), mark)| {
                (stretch, Some((after, mark)))
            });
        parts.push((before, plain.len()..plain.len() + stretch.len()));
        plain.push_str(stretch);
        let Some((after, mark)) = after else {
            return (plain, parts);
        };
        (rest, before) = (after.strip_prefix(mark).unwrap_or_default(), mark);
    }
}

/// The next node with room for a pod; `None` when all are full.
fn place(
    inner: &mut Inner,
    (nodes, turn): (&[Arc<str>], &mut usize),
    set: &str,
    mould: &Mould,
) -> Option<Cast> {
    for _ in 0..nodes.len() {
        let name = Arc::clone(nodes.get(*turn % nodes.len())?);
        *turn += 1;
        let node = inner.nodes.get_mut(&name)?;
        if node.group() == "general-t3" || !super::scheduler::refusals(&mould.spec, node).is_empty() {
            continue;
        }
        let Some(ip) = node.pool.take(mould.at) else {
            continue;
        };
        node.requested.0 += mould.spec.requests.0;
        node.requested.1 += mould.spec.requests.1;
        let host = node.address;
        let cast = Cast {
            name: format!("{set}-{}", inner.ids.suffix(5)).into(),
            uid: inner.ids.uid().into(),
            node: Arc::clone(&name),
            host,
            ip,
        };
        let namespaced = key("", &cast.name);
        if let Some(node) = inner.nodes.get_mut(&name) {
            node.pods.insert(namespaced);
        }
        return Some(cast);
    }
    None
}

fn pour(inner: &mut Inner, namespace: &str, mould: &Mould, casts: Vec<Cast>) -> Result<(), Status> {
    let namespace: Arc<str> = namespace.into();
    let mut objects = casts.iter();
    let resource = inner
        .store
        .registry()
        .stored("pods")
        .ok_or_else(Status::no_such_path)?;
    let mut labels: Vec<(Box<str>, Box<str>)> = mould
        .labels
        .iter()
        .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
        .collect();
    labels.sort_unstable();
    let labels: Arc<[(Box<str>, Box<str>)]> = labels.into();
    inner.store.plant("pods", casts.len(), |version| {
        let cast = objects.next()?;
        let fields = resource.fields.iter().map(|field| match &**field {
            "spec.nodeName" => Arc::clone(&cast.node),
            "status.podIP" => address(cast.ip).into(),
            field => mould.field(field),
        });
        Some(Object {
            uid: Arc::clone(&cast.uid),
            namespace: Arc::clone(&namespace),
            name: Arc::clone(&cast.name),
            version,
            labels: Arc::clone(&labels),
            fields: fields.collect(),
            controller: Some(Arc::clone(&mould.owner.uid)),
            deleting: false,
            body: mould.body(cast, version),
            forms: Forms::default(),
        })
    })?;
    for cast in casts {
        let key: Key = (Arc::clone(&namespace), Arc::clone(&cast.name));
        remember(inner, key, cast, mould);
    }
    Ok(())
}

impl Mould {
    fn body(&self, cast: &Cast, version: u64) -> Body {
        let container = self
            .spec
            .containers
            .first()
            .map(|container| container_id(&cast.uid, &container.name, 0))
            .unwrap_or_default();
        let (version, host, ip) = (version.to_string(), address(cast.host), address(cast.ip));
        let word = |mark: &str| match mark {
            "" => "",
            NAME => &*cast.name,
            UID => &*cast.uid,
            VERSION => version.as_str(),
            NODE => &*cast.node,
            HOST => host.as_str(),
            ADDRESS => ip.as_str(),
            _ => container.as_str(),
        };
        let parts = self.parts.iter();
        Body::cast(
            &self.pattern,
            parts.map(|(mark, stretch)| (word(mark), stretch.clone())),
        )
    }

    /// The value of a field that all its pods have in common.
    fn field(&self, path: &str) -> Arc<str> {
        let known = self.fields.iter().find(|(have, _)| **have == *path);
        known.map_or_else(|| Arc::from(""), |(_, value)| Arc::clone(value))
    }
}

fn remember(inner: &mut Inner, key: Key, cast: Cast, mould: &Mould) {
    if let Some(node) = inner.nodes.get_mut(&cast.node) {
        node.pods.remove(&super::state::key("", &cast.name));
        node.pods.insert(key.clone());
        node.images.extend(
            mould
                .spec
                .containers
                .iter()
                .map(|container| Arc::from(container.image.as_str())),
        );
    }
    let life = Life::settled(&mould.spec, (cast.host, cast.ip), after(mould.at, 1));
    let pod = Pod {
        uid: cast.uid,
        created: mould.at,
        labels: Arc::clone(&mould.labels),
        owner: Some(mould.owner.clone()),
        spec: Arc::clone(&mould.spec),
        node: Some(cast.node),
        life: Some(life),
        deleting: None,
        kept: false,
        due: None,
    };
    inner.bulk.push(key.clone());
    inner.pods.insert(key, pod);
}

#[cfg(test)]
mod tests {
    use super::super::{Options, World};
    use super::*;
    use crate::demo::clock::Clock;
    use crate::demo::resource::Registry;
    use crate::demo::store::Store;
    use std::time::Duration;

    fn world(pods: usize, churn: f64) -> (World, Clock) {
        let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
        let store = Store::new(Registry::builtin(), clock.clone(), 7);
        let options = Options {
            pods,
            nodes: 40,
            churn,
            ..Options::default()
        };
        (World::build(&store, &options).unwrap(), clock)
    }

    #[test]
    fn many_pods_are_whole_and_their_controllers_content() {
        let (world, _) = world(1_000, 0.0);
        let pods = world.store().list("pods", None);
        assert!((1_000..1_010).contains(&pods.len()), "{}", pods.len());
        let bulk: Vec<_> = pods
            .iter()
            .filter(|pod| pod.namespace.starts_with("load-"))
            .collect();
        let one = bulk[bulk.len() / 2];
        let value = one.value();
        assert_eq!(
            (text(&value, "/metadata/uid"), text(&value, "/metadata/name")),
            (&*one.uid, &*one.name)
        );
        assert_eq!(text(&value, "/metadata/resourceVersion"), one.version.to_string());
        let text = one.body.text();
        let body = String::from_utf8_lossy(&text);
        assert!(
            MARKS.iter().all(|mark| !body.contains(mark)),
            "every mark was filled in"
        );
        assert!((5_000..12_000).contains(&one.body.len()), "{}", one.body.len());
        let uids: std::collections::HashSet<_> = pods.iter().map(|pod| pod.uid.clone()).collect();
        assert_eq!(uids.len(), pods.len());
        let rendered = {
            let inner = world.lock();
            let pod = &inner.pods[&(one.namespace.clone(), one.name.clone())];
            status(&value, &pod.spec, pod.life.as_ref().unwrap())
        };
        assert_eq!(rendered, value["status"], "the kubelet would write the same");
        for deployment in world.store().list("deployments", Some("load-000")) {
            let value = deployment.value();
            assert_eq!(
                value["status"]["availableReplicas"], value["spec"]["replicas"],
                "{}",
                deployment.name
            );
        }
    }

    #[test]
    fn churn_replaces_pods() {
        let (world, clock) = world(400, 5.0);
        let names = || -> std::collections::HashSet<_> {
            world
                .store()
                .list("pods", Some("load-000"))
                .iter()
                .map(|pod| pod.name.clone())
                .collect()
        };
        let before = names();
        for _ in 0..40 {
            clock.advance(Duration::from_millis(500));
            world.tick(clock.now());
        }
        let now = names();
        let fresh = now.difference(&before).count();
        assert!((60..=110).contains(&fresh), "{fresh}");
        assert!(now.len().abs_diff(before.len()) < 40);
    }
}
