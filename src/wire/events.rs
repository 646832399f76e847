//! The group `events.k8s.io`. Tags: k8s.io/api v0.36, `events/v1/generated.proto`.

use prost::Message;
use serde::Deserialize;

use super::core::Reference;
use super::{ObjectMeta, Time};

#[expect(clippy::struct_field_names, reason = "the API's names")]
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Event {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub event_time: Option<Time>,
    #[prost(message, optional, tag = "3")]
    pub series: Option<Series>,
    #[prost(string, tag = "4")]
    pub reporting_controller: String,
    #[prost(string, tag = "5")]
    pub reporting_instance: String,
    #[prost(string, tag = "6")]
    pub action: String,
    #[prost(string, tag = "7")]
    pub reason: String,
    #[prost(message, optional, tag = "8")]
    pub regarding: Option<Reference>,
    #[prost(string, tag = "10")]
    pub note: String,
    #[prost(string, tag = "11")]
    #[serde(rename = "type")]
    pub kind: String,
    #[prost(message, optional, tag = "12")]
    pub deprecated_source: Option<Source>,
    #[prost(message, optional, tag = "13")]
    pub deprecated_first_timestamp: Option<Time>,
    #[prost(message, optional, tag = "14")]
    pub deprecated_last_timestamp: Option<Time>,
    #[prost(int32, tag = "15")]
    pub deprecated_count: i32,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Series {
    #[prost(int32, tag = "1")]
    pub count: i32,
    #[prost(message, optional, tag = "2")]
    pub last_observed_time: Option<Time>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Source {
    #[prost(string, tag = "1")]
    pub component: String,
    #[prost(string, tag = "2")]
    pub host: String,
}
