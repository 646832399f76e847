//! `kubris gameday`: something breaks in a demo cluster, the explorer opens on it, and in the end the whole story is printed.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::args::{Demo as DemoArgs, Gameday as Args};
use super::output::Output;
use super::{CliError, Session, demo};
use crate::app::gameday::Game as Played;
use crate::clock;
use crate::demo::scenario::{self, Game, Written};
use crate::demo::world::World;
use crate::model::GameDay;
use crate::model::problem::suggestion;
use crate::runtime::Games;

/// Lists the game days, or plays one.
pub(super) fn run(session: &Session, args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    if args.example {
        for line in scenario::EXAMPLE.lines() {
            out.line(line)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut cluster = DemoArgs {
        calm: true,
        flavor: args.flavor,
        seed: args.seed,
        ..DemoArgs::default()
    };
    if args.scenario == "list" {
        let flavor = args.flavor.unwrap_or_default();
        for scenario in scenario::ALL {
            if scenario.refusal(flavor).is_none() {
                let story = Game::from(*scenario).story(flavor);
                out.line(&format!("{:<18} {}", story.name, story.symptom))?;
            }
        }
        return Ok(ExitCode::SUCCESS);
    }
    if args.scenario != RANDOM {
        let game = game(&args.scenario)?;
        if let Game::Written(written) = &game {
            cluster.flavor = args.flavor.or(written.flavor);
            cluster.seed = args.seed.or(written.seed);
        }
        if let Some(why) = game.refusal(cluster.flavor.unwrap_or_default()) {
            return Err(CliError::Usage(why));
        }
        demo::rehearse(&game, &demo::options(&cluster)?)?;
    }
    let played = demo::explore(session, &cluster, Some(args.scenario.clone()))?;
    if let Some(played) = played {
        tell(&played, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The game day of a name, or from a file.
///
/// # Errors
/// There is none of that name, or what is wrong with the file.
pub(super) fn game(name: &str) -> Result<Game, CliError> {
    let is_file = name.contains('/') || [".yaml", ".yml"].iter().any(|end| name.ends_with(end));
    if is_file {
        let text = std::fs::read_to_string(name);
        let text = text.map_err(|error| CliError::Usage(format!("{name}: {error}")))?;
        let written = Written::parse(name, &text);
        let written = written.map_err(|problem| CliError::Usage(problem.to_string()))?;
        return Ok(Game::Written(Arc::new(written)));
    }
    let names = || scenario::ALL.iter().map(|scenario| scenario.name);
    scenario::find(name).map(Game::from).ok_or_else(|| {
        let near = suggestion(name, names());
        let all: Vec<_> = names().collect();
        CliError::Usage(format!(
            "no scenario `{name}`{near}; there are: {}; or a file such as ./{name}.yaml",
            all.join(", ")
        ))
    })
}

const RANDOM: &str = "random";

/// Prints the story of a game day that was left; who leaves it unfinished has given it up.
fn tell(game: &Played, out: &mut Output) -> Result<(), CliError> {
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
    playing: Mutex<Option<Game>>,
}

impl Field {
    /// The cluster has started.
    pub(super) fn open(&self, world: Option<&World>) {
        if let Some(world) = world {
            let _ = self.world.set(world.clone()); // once a run
        }
    }

    fn playing(&self) -> std::sync::MutexGuard<'_, Option<Game>> {
        self.playing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Games for Field {
    fn start(&self, name: &str) -> Result<GameDay, String> {
        let world = self.world.get().ok_or("the demo cluster is still starting")?;
        let flavor = world.flavor();
        let game = if name == RANDOM {
            scenario::any(clock::now().0.unsigned_abs() / 1_000_000, flavor).into()
        } else {
            game(name).map_err(|error| error.to_string())?
        };
        world.play(&game).map_err(|status| status.to_string())?;
        let day = game.story(flavor);
        *self.playing() = Some(game);
        Ok(day)
    }

    fn mended(&self) -> bool {
        let playing = self.playing().clone();
        let world = self.world.get();
        playing
            .zip(world)
            .is_some_and(|(game, world)| world.mended(&game))
    }

    fn failures(&self) -> Vec<String> {
        self.world.get().map_or_else(Vec::new, World::failures)
    }
}
