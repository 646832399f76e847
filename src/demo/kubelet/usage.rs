//! How much processor and memory a container uses at a moment: smooth, repeatable functions of time and identity. Holds no state.

use super::spec::Container;
use crate::clock::Timestamp;
use crate::demo::ids::stable;
use crate::demo::image::Nature;
use crate::demo::kubelet_api::Usage;

const MIB: u64 = 1 << 20;

/// The load of the whole cluster at `now`: about 1, between 0.55 and 1.45, in waves of 11 and 47 minutes.
pub fn load(now: Timestamp) -> f64 {
    let minutes = now.0 as f64 / 60e9;
    1.0 + 0.3 * (minutes / 11.0 * std::f64::consts::TAU).sin()
        + 0.15 * (minutes / 47.0 * std::f64::consts::TAU).sin()
}

/// What a container that runs since `since` uses at `now`; `who` is its pod's uid, `share` how many times the usual work it does.
pub fn usage(container: &Container, who: &str, (since, now): (Timestamp, Timestamp), share: f64) -> Usage {
    let nature = container.nature();
    let mix = stable(&[who, &container.name]);
    let own = 0.8 + (mix % 400) as f64 / 1000.0;
    let minutes = now.0 as f64 / 60e9;
    let phase = (mix >> 12) as f64 % 628.0 / 100.0;
    let ripple = 1.0 + 0.12 * (minutes * 2.3 + phase).sin() + 0.05 * (minutes * 9.1 + phase * 3.0).sin();
    let milli = f64::from(nature.cpu_milli) * own * load(now) * ripple * share;
    let starting = if now.nanos_since(since) < 20_000_000_000 {
        1.6
    } else {
        1.0
    };
    let most = if container.limits.0 > 0 {
        container.limits.0 as f64
    } else {
        f64::MAX
    };
    Usage {
        cpu_nano: ((milli * starting).min(most) * 1e6) as u64,
        memory_bytes: told(&container.command).unwrap_or_else(|| {
            let bytes = memory(nature, mix, (since, now));
            // Of a program that nobody knows, its owner has found out the limit.
            match container.limits.1 {
                limit if limit > 0 && container.is_unknown() => bytes.min(limit / 10 * 7),
                _ => bytes,
            }
        }),
    }
}

/// The processor time that a container has used since it began, nanoseconds: the integral of its usual work under the cluster's load,
/// so that it only grows and its rate is near [`usage`].
pub fn total(container: &Container, who: &str, (since, now): (Timestamp, Timestamp)) -> u64 {
    let own = 0.8 + (stable(&[who, &container.name]) % 400) as f64 / 1000.0;
    let cores = f64::from(container.nature().cpu_milli) * own / 1e3;
    let area = |at: Timestamp| {
        let (minutes, turn) = (at.0 as f64 / 60e9, std::f64::consts::TAU);
        minutes
            - 0.3 * 11.0 / turn * (minutes / 11.0 * turn).cos()
            - 0.15 * 47.0 / turn * (minutes / 47.0 * turn).cos()
    };
    (cores * (area(now) - area(since)).max(0.0) * 60e9) as u64
}

/// The memory that `stress` is told to take.
fn told(command: &[String]) -> Option<u64> {
    let at = command.iter().position(|word| word == "--vm-bytes")?;
    let amount = command.get(at + 1)?;
    let (number, unit) = amount.split_at_checked(amount.len().checked_sub(1)?)?;
    let shift = match unit {
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return amount.parse().ok(),
    };
    Some(number.parse::<u64>().ok()? << shift)
}

fn memory(nature: &Nature, mix: u64, (since, now): (Timestamp, Timestamp)) -> u64 {
    let base = u64::from(nature.memory_mib) * MIB;
    let own = base / 100 * (mix % 17);
    let leaked = leak_bytes(nature, now.nanos_since(since));
    let minutes = now.0 as f64 / 60e9;
    let breath = (base as f64 * 0.02 * ((minutes / 3.0 + (mix >> 20) as f64 % 10.0).sin() + 1.0)) as u64;
    (base + own + leaked + breath).min(u64::from(nature.most_mib.max(nature.memory_mib)) * MIB)
}

fn leak_bytes(nature: &Nature, nanos: i64) -> u64 {
    (f64::from(nature.leak_mib) * MIB as f64 * nanos.max(0) as f64 / 60e9) as u64
}

/// Seconds after its start at which a container's memory reaches its limit and the kernel kills it; `None` if it never does.
pub fn killed_after(container: &Container) -> Option<i64> {
    let nature = container.nature();
    let limit = container.limits.1;
    if let Some(bytes) = told(&container.command) {
        return (limit > 0 && bytes > limit).then_some(1);
    }
    if limit == 0
        || container.is_unknown()
        || u64::from(nature.most_mib.max(nature.memory_mib)) * MIB <= limit
    {
        return None;
    }
    let room = limit.saturating_sub(u64::from(nature.memory_mib) * MIB);
    let a_minute = u64::from(nature.leak_mib) * MIB;
    if room == 0 || a_minute == 0 {
        return (room == 0 || u64::from(nature.memory_mib) * MIB > limit).then_some(1);
    }
    Some(((room as f64 / a_minute as f64) * 60.0) as i64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaking(limit_mib: u64) -> Container {
        Container {
            name: "app".into(),
            image: "x/payments/fraud-check:1.0.0".into(),
            limits: (0, limit_mib * MIB),
            ..Container::default()
        }
    }

    #[test]
    fn a_leak_meets_its_limit_and_a_higher_limit_cures_it() {
        let seconds = killed_after(&leaking(256)).unwrap();
        assert!((120..240).contains(&seconds), "{seconds}");
        assert_eq!(killed_after(&leaking(384)), None);
        assert_eq!(killed_after(&leaking(0)), None);
        assert_eq!(killed_after(&leaking(16)), Some(1));
    }

    #[test]
    fn usage_moves_smoothly_and_repeats() {
        let container = Container {
            name: "app".into(),
            image: "x/shop/web:1.0.0".into(),
            ..Container::default()
        };
        let at = |second: i64| {
            usage(
                &container,
                "u",
                (
                    Timestamp::from_seconds(0),
                    Timestamp::from_seconds(100_000 + second),
                ),
                1.0,
            )
        };
        assert_eq!(at(5), at(5));
        for second in 0..600 {
            let (one, two) = (at(second).cpu_nano as f64, at(second + 1).cpu_nano as f64);
            assert!((one - two).abs() / one < 0.05, "{one} {two}");
        }
        assert!((0..1800).map(|s| at(s).cpu_nano).max() > Some(at(0).cpu_nano * 11 / 10));
    }

    #[test]
    fn what_nobody_knows_stays_below_its_limit_and_stress_takes_what_it_is_told() {
        let mut container = Container {
            image: "registry.example.com/anything:1".into(),
            ..leaking(16)
        };
        let now = Timestamp::from_seconds(1_795_000_000);
        let used = |container: &Container| usage(container, "uid", (now, now), 1.0).memory_bytes;
        assert_eq!(killed_after(&container), None);
        assert!(used(&container) < 12 * MIB);
        container.command = ["stress", "--vm", "1", "--vm-bytes", "150M"]
            .map(str::to_owned)
            .into();
        assert_eq!((killed_after(&container), used(&container)), (Some(1), 150 * MIB));
        container.limits.1 = 200 * MIB;
        assert_eq!(killed_after(&container), None);
    }
}
