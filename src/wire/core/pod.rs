//! `Pod` and the pieces that pod templates share with it.

use prost::Message;
use serde::Deserialize;

use crate::wire::kept::{Kept, Wanted};
use crate::wire::meta::{entries, pairs};
use crate::wire::{ObjectMeta, Pair, Present, Quantity, Time};

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Pod {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<PodSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<PodStatus>,
}

/// `PodTemplateSpec` of a workload.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct PodTemplate {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<PodSpec>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpec {
    #[prost(message, repeated, tag = "2")]
    pub containers: Vec<Container>,
    #[prost(message, repeated, tag = "7")]
    #[serde(deserialize_with = "pairs")]
    pub node_selector: Vec<Pair>,
    #[prost(string, tag = "8")]
    pub service_account_name: String,
    #[prost(string, tag = "10")]
    pub node_name: String,
    #[prost(bool, tag = "11")]
    pub host_network: bool,
    #[prost(message, optional, tag = "18")]
    pub affinity: Option<Present>,
    #[prost(message, repeated, tag = "20")]
    pub init_containers: Vec<Container>,
    #[prost(message, repeated, tag = "22")]
    pub tolerations: Vec<Toleration>,
    #[prost(string, tag = "24")]
    pub priority_class_name: String,
    #[prost(int32, tag = "25")]
    pub priority: i32,
    #[prost(message, repeated, tag = "28")]
    pub readiness_gates: Vec<ReadinessGate>,
    #[prost(message, repeated, tag = "32")]
    #[serde(deserialize_with = "amounts")]
    pub overhead: Vec<Amount>,
    #[prost(message, repeated, tag = "33")]
    pub topology_spread_constraints: Vec<Present>,
    #[prost(message, repeated, tag = "34")]
    pub ephemeral_containers: Vec<Ephemeral>,
    #[prost(message, optional, tag = "40")]
    pub resources: Option<Requirements>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Container {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub image: String,
    #[prost(message, repeated, tag = "6")]
    pub ports: Vec<ContainerPort>,
    #[prost(message, repeated, tag = "7")]
    pub env: Vec<Kept<CniSettings>>,
    #[prost(message, optional, tag = "8")]
    pub resources: Option<Requirements>,
    #[prost(message, optional, tag = "10")]
    pub liveness_probe: Option<Present>,
    #[prost(message, optional, tag = "11")]
    pub readiness_probe: Option<Present>,
    #[prost(message, repeated, tag = "19")]
    pub env_from: Vec<Present>,
    #[prost(message, optional, tag = "22")]
    pub startup_probe: Option<Present>,
    #[prost(string, tag = "24")]
    pub restart_policy: String,
}

/// An ephemeral container wraps its container in protobuf and is one in JSON; only its name and image are read.
#[derive(Clone, PartialEq, Eq, Hash, Message, Deserialize)]
#[serde(from = "EphemeralJson")]
pub struct Ephemeral {
    #[prost(message, optional, tag = "1")]
    pub common: Option<EphemeralCommon>,
}

#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct EphemeralCommon {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub image: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EphemeralJson {
    name: String,
    image: String,
}

impl From<EphemeralJson> for Ephemeral {
    fn from(EphemeralJson { name, image }: EphemeralJson) -> Self {
        Self {
            common: Some(EphemeralCommon { name, image }),
        }
    }
}

#[expect(clippy::struct_field_names, reason = "the API's names")]
#[derive(Clone, PartialEq, Eq, Hash, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerPort {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(int32, tag = "3")]
    pub container_port: i32,
    #[prost(string, tag = "4")]
    pub protocol: String,
}

/// Settings of the VPC CNI that decide how many pods a node takes, and no other environment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CniSettings;

impl Wanted for CniSettings {
    const NAMES: &'static [&'static str] = &[
        "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG",
        "DISABLE_NETWORK_RESOURCE_PROVISIONING",
        "ENABLE_IMDS_ONLY_MODE",
        "ENABLE_IPv6",
        "ENABLE_MULTI_NIC",
        "ENABLE_POD_ENI",
        "ENABLE_PREFIX_DELEGATION",
        "MAX_ENI",
        "MINIMUM_IP_TARGET",
        "WARM_ENI_TARGET",
        "WARM_IP_TARGET",
        "WARM_PREFIX_TARGET",
    ];
}

/// `ResourceRequirements`.
#[derive(Clone, PartialEq, Eq, Hash, Message, Deserialize)]
#[serde(default)]
pub struct Requirements {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "amounts")]
    pub limits: Vec<Amount>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "amounts")]
    pub requests: Vec<Amount>,
}

/// One entry of a map of quantities.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Amount {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub quantity: Option<Quantity>,
}

/// A JSON object of quantities, in the order of the document.
pub fn amounts<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Amount>, D::Error> {
    entries(deserializer, |name, quantity| Amount {
        name,
        quantity: Some(quantity),
    })
}

/// Names with quantities as the rules read them.
pub fn quantities(amounts: &[Amount]) -> impl Iterator<Item = (&str, &str)> + Clone {
    amounts.iter().map(|amount| {
        let text = amount.quantity.as_ref().map_or("", |quantity| &*quantity.text);
        (&*amount.name, text)
    })
}

#[derive(Clone, PartialEq, Eq, Hash, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Toleration {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub operator: String,
    #[prost(string, tag = "3")]
    pub value: String,
    #[prost(string, tag = "4")]
    pub effect: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReadinessGate {
    #[prost(string, tag = "1")]
    pub condition_type: String,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodStatus {
    #[prost(string, tag = "1")]
    pub phase: String,
    #[prost(message, repeated, tag = "2")]
    pub conditions: Vec<Condition>,
    #[prost(string, tag = "3")]
    pub message: String,
    #[prost(string, tag = "4")]
    pub reason: String,
    #[prost(string, tag = "6")]
    #[serde(rename = "podIP")]
    pub pod_ip: String,
    #[prost(message, repeated, tag = "8")]
    pub container_statuses: Vec<ContainerStatus>,
    #[prost(string, tag = "9")]
    pub qos_class: String,
    #[prost(message, repeated, tag = "10")]
    pub init_container_statuses: Vec<ContainerStatus>,
    #[prost(string, tag = "11")]
    pub nominated_node_name: String,
    #[prost(message, repeated, tag = "13")]
    pub ephemeral_container_statuses: Vec<ContainerStatus>,
}

/// A condition of a pod; those of jobs and disruption budgets have these fields under the same numbers.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition {
    #[prost(string, tag = "1")]
    #[serde(rename = "type")]
    pub kind: String,
    #[prost(string, tag = "2")]
    pub status: String,
    #[prost(string, tag = "5")]
    pub reason: String,
    #[prost(string, tag = "6")]
    pub message: String,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerStatus {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub state: Option<ContainerState>,
    #[prost(message, optional, tag = "3")]
    pub last_state: Option<ContainerState>,
    #[prost(bool, tag = "4")]
    pub ready: bool,
    #[prost(int32, tag = "5")]
    pub restart_count: i32,
    #[prost(string, tag = "8")]
    #[serde(rename = "containerID")]
    pub container_id: String,
    #[prost(bool, tag = "9")]
    pub started: bool,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct ContainerState {
    #[prost(message, optional, tag = "1")]
    pub waiting: Option<Waiting>,
    #[prost(message, optional, tag = "2")]
    pub running: Option<Running>,
    #[prost(message, optional, tag = "3")]
    pub terminated: Option<Terminated>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Running {
    #[prost(message, optional, tag = "1")]
    pub started_at: Option<Time>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Waiting {
    #[prost(string, tag = "1")]
    pub reason: String,
    #[prost(string, tag = "2")]
    pub message: String,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Terminated {
    #[prost(int32, tag = "1")]
    pub exit_code: i32,
    #[prost(int32, tag = "2")]
    pub signal: i32,
    #[prost(string, tag = "3")]
    pub reason: String,
    #[prost(message, optional, tag = "6")]
    pub finished_at: Option<Time>,
    #[prost(string, tag = "7")]
    #[serde(rename = "containerID")]
    pub container_id: String,
}
