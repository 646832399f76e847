//! The group `policy`. Tags: k8s.io/api v0.36, `policy/v1/generated.proto`.

use prost::Message;
use serde::Deserialize;

use super::{IntOrString, LabelSelector, ObjectMeta};

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct DisruptionBudget {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<DisruptionBudgetSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<DisruptionBudgetStatus>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DisruptionBudgetSpec {
    #[prost(message, optional, tag = "1")]
    pub min_available: Option<IntOrString>,
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
    #[prost(message, optional, tag = "3")]
    pub max_unavailable: Option<IntOrString>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DisruptionBudgetStatus {
    #[prost(int32, tag = "3")]
    pub disruptions_allowed: i32,
    #[prost(int32, tag = "4")]
    pub current_healthy: i32,
    #[prost(int32, tag = "5")]
    pub desired_healthy: i32,
    #[prost(int32, tag = "6")]
    pub expected_pods: i32,
}
