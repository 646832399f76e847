//! Containers of a `PodSpec`, read in place: of their environment only what decides how many pods a node takes.

use crate::wire::Present;
use crate::wire::inplace::Key::{self, Name, Number};
use crate::wire::inplace::{Entry, Field, InPlace, Later, Unreadable, Value};
use crate::wire::text::Text;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Container<'a> {
    pub name: Text<'a>,
    pub image: Text<'a>,
    pub ports: Vec<Later<'a, ContainerPort<'a>>>,
    pub env: Vec<EnvVar<'a>>,
    pub resources: Option<Later<'a, Requirements<'a>>>,
    pub liveness_probe: Option<Present>,
    pub readiness_probe: Option<Present>,
    pub env_from: Vec<Present>,
    pub startup_probe: Option<Present>,
    pub restart_policy: Text<'a>,
}

/// An ephemeral container wraps its container in protobuf and is one in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Ephemeral<'a>(pub Container<'a>);

#[expect(clippy::struct_field_names, reason = "the API's names")]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ContainerPort<'a> {
    pub name: Text<'a>,
    pub container_port: i32,
    pub protocol: Text<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Requirements<'a> {
    pub limits: Vec<Measured<'a>>,
    pub requests: Vec<Measured<'a>>,
}

/// One entry of a map of quantities.
pub type Measured<'a> = Entry<'a, QuantityText<'a>>;

/// A quantity as written: `500m`, `1Gi`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct QuantityText<'a>(pub Text<'a>);

impl<'a> InPlace<'a> for Container<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"name") => self.name.read(value),
            Number(2) | Name(b"image") => self.image.read(value),
            Number(6) | Name(b"ports") => self.ports.read(value),
            Number(7) | Name(b"env") => value.list(&mut self.env, |setting| setting.setting().is_some()),
            Number(8) | Name(b"resources") => self.resources.read(value),
            Number(10) | Name(b"livenessProbe") => self.liveness_probe.read(value),
            Number(11) | Name(b"readinessProbe") => self.readiness_probe.read(value),
            Number(19) | Name(b"envFrom") => self.env_from.read(value),
            Number(22) | Name(b"startupProbe") => self.startup_probe.read(value),
            Number(24) | Name(b"restartPolicy") => self.restart_policy.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> Later<'a, Container<'a>> {
    /// Writes what decides how the container reads: equal for all pods of a template in one encoding. `env`: the environment is of interest.
    ///
    /// # Errors
    /// It is no container.
    pub fn identify(&self, env: bool, key: &mut Vec<u8>) -> Result<(), Unreadable> {
        let mut common = Common {
            key: std::mem::take(key),
            env,
        };
        let read = self.raw().read(&mut common);
        *key = common.key;
        key.push(0xff);
        read
    }
}

/// The fields of a container that are read, each as it is written. Not the mounts, which name the volume of the pod's own token.
#[derive(Default)]
struct Common {
    key: Vec<u8>,
    env: bool,
}

impl<'a> InPlace<'a> for Common {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(7) | Name(b"env") if !self.env => value.skip(),
            Number(1 | 2 | 6 | 7 | 8 | 10 | 11 | 19 | 22 | 24)
            | Name(
                b"name" | b"image" | b"ports" | b"env" | b"resources" | b"livenessProbe" | b"readinessProbe"
                | b"envFrom" | b"startupProbe" | b"restartPolicy",
            ) => {
                let bytes = value.raw()?.bytes();
                match key {
                    Number(number) => self.key.push(number as u8),
                    Name(name) => self.key.extend_from_slice(name),
                }
                self.key.push(0);
                self.key.extend_from_slice(&bytes.len().to_le_bytes());
                self.key.extend_from_slice(bytes);
                Ok(())
            }
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for Ephemeral<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) => self.0.read(value),
            Number(_) => value.skip(),
            Name(_) => self.0.field(key, value),
        }
    }
}

impl<'a> InPlace<'a> for ContainerPort<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"name") => self.name.read(value),
            Number(3) | Name(b"containerPort") => self.container_port.read(value),
            Number(4) | Name(b"protocol") => self.protocol.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for EnvVar<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"name") => self.name.read(value),
            Number(2) | Name(b"value") => self.value.read(value),
            Number(3) | Name(b"valueFrom") => self.value_from.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for Requirements<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"limits") => value.map(&mut self.limits, |_| true),
            Number(2) | Name(b"requests") => value.map(&mut self.requests, |_| true),
            _ => value.skip(),
        }
    }
}

impl<'a> Field<'a> for QuantityText<'a> {
    fn read<V: Value<'a>>(&mut self, value: V) -> Result<(), Unreadable> {
        self.0 = value.quantity()?;
        Ok(())
    }
}
