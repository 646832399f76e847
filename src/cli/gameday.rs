//! `kubris gameday`: something breaks in a demo cluster, the explorer opens on it, and in the end the whole story is printed.

use std::process::ExitCode;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::args::{Demo as DemoArgs, Gameday as Args};
use super::output::Output;
use super::{CliError, Session, demo};
use crate::app::gameday::Game;
use crate::clock;
use crate::demo::scenario::{self, Scenario};
use crate::demo::world::World;
use crate::msg::GameDay;
use crate::runtime::Games;

/// Lists the game days, or plays one.
pub(super) fn run(session: &Session, args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    if args.scenario == "list" {
        for scenario in scenario::ALL {
            out.line(&format!("{:<18} {}", scenario.name, scenario.symptom))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if args.scenario != RANDOM {
        demo::scenario(&args.scenario)?;
    }
    let cluster = DemoArgs {
        calm: true,
        ..DemoArgs::default()
    };
    let game = demo::explore(session, &cluster, Some(args.scenario.clone()))?;
    if let Some(game) = game {
        tell(&game, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

const RANDOM: &str = "random";

/// Prints the story of a game day that was left; who leaves it unfinished has given it up.
fn tell(game: &Game, out: &mut Output) -> Result<(), CliError> {
    let mut game = game.clone();
    let now = clock::now();
    game.end.get_or_insert(crate::app::gameday::End {
        at: now,
        mended: false,
    });
    for line in game.story(now).plain().lines() {
        out.line(line)?;
    }
    Ok(())
}

/// The game days of a demo cluster.
#[derive(Default)]
pub(super) struct Field {
    /// Unset while the cluster starts.
    world: OnceLock<World>,
    playing: Mutex<Option<&'static Scenario>>,
}

impl Field {
    /// The cluster has started.
    pub(super) fn open(&self, world: Option<&World>) {
        if let Some(world) = world {
            let _ = self.world.set(world.clone()); // once a run
        }
    }

    fn playing(&self) -> std::sync::MutexGuard<'_, Option<&'static Scenario>> {
        self.playing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Games for Field {
    fn start(&self, name: &str) -> Result<GameDay, String> {
        let scenario = if name == RANDOM {
            scenario::any(clock::now().0.unsigned_abs() / 1_000_000)
        } else {
            scenario::find(name)
                .ok_or_else(|| format!("no game day `{name}`: kubris gameday list names them"))?
        };
        let world = self.world.get().ok_or("the demo cluster is still starting")?;
        world.play(scenario).map_err(|status| status.to_string())?;
        *self.playing() = Some(scenario);
        Ok(day(scenario))
    }

    fn mended(&self) -> bool {
        let playing = *self.playing();
        let world = self.world.get();
        playing
            .zip(world)
            .is_some_and(|(scenario, world)| world.mended(scenario))
    }
}

fn day(scenario: &Scenario) -> GameDay {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    GameDay {
        name: scenario.name.to_owned(),
        symptom: scenario.symptom.to_owned(),
        cause: scenario.cause.to_owned(),
        evidence: texts(scenario.evidence),
        hints: texts(&scenario.hints),
        path: texts(scenario.path),
    }
}
