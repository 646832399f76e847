//! How many pods a rolling update may add and take away. Reads `maxSurge` and `maxUnavailable`; starts nothing.
//!
//! Source: k8s.io/kubernetes v1.36, `pkg/controller/deployment/util`, `ResolveFenceposts`; k8s.io/apimachinery `pkg/util/intstr`.

/// A count, or a part of the replicas in per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CountOrPercent {
    /// So many pods.
    Count(i32),
    /// Per cent of the desired replicas.
    Percent(i32),
}

impl CountOrPercent {
    /// Reads `1` or `25%`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(percent) => percent.parse().ok().map(Self::Percent),
            None => text.parse().ok().map(Self::Count),
        }
    }

    /// The number of pods out of `desired`; of per cents rounded up or down. 0 for less than none.
    pub fn scaled(self, desired: u32, up: bool) -> u32 {
        let exact = match self {
            Self::Count(count) => return u32::try_from(count).unwrap_or(0),
            Self::Percent(percent) => u64::try_from(percent).unwrap_or(0) * u64::from(desired),
        };
        let scaled = if up { exact.div_ceil(100) } else { exact / 100 };
        u32::try_from(scaled).unwrap_or(u32::MAX)
    }
}

/// What a rolling update of `desired` replicas may do at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fenceposts {
    /// Pods above the desired number, rounded up.
    pub surge: u32,
    /// Pods missing from the desired number, rounded down; 1 when both would be 0, and never more than are desired.
    pub unavailable: u32,
}

/// Resolves both settings; `None` counts as 0, as the controller does (the API server fills in 25% before).
pub fn fenceposts(
    max_surge: Option<CountOrPercent>,
    max_unavailable: Option<CountOrPercent>,
    desired: u32,
) -> Fenceposts {
    let surge = max_surge.map_or(0, |value| value.scaled(desired, true));
    let unavailable = max_unavailable.map_or(0, |value| value.scaled(desired, false));
    let unavailable = if surge == 0 && unavailable == 0 {
        1
    } else {
        unavailable
    };
    Fenceposts {
        surge,
        unavailable: unavailable.min(desired),
    }
}

#[cfg(test)]
mod tests {
    use super::{CountOrPercent, Fenceposts, fenceposts};

    #[test]
    fn surge_rounds_up_and_unavailable_down() {
        for (surge, unavailable, desired, expected) in [
            ("25%", "25%", 10, (3, 2)),
            ("25%", "25%", 1, (1, 0)),
            ("25%", "25%", 4, (1, 1)),
            ("0", "10%", 5, (0, 1)),
            ("0%", "0%", 5, (0, 1)),
            ("2", "1", 3, (2, 1)),
            ("100%", "100%", 7, (7, 7)),
            ("0", "5", 3, (0, 3)),
            ("1", "1", 0, (1, 0)),
        ] {
            let of = |text| Some(CountOrPercent::parse(text).expect("valid"));
            assert_eq!(
                fenceposts(of(surge), of(unavailable), desired),
                Fenceposts {
                    surge: expected.0,
                    unavailable: expected.1
                },
                "{surge} {unavailable} of {desired}"
            );
        }
        assert_eq!(fenceposts(None, None, 4).unavailable, 1);
    }

    #[test]
    fn only_counts_and_per_cents_are_read() {
        assert_eq!(CountOrPercent::parse("25%"), Some(CountOrPercent::Percent(25)));
        assert_eq!(CountOrPercent::parse("3"), Some(CountOrPercent::Count(3)));
        for text in ["", "%", "x", "2.5", "25 %"] {
            assert_eq!(CountOrPercent::parse(text), None, "{text}");
        }
    }
}
