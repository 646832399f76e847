//! Predicates by relation, compiled against the feeds that are open.

use rustc_hash::FxHashSet;

use super::{FeedState, Store};
use crate::insight::owners;
use crate::model::{Meta, Predicate, Uid};
use crate::rules::selector::Selector;

/// A compiled predicate.
#[derive(Debug, Default)]
pub struct Matcher {
    compiled: Option<Predicate>,
    rule: Rule,
    /// Of what the predicate depends on, when it was compiled.
    seen: u64,
}

#[derive(Debug, Default, PartialEq)]
enum Rule {
    #[default]
    All,
    None,
    Owners(FxHashSet<Uid>),
    Node(String, Option<usize>),
    Labels(Selector),
    Object(Uid),
    About(owners::Subjects),
}

impl Matcher {
    /// True when the predicate, or what it depends on, is another than when it was compiled.
    pub fn is_old(&self, predicate: &Predicate, feed: &FeedState, others: &Store) -> bool {
        self.compiled.as_ref() != Some(predicate) || self.seen != version(predicate, feed, others)
    }

    /// True when it was compiled from this predicate, however long ago.
    pub fn is_of(&self, predicate: &Predicate) -> bool {
        self.compiled.as_ref() == Some(predicate)
    }

    /// Compiles the predicate. `true` when it means other rows than before.
    pub fn compile(&mut self, predicate: &Predicate, feed: &FeedState, others: &Store) -> bool {
        self.seen = version(predicate, feed, others);
        self.compiled = Some(predicate.clone());
        let rule = match predicate {
            Predicate::All => Rule::All,
            Predicate::OwnedBy(uid) => Rule::Owners(others.descendants(*uid)),
            Predicate::OnNode(node) => Rule::Node(node.clone(), feed.column("NODE")),
            Predicate::Labels(text) => Selector::parse(text).map_or(Rule::None, Rule::Labels),
            Predicate::Object(uid) => Rule::Object(*uid),
            Predicate::About(uid) => Rule::About(others.subjects(*uid)),
        };
        let differs = rule != self.rule;
        self.rule = rule;
        differs
    }

    /// Slots among which all rows that belong are: by owner and by identity they are known, else these are all rows.
    pub fn candidates(&self, feed: &FeedState) -> Vec<u32> {
        match &self.rule {
            Rule::None => Vec::new(),
            Rule::Owners(owners) => {
                let owned = owners.iter().flat_map(|owner| feed.owned_by(*owner));
                owned.copied().collect()
            }
            Rule::Object(uid) => feed.rows.slot(*uid).into_iter().collect(),
            Rule::All | Rule::Node(..) | Rule::Labels(_) | Rule::About(_) => feed.rows.slots(),
        }
    }

    /// Whether a row belongs.
    pub fn matches(&self, feed: &FeedState, slot: u32, meta: &Meta) -> bool {
        match &self.rule {
            Rule::All => true,
            Rule::None => false,
            Rule::Owners(owners) => meta
                .owner
                .as_ref()
                .is_some_and(|owner| owners.contains(&owner.uid)),
            Rule::Node(node, column) => column.is_some_and(|column| {
                match feed.cell(slot, column, crate::clock::Timestamp::default()) {
                    crate::model::Cell::Text(text) => text == *node,
                    _ => false,
                }
            }),
            Rule::Labels(selector) => selector.matches(&meta.labels),
            Rule::Object(uid) => meta.uid == *uid,
            Rule::About(subjects) => owners::is_about(feed.rows.as_any(), slot, subjects),
        }
    }
}

/// Of what the meaning of a predicate depends on beside the rows it is asked about.
fn version(predicate: &Predicate, feed: &FeedState, others: &Store) -> u64 {
    match predicate {
        Predicate::OwnedBy(_) => others.owners_version(),
        Predicate::About(_) => others.subjects_version(),
        Predicate::OnNode(_) => feed.rows.columns().len() as u64,
        _ => 0,
    }
}
