//! What a pod asks for and may use at most, as the scheduler counts it. Reads quantities; knows no usage and no node.
//!
//! Source: k8s.io/component-helpers v0.36, `resource/helpers.go`, `PodRequests` and `PodLimits`.

use std::sync::Arc;

use crate::model::quantity;

/// Amounts by resource. What is not named is 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Resources {
    /// Thousandths of a core.
    pub cpu_milli: u64,
    /// Bytes.
    pub memory: u64,
    /// Every other resource by name (`nvidia.com/gpu`, `ephemeral-storage`, `hugepages-2Mi`), in whole units, sorted by name.
    pub extended: Vec<(Arc<str>, u64)>,
}

impl Resources {
    /// Reads `requests`, `limits`, `overhead`, `capacity` or `allocatable`: names with quantities. What is no quantity counts as 0; `pods`
    /// is no amount of anything and left out.
    pub fn of<'a>(quantities: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut all = Self::default();
        for (name, text) in quantities {
            all.set(name, text);
        }
        all
    }

    /// The amount of one resource: thousandths for `cpu`, whole units for all others.
    pub fn amount(&self, name: &str) -> u64 {
        match name {
            "cpu" => self.cpu_milli,
            "memory" => self.memory,
            _ => self
                .position(name)
                .ok()
                .and_then(|at| self.extended.get(at))
                .map_or(0, |(_, amount)| *amount),
        }
    }

    /// Adds all amounts of the other.
    pub fn add(&mut self, other: &Self) {
        self.merge(other, u64::saturating_add);
    }

    /// Takes all amounts of the other off, down to 0.
    pub fn subtract(&mut self, other: &Self) {
        self.merge(other, u64::saturating_sub);
    }

    /// Raises every amount to that of the other, where it is less. A pod being resized asks for the greatest of `spec`, what is
    /// allocated and what is in force, container by container.
    pub fn raise_to(&mut self, other: &Self) {
        self.merge(other, u64::max);
    }

    /// Every resource that is not 0, `cpu` and `memory` first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        [("cpu", self.cpu_milli), ("memory", self.memory)]
            .into_iter()
            .chain(self.extended.iter().map(|(name, amount)| (&**name, *amount)))
            .filter(|(_, amount)| *amount > 0)
    }

    fn set(&mut self, name: &str, text: &str) {
        match name {
            "cpu" => self.cpu_milli = quantity::milli(text).unwrap_or(0).max(0).unsigned_abs(),
            "memory" => self.memory = quantity::units(text).unwrap_or(0),
            "pods" => {}
            _ => *self.slot(name) = quantity::units(text).unwrap_or(0),
        }
    }

    fn merge(&mut self, other: &Self, with: impl Fn(u64, u64) -> u64) {
        self.cpu_milli = with(self.cpu_milli, other.cpu_milli);
        self.memory = with(self.memory, other.memory);
        for (name, amount) in &other.extended {
            let slot = self.slot(name);
            *slot = with(*slot, *amount);
        }
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.extended.binary_search_by(|(known, _)| (**known).cmp(name))
    }

    fn slot(&mut self, name: &str) -> &mut u64 {
        let at = self.position(name).unwrap_or_else(|at| {
            self.extended.insert(at, (Arc::from(name), 0));
            at
        });
        &mut self.extended[at].1 // found or inserted just before
    }
}

/// What the rule reads of a pod's spec, either all requests or all limits.
#[derive(Debug, Clone)]
pub struct Demand<C, I, P> {
    /// One for each of `spec.containers`.
    pub containers: C,
    /// One for each of `spec.initContainers`, in order; true for a sidecar (`restartPolicy: Always`).
    pub init: I,
    /// `spec.resources`: names with quantities. What stands there replaces the sum of the containers.
    pub pod_level: P,
    /// `spec.overhead`.
    pub overhead: Resources,
}

impl<'a, C, I, P> Demand<C, I, P>
where
    C: Iterator<Item = Resources>,
    I: Iterator<Item = (bool, Resources)>,
    P: Iterator<Item = (&'a str, &'a str)>,
{
    /// The pod's requests: the greater of what its containers and sidecars need together and what any init container needs beside the
    /// sidecars before it, plus overhead.
    pub fn requests(self) -> Resources {
        let overhead = self.overhead.clone();
        let mut total = self.without_overhead();
        total.add(&overhead);
        total
    }

    /// The pod's limits, counted alike; overhead is added only where there is a limit.
    pub fn limits(self) -> Resources {
        let overhead = self.overhead.clone();
        let mut total = self.without_overhead();
        let limited = Resources {
            cpu_milli: if total.cpu_milli > 0 {
                overhead.cpu_milli
            } else {
                0
            },
            memory: if total.memory > 0 { overhead.memory } else { 0 },
            extended: overhead
                .extended
                .into_iter()
                .filter(|(name, _)| total.amount(name) > 0)
                .collect(),
        };
        total.add(&limited);
        total
    }

    fn without_overhead(self) -> Resources {
        let mut total = Resources::default();
        self.containers.for_each(|container| total.add(&container));
        let mut sidecars = Resources::default();
        let mut starting = Resources::default();
        for (sidecar, container) in self.init {
            if sidecar {
                total.add(&container);
                sidecars.add(&container);
                starting.raise_to(&sidecars);
            } else {
                let mut needed = container;
                needed.add(&sidecars);
                starting.raise_to(&needed);
            }
        }
        total.raise_to(&starting);
        for (name, text) in self.pod_level {
            if matches!(name, "cpu" | "memory") || name.starts_with("hugepages-") {
                total.set(name, text);
            }
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::{Demand, Resources};

    fn cpu(milli: u64) -> Resources {
        Resources {
            cpu_milli: milli,
            ..Resources::default()
        }
    }

    fn demand(main: &[u64], init: &[(bool, u64)]) -> u64 {
        Demand {
            containers: main.iter().copied().map(cpu),
            init: init.iter().map(|(sidecar, milli)| (*sidecar, cpu(*milli))),
            pod_level: std::iter::empty(),
            overhead: Resources::default(),
        }
        .requests()
        .cpu_milli
    }

    /// The examples of KEP-753, "Resources calculation for scheduling and pod admission", and its corners.
    #[test]
    fn init_containers_and_sidecars() {
        for (main, init, expected) in [
            (&[100, 200][..], &[][..], 300),
            (&[100], &[(false, 500)], 500),
            (&[100], &[(false, 50)], 100),
            (&[100], &[(true, 300)], 400),
            (&[100], &[(true, 300), (false, 500)], 800),
            (&[100], &[(false, 500), (true, 300)], 500),
            (&[100], &[(true, 10), (false, 20), (true, 30), (false, 200)], 240),
            (&[], &[(true, 10), (true, 30)], 40),
        ] {
            assert_eq!(demand(main, init), expected, "{main:?} {init:?}");
        }
    }

    #[test]
    fn every_resource_by_its_own_greatest() {
        let total = Demand {
            containers: [Resources::of([
                ("cpu", "250m"),
                ("memory", "64Mi"),
                ("nvidia.com/gpu", "1"),
            ])]
            .into_iter(),
            init: [(
                false,
                Resources::of([("cpu", "1"), ("memory", "32Mi"), ("ephemeral-storage", "1Gi")]),
            )]
            .into_iter(),
            pod_level: std::iter::empty(),
            overhead: Resources::of([("cpu", "10m"), ("memory", "1Mi")]),
        }
        .requests();
        assert_eq!(
            total.iter().collect::<Vec<_>>(),
            [
                ("cpu", 1010),
                ("memory", 65 << 20),
                ("ephemeral-storage", 1 << 30),
                ("nvidia.com/gpu", 1)
            ]
        );
        assert_eq!(total.amount("hugepages-2Mi"), 0);
    }

    #[test]
    fn pod_level_resources_replace_what_they_may() {
        let total = Demand {
            containers: [Resources::of([
                ("cpu", "1"),
                ("memory", "64Mi"),
                ("nvidia.com/gpu", "2"),
            ])]
            .into_iter(),
            init: std::iter::empty(),
            pod_level: [("cpu", "500m"), ("hugepages-2Mi", "4Mi"), ("nvidia.com/gpu", "9")].into_iter(),
            overhead: Resources::of([("cpu", "5m")]),
        }
        .requests();
        assert_eq!((total.cpu_milli, total.memory), (505, 64 << 20));
        assert_eq!(
            (total.amount("nvidia.com/gpu"), total.amount("hugepages-2Mi")),
            (2, 4 << 20)
        );
    }

    #[test]
    fn overhead_adds_to_limits_only_where_there_is_one() {
        let total = Demand {
            containers: [Resources::of([("cpu", "1")])].into_iter(),
            init: std::iter::empty(),
            pod_level: std::iter::empty(),
            overhead: Resources::of([("cpu", "250m"), ("memory", "120Mi")]),
        }
        .limits();
        assert_eq!((total.cpu_milli, total.memory), (1250, 0));
    }

    #[test]
    fn what_is_no_quantity_counts_nothing() {
        let read = Resources::of([("cpu", "lots"), ("memory", "-1"), ("pods", "29")]);
        assert_eq!(read, Resources::default());
        let mut free = Resources::of([("cpu", "1"), ("example.com/x", "2")]);
        free.subtract(&Resources::of([
            ("cpu", "3"),
            ("example.com/x", "1"),
            ("example.com/y", "1"),
        ]));
        assert_eq!(
            (
                free.cpu_milli,
                free.amount("example.com/x"),
                free.amount("example.com/y")
            ),
            (0, 1, 0)
        );
    }
}
