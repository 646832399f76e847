//! The applications of the standard world, as one table. Says what there is, not how its objects look.

use crate::demo::image::{EKS_REGISTRY, REGISTRY};

/// Which controller runs an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A Deployment.
    Deployment,
    /// A StatefulSet with one volume claim of so many GiB a pod.
    StatefulSet(u32),
    /// A DaemonSet.
    DaemonSet,
}

/// Where its pods may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// Node group general-t3 as long as it has room.
    T3,
    /// Node group general-t3 and no other.
    OnlyT3,
    /// Node group apps-m5.
    M5,
    /// The node of apps-m5 kept for features, whose subnet has no addresses left.
    Features,
    /// Graviton nodes, whose taint it tolerates.
    Arm,
    /// Every node, whatever its taints.
    All,
}

/// One application.
#[derive(Debug, Clone, Copy)]
pub struct App {
    /// Namespace.
    pub namespace: &'static str,
    /// Name of its workload, service and service account.
    pub name: &'static str,
    /// Its controller.
    pub kind: Kind,
    /// Pods wanted; ignored for DaemonSets.
    pub replicas: u32,
    /// Image of the main container; a leading `~` stands for the company's registry, `%` for EKS' own.
    pub image: &'static str,
    /// Port it says it listens on and is probed at; 0: no port, no probe.
    pub port: u16,
    /// Requests: processor thousandths and MiB.
    pub requests: (u32, u32),
    /// Limits: processor thousandths and MiB; 0: none.
    pub limits: (u32, u32),
    /// Where its pods may run.
    pub pool: Pool,
    /// Second container: name and image; empty for none.
    pub sidecar: (&'static str, &'static str),
    /// What is special about it.
    pub traits: &'static [Trait],
    /// Days since it was first deployed.
    pub age_days: i64,
}

/// What an application may have besides its pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trait {
    /// Uses its node's network.
    HostNetwork,
    /// An init container that migrates something.
    Migrates,
    /// A service mesh proxy as native sidecar.
    Mesh,
    /// A service account that may assume an IAM role.
    Irsa,
    /// A PodDisruptionBudget.
    Budget,
    /// An Ingress with this host name's first label taken from its name.
    Ingress,
    /// A readiness gate of the load balancer controller.
    Gate,
    /// A HorizontalPodAutoscaler with these bounds.
    Scales(u32, u32),
    /// A readiness probe at a port nobody listens on.
    WrongProbe,
    /// No Service.
    NoService,
    /// A critical part of the system: highest priority.
    Critical,
    /// `updateStrategy: OnDelete`.
    OnDelete,
}

impl App {
    /// The main container's image in full.
    pub fn full_image(&self) -> String {
        full(self.image)
    }

    /// The application without what is wrong with it in the standard world.
    #[must_use]
    pub fn calm(&self) -> Self {
        match self.name {
            "fraud-check" => Self {
                limits: (500, 512),
                ..*self
            },
            "preview" => Self {
                image: "~team-a/frontend:7.1.0",
                ..*self
            },
            "promo-banner" => Self { replicas: 0, ..*self },
            "feature-worker" => Self { replicas: 8, ..*self },
            "gateway" => Self { traits: &[], ..*self },
            _ => *self,
        }
    }

    /// Whether it has `wanted`.
    pub fn has(&self, wanted: Trait) -> bool {
        self.traits.contains(&wanted)
    }
}

/// Whether something is wrong with an application of this name in the standard world.
pub fn is_troubled(name: &str) -> bool {
    matches!(
        name,
        "fraud-check" | "preview" | "promo-banner" | "feature-worker" | "gateway" | "import-orders"
    )
}

/// An image name of the table in full.
pub fn full(image: &str) -> String {
    match (image.strip_prefix('~'), image.strip_prefix('%')) {
        (Some(rest), _) => format!("{REGISTRY}/{rest}"),
        (_, Some(rest)) => format!("{EKS_REGISTRY}/{rest}"),
        _ => image.to_owned(),
    }
}

const BASE: App = App {
    namespace: "",
    name: "",
    kind: Kind::Deployment,
    replicas: 1,
    image: "",
    port: 8080,
    requests: (50, 96),
    limits: (0, 192),
    pool: Pool::T3,
    sidecar: ("", ""),
    traits: &[],
    age_days: 30,
};

const fn shop(name: &'static str, replicas: u32, image: &'static str) -> App {
    App {
        namespace: "shop",
        name,
        replicas,
        image,
        ..BASE
    }
}

const fn payments(name: &'static str, replicas: u32, image: &'static str) -> App {
    App {
        namespace: "payments",
        name,
        replicas,
        image,
        ..BASE
    }
}

const fn team(name: &'static str, replicas: u32, image: &'static str) -> App {
    App {
        namespace: "team-a",
        name,
        replicas,
        image,
        pool: Pool::M5,
        age_days: 9,
        ..BASE
    }
}

const fn watcher(name: &'static str, image: &'static str, port: u16) -> App {
    App {
        namespace: "monitoring",
        name,
        image,
        port,
        pool: Pool::M5,
        age_days: 38,
        ..BASE
    }
}

const fn system(name: &'static str, image: &'static str, port: u16) -> App {
    App {
        namespace: "kube-system",
        name,
        image,
        port,
        traits: &[Trait::Critical],
        age_days: 41,
        requests: (25, 40),
        ..BASE
    }
}

const fn daemon(app: App) -> App {
    App {
        kind: Kind::DaemonSet,
        pool: Pool::All,
        ..app
    }
}

use Trait::{
    Budget, Critical, Gate, HostNetwork, Ingress, Irsa, Mesh, Migrates, NoService, OnDelete, Scales,
    WrongProbe,
};

/// Every application of the standard world, in the order in which it was deployed: system first.
pub static APPS: &[App] = &[
    App {
        traits: &[HostNetwork, Critical, OnDelete, NoService, Irsa],
        requests: (50, 0),
        limits: (0, 0),
        sidecar: ("aws-eks-nodeagent", "%amazon/aws-network-policy-agent:v1.3.1"),
        ..daemon(system("aws-node", "%amazon-k8s-cni:v1.23.1", 61678))
    },
    App {
        traits: &[HostNetwork, Critical, NoService],
        requests: (50, 0),
        limits: (0, 0),
        ..daemon(system(
            "kube-proxy",
            "%eks/kube-proxy:v1.36.3-minimal-eksbuild.2",
            10256,
        ))
    },
    App {
        sidecar: ("node-driver-registrar", "%eks/csi-node-driver-registrar:v2.14.0"),
        traits: &[Critical, NoService],
        ..daemon(system("ebs-csi-node", "%eks/aws-ebs-csi-driver:v1.52.1", 9808))
    },
    App {
        replicas: 2,
        requests: (60, 70),
        limits: (0, 170),
        traits: &[Critical, Budget],
        ..system("coredns", "%eks/coredns:v1.13.1-eksbuild.3", 8080)
    },
    App {
        replicas: 2,
        requests: (60, 120),
        limits: (0, 400),
        traits: &[Critical, Budget],
        ..system("metrics-server", "%eks/metrics-server:v0.9.0-eksbuild.1", 10251)
    },
    App {
        replicas: 2,
        traits: &[Critical, Irsa, NoService],
        ..system(
            "aws-load-balancer-controller",
            "%eks/aws-load-balancer-controller:v2.14.1",
            8080,
        )
    },
    App {
        replicas: 2,
        pool: Pool::M5,
        traits: &[Critical, Irsa, NoService],
        sidecar: ("csi-provisioner", "%eks/csi-provisioner:v5.3.0"),
        ..system("ebs-csi-controller", "%eks/aws-ebs-csi-driver:v1.52.1", 9808)
    },
    App {
        requests: (30, 48),
        limits: (0, 96),
        ..daemon(watcher(
            "node-exporter",
            "quay.io/prometheus/node-exporter:v1.9.1",
            9100,
        ))
    },
    App {
        requests: (40, 64),
        limits: (0, 128),
        traits: &[NoService, Irsa],
        ..daemon(watcher(
            "fluent-bit",
            "cr.fluentbit.io/fluent/fluent-bit:4.1.1",
            2020,
        ))
    },
    App {
        kind: Kind::StatefulSet(80),
        pool: Pool::Arm,
        requests: (500, 2048),
        limits: (0, 4096),
        ..watcher("prometheus", "quay.io/prometheus/prometheus:v3.7.3", 9090)
    },
    App {
        kind: Kind::StatefulSet(2),
        requests: (20, 64),
        ..watcher("alertmanager", "quay.io/prometheus/alertmanager:v0.29.0", 9093)
    },
    App {
        traits: &[Ingress],
        requests: (100, 160),
        limits: (0, 320),
        ..watcher("grafana", "docker.io/grafana/grafana:12.2.1", 3000)
    },
    App {
        requests: (20, 64),
        ..watcher(
            "kube-state-metrics",
            "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.17.0",
            8080,
        )
    },
    App {
        kind: Kind::StatefulSet(20),
        pool: Pool::M5,
        port: 5432,
        requests: (200, 512),
        limits: (0, 1024),
        traits: &[Budget],
        sidecar: (
            "exporter",
            "quay.io/prometheuscommunity/postgres-exporter:v0.17.1",
        ),
        ..payments("ledger", 3, "docker.io/library/postgres:17.6")
    },
    App {
        traits: &[Budget, Irsa, Ingress, Gate],
        requests: (60, 96),
        ..payments("api", 3, "~payments/api:2.31.0")
    },
    payments("webhook-relay", 2, "~payments/webhook-relay:1.8.4"),
    App {
        pool: Pool::M5,
        requests: (100, 128),
        limits: (500, 256),
        age_days: 0,
        ..payments("fraud-check", 2, "~payments/fraud-check:0.14.0")
    },
    App {
        kind: Kind::StatefulSet(8),
        pool: Pool::M5,
        port: 6379,
        requests: (100, 128),
        limits: (0, 256),
        ..shop("redis", 3, "docker.io/library/redis:8.2-alpine")
    },
    App {
        requests: (100, 128),
        limits: (500, 256),
        traits: &[Budget, Ingress, Scales(6, 10)],
        ..shop("web", 6, "~shop/web:4.18.2")
    },
    App {
        traits: &[Migrates, Mesh, Budget],
        ..shop("checkout", 4, "~shop/checkout:3.2.1")
    },
    shop("cart", 3, "~shop/cart:2.9.0"),
    shop("catalog", 4, "~shop/catalog:5.0.3"),
    App {
        requests: (80, 256),
        limits: (0, 384),
        ..shop("search", 3, "~shop/search:1.44.0")
    },
    App {
        requests: (40, 128),
        ..shop("recommendations", 3, "~shop/recommendations:0.9.7")
    },
    App {
        pool: Pool::Arm,
        requests: (500, 320),
        limits: (1000, 640),
        traits: &[Irsa, NoService, Scales(2, 8)],
        age_days: 5,
        ..shop("thumbnailer", 4, "~shop/thumbnailer:1.3.0")
    },
    App {
        pool: Pool::T3,
        age_days: 21,
        ..team("frontend", 2, "~team-a/frontend:7.1.0")
    },
    App {
        pool: Pool::Features,
        traits: &[NoService],
        requests: (60, 80),
        ..team("feature-worker", 10, "~team-a/feature-worker:2.0.5")
    },
    App {
        traits: &[WrongProbe],
        ..team("gateway", 2, "~team-a/gateway:0.6.1")
    },
    App {
        age_days: 0,
        traits: &[NoService],
        ..team("preview", 1, "~team-a/frontend:pr-412")
    },
    App {
        pool: Pool::OnlyT3,
        age_days: 0,
        traits: &[NoService],
        ..shop("promo-banner", 1, "~shop/web:4.18.2")
    },
];

/// The namespaces of the standard world besides the four that every cluster has.
pub const NAMESPACES: [&str; 5] = ["shop", "payments", "batch", "monitoring", "team-a"];
