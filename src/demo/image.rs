//! The laws of the pretend cluster: what a program does depends on its image alone. Which images exist, what they listen on, how much they
//! use, whether they hold a shell, when they end. Holds no state.

/// The registry of the pretend company.
pub const REGISTRY: &str = "111122223333.dkr.ecr.eu-central-1.amazonaws.com";
/// The registry of EKS' own images.
pub const EKS_REGISTRY: &str = "602401143452.dkr.ecr.eu-central-1.amazonaws.com";

/// The same registry as other clouds name it.
const REGISTRIES: [&str; 4] = [
    REGISTRY,
    "demo.azurecr.io",
    "europe-west3-docker.pkg.dev/demo-project/apps",
    "registry.example.com",
];

/// Which shells an image holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shells {
    /// bash and sh.
    Bash,
    /// sh only, as in Alpine or busybox images.
    Sh,
    /// None, as in distroless images.
    None,
}

/// How a program writes its log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStyle {
    /// One JSON object a line.
    Json,
    /// `key=value` pairs.
    Logfmt,
    /// `I1121 10:00:00.000000       1 file.go:10] text`.
    Klog,
    /// An access log in nginx' combined format.
    Access,
    /// Text with level words and stack traces of several lines.
    Java,
    /// `PostgreSQL`'s own.
    Postgres,
    /// Redis' own.
    Redis,
    /// Plain sentences.
    Plain,
}

/// What a program of one image does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nature {
    /// End of the repository name it belongs to.
    pub image: &'static str,
    /// The one release that is like this; empty for all that no other row names.
    pub tag: &'static str,
    /// Shells inside.
    pub shells: Shells,
    /// Its log.
    pub log: LogStyle,
    /// Log lines a minute.
    pub lines: u32,
    /// Ports it listens on.
    pub ports: &'static [u16],
    /// Processor use at middling load, thousandths of a core.
    pub cpu_milli: u32,
    /// Memory soon after its start, MiB.
    pub memory_mib: u32,
    /// Memory it takes more every minute, MiB.
    pub leak_mib: u32,
    /// What it writes to its node's disk every minute, MiB.
    pub disk_mib: u32,
    /// Memory it never exceeds, MiB.
    pub most_mib: u32,
    /// Seconds until it ends and the exit code; `None` for a server.
    pub ends: Option<(u32, i32)>,
    /// Size of the image, MiB: how long the first pull takes.
    pub size_mib: u32,
}

const SERVER: Nature = Nature {
    image: "",
    tag: "",
    shells: Shells::Sh,
    log: LogStyle::Plain,
    lines: 6,
    ports: &[80, 8080, 8443, 9090],
    cpu_milli: 10,
    memory_mib: 40,
    leak_mib: 0,
    disk_mib: 0,
    most_mib: 60,
    ends: None,
    size_mib: 60,
};

const fn app(image: &'static str, log: LogStyle, lines: u32, cpu_milli: u32, memory_mib: u32) -> Nature {
    Nature {
        image,
        log,
        lines,
        cpu_milli,
        memory_mib,
        most_mib: memory_mib + memory_mib / 4,
        size_mib: 180,
        ports: &[8080, 9090],
        ..SERVER
    }
}

/// Every image the world knows more about than that it is some server; the first whose name ends so is meant.
const NATURES: &[Nature] = &[
    // Releases that went wrong, for game days.
    Nature {
        tag: "2.32.0",
        leak_mib: 240,
        most_mib: 1 << 16,
        shells: Shells::None,
        ..app("payments/api", LogStyle::Json, 80, 45, 70)
    },
    Nature {
        tag: "7.2.0",
        disk_mib: 3_600,
        ..app("team-a/frontend", LogStyle::Access, 400, 35, 45)
    },
    app("batch/reindex", LogStyle::Plain, 40, 1_700, 180),
    Nature {
        ports: &[8080, 9113],
        shells: Shells::Bash,
        ..app("shop/web", LogStyle::Access, 240, 62, 70)
    },
    Nature {
        shells: Shells::Bash,
        ..app("shop/checkout", LogStyle::Json, 90, 48, 88)
    },
    app("shop/cart", LogStyle::Json, 60, 30, 60),
    app("shop/catalog", LogStyle::Logfmt, 70, 35, 75),
    Nature {
        shells: Shells::Bash,
        ..app("shop/search", LogStyle::Java, 40, 55, 210)
    },
    Nature {
        shells: Shells::None,
        ..app("shop/recommendations", LogStyle::Json, 30, 40, 120)
    },
    Nature {
        ports: &[8080],
        shells: Shells::Bash,
        ..app("shop/thumbnailer", LogStyle::Logfmt, 30, 420, 240)
    },
    Nature {
        shells: Shells::None,
        ..app("payments/api", LogStyle::Json, 80, 45, 70)
    },
    app("payments/webhook-relay", LogStyle::Logfmt, 40, 12, 40),
    Nature {
        leak_mib: 70,
        most_mib: 310,
        shells: Shells::Bash,
        ..app("payments/fraud-check", LogStyle::Java, 45, 70, 58)
    },
    app("team-a/frontend", LogStyle::Access, 120, 20, 45),
    app("team-a/feature-worker", LogStyle::Logfmt, 30, 25, 64),
    Nature {
        ports: &[8080],
        ..app("team-a/gateway", LogStyle::Json, 30, 15, 50)
    },
    Nature {
        ends: Some((95, 0)),
        shells: Shells::Bash,
        ..app("batch/report", LogStyle::Plain, 60, 300, 180)
    },
    Nature {
        ends: Some((20, 0)),
        ..app("batch/cleanup", LogStyle::Plain, 90, 90, 40)
    },
    Nature {
        ends: Some((240, 0)),
        ..app("batch/resize", LogStyle::Logfmt, 60, 700, 200)
    },
    Nature {
        ends: Some((35, 1)),
        shells: Shells::Bash,
        ..app("batch/import", LogStyle::Java, 90, 120, 90)
    },
    Nature {
        ends: Some((6, 0)),
        ..app("shop/migrate", LogStyle::Plain, 60, 20, 40)
    },
    Nature {
        ports: &[15090, 15021],
        shells: Shells::Bash,
        ..app("istio/proxyv2", LogStyle::Plain, 12, 12, 48)
    },
    Nature {
        ports: &[5432],
        shells: Shells::Bash,
        ..app("postgres", LogStyle::Postgres, 20, 60, 260)
    },
    Nature {
        ports: &[9187],
        shells: Shells::None,
        ..app("postgres-exporter", LogStyle::Logfmt, 4, 4, 22)
    },
    Nature {
        ports: &[6379],
        ..app("redis", LogStyle::Redis, 10, 18, 70)
    },
    Nature {
        ports: &[9090],
        ..app("prometheus", LogStyle::Logfmt, 8, 180, 1500)
    },
    Nature {
        ports: &[9093],
        ..app("alertmanager", LogStyle::Logfmt, 4, 6, 32)
    },
    Nature {
        ports: &[3000],
        shells: Shells::Bash,
        ..app("grafana", LogStyle::Logfmt, 15, 20, 130)
    },
    Nature {
        ports: &[8080, 8081],
        shells: Shells::None,
        ..app("kube-state-metrics", LogStyle::Klog, 3, 6, 38)
    },
    Nature {
        ports: &[9100],
        ..app("node-exporter", LogStyle::Logfmt, 2, 8, 24)
    },
    Nature {
        ports: &[2020],
        shells: Shells::None,
        ..app("fluent-bit", LogStyle::Plain, 8, 22, 44)
    },
    Nature {
        ports: &[53, 8080, 8181, 9153],
        shells: Shells::None,
        ..app("eks/coredns", LogStyle::Plain, 5, 8, 30)
    },
    Nature {
        ports: &[10251, 443],
        shells: Shells::None,
        ..app("metrics-server", LogStyle::Klog, 3, 10, 36)
    },
    Nature {
        ports: &[61678, 50051],
        shells: Shells::Bash,
        ..app("amazon-k8s-cni", LogStyle::Json, 4, 12, 62)
    },
    Nature {
        ports: &[8162],
        shells: Shells::None,
        ..app("aws-network-policy-agent", LogStyle::Json, 2, 4, 30)
    },
    Nature {
        ends: Some((4, 0)),
        shells: Shells::Bash,
        ..app("amazon-k8s-cni-init", LogStyle::Plain, 90, 5, 12)
    },
    Nature {
        ports: &[10256, 10249],
        shells: Shells::None,
        ..app("kube-proxy", LogStyle::Klog, 2, 5, 26)
    },
    Nature {
        ports: &[9808, 3301],
        shells: Shells::None,
        ..app("aws-ebs-csi-driver", LogStyle::Klog, 4, 6, 34)
    },
    Nature {
        shells: Shells::None,
        ..app("aws-load-balancer-controller", LogStyle::Json, 8, 10, 48)
    },
    Nature {
        ends: Some((1, 0)),
        ..app("busybox", LogStyle::Plain, 0, 1, 2)
    },
    // Programs of the Kubernetes documentation's walkthroughs.
    Nature {
        ports: &[80],
        shells: Shells::Bash,
        ..app("hpa-example", LogStyle::Access, 0, 1, 9)
    },
    Nature {
        ports: &[8080],
        ..app("hello-app", LogStyle::Plain, 0, 1, 4)
    },
    Nature {
        ports: &[8080],
        shells: Shells::Bash,
        ..app("kubernetes-bootcamp", LogStyle::Plain, 1, 1, 20)
    },
    Nature {
        ports: &[5678],
        shells: Shells::None,
        ..app("http-echo", LogStyle::Plain, 0, 1, 6)
    },
    Nature {
        ports: &[80],
        shells: Shells::Bash,
        ..app("httpd", LogStyle::Access, 2, 1, 8)
    },
    Nature {
        ports: &[80],
        shells: Shells::Bash,
        ..app("nginx", LogStyle::Access, 12, 2, 12)
    },
];

/// What the program of `image` (with or without registry, tag and digest) does.
pub fn nature(image: &str) -> &'static Nature {
    static ANY: Nature = SERVER;
    let repository = repository(image);
    NATURES
        .iter()
        .find(|nature| {
            (repository == nature.image
                || repository.ends_with(nature.image) && boundary(repository, nature.image))
                && (nature.tag.is_empty() || nature.tag == tag(image))
        })
        .unwrap_or(&ANY)
}

fn boundary(repository: &str, end: &str) -> bool {
    let at = repository.len().saturating_sub(end.len() + 1);
    matches!(repository.as_bytes().get(at), Some(b'/'))
}

/// The image without tag and digest.
pub fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

/// The tag, `latest` when none is given.
pub fn tag(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((_, tag)) if !tag.contains('/') => tag,
        _ => "latest",
    }
}

/// Why containerd cannot pull `image`, in its own words; `None` when it can. The company's registry holds released versions
/// (three numbers) only; elsewhere a tag is missing when it says so itself.
pub fn pull_error(image: &str) -> Option<String> {
    let (name, tag) = (repository(image), tag(image));
    let missing = if REGISTRIES.iter().any(|registry| name.starts_with(registry)) {
        !tag.trim_start_matches('v')
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
            || tag.split('.').count() != 3
    } else {
        [
            "missing",
            "nope",
            "notfound",
            "doesnotexist",
            "does-not-exist",
            "broken",
            "typo",
            "invalid",
        ]
        .iter()
        .any(|word| image.contains(word))
    };
    let full = if name.contains('/') {
        image.to_owned()
    } else {
        format!("docker.io/library/{name}:{tag}")
    };
    missing.then(|| {
        format!(
            "rpc error: code = NotFound desc = failed to pull and unpack image \"{full}\": failed to resolve reference \"{full}\": {full}: not found"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_known_by_the_end_of_its_repository() {
        assert_eq!(
            nature("111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop/web:4.18.2").image,
            "shop/web"
        );
        assert_eq!(
            nature("quay.io/prometheus/node-exporter:v1.9.1").image,
            "node-exporter"
        );
        assert_eq!(
            nature("quay.io/prometheuscommunity/postgres-exporter:v0.17.1").image,
            "postgres-exporter"
        );
        assert_eq!(nature("localhost:5000/thing").image, "");
        assert_eq!(
            (repository("a:5000/b@sha256:00"), tag("a:5000/b"), tag("b:1")),
            ("a:5000/b", "latest", "1")
        );
    }

    #[test]
    fn only_released_versions_can_be_pulled() {
        assert!(
            pull_error(&format!("{REGISTRY}/team-a/preview:pr-412"))
                .is_some_and(|text| text.ends_with("pr-412: not found"))
        );
        assert_eq!(pull_error(&format!("{REGISTRY}/shop/web:4.18.2")), None);
        assert_eq!(pull_error("nginx:1.29"), None);
        assert!(
            pull_error("nginx:doesnotexist").is_some_and(|text| text.contains("docker.io/library/nginx"))
        );
    }
}
