//! The group `apiextensions.k8s.io`. Tags: k8s.io/apiextensions-apiserver v0.36, `apiextensions/v1/generated.proto`.

use prost::Message;
use serde::Deserialize;

use super::ObjectMeta;
use super::apps::WorkloadCondition;

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct CustomResourceDefinition {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<DefinitionSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<DefinitionStatus>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct DefinitionSpec {
    #[prost(string, tag = "1")]
    pub group: String,
    #[prost(message, optional, tag = "3")]
    pub names: Option<Names>,
    #[prost(string, tag = "4")]
    pub scope: String,
    #[prost(message, repeated, tag = "7")]
    pub versions: Vec<DefinitionVersion>,
}

#[expect(clippy::struct_field_names, reason = "the API's names")]
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Names {
    #[prost(string, tag = "1")]
    pub plural: String,
    #[prost(string, repeated, tag = "3")]
    pub short_names: Vec<String>,
    #[prost(string, tag = "4")]
    pub kind: String,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct DefinitionVersion {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(bool, tag = "2")]
    pub served: bool,
    #[prost(bool, tag = "3")]
    pub storage: bool,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct DefinitionStatus {
    #[prost(message, repeated, tag = "1")]
    pub conditions: Vec<WorkloadCondition>,
}
