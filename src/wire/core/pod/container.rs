//! Containers of a `PodSpec`, read in place: of their environment only what decides how many pods a node takes.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use crate::wire::Present;
use crate::wire::inplace::{Field as _, InPlace, Unreadable, Value};
use crate::wire::meta::entries;
use crate::wire::scalar::scalar;
use crate::wire::text::Text;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct Container<'a> {
    pub name: Text<'a>,
    pub image: Text<'a>,
    pub ports: Vec<ContainerPort<'a>>,
    #[serde(deserialize_with = "cni_settings")]
    pub env: Vec<EnvVar<'a>>,
    pub resources: Option<Requirements<'a>>,
    pub liveness_probe: Option<Present>,
    pub readiness_probe: Option<Present>,
    pub env_from: Vec<Present>,
    pub startup_probe: Option<Present>,
    pub restart_policy: Text<'a>,
}

/// An ephemeral container wraps its container in protobuf and is one in JSON; only its name and image are read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub struct Ephemeral<'a> {
    pub name: Text<'a>,
    pub image: Text<'a>,
}

#[expect(clippy::struct_field_names, reason = "the API's names")]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct ContainerPort<'a> {
    pub name: Text<'a>,
    pub container_port: i32,
    pub protocol: Text<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct EnvVar<'a> {
    pub name: Text<'a>,
    pub value: Text<'a>,
    /// The value is found elsewhere.
    pub value_from: Option<Present>,
}

/// Settings of the VPC CNI that decide how many pods a node takes, and no other environment.
const CNI_SETTINGS: [&str; 12] = [
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

impl EnvVar<'_> {
    /// The name, if it is a setting that is wanted.
    pub fn setting(&self) -> Option<&'static str> {
        CNI_SETTINGS.into_iter().find(|name| *name == &*self.name)
    }
}

/// `ResourceRequirements`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub struct Requirements<'a> {
    #[serde(deserialize_with = "measures")]
    pub limits: Vec<Measured<'a>>,
    #[serde(deserialize_with = "measures")]
    pub requests: Vec<Measured<'a>>,
}

/// One entry of a map of quantities.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Measured<'a> {
    pub name: Text<'a>,
    pub quantity: QuantityText<'a>,
}

/// A quantity as written: `500m`, `1Gi`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct QuantityText<'a>(pub Text<'a>);

impl<'a> InPlace<'a> for Container<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.name.read(value),
            2 => self.image.read(value),
            6 => self.ports.read(value),
            7 => {
                let mut setting = EnvVar::default();
                setting.merge(value.bytes()?)?;
                self.env
                    .extend(Some(setting).filter(|setting| setting.setting().is_some()));
                Ok(())
            }
            8 => self.resources.read(value),
            10 => self.liveness_probe.read(value),
            11 => self.readiness_probe.read(value),
            19 => self.env_from.read(value),
            22 => self.startup_probe.read(value),
            24 => self.restart_policy.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for Ephemeral<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => {
                let mut common = Container::default();
                common.merge(value.bytes()?)?;
                (self.name, self.image) = (common.name, common.image);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for ContainerPort<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.name.read(value),
            3 => self.container_port.read(value),
            4 => self.protocol.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for EnvVar<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.name.read(value),
            2 => self.value.read(value),
            3 => self.value_from.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for Requirements<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.limits.read(value),
            2 => self.requests.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for Measured<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.name.read(value),
            2 => self.quantity.merge(value.bytes()?),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for QuantityText<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.0.read(value),
            _ => Ok(()),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for QuantityText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar(deserializer).map(Self)
    }
}

/// A JSON object of quantities, in the order of the document.
pub fn measures<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Measured<'de>>, D::Error> {
    entries(deserializer, |name, quantity| Measured { name, quantity })
}

/// The settings that are wanted out of an environment.
fn cni_settings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<EnvVar<'de>>, D::Error> {
    struct Environment;
    impl<'de> Visitor<'de> for Environment {
        type Value = Vec<EnvVar<'de>>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut wanted = Vec::new();
            while let Some(setting) = list.next_element::<EnvVar<'de>>()? {
                wanted.extend(Some(setting).filter(|setting| setting.setting().is_some()));
            }
            Ok(wanted)
        }
    }
    deserializer.deserialize_seq(Environment)
}
