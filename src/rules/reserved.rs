//! What a node keeps for itself (capacity − allocatable) and which provider's known curve explains it. Never computes allocatable itself.
//!
//! Sources: amazon-eks-ami `nodeadm` (kubelet defaults); Microsoft, "Resource reservations in AKS"; Google, "Plan GKE Standard node
//! sizes"; kubelet's default hard eviction threshold.

const MI: u64 = 1 << 20;
const GI: u64 = 1 << 30;

/// `capacity` and `allocatable` of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NodeFacts<'a> {
    /// `spec.providerID`.
    pub provider_id: &'a str,
    /// Thousandths of a core: capacity, allocatable.
    pub cpu_milli: (u64, u64),
    /// Bytes: capacity, allocatable.
    pub memory: (u64, u64),
    /// `capacity.pods`.
    pub max_pods: u32,
    /// Max-pods by the formula of secondary addresses (instance type), which EKS may have computed its reservation from. `None` if unknown.
    pub formula_pods: Option<u32>,
}

/// What is reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserved {
    /// Thousandths of a core.
    pub cpu_milli: u64,
    /// Bytes, the eviction threshold included.
    pub memory: u64,
    /// Where it comes from.
    pub curve: Curve,
}

/// A known way to compute a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// Nothing is reserved.
    Nothing,
    /// EKS: 255 Mi and 11 Mi for each of so many pods, 100 Mi eviction.
    Eks {
        /// The number of pods it was computed for; not always max-pods.
        pods: u32,
    },
    /// AKS from 1.29 on: 50 MB and 20 MB for each pod, at most a quarter, 100 Mi eviction.
    Aks,
    /// AKS before 1.29: the tiers of GKE, 750 Mi eviction.
    AksOld,
    /// GKE: a quarter of the first 4 Gi and less of more, 100 Mi eviction.
    Gke,
    /// The kubelet's default: 100 Mi eviction and nothing else (kubeadm, kind).
    Kubelet,
    /// None of these.
    Custom,
}

impl Curve {
    /// In words; `None` when there is nothing to explain.
    pub fn explain(self) -> Option<String> {
        Some(match self {
            Self::Nothing => return None,
            Self::Eks { pods } => format!("EKS: 255Mi + 11Mi × {pods} pods + 100Mi eviction"),
            Self::Aks => "AKS: 50MB + 20MB a pod, at most 25%, + 100Mi eviction".to_owned(),
            Self::AksOld => "AKS before 1.29: tiers from 25% + 750Mi eviction".to_owned(),
            Self::Gke => "GKE: tiers from 25% + 100Mi eviction".to_owned(),
            Self::Kubelet => "kubelet default: 100Mi eviction".to_owned(),
            Self::Custom => "set by the operator".to_owned(),
        })
    }
}

/// Reads what a node reserves and names the curve that fits.
pub fn reserved(node: &NodeFacts<'_>) -> Reserved {
    let cpu_milli = node.cpu_milli.0.saturating_sub(node.cpu_milli.1);
    let memory = node.memory.0.saturating_sub(node.memory.1);
    Reserved {
        cpu_milli,
        memory,
        curve: curve(node, cpu_milli, memory),
    }
}

fn curve(node: &NodeFacts<'_>, cpu_milli: u64, memory: u64) -> Curve {
    let cores = node.cpu_milli.0 / 1_000;
    if (cpu_milli, memory) == (0, 0) {
        return Curve::Nothing;
    }
    if cpu_milli == 0 && near(memory, 100 * MI, MI) {
        return Curve::Kubelet;
    }
    let provider = node
        .provider_id
        .split_once("://")
        .map_or("", |(scheme, _)| scheme);
    match provider {
        "aws" if cpu_milli == eks_cpu(cores) => [Some(node.max_pods), node.formula_pods]
            .into_iter()
            .flatten()
            .find(|pods| near(memory, eks_memory(*pods) + 100 * MI, MI))
            .map_or(Curve::Custom, |pods| Curve::Eks { pods }),
        "azure" if cpu_milli == aks_cpu(cores) => aks(node, memory),
        "gce" if cpu_milli == eks_cpu(cores) || cpu_milli == eks_cpu(cores) + 400 => {
            let expected = tiers(node.memory.0) + 100 * MI;
            let fits = near(memory, expected, expected / 20);
            if fits { Curve::Gke } else { Curve::Custom }
        }
        _ => Curve::Custom,
    }
}

/// Megabytes and mebibytes are both found in the documents, hence the room between them.
fn aks(node: &NodeFacts<'_>, memory: u64) -> Curve {
    let by_pods = (20 * u64::from(node.max_pods) + 50) * MI;
    let expected = by_pods.min(node.memory.0 / 4) + 100 * MI;
    let old = tiers(node.memory.0) + 750 * MI;
    if near(memory, expected, expected / 16) {
        Curve::Aks
    } else if near(memory, old, old / 20) {
        Curve::AksOld
    } else {
        Curve::Custom
    }
}

fn near(found: u64, expected: u64, room: u64) -> bool {
    found.abs_diff(expected) <= room
}

/// EKS and GKE: 6% of the first core, 1% of the second, 0.5% of the next two, 0.25% of all others, in thousandths of a core.
fn eks_cpu(cores: u64) -> u64 {
    // in hundredths of a thousandth, so that 2.5 stays exact
    let share = |from: u64, to: u64, part: u64| cores.clamp(from, to).saturating_sub(from) * part;
    (share(0, 1, 6_000) + share(1, 2, 1_000) + share(2, 4, 500) + share(4, u64::MAX, 250)) / 100
}

const fn eks_memory(pods: u32) -> u64 {
    (255 + 11 * pods as u64) * MI
}

/// 60, 100, 140, 180, 260 thousandths for 1, 2, 4, 8, 16 cores, and 10 for every further one.
fn aks_cpu(cores: u64) -> u64 {
    let share = |from: u64, to: u64, part: u64| cores.clamp(from, to).saturating_sub(from) * part;
    share(0, 1, 60) + share(1, 2, 40) + share(2, 4, 20) + share(4, u64::MAX, 10)
}

/// GKE's tiers of memory: 25% of the first 4 Gi, 20% of the next 4, 10% of the next 8, 6% of the next 112, 2% of the rest.
fn tiers(memory: u64) -> u64 {
    if memory < GI {
        return 255 * MI;
    }
    let share = |from: u64, to: u64, percent: u64| {
        memory.clamp(from * GI, to * GI).saturating_sub(from * GI) / 100 * percent
    };
    share(0, 4, 25) + share(4, 8, 20) + share(8, 16, 10) + share(16, 128, 6) + share(128, 1 << 30, 2)
}

#[cfg(test)]
mod tests {
    use super::{Curve, GI, MI, NodeFacts, Reserved, aks_cpu, eks_cpu, eks_memory, reserved, tiers};

    #[test]
    fn curves_give_the_published_values() {
        for (cores, expected) in [
            (1, 60),
            (2, 70),
            (4, 80),
            (8, 90),
            (16, 110),
            (32, 150),
            (48, 190),
            (64, 230),
            (96, 310),
            (192, 550),
        ] {
            assert_eq!(eks_cpu(cores), expected, "{cores} cores");
        }
        for (pods, expected) in [
            (8, 343),
            (11, 376),
            (17, 442),
            (29, 574),
            (58, 893),
            (110, 1465),
            (234, 2829),
            (737, 8362),
        ] {
            assert_eq!(eks_memory(pods), expected * MI, "{pods} pods");
        }
        for (cores, expected) in [
            (1, 60),
            (2, 100),
            (4, 140),
            (8, 180),
            (16, 260),
            (32, 420),
            (64, 740),
        ] {
            assert_eq!(aks_cpu(cores), expected, "{cores} cores");
        }
        for (gib, hundredths) in [
            (2, 50),
            (4, 100),
            (8, 180),
            (16, 260),
            (32, 356),
            (64, 548),
            (128, 932),
            (256, 1188),
        ] {
            assert_eq!((tiers(gib * GI) * 100 + GI / 2) / GI, hundredths, "{gib} GiB");
        }
        assert_eq!(tiers(512 * MI), 255 * MI);
    }

    fn node(
        provider_id: &str,
        cores: u64,
        reserved_cpu: u64,
        memory: u64,
        reserved_memory: u64,
    ) -> NodeFacts<'_> {
        NodeFacts {
            provider_id,
            cpu_milli: (cores * 1_000, cores * 1_000 - reserved_cpu),
            memory: (memory, memory - reserved_memory),
            max_pods: 110,
            formula_pods: Some(29),
        }
    }

    #[test]
    fn a_reservation_is_read_and_explained() {
        let size = 7_837 * MI;
        for (facts, curve) in [
            (
                node("aws:///a/i-1", 2, 70, size, 1565 * MI),
                Curve::Eks { pods: 110 },
            ),
            (
                node("aws:///a/i-1", 2, 70, size, 674 * MI),
                Curve::Eks { pods: 29 },
            ),
            (node("aws:///a/i-1", 2, 70, size, 900 * MI), Curve::Custom),
            (node("aws:///a/i-1", 2, 500, size, 674 * MI), Curve::Custom),
            (node("azure:///x", 2, 100, 8 * GI, 2 * GI + 100 * MI), Curve::Aks),
            (
                NodeFacts {
                    max_pods: 30,
                    ..node("azure:///x", 2, 100, 8 * GI, 750 * MI)
                },
                Curve::Aks,
            ),
            (
                node("azure:///x", 2, 100, 7 * GI, (1024 + 614 + 750) * MI),
                Curve::AksOld,
            ),
            (node("gce://p/z/n", 4, 80, 16 * GI, 2_764 * MI), Curve::Gke),
            (node("gce://p/z/n", 4, 480, 16 * GI, 2_764 * MI), Curve::Gke),
            (
                node("kind://docker/kind/w", 8, 0, 16 * GI, 100 * MI),
                Curve::Kubelet,
            ),
            (node("", 8, 0, 16 * GI, 0), Curve::Nothing),
            (node("", 8, 200, 16 * GI, 600 * MI), Curve::Custom),
        ] {
            assert_eq!(reserved(&facts).curve, curve, "{facts:?}");
        }
        let found = reserved(&node("aws:///a/i-1", 2, 70, size, 674 * MI));
        assert_eq!(
            found,
            Reserved {
                cpu_milli: 70,
                memory: 674 * MI,
                curve: Curve::Eks { pods: 29 }
            }
        );
        assert_eq!(
            found.curve.explain().as_deref(),
            Some("EKS: 255Mi + 11Mi × 29 pods + 100Mi eviction")
        );
    }
}
