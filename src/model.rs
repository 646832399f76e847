//! The vocabulary of all layers: plain data without behaviour that needs a cluster, a terminal or a clock.

pub mod area;
pub mod cell;
pub mod doc;
pub mod failure;
pub mod gameday;
pub mod gvr;
pub mod health;
pub mod key;
pub mod meta;
pub mod phase;
pub mod pool;
pub mod problem;
pub mod quantity;
pub mod query;
pub mod uid;

pub use area::Area;
pub use cell::Cell;
pub use doc::{Doc, Span, Tone};
pub use failure::{Failure, FailureKind};
pub use gameday::GameDay;
pub use gvr::Gvr;
pub use health::Health;
pub use key::ObjectKey;
pub use meta::{Labels, Meta, Owner, Row};
pub use phase::Phase;
pub use pool::Pool;
pub use problem::Problem;
pub use query::{Feed, FeedId, Predicate, Query, Scope};
pub use uid::Uid;
