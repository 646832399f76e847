//! The same world as another cloud would show it: names, labels, machine types, drivers and add-ons of AKS, GKE and kind instead of EKS.
//! Everything is made as on EKS and dressed when it is stored. Sources: the clouds' documentation of node labels, reservations and storage
//! classes, and what their clusters write.

mod node;

use serde_json::{Value, json};

use super::catalog::App;
use crate::demo::ids::stable;

/// Whose cluster it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavor {
    /// Amazon EKS with the VPC CNI.
    #[default]
    Eks,
    /// Azure AKS with Azure CNI Overlay.
    Aks,
    /// Google GKE with Dataplane V2.
    Gke,
    /// kind: Kubernetes in containers of one machine.
    Kind,
}

/// What is written instead of EKS' words, in this order. A name that nothing replaces stays.
type Words = &'static [(&'static str, &'static str)];

const SANDBOX: &str = "plugin type=\"aws-cni\" name=\"aws-cni\" failed (add): add cmd: failed to assign an IP address to container";

const AKS: Words = &[
    (
        "https://7A1F0C5E3B9D4E2F8A6C.gr7.eu-central-1.eks.amazonaws.com",
        "https://10.0.0.1",
    ),
    ("amazon-k8s-cni-init:v1.23.1", "azure-ipam:v0.3.0"),
    ("aws-vpc-cni-init", "install-cni"),
    ("arn:aws:iam::111122223333:role/demo-", "demo-"),
    (
        SANDBOX,
        "plugin type=\"azure-vnet\" failed (add): IPAM Invoker Add failed with error: no available addresses",
    ),
    (
        "111122223333.dkr.ecr.eu-central-1.amazonaws.com",
        "demo.azurecr.io",
    ),
    (
        "602401143452.dkr.ecr.eu-central-1.amazonaws.com/eks",
        "mcr.microsoft.com/oss/v2/kubernetes",
    ),
    (
        "602401143452.dkr.ecr.eu-central-1.amazonaws.com",
        "mcr.microsoft.com/containernetworking",
    ),
    ("amazon-k8s-cni:v1.23.1", "azure-cns:v1.7.4"),
    ("-minimal-eksbuild.2", ""),
    ("-eksbuild.3", ""),
    ("-eksbuild.1", ""),
    ("aws-ebs-csi-driver", "azuredisk-csi"),
    ("ebs-csi-node", "csi-azuredisk-node"),
    ("aws-node", "azure-cns"),
    ("eks.amazonaws.com/nodegroup", "kubernetes.azure.com/agentpool"),
    ("eks.amazonaws.com/role-arn", "azure.workload.identity/client-id"),
    ("ebs.csi.aws.com", "disk.csi.azure.com"),
    ("ebs-csi-aws-com", "disk-csi-azure-com"),
    ("ingress.k8s.aws/alb", "webapprouting.kubernetes.azure.com/nginx"),
    ("general-t3", "general"),
    ("apps-m5", "apps"),
    ("arm-m7g", "arm"),
    ("demo-exports-eu-central-1", "demoexports"),
    ("eu-central-1a", "germanywestcentral-1"),
    ("eu-central-1b", "germanywestcentral-2"),
    ("eu-central-1c", "germanywestcentral-3"),
    ("eu-central-1", "germanywestcentral"),
];

const GKE: Words = &[
    (
        "https://7A1F0C5E3B9D4E2F8A6C.gr7.eu-central-1.eks.amazonaws.com",
        "https://10.0.0.1",
    ),
    ("amazon-k8s-cni-init:v1.23.1", "cilium/cilium-init:v1.18.3-gke.40"),
    ("aws-vpc-cni-init", "install-cni"),
    ("arn:aws:iam::111122223333:role/demo-", "demo-"),
    (
        SANDBOX,
        "plugin type=\"cilium-cni\" failed (add): unable to allocate IP via local cilium agent: [POST /ipam][502] postIpamFailure \"range is full\"",
    ),
    (
        "111122223333.dkr.ecr.eu-central-1.amazonaws.com",
        "europe-west3-docker.pkg.dev/demo-project/apps",
    ),
    (
        "602401143452.dkr.ecr.eu-central-1.amazonaws.com/eks",
        "gke.gcr.io",
    ),
    ("602401143452.dkr.ecr.eu-central-1.amazonaws.com", "gke.gcr.io"),
    ("amazon-k8s-cni:v1.23.1", "cilium/cilium:v1.18.3-gke.40"),
    ("-minimal-eksbuild.2", "-gke.1318000"),
    ("-eksbuild.3", "-gke.22"),
    ("-eksbuild.1", "-gke.5"),
    ("aws-ebs-csi-driver", "gcp-compute-persistent-disk-csi-driver"),
    ("ebs-csi-node", "pdcsi-node"),
    ("aws-node", "anetd"),
    ("eks.amazonaws.com/nodegroup", "cloud.google.com/gke-nodepool"),
    ("eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account"),
    ("ebs.csi.aws.com", "pd.csi.storage.gke.io"),
    ("ebs-csi-aws-com", "pd-csi-storage-gke-io"),
    ("ingress.k8s.aws/alb", "k8s.io/ingress-gce"),
    (
        "target-health.elbv2.k8s.aws/k8s-payments-api-4f1c2b77e9",
        "cloud.google.com/load-balancer-neg-ready",
    ),
    ("general-t3", "general-pool"),
    ("apps-m5", "apps-pool"),
    ("arm-m7g", "arm-pool"),
    ("eu-central-1a", "europe-west3-a"),
    ("eu-central-1b", "europe-west3-b"),
    ("eu-central-1c", "europe-west3-c"),
    ("eu-central-1", "europe-west3"),
];

const KIND: Words = &[
    (
        "https://7A1F0C5E3B9D4E2F8A6C.gr7.eu-central-1.eks.amazonaws.com",
        "https://10.0.0.1",
    ),
    ("amazon-k8s-cni-init:v1.23.1", "kindnetd:v20251106-5e2a3b1f"),
    ("aws-vpc-cni-init", "install-cni"),
    ("arn:aws:iam::111122223333:role/demo-", "demo-"),
    (
        SANDBOX,
        "plugin type=\"ptp\" failed (add): failed to allocate for range 0: no IP addresses available in range set",
    ),
    (
        "111122223333.dkr.ecr.eu-central-1.amazonaws.com",
        "registry.example.com",
    ),
    (
        "602401143452.dkr.ecr.eu-central-1.amazonaws.com/eks",
        "registry.k8s.io",
    ),
    (
        "602401143452.dkr.ecr.eu-central-1.amazonaws.com",
        "docker.io/kindest",
    ),
    ("amazon-k8s-cni:v1.23.1", "kindnetd:v20251106-5e2a3b1f"),
    ("-minimal-eksbuild.2", ""),
    ("-eksbuild.3", ""),
    ("-eksbuild.1", ""),
    ("aws-node", "kindnet"),
    ("eks.amazonaws.com/nodegroup", "pool"),
    ("ebs.csi.aws.com", "rancher.io/local-path"),
    ("ebs-csi-aws-com", "rancher-io-local-path"),
    ("ingress.k8s.aws/alb", "k8s.io/ingress-nginx"),
    ("general-t3", "general"),
    ("apps-m5", "apps"),
    ("arm-m7g", "big"),
    ("arm64", "amd64"),
    ("demo-exports-eu-central-1", "demo-exports"),
    ("eu-central-1", "local"),
];

impl Flavor {
    fn words(self) -> Words {
        match self {
            Self::Eks => &[],
            Self::Aks => AKS,
            Self::Gke => GKE,
            Self::Kind => KIND,
        }
    }

    /// Its word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eks => "eks",
            Self::Aks => "aks",
            Self::Gke => "gke",
            Self::Kind => "kind",
        }
    }

    /// An application of the catalog as it is here. `None`: other clouds run it out of sight, or need no such thing.
    pub fn app(self, app: App) -> Option<App> {
        if self == Self::Eks {
            return Some(app);
        }
        let hidden = matches!(app.name, "aws-load-balancer-controller" | "ebs-csi-controller");
        // Dataplane V2 does what kube-proxy does.
        let hidden = hidden || self == Self::Gke && app.name == "kube-proxy";
        if hidden || self == Self::Kind && app.name == "ebs-csi-node" {
            return None;
        }
        let sidecar = if app.name == "aws-node" {
            ("", "")
        } else {
            app.sidecar
        };
        Some(App { sidecar, ..app })
    }

    /// The IPv4 range for the pods of the n-th node. `None` on EKS, where pods have addresses of the VPC.
    pub fn pod_cidr(self, index: usize, starved: bool) -> Option<String> {
        let first = match self {
            Self::Eks => return None,
            Self::Gke => 84,
            Self::Aks | Self::Kind => 244,
        };
        let (second, third) = (first + index / 256, index % 256);
        Some(format!("10.{second}.{third}.0/{}", if starved { 28 } else { 24 }))
    }

    /// A text in the words of this cloud.
    pub fn text(self, text: &str) -> String {
        let mut text = node::names(self, text);
        for (from, to) in self.words() {
            if text.contains(from) {
                text = text.replace(from, to);
            }
        }
        self.service_addresses(text)
    }

    /// A text with the addresses of services in this cloud's range instead of 172.20.0.0/16.
    fn service_addresses(self, text: String) -> String {
        let stem = match self {
            Self::Eks => return text,
            Self::Aks => "10.0.",
            Self::Gke => "34.118.",
            Self::Kind => "10.96.",
        };
        let mut parts = text.split("172.20.");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            let (third, rest) = part.split_at(end);
            out.push_str(stem);
            match third.parse::<u32>() {
                // GKE's own range for services is 34.118.224.0/20.
                Ok(number) if self == Self::Gke => out.push_str(&(224 + number % 16).to_string()),
                _ => out.push_str(third),
            }
            out.push_str(rest);
        }
        out.replace("34.118.224.0/16", "34.118.224.0/20")
    }

    /// Dresses an object that is to be stored.
    pub fn dress(self, value: &mut Value) {
        if self == Self::Eks {
            return;
        }
        if value["kind"] == "Node" {
            node::dress(self, value);
        }
        self.undress_pods(value);
        self.balance(value);
        self.storage(value);
        self.walk(value);
    }

    /// Where balancers are reached: at addresses (of those kept for documentation, RFC 5737) instead of AWS' names. kind has none for
    /// services, and its ingress controller listens on the machine itself.
    fn balance(self, value: &mut Value) {
        let name = value["metadata"]["name"].as_str().unwrap_or_default();
        let last = 1 + stable(&["balancer", name]) % 254;
        let is_service = value["kind"] == "Service";
        if !is_service && value["kind"] != "Ingress" {
            return;
        }
        let Some(ends) = value.pointer_mut("/status/loadBalancer/ingress") else {
            return;
        };
        if !ends[0]["hostname"]
            .as_str()
            .is_some_and(|name| name.ends_with("amazonaws.com"))
        {
            return;
        }
        match self {
            Self::Kind if is_service => value["status"]["loadBalancer"] = json!({}),
            Self::Kind => *ends = json!([{"hostname": "localhost"}]),
            _ if is_service => *ends = json!([{"ip": format!("203.0.113.{last}"), "ipMode": "VIP"}]),
            _ => *ends = json!([{"ip": format!("203.0.113.{last}")}]),
        }
    }

    fn walk(self, value: &mut Value) {
        match value {
            Value::String(text) if foreign(text) => *text = self.text(text),
            Value::Array(list) => list.iter_mut().for_each(|value| self.walk(value)),
            Value::Object(map) => {
                if map.keys().any(|key| foreign(key)) {
                    let entries = std::mem::take(map).into_iter();
                    *map = entries.map(|(key, value)| (self.text(&key), value)).collect();
                }
                map.values_mut().for_each(|value| self.walk(value));
            }
            _ => {}
        }
    }

    /// What only EKS puts into pods: the settings of its CNI, a gate of its load balancer controller.
    fn undress_pods(self, value: &mut Value) {
        let at = if value["kind"] == "Pod" {
            "/spec"
        } else {
            "/spec/template/spec"
        };
        let Some(spec) = value.pointer_mut(at).filter(|spec| spec.is_object()) else {
            return;
        };
        if self != Self::Gke
            && let Some(map) = spec.as_object_mut()
        {
            map.shift_remove("readinessGates");
        }
        let containers = spec.get_mut("containers").and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let cni = container["name"] == "aws-node";
            if let Some(map) = container.as_object_mut().filter(|_| cni) {
                map.shift_remove("env");
            }
        }
    }

    /// Storage classes and volumes.
    fn storage(self, value: &mut Value) {
        let class = match self {
            Self::Aks => "managed-csi",
            Self::Gke => "standard-rwo",
            Self::Eks | Self::Kind => "standard",
        };
        if value["kind"] == "StorageClass" && value["metadata"]["name"] == "gp3" {
            value["metadata"]["name"] = class.into();
            value["parameters"] = match self {
                Self::Aks => serde_json::json!({"skuname": "StandardSSD_LRS"}),
                Self::Gke => serde_json::json!({"type": "pd-balanced"}),
                Self::Eks | Self::Kind => Value::Null,
            };
            return;
        }
        rename_class(value, class);
        if value["kind"] == "PersistentVolume" {
            let uid = value["spec"]["claimRef"]["uid"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let handle = match self {
                Self::Aks => format!("{}/providers/Microsoft.Compute/disks/pvc-{uid}", node::RESOURCES),
                Self::Gke => format!("projects/demo-project/zones/europe-west3-a/disks/pvc-{uid}"),
                Self::Eks | Self::Kind => String::new(),
            };
            if self == Self::Kind {
                if let Some(spec) = value["spec"].as_object_mut() {
                    spec.shift_remove("csi");
                    spec.shift_remove("nodeAffinity");
                }
                value["spec"]["hostPath"] = serde_json::json!({"path": format!("/var/local-path-provisioner/pvc-{uid}"), "type": "DirectoryOrCreate"});
            } else {
                value["spec"]["csi"]["volumeHandle"] = handle.into();
            }
        }
    }
}

fn rename_class(value: &mut Value, class: &str) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| rename_class(value, class)),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if key == "storageClassName" && *value == "gp3" {
                    *value = class.into();
                } else {
                    rename_class(value, class);
                }
            }
        }
        _ => {}
    }
}

/// Whether a text may hold one of EKS' words; most do not.
fn foreign(text: &str) -> bool {
    const SIGNS: [&str; 12] = [
        "aws",
        "eks",
        "ebs",
        "ip-10-",
        "eu-central",
        "general-t3",
        "apps-m5",
        "arm",
        "172.20",
        "amazon",
        "elbv2",
        "minimal",
    ];
    SIGNS.iter().any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::super::{Options, World};
    use super::*;
    use crate::clock::Timestamp;
    use crate::demo::clock::Clock;
    use crate::demo::object::text;
    use crate::demo::resource::Registry;
    use crate::demo::store::Store;

    fn world(flavor: Flavor) -> World {
        let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
        let store = Store::new(Registry::builtin(), clock, 7);
        let options = Options {
            flavor,
            ..Options::default()
        };
        World::build(&store, &options).unwrap()
    }

    #[test]
    fn no_word_of_one_cloud_is_left_in_another() {
        for flavor in [Flavor::Aks, Flavor::Gke, Flavor::Kind] {
            let world = world(flavor);
            for resource in [
                "nodes",
                "pods",
                "deployments",
                "daemonsets",
                "storageclasses",
                "persistentvolumes",
                "services",
                "endpointslices",
                "servicecidrs",
                "events",
            ] {
                for object in world.store().list(resource, None) {
                    let text = object.body.text();
                    let body = String::from_utf8_lossy(&text);
                    let found = [
                        "aws",
                        "eks",
                        "ebs-csi",
                        "eu-central-1",
                        "compute.internal",
                        "gp3",
                        "t3.medium",
                        "172.20.",
                    ]
                    .into_iter()
                    .find(|word| body.contains(word));
                    assert_eq!(found, None, "{flavor:?} {resource} {}: {body}", object.name);
                }
            }
        }
    }

    #[test]
    fn no_two_pods_or_nodes_share_an_address() {
        for (flavor, nodes) in [
            (Flavor::Eks, 9),
            (Flavor::Aks, 9),
            (Flavor::Gke, 9),
            (Flavor::Kind, 9),
            (Flavor::Eks, 200),
        ] {
            let options = Options {
                flavor,
                nodes,
                pods: if nodes == 9 { 0 } else { 1_000 },
                ..Options::default()
            };
            let store = Store::new(
                Registry::builtin(),
                Clock::driven(Timestamp::from_seconds(1_795_000_000)),
                7,
            );
            let world = World::build(&store, &options).unwrap();
            let mut owners = std::collections::HashMap::new();
            for object in ["nodes", "pods"]
                .map(|kind| world.store().list(kind, None))
                .iter()
                .flatten()
            {
                let value = object.value();
                let over = matches!(text(&value, "/status/phase"), "Succeeded" | "Failed");
                let address = match text(&value, "/status/podIP") {
                    "" => text(&value, "/status/addresses/0/address"),
                    ip => ip,
                };
                if over || address.is_empty() || value["spec"]["hostNetwork"] == true {
                    continue;
                }
                let other = owners.insert(address.to_owned(), object.name.clone());
                assert_eq!(other, None, "{flavor:?} {nodes} {address} {}", object.name);
            }
            assert!(owners.len() > 70, "{flavor:?} {}", owners.len());
        }
    }

    #[test]
    fn pods_have_addresses_of_their_nodes_range_and_run() {
        for flavor in [Flavor::Aks, Flavor::Gke, Flavor::Kind] {
            let world = world(flavor);
            let ranges: std::collections::HashMap<String, String> = world
                .store()
                .list("nodes", None)
                .iter()
                .map(|node| {
                    (
                        node.name.to_string(),
                        text(&node.value(), "/spec/podCIDR").to_owned(),
                    )
                })
                .collect();
            assert_eq!(ranges.len(), 9);
            let pods = world.store().list("pods", None);
            assert!(pods.len() > 90, "{flavor:?} {}", pods.len());
            for pod in pods.iter().map(|pod| pod.value()) {
                let (ip, host) = (text(&pod, "/status/podIP"), text(&pod, "/status/hostIP"));
                if ip.is_empty() || ip == host {
                    continue;
                }
                let range = &ranges[text(&pod, "/spec/nodeName")];
                let stem = range.rsplit_once('.').unwrap().0;
                assert!(ip.starts_with(stem), "{ip} {range}");
            }
            let unbound = world.lock().unscheduled.len();
            assert!(unbound <= 1, "{flavor:?} {unbound}");
        }
    }
}
