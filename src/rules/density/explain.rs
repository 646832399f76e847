//! The density of a node in words, with the formula: the line under the nodes table. Computes nothing.

use std::fmt::Write as _;

use super::{Addresses, Binding, Density, IpCap, NodeFacts, Why};

impl Density {
    /// `t3.medium, secondary IPs: 3 ENIs × (6−1) + 2 = 17 slots · 1 left · prefix delegation would give 110`. Parts are joined by ` · `.
    pub fn explain(&self, node: &NodeFacts<'_>) -> String {
        let mut parts = vec![self.limit(node), self.room()];
        if self.prefixes_ignored {
            parts.push(format!(
                "prefix delegation is on, but {} has none",
                node.instance_type
            ));
        }
        if self.overcommit > 0 {
            let plural = if self.overcommit == 1 { "pod" } else { "pods" };
            parts.push(format!(
                "{} {plural} more than addresses can be scheduled and would stick",
                self.overcommit
            ));
        }
        if self.stranded > 0 {
            let plural = if self.stranded == 1 {
                "address"
            } else {
                "addresses"
            };
            parts.push(format!(
                "{} {plural} out of reach, slots end first",
                self.stranded
            ));
        }
        if self.multi_nic {
            parts.push("further network cards may add addresses".to_owned());
        }
        if let Some(recommended) = self.with_prefixes {
            parts.push(format!("prefix delegation would give {recommended}"));
        }
        parts.join(" · ")
    }

    fn room(&self) -> String {
        match self.headroom {
            0 => "full".to_owned(),
            over if over < 0 => format!("{} over the limit", -over),
            left => format!("{left} left"),
        }
    }

    /// Where the limits come from.
    fn limit(&self, node: &NodeFacts<'_>) -> String {
        let slots = self.slots;
        match (self.ip_cap, self.addresses, self.cidr_cap) {
            (IpCap::Known(cap), Some(addresses), _) => self.formula(node.instance_type, cap, &addresses),
            (IpCap::Known(cap), None, _) => format!("Windows: {cap} addresses advertised, {slots} slots"),
            (IpCap::Unlimited, ..) => format!("IPv6: addresses are no limit, {slots} slots"),
            (IpCap::Unknown(_), _, Some(cap)) => {
                let cidr = node
                    .pod_cidrs
                    .iter()
                    .find(|cidr| cidr.contains('.'))
                    .unwrap_or(&"");
                format!("podCIDR {cidr}: {cap} addresses, {slots} slots")
            }
            (IpCap::Unknown(why), ..) => match reason(why, node) {
                Some(reason) => format!("{slots} slots, addresses not known: {reason}"),
                None => format!("{slots} slots"),
            },
        }
    }

    fn formula(&self, instance_type: &str, cap: u32, addresses: &Addresses) -> String {
        let mode = if addresses.size > 1 {
            "prefixes"
        } else {
            "secondary IPs"
        };
        let mut text = format!(
            "{instance_type}, {mode}: {} × ({}−1)",
            enis(addresses),
            addresses.ipv4_per_eni
        );
        if addresses.size > 1 {
            let _ = write!(text, " × {}", addresses.size); // writing to a String cannot fail
        }
        let _ = match (addresses.minimum, self.binding) {
            (Some(minimum), _) => write!(
                text,
                ", held at {minimum} addresses by MINIMUM_IP_TARGET without WARM_IP_TARGET"
            ),
            (None, _) if self.slots == cap + 2 => write!(text, " + 2 = {} slots", self.slots),
            (None, Binding::Slots) => write!(text, " = {cap} addresses; {} slots bind", self.slots),
            (None, _) => write!(text, " = {cap} addresses bind, {} slots", self.slots),
        };
        text
    }
}

/// `3 ENIs`, or `(3 − 1 custom networking − 1 trunk) ENIs`.
fn enis(addresses: &Addresses) -> String {
    let plural = if addresses.enis == 1 { "ENI" } else { "ENIs" };
    let less = |taken: u32, what: &str| {
        if taken > 0 {
            format!(" − {taken} {what}")
        } else {
            String::new()
        }
    };
    let reduced = less(addresses.primary, "custom networking") + &less(addresses.trunk, "trunk");
    if reduced.is_empty() {
        format!("{} {plural}", addresses.enis)
    } else {
        format!("({}{reduced}) {plural}", addresses.enis)
    }
}

/// Why addresses are not known; `None` where nobody would ask.
fn reason(why: Why, node: &NodeFacts<'_>) -> Option<String> {
    Some(match why {
        Why::NotAws | Why::ComputeType => return None,
        Why::NoAwsNode => "no aws-node pod here, another network plugin decides".to_owned(),
        Why::Unseen => "the pods of kube-system may not be listed".to_owned(),
        Why::Unmanaged => "the VPC CNI does not allocate them".to_owned(),
        Why::IndirectEnv => "settings of aws-node come from elsewhere".to_owned(),
        Why::UnknownType if node.instance_type.is_empty() => {
            "the node does not tell its instance type".to_owned()
        }
        Why::UnknownType => format!("{} is not in the table", node.instance_type),
        Why::Windows => "the node does not advertise them".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Cni, NodeFacts, PodCounts, density};
    use crate::rules::eni::Env;

    fn explain(facts: NodeFacts<'_>, bound: u32, host_network: u32) -> String {
        let counts = PodCounts {
            bound,
            host_network,
            branch: 0,
        };
        density(&facts, counts).explain(&facts)
    }

    fn aws<'a>(instance_type: &'a str, slots: u32, env: &'a Env<'a>) -> NodeFacts<'a> {
        NodeFacts {
            provider_id: "aws:///a/i-1",
            instance_type,
            slots,
            cni: Cni::AwsNode { env, env_from: false },
            ..NodeFacts::default()
        }
    }

    #[test]
    fn the_formula_stands_in_the_sentence() {
        let both: &Env<'_> = &[
            ("AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", Some("true")),
            ("ENABLE_POD_ENI", Some("1")),
        ];
        let trunked = NodeFacts {
            pod_eni: 9,
            ..aws("m5.large", 29, both)
        };
        let prefix: &Env<'_> = &[("ENABLE_PREFIX_DELEGATION", Some("true"))];
        let minimum: &Env<'_> = &[("MINIMUM_IP_TARGET", Some("12"))];
        for (text, expected) in [
            (
                explain(aws("t3.medium", 17, &[]), 16, 2),
                "t3.medium, secondary IPs: 3 ENIs × (6−1) + 2 = 17 slots · 1 left · prefix delegation would give 110",
            ),
            (
                explain(aws("t3.medium", 110, &[]), 17, 2),
                "t3.medium, secondary IPs: 3 ENIs × (6−1) = 15 addresses bind, 110 slots · full · \
                 93 pods more than addresses can be scheduled and would stick",
            ),
            (
                explain(trunked, 2, 2),
                "m5.large, secondary IPs: (3 − 1 custom networking − 1 trunk) ENIs × (10−1) = 9 addresses bind, 29 slots · 9 left · \
                 18 pods more than addresses can be scheduled and would stick · prefix delegation would give 110",
            ),
            (
                explain(aws("m5.large", 110, prefix), 38, 4),
                "m5.large, prefixes: 3 ENIs × (10−1) × 16 = 432 addresses; 110 slots bind · 72 left · \
                 326 addresses out of reach, slots end first",
            ),
            (
                explain(aws("t2.medium", 17, prefix), 18, 2),
                "t2.medium, secondary IPs: 3 ENIs × (6−1) + 2 = 17 slots · 1 over the limit · prefix delegation is on, but t2.medium has none",
            ),
            (
                explain(aws("t3.medium", 13, minimum), 2, 2),
                "t3.medium, secondary IPs: 3 ENIs × (6−1), held at 12 addresses by MINIMUM_IP_TARGET without WARM_IP_TARGET · 11 left · \
                 1 address out of reach, slots end first · prefix delegation would give 110",
            ),
        ] {
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn without_a_formula_it_says_why() {
        let ipv6: &Env<'_> = &[("ENABLE_IPv6", Some("true"))];
        let kind = NodeFacts {
            provider_id: "kind://d/k/w",
            ..aws("k3s", 110, &[])
        };
        let ranges = NodeFacts {
            pod_cidrs: &["10.244.1.0/26"],
            ..kind
        };
        let windows = NodeFacts {
            os: "windows",
            windows_ips: Some(9),
            ..aws("c5.large", 110, &[])
        };
        for (text, expected) in [
            (explain(kind, 10, 2), "110 slots · 100 left"),
            (
                explain(ranges, 10, 2),
                "podCIDR 10.244.1.0/26: 61 addresses, 110 slots · 53 left · 47 pods more than addresses can be scheduled and would stick",
            ),
            (
                explain(aws("m5.large", 29, ipv6), 29, 2),
                "IPv6: addresses are no limit, 29 slots · full",
            ),
            (
                explain(aws("m99.huge", 29, &[]), 9, 2),
                "29 slots, addresses not known: m99.huge is not in the table · 20 left",
            ),
            (
                explain(windows, 3, 0),
                "Windows: 9 addresses advertised, 110 slots · 6 left",
            ),
        ] {
            assert_eq!(text, expected);
        }
    }
}
