//! From the chunks of a response body to single objects, as they arrive. Never holds more than one object that is not complete yet (a table:
//! one page), never trusts a length, never looks into an object further than its resourceVersion.
//!
//! Source: Kubernetes API concepts, "Resource representations" (the `k8s\0` envelope) and "Efficient detection of changes" (watch frames).

mod json;
mod list;
mod proto;
mod status;
mod watch;

use crate::model::{Failure, FailureKind};

pub(super) use json::Scanner;
pub use list::{ListItem, ListMeta, ListReader};
pub(super) use proto::{Head, head};
pub use status::Status;
pub use watch::{WatchEvent, WatchReader};

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/vnd.kubernetes.protobuf`.
    Protobuf,
    /// `application/json`, a list of objects.
    Json,
    /// `application/json`, the server's Table: each page is one object.
    Table,
}

impl Encoding {
    /// By the answer's Content-Type. A table is answered as plain `application/json`, so whoever asked for one must say so.
    pub fn of(content_type: &str, asked_for_table: bool) -> Self {
        let media = content_type.split(';').next().unwrap_or("").trim();
        match (media, asked_for_table) {
            ("application/vnd.kubernetes.protobuf", _) => Self::Protobuf,
            (_, true) => Self::Table,
            (_, false) => Self::Json,
        }
    }
}

/// The largest object a server may send: etcd takes 1.5 MiB, a page of a table some more.
const LARGEST: usize = 256 << 20;

/// Why a body could not be taken apart. The connection is of no further use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The body ended inside an object.
    #[error("the answer ended before it was complete")]
    Truncated,
    /// The bytes are not what the Content-Type says.
    #[error("the answer is not {0}")]
    Malformed(&'static str),
    /// One object is longer than any server sends.
    #[error("an object of the answer claims {0} bytes")]
    TooLarge(u64),
}

impl From<FrameError> for Failure {
    fn from(error: FrameError) -> Self {
        Self::new(FailureKind::Decode, error.to_string())
    }
}

#[cfg(test)]
mod tests;
