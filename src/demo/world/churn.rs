//! Pods that are replaced all the time, as `--churn` asks for: an old one goes and one from the same mould comes, in the steps a watcher would
//! see. Moves only pods made in bulk that nobody has touched; all others are the controllers' and the kubelets'.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::event::{About, note};
use super::mould::{Cast, Mould, READY_AFTER, Stage};
use super::state::{Key, Owner};
use super::work::Work;
use super::{Inner, World};
use crate::clock::Timestamp;
use crate::demo::object::{after, stamp};
use crate::demo::store::ChangeKind;

/// Changes that a watcher of pods sees of one replacement: the old pod is marked and goes, the new one comes, is bound and gets ready.
const CHANGES: f64 = 5.0;
/// How many pods are replaced in one tick at most.
const A_TICK: usize = 500;
/// Nanoseconds that a pod takes to end.
const ENDING: i64 = 2_000_000_000;
/// Nanoseconds between two looks at a ReplicaSet whose pods are replaced.
const A_LOOK: i64 = 3_000_000_000;

/// What is being replaced.
#[derive(Debug)]
pub struct Churn {
    /// Pods to replace a second.
    rate: f64,
    /// Pods that may be replaced.
    pub pods: Vec<Key>,
    /// The node that was last given a pod.
    pub last: Arc<str>,
    /// Up to when as many were replaced as asked for.
    since: Timestamp,
    /// By the uid of the ReplicaSet; `None`: its pods cannot be cast.
    pub moulds: HashMap<Arc<str>, Option<Mould>>,
    /// Pods that are to be ready then.
    coming: VecDeque<(Timestamp, Arc<str>, Cast)>,
    /// Pods that are to be gone then, with their uids.
    going: VecDeque<(Timestamp, Key, Arc<str>)>,
    /// ReplicaSets that will look at their pods then, each once.
    untold: VecDeque<(Timestamp, Key)>,
    waiting: HashSet<Key>,
    /// When pods without a node were last tried again.
    retried: Timestamp,
}

impl Churn {
    /// Nothing is replaced yet.
    pub fn new(now: Timestamp) -> Self {
        Self {
            rate: 0.0,
            pods: Vec::new(),
            last: "".into(),
            since: now,
            moulds: HashMap::new(),
            coming: VecDeque::new(),
            going: VecDeque::new(),
            untold: VecDeque::new(),
            waiting: HashSet::new(),
            retried: now,
        }
    }

    /// Makes so many changes of pods a second from now on.
    pub fn make(&mut self, changes: f64) {
        self.rate = changes.max(0.0) / CHANGES;
    }

    /// Whether anything is to be replaced.
    pub fn is_wanted(&self) -> bool {
        self.rate > 0.0
    }
}

impl World {
    /// Changes of pods a second that replacing pods makes, and how many pods that are; none when there are none to replace.
    pub fn churning(&self) -> Option<(f64, f64)> {
        let inner = self.lock();
        let churn = &inner.churn;
        (churn.is_wanted() && !churn.pods.is_empty()).then_some((churn.rate * CHANGES, churn.rate))
    }
}

impl Inner {
    /// Goes on replacing pods up to `now`.
    pub fn replace_some(&mut self, now: Timestamp) {
        while self.churn.going.front().is_some_and(|(due, ..)| *due <= now) {
            if let Some((_, key, uid)) = self.churn.going.pop_front() {
                self.take_away(&key, &uid, now);
            }
        }
        while self.churn.coming.front().is_some_and(|(due, ..)| *due <= now) {
            if let Some((_, owner, cast)) = self.churn.coming.pop_front() {
                self.make_ready(&owner, &cast, now);
            }
        }
        let due = (self.churn.rate * now.nanos_since(self.churn.since) as f64 / 1e9) as usize;
        if due > 0 {
            self.churn.since = if due > A_TICK {
                now
            } else {
                Timestamp(self.churn.since.0 + (due as f64 / self.churn.rate * 1e9) as i64)
            };
        }
        for _ in 0..due.min(A_TICK) {
            self.replace_one(now);
        }
        // Before a ReplicaSet counts its pods.
        self.observe_all(now);
        while self.churn.untold.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, key)) = self.churn.untold.pop_front() {
                self.churn.waiting.remove(&key);
                self.work.push(Work::Object("replicasets", key));
            }
        }
        if due > 0 && now.nanos_since(self.churn.retried) >= A_LOOK {
            self.churn.retried = now;
            self.wake_unscheduled();
        }
    }

    /// Notes that a ReplicaSet is to look at its pods, but not too often.
    fn tell_later(&mut self, set: Key, now: Timestamp) {
        if self.churn.waiting.insert(set.clone()) {
            self.churn.untold.push_back((Timestamp(now.0 + A_LOOK), set));
        }
    }

    fn replace_one(&mut self, now: Timestamp) {
        let pods = &mut self.churn.pods;
        if pods.is_empty() {
            return;
        }
        let key = pods.swap_remove(self.ids.below(pods.len() as u64) as usize);
        let Some(pod) = self.pods.get(&key).filter(|pod| pod.deleting.is_none()) else {
            return; // somebody else has deleted it
        };
        let Some(owner) = pod.owner.clone() else { return };
        if !self.recast(&key, &owner, now) {
            // Its ReplicaSet replaces it.
            self.delete_pod(&key, now);
            if let Some(next) = self.pods_of(&owner.uid).into_iter().find(|other| *other != key) {
                self.churn.pods.push(next);
            }
        }
    }

    /// Puts a new pod in the place of an old one; whether that could be done.
    fn recast(&mut self, key: &Key, owner: &Owner, now: Timestamp) -> bool {
        let Some(mut mould) = self.take_mould(&key.0, owner) else {
            return false;
        };
        let cast = self.place(&mould, now);
        let done = cast.is_some() && self.end_one(key, now);
        if let Some(cast) = cast {
            if done {
                self.begin_one(&mut mould, cast, now);
            } else {
                let pod = mould.pod(&cast, Stage::Ready);
                self.leave(&mould.key(&cast), &pod, now);
            }
        }
        self.churn.moulds.insert(Arc::clone(&owner.uid), Some(mould));
        done
    }

    fn take_mould(&mut self, namespace: &Arc<str>, owner: &Owner) -> Option<Mould> {
        if let Some(known) = self.churn.moulds.get_mut(&owner.uid) {
            return known.take();
        }
        let set = self.object("replicasets", &(Arc::clone(namespace), Arc::clone(&owner.name)))?;
        let mould = self.mould(&set);
        self.churn.moulds.insert(Arc::clone(&owner.uid), None);
        mould
    }

    /// Asks for the deletion of a pod; whether that was possible.
    fn end_one(&mut self, key: &Key, now: Timestamp) -> bool {
        let Some(pod) = self.pods.get_mut(key) else {
            return false;
        };
        let (grace, uid) = (pod.spec.grace, Arc::clone(&pod.uid));
        let Some(old) = self.store.object("pods", &key.0, &key.1) else {
            return false;
        };
        let until = stamp(after(now, grace));
        let put = self.store.put("pods", ChangeKind::Modified, |version| {
            old.marked(version, (&until, grace))
        });
        let Ok(Some(version)) = put else { return false };
        pod.deleting = Some((now, grace));
        self.own.insert(version);
        let about = About::pod((&key.0, &key.1), &uid);
        let names = pod.spec.containers.iter().map(|container| &container.name);
        let said: Vec<String> = names.map(|name| format!("Stopping container {name}")).collect();
        let node = pod.node.clone().unwrap_or_else(|| "".into());
        for text in said {
            self.record(&about, ("kubelet", &node), &note(false, "Killing", text), now);
        }
        let due = Timestamp(now.0 + ENDING);
        self.churn.going.push_back((due, key.clone(), uid));
        true
    }

    fn begin_one(&mut self, mould: &mut Mould, cast: Cast, now: Timestamp) {
        for (stage, kind) in [
            (Stage::Pending, ChangeKind::Added),
            (Stage::Bound, ChangeKind::Modified),
        ] {
            let put = self
                .store
                .put("pods", kind, |version| Some(mould.object(&cast, stage, version)));
            self.own.extend(put.ok().flatten());
        }
        let key = mould.key(&cast);
        self.pods.insert(key.clone(), mould.pod(&cast, Stage::Bound));
        let about = About::pod((&key.0, &key.1), &cast.uid);
        let text = format!("Successfully assigned {}/{} to {}", key.0, key.1, cast.node);
        self.record(
            &about,
            ("default-scheduler", ""),
            &note(false, "Scheduled", text),
            now,
        );
        self.tell_later((key.0, Arc::clone(&mould.owner.name)), now);
        let due = after(now, READY_AFTER);
        self.churn
            .coming
            .push_back((due, Arc::clone(&mould.owner.uid), cast));
    }

    /// A pod that was bound comes up, unless something else has happened to it.
    fn make_ready(&mut self, owner: &Arc<str>, cast: &Cast, now: Timestamp) {
        let Some(mut mould) = self.churn.moulds.get_mut(owner).and_then(Option::take) else {
            return;
        };
        let key = mould.key(cast);
        let waits = self.pods.get(&key).is_some_and(|pod| {
            let begun = pod.life.as_ref().is_some_and(|life| life.started.is_some());
            pod.uid == cast.uid && pod.deleting.is_none() && !begun
        });
        if waits && !self.is_heard(&cast.node) {
            self.work.push(Work::Pod(key));
        } else if waits {
            let put = self.store.put("pods", ChangeKind::Modified, |version| {
                Some(mould.object(cast, Stage::Ready, version))
            });
            self.own.extend(put.ok().flatten());
            let about = About::pod((&key.0, &key.1), &cast.uid);
            let said = note(false, "Started", "Container started".to_owned());
            self.record(&about, ("kubelet", &cast.node), &said, now);
            self.pods.insert(key.clone(), mould.pod(cast, Stage::Ready));
            let set = Arc::clone(&mould.owner.name);
            self.tell_later((Arc::clone(&key.0), set), now);
            self.churn.pods.push(key);
        }
        self.churn.moulds.insert(Arc::clone(owner), Some(mould));
    }

    /// A pod has ended.
    fn take_away(&mut self, key: &Key, uid: &Arc<str>, now: Timestamp) {
        let Some(pod) = self.pods.get(key).filter(|pod| pod.uid == *uid && !pod.kept) else {
            return;
        };
        let pod = pod.clone();
        if pod.node.as_ref().is_some_and(|node| !self.is_heard(node)) {
            self.work.push(Work::Pod(key.clone()));
            return;
        }
        if let Some(owner) = &pod.owner {
            self.tell_later((Arc::clone(&key.0), Arc::clone(&owner.name)), now);
        }
        self.pods.remove(key);
        self.leave(key, &pod, now);
        let _ = self.store.remove("pods", &key.0, &key.1);
    }

    /// Whether the kubelet of a node works.
    fn is_heard(&self, node: &Arc<str>) -> bool {
        !self.pressure.silent.contains_key(node) && self.nodes.get(node).is_some_and(|node| node.ready)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    use super::super::{Options, World};
    use super::*;
    use crate::demo::clock::Clock;
    use crate::demo::kubelet::status::status;
    use crate::demo::object::text;
    use crate::demo::resource::Registry;
    use crate::demo::store::Store;

    fn world(churn: f64) -> (World, Clock) {
        let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
        let store = Store::new(Registry::builtin(), clock.clone(), 7);
        let options = Options {
            pods: 600,
            nodes: 40,
            churn,
            ..Options::default()
        };
        (World::build(&store, &options).unwrap(), clock)
    }

    fn pass(world: &World, clock: &Clock, ticks: u32) {
        for _ in 0..ticks {
            clock.advance(Duration::from_millis(100));
            world.tick(clock.now());
        }
    }

    fn names(world: &World) -> HashSet<Arc<str>> {
        let pods = world.store().list("pods", Some("load-000"));
        pods.iter().map(|pod| Arc::clone(&pod.name)).collect()
    }

    #[test]
    fn as_many_pods_are_replaced_as_asked_for_and_no_controller_notices() {
        let (world, clock) = world(7.3 * CHANGES);
        let before = names(&world);
        let since = world.store().version();
        pass(&world, &clock, 200);
        let changes = world.store().changes_since(since).unwrap();
        let fresh = changes.iter().filter(|change| {
            change.kind == ChangeKind::Added
                && &*change.resource == "pods"
                && change.object.namespace.starts_with("load-")
        });
        assert_eq!(fresh.count(), 146, "20 seconds at 7.3 a second");
        world.lock().churn.rate = 0.0;
        pass(&world, &clock, 200);
        assert_eq!(names(&world).len(), before.len());
        let inner = world.lock();
        let mut requested: HashMap<Arc<str>, (u64, u64, usize)> = HashMap::new();
        for pod in inner.pods.values().filter(|pod| !pod.over()) {
            let Some(node) = &pod.node else { continue };
            let sum = requested.entry(Arc::clone(node)).or_default();
            *sum = (
                sum.0 + pod.spec.requests.0,
                sum.1 + pod.spec.requests.1,
                sum.2 + 1,
            );
        }
        for (name, node) in &inner.nodes {
            let sum = requested.get(name).copied().unwrap_or_default();
            assert_eq!(
                (node.requested.0, node.requested.1, node.pods.len()),
                sum,
                "{name}"
            );
        }
        for (_, set) in inner.objects["replicasets"]
            .iter()
            .filter(|(key, _)| key.0.starts_with("load-"))
        {
            assert_eq!(set["status"]["readyReplicas"], set["spec"]["replicas"]);
        }
    }

    #[test]
    fn a_watcher_counts_as_many_changes_as_asked_for() {
        let (world, clock) = world(95.0);
        assert_eq!(world.churning(), Some((95.0, 19.0)));
        // What is replaced now ends and gets ready later.
        pass(&world, &clock, 150);
        let mut watch = world.store().subscribe("pods", None, world.store().version());
        let mut seen = 0;
        for _ in 0..600 {
            pass(&world, &clock, 1);
            let changes = watch.poll().unwrap();
            let churned = changes
                .iter()
                .filter(|change| change.object.namespace.starts_with("load-"));
            seen += churned.count();
        }
        let asked = 60 * 95;
        assert!(seen.abs_diff(asked) * 100 <= asked, "{seen} of {asked}");
    }

    #[test]
    fn a_world_without_pods_made_in_bulk_has_nothing_to_replace() {
        let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
        let store = Store::new(Registry::builtin(), clock, 7);
        let options = Options {
            churn: 50.0,
            ..Options::default()
        };
        assert_eq!(World::build(&store, &options).unwrap().churning(), None);
    }

    #[test]
    fn a_new_pod_is_whole_at_every_step_and_the_kubelet_would_have_written_the_same() {
        let (world, clock) = world(25.0);
        let before = names(&world);
        let mut phases = HashSet::new();
        for _ in 0..150 {
            pass(&world, &clock, 1);
            let inner = world.lock();
            for pod in world.store().list("pods", Some("load-000")) {
                if before.contains(&pod.name) && !pod.deleting {
                    continue;
                }
                let value = pod.value();
                let body = pod.body.text();
                let body = String::from_utf8_lossy(&body);
                assert!(super::super::mould::MARKS.iter().all(|mark| !body.contains(mark)));
                assert_eq!(text(&value, "/metadata/resourceVersion"), pod.version.to_string());
                assert_eq!(pod.deleting, value["metadata"].get("deletionTimestamp").is_some());
                let known = &inner.pods[&(pod.namespace.clone(), pod.name.clone())];
                assert_eq!(known.deleting.is_some(), pod.deleting);
                let registry = world.store().registry();
                let parsed = crate::demo::store::Object::new(&registry.stored("pods").unwrap(), &value, 0);
                assert_eq!((&parsed.labels, &parsed.fields), (&pod.labels, &pod.fields));
                if pod.deleting {
                    continue;
                }
                phases.insert(text(&value, "/status/phase").to_owned());
                assert_eq!(
                    value["status"],
                    status(&value, &known.spec, known.life.as_ref().unwrap())
                );
            }
        }
        assert_eq!(phases.len(), 2, "{phases:?}");
    }

    /// How much the world remembers, by what.
    fn sizes(world: &World) -> Vec<(&'static str, usize)> {
        let inner = world.lock();
        let changes = ["pods", "replicasets", "deployments", "events", "leases"];
        let churn = &inner.churn;
        let shared = inner.objects.values().map(BTreeMap::len).sum();
        vec![
            ("changes", changes.iter().map(|what| inner.store.kept(what)).sum()),
            ("pods", inner.pods.len()),
            (
                "pods of nodes",
                inner.nodes.values().map(|node| node.pods.len()).sum(),
            ),
            ("children", inner.children.values().map(BTreeSet::len).sum()),
            ("owners", inner.children.len()),
            ("what controllers read", shared),
            ("own versions", inner.own.len()),
            ("work", inner.work.waiting()),
            ("births", inner.births.len()),
            ("to replace", churn.pods.len()),
            (
                "on their way",
                churn.coming.len() + churn.going.len() + churn.untold.len(),
            ),
            ("moulds", churn.moulds.len()),
        ]
    }

    #[test]
    fn churn_piles_nothing_up() {
        let (world, clock) = world(10.0);
        let live = |seconds: u64| {
            for _ in 0..seconds / 2 {
                clock.advance(Duration::from_secs(2));
                world.tick(clock.now());
            }
        };
        // Longer than the store keeps changes; events go after an hour.
        live(400);
        let before = sizes(&world);
        live(600);
        for ((what, before), (_, after)) in before.into_iter().zip(sizes(&world)) {
            assert!(
                after <= before + before / 4 + 30,
                "{what}: {before}, then {after}"
            );
        }
    }

    #[test]
    fn equal_seeds_churn_equally() {
        let texts = || {
            let (world, clock) = world(45.0);
            pass(&world, &clock, 150);
            let pods = world.store().list("pods", None);
            pods.iter().map(|pod| pod.body.text()).collect::<Vec<_>>()
        };
        assert!(texts() == texts());
    }
}
