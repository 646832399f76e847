//! Notices that the machine slept: the wall clock went on while the monotonic one stood still. Every stream then starts anew.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::link::Link;
use crate::clock;

const LOOK: Duration = Duration::from_secs(5);
/// More than a loaded machine loses between two looks.
const JUMP: Duration = Duration::from_secs(20);

/// Looks every few seconds for as long as the link is there.
pub async fn run(link: Arc<Link>) {
    let (mut steady, mut wall) = (Instant::now(), clock::now());
    loop {
        sleep(LOOK).await;
        let (steady_now, wall_now) = (Instant::now(), clock::now());
        if jumped(steady_now - steady, wall_now.nanos_since(wall)) {
            tracing::info!("the clock jumped: every stream starts anew");
            link.reopen().await;
        }
        (steady, wall) = (steady_now, wall_now);
    }
}

/// The wall clock went on by so many nanoseconds while the steady one went on by `steady`. A clock that is set back is no sleep.
fn jumped(steady: Duration, wall_nanos: i64) -> bool {
    let wall = Duration::from_nanos(u64::try_from(wall_nanos).unwrap_or(0));
    // A steady clock that counts sleep (macOS) shows it as a very late look.
    wall.saturating_sub(steady) >= JUMP || steady >= LOOK + JUMP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_is_noticed_and_a_clock_set_back_is_not() {
        let second = 1_000_000_000;
        assert!(!jumped(LOOK, 5 * second));
        assert!(!jumped(LOOK, 12 * second));
        assert!(jumped(LOOK, 3600 * second));
        assert!(jumped(Duration::from_secs(3600), 3600 * second));
        assert!(!jumped(LOOK, -3600 * second));
    }
}
