//! Where a pod may run, as its spec says: terms of affinity and spread, tolerations. Compares labels, chooses no node.

use serde_json::Value;

use crate::demo::object::{items, number, text};
use crate::demo::selector::{self, Requirement, Selector};

/// Pods of the same namespace by their labels, and the node label that says how near they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Term {
    /// `topologyKey`.
    pub topology: String,
    /// `maxSkew` of a spread constraint.
    pub skew: i64,
    /// `None` selects nothing.
    selector: Option<Selector>,
}

impl Term {
    pub(super) fn parse(value: &Value) -> Self {
        Self {
            topology: text(value, "/topologyKey").to_owned(),
            skew: number(value, "/maxSkew").unwrap_or(1),
            selector: selector::of(&value["labelSelector"]),
        }
    }

    /// Whether it means a pod with these labels.
    pub fn selects(&self, labels: &[(String, String)]) -> bool {
        let of = |name: &str| {
            let found = labels.iter().find(|(have, _)| have == name);
            found.map(|(_, value)| value.as_str())
        };
        self.selector
            .as_ref()
            .is_some_and(|selector| selector.matches_by(of))
    }
}

/// One toleration; an empty key with `exists` tolerates everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toleration {
    /// Taint key.
    pub key: String,
    /// Whether any value will do.
    pub exists: bool,
    /// Wanted value.
    pub value: String,
    /// Wanted effect; empty: any.
    pub effect: String,
    /// How long a `NoExecute` taint is tolerated, seconds; `None`: for ever.
    pub seconds: Option<i64>,
}

pub(super) fn spreads(spec: &Value) -> Vec<Term> {
    let all = items(spec, "/topologySpreadConstraints").iter();
    all.filter(|spread| spread["whenUnsatisfiable"] == "DoNotSchedule")
        .map(Term::parse)
        .collect()
}

pub(super) fn terms_of(spec: &Value, kind: &str) -> Vec<Term> {
    let at = format!("/affinity/{kind}/requiredDuringSchedulingIgnoredDuringExecution");
    items(spec, &at).iter().map(Term::parse).collect()
}

pub(super) fn expression(value: &Value) -> Requirement {
    let mut requirement = selector::requirement(value);
    if requirement.key == "metadata.name" {
        "kubernetes.io/hostname".clone_into(&mut requirement.key);
    }
    requirement
}

pub(super) fn toleration(value: &Value) -> Toleration {
    Toleration {
        key: text(value, "/key").to_owned(),
        exists: value["operator"] == "Exists",
        value: text(value, "/value").to_owned(),
        effect: text(value, "/effect").to_owned(),
        seconds: number(value, "/tolerationSeconds"),
    }
}
