//! The group `apps` as far as rows need it. Tags: k8s.io/api v0.36, `apps/v1/generated.proto`.

use prost::Message;
use serde::Deserialize;

use super::core::as_written;
use super::{LabelSelector, ObjectMeta};

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Deployment {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<DeploymentSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<DeploymentStatus>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct DeploymentSpec {
    #[prost(int32, optional, tag = "1")]
    pub replicas: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
    #[prost(bytes = "vec", tag = "3")]
    #[serde(deserialize_with = "as_written")]
    pub template: Vec<u8>,
    #[prost(bool, tag = "7")]
    pub paused: bool,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DeploymentStatus {
    #[prost(int64, tag = "1")]
    pub observed_generation: i64,
    #[prost(int32, tag = "2")]
    pub replicas: i32,
    #[prost(int32, tag = "3")]
    pub updated_replicas: i32,
    #[prost(int32, tag = "4")]
    pub available_replicas: i32,
    #[prost(message, repeated, tag = "6")]
    pub conditions: Vec<WorkloadCondition>,
    #[prost(int32, tag = "7")]
    pub ready_replicas: i32,
}

/// A condition of a deployment; those of other workloads have these fields under the same numbers.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct WorkloadCondition {
    #[prost(string, tag = "1")]
    #[serde(rename = "type")]
    pub kind: String,
    #[prost(string, tag = "2")]
    pub status: String,
    #[prost(string, tag = "4")]
    pub reason: String,
    #[prost(string, tag = "5")]
    pub message: String,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct StatefulSet {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<StatefulSetSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<StatefulSetStatus>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StatefulSetSpec {
    #[prost(int32, optional, tag = "1")]
    pub replicas: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
    #[prost(bytes = "vec", tag = "3")]
    #[serde(deserialize_with = "as_written")]
    pub template: Vec<u8>,
    #[prost(message, optional, tag = "7")]
    pub update_strategy: Option<UpdateStrategy>,
}

/// Of a StatefulSet; a DaemonSet's has the type under the same number.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UpdateStrategy {
    #[prost(string, tag = "1")]
    #[serde(rename = "type")]
    pub kind: String,
    #[prost(message, optional, tag = "2")]
    pub rolling_update: Option<RollingUpdate>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct RollingUpdate {
    #[prost(int32, optional, tag = "1")]
    pub partition: Option<i32>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StatefulSetStatus {
    #[prost(int64, tag = "1")]
    pub observed_generation: i64,
    #[prost(int32, tag = "2")]
    pub replicas: i32,
    #[prost(int32, tag = "3")]
    pub ready_replicas: i32,
    #[prost(int32, tag = "4")]
    pub current_replicas: i32,
    #[prost(int32, tag = "5")]
    pub updated_replicas: i32,
    #[prost(string, tag = "6")]
    pub current_revision: String,
    #[prost(string, tag = "7")]
    pub update_revision: String,
    #[prost(int32, tag = "11")]
    pub available_replicas: i32,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct DaemonSet {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<DaemonSetSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<DaemonSetStatus>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DaemonSetSpec {
    #[prost(message, optional, tag = "1")]
    pub selector: Option<LabelSelector>,
    #[prost(bytes = "vec", tag = "2")]
    #[serde(deserialize_with = "as_written")]
    pub template: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    pub update_strategy: Option<DaemonSetStrategy>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct DaemonSetStrategy {
    #[prost(string, tag = "1")]
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DaemonSetStatus {
    #[prost(int32, tag = "1")]
    pub current_number_scheduled: i32,
    #[prost(int32, tag = "2")]
    pub number_misscheduled: i32,
    #[prost(int32, tag = "3")]
    pub desired_number_scheduled: i32,
    #[prost(int32, tag = "4")]
    pub number_ready: i32,
    #[prost(int64, tag = "5")]
    pub observed_generation: i64,
    #[prost(int32, tag = "6")]
    pub updated_number_scheduled: i32,
    #[prost(int32, tag = "7")]
    pub number_available: i32,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct ReplicaSet {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<ReplicaSetSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<ReplicaSetStatus>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct ReplicaSetSpec {
    #[prost(int32, optional, tag = "1")]
    pub replicas: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
    #[prost(bytes = "vec", tag = "3")]
    #[serde(deserialize_with = "as_written")]
    pub template: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReplicaSetStatus {
    #[prost(int32, tag = "1")]
    pub replicas: i32,
    #[prost(int32, tag = "4")]
    pub ready_replicas: i32,
    #[prost(int32, tag = "5")]
    pub available_replicas: i32,
    #[prost(message, repeated, tag = "6")]
    pub conditions: Vec<WorkloadCondition>,
}
