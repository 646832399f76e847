//! The group `autoscaling`. Tags: k8s.io/api v0.36, `autoscaling/v2/generated.proto`.

use prost::Message;
use serde::Deserialize;

use super::apps::WorkloadCondition;
use super::{ObjectMeta, Quantity};

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Autoscaler {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<AutoscalerSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<AutoscalerStatus>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AutoscalerSpec {
    #[prost(message, optional, tag = "1")]
    #[serde(rename = "scaleTargetRef")]
    pub target: Option<TargetRef>,
    #[prost(int32, optional, tag = "2")]
    pub min_replicas: Option<i32>,
    #[prost(int32, tag = "3")]
    pub max_replicas: i32,
    #[prost(message, repeated, tag = "4")]
    pub metrics: Vec<Metric>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TargetRef {
    #[prost(string, tag = "1")]
    pub kind: String,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(string, tag = "3")]
    pub api_version: String,
}

/// `MetricSpec`.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metric {
    #[prost(string, tag = "1")]
    #[serde(rename = "type")]
    pub kind: String,
    #[prost(message, optional, tag = "2")]
    pub object: Option<OtherMetric>,
    #[prost(message, optional, tag = "3")]
    pub pods: Option<OtherMetric>,
    #[prost(message, optional, tag = "4")]
    pub resource: Option<ResourceMetric>,
    #[prost(message, optional, tag = "5")]
    pub external: Option<OtherMetric>,
    #[prost(message, optional, tag = "7")]
    pub container_resource: Option<ResourceMetric>,
}

/// Of a resource: the name is 1, the value 2.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct ResourceMetric {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub target: Option<MetricTarget>,
}

/// Of pods, an object or something outside: the value is 2.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct OtherMetric {
    #[prost(message, optional, tag = "2")]
    pub target: Option<MetricTarget>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MetricTarget {
    #[prost(string, tag = "1")]
    #[serde(rename = "type")]
    pub kind: String,
    #[prost(message, optional, tag = "2")]
    pub value: Option<Quantity>,
    #[prost(message, optional, tag = "3")]
    pub average_value: Option<Quantity>,
    #[prost(int32, optional, tag = "4")]
    pub average_utilization: Option<i32>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AutoscalerStatus {
    #[prost(int32, tag = "3")]
    pub current_replicas: i32,
    #[prost(int32, tag = "4")]
    pub desired_replicas: i32,
    #[prost(message, repeated, tag = "5")]
    pub current_metrics: Vec<MetricStatus>,
    #[prost(message, repeated, tag = "6")]
    pub conditions: Vec<WorkloadCondition>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MetricStatus {
    #[prost(string, tag = "1")]
    #[serde(rename = "type")]
    pub kind: String,
    #[prost(message, optional, tag = "2")]
    pub object: Option<OtherStatus>,
    #[prost(message, optional, tag = "3")]
    pub pods: Option<OtherStatus>,
    #[prost(message, optional, tag = "4")]
    pub resource: Option<OtherStatus>,
    #[prost(message, optional, tag = "5")]
    pub external: Option<OtherStatus>,
    #[prost(message, optional, tag = "7")]
    pub container_resource: Option<OtherStatus>,
}

/// The name or identifier is 1 everywhere, the current value 2.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct OtherStatus {
    #[prost(message, optional, tag = "2")]
    pub current: Option<MetricValue>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MetricValue {
    #[prost(message, optional, tag = "1")]
    pub value: Option<Quantity>,
    #[prost(message, optional, tag = "2")]
    pub average_value: Option<Quantity>,
    #[prost(int32, optional, tag = "3")]
    pub average_utilization: Option<i32>,
}
