//! `kubris demo`: the pretend cluster, opened or served. It writes one file, the kubeconfig, readable by its owner only.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::args::Demo as Args;
use super::explore::Guest;
use super::gameday::{Field, game};
use super::output::Output;
use super::{CliError, Session};
use crate::app::gameday::Game as Played;
use crate::cluster::kubeconfig::Search;
use crate::demo;
use crate::demo::scenario::Game;
use crate::demo::world::World;
use crate::model::{Failure, FailureKind};
use crate::runtime::Games;
use crate::text::neutralise;

/// How often it is looked whether a game day is mended.
const LOOK: Duration = Duration::from_secs(1);

/// Opens the explorer on it, or serves it until interrupted.
pub(super) fn run(session: &Session, args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    if !args.serve {
        return explore(session, args, None).map(|_| ExitCode::SUCCESS);
    }
    let options = options(args)?;
    let game = options.scenario.clone();
    let (demo, file) = start(options, kubeconfig(session, args))?;
    if let (Some(game), Some(world)) = (&game, demo.world()) {
        let story = game.story(world.flavor());
        out.line(&format!("# people complain: {}", story.symptom))?;
    }
    serve(&demo, (&file.0, game.as_ref()), out)
}

/// Opens the explorer on a demo cluster, which starts while the first frame is drawn; gives the game day that was played last.
pub(super) fn explore(
    session: &Session,
    args: &Args,
    game: Option<String>,
) -> Result<Option<Played>, CliError> {
    let (found, starting) = watch::channel(None);
    let games = Arc::new(Field::default());
    let guest = Guest {
        games: Arc::clone(&games) as Arc<dyn Games>,
        game,
        starting,
    };
    let (options, path) = (options(args)?, kubeconfig(session, args));
    if let Some(game) = &options.scenario {
        rehearse(game, &options)?;
    }
    let cluster = thread::spawn(move || {
        let started = start(options, path);
        if let Ok((demo, _)) = &started {
            games.open(demo.world());
        }
        found.send_replace(Some(match &started {
            Ok((_, file)) => Ok(Search {
                explicit: Some(file.0.clone()),
                ..Search::default()
            }),
            Err(error) => Err(Failure::new(FailureKind::Other, error.to_string())),
        }));
        started
    });
    let left = super::explore::run(session, None, Search::default(), Some(guest));
    // Who leaves before a large cluster is built does not wait for it; who saw that there was none is told why once more, where it stays.
    if cluster.is_finished() {
        let _cluster = cluster.join().map_err(|_| demo::Error::Ended)??;
    }
    left
}

/// Where the kubeconfig of the cluster is written.
fn kubeconfig(session: &Session, args: &Args) -> PathBuf {
    args.write_kubeconfig.clone().unwrap_or_else(|| {
        let name = format!("demo-{}.kubeconfig", std::process::id());
        session.config.folders.state.join(name)
    })
}

fn start(options: demo::Options, path: PathBuf) -> Result<(demo::Demo, KubeconfigFile), CliError> {
    let demo = demo::start(options)?;
    let file = KubeconfigFile::write(path, &demo.kubeconfig())?;
    Ok((demo, file))
}

/// A game day that somebody wrote is tried out before anything opens.
///
/// # Errors
/// Why it cannot begin.
pub(super) fn rehearse(game: &Game, options: &demo::Options) -> Result<(), CliError> {
    if let Game::Written(_) = game {
        let tried = demo::scenario::rehearse(game, &options.world);
        tried.map_err(|status| demo::Error::Game(Box::new(status)))?;
    }
    Ok(())
}

pub(super) fn options(args: &Args) -> Result<demo::Options, CliError> {
    let scenario = args.scenario.as_deref().map(game).transpose()?;
    let (flavor, seed) = match &scenario {
        Some(Game::Written(written)) => (written.flavor, written.seed),
        _ => (None, None),
    };
    let defaults = demo::world::Options::default();
    let world = demo::world::Options {
        seed: args.seed.or(seed).unwrap_or(defaults.seed),
        pods: args.pods,
        nodes: args.nodes,
        churn: args.churn,
        log_rate: args.log_rate,
        calm: args.calm || scenario.is_some(),
        flavor: args.flavor.or(flavor).unwrap_or_default(),
    };
    if let Some(why) = scenario.as_ref().and_then(|game| game.refusal(world.flavor)) {
        return Err(CliError::Usage(why));
    }
    Ok(demo::Options {
        world,
        port: args.port,
        control: args.faults,
        scenario,
        ..demo::Options::default()
    })
}

fn serve(
    demo: &demo::Demo,
    (kubeconfig, game): (&Path, Option<&Game>),
    out: &mut Output,
) -> Result<ExitCode, CliError> {
    out.line(&format!(
        "# the demo cluster serves https://{} until interrupted",
        demo.address()
    ))?;
    if let Some((changes, pods)) = demo.world().and_then(World::churning) {
        out.line(&format!(
            "# churn: {changes} changes of pods a second, {pods} pods replaced"
        ))?;
    }
    out.line(&format!("export KUBECONFIG='{}'", kubeconfig.display()))?;
    out.flush()?;
    super::runtime()?.block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            error = follow(game.zip(demo.world()), out) => return Err(error.into()),
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Says which steps of a game day could not be done, and once when it is mended; ends only when it cannot say so.
async fn follow(played: Option<(&Game, &World)>, out: &mut Output) -> io::Error {
    let began = Instant::now();
    if let Some((game, world)) = played {
        let mut told = 0;
        loop {
            let mended = world.mended(game);
            for why in world.failures().into_iter().skip(told) {
                told += 1;
                if let Err(error) = writeln!(io::stderr(), "kubris: {}", neutralise(&why)) {
                    return error;
                }
            }
            if mended {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        let seconds = began.elapsed().as_secs();
        let line = format!("# mended after {}:{:02}", seconds / 60, seconds % 60);
        if let Err(error) = out.line(&line).and_then(|()| out.flush()) {
            return error;
        }
    }
    std::future::pending().await
}

/// A kubeconfig that is removed when the cluster behind it ends.
struct KubeconfigFile(PathBuf);

impl KubeconfigFile {
    fn write(path: PathBuf, text: &str) -> Result<Self, CliError> {
        use std::os::unix::fs::OpenOptionsExt;
        let failed = |error| CliError::Write {
            path: path.clone(),
            error,
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut options = std::fs::OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(failed)?;
        Ok(Self(path))
    }
}

impl Drop for KubeconfigFile {
    fn drop(&mut self) {
        // It names a server that is gone; one that stays does no harm.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::{Args as Line, Command, Demo};
    use super::*;
    use crate::demo::world::flavor::Flavor;

    fn read(line: &str) -> demo::Options {
        let line = Line::try_parse_from(line.split_whitespace()).unwrap();
        let Some(Command::Demo(args)) = line.command else {
            panic!("{line:?}")
        };
        options(&args).unwrap()
    }

    #[test]
    fn what_is_typed_is_what_the_cluster_gets() {
        let asked = read(
            "kubris demo --pods 50 --nodes 12 --churn 2 --log-rate 300 --seed 3 --calm --flavor gke --port 1234 --serve --faults",
        );
        let world = &asked.world;
        assert_eq!((world.pods, world.nodes, world.seed), (50, 12, 3));
        assert_eq!((world.churn, world.log_rate), (2.0, 300.0));
        assert_eq!((world.calm, world.flavor), (true, Flavor::Gke));
        assert_eq!((asked.port, asked.control), (1234, true));
        for (word, flavor) in [("eks", Flavor::Eks), ("aks", Flavor::Aks), ("kind", Flavor::Kind)] {
            assert_eq!(read(&format!("kubris demo --flavor {word}")).world.flavor, flavor);
        }
    }

    #[test]
    fn a_scenario_is_played_in_a_calm_cluster() {
        let asked = read("kubris demo --scenario oom-leak");
        assert!(matches!(asked.scenario, Some(Game::Known(scenario)) if scenario.name == "oom-leak"));
        assert!(asked.world.calm);
        let line = Line::try_parse_from(["kubris", "demo", "--scenario", "rwo-volume", "--flavor", "kind"]);
        let Some(Command::Demo(elsewhere)) = line.unwrap().command else {
            panic!()
        };
        let why = options(&elsewhere).unwrap_err().to_string();
        assert!(why.contains("cannot happen on kind"), "{why}");
        let wrong = Demo {
            scenario: Some("nope".to_owned()),
            ..Demo::default()
        };
        assert!(
            options(&wrong)
                .unwrap_err()
                .to_string()
                .contains("no scenario `nope`; there are: ")
        );
        let plain = Line::try_parse_from(["kubris", "demo"]).unwrap();
        let Some(Command::Demo(plain)) = plain.command else {
            panic!()
        };
        let defaults = Demo::default();
        assert_eq!((plain.nodes, plain.seed), (defaults.nodes, defaults.seed));
    }
}
