//! A change that was sent: its words while it is on its way, and what is followed once the server has accepted it. It sends nothing.

use crate::app::open::short;
use crate::app::{App, Waiting};
use crate::model::{ObjectKey, Tone};
use crate::msg::{Mutation, MutationVerb};

/// A change whose answer is awaited.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::app) struct Change {
    /// What a refusal is about: `scale deploy/web to 8`.
    pub what: String,
    /// What is going on: `scaling deploy/web 6 → 8`.
    pub doing: String,
    /// The workload whose rollout is followed as soon as the server has accepted the change.
    pub follows: Option<ObjectKey>,
}

impl Change {
    pub(super) fn of(mutation: &Mutation) -> Self {
        let object = short(&mutation.key);
        let name = &mutation.key.name;
        let (what, doing) = match &mutation.verb {
            MutationVerb::Trigger => (format!("trigger {object}"), format!("triggering {object}")),
            MutationVerb::Suspend(true) => (format!("suspend {object}"), format!("suspending {object}")),
            MutationVerb::Suspend(false) => (format!("resume {object}"), format!("resuming {object}")),
            MutationVerb::Scale { replicas } => {
                let change = match &*mutation.before {
                    "" => format!("to {replicas}"),
                    before => format!("{before} → {replicas}"),
                };
                (
                    format!("scale {object} to {replicas}"),
                    format!("scaling {object} {change}"),
                )
            }
            MutationVerb::Replace(_) => (format!("replace {object}"), format!("replacing {object}")),
            MutationVerb::Restart => (format!("restart {object}"), format!("restarting {object}")),
            MutationVerb::Delete { .. } => (format!("delete {object}"), format!("deleting {object}")),
            MutationVerb::Cordon(true) => (format!("cordon {name}"), format!("cordoning {name}")),
            MutationVerb::Cordon(false) => (format!("uncordon {name}"), format!("uncordoning {name}")),
        };
        let rolls = matches!(mutation.verb, MutationVerb::Scale { .. } | MutationVerb::Restart);
        Self {
            what,
            doing,
            follows: rolls.then(|| mutation.key.clone()),
        }
    }
}

impl App {
    /// The change that was sent last and is not answered yet, in words, and how many more there are.
    pub fn in_flight(&self) -> Option<String> {
        let changes = self.waiting.iter().filter_map(|(id, waiting)| match waiting {
            Waiting::Change(change) => Some((id.0, change)),
            _ => None,
        });
        let more = changes.clone().count().saturating_sub(1);
        let (_, last) = changes.max_by_key(|(id, _)| *id)?;
        Some(match more {
            0 => format!("{} …", last.doing),
            more => format!("{} … and {more} more", last.doing),
        })
    }

    /// The server has accepted a change: only now there is a rollout to follow.
    pub(in crate::app) fn accepted(&mut self, change: &Change, message: String) {
        if let Some(key) = &change.follows {
            self.follow_rollout(key);
        }
        self.toast(message, Tone::Ok);
    }
}
