//! Many pods at once, for clusters of any size: deployments of a hundred pods from one mould each. Places them where there is room, without
//! the scheduler's scores.

use std::ops::Bound;
use std::sync::Arc;

use serde_json::{Value, json};

use super::catalog::{App, Kind, Pool as Where, Trait};
use super::mould::{Cast, Mould, Stage};
use super::{Inner, config, workload};
use crate::clock::Timestamp;
use crate::demo::object::{after, put};
use crate::demo::status::Status;

/// Pods of one deployment.
const A_DEPLOYMENT: usize = 100;
/// Deployments of one namespace.
const A_NAMESPACE: usize = 25;

/// Adds `count` running pods, as far as the nodes have room.
///
/// # Errors
/// What the store refuses.
pub fn add(inner: &mut Inner, count: usize) -> Result<(), Status> {
    let now = inner.store.clock().now();
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
        let set = deployment(inner, &namespace, number, (wanted, at))?;
        let Some(mut mould) = inner.mould(&set) else {
            return Ok(());
        };
        let casts: Vec<Cast> = (0..wanted as i64)
            .map_while(|turn| inner.place(&mould, after(at, turn / 4)))
            .collect();
        let placed = casts.len();
        pour(inner, &mut mould, casts)?;
        if inner.churn.is_wanted() {
            inner
                .churn
                .moulds
                .insert(Arc::clone(&mould.owner.uid), Some(mould));
        }
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
) -> Result<Value, Status> {
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
    inner.add(workload::replica_set(&deployment, &hash, 1, replicas as i64, at))
}

impl Inner {
    /// The mould for the pods of a ReplicaSet.
    pub fn mould(&mut self, set: &Value) -> Option<Mould> {
        let resource = self.store.registry().stored("pods")?;
        let node = self.nodes.values().next()?;
        Mould::new(set, resource, node, &mut self.ids)
    }

    /// A new pod on the next node that has room for it, created `at`; `None` when all are full.
    pub fn place(&mut self, mould: &Mould, at: Timestamp) -> Option<Cast> {
        let last = Arc::clone(&self.churn.last);
        let after_last = (Bound::Excluded(&*last), Bound::Unbounded);
        let up_to_last = (Bound::Unbounded, Bound::Included(&*last));
        let around = self.nodes.range::<str, _>(after_last);
        let around = around.chain(self.nodes.range::<str, _>(up_to_last));
        let mut fitting = around.filter(|(_, node)| {
            node.group() != "general-t3"
                && node.pool.has_room(at)
                && super::refusal::refusals(&mould.spec, node).is_empty()
        });
        let name = Arc::clone(fitting.next()?.0);
        let node = self.nodes.get_mut(&name)?;
        let ip = node.pool.take(at)?;
        node.requested.0 += mould.spec.requests.0;
        node.requested.1 += mould.spec.requests.1;
        let label = |name: &str| -> Arc<str> { node.labels.get(name).map_or("", String::as_str).into() };
        let cast = Cast {
            name: format!("{}-{}", mould.owner.name, self.ids.suffix(5)).into(),
            uid: self.ids.uid().into(),
            place: (
                label("topology.kubernetes.io/region"),
                label("topology.kubernetes.io/zone"),
            ),
            host: node.address,
            node: Arc::clone(&name),
            ip,
            at,
        };
        node.pods.insert(mould.key(&cast));
        self.churn.last = name;
        Some(cast)
    }
}

fn pour(inner: &mut Inner, mould: &mut Mould, casts: Vec<Cast>) -> Result<(), Status> {
    let mut objects = casts.iter();
    inner.store.plant("pods", casts.len(), |version| {
        objects
            .next()
            .map(|cast| mould.object(cast, Stage::Ready, version))
    })?;
    for cast in casts {
        let pod = mould.pod(&cast, Stage::Ready);
        let key = mould.key(&cast);
        if let Some(node) = inner.nodes.get_mut(&cast.node) {
            let images = mould
                .spec
                .containers
                .iter()
                .map(|container| container.image.as_str());
            for image in images {
                if !node.images.contains(image) {
                    node.images.insert(image.into());
                }
            }
        }
        inner.churn.pods.push(key.clone());
        inner.pods.insert(key, pod);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::mould::MARKS;
    use super::super::{Options, World};
    use super::*;
    use crate::demo::clock::Clock;
    use crate::demo::kubelet::status::status;
    use crate::demo::object::text;
    use crate::demo::resource::Registry;
    use crate::demo::store::Store;

    fn world(pods: usize) -> World {
        let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
        let store = Store::new(Registry::builtin(), clock, 7);
        let options = Options {
            pods,
            nodes: 40,
            ..Options::default()
        };
        World::build(&store, &options).unwrap()
    }

    #[test]
    fn many_pods_are_whole_and_their_controllers_content() {
        let world = world(1_000);
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
        assert!((7_000..9_000).contains(&one.body.len()), "{}", one.body.len());
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
}
