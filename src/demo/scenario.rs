//! Game days: things that go wrong in the demo cluster on request, each with a symptom, a hidden cause and a check that says when it is mended.
//! A scenario only does what a person, a cloud or a bad day could do; the world draws the consequences by its own laws.

mod certificates;
mod check;
mod demand;
mod gates;
mod neighbours;
mod nodes;
mod releases;
mod volumes;
mod zone;

use super::status::Status;
use super::world::flavor::Flavor;
use super::world::{Hand, Inner, World};
use crate::clock::Timestamp;

/// One game day.
#[derive(Debug)]
pub struct Scenario {
    /// What it is called on the command line; tells the initiated what it is about.
    pub name: &'static str,
    /// What a person meets first, in one line; does not tell the cause.
    pub symptom: &'static str,
    /// What is behind it.
    pub cause: &'static str,
    /// What shows the cause, in the order in which one meets it.
    pub evidence: &'static [&'static str],
    /// Three hints, from vague to exact.
    pub hints: [&'static str; 3],
    /// The shortest way from the symptom to the mending, in kubris' keys.
    pub path: &'static [&'static str],
    /// Makes it happen.
    start: fn(&mut Inner, Timestamp) -> Result<(), Status>,
    /// What goes on happening while it is played.
    hand: Option<Hand>,
    /// Whether what is wrong is right again.
    mended: fn(&Inner) -> bool,
}

/// Every scenario, the easiest first.
pub static ALL: &[&Scenario] = &[
    &releases::BAD_IMAGE,
    &releases::OOM_LEAK,
    &releases::NEVER_READY,
    &demand::PENDING_CPU,
    &demand::IP_EXHAUSTION,
    &demand::HPA_MAX,
    &gates::QUOTA,
    &gates::WEBHOOK_DOWN,
    &gates::WEBHOOK_EXPIRED,
    &certificates::TLS_EXPIRED,
    &neighbours::DNS_BROKEN,
    &neighbours::NOISY,
    &neighbours::DISK_PRESSURE,
    &nodes::MASS_EVICTION,
    &nodes::NOT_READY,
    &nodes::UPGRADE,
    &volumes::RWO,
    &zone::OUTAGE,
];

/// The scenario of a name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    ALL.iter().copied().find(|scenario| scenario.name == name)
}

/// Any scenario; equal seeds choose equally.
pub fn any(seed: u64) -> &'static Scenario {
    let at = super::world::ids::stable(&["gameday", &seed.to_string()]) as usize % ALL.len().max(1);
    ALL[at]
}

/// What one game day leaves broken is no part of another.
const UNMENDED: &str =
    "the last game day is not mended yet: mend it, or leave and start anew: kubris gameday NAME";

impl World {
    /// Lets a scenario begin, once what the one before broke is whole again.
    ///
    /// # Errors
    /// Another is not mended. What the store refuses: the world is not the standard one, or it looks like another cloud's.
    pub fn play(&self, scenario: &'static Scenario) -> Result<(), Status> {
        let now = self.store().clock().now();
        {
            let mut inner = self.lock();
            if inner.flavor != Flavor::Eks {
                return Err(Status::bad_request("game days are played on the EKS flavor"));
            }
            if inner.scenario.is_some_and(|before| !(before.mended)(&inner)) {
                return Err(Status::bad_request(UNMENDED));
            }
            inner.let_go(now);
            (scenario.start)(&mut inner, now)?;
            inner.hand = scenario.hand.map(|hand| (hand, now));
            inner.scenario = Some(scenario);
        }
        self.tick(now);
        Ok(())
    }

    /// Whether what a scenario broke is whole again.
    pub fn mended(&self, scenario: &Scenario) -> bool {
        (scenario.mended)(&self.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::Clock;
    use super::super::resource::Registry;
    use super::super::store::Store;
    use super::super::world::Options;
    use super::super::world::pressure::{Answer, Whom};
    use super::*;

    /// `:gameday` inside `kubris demo` plays in a world that has troubles already.
    #[test]
    fn every_scenario_can_begin_in_the_standard_world() {
        for scenario in ALL {
            let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
            let store = Store::new(Registry::builtin(), clock, 7);
            let world = World::build(&store, &Options::default()).unwrap();
            world.play(scenario).unwrap();
            assert!(!world.mended(scenario), "{}", scenario.name);
        }
    }

    /// Lets up to five minutes pass until a scenario is mended.
    #[track_caller]
    fn heals(world: &World, scenario: &Scenario) {
        let clock = world.store().clock().clone();
        for _ in 0..300 {
            clock.advance(std::time::Duration::from_secs(1));
            world.tick(clock.now());
            if world.mended(scenario) {
                return;
            }
        }
        panic!("{} is not mended: {:?}", scenario.name, world.lock().pressure);
    }

    #[test]
    fn a_second_one_waits_for_the_first_and_can_be_mended_then() {
        let (first, second) = (&neighbours::DNS_BROKEN, &neighbours::NOISY);
        let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
        let store = Store::new(Registry::builtin(), clock.clone(), 7);
        let options = Options {
            calm: true,
            ..Options::default()
        };
        let world = World::build(&store, &options).unwrap();
        world.play(first).unwrap();
        let refused = world.play(second).unwrap_err();
        assert!(refused.to_string().contains("not mended yet"), "{refused}");
        let service = ("services", "kube-system", "kube-dns");
        check::change(&world.lock(), service, |service| {
            service["spec"]["selector"]["k8s-app"] = "kube-dns".into();
        })
        .unwrap();
        heals(&world, first);
        // Something of the first that its hand would end only later.
        let stale = Whom::App("shop", "cart");
        world
            .lock()
            .trouble(&stale, true, (Answer::Late, ""), clock.now());
        world.play(second).unwrap();
        assert!(!world.mended(second));
        let reindex = ("deployments", "batch", "reindex");
        check::change(&world.lock(), reindex, |reindex| {
            reindex["spec"]["replicas"] = 0.into();
        })
        .unwrap();
        heals(&world, second);
    }

    #[test]
    fn every_scenario_tells_its_story_in_order() {
        for scenario in ALL {
            let Scenario { name, symptom, .. } = scenario;
            assert_eq!(
                find(name).map(|found| found.name),
                Some(*name),
                "names are unique"
            );
            assert!(symptom.chars().count() <= 76, "{name}: the symptom has one line");
            assert!(
                !scenario.evidence.is_empty() && !scenario.path.is_empty(),
                "{name}"
            );
            let lengths = scenario.hints.map(str::len);
            assert!(lengths.iter().all(|length| *length > 20), "{name}: {lengths:?}");
        }
    }
}
