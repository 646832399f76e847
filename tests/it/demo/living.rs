//! The API server before a living world on a clock that the test moves: proxies to what runs there, and the autoscaling walkthrough of the
//! Kubernetes documentation.

use super::*;
use kubris::demo::world::World;

impl Rig {
    /// A calm standard world.
    async fn living() -> Self {
        let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
        let options = Options {
            clock: clock.clone(),
            world: demo::world::Options {
                calm: true,
                ..demo::world::Options::default()
            },
            ..Options::default()
        };
        let demo = demo::start(options).unwrap();
        let client = client(&demo).await;
        Self { demo, client, clock }
    }

    fn world(&self) -> &World {
        self.demo.world().unwrap()
    }

    /// Lets time go by.
    fn pass(&self, seconds: u64) {
        for _ in 0..seconds * 2 {
            self.clock.advance(Duration::from_millis(500));
            self.world().tick(self.clock.now());
        }
    }

    async fn made(&self, path: &str, body: Value) {
        let (code, answer) = self.post(path, body).await;
        assert_eq!(code, 201, "{answer}");
    }
}

#[tokio::test]
async fn services_pods_and_nodes_answer_through_proxies() {
    let rig = Rig::living().await;
    let said = async |path: &str| {
        let (code, answer) = rig.get(&format!("/api/v1/{path}")).await;
        let text = answer["message"]
            .as_str()
            .or(answer.as_str())
            .unwrap_or_default()
            .to_owned();
        (code, text, answer)
    };
    let (code, text, _) = said("namespaces/shop/services/web:http/proxy/some/page").await;
    assert_eq!(code, 200);
    assert!(text.contains("answers /some/page on port 8080"), "{text}");
    let (code, text, _) = said("namespaces/shop/services/web:81/proxy/").await;
    assert_eq!(
        (code, &*text),
        (503, "no service port 81 found for service \"web\"")
    );
    let (code, text, _) = said("namespaces/shop/services/nope/proxy/").await;
    assert_eq!((code, &*text), (404, "services \"nope\" not found"));
    let pod = rig.demo.store().list("pods", Some("shop"))[0].name.to_string();
    let (code, text, _) = said(&format!("namespaces/shop/pods/{pod}:9/proxy/")).await;
    assert_eq!(code, 503);
    assert!(text.ends_with(":9: connect: connection refused"), "{text}");

    let portless = json!({"containers": [{"name": "a", "image": "registry.example.com/own/thing:1"}]});
    rig.made(
        "/api/v1/namespaces/default/pods",
        json!({"metadata": {"name": "portless"}, "spec": portless}),
    )
    .await;
    rig.pass(30);
    for (scheme, port) in [("", 80), ("https:", 443)] {
        let (_, text, _) = said(&format!("namespaces/default/pods/{scheme}portless:/proxy/")).await;
        assert!(
            text.contains(&format!(":{port}: connect: connection refused")),
            "{text}"
        );
    }

    let node = rig.demo.store().list("nodes", None)[0].name.to_string();
    let kubelet = |path: &str| format!("nodes/{node}/proxy{path}");
    assert_eq!(said(&kubelet("/healthz")).await.1, "ok");
    assert_eq!(said(&kubelet("/nothing")).await.0, 404);
    let (_, _, pods) = said(&kubelet("/pods")).await;
    let here = pods["items"].as_array().unwrap();
    assert!(!here.is_empty() && here.iter().all(|pod| pod["spec"]["nodeName"] == *node));
    let bound = rig.demo.store().list("pods", None);
    let bound = bound
        .iter()
        .filter(|pod| pod.value()["spec"]["nodeName"] == *node);
    assert_eq!(here.len(), bound.count());
    let (code, text, _) = said(&format!("nodes/{node}:10256/proxy/healthz")).await;
    assert_eq!(code, 200, "kube-proxy uses the network of its node: {text}");
    let (_, _, summary) = said(&kubelet("/stats/summary")).await;
    let path = format!("/apis/metrics.k8s.io/v1beta1/nodes/{node}");
    let (_, metrics) = rig.get(&path).await;
    let nano = summary["node"]["cpu"]["usageNanoCores"].as_u64().unwrap();
    assert_eq!(metrics["usage"]["cpu"], format!("{nano}n"));
    let (_, text, _) = said(&kubelet("/metrics/resource")).await;
    for line in [
        "pod_cpu_usage_seconds_total{namespace=",
        "node_memory_working_set_bytes ",
        "resource_scrape_error 0",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

/// <https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale-walkthrough/>
#[tokio::test]
async fn the_autoscaling_walkthrough_goes_as_documented() {
    let rig = Rig::living().await;
    let labels = json!({"run": "php-apache"});
    let container = json!({"name": "php-apache", "image": "registry.k8s.io/hpa-example", "ports": [{"containerPort": 80}],
        "resources": {"limits": {"cpu": "500m"}, "requests": {"cpu": "200m"}}});
    rig.made(
        "/apis/apps/v1/namespaces/default/deployments",
        json!({"metadata": {"name": "php-apache"}, "spec": {"selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}}}),
    )
    .await;
    rig.made(
        "/api/v1/namespaces/default/services",
        json!({"metadata": {"name": "php-apache", "labels": labels}, "spec": {"ports": [{"port": 80}], "selector": labels}}),
    )
    .await;
    rig.pass(60);
    rig.made(
        "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers",
        json!({"metadata": {"name": "php-apache"}, "spec": {"minReplicas": 1, "maxReplicas": 10, "targetCPUUtilizationPercentage": 50,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "php-apache"}}}),
    )
    .await;
    rig.pass(30);
    let read = || {
        rig.demo
            .store()
            .read("horizontalpodautoscalers", "default", "php-apache")
            .unwrap()
    };
    let percent = |hpa: &Value| {
        hpa["status"]["currentMetrics"][0]["resource"]["current"]["averageUtilization"].as_i64()
    };
    assert!(percent(&read()) <= Some(1), "{}", read()["status"]);
    assert_eq!(read()["status"]["desiredReplicas"], 1);

    let command = [
        "/bin/sh",
        "-c",
        "while sleep 0.01; do wget -q -O- http://php-apache; done",
    ];
    rig.made(
        "/api/v1/namespaces/default/pods",
        json!({"metadata": {"name": "load-generator"}, "spec": {"restartPolicy": "Never",
            "containers": [{"name": "load-generator", "image": "busybox:1.28", "command": command, "stdin": true, "tty": true}]}}),
    )
    .await;
    let mut course = Vec::new();
    for _ in 0..16 {
        rig.pass(15);
        course.extend(percent(&read()));
    }
    // One pod may use no more than its limit, two and a half times what it requests.
    assert_eq!(course.iter().max(), Some(&250), "{course:?}");
    let hpa = read();
    let grown = hpa["status"]["desiredReplicas"].as_i64().unwrap();
    assert!((6..=8).contains(&grown), "{}", hpa["status"]);
    assert!((40..=55).contains(&percent(&hpa).unwrap()), "{}", hpa["status"]);
    let (_, metrics) = rig
        .get("/apis/metrics.k8s.io/v1beta1/namespaces/default/pods")
        .await;
    let busy = metrics["items"].as_array().unwrap().iter().filter(|item| {
        let used = item["containers"][0]["usage"]["cpu"]
            .as_str()
            .unwrap()
            .trim_end_matches('n')
            .parse::<u64>();
        used.unwrap() > 60_000_000
    });
    assert_eq!(busy.count() as i64, grown, "the load is spread: {metrics}");

    let (code, _) = rig
        .send(
            "DELETE",
            "/api/v1/namespaces/default/pods/load-generator",
            "",
            None,
        )
        .await;
    assert_eq!(code, 200);
    rig.pass(240);
    let waiting = read();
    assert_eq!(waiting["status"]["desiredReplicas"], grown);
    assert_eq!(
        waiting["status"]["conditions"][0]["reason"],
        "ScaleDownStabilized"
    );
    rig.pass(150);
    let rested = read();
    assert_eq!(rested["status"]["desiredReplicas"], 1, "{}", rested["status"]);
    let events = rig.demo.store().list("events", Some("default"));
    let said: Vec<String> = events
        .iter()
        .map(|event| event.value())
        .filter(|event| event["reason"] == "SuccessfulRescale")
        .map(|event| event["message"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        said.iter()
            .any(|text| text
                .ends_with("reason: cpu resource utilization (percentage of request) above target")),
        "{said:?}"
    );
    assert!(
        said.iter()
            .any(|text| text == "New size: 1; reason: All metrics below target"),
        "{said:?}"
    );
}

#[tokio::test]
async fn demos_of_a_seed_take_the_same_turns() {
    let (one, other) = (Rig::living().await, Rig::living().await);
    let label = json!({"run": "who"});
    let container = json!({"name": "who", "image": "traefik/whoami:v1", "ports": [{"containerPort": 80}]});
    for rig in [&one, &other] {
        for name in ["who-a", "who-b"] {
            let pod =
                json!({"metadata": {"name": name, "labels": label}, "spec": {"containers": [container]}});
            rig.made("/api/v1/namespaces/default/pods", pod).await;
        }
        let service =
            json!({"metadata": {"name": "who"}, "spec": {"ports": [{"port": 80}], "selector": label}});
        rig.made("/api/v1/namespaces/default/services", service).await;
        rig.pass(60);
    }
    for _ in 0..3 {
        let path = "/api/v1/namespaces/default/services/who/proxy/hostname";
        let (said, same) = (one.get(path).await, other.get(path).await);
        assert_eq!(said.0, 200, "{said:?}");
        assert_eq!(said, same);
    }
}

#[tokio::test]
async fn what_clients_ask_for_is_counted_for_the_container_that_serves() {
    let rig = Rig::living().await;
    let spec = json!({"nodeName": rig.demo.store().list("nodes", None)[0].name.to_string(), "containers": [
        {"name": "beside", "image": "redis:7"},
        {"name": "serves", "image": "registry.k8s.io/hpa-example", "ports": [{"containerPort": 80}]},
    ]});
    let node = spec["nodeName"].as_str().unwrap_or_default().to_owned();
    rig.made(
        "/api/v1/namespaces/default/pods",
        json!({"metadata": {"name": "duo"}, "spec": spec}),
    )
    .await;
    rig.pass(60);
    let totals = async || {
        let path = format!("/api/v1/nodes/{node}/proxy/metrics/resource");
        let (_, text) = rig.get(&path).await;
        let text = text.as_str().unwrap_or_default().to_owned();
        ["beside", "serves"].map(|name| {
            let of = |line: &&str| {
                line.starts_with("container_cpu_usage_seconds_total")
                    && line.contains("\"duo\"")
                    && line.contains(&format!("\"{name}\""))
            };
            let line = text
                .lines()
                .find(of)
                .unwrap_or_else(|| panic!("{name} in {text}"));
            line.split(' ').nth(1).unwrap().parse::<f64>().unwrap()
        })
    };
    let before = totals().await;
    for _ in 0..50 {
        let path = "/api/v1/namespaces/default/pods/duo/proxy/";
        assert_eq!(rig.get(path).await.0, 200);
    }
    let after = totals().await;
    assert!((after[0] - before[0]).abs() < 0.01, "{before:?} {after:?}");
    assert!((after[1] - before[1] - 1.5).abs() < 0.01, "{before:?} {after:?}");
}
