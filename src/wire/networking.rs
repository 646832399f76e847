//! The group `networking.k8s.io`. Tags: k8s.io/api v0.36, `networking/v1/generated.proto`.

use prost::Message;
use serde::Deserialize;

use super::core::LoadBalancer;
use super::{ObjectMeta, Present};

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Ingress {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<IngressSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<IngressStatus>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressSpec {
    #[prost(message, repeated, tag = "2")]
    pub tls: Vec<Present>,
    #[prost(message, repeated, tag = "3")]
    pub rules: Vec<IngressRule>,
    #[prost(string, optional, tag = "4")]
    pub ingress_class_name: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct IngressRule {
    #[prost(string, tag = "1")]
    pub host: String,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressStatus {
    #[prost(message, optional, tag = "1")]
    pub load_balancer: Option<LoadBalancer>,
}
