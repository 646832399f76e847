//! The vocabulary of all layers: plain data without behaviour that needs a cluster, a terminal or a clock.

pub mod cell;
pub mod gvr;
pub mod health;
pub mod key;
pub mod meta;
pub mod pool;
pub mod quantity;
pub mod query;
pub mod uid;

pub use cell::Cell;
pub use gvr::Gvr;
pub use health::Health;
pub use key::ObjectKey;
pub use meta::{Labels, Meta, Owner, Row};
pub use pool::Pool;
pub use query::{Feed, Predicate, Query, Scope};
pub use uid::Uid;
