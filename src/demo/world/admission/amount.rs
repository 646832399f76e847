//! Amounts of resources: read, added, and written in the canonical form of `resource.Quantity`.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::demo::api::amount;
use crate::model::quantity;

/// Amounts by the name of what they are of.
pub(super) type Amounts = BTreeMap<String, Amount>;

/// How much of something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Amount {
    /// Thousandths.
    pub milli: i64,
    /// Whether it is written in units of 1024.
    binary: bool,
}

impl Amount {
    /// So many.
    pub fn count(number: i64) -> Self {
        Self {
            milli: number.saturating_mul(1000),
            binary: false,
        }
    }

    /// An amount as an object states it; nothing if it cannot be read.
    pub fn read(stated: &Value) -> Self {
        let text = stated.as_str().map_or_else(|| stated.to_string(), str::to_owned);
        Self {
            milli: quantity::milli(&text).unwrap_or(0),
            binary: text.ends_with('i'),
        }
    }

    /// The sum, written as the first that is not nothing.
    pub fn plus(self, other: Self) -> Self {
        Self {
            milli: self.milli.saturating_add(other.milli),
            binary: if self.milli == 0 {
                other.binary
            } else {
                self.binary
            },
        }
    }

    /// The difference, at least nothing.
    pub fn less(self, other: Self) -> Self {
        Self {
            milli: self.milli.saturating_sub(other.milli).max(0),
            ..self
        }
    }

    /// The greater one.
    pub fn or_more(self, other: Self) -> Self {
        if other.milli > self.milli { other } else { self }
    }
}

/// The canonical form: `1150m`, `4`, `1k`, `1696Mi`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&amount::written(self.milli, self.binary))
    }
}

/// Adds amounts to amounts.
pub(super) fn add(to: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        let have = to.entry(name.clone()).or_default();
        *have = have.plus(*amount);
    }
}

/// Amounts that an object states, such as `resources.requests`.
pub(super) fn stated(map: &Value) -> Amounts {
    let all = map.as_object().into_iter().flatten();
    all.map(|(name, amount)| (name.clone(), Amount::read(amount)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_written_as_kubernetes_writes_them() {
        for (stated, written) in [
            (json!("1150m"), "1150m"),
            (json!("4000m"), "4"),
            (json!("1696Mi"), "1696Mi"),
            (json!("1024Mi"), "1Gi"),
            (json!("1000"), "1k"),
            (json!(30), "30"),
            (json!("0"), "0"),
            (json!("64M"), "64M"),
            (json!("1.5Gi"), "1536Mi"),
        ] {
            assert_eq!(Amount::read(&stated).to_string(), written, "{stated}");
        }
        let sum = Amount::default()
            .plus(Amount::read(&json!("1Gi")))
            .plus(Amount::read(&json!("512Mi")));
        assert_eq!(sum.to_string(), "1536Mi");
        assert_eq!(Amount::count(1).less(Amount::count(2)).to_string(), "0");
    }
}
