//! Label selectors in kubectl's notation: `app=web,tier in (front,back),!canary`. Selects; fetches nothing.
//!
//! Source: k8s.io/apimachinery v0.36, `pkg/labels/selector.go`.

mod parse;

use std::fmt;

use crate::model::Labels;

pub use parse::{Expected, SelectorError};

/// Requirements that must all hold. Without any it selects everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Selector(pub Vec<Requirement>);

/// One condition on one label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// Label key.
    pub key: String,
    /// How the label's value is compared.
    pub operator: Operator,
    /// Sorted, without doubles; one for `=`, `!=`, `<`, `>`, none for `key` and `!key`.
    pub values: Vec<String>,
}

/// How a requirement compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `key=a`, `key in (a,b)`: the label is there with one of the values.
    In,
    /// `key!=a`, `key notin (a,b)`: the label has none of the values, or is not there.
    NotIn,
    /// `key`: the label is there.
    Exists,
    /// `!key`: the label is not there.
    DoesNotExist,
    /// `key>5`: the label is a greater whole number.
    GreaterThan,
    /// `key<5`: the label is a smaller whole number.
    LessThan,
}

impl Operator {
    /// Reads the name that `matchExpressions` and node affinity use: `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt`, `Lt`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "In" => Self::In,
            "NotIn" => Self::NotIn,
            "Exists" => Self::Exists,
            "DoesNotExist" => Self::DoesNotExist,
            "Gt" => Self::GreaterThan,
            "Lt" => Self::LessThan,
            _ => return None,
        })
    }
}

impl Requirement {
    /// A requirement as an object states it; nothing is validated, the server has done that.
    pub fn new<'a>(key: &str, operator: Operator, values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut values: Vec<_> = values.into_iter().map(str::to_owned).collect();
        values.sort_unstable();
        values.dedup();
        Self {
            key: key.to_owned(),
            operator,
            values,
        }
    }

    /// True when the value of the label, `None` when it is not there, meets the requirement.
    pub fn accepts(&self, value: Option<&str>) -> bool {
        let listed = || value.is_some_and(|value| self.values.iter().any(|known| known == value));
        let compared = || {
            let limit: i64 = self.values.first()?.parse().ok()?;
            Some(value?.parse::<i64>().ok()?.cmp(&limit))
        };
        match self.operator {
            Operator::In => listed(),
            Operator::NotIn => !listed(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => compared().is_some_and(std::cmp::Ordering::is_gt),
            Operator::LessThan => compared().is_some_and(std::cmp::Ordering::is_lt),
        }
    }
}

impl Selector {
    /// Reads kubectl's notation; blank text selects everything.
    ///
    /// # Errors
    /// Says what was found and what was expected, or which key or value Kubernetes would refuse.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        parse::selector(text).map(Self)
    }

    /// True when everything is selected.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True when all requirements hold.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matches_by(|key| labels.value(key))
    }

    /// As [`Selector::matches`], with labels looked up by a function.
    pub fn matches_by<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0
            .iter()
            .all(|requirement| requirement.accepts(value(&requirement.key)))
    }
}

/// kubectl's notation, as the API server reads it.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, requirement) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, values) = (&self.key, self.values.join(","));
        match self.operator {
            Operator::In if self.values.len() == 1 => write!(f, "{key}={values}"),
            Operator::NotIn if self.values.len() == 1 => write!(f, "{key}!={values}"),
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::Exists => write!(f, "{key}"),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Operator, Requirement, Selector};
    use crate::model::Pool;

    #[test]
    fn matches_as_the_api_server() {
        let labels =
            Pool::default().labels([("app", "web"), ("tier", "front"), ("weight", "7"), ("empty", "")]);
        for (text, expected) in [
            ("", true),
            ("  ", true),
            ("app=web", true),
            ("app==web", true),
            ("app = web , tier=front", true),
            ("app=web,tier=back", false),
            ("app!=web", false),
            ("absent!=web", true),
            ("app in (db, web)", true),
            ("app in (db)", false),
            ("app notin (db)", true),
            ("absent notin (db)", true),
            ("app", true),
            ("absent", false),
            ("!absent", true),
            ("!app", false),
            ("empty=", true),
            ("empty in ()", true),
            ("empty in (,x)", true),
            ("app=", false),
            ("weight>6", true),
            ("weight>7", false),
            ("weight<10", true),
            ("app>6", false),
            ("absent<6", false),
            ("in in (in)", false),
            ("app in (in,notin)", false),
        ] {
            let selector = Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(selector.matches(&labels), expected, "{text}");
        }
    }

    #[test]
    fn what_is_printed_reads_the_same() {
        for text in [
            "app=web",
            "a!=b,c in (d,e),f notin (g,h),i,!j,k>1,l<2",
            "example.com/x=",
            "",
        ] {
            let selector = Selector::parse(text).expect("valid");
            assert_eq!(selector.to_string(), text);
        }
        let of_object = Requirement::new("a", Operator::In, ["y", "x", "y"]);
        assert_eq!(Selector(vec![of_object]).to_string(), "a in (x,y)");
        assert_eq!(Operator::named("Gt"), Some(Operator::GreaterThan));
        assert_eq!(Operator::named("in"), None);
    }
}
