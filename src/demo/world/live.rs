//! The world's pulse: what changed is taken up, what is due is looked at, until nothing is left to do at this moment.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::event::{About, note};
use super::mains::Birth;
use super::pod::locate;
use super::state::{Key, Pod};
use super::surroundings::Surroundings;
use super::work::Work;
use super::{Inner, World, scheduler};
use crate::clock::Timestamp;
use crate::demo::kubelet::life::Life;
use crate::demo::kubelet::scene::{Host, Scene};
use crate::demo::kubelet::status;
use crate::demo::kubelet::step::{Next, step};
use crate::demo::object::{after, text, time};
use crate::demo::shell::Program;

/// How many things are looked at in one tick at most.
const A_TICK: usize = 2_000;
/// By how much two ticks may overtake each other, nanoseconds.
const OVERTAKEN: i64 = 5_000_000_000;
/// And before readers of the world get their turn.
const A_TURN: usize = 20;
/// How often main processes that end at once may lead to others in one tick.
const A_MOMENT: u32 = 4;

impl World {
    /// Lets the world live up to `now`; gives the time by which it wants to be called again.
    pub fn tick(&self, now: Timestamp) -> Timestamp {
        // One tick at a time, and none with a moment that was read before another's: within a tick readers get their turn, another tick does not.
        let mut pulse = self.pulse.lock().unwrap_or_else(PoisonError::into_inner);
        let behind = pulse.nanos_since(now);
        // A clock that was set back is followed.
        let now = if (0..OVERTAKEN).contains(&behind) {
            *pulse
        } else {
            now
        };
        *pulse = now;
        let mut next = self.look_around(now);
        // What a main process does shows in its container at once, as far as that ends.
        for _ in 0..A_MOMENT {
            if !self.run_mains(now) {
                break;
            }
            next = self.look_around(now);
        }
        self.mains.due().map_or(next, |due| due.min(next))
    }

    /// Looks at all that is due; gives the time by which something is due again.
    fn look_around(&self, now: Timestamp) -> Timestamp {
        let mut inner = self.lock();
        inner.observe_all(now);
        inner.work.ring(now);
        inner.periodic(now);
        for turn in 1..=A_TICK {
            let Some(work) = inner.work.pop() else { break };
            if turn % A_TURN == 0 {
                drop(inner);
                self.make_way();
                inner = self.lock();
            }
            inner.look(work, now);
            inner.observe_all(now);
        }
        inner
            .work
            .next_alarm()
            .unwrap_or_else(|| after(now, 1))
            .min(after(now, 1))
    }

    /// Lives by the store's clock until the future is dropped.
    pub async fn live(&self) {
        let mut newest = self.store.newest();
        loop {
            newest.mark_unchanged();
            let now = self.store.clock().now();
            let next = self.tick(now);
            self.grown().send_modify(|count| *count += 1);
            let wait = next.nanos_since(now).clamp(20_000_000, 250_000_000);
            tokio::select! {
                () = self.store.clock().sleep(Duration::from_nanos(wait as u64)) => {}
                changed = newest.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.store.clock().sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }
}

impl Inner {
    fn look(&mut self, work: Work, now: Timestamp) {
        match work {
            Work::Pod(key) => self.look_at_pod(&key, now),
            Work::Schedule(key) => self.schedule(&key, now),
            Work::Object(resource, key) => self.control(resource, &key, now),
            Work::Orphans(uid) => self.collect(&uid),
            Work::Finalize(resource, key) => self.finalize(&resource, &key, now),
            Work::Lost(key) => {
                let _ = self.store.remove("pods", &key.0, &key.1);
            }
        }
    }

    /// A pod was bound to `node`: it takes a slot there and gets a life.
    pub fn arrive(&mut self, key: &Key, node: &Arc<str>, now: Timestamp) {
        self.unscheduled.remove(key);
        let Some(pod) = self.pods.get_mut(key) else { return };
        let host = self.nodes.get(node).map_or([0; 4], |node| node.address);
        if pod.life.is_none() {
            pod.life = Some(Life::bound(&pod.spec, host, now));
        }
        if let Some(node) = self.nodes.get_mut(node) {
            node.join(key, &pod.spec);
        }
    }

    fn look_at_pod(&mut self, key: &Key, now: Timestamp) {
        let Some(mut pod) = self.pods.remove(key) else {
            return;
        };
        let next = self.step_pod(key, &mut pod, now);
        let due = match next {
            Next::Look(due) => due,
            Next::Gone => None,
        };
        if due != pod.due {
            pod.due = due;
            if let Some(at) = due {
                self.work.later(at, Work::Pod(key.clone()));
            }
        }
        let kept = pod.kept;
        self.pods.insert(key.clone(), pod);
        if next == Next::Gone && !kept {
            let _ = self.store.remove("pods", &key.0, &key.1);
        }
    }

    fn step_pod(&mut self, key: &Key, pod: &mut Pod, now: Timestamp) -> Next {
        let Some(name) = pod.node.clone() else {
            return if pod.deleting.is_some() {
                Next::Gone
            } else {
                Next::Look(None)
            };
        };
        let mounted =
            pod.life.as_ref().is_none_or(|life| life.sandbox.on) || self.claims_bound(key, pod, now);
        let answer = self.answer_of(key, pod);
        let silent = self.pressure.silent.contains_key(&name);
        let Some(node) = self.nodes.get_mut(&name) else {
            return Next::Gone;
        };
        if (silent || !node.ready) && pod.deleting.is_none_or(|(_, grace)| grace > 0) {
            return Next::Look(Some(after(now, 5)));
        }
        let Some(life) = &mut pod.life else {
            return Next::Look(None);
        };
        let before = life.clone();
        let mut scene = Scene {
            now,
            key: (&key.0, &key.1),
            uid: &pod.uid,
            spec: &pod.spec,
            ip: [0; 4],
            host: Host {
                address: node.address,
                pool: &mut node.pool,
                images: &mut node.images,
            },
            deleting: pod.deleting,
            mounted,
            answer,
            ids: &mut self.ids,
            notes: Vec::new(),
        };
        let next = step(life, &mut scene);
        let notes = scene.notes;
        self.births.extend(births(key, pod, &before));
        let about = About::pod((&key.0, &key.1), &pod.uid);
        for note in notes {
            self.record(&about, ("kubelet", &name), &note, now);
        }
        let changed = pod.life.as_ref().is_some_and(|life| worth_telling(&before, life));
        if changed && next != Next::Gone {
            self.publish(key, pod);
            if pod.over() && before.over.is_none() {
                self.work.push(Work::Pod(key.clone()));
            }
        }
        if pod.over() && before.over.is_none() {
            self.vacate(key, pod);
        }
        next
    }

    /// A pod that is over frees its slot.
    fn vacate(&mut self, key: &Key, pod: &Pod) {
        if let Some(node) = pod.node.as_ref().and_then(|name| self.nodes.get_mut(name)) {
            node.part(key, &pod.spec);
        }
        self.wake_unscheduled();
    }

    /// Writes a pod's status as its kubelet sees it.
    pub fn publish(&mut self, key: &Key, pod: &Pod) {
        let Some(life) = &pod.life else { return };
        let written = self.store.modify("pods", &key.0, &key.1, |value| {
            value["status"] = status::status(value, &pod.spec, life);
        });
        if let Ok(value) = written {
            self.mine(&value);
        }
        self.tell_owners(key, pod);
    }

    fn schedule(&mut self, key: &Key, now: Timestamp) {
        let Some(pod) = self.pods.get(key).cloned() else {
            return;
        };
        if pod.node.is_some() || pod.deleting.is_some() || pod.spec.gated || !self.unscheduled.contains(key) {
            if pod.deleting.is_some() && pod.node.is_none() {
                let _ = self.store.remove("pods", &key.0, &key.1);
            }
            return;
        }
        let about = About::pod((&key.0, &key.1), &pod.uid);
        let around = self.around((key, &pod), &BTreeSet::new());
        match scheduler::choose(&pod.spec, &self.nodes, &around) {
            Ok(node) => {
                let place = self.nodes.get(&node);
                let bound = self.store.modify("pods", &key.0, &key.1, |value| {
                    value["spec"]["nodeName"] = (*node).into();
                    if let Some(place) = place {
                        locate(value, place);
                    }
                    let life = Life::bound(&pod.spec, [0; 4], now);
                    value["status"] = status::status(value, &pod.spec, &life);
                });
                if bound.is_ok() {
                    let text = format!("Successfully assigned {}/{} to {node}", key.0, key.1);
                    self.record(
                        &about,
                        ("default-scheduler", ""),
                        &note(false, "Scheduled", text),
                        now,
                    );
                }
            }
            Err(misfit) => {
                let preemption = self.preempt((key, &pod), &misfit, now);
                let message = misfit.message(&preemption);
                let written = self.store.modify("pods", &key.0, &key.1, |value| {
                    value["status"] = status::unscheduled(value, &message, now);
                });
                if let Ok(value) = written {
                    self.mine(&value);
                }
                self.record(
                    &about,
                    ("default-scheduler", ""),
                    &note(true, "FailedScheduling", message),
                    now,
                );
            }
        }
    }

    /// This version of a pod is the world's own doing and tells it nothing new.
    fn mine(&mut self, value: &serde_json::Value) {
        if let Ok(version) = text(value, "/metadata/resourceVersion").parse()
            && version > self.seen
        {
            self.own.insert(version);
        }
    }

    /// The surroundings of a pod without those in `gone`.
    pub fn around(&self, (key, pod): (&Key, &Pod), gone: &BTreeSet<Key>) -> Surroundings {
        let owner = pod.owner.as_ref().map_or("", |owner| &*owner.uid);
        self.surroundings((&key.0, owner), (&pod.labels, &pod.spec), gone)
    }

    /// The pods an owner controls.
    pub fn pods_of(&self, uid: &str) -> Vec<Key> {
        let children = self.children.get(uid).into_iter().flatten();
        children
            .filter(|(resource, _)| &**resource == "pods")
            .map(|(_, key)| key.clone())
            .collect()
    }

    fn periodic(&mut self, now: Timestamp) {
        self.forget_events(now);
        self.heartbeats(now);
        self.replace_some(now);
        self.lend_a_hand(now);
        if now.nanos_since(self.walked) >= 2_000_000_000 {
            self.walked = now;
            self.node_lifecycle(now);
            self.disks(now);
            self.count_quotas();
        }
        if now.nanos_since(self.scaled) >= 15_000_000_000 {
            self.scaled = now;
            self.all_of("horizontalpodautoscalers");
        }
        if now.nanos_since(self.crons) >= 5_000_000_000 {
            self.crons = now;
            self.all_of("cronjobs");
        }
        if now.nanos_since(self.retried) >= 60_000_000_000 {
            self.retried = now;
            self.wake_unscheduled();
        }
    }

    /// Scenarios go on: the steps that are due, and every two seconds the hands.
    fn lend_a_hand(&mut self, now: Timestamp) {
        self.play_on(now);
        if self.hands.0.is_empty() || now.nanos_since(self.hands.1) < 2_000_000_000 {
            return;
        }
        self.hands.1 = now;
        for hand in self.hands.0.clone() {
            hand(self, now);
        }
    }

    /// Kubelets renew their leases every ten seconds and report their nodes every five minutes.
    fn heartbeats(&mut self, now: Timestamp) {
        if now.nanos_since(self.beaten) < 10_000_000_000 {
            return;
        }
        self.beaten = now;
        let alive: Vec<Arc<str>> = self
            .nodes
            .iter()
            .filter(|(name, node)| node.ready && !self.pressure.silent.contains_key(*name))
            .map(|(name, _)| Arc::clone(name))
            .take(200)
            .collect();
        for name in alive {
            let _ = self.store.modify("leases", "kube-node-lease", &name, |lease| {
                lease["spec"]["renewTime"] = crate::demo::object::micro_stamp(now).into();
            });
            self.report(&name, now);
        }
    }

    /// Renews a node's report if it is older than five minutes.
    fn report(&self, name: &str, now: Timestamp) {
        let Some(node) = self.store.object("nodes", "", name) else {
            return;
        };
        let heard = time(&node.value(), "/status/conditions/0/lastHeartbeatTime");
        if heard.is_some_and(|at| now.nanos_since(at) <= 300_000_000_000) {
            return;
        }
        let _ = self.store.modify("nodes", "", name, |node| {
            for condition in node["status"]["conditions"].as_array_mut().into_iter().flatten() {
                condition["lastHeartbeatTime"] = crate::demo::object::stamp(now).into();
            }
        });
    }
}

/// The main processes that the shell is to run from now on.
fn births(key: &Key, pod: &Pod, before: &Life) -> Vec<Birth> {
    let Some(life) = &pod.life else {
        return Vec::new();
    };
    let begun = life.runs(&pod.spec).zip(before.runs(&pod.spec));
    let begun = begun
        .filter(|((run, _), (old, _))| run.real && run.running().is_some() && run.running() != old.running());
    let births = begun.filter_map(|((run, container), _)| {
        Some(Birth {
            pod: key.clone(),
            container: container.name.clone(),
            number: run.restarts,
            program: Program::clone(container.program.as_ref()?),
        })
    });
    births.collect()
}

/// Whether a pod's status reads differently now.
fn worth_telling(before: &Life, now: &Life) -> bool {
    let plain = |life: &Life| {
        let mut life = life.clone();
        life.sandbox_failures = 0;
        life.stopping = None;
        for run in life.init.iter_mut().chain(&mut life.main) {
            run.due = None;
            run.backoff = 0;
            run.pulling = false;
            run.probe_failures = 0;
            run.live_failures = 0;
        }
        life
    };
    plain(before) != plain(now)
}

#[cfg(test)]
mod tests {
    use super::super::{Options, World};
    use super::*;
    use crate::demo::clock::Clock;
    use crate::demo::object::text;
    use crate::demo::resource::Registry;
    use crate::demo::store::Store;
    use serde_json::Value;

    struct Play {
        world: World,
        clock: Clock,
    }

    impl Play {
        fn new() -> Self {
            let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
            let store = Store::new(Registry::builtin(), clock.clone(), 7);
            Self {
                world: World::build(&store, &Options::default()).unwrap(),
                clock,
            }
        }

        fn pass(&self, seconds: i64) {
            let end = after(self.clock.now(), seconds);
            while self.clock.now() < end {
                let next = self.world.tick(self.clock.now()).min(end);
                let step = next.nanos_since(self.clock.now()).max(1_000_000);
                self.clock.advance(Duration::from_nanos(step as u64));
            }
            self.world.tick(self.clock.now());
        }

        fn read(&self, resource: &str, namespace: &str, name: &str) -> Value {
            self.world.store().read(resource, namespace, name).unwrap()
        }

        fn pods(&self, namespace: &str, stem: &str) -> Vec<Value> {
            let list = self.world.store().list("pods", Some(namespace));
            list.iter()
                .filter(|pod| pod.name.starts_with(stem))
                .map(|pod| pod.value())
                .collect()
        }

        fn change(&self, resource: &str, key: (&str, &str), change: impl FnOnce(&mut Value)) {
            self.world.store().modify(resource, key.0, key.1, change).unwrap();
        }
    }

    fn ready(pod: &Value) -> bool {
        pod["status"]["conditions"]
            .as_array()
            .is_some_and(|list| list.iter().any(|c| c["type"] == "Ready" && c["status"] == "True"))
    }

    #[test]
    fn the_start_is_steady_and_controllers_agree_with_it() {
        let play = Play::new();
        let before: Vec<_> = play
            .world
            .store()
            .list("pods", None)
            .iter()
            .map(|pod| pod.name.clone())
            .collect();
        play.pass(2);
        let now: Vec<_> = play
            .world
            .store()
            .list("pods", None)
            .iter()
            .map(|pod| pod.name.clone())
            .collect();
        let fresh: Vec<_> = now.iter().filter(|name| !before.contains(name)).collect();
        assert!(fresh.len() <= 2, "only the running job starts pods: {fresh:?}");
        for object in play.world.store().list("deployments", None) {
            let value = object.value();
            let troubled = [
                "fraud-check",
                "preview",
                "gateway",
                "promo-banner",
                "feature-worker",
            ]
            .contains(&&*object.name);
            assert_eq!(
                value["status"]["availableReplicas"] == value["spec"]["replicas"],
                !troubled,
                "{}",
                object.name
            );
        }
        for object in play.world.store().list("daemonsets", None) {
            let unready: Vec<_> = play
                .pods(&object.namespace, &object.name)
                .into_iter()
                .filter(|pod| !ready(pod))
                .map(|pod| pod["status"].clone())
                .collect();
            assert_eq!(
                object.value()["status"]["numberReady"],
                9,
                "{} {unready:?} {:?}",
                object.name,
                object.value()["status"]
            );
        }
        for object in play.world.store().list("statefulsets", None) {
            let value = object.value();
            assert_eq!(
                value["status"]["readyReplicas"], value["spec"]["replicas"],
                "{}",
                object.name
            );
        }
    }

    #[test]
    fn scaling_makes_and_takes_pods() {
        let play = Play::new();
        play.change("deployments", ("shop", "thumbnailer"), |d| {
            d["spec"]["replicas"] = 7.into();
        });
        play.change("horizontalpodautoscalers", ("shop", "thumbnailer"), |hpa| {
            hpa["spec"]["minReplicas"] = 7.into();
        });
        play.pass(20);
        let pods = play.pods("shop", "thumbnailer-");
        assert_eq!((pods.len(), pods.iter().filter(|pod| ready(pod)).count()), (7, 7));
        assert_eq!(
            play.read("deployments", "shop", "thumbnailer")["status"]["readyReplicas"],
            7
        );
        play.change("deployments", ("team-a", "feature-worker"), |d| {
            d["spec"]["replicas"] = 3.into();
        });
        play.pass(10);
        assert_eq!(play.pods("team-a", "feature-worker-").len(), 3);
    }

    #[test]
    fn a_deleted_pod_is_replaced_and_endpoints_follow() {
        let play = Play::new();
        play.pass(1);
        let victim = text(&play.pods("team-a", "feature-worker-")[0], "/metadata/name").to_owned();
        play.world
            .lock()
            .delete_pod(&super::super::state::key("team-a", &victim), play.clock.now());
        play.pass(1);
        assert!(
            play.pods("team-a", "feature-worker-")
                .iter()
                .any(|pod| text(pod, "/metadata/name") == victim),
            "it stops gracefully"
        );
        let victim = text(&play.pods("monitoring", "grafana-")[0], "/metadata/name").to_owned();
        play.world
            .lock()
            .delete_pod(&super::super::state::key("monitoring", &victim), play.clock.now());
        play.pass(25);
        let pods = play.pods("monitoring", "grafana-");
        assert!(pods.len() == 1 && ready(&pods[0]) && text(&pods[0], "/metadata/name") != victim);
        let slices = play.world.store().list("endpointslices", Some("monitoring"));
        let slice = slices
            .iter()
            .find(|slice| slice.name.starts_with("grafana-"))
            .unwrap()
            .value();
        assert_eq!(slice["endpoints"][0]["addresses"][0], pods[0]["status"]["podIP"]);
        assert_eq!(
            (
                &slice["ports"][0]["port"],
                slice["endpoints"].as_array().unwrap().len()
            ),
            (&3000.into(), 1)
        );
    }

    #[test]
    fn a_leak_is_killed_again_and_again_until_its_limit_is_raised() {
        let play = Play::new();
        let restarts = |play: &Play| {
            play.pods("payments", "fraud-check-")[0]["status"]["containerStatuses"][0]["restartCount"]
                .as_u64()
                .unwrap()
        };
        let first = restarts(&play);
        play.pass(1_000);
        assert!(restarts(&play) >= first + 2, "{first} {}", restarts(&play));
        let status = play.pods("payments", "fraud-check-")[0]["status"]["containerStatuses"][0].clone();
        assert_eq!(status["lastState"]["terminated"]["exitCode"], 137);
        play.change("deployments", ("payments", "fraud-check"), |d| {
            d["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] = "512Mi".into();
        });
        play.pass(900);
        let pods = play.pods("payments", "fraud-check-");
        assert!(pods.len() == 2 && pods.iter().all(ready), "{}", pods.len());
        assert!(
            pods.iter()
                .all(|pod| pod["status"]["containerStatuses"][0]["restartCount"] == 0)
        );
    }

    #[test]
    fn a_bad_image_stops_a_rollout_and_a_good_one_completes_it() {
        let play = Play::new();
        let set = |image: &str| {
            let image = super::super::catalog::full(image);
            play.change("deployments", ("shop", "cart"), |d| {
                d["spec"]["template"]["spec"]["containers"][0]["image"] = image.into();
            });
        };
        // The t3 nodes are full, so room for the surge has to be made first.
        play.change("deployments", ("shop", "promo-banner"), |d| {
            d["spec"]["replicas"] = 0.into();
        });
        play.change("deployments", ("shop", "catalog"), |d| {
            d["spec"]["replicas"] = 2.into();
        });
        play.pass(5);
        set("~shop/cart:nightly");
        play.pass(60);
        let waiting: Vec<String> = play
            .pods("shop", "cart-")
            .iter()
            .map(|pod| text(pod, "/status/containerStatuses/0/state/waiting/reason").to_owned())
            .collect();
        assert!(
            waiting
                .iter()
                .any(|reason| reason.ends_with("Pull") || reason == "ImagePullBackOff"),
            "{waiting:?}"
        );
        assert_eq!(
            play.read("deployments", "shop", "cart")["status"]["availableReplicas"],
            3
        );
        set("~shop/cart:2.9.1");
        play.pass(90);
        let deployment = play.read("deployments", "shop", "cart");
        assert_eq!(
            (
                &deployment["status"]["updatedReplicas"],
                &deployment["status"]["replicas"]
            ),
            (&3.into(), &3.into())
        );
        assert_eq!(
            deployment["status"]["conditions"][1]["reason"],
            "NewReplicaSetAvailable"
        );
    }

    #[test]
    fn the_unschedulable_pod_runs_once_there_is_a_slot() {
        let play = Play::new();
        play.change("deployments", ("shop", "catalog"), |d| {
            d["spec"]["replicas"] = 2.into();
        });
        play.pass(60);
        let pods = play.pods("shop", "promo-banner-");
        assert!(pods.iter().all(ready), "{}", pods[0]["status"]);
    }

    #[test]
    fn a_freed_address_cools_and_then_serves_the_thirsty_pod() {
        let play = Play::new();
        play.change("deployments", ("team-a", "feature-worker"), |d| {
            d["spec"]["replicas"] = 9.into();
        });
        play.pass(3);
        assert_eq!(
            play.pods("team-a", "feature-worker-").len(),
            9,
            "the one without address went first"
        );
        play.change("deployments", ("team-a", "feature-worker"), |d| {
            d["spec"]["replicas"] = 10.into();
        });
        play.pass(40);
        assert_eq!(
            play.pods("team-a", "feature-worker-")
                .iter()
                .filter(|pod| ready(pod))
                .count(),
            9
        );
        let events = play.world.store().list("events", Some("team-a"));
        assert!(events.iter().any(|event| {
            text(&event.value(), "/message").ends_with("failed to assign an IP address to container")
        }));
    }

    #[test]
    fn every_application_can_grow_and_be_restarted_but_that_on_the_node_without_addresses() {
        for app in ["web", "catalog", "cart", "recommendations", "search"] {
            let play = Play::new();
            play.change("deployments", ("shop", app), |deployment| {
                deployment["spec"]["replicas"] = 8.into();
                deployment["spec"]["template"]["metadata"]["annotations"]["restartedAt"] = "now".into();
            });
            play.pass(60);
            let deployment = play.read("deployments", "shop", app);
            let status = &deployment["status"];
            assert_eq!(
                (&status["updatedReplicas"], &status["availableReplicas"]),
                (&deployment["spec"]["replicas"], &deployment["spec"]["replicas"]),
                "{app}: {status}"
            );
            let pod = &play.pods("shop", app)[0];
            let zone = &pod["metadata"]["labels"]["topology.kubernetes.io/zone"];
            assert!(zone.as_str().is_some_and(|zone| zone.starts_with("eu-central-1")));
            assert_eq!(pod["metadata"]["generation"], 1);
        }
    }

    #[test]
    fn old_endpoints_follow_as_well_and_go_with_their_service() {
        let play = Play::new();
        let made = play.read("endpoints", "shop", "cart");
        assert_eq!(made["subsets"][0]["addresses"].as_array().map(Vec::len), Some(3));
        assert_eq!(
            made["subsets"][0]["ports"][0]["port"], 8080,
            "the port in the pod"
        );
        play.world.store().remove("services", "shop", "cart").unwrap();
        play.pass(1);
        assert!(play.world.store().read("endpoints", "shop", "cart").is_none());
    }

    #[test]
    fn an_autoscaler_without_figures_says_so() {
        let play = Play::new();
        play.world
            .lock()
            .add(
                serde_json::json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
                "metadata": {"name": "idle", "namespace": "team-a"}, "spec": {"maxReplicas": 3,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "preview"}}}),
            )
            .unwrap();
        play.pass(1);
        let status = &play.read("horizontalpodautoscalers", "team-a", "idle")["status"];
        assert_eq!(status["currentReplicas"], 1);
        assert_eq!(status["conditions"][1]["reason"], "FailedGetResourceMetric");
    }

    #[test]
    fn jobs_and_cron_jobs_run_and_end() {
        let play = Play::new();
        play.pass(700);
        let runs: Vec<Value> = play
            .world
            .store()
            .list("jobs", Some("batch"))
            .iter()
            .filter(|job| job.name.starts_with("cleanup-"))
            .map(|job| job.value())
            .collect();
        assert!((3..=4).contains(&runs.len()), "{}", runs.len());
        assert!(runs.iter().filter(|job| job["status"]["succeeded"] == 1).count() >= 3);
        let failed = play.read("jobs", "batch", "import-orders");
        assert_eq!(
            failed["status"]["conditions"][1]["reason"],
            "BackoffLimitExceeded"
        );
    }

    #[test]
    fn deleting_a_deployment_takes_everything_it_owned() {
        let play = Play::new();
        play.world.store().remove("deployments", "shop", "web").unwrap();
        play.pass(10);
        assert_eq!(play.pods("shop", "web-").len(), 0);
        assert!(
            play.world
                .store()
                .list("replicasets", Some("shop"))
                .iter()
                .all(|set| !set.name.starts_with("web-"))
        );
    }

    #[test]
    fn a_stateful_set_grows_in_order_with_claims() {
        let play = Play::new();
        play.change("statefulsets", ("shop", "redis"), |s| {
            s["spec"]["replicas"] = 5.into();
        });
        play.pass(60);
        let pods = play.pods("shop", "redis-");
        assert_eq!(pods.iter().filter(|pod| ready(pod)).count(), 5);
        assert_eq!(
            play.read("persistentvolumeclaims", "shop", "data-redis-4")["status"]["phase"],
            "Bound"
        );
    }

    #[test]
    fn equal_seeds_live_equal_lives() {
        let run = || {
            let play = Play::new();
            play.pass(60);
            play.world
                .store()
                .list("pods", None)
                .iter()
                .map(|pod| pod.body.text())
                .collect::<Vec<_>>()
        };
        assert_eq!(run(), run());
    }
}
