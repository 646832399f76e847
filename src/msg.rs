//! All that crosses between the app and the outside. Plain data: effects can be compared in a test, messages can be recorded.

mod effect;
mod event;
mod gameday;

pub use effect::{
    Access, Effect, ExecRequest, Mutation, MutationVerb, Propagation, SaveRequest, Target, UsageWanted,
};
pub use event::{
    ClusterInfo, Connection, ContextInfo, FeedEvent, Mouse, MouseKind, Msg, Outcome, UsageReport,
};
pub use gameday::GameNews;

pub use crate::model::FeedId;

/// One log query of a pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogId(pub u32);

/// One request whose answer is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EffectId(pub u32);
