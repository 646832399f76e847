//! Columns against what kubectl prints: the cases of k8s.io/kubernetes v1.36, `pkg/printers/internalversion/printers_test.go`.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::kind::{Ctx, Facts, KindDef};
use crate::kinds::{
    cronjobs::CronJobs, daemonsets::DaemonSets, deployments::Deployments, events::Events,
    horizontalpodautoscalers::HorizontalPodAutoscalers, ingresses::Ingresses, jobs::Jobs, nodes::Nodes,
    persistentvolumeclaims::PersistentVolumeClaims, persistentvolumes::PersistentVolumes,
    poddisruptionbudgets::PodDisruptionBudgets, pods::Pods, services::Services, statefulsets::StatefulSets,
};
use crate::model::Pool;
use crate::wire::Wire as _;

/// The cells of an object under these titles, as a table shows them; `–` is what kubectl prints as `<none>` or `<unset>`.
fn cells<K: KindDef>(object: &Value, titles: &[&str]) -> Vec<String> {
    let text = object.to_string();
    let row = K::row(K::Wire::json(text.as_bytes()).unwrap(), &mut Pool::default()).unwrap();
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let facts = Facts::default();
    let text = |title: &&str| {
        let column = K::COLUMNS.iter().find(|column| column.title == *title).unwrap();
        let mut out = String::new();
        (column.cell)(&row, &Ctx { now, facts: &facts }).write(now, &mut out);
        out
    };
    titles.iter().map(text).collect()
}

fn condition(kind: &str) -> Value {
    json!({"type": kind, "status": "True"})
}

#[test]
fn jobs_and_cron_jobs() {
    let titles = ["STATUS", "COMPLETIONS", "DURATION"];
    for (spec, status, expected) in [
        (
            json!({"completions": 2}),
            json!({"succeeded": 1}),
            ["Running", "1/2", "–"],
        ),
        (json!({}), json!({}), ["Running", "0/1", "–"]),
        (
            json!({"parallelism": 5}),
            json!({"succeeded": 1}),
            ["Running", "1/1 of 5", "–"],
        ),
        (
            json!({"completions": 2}),
            json!({"startTime": "2026-11-21T11:58:37Z", "completionTime": "2026-11-21T11:59:10Z",
                   "conditions": [condition("Complete")]}),
            ["Complete", "0/2", "33s"],
        ),
        (
            json!({"completions": 1}),
            json!({"startTime": "2026-11-21T11:40:00Z", "conditions": [condition("Failed")]}),
            ["Failed", "0/1", "20m"],
        ),
        (
            json!({}),
            json!({"conditions": [condition("Suspended")]}),
            ["Suspended", "0/1", "–"],
        ),
        (
            json!({}),
            json!({"conditions": [condition("FailureTarget")]}),
            ["FailureTarget", "0/1", "–"],
        ),
        (
            json!({}),
            json!({"conditions": [condition("SuccessCriteriaMet")]}),
            ["SuccessCriteriaMet", "0/1", "–"],
        ),
    ] {
        assert_eq!(
            cells::<Jobs>(&json!({"spec": spec, "status": status}), &titles),
            expected
        );
    }
    let going = json!({"metadata": {"deletionTimestamp": "2026-11-21T11:00:00Z"}});
    assert_eq!(cells::<Jobs>(&going, &["STATUS"]), ["Terminating"]);
    let cron = json!({
        "spec": {"schedule": "0/5 * * * ?", "suspend": false, "timeZone": "Europe/Berlin"},
        "status": {"active": [{}], "lastScheduleTime": "2026-11-21T11:59:00Z"},
    });
    let titles = ["SCHEDULE", "TIMEZONE", "SUSPEND", "ACTIVE", "LAST SCHEDULE"];
    assert_eq!(
        cells::<CronJobs>(&cron, &titles),
        ["0/5 * * * ?", "Europe/Berlin", "False", "1", "60s"]
    );
}

#[test]
fn services() {
    let titles = ["TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "SELECTOR"];
    let ports =
        json!([{"port": 2233, "protocol": "TCP"}, {"port": 8888, "nodePort": 30_888, "protocol": "UDP"}]);
    let ingress =
        json!([{"ip": "3.4.5.6"}, {"hostname": "lb.example.com"}, {"ip": "2.3.4.5", "hostname": "x"}]);
    for (kind, external, balancer, expected) in [
        ("ClusterIP", json!([]), json!(null), "–"),
        (
            "ClusterIP",
            json!(["1.1.1.1", "2.2.2.2"]),
            json!(null),
            "1.1.1.1,2.2.2.2",
        ),
        ("NodePort", json!([]), json!(null), "–"),
        ("LoadBalancer", json!([]), json!(null), "<pending>"),
        (
            "LoadBalancer",
            json!([]),
            ingress.clone(),
            "2.3.4.5,3.4.5.6,lb.example.com",
        ),
        (
            "LoadBalancer",
            json!(["9.9.9.9"]),
            ingress.clone(),
            "2.3.4.5,3.4.5.6,lb.example.com,9.9.9.9",
        ),
    ] {
        let service = json!({
            "spec": {"type": kind, "clusterIPs": ["10.9.8.7"], "externalIPs": external, "ports": ports,
                     "selector": {"b": "2", "a": "1"}},
            "status": {"loadBalancer": {"ingress": balancer}},
        });
        let ports = "2233/TCP,8888:30888/UDP";
        assert_eq!(
            cells::<Services>(&service, &titles),
            [kind, "10.9.8.7", expected, ports, "a=1,b=2"]
        );
    }
    let named = json!({"spec": {"type": "ExternalName", "externalName": "db.example.com"}});
    assert_eq!(
        cells::<Services>(&named, &titles),
        ["ExternalName", "–", "db.example.com", "–", "–"]
    );
}

#[test]
fn autoscalers() {
    let resource = |target: Value| json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
    let now = |current: Value| json!({"type": "Resource", "resource": {"name": "cpu", "current": current}});
    let external = json!({"type": "External", "external": {"metric": {"name": "q"}, "target": {"averageValue": "100m"}}});
    let pods = json!({"type": "Pods", "pods": {"metric": {"name": "q"}, "target": {"averageValue": "100m"}}});
    let object = json!({"type": "Object", "object": {"metric": {"name": "q"}, "target": {"value": "100m"}}});
    for (metrics, current, expected) in [
        (json!([]), json!([]), "<none>"),
        (
            json!([resource(json!({"averageUtilization": 80}))]),
            json!([]),
            "cpu: <unknown>/80%",
        ),
        (
            json!([resource(json!({"averageUtilization": 80}))]),
            json!([now(json!({"averageUtilization": 50, "averageValue": "40m"}))]),
            "cpu: 50%/80%",
        ),
        (
            json!([resource(json!({"averageValue": "100m"}))]),
            json!([now(json!({"averageValue": "50m"}))]),
            "cpu: 50m/100m",
        ),
        (json!([resource(json!({}))]), json!([]), "cpu: <unknown>/<auto>"),
        (
            json!([external]),
            json!([{"type": "External", "external": {"current": {"averageValue": "50m"}}}]),
            "50m/100m (avg)",
        ),
        (
            json!([pods]),
            json!([{"type": "Pods", "pods": {"current": {"averageValue": "50m"}}}]),
            "50m/100m",
        ),
        (
            json!([object]),
            json!([{"type": "Object", "object": {"current": {"value": "50m"}}}]),
            "50m/100m",
        ),
        (
            json!([pods, pods, pods, pods]),
            json!([]),
            "<unknown>/100m, <unknown>/100m + 2 more...",
        ),
    ] {
        let hpa = json!({
            "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 2, "maxReplicas": 10,
                     "metrics": metrics},
            "status": {"currentReplicas": 4, "currentMetrics": current},
        });
        let titles = ["REFERENCE", "TARGETS", "MINPODS", "MAXPODS", "REPLICAS"];
        let read = cells::<HorizontalPodAutoscalers>(&hpa, &titles);
        assert_eq!(read, ["Deployment/web", expected, "2", "10", "4"]);
    }
}

#[test]
fn workloads() {
    let deployment = json!({
        "spec": {"replicas": 5, "selector": {"matchLabels": {"foo": "bar"}},
                 "template": {"spec": {"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]}}},
        "status": {"replicas": 10, "updatedReplicas": 2, "readyReplicas": 4, "availableReplicas": 1},
    });
    let titles = [
        "READY",
        "UP-TO-DATE",
        "AVAILABLE",
        "CONTAINERS",
        "IMAGES",
        "SELECTOR",
    ];
    assert_eq!(
        cells::<Deployments>(&deployment, &titles),
        ["4/5", "2", "1", "a,b", "x,y", "foo=bar"]
    );
    let set = json!({"spec": {"replicas": 5}, "status": {"readyReplicas": 2}});
    assert_eq!(cells::<StatefulSets>(&set, &["READY"]), ["2/5"]);
    let daemon = json!({
        "spec": {"selector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b", "c"]}]},
                 "template": {"spec": {"nodeSelector": {"disk": "ssd"}}}},
        "status": {"currentNumberScheduled": 4, "desiredNumberScheduled": 3, "numberReady": 2,
                   "updatedNumberScheduled": 1, "numberAvailable": 0},
    });
    let titles = [
        "DESIRED",
        "CURRENT",
        "READY",
        "UP-TO-DATE",
        "AVAILABLE",
        "NODE SELECTOR",
        "SELECTOR",
    ];
    assert_eq!(
        cells::<DaemonSets>(&daemon, &titles),
        ["3", "4", "2", "1", "0", "disk=ssd", "a in (b,c)"]
    );
}

#[test]
fn what_is_replaced_only_by_hand_is_told() {
    for (updated, expected) in [(1, "ready, 3 old: OnDelete"), (4, "ready")] {
        let daemon = json!({
            "spec": {"updateStrategy": {"type": "OnDelete"}},
            "status": {"desiredNumberScheduled": 4, "numberReady": 4, "updatedNumberScheduled": updated, "numberAvailable": 4},
        });
        assert_eq!(cells::<DaemonSets>(&daemon, &["ROLLOUT"]), [expected]);
        let set = json!({
            "spec": {"replicas": 4, "updateStrategy": {"type": "OnDelete"}},
            "status": {"replicas": 4, "readyReplicas": 4, "updatedReplicas": updated},
        });
        assert_eq!(cells::<StatefulSets>(&set, &["ROLLOUT"]), [expected]);
    }
}

#[test]
fn volumes_and_budgets() {
    let claim = json!({
        "spec": {"volumeName": "pv-1", "storageClassName": "gp3", "volumeMode": "Filesystem"},
        "status": {"phase": "Bound", "accessModes": ["ReadOnlyMany", "ReadWriteOnce"], "capacity": {"storage": "4Gi"}},
    });
    let titles = [
        "STATUS",
        "VOLUME",
        "CAPACITY",
        "ACCESS MODES",
        "STORAGECLASS",
        "VOLUMEATTRIBUTESCLASS",
    ];
    let read = cells::<PersistentVolumeClaims>(&claim, &titles);
    assert_eq!(read, ["Bound", "pv-1", "4Gi", "RWO,ROX", "gp3", "–"]);
    let pending = json!({"spec": {}, "status": {"phase": "Pending", "capacity": {"storage": "4Gi"}}});
    let read = cells::<PersistentVolumeClaims>(&pending, &titles);
    assert_eq!(read, ["Pending", "–", "–", "–", "–", "–"]);
    let volume = json!({
        "metadata": {"deletionTimestamp": "2026-11-21T11:00:00Z"},
        "spec": {"capacity": {"storage": "4Gi"}, "accessModes": ["ReadOnlyMany"], "persistentVolumeReclaimPolicy": "Delete",
                 "claimRef": {"namespace": "default", "name": "test"}},
        "status": {"phase": "Bound"},
    });
    let titles = ["CAPACITY", "ACCESS MODES", "RECLAIM POLICY", "STATUS", "CLAIM"];
    let read = cells::<PersistentVolumes>(&volume, &titles);
    assert_eq!(read, ["4Gi", "ROX", "Delete", "Terminating", "default/test"]);
    let budget = json!({"spec": {"minAvailable": "22%"}, "status": {"disruptionsAllowed": 5}});
    let titles = ["MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS"];
    assert_eq!(
        cells::<PodDisruptionBudgets>(&budget, &titles),
        ["22%", "N/A", "5"]
    );
}

#[test]
fn ingresses_nodes_and_events() {
    let ingress = json!({
        "spec": {"ingressClassName": "nginx", "rules": [{"host": "a.example.com"}], "tls": [{}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "2.3.4.5"}]}},
    });
    let titles = ["CLASS", "HOSTS", "ADDRESS", "PORTS"];
    assert_eq!(
        cells::<Ingresses>(&ingress, &titles),
        ["nginx", "a.example.com", "2.3.4.5", "80, 443"]
    );
    let node = json!({
        "metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}},
        "spec": {"unschedulable": true},
        "status": {"conditions": [condition("Ready"), condition("DiskPressure")],
                   "capacity": {"cpu": "2", "memory": "4Gi", "pods": "17"},
                   "allocatable": {"cpu": "1930m", "memory": "3Gi", "pods": "17"}},
    });
    let titles = ["STATUS", "PROBLEMS", "ROLES", "RESERVED", "SLOTS"];
    let read = cells::<Nodes>(&node, &titles);
    assert_eq!(
        read,
        [
            "Ready,SchedulingDisabled",
            "DiskPressure",
            "control-plane",
            "70m 1Gi",
            "17"
        ]
    );
    let titles = ["LAST SEEN", "COUNT", "OBJECT", "FIRST SEEN"];
    let about = json!({"kind": "Pod", "name": "web-1"});
    for (event, expected) in [
        (
            json!({"regarding": about, "eventTime": "2026-11-21T11:50:00.000000Z",
                   "series": {"count": 7, "lastObservedTime": "2026-11-21T11:59:00.000000Z"}}),
            ["60s", "7", "pod/web-1", "10m"],
        ),
        (
            json!({"regarding": about, "deprecatedFirstTimestamp": "2026-11-21T11:00:00Z",
                   "deprecatedLastTimestamp": "2026-11-21T11:30:00Z", "deprecatedCount": 3}),
            ["30m", "3", "pod/web-1", "60m"],
        ),
        (
            json!({"regarding": {"kind": "Node"}, "eventTime": "2026-11-21T11:59:30.000000Z"}),
            ["30s", "1", "node", "30s"],
        ),
    ] {
        assert_eq!(cells::<Events>(&event, &titles), expected);
    }
}

#[test]
fn pods_last_end_usage_and_gates() {
    let pod = json!({
        "spec": {"nodeName": "n", "containers": [{"name": "a"}], "readinessGates": [{"conditionType": "g"}, {"conditionType": "h"}]},
        "status": {"phase": "Running", "podIP": "10.0.0.3", "qosClass": "BestEffort", "nominatedNodeName": "m",
            "conditions": [condition("g")],
            "containerStatuses": [{"name": "a", "restartCount": 14,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-11-21T11:59:20Z"}}}]},
    });
    let titles = [
        "READY",
        "STATUS",
        "RESTARTS",
        "LAST",
        "CPU",
        "IP",
        "NODE",
        "QOS",
        "NOMINATED NODE",
        "READINESS GATES",
    ];
    assert_eq!(
        cells::<Pods>(&pod, &titles),
        [
            "0/1",
            "CrashLoopBackOff",
            "14 (40s ago)",
            "OOMKilled 137",
            "–",
            "10.0.0.3",
            "n",
            "BestEffort",
            "m",
            "1/2"
        ]
    );
}
