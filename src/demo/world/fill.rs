//! The standard world as it stands when the demo starts: nodes, applications, pods that have run for days, and the troubles among them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::catalog::{APPS, App, Kind, NAMESPACES, Trait};
use super::flavor::Flavor;
use super::plant::{bind, settle};
use super::state::{Key, Node};
use super::template::cni_environment;
use super::{Inner, Options, batch, config, node, past, platform, pod, service, workload};
use crate::clock::Timestamp;
use crate::demo::kubelet::pool::Pool;
use crate::demo::object::{after, put, text};
use crate::demo::resource::register;
use crate::demo::status::Status;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// Fills the store.
///
/// # Errors
/// What the store refuses.
pub fn standard(inner: &mut Inner, options: &Options) -> Result<(), Status> {
    let now = inner.store.clock().now();
    let born = after(now, -41 * DAY);
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"]
        .iter()
        .chain(&NAMESPACES)
    {
        for item in config::namespace(name, born) {
            inner.add(item)?;
        }
    }
    for item in platform::furniture(born) {
        inner.add(item)?;
    }
    nodes(inner, options, now)?;
    for app in APPS {
        let app = if options.calm { app.calm() } else { *app };
        let Some(app) = options.flavor.app(app) else {
            continue;
        };
        application(inner, &app, now)?;
    }
    secrets(inner, options.calm, now)?;
    past::jobs(inner, options.calm, now)?;
    for mut role in crate::demo::roles::defaults() {
        role["metadata"]["creationTimestamp"] = crate::demo::object::stamp(born).into();
        crate::demo::object::manage(&mut role, "kube-apiserver", None, born);
        inner.add(role)?;
    }
    inner.recall(now);
    Ok(())
}

fn nodes(inner: &mut Inner, options: &Options, now: Timestamp) -> Result<(), Status> {
    for (index, place) in node::places(options.nodes.max(9)).iter().enumerate() {
        let group = place.group();
        let at = after(now, -group.age_days * DAY - index as i64 * 137);
        // One node has run out of addresses; it is kept for one application, so that it does not swallow other pods.
        let starved = index == 5;
        let place = &node::Place {
            cordoned: place.cordoned && !options.calm,
            ..place.clone()
        };
        let mut draft = node::node(place, at, now);
        if starved {
            let (key, value, effect) = node::FEATURES;
            draft["metadata"]["labels"][key] = value.into();
            draft["spec"]["taints"] = json!([{"key": key, "value": value, "effect": effect}]);
        }
        if let Some(range) = options.flavor.pod_cidr(index, starved) {
            draft["spec"]["podCIDRs"] = json!([range]);
            draft["spec"]["podCIDR"] = range.into();
        }
        let stored = inner.add(draft)?;
        let name: Arc<str> = text(&stored, "/metadata/name").into();
        let mut seen = Node::default();
        seen.update(&stored);
        let base = node::pods_from(index);
        seen.pool = Pool::of_range(text(&stored, "/spec/podCIDR"))
            .unwrap_or_else(|| Pool::new(base, if starved { 12 } else { group.addresses() }));
        inner.nodes.insert(Arc::clone(&name), seen);
        let mut lease = platform::lease(("kube-node-lease", &name), &name, at, now);
        lease["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "v1", "kind": "Node", "name": name, "uid": stored["metadata"]["uid"]}]);
        inner.add(lease)?;
    }
    for holder in ["kube-controller-manager", "kube-scheduler"] {
        inner.add(platform::lease(
            ("kube-system", holder),
            &format!("ip-10-0-0-1_{holder}"),
            after(now, -20 * DAY),
            now,
        ))?;
    }
    Ok(())
}

fn secrets(inner: &mut Inner, calm: bool, now: Timestamp) -> Result<(), Status> {
    for (namespace, name, host, days) in [
        ("shop", "web-tls", "web.example.com", if calm { 66 } else { 6 }),
        ("payments", "api-tls", "api.example.com", 71),
        ("monitoring", "grafana-tls", "grafana.example.com", 58),
    ] {
        let secret = config::tls(namespace, name, (host, days), now).map_err(Status::internal)?;
        inner.add(secret)?;
    }
    let definition = inner.add(batch::definition(after(now, -30 * DAY)))?;
    register(inner.store.registry(), &definition);
    for tab in batch::cron_tabs(after(now, -29 * DAY)) {
        inner.add(tab)?;
    }
    Ok(())
}

/// When an application was first deployed, and when its present revision was.
fn dates(app: &App, now: Timestamp) -> (Timestamp, Timestamp, u64) {
    let mix = crate::demo::ids::stable(&[app.namespace, app.name]);
    let first = after(now, -app.age_days * DAY - (mix % 20_000) as i64 - 2 * HOUR);
    if app.age_days < 2 || app.kind != Kind::Deployment {
        return (first, first, 1);
    }
    let revisions = 1 + mix % 3;
    let latest = if revisions == 1 {
        first
    } else {
        after(
            now,
            -(((mix >> 8) % (app.age_days as u64 * 40_000)) as i64) - HOUR,
        )
    };
    (first, latest, revisions)
}

fn application(inner: &mut Inner, app: &App, now: Timestamp) -> Result<(), Status> {
    let (first, latest, revisions) = dates(app, now);
    for item in config::of(app, first) {
        inner.add(item)?;
    }
    let owner = inner.add(workload::of(app, first))?;
    for item in service::around(app, first) {
        inner.add(item)?;
    }
    match app.kind {
        Kind::Deployment => {
            let mut set = owner.clone();
            for revision in 1..=revisions {
                let hash = inner.ids.template_hash();
                let (at, replicas) = if revision == revisions {
                    (latest, i64::from(app.replicas))
                } else {
                    (after(first, revision as i64 * HOUR), 0)
                };
                let old = replicas == 0 && revision < revisions;
                let mut draft = workload::replica_set(&owner, &hash, revision, replicas, at);
                if old {
                    draft["spec"]["template"]["spec"]["containers"][0]["image"] =
                        older(&app.full_image(), revisions - revision).into();
                }
                set = inner.add(draft)?;
            }
            if revisions > 1 {
                let key = (app.namespace, app.name);
                inner.store.modify("deployments", key.0, key.1, |deployment| {
                    deployment["metadata"]["annotations"][workload::REVISION] = revisions.to_string().into();
                })?;
            }
            for number in 0..app.replicas {
                let stem = format!("{}-{}", text(&set, "/metadata/name"), inner.ids.suffix(5));
                let late = app.name == "feature-worker" && number + 1 == app.replicas;
                let at = if late {
                    after(now, -1_500)
                } else {
                    after(latest, i64::from(number) * 2)
                };
                place(inner, app, (&set, &stem), at)?;
            }
        }
        Kind::StatefulSet(_) => stateful_pods(inner, app, &owner, first)?,
        Kind::DaemonSet => daemon_pods(inner, app, &owner, now)?,
    }
    Ok(())
}

/// An image of an earlier release: its last number less `back`, or the minor version before.
fn older(image: &str, back: u64) -> String {
    let mut parts = image.rsplitn(3, '.');
    let numbers = (
        parts.next().and_then(|p| p.parse::<u64>().ok()),
        parts.next().and_then(|p| p.parse::<u64>().ok()),
    );
    match (numbers, parts.next()) {
        ((Some(patch), Some(minor)), Some(stem)) if patch >= back => {
            format!("{stem}.{minor}.{}", patch - back)
        }
        ((Some(_), Some(minor)), Some(stem)) => format!(
            "{stem}.{}.{}",
            minor.saturating_sub(1),
            9_u64.saturating_sub(back)
        ),
        _ => image.to_owned(),
    }
}

fn stateful_pods(inner: &mut Inner, app: &App, owner: &Value, first: Timestamp) -> Result<(), Status> {
    let hash = inner.ids.template_hash();
    inner.add(workload::revision(owner, &hash, 1, first))?;
    for ordinal in 0..app.replicas {
        let name = format!("{}-{ordinal}", app.name);
        let claim_template = owner["spec"]["volumeClaimTemplates"][0].clone();
        let at = after(first, i64::from(ordinal) * 25);
        let claim = inner.add(platform::claim(owner, &claim_template, &name, at))?;
        let mut draft = pod::from_template(owner, &owner["spec"]["template"], &name, at);
        draft["metadata"]["generateName"] = format!("{}-", app.name).into();
        for (label, value) in [
            ("apps.kubernetes.io/pod-index", ordinal.to_string()),
            ("controller-revision-hash", format!("{}-{hash}", app.name)),
            ("statefulset.kubernetes.io/pod-name", name.clone()),
        ] {
            draft["metadata"]["labels"][label] = value.into();
        }
        draft["spec"]["hostname"] = name.clone().into();
        draft["spec"]["subdomain"] = owner["spec"]["serviceName"].clone();
        if let Some(volumes) = draft["spec"]["volumes"].as_array_mut() {
            volumes.push(json!({"name": "data", "persistentVolumeClaim": {"claimName": text(&claim, "/metadata/name")}}));
        }
        let placed = settle(inner, Some(app), draft, at)?;
        bind_claim(inner, &claim, &placed, at)?;
    }
    Ok(())
}

fn bind_claim(inner: &mut Inner, claim: &Value, pod: &Key, at: Timestamp) -> Result<(), Status> {
    let Some(node) = inner.pods.get(pod).and_then(|pod| pod.node.clone()) else {
        return Ok(());
    };
    let zone = inner
        .nodes
        .get(&node)
        .map(|node| node.zone().to_owned())
        .unwrap_or_default();
    let (namespace, name, uid) = (
        text(claim, "/metadata/namespace"),
        text(claim, "/metadata/name"),
        text(claim, "/metadata/uid"),
    );
    let size = text(claim, "/spec/resources/requests/storage");
    inner.add(platform::volume(
        (namespace, name),
        (size, &zone),
        uid,
        after(at, 4),
    ))?;
    inner
        .store
        .modify("persistentvolumeclaims", namespace, name, |claim| {
            let uid = uid.to_owned();
            platform::bind(claim, &uid, &node);
        })?;
    Ok(())
}

fn daemon_pods(inner: &mut Inner, app: &App, owner: &Value, now: Timestamp) -> Result<(), Status> {
    let hashes: Vec<String> = (0..2).map(|_| inner.ids.template_hash()).collect();
    let on_delete = app.has(Trait::OnDelete) && inner.flavor == Flavor::Eks;
    for (number, hash) in hashes.iter().enumerate().skip(usize::from(!on_delete)) {
        let mut owner = owner.clone();
        if on_delete && number == 0 {
            owner["spec"]["template"]["spec"]["containers"][0]["env"] = cni_environment(false);
        }
        let revision = workload::revision(
            &owner,
            hash,
            if on_delete { number as i64 + 1 } else { 1 },
            after(now, -30 * DAY),
        );
        inner.add(revision)?;
    }
    let names: Vec<Arc<str>> = inner.nodes.keys().cloned().collect();
    for node_name in names {
        let new = !on_delete
            || inner
                .nodes
                .get(&node_name)
                .is_some_and(|node| node.group() == "apps-m5");
        let days = inner.nodes.get(&node_name).map_or(1, |node| {
            node::GROUPS
                .iter()
                .find(|g| g.name == node.group())
                .map_or(1, |g| g.age_days)
        });
        let at = after(now, -days * DAY + 20);
        let name = format!("{}-{}", app.name, inner.ids.suffix(5));
        let mut draft = pod::from_template(owner, &owner["spec"]["template"], &name, at);
        draft["metadata"]["generateName"] = format!("{}-", app.name).into();
        draft["metadata"]["labels"]["controller-revision-hash"] = hashes[usize::from(new)].clone().into();
        draft["metadata"]["labels"]["pod-template-generation"] =
            if on_delete && new { "2" } else { "1" }.into();
        if !new {
            draft["spec"]["containers"][0]["env"] = cni_environment(false);
        }
        daemon_affinity(&mut draft["spec"], &node_name);
        bind(inner, Some(app), draft, (&node_name, at))?;
    }
    Ok(())
}

/// How the DaemonSet controller pins a pod to its node.
pub fn daemon_affinity(spec: &mut Value, node: &str) {
    put(
        spec,
        "affinity",
        json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]}}}),
    );
}

fn place(inner: &mut Inner, app: &App, (set, name): (&Value, &str), at: Timestamp) -> Result<(), Status> {
    let mut draft = pod::from_template(set, &set["spec"]["template"], name, at);
    draft["metadata"]["generateName"] = format!("{}-", text(set, "/metadata/name")).into();
    settle(inner, Some(app), draft, at).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::super::World;
    use super::*;
    use crate::demo::clock::Clock;
    use crate::demo::resource::Registry;
    use crate::demo::store::Store;

    fn world() -> World {
        let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
        World::build(&Store::new(Registry::builtin(), clock, 7), &Options::default()).unwrap()
    }

    #[test]
    fn the_standard_world_is_as_its_readme_says() {
        let world = world();
        let pods = world.store().list("pods", None);
        assert!((110..=135).contains(&pods.len()), "{}", pods.len());
        let bytes: usize = pods.iter().map(|pod| pod.body.len()).sum();
        assert!(
            (6_000..14_000).contains(&(bytes / pods.len())),
            "{} bytes a pod",
            bytes / pods.len()
        );
        let inner = world.lock();
        for (name, node) in inner
            .nodes
            .iter()
            .filter(|(_, node)| node.instance() == "t3.medium")
        {
            assert_eq!(node.pods.len(), 17, "{name}");
        }
        let unbound: Vec<_> = inner
            .pods
            .iter()
            .filter(|(_, pod)| pod.node.is_none())
            .map(|(key, _)| key.1.to_string())
            .collect();
        assert!(
            unbound.len() == 1 && unbound[0].starts_with("promo-banner-"),
            "{unbound:?}"
        );
        let thirsty: Vec<_> = inner
            .pods
            .iter()
            .filter(|(_, pod)| {
                pod.life
                    .as_ref()
                    .is_some_and(|life| life.ip.is_none() && life.sandbox_failures > 0)
            })
            .collect();
        assert_eq!(thirsty.len(), 1);
        assert!(thirsty[0].0.1.starts_with("feature-worker-"));
    }

    #[test]
    fn equal_seeds_give_equal_worlds() {
        let bodies = || {
            world()
                .store()
                .list("pods", None)
                .iter()
                .map(|pod| pod.body.text())
                .collect::<Vec<_>>()
        };
        assert_eq!(bodies(), bodies());
    }
}
