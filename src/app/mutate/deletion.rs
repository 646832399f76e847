//! A deletion in words: what follows from it and the same for kubectl, both derived from what will be sent.

use super::kubectl;
use crate::model::ObjectKey;
use crate::msg::{Mutation, MutationVerb, Propagation};

/// What follows from these deletions, and the command. Empty for none; all of them have the options of the first.
pub(super) fn words(mutations: &[Mutation]) -> (String, String) {
    let keys: Vec<ObjectKey> = mutations.iter().map(|mutation| mutation.key.clone()).collect();
    let (Some(key), Some(MutationVerb::Delete { propagation, grace })) =
        (keys.first(), mutations.first().map(|mutation| &mutation.verb))
    else {
        return Default::default();
    };
    let mut sentence = match grace {
        Some(0) if &*key.gvr.resource == "pods" => {
            "▲ without grace: the object goes at once, its processes may live on for a while; a controller makes a new one".to_owned()
        }
        Some(0) => format!("▲ without grace: the object goes at once; {}", undo_of_delete(key)),
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
        "pods" => "its controller makes a new one, if it has one",
        "namespaces" => "▲ everything in the namespace is deleted with it; nothing brings it back",
        "persistentvolumeclaims" | "persistentvolumes" => {
            "▲ the data may be deleted with it; nothing brings it back"
        }
        "nodes" => "the kubelet may register it again; its pods are deleted",
        _ => "nothing brings it back but applying its manifest again",
    }
}
