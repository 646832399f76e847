//! `Namespace`, `PersistentVolumeClaim`, `PersistentVolume` and references.

use prost::Message;
use serde::Deserialize;

use super::amount::{Amount, ClaimRequirements, amounts};
use crate::wire::ObjectMeta;

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Namespace {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<NamespaceStatus>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct NamespaceStatus {
    #[prost(string, tag = "1")]
    pub phase: String,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct VolumeClaim {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<VolumeClaimSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<VolumeClaimStatus>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VolumeClaimSpec {
    #[prost(string, repeated, tag = "1")]
    pub access_modes: Vec<String>,
    #[prost(message, optional, tag = "2")]
    pub resources: Option<ClaimRequirements>,
    #[prost(string, tag = "3")]
    pub volume_name: String,
    #[prost(string, optional, tag = "5")]
    pub storage_class_name: Option<String>,
    #[prost(string, tag = "6")]
    pub volume_mode: String,
    #[prost(string, tag = "9")]
    pub volume_attributes_class_name: String,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VolumeClaimStatus {
    #[prost(string, tag = "1")]
    pub phase: String,
    #[prost(string, repeated, tag = "2")]
    pub access_modes: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    #[serde(deserialize_with = "amounts")]
    pub capacity: Vec<Amount>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Volume {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<VolumeSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<VolumeStatus>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VolumeSpec {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "amounts")]
    pub capacity: Vec<Amount>,
    #[prost(string, repeated, tag = "3")]
    pub access_modes: Vec<String>,
    #[prost(message, optional, tag = "4")]
    pub claim_ref: Option<Reference>,
    #[prost(string, tag = "5")]
    #[serde(rename = "persistentVolumeReclaimPolicy")]
    pub reclaim_policy: String,
    #[prost(string, tag = "6")]
    pub storage_class_name: String,
    #[prost(string, tag = "8")]
    pub volume_mode: String,
    #[prost(string, tag = "10")]
    pub volume_attributes_class_name: String,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct VolumeStatus {
    #[prost(string, tag = "1")]
    pub phase: String,
    #[prost(string, tag = "3")]
    pub reason: String,
}

/// `ObjectReference`.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Reference {
    #[prost(string, tag = "1")]
    pub kind: String,
    #[prost(string, tag = "2")]
    pub namespace: String,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub uid: String,
    #[prost(string, tag = "5")]
    pub api_version: String,
    #[prost(string, tag = "7")]
    pub field_path: String,
}
