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
    seen: u64,
}

#[derive(Debug, Default)]
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
    /// Compiles the predicate if it, or a feed it depends on, changed. `true` when the answer may differ from before.
    pub fn refresh(&mut self, predicate: &Predicate, feed: &FeedState, others: &Store) -> bool {
        let same = self.compiled.as_ref() == Some(predicate);
        let seen = match predicate {
            Predicate::OwnedBy(_) | Predicate::About(_) => owners_version(feed, others),
            Predicate::OnNode(_) => feed.rows.columns().len() as u64,
            _ => 0,
        };
        if same && seen == self.seen {
            return false;
        }
        self.seen = seen;
        self.compiled = Some(predicate.clone());
        self.rule = match predicate {
            Predicate::All => Rule::All,
            Predicate::OwnedBy(uid) => Rule::Owners(owners::descendants(*uid, metas(others))),
            Predicate::OnNode(node) => Rule::Node(node.clone(), feed.column("NODE")),
            Predicate::Labels(text) => Selector::parse(text).map_or(Rule::None, Rule::Labels),
            Predicate::Object(uid) => Rule::Object(*uid),
            Predicate::About(uid) => Rule::About(owners::subjects(*uid, metas(others))),
        };
        true
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

/// The metadata of everything that is held, with its resource.
fn metas(store: &Store) -> impl Iterator<Item = (&'_ crate::kind::Kind, &'_ Meta)> {
    store
        .feeds()
        .filter(|(_, state)| owns_or_owned(state))
        .flat_map(|(_, state)| {
            let slots = state.rows.slots();
            slots
                .into_iter()
                .filter_map(|slot| Some((&*state.kind, state.rows.meta(slot)?)))
        })
}

/// Events are many and own nothing.
fn owns_or_owned(state: &FeedState) -> bool {
    state.feed.gvr.resource != "events"
}

fn owners_version(feed: &FeedState, others: &Store) -> u64 {
    let own = feed.feed.gvr.clone();
    others
        .feeds()
        .filter(|(_, state)| state.feed.gvr != own && owns_or_owned(state))
        .map(|(_, state)| state.version)
        .sum()
}
