//! A deletion in words: what follows from it and the same for kubectl, both derived from what will be sent.

use super::kubectl;
use crate::app::App;
use crate::insight::capacity;
use crate::model::ObjectKey;
use crate::msg::{Mutation, MutationVerb, Propagation};

/// What becomes of a pod that is deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heir {
    /// It is not known who made it.
    Unknown,
    /// Nothing makes it again.
    Nobody,
    /// Its controller, of this kind, makes a new one.
    Of(String),
    /// Its Job makes a new one and counts this one as failed.
    Job,
    /// It has ended: its Job has counted it and makes no other.
    Ended,
}

impl App {
    /// What becomes of each pod that is to be deleted, each fate once. Empty for other kinds.
    pub(super) fn heirs(&self, mutations: &[Mutation]) -> Vec<Heir> {
        let mut heirs = Vec::new();
        for mutation in mutations
            .iter()
            .filter(|mutation| *mutation.key.gvr.resource == *"pods")
        {
            let heir = self.heir(&mutation.key);
            if !heirs.contains(&heir) {
                heirs.push(heir);
            }
        }
        heirs
    }

    fn heir(&self, pod: &ObjectKey) -> Heir {
        let feeds = self.store.feeds().map(|(_, state)| state);
        let known = feeds.filter(|state| state.feed.gvr == pod.gvr);
        let mut rows = known.filter_map(|state| {
            let slot = state.rows.slot(pod.uid)?;
            capacity::pods_of(&*state.rows).find(|(at, _)| *at == slot)
        });
        let Some((_, row)) = rows.next() else {
            return Heir::Unknown;
        };
        match &row.meta.owner {
            None => Heir::Nobody,
            Some(owner) if &*owner.kind == "Job" && row.is_terminal() => Heir::Ended,
            Some(owner) if &*owner.kind == "Job" => Heir::Job,
            Some(owner) => Heir::Of(owner.kind.to_string()),
        }
    }
}

/// What brings deleted pods back.
fn after_pods(heirs: &[Heir]) -> String {
    let one = |heir: &Heir| match heir {
        Heir::Unknown => "its controller makes a new one, if it has one".to_owned(),
        Heir::Nobody => "▲ it has no controller: nothing makes it again".to_owned(),
        Heir::Of(kind) => format!("its {kind} makes a new one"),
        Heir::Job => "its Job makes a new one, unless that ends it: this one counts as failed (backoffLimit)"
            .to_owned(),
        Heir::Ended => "it has ended: its Job makes no other, its logs go with it".to_owned(),
    };
    match heirs {
        [] => one(&Heir::Unknown),
        [heir] => one(heir),
        many if many.iter().all(|heir| matches!(heir, Heir::Of(_))) => {
            "their controllers make new ones".to_owned()
        }
        many => format!(
            "not all the same: {}",
            many.iter().map(one).collect::<Vec<_>>().join(" / ")
        ),
    }
}

/// What follows from these deletions, and the command. Empty for none; all of them have the options of the first.
pub(super) fn words(mutations: &[Mutation], heirs: &[Heir]) -> (String, String) {
    let keys: Vec<ObjectKey> = mutations.iter().map(|mutation| mutation.key.clone()).collect();
    let (Some(key), Some(MutationVerb::Delete { propagation, grace })) =
        (keys.first(), mutations.first().map(|mutation| &mutation.verb))
    else {
        return Default::default();
    };
    let mut sentence = match grace {
        Some(0) if &*key.gvr.resource == "pods" => {
            format!(
                "▲ without grace: the object goes at once, its processes may live on for a while\n{}",
                after_pods(heirs)
            )
        }
        Some(0) => format!(
            "▲ without grace: the object goes at once; {}",
            undo_of_delete(key)
        ),
        _ if &*key.gvr.resource == "pods" => after_pods(heirs),
        _ => undo_of_delete(key).to_owned(),
    };
    let cascade = match propagation {
        Propagation::Background => "",
        Propagation::Foreground => {
            sentence.push_str("; what it owns is deleted first");
            "--cascade=foreground"
        }
        Propagation::Orphan => {
            sentence.push_str("; what it owns stays, without an owner");
            "--cascade=orphan"
        }
    };
    let grace = match grace {
        None => String::new(),
        Some(0) => "--grace-period=0 --force".to_owned(),
        Some(seconds) => format!("--grace-period={seconds}"),
    };
    let options = format!("{cascade} {grace}");
    (sentence, kubectl("delete", &keys, options.trim()))
}

/// What brings a deleted object back, if anything does.
fn undo_of_delete(key: &ObjectKey) -> &'static str {
    match &*key.gvr.resource {
        "jobs" => "nothing brings it back; its pods and their logs go with it",
        "statefulsets" => {
            "nothing brings it back but applying its manifest again; its claims and their data stay unless it says otherwise"
        }
        "namespaces" => "▲ everything in the namespace is deleted with it; nothing brings it back",
        "persistentvolumeclaims" | "persistentvolumes" => {
            "▲ the data may be deleted with it; nothing brings it back"
        }
        "nodes" => "the kubelet may register it again; its pods are deleted",
        _ => "nothing brings it back but applying its manifest again",
    }
}
