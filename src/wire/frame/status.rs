//! The server's `Status`: why a request failed, in either encoding.

use bytes::Bytes;
use prost::Message;
use serde::Deserialize;

use super::proto;
use crate::wire::from_json;

/// `meta/v1` `Status`, as an ERROR event or the body of an answer that is not 2xx carries it.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Status {
    /// For people.
    #[prost(string, tag = "3")]
    pub message: String,
    /// In one word: `Expired`, `Forbidden`, `TooManyRequests`.
    #[prost(string, tag = "4")]
    pub reason: String,
    /// More; absent for most.
    #[prost(message, optional, tag = "5")]
    pub details: Option<Details>,
    /// HTTP status code; 0 when absent.
    #[prost(int32, tag = "6")]
    pub code: i32,
}

/// `StatusDetails`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Details {
    /// How long to wait before the next try, seconds; 0 for not said.
    #[prost(int32, tag = "5")]
    pub retry_after_seconds: i32,
}

impl Status {
    /// Reads a body in either encoding: protobuf is known by its first bytes. `None` if it is no Status.
    pub fn read(body: &Bytes) -> Option<Self> {
        let status = if body.starts_with(proto::MAGIC) {
            let raw = proto::unwrap_envelope(body).ok()?;
            Self::decode(body.slice(raw)).ok()?
        } else {
            from_json(body).ok()?
        };
        (status != Self::default()).then_some(status)
    }

    /// Seconds to wait before the next try, if the server said so.
    pub fn retry_after(&self) -> Option<u32> {
        let seconds = self.details.as_ref()?.retry_after_seconds;
        u32::try_from(seconds).ok().filter(|seconds| *seconds > 0)
    }
}
