//! `metrics.k8s.io/v1beta1`, read in place: a list has as many items as there are pods and comes every few seconds.
//!
//! Field numbers: k8s.io/metrics, `pkg/apis/metrics/v1beta1/generated.proto`.

use super::Time;
use super::core::Measured;
use super::inplace::Key::{self, Name, Number};
use super::inplace::{Field as _, InPlace, Unreadable, Value};
use super::text::Text;

/// Whose figures.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Named<'a> {
    pub name: Text<'a>,
    pub namespace: Text<'a>,
}

/// What the containers of a pod use.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PodMetrics<'a> {
    pub metadata: Option<Named<'a>>,
    pub timestamp: Option<Time>,
    pub containers: Vec<ContainerMetrics<'a>>,
}

/// What one container uses.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContainerMetrics<'a> {
    pub name: Text<'a>,
    pub usage: Vec<Measured<'a>>,
}

/// What a node uses.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NodeMetrics<'a> {
    pub metadata: Option<Named<'a>>,
    pub timestamp: Option<Time>,
    pub usage: Vec<Measured<'a>>,
}

impl<'a> InPlace<'a> for Named<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"name") => self.name.read(value),
            Number(3) | Name(b"namespace") => self.namespace.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for PodMetrics<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"metadata") => self.metadata.read(value),
            Number(2) | Name(b"timestamp") => self.timestamp.read(value),
            Number(4) | Name(b"containers") => self.containers.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for ContainerMetrics<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"name") => self.name.read(value),
            Number(2) | Name(b"usage") => value.map(&mut self.usage, |_| true),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for NodeMetrics<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"metadata") => self.metadata.read(value),
            Number(2) | Name(b"timestamp") => self.timestamp.read(value),
            Number(4) | Name(b"usage") => value.map(&mut self.usage, |_| true),
            _ => value.skip(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A length-delimited field.
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, content.len() as u8], content].concat()
    }

    fn amount(name: &str, quantity: &str) -> Vec<u8> {
        [
            field(1, name.as_bytes()),
            field(2, &field(1, quantity.as_bytes())),
        ]
        .concat()
    }

    #[test]
    fn both_encodings_give_equal_figures() {
        let metadata = field(1, &[field(1, b"web-1"), field(3, b"shop")].concat());
        let at = field(2, &[8, 59]);
        let usage = [amount("cpu", "1000042n"), amount("memory", "8Mi")];
        let container = [field(1, b"app"), field(2, &usage[0]), field(2, &usage[1])].concat();
        let pod = [metadata.clone(), at.clone(), field(4, &container)].concat();
        let json = br#"{"metadata": {"name": "web-1", "namespace": "shop"}, "timestamp": "1970-01-01T00:00:59Z", "window": "10s",
            "containers": [{"name": "app", "usage": {"cpu": "1000042n", "memory": "8Mi"}}]}"#;
        let read = PodMetrics::from_proto(&pod).unwrap();
        assert_eq!(read, PodMetrics::from_json(json).unwrap());
        assert_eq!(&*read.containers[0].usage[1].value.0, "8Mi");

        let node = [metadata, at, field(4, &usage[0]), field(4, &usage[1])].concat();
        let json =
            br#"{"metadata": {"name": "web-1", "namespace": "shop"}, "timestamp": "1970-01-01T00:00:59Z",
            "usage": {"cpu": "1000042n", "memory": "8Mi"}}"#;
        let read = NodeMetrics::from_proto(&node).unwrap();
        assert_eq!(read, NodeMetrics::from_json(json).unwrap());
        assert_eq!(read.usage.len(), 2);
    }
}
