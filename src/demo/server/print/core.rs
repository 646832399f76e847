//! Columns of namespaced kinds of the core group (Kubernetes 1.36 `pkg/printers/internalversion/printers.go`).

use serde_json::Value;

use super::{AGE, NAME, Print, age, at, containers, items, joined, label_set, name, number, or, since, text};
use crate::demo::server::print::pod::POD;

pub(super) fn print(plural: &str) -> Option<&'static Print> {
    Some(match plural {
        "pods" => &POD,
        "services" => &SERVICE,
        "events" => &EVENT,
        "configmaps" => &CONFIG_MAP,
        "secrets" => &SECRET,
        "endpoints" => &ENDPOINTS,
        "replicationcontrollers" => &CONTROLLER,
        "persistentvolumeclaims" => &CLAIM,
        "serviceaccounts" => &ACCOUNT,
        "resourcequotas" => &QUOTA,
        "podtemplates" => &TEMPLATE,
        _ => return None,
    })
}

const CONFIG_MAP: Print = Print {
    columns: &[NAME, ("Data", "string", "", 0), AGE],
    cells: |map, now| {
        let count = |key: &str| map[key].as_object().map_or(0, serde_json::Map::len);
        vec![
            name(map),
            (count("data") + count("binaryData")).into(),
            age(map, now),
        ]
    },
};

const SECRET: Print = Print {
    columns: &[NAME, ("Type", "string", "", 0), ("Data", "string", "", 0), AGE],
    cells: |secret, now| {
        let count = secret["data"].as_object().map_or(0, serde_json::Map::len);
        vec![
            name(secret),
            secret["type"].clone(),
            count.into(),
            age(secret, now),
        ]
    },
};

const ACCOUNT: Print = Print {
    columns: &[NAME, AGE],
    cells: |account, now| vec![name(account), age(account, now)],
};

const SERVICE: Print = Print {
    columns: &[
        NAME,
        ("Type", "string", "", 0),
        ("Cluster-IP", "string", "", 0),
        ("External-IP", "string", "", 0),
        ("Port(s)", "string", "", 0),
        AGE,
        ("Selector", "string", "", 1),
    ],
    cells: |service, now| {
        let ports = items(service, "spec.ports")
            .iter()
            .map(port)
            .collect::<Vec<_>>()
            .join(",");
        let cluster = items(service, "spec.clusterIPs")
            .first()
            .and_then(Value::as_str)
            .unwrap_or(text(service, "spec.clusterIP"));
        vec![
            name(service),
            service["spec"]["type"].clone(),
            or(cluster, "<none>"),
            external(service),
            or(&ports, "<none>"),
            age(service, now),
            label_set(at(service, "spec.selector")),
        ]
    },
};

fn port(port: &Value) -> String {
    let protocol = text(port, "protocol");
    match number(port, "nodePort") {
        0 => format!("{}/{protocol}", number(port, "port")),
        node => format!("{}:{node}/{protocol}", number(port, "port")),
    }
}

fn external(service: &Value) -> Value {
    let own = items(service, "spec.externalIPs")
        .iter()
        .filter_map(Value::as_str);
    match text(service, "spec.type") {
        "ClusterIP" | "NodePort" => joined(own, "<none>"),
        "LoadBalancer" => joined(balancers(service).into_iter().chain(own), "<pending>"),
        "ExternalName" => service["spec"]["externalName"].clone(),
        _ => "<unknown>".into(),
    }
}

/// Addresses of a load balancer, sorted.
pub(super) fn balancers(object: &Value) -> Vec<&str> {
    let address = |one| {
        Some(text(one, "ip"))
            .filter(|ip| !ip.is_empty())
            .unwrap_or(text(one, "hostname"))
    };
    let mut all: Vec<_> = items(object, "status.loadBalancer.ingress")
        .iter()
        .map(address)
        .filter(|one| !one.is_empty())
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

const EVENT: Print = Print {
    columns: &[
        ("Last Seen", "string", "", 0),
        ("Type", "string", "", 0),
        ("Reason", "string", "", 0),
        ("Object", "string", "", 0),
        ("Subobject", "string", "", 1),
        ("Source", "string", "", 1),
        ("Message", "string", "", 0),
        ("First Seen", "string", "", 1),
        ("Count", "string", "", 1),
        ("Name", "string", "name", 1),
    ],
    cells: event,
};

fn event(event: &Value, now: crate::clock::Timestamp) -> Vec<Value> {
    let first = match &event["firstTimestamp"] {
        Value::Null => since(&event["eventTime"], now),
        first => since(first, now),
    };
    let series = &event["series"];
    let (last, count) = match (series.is_object(), &event["lastTimestamp"]) {
        (true, _) => (since(&series["lastObservedTime"], now), number(series, "count")),
        (false, Value::Null) => (first.clone(), number(event, "count").max(1)),
        (false, last) => (since(last, now), number(event, "count").max(1)),
    };
    let kind = text(event, "involvedObject.kind").to_lowercase();
    let object = match text(event, "involvedObject.name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    let either = |one: &'static str, other: &'static str| {
        Some(text(event, one))
            .filter(|one| !one.is_empty())
            .unwrap_or(text(event, other))
    };
    let source = match either("source.host", "reportingInstance") {
        "" => either("source.component", "reportingComponent").to_owned(),
        host => format!("{}, {host}", either("source.component", "reportingComponent")),
    };
    vec![
        last.into(),
        event["type"].as_str().unwrap_or_default().into(),
        text(event, "reason").into(),
        object.into(),
        text(event, "involvedObject.fieldPath").into(),
        source.into(),
        text(event, "message").trim().into(),
        first.into(),
        count.into(),
        name(event),
    ]
}

const ENDPOINTS: Print = Print {
    columns: &[NAME, ("Endpoints", "string", "", 0), AGE],
    cells: |endpoints, now| {
        let mut all = Vec::new();
        for subset in items(endpoints, "subsets") {
            for port in items(subset, "ports") {
                let addresses = items(subset, "addresses").iter();
                all.extend(
                    addresses.map(|address| format!("{}:{}", text(address, "ip"), number(port, "port"))),
                );
            }
        }
        let none = items(endpoints, "subsets").is_empty();
        vec![
            name(endpoints),
            if none {
                "<none>".into()
            } else {
                first_of(&all, 3).into()
            },
            age(endpoints, now),
        ]
    },
};

/// The first few, and how many more.
pub(super) fn first_of(all: &[impl AsRef<str>], most: usize) -> String {
    let shown = all
        .iter()
        .take(most)
        .map(AsRef::as_ref)
        .collect::<Vec<_>>()
        .join(",");
    if all.len() > most {
        format!("{shown} + {} more...", all.len() - most)
    } else {
        shown
    }
}

const CONTROLLER: Print = Print {
    columns: super::apps::REPLICA_COLUMNS,
    cells: |controller, now| {
        let [names, images] = containers(controller, "spec.template.spec");
        vec![
            name(controller),
            number(controller, "spec.replicas").into(),
            number(controller, "status.replicas").into(),
            number(controller, "status.readyReplicas").into(),
            age(controller, now),
            names,
            images,
            label_set(at(controller, "spec.selector")),
        ]
    },
};

const CLAIM: Print = Print {
    columns: &[
        NAME,
        ("Status", "string", "", 0),
        ("Volume", "string", "", 0),
        ("Capacity", "string", "", 0),
        ("Access Modes", "string", "", 0),
        ("StorageClass", "string", "", 0),
        ("VolumeAttributesClass", "string", "", 0),
        AGE,
        ("VolumeMode", "string", "", 1),
    ],
    cells: |claim, now| {
        let bound = !text(claim, "spec.volumeName").is_empty();
        let deleting = claim["metadata"]["deletionTimestamp"].is_string();
        vec![
            name(claim),
            if deleting {
                "Terminating"
            } else {
                text(claim, "status.phase")
            }
            .into(),
            text(claim, "spec.volumeName").into(),
            if bound {
                text(claim, "status.capacity.storage")
            } else {
                ""
            }
            .into(),
            if bound {
                modes(items(claim, "status.accessModes"))
            } else {
                String::new()
            }
            .into(),
            text(claim, "spec.storageClassName").into(),
            or(text(claim, "spec.volumeAttributesClassName"), "<unset>"),
            age(claim, now),
            or(text(claim, "spec.volumeMode"), "<unset>"),
        ]
    },
};

/// Access modes in short.
pub(super) fn modes(modes: &[Value]) -> String {
    let short = |mode: &Value| match mode.as_str() {
        Some("ReadWriteOnce") => "RWO",
        Some("ReadOnlyMany") => "ROX",
        Some("ReadWriteMany") => "RWX",
        Some("ReadWriteOncePod") => "RWOP",
        _ => "",
    };
    modes.iter().map(short).collect::<Vec<_>>().join(",")
}

const QUOTA: Print = Print {
    columns: &[
        NAME,
        ("Request", "string", "", 0),
        ("Limit", "string", "", 0),
        AGE,
    ],
    cells: |quota, now| {
        let (mut requests, mut limits) = (Vec::new(), Vec::new());
        let used = at(quota, "status.used");
        let mut hard: Vec<_> = at(quota, "status.hard")
            .as_object()
            .into_iter()
            .flatten()
            .collect();
        hard.sort_by_key(|(resource, _)| resource.as_str());
        for (resource, hard) in hard {
            let used = used[resource].as_str().unwrap_or("0");
            let text = format!("{resource}: {used}/{}", hard.as_str().unwrap_or("0"));
            if resource.starts_with("limits.") {
                limits.push(text);
            } else {
                requests.push(text);
            }
        }
        vec![
            name(quota),
            requests.join(", ").into(),
            limits.join(", ").into(),
            age(quota, now),
        ]
    },
};

const TEMPLATE: Print = Print {
    columns: &[
        NAME,
        ("Containers", "string", "", 0),
        ("Images", "string", "", 0),
        ("Pod Labels", "string", "", 0),
    ],
    cells: |template, _| {
        let [names, images] = containers(template, "template.spec");
        vec![
            name(template),
            names,
            images,
            label_set(at(template, "template.metadata.labels")),
        ]
    },
};
