//! Game days: things that go wrong in the demo cluster on request, each with a symptom, a hidden cause and a check that says when it is mended.
//! A scenario only does what a person, a cloud or a bad day could do; the world draws the consequences by its own laws.

mod certificates;
mod check;
mod condition;
mod demand;
mod file;
mod gates;
mod neighbours;
mod nodes;
mod reference;
mod releases;
mod step;
mod volumes;
mod zone;

use std::sync::Arc;

pub use file::{EXAMPLE, Written};

use super::clock::Clock;
use super::resource::Registry;
use super::status::Status;
use super::store::Store;
use super::world::flavor::Flavor;
use super::world::{Hand, Inner, World};
use crate::clock::Timestamp;
use crate::model::GameDay;

/// One game day of the house.
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
    /// What mends it in a shell.
    pub kubectl: &'static str,
    /// Where it can happen.
    on: Place,
    /// Makes it happen.
    start: fn(&mut Inner, Timestamp) -> Result<(), Status>,
    /// What goes on happening while it is played.
    hand: Option<Hand>,
    /// Whether what is wrong is right again.
    mended: fn(&Inner) -> bool,
}

/// Clusters in which something can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In all.
    Anywhere,
    /// In those of a cloud; why not on one machine.
    Clouds(&'static str),
    /// On EKS; why nowhere else.
    Eks(&'static str),
}

/// A game day to play.
#[derive(Debug, Clone)]
pub enum Game {
    /// One of the house.
    Known(&'static Scenario),
    /// One from a file.
    Written(Arc<Written>),
}

/// A game day that is played.
#[derive(Debug)]
struct Playing {
    game: Game,
    began: Timestamp,
    /// Steps of a file that were done.
    done: usize,
    /// Applications that are in trouble until something holds.
    troubles: Vec<((String, String), condition::Condition)>,
    /// What steps that could not be done were refused with, in order.
    failed: Vec<String>,
}

impl From<&'static Scenario> for Game {
    fn from(scenario: &'static Scenario) -> Self {
        Self::Known(scenario)
    }
}

impl Scenario {
    /// Why it cannot happen in a cluster of this flavor. `None`: it can.
    pub fn refusal(&self, flavor: Flavor) -> Option<String> {
        let (why, only) = match (self.on, flavor) {
            (Place::Anywhere, _) | (_, Flavor::Eks) => return None,
            (Place::Eks(why), _) => (why, "eks"),
            (Place::Clouds(why), Flavor::Kind) => (why, "eks, aks or gke"),
            (Place::Clouds(_), _) => return None,
        };
        let (name, flavor) = (self.name, flavor.name());
        Some(format!(
            "`{name}` cannot happen on {flavor}: {why}; play it with --flavor {only}"
        ))
    }

    /// Lets it begin.
    fn begin(&self, inner: &mut Inner, now: Timestamp) -> Result<(), Status> {
        (self.start)(inner, now)?;
        inner.hands.0.extend(self.hand);
        Ok(())
    }
}

impl Game {
    /// What is told of it in a cluster of this flavor.
    pub fn story(&self, flavor: Flavor) -> GameDay {
        match self {
            Self::Known(scenario) => {
                let texts = |list: &[&str]| list.iter().map(|text| flavor.text(text)).collect();
                GameDay {
                    name: scenario.name.to_owned(),
                    symptom: flavor.text(scenario.symptom),
                    cause: flavor.text(scenario.cause),
                    evidence: texts(scenario.evidence),
                    hints: texts(&scenario.hints),
                    path: [texts(scenario.path), vec![flavor.text(scenario.kubectl)]].concat(),
                }
            }
            Self::Written(written) => written.story.clone(),
        }
    }

    /// Why it cannot be played in a cluster of this flavor. `None`: it can.
    pub fn refusal(&self, flavor: Flavor) -> Option<String> {
        match self {
            Self::Known(scenario) => scenario.refusal(flavor),
            Self::Written(written) => written.refusal(flavor),
        }
    }

    fn mended(&self, inner: &Inner) -> bool {
        match self {
            Self::Known(scenario) => (scenario.mended)(inner),
            Self::Written(written) => written.mended(inner),
        }
    }
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

/// Any scenario that can happen there; equal seeds choose equally.
pub fn any(seed: u64, flavor: Flavor) -> &'static Scenario {
    let fit = |scenario: &&&Scenario| scenario.refusal(flavor).is_none();
    let at = super::ids::stable(&["gameday", &seed.to_string()]) as usize;
    let count = ALL.iter().filter(fit).count().max(1);
    ALL.iter().filter(fit).nth(at % count).copied().unwrap_or(ALL[0])
}

/// Lets a game day begin in a world that is forgotten then: whether it can.
///
/// # Errors
/// As [`World::play`].
pub fn rehearse(game: &Game, options: &super::world::Options) -> Result<(), Status> {
    let store = Store::new(Registry::builtin(), Clock::real(), options.seed);
    World::build(&store, options)?.play(game)
}

impl Inner {
    /// The game day that is played.
    fn playing(&self) -> Option<&Playing> {
        self.game.as_ref()?.downcast_ref()
    }

    fn playing_mut(&mut self) -> Option<&mut Playing> {
        self.game.as_mut()?.downcast_mut()
    }
}

/// What one game day leaves broken is no part of another.
const UNMENDED: &str =
    "the last game day is not mended yet: mend it, or leave and start anew: kubris gameday NAME";

impl World {
    /// Lets a game day begin, once what the one before broke is whole again.
    ///
    /// # Errors
    /// Another is not mended; it cannot happen in such a cluster. What the store refuses: the world is not the standard one.
    pub fn play(&self, game: &Game) -> Result<(), Status> {
        let now = self.store().clock().now();
        {
            let mut inner = self.lock();
            if let Some(why) = game.refusal(inner.flavor) {
                return Err(Status::bad_request(why));
            }
            let open = inner.playing().map(|playing| playing.game.clone());
            if open.is_some_and(|before| !before.mended(&inner)) {
                return Err(Status::bad_request(UNMENDED));
            }
            inner.let_go(now);
            inner.hands = (Vec::new(), now);
            inner.game = Some(Box::new(Playing {
                game: game.clone(),
                began: now,
                done: 0,
                troubles: Vec::new(),
                failed: Vec::new(),
            }));
            let begun = match game {
                Game::Known(scenario) => scenario.begin(&mut inner, now),
                Game::Written(_) => inner.play_steps(now),
            };
            if let Err(status) = begun {
                inner.game = None;
                return Err(status);
            }
        }
        self.tick(now);
        Ok(())
    }

    /// Why steps of the present game day were left out so far, each with its place in the file, in order.
    pub fn failures(&self) -> Vec<String> {
        let inner = self.lock();
        let playing = inner.playing();
        playing.map_or_else(Vec::new, |playing| playing.failed.clone())
    }

    /// Whether what a game day broke is whole again.
    pub fn mended(&self, game: &Game) -> bool {
        game.mended(&self.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::super::kubelet::scene::Answer;
    use super::super::world::Options;
    use super::super::world::pressure::Whom;
    use super::*;

    /// `:gameday` inside `kubris demo` plays in a world that has troubles already.
    #[test]
    fn every_scenario_can_begin_in_the_standard_world() {
        for scenario in ALL {
            let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
            let store = Store::new(Registry::builtin(), clock, 7);
            let world = World::build(&store, &Options::default()).unwrap();
            let game = Game::from(*scenario);
            world.play(&game).unwrap();
            assert!(!world.mended(&game), "{}", scenario.name);
        }
    }

    /// Lets up to five minutes pass until a scenario is mended.
    #[track_caller]
    fn heals(world: &World, game: &Game) {
        let clock = world.store().clock().clone();
        for _ in 0..300 {
            clock.advance(std::time::Duration::from_secs(1));
            world.tick(clock.now());
            if world.mended(game) {
                return;
            }
        }
        panic!("{game:?} is not mended: {:?}", world.lock().pressure);
    }

    #[test]
    fn a_second_one_waits_for_the_first_and_can_be_mended_then() {
        let (first, second) = (
            &Game::from(&neighbours::DNS_BROKEN),
            &Game::from(&neighbours::NOISY),
        );
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
        let stale = Whom::app("shop", "cart");
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
    fn any_is_one_that_can_happen_there() {
        for seed in 0..40 {
            for flavor in [Flavor::Eks, Flavor::Kind] {
                assert_eq!(any(seed, flavor).refusal(flavor), None);
            }
        }
        let why = demand::IP_EXHAUSTION.refusal(Flavor::Gke).unwrap();
        assert!(
            why.starts_with("`ip-exhaustion` cannot happen on gke: ") && why.ends_with("--flavor eks"),
            "{why}"
        );
    }

    #[test]
    fn every_scenario_tells_its_story_in_order() {
        for scenario in ALL {
            let Scenario { name, symptom, .. } = scenario;
            for flavor in [Flavor::Aks, Flavor::Gke, Flavor::Kind] {
                let story = format!("{:?}", Game::from(*scenario).story(flavor)).to_lowercase();
                let refused = scenario.refusal(flavor);
                let foreign = ["aws", "amazon", "eks.", " eni", "eu-central", "-m5", "172.20"];
                let found = foreign.into_iter().find(|word| story.contains(word));
                assert!(
                    refused.is_some() || found.is_none(),
                    "{found:?} on {flavor:?}: {story}"
                );
            }
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
            let columns = |line: &str| line.contains("  ");
            assert!(
                scenario.path.iter().all(|line| columns(line)),
                "{name}: keys, then what they show"
            );
            let lengths = scenario.hints.map(str::len);
            assert!(lengths.iter().all(|length| *length > 20), "{name}: {lengths:?}");
        }
    }
}
