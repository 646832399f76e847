//! Every game day on every flavor it claims, mended by the very command that its story ends with.

use kubris::demo::scenario::{self, Game};
use kubris::demo::world::flavor::Flavor;

use super::Day;
use super::commands::run;

/// Seconds after which everything a game day does has shown, and within which the mended cluster is whole.
const TIMES: (u64, u64) = (400, 600);

async fn play_all(flavor: Flavor) {
    let mut played = 0;
    for scenario in scenario::ALL {
        let game = Game::from(*scenario);
        if game.refusal(flavor).is_some() {
            continue;
        }
        played += 1;
        let day = Day::on(game.clone(), flavor).await;
        day.pass(TIMES.0);
        assert!(!day.mended(), "{} on {flavor:?} mends itself", scenario.name);
        let story = game.story(flavor);
        let command = story.path.last().unwrap();
        run(&day, command).await;
        day.heals_within(TIMES.1);
    }
    let least = if flavor == Flavor::Kind { 13 } else { 17 };
    assert!(played >= least, "{played} on {flavor:?}");
}

#[tokio::test]
async fn on_eks() {
    play_all(Flavor::Eks).await;
}

#[tokio::test]
async fn on_aks() {
    play_all(Flavor::Aks).await;
}

#[tokio::test]
async fn on_gke() {
    play_all(Flavor::Gke).await;
}

#[tokio::test]
async fn on_kind() {
    play_all(Flavor::Kind).await;
}
