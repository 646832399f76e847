//! How many pod addresses the network interfaces of an EKS node hold. Pure arithmetic; what is binding is [`super::density`]'s.
//!
//! Sources: amazon-vpc-cni-k8s v1.23 (README, `pkg/ipamd`, `pkg/awsutils/vpc_ip_resource_limit.go`), amazon-eks-ami `nodeadm`,
//! `max-pods-calculator.sh`.

mod table;

pub use table::{Instance, instance};

/// Addresses in a prefix (/28).
const PREFIX: u32 = 16;

/// Environment of the node's `aws-node` container: name and value, `None` for `valueFrom`.
pub type Env<'a> = [(&'a str, Option<&'a str>)];

/// How the VPC CNI of a node is set up, as far as it decides the number of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// `ENABLE_PREFIX_DELEGATION`.
    pub prefix_delegation: bool,
    /// `AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG`: the primary interface gives no pod addresses.
    pub custom_networking: bool,
    /// `ENABLE_POD_ENI`: one interface is a trunk, if the instance type allows.
    pub pod_eni: bool,
    /// `ENABLE_IPv6`.
    pub ipv6: bool,
    /// `ENABLE_MULTI_NIC`: addresses of further network cards count, too.
    pub multi_nic: bool,
    /// `DISABLE_NETWORK_RESOURCE_PROVISIONING` or `ENABLE_IMDS_ONLY_MODE`: the CNI allocates nothing.
    pub unmanaged: bool,
    /// `MAX_ENI`, if at least 1.
    pub max_eni: Option<u32>,
    /// `MINIMUM_IP_TARGET` without `WARM_IP_TARGET`, which makes the minimum a limit.
    pub hard_minimum: Option<u32>,
}

impl Settings {
    /// Reads the environment. `None` when a variable that matters has no literal value, so that the settings cannot be known.
    pub fn of(env: &Env<'_>) -> Option<Self> {
        let flag = |name| value(env, name).map(is_true);
        let number = |name| value(env, name).map(|text| text.parse::<u32>().unwrap_or(0));
        let minimum = number("MINIMUM_IP_TARGET")?;
        let warm = number("WARM_IP_TARGET")?;
        let max_eni = number("MAX_ENI")?;
        Some(Self {
            prefix_delegation: flag("ENABLE_PREFIX_DELEGATION")?,
            custom_networking: flag("AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG")?,
            pod_eni: flag("ENABLE_POD_ENI")?,
            ipv6: flag("ENABLE_IPv6")?,
            multi_nic: flag("ENABLE_MULTI_NIC")?,
            unmanaged: flag("DISABLE_NETWORK_RESOURCE_PROVISIONING")? || flag("ENABLE_IMDS_ONLY_MODE")?,
            max_eni: (max_eni > 0).then_some(max_eni),
            hard_minimum: (minimum > 0 && warm == 0).then_some(minimum),
        })
    }
}

/// The literal value; empty when the variable is not set, `None` when it comes from elsewhere. Of several, the last counts.
fn value<'a>(env: &Env<'a>, name: &str) -> Option<&'a str> {
    env.iter()
        .rev()
        .find(|(key, _)| *key == name)
        .map_or(Some(""), |(_, value)| *value)
}

/// Go's `strconv.ParseBool`; anything else is the default, which is false for every flag read here.
fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True")
}

/// How the number of addresses comes about, for the arithmetic and for its explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// Interfaces of the instance type, or `MAX_ENI` if that is less.
    pub enis: u32,
    /// Taken off for custom networking: 0 or 1.
    pub primary: u32,
    /// Taken off for the trunk: 0 or 1.
    pub trunk: u32,
    /// Addresses per interface, the primary one included.
    pub ipv4_per_eni: u32,
    /// Addresses per slot of an interface: 1, or 16 with prefixes.
    pub size: u32,
    /// The hard minimum, rounded up to whole prefixes, where it is what limits.
    pub minimum: Option<u32>,
}

impl Addresses {
    /// Of this instance type under these settings; `trunked` says that the node has a trunk interface.
    pub fn of(instance: &Instance, settings: &Settings, trunked: bool) -> Self {
        let prefix = settings.prefix_delegation && instance.prefixes && !settings.ipv6;
        let size = if prefix { PREFIX } else { 1 };
        let mut addresses = Self {
            enis: settings
                .max_eni
                .map_or(instance.max_enis, |max| max.min(instance.max_enis)),
            primary: settings.custom_networking.into(),
            trunk: trunked.into(),
            ipv4_per_eni: instance.ipv4_per_eni,
            size,
            minimum: None,
        };
        addresses.minimum = settings
            .hard_minimum
            .map(|minimum| minimum.next_multiple_of(size))
            .filter(|minimum| *minimum < addresses.total());
        addresses
    }

    /// Interfaces that give addresses to pods.
    pub const fn usable_enis(&self) -> u32 {
        self.enis.saturating_sub(self.primary).saturating_sub(self.trunk)
    }

    /// Pods that can have an address. An upper bound: subnets may be full, and interfaces may be in other hands.
    pub fn total(&self) -> u32 {
        let all = self.usable_enis() * self.ipv4_per_eni.saturating_sub(1) * self.size;
        self.minimum.map_or(all, |minimum| minimum.min(all))
    }
}

/// Max-pods of a stock EKS node: its secondary addresses, and two pods on the host network. Source: `eni-max-pods.txt`.
pub fn stock_max_pods(instance: &Instance) -> u32 {
    Addresses::of(instance, &Settings::default(), false).total() + 2
}

/// What AWS recommends as the kubelet's max-pods with prefixes: the formula, but at most 110, or 250 above 30 virtual CPUs. `None`
/// where prefixes cannot be had. Source: `max-pods-calculator.sh`.
pub fn recommended_with_prefixes(instance: &Instance, custom_networking: bool) -> Option<u32> {
    let cap = if instance.vcpu > 30 { 250 } else { 110 };
    let settings = Settings {
        prefix_delegation: true,
        custom_networking,
        ..Settings::default()
    };
    let formula = Addresses::of(instance, &settings, false).total() + 2;
    instance.prefixes.then(|| formula.min(cap))
}

#[cfg(test)]
mod tests {
    use super::{Addresses, Settings, instance, recommended_with_prefixes, stock_max_pods};

    fn total(name: &str, settings: Settings, trunked: bool) -> u32 {
        Addresses::of(&instance(name).expect("listed"), &settings, trunked).total()
    }

    /// Max-pods by type: secondary addresses, custom networking, prefixes, prefixes as recommended, and that with custom networking.
    #[test]
    fn worked_values() {
        let custom = Settings {
            custom_networking: true,
            ..Settings::default()
        };
        let prefix = Settings {
            prefix_delegation: true,
            ..Settings::default()
        };
        for (name, secondary, custom_max, prefix_max, recommended, both) in [
            ("t2.medium", 17, 12, 17, None, None),
            ("t3.nano", 4, 3, 34, Some(34), Some(18)),
            ("t3.small", 11, 8, 146, Some(110), Some(98)),
            ("t3.medium", 17, 12, 242, Some(110), Some(110)),
            ("t3.large", 35, 24, 530, Some(110), Some(110)),
            ("m5.large", 29, 20, 434, Some(110), Some(110)),
            ("m5.xlarge", 58, 44, 898, Some(110), Some(110)),
            ("t3.xlarge", 58, 44, 898, Some(110), Some(110)),
            ("m5.4xlarge", 234, 205, 3714, Some(110), Some(110)),
            ("c5.4xlarge", 234, 205, 3714, Some(110), Some(110)),
            ("m5.24xlarge", 737, 688, 11762, Some(250), Some(250)),
            ("m5.metal", 737, 688, 11762, Some(250), Some(250)),
            ("c6in.32xlarge", 394, 345, 6274, Some(250), Some(250)),
            ("p5.48xlarge", 100, 51, 1570, Some(250), Some(250)),
            ("p4d.24xlarge", 737, 688, 11762, Some(250), Some(250)),
        ] {
            assert_eq!(
                stock_max_pods(&instance(name).expect("listed")),
                secondary,
                "{name}"
            );
            assert_eq!(
                total(name, custom, false) + 2,
                custom_max,
                "{name} custom networking"
            );
            assert_eq!(total(name, prefix, false) + 2, prefix_max, "{name} prefixes");
            let found = instance(name).expect("listed");
            assert_eq!(recommended_with_prefixes(&found, false), recommended, "{name}");
            assert_eq!(recommended_with_prefixes(&found, true), both, "{name} both");
        }
    }

    #[test]
    fn interfaces_never_fall_below_none() {
        let custom = Settings {
            custom_networking: true,
            ..Settings::default()
        };
        assert_eq!(total("hpc6id.32xlarge", custom, false), 0);
        assert_eq!(total("hpc6id.32xlarge", custom, true), 0);
    }

    #[test]
    fn max_eni_lowers_and_never_raises() {
        let of = |max_eni| Settings {
            max_eni: Some(max_eni),
            ..Settings::default()
        };
        assert_eq!(total("m5.large", of(2), false), 18);
        assert_eq!(total("m5.large", of(9), false), 27);
    }

    #[test]
    fn a_minimum_alone_is_a_limit_in_whole_prefixes() {
        let of = |prefix_delegation| Settings {
            hard_minimum: Some(12),
            prefix_delegation,
            ..Settings::default()
        };
        assert_eq!(total("m5.large", of(false), false), 12);
        assert_eq!(total("m5.large", of(true), false), 16);
        assert_eq!(total("t3.nano", of(false), false), 2);
    }

    #[test]
    fn environment_is_read_as_go_reads_it() {
        let read = |name, value| Settings::of(&[(name, Some(value))]).expect("literal");
        for text in ["1", "t", "T", "true", "TRUE", "True"] {
            assert!(read("ENABLE_PREFIX_DELEGATION", text).prefix_delegation, "{text}");
        }
        for text in ["", "0", "false", "yes", "tRUE", " true"] {
            assert!(
                !read("ENABLE_PREFIX_DELEGATION", text).prefix_delegation,
                "{text}"
            );
        }
        assert_eq!(read("MAX_ENI", "2").max_eni, Some(2));
        for text in ["0", "-1", "two", ""] {
            assert_eq!(read("MAX_ENI", text).max_eni, None, "{text}");
        }
        assert!(read("ENABLE_IMDS_ONLY_MODE", "true").unmanaged);
        let minimum = |warm| Settings::of(&[("MINIMUM_IP_TARGET", Some("12")), ("WARM_IP_TARGET", warm)]);
        assert_eq!(minimum(Some("0")).and_then(|found| found.hard_minimum), Some(12));
        assert_eq!(minimum(Some("2")).and_then(|found| found.hard_minimum), None);
        assert_eq!(minimum(None), None, "a value from elsewhere is not known");
        assert!(Settings::of(&[("SOMETHING_ELSE", None)]).is_some());
    }
}
