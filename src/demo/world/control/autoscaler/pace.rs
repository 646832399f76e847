//! How fast an autoscaler follows what its metrics propose: recommendations of the last minutes, and what its behaviour allows in a period
//! (`pkg/controller/podautoscaler/horizontal.go`, `normalizeDesiredReplicas…`). Pure: it remembers, and changes nothing else.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::demo::object::{items, number, text};

/// How long the greatest recommendation stands, seconds (`--horizontal-pod-autoscaler-downscale-stabilization`).
const STABLE: i64 = 300;
/// Without a behaviour of its own a target at most doubles at a time, or grows to this.
const LEAST_LIMIT: i64 = 4;
/// The longest window or period that an autoscaler may have, seconds.
const LONGEST: i64 = 3_600;

/// What an autoscaler proposed and did, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    proposals: Vec<(Timestamp, i64)>,
    ups: Vec<(Timestamp, i64)>,
    downs: Vec<(Timestamp, i64)>,
}

/// A number of replicas within what an autoscaler allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paced {
    /// Replicas to have.
    pub desired: i64,
    /// Reason and message of `AbleToScale`.
    pub able: (&'static str, &'static str),
    /// Whether the proposal was cut, with reason and message of `ScalingLimited`.
    pub limited: (bool, &'static str, &'static str),
}

const READY: (&str, &str) = ("ReadyForNewScale", "recommended size matches current size");
const DOWN_STABILIZED: (&str, &str) = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
);
const UP_STABILIZED: (&str, &str) = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
);
const WITHIN: (&str, &str) = (
    "DesiredWithinRange",
    "the desired count is within the acceptable range",
);
const TOO_MANY: (&str, &str) = (
    "TooManyReplicas",
    "the desired replica count is more than the maximum replica count",
);
const TOO_FEW: (&str, &str) = (
    "TooFewReplicas",
    "the desired replica count is less than the minimum replica count",
);
const UP_LIMIT: (&str, &str) = (
    "ScaleUpLimit",
    "the desired replica count is increasing faster than the maximum scale rate",
);
const DOWN_LIMIT: (&str, &str) = (
    "ScaleDownLimit",
    "the desired replica count is decreasing faster than the maximum scale rate",
);

/// What an autoscaler's spec says of numbers: least, most, present.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// `minReplicas`.
    pub low: i64,
    /// `maxReplicas`.
    pub high: i64,
    /// What the target has.
    pub current: i64,
}

impl Memory {
    /// Remembers what the target had when it was first seen.
    pub fn begin(&mut self, current: i64, now: Timestamp) {
        if self.proposals.is_empty() {
            self.proposals.push((now, current));
        }
    }

    /// What becomes of a proposal; `behavior` is null if there is none.
    pub fn pace(&mut self, proposed: i64, bounds: Bounds, behavior: &Value, now: Timestamp) -> Paced {
        let (stable, able) = if behavior.is_null() {
            let recent = within(&self.proposals, STABLE, now).max();
            let stable = recent.map_or(proposed, |recent| recent.max(proposed));
            (stable, DOWN_STABILIZED)
        } else {
            self.stabilized(proposed, bounds.current, behavior, now)
        };
        self.proposals.push((now, proposed));
        forget(&mut self.proposals, now);
        let (desired, why) = if behavior.is_null() {
            plain(stable, bounds)
        } else {
            self.allowed(stable, bounds, behavior, now)
        };
        Paced {
            desired,
            able: if stable == proposed { READY } else { able },
            limited: (desired != stable, why.0, why.1),
        }
    }

    /// Remembers a change that was made.
    pub fn changed(&mut self, from: i64, to: i64, now: Timestamp) {
        let list = if to > from { &mut self.ups } else { &mut self.downs };
        list.push((now, (to - from).abs()));
        forget(list, now);
    }

    fn stabilized(
        &self,
        proposed: i64,
        current: i64,
        behavior: &Value,
        now: Timestamp,
    ) -> (i64, (&'static str, &'static str)) {
        let up = number(behavior, "/scaleUp/stabilizationWindowSeconds").unwrap_or(0);
        let down = number(behavior, "/scaleDown/stabilizationWindowSeconds").unwrap_or(STABLE);
        let lowest = within(&self.proposals, up, now).fold(proposed, i64::min);
        let highest = within(&self.proposals, down, now).fold(proposed, i64::max);
        let why = if proposed >= current {
            UP_STABILIZED
        } else {
            DOWN_STABILIZED
        };
        (current.max(lowest).min(highest), why)
    }

    /// Within bounds and the policies of the behaviour.
    fn allowed(
        &self,
        stable: i64,
        bounds: Bounds,
        behavior: &Value,
        now: Timestamp,
    ) -> (i64, (&'static str, &'static str)) {
        let current = bounds.current;
        if stable > current {
            let limit = self.limit(current, &behavior["scaleUp"], true, now).max(current);
            let (most, why) = if bounds.high > limit {
                (limit, UP_LIMIT)
            } else {
                (bounds.high, TOO_MANY)
            };
            if stable > most {
                return (most, why);
            }
        }
        if stable < current {
            let limit = self
                .limit(current, &behavior["scaleDown"], false, now)
                .min(current);
            let (least, why) = if bounds.low < limit {
                (limit, DOWN_LIMIT)
            } else {
                (bounds.low, TOO_FEW)
            };
            if stable < least {
                return (least, why);
            }
        }
        (stable, WITHIN)
    }

    /// How far the policies of one direction let the target go.
    fn limit(&self, current: i64, rules: &Value, up: bool, now: Timestamp) -> i64 {
        let select = text(rules, "/selectPolicy");
        if select == "Disabled" {
            return current;
        }
        let defaults = default_policies(up);
        let policies = match items(rules, "/policies") {
            [] => items(&defaults, ""),
            own => own,
        };
        let of = |policy: &Value| {
            let period = number(policy, "/periodSeconds").unwrap_or(15);
            let value = number(policy, "/value").unwrap_or(0);
            let sum = |list: &[(Timestamp, i64)]| within(list, period, now).sum::<i64>();
            let start = current - sum(&self.ups) + sum(&self.downs);
            match (up, policy["type"] == "Percent") {
                (true, false) => start + value,
                (true, true) => (start as f64 * (1.0 + value as f64 / 100.0)).ceil() as i64,
                (false, false) => start - value,
                (false, true) => (start as f64 * (1.0 - value as f64 / 100.0)) as i64,
            }
        };
        let all = policies.iter().map(of);
        // The greatest change is the greatest number upwards and the smallest downwards.
        let found = if up == (select != "Min") {
            all.max()
        } else {
            all.min()
        };
        found.unwrap_or(current)
    }
}

/// What defaulting writes (`pkg/apis/autoscaling/v2/defaults.go`).
fn default_policies(up: bool) -> Value {
    let double = serde_json::json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    if up {
        serde_json::json!([{"type": "Pods", "value": 4, "periodSeconds": 15}, double])
    } else {
        serde_json::json!([double])
    }
}

fn within(list: &[(Timestamp, i64)], seconds: i64, now: Timestamp) -> impl Iterator<Item = i64> + use<'_> {
    let after = move |at: Timestamp| now.nanos_since(at) < seconds.saturating_mul(1_000_000_000);
    list.iter()
        .filter(move |(at, _)| after(*at))
        .map(|(_, value)| *value)
}

fn forget(list: &mut Vec<(Timestamp, i64)>, now: Timestamp) {
    list.retain(|(at, _)| now.seconds() - at.seconds() <= LONGEST);
}

/// Without a behaviour: within bounds, and no more than twice as many.
fn plain(stable: i64, bounds: Bounds) -> (i64, (&'static str, &'static str)) {
    let limit = (2 * bounds.current).max(LEAST_LIMIT);
    let (most, why) = if bounds.high > limit {
        (limit, UP_LIMIT)
    } else {
        (bounds.high, TOO_MANY)
    };
    match stable {
        few if few < bounds.low => (bounds.low, TOO_FEW),
        many if many > most => (most, why),
        _ => (stable, WITHIN),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + second)
    }

    fn bounds(current: i64) -> Bounds {
        Bounds {
            low: 1,
            high: 100,
            current,
        }
    }

    /// Proposes `proposed` every 15 seconds and does what is allowed; what there was after each.
    fn course(behavior: &Value, begin: i64, proposed: i64, rounds: i64) -> Vec<i64> {
        let (mut memory, mut current) = (Memory::default(), begin);
        memory.begin(current, at(0));
        let each = |round: i64| {
            let paced = memory.pace(proposed, bounds(current), behavior, at(round * 15));
            if paced.desired != current {
                memory.changed(current, paced.desired, at(round * 15));
            }
            current = paced.desired;
            current
        };
        (1..=rounds).map(each).collect()
    }

    #[test]
    fn a_target_doubles_at_most_and_shrinks_after_five_minutes() {
        assert_eq!(course(&Value::Null, 1, 100, 6), [4, 8, 16, 32, 64, 100]);
        let down = course(&Value::Null, 10, 2, 21);
        assert_eq!((down[18], down[19], down[20]), (10, 2, 2), "{down:?}");
    }

    #[test]
    fn policies_limit_what_changes_in_a_period() {
        let slow = json!({"scaleDown": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}});
        assert_eq!(course(&slow, 10, 2, 9), [9, 9, 9, 9, 8, 8, 8, 8, 7]);
        let percent =
            json!({"scaleUp": {"policies": [{"type": "Percent", "value": 10, "periodSeconds": 15}]}});
        assert_eq!(course(&percent, 10, 100, 3), [11, 13, 15]);
        let least = json!({"scaleUp": {"selectPolicy": "Min"}});
        assert_eq!(course(&least, 1, 100, 3), [2, 4, 8]);
        let never = json!({"scaleDown": {"selectPolicy": "Disabled", "stabilizationWindowSeconds": 0}});
        assert_eq!(course(&never, 10, 2, 2), [10, 10]);
    }

    #[test]
    fn growth_waits_for_its_window() {
        let patient = json!({"scaleUp": {"stabilizationWindowSeconds": 60}});
        assert_eq!(course(&patient, 2, 5, 5), [2, 2, 2, 5, 5]);
        let mut memory = Memory::default();
        memory.begin(2, at(0));
        let paced = memory.pace(5, bounds(2), &patient, at(15));
        assert_eq!(paced.able, UP_STABILIZED);
    }

    #[test]
    fn bounds_are_named() {
        let mut memory = Memory::default();
        let narrow = Bounds {
            low: 2,
            high: 3,
            current: 3,
        };
        let paced = memory.pace(9, narrow, &Value::Null, at(0));
        assert_eq!(
            (paced.desired, paced.limited),
            (3, (true, TOO_MANY.0, TOO_MANY.1))
        );
        let paced = memory.pace(1, narrow, &Value::Null, at(400));
        assert_eq!((paced.desired, paced.limited.1), (2, "TooFewReplicas"));
    }
}
