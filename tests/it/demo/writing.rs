//! Create, update, patch, delete, scale, evict.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Rig;

const JSON: &str = "application/json";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/a/deployments";
const WEB: &str = "/apis/apps/v1/namespaces/a/deployments/web";

fn deployment() -> Value {
    json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
        "spec": { "replicas": 2, "selector": { "matchLabels": { "app": "web" } }, "template": {
            "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "name": "main", "image": "web:1" }] } } } })
}

#[tokio::test]
async fn a_created_object_has_defaults_and_a_first_manager() {
    let rig = Rig::new().await;
    let (code, made) = rig.post(DEPLOYMENTS, deployment()).await;
    assert_eq!(code, 201);
    assert_eq!(made["spec"]["strategy"]["rollingUpdate"]["maxSurge"], "25%");
    assert_eq!(
        made["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"],
        "IfNotPresent"
    );
    assert_eq!(made["metadata"]["managedFields"][0]["operation"], "Update");
    assert_eq!(rig.post(DEPLOYMENTS, deployment()).await.0, 409);
    let (code, nowhere) = rig
        .post("/apis/apps/v1/namespaces/nowhere/deployments", deployment())
        .await;
    assert_eq!(
        (code, nowhere["message"].as_str()),
        (404, Some("namespaces \"nowhere\" not found"))
    );
    let mut wrong = deployment();
    wrong["metadata"]["name"] = "other".into();
    wrong["spec"]["template"]["metadata"]["labels"]["app"] = "db".into();
    let (code, status) = rig.post(DEPLOYMENTS, wrong).await;
    assert_eq!(
        (code, status["details"]["causes"][0]["field"].as_str()),
        (422, Some("spec.template.metadata.labels"))
    );
}

#[tokio::test]
async fn a_dry_run_answers_and_stores_nothing() {
    let rig = Rig::new().await;
    let (code, made) = rig.post(&format!("{DEPLOYMENTS}?dryRun=All"), deployment()).await;
    assert_eq!(
        (code, made["spec"]["revisionHistoryLimit"].as_i64()),
        (201, Some(10))
    );
    assert_eq!(rig.get(WEB).await.0, 404);
}

#[tokio::test]
async fn metadata_that_holds_nothing_is_not_written() {
    let rig = Rig::new().await;
    let empty = json!({ "annotations": {}, "labels": {}, "finalizers": [], "ownerReferences": [] });
    let bare = |value: &Value| {
        let meta = value["metadata"].as_object().unwrap();
        empty
            .as_object()
            .unwrap()
            .keys()
            .all(|key| !meta.contains_key(key))
    };
    let mut object = deployment();
    for (key, value) in empty.as_object().unwrap() {
        object["metadata"][key] = value.clone();
    }
    let (_, made) = rig.post(DEPLOYMENTS, object.clone()).await;
    assert!(bare(&made), "{made}");
    let patch = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": empty });
    let steps: Vec<_> = empty
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| json!({ "op": "add", "path": format!("/metadata/{key}"), "value": value }))
        .collect();
    let apply = format!("{WEB}?fieldManager=me&force=true");
    for (method, path, kind, body) in [
        ("PUT", WEB, JSON, object),
        ("PATCH", WEB, "application/merge-patch+json", patch.clone()),
        (
            "PATCH",
            WEB,
            "application/strategic-merge-patch+json",
            patch.clone(),
        ),
        ("PATCH", WEB, "application/json-patch+json", steps.into()),
        ("PATCH", &apply, "application/apply-patch+yaml", patch),
    ] {
        let (code, now) = rig.send(method, path, kind, body).await;
        assert!(code == 200 && bare(&now), "{kind} {now}");
    }
}

#[tokio::test]
async fn an_update_of_an_old_version_conflicts() {
    let rig = Rig::new().await;
    let (_, mut mine) = rig.post(DEPLOYMENTS, deployment()).await;
    let patch = json!({ "spec": { "replicas": 3 } });
    let (code, _) = rig
        .send("PATCH", WEB, "application/merge-patch+json", patch)
        .await;
    assert_eq!(code, 200);
    mine["spec"]["replicas"] = 9.into();
    let (code, status) = rig.send("PUT", WEB, JSON, mine.clone()).await;
    assert_eq!((code, status["reason"].as_str()), (409, Some("Conflict")));
    mine["metadata"]["resourceVersion"] = Value::Null;
    let (code, now) = rig.send("PUT", WEB, JSON, mine).await;
    assert_eq!(
        (code, &now["spec"]["replicas"], &now["metadata"]["generation"]),
        (200, &json!(9), &json!(3))
    );
}

#[tokio::test]
async fn the_three_patches_patch() {
    let rig = Rig::new().await;
    rig.post(DEPLOYMENTS, deployment()).await;
    let operations = json!([{ "op": "replace", "path": "/spec/replicas", "value": 5 }]);
    let (_, now) = rig
        .send("PATCH", WEB, "application/json-patch+json", operations)
        .await;
    assert_eq!(now["spec"]["replicas"], 5);
    let add = json!({ "spec": { "template": { "spec": { "containers": [{ "name": "side", "image": "side:1" }] } } } });
    let (_, now) = rig
        .send(
            "PATCH",
            WEB,
            "application/strategic-merge-patch+json",
            add.clone(),
        )
        .await;
    assert_eq!(
        now["spec"]["template"]["spec"]["containers"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let (_, now) = rig.send("PATCH", WEB, "application/merge-patch+json", add).await;
    assert_eq!(
        now["spec"]["template"]["spec"]["containers"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let failing = json!([{ "op": "test", "path": "/spec/replicas", "value": 99 }]);
    assert_eq!(
        rig.send("PATCH", WEB, "application/json-patch+json", failing)
            .await
            .0,
        422
    );
    assert_eq!(rig.send("PATCH", WEB, "text/plain", json!({})).await.0, 415);
}

#[tokio::test]
async fn apply_knows_who_owns_what() {
    let rig = Rig::new().await;
    let apply = |manager: &str| format!("{WEB}?fieldManager={manager}");
    let kind = "application/apply-patch+yaml";
    let (code, _) = rig.send("PATCH", &apply("one"), kind, deployment()).await;
    assert_eq!(code, 201);
    let mut other = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" }, "spec": { "replicas": 7 } });
    let (code, status) = rig.send("PATCH", &apply("two"), kind, other.clone()).await;
    assert_eq!(code, 409);
    assert_eq!(
        status["message"],
        "Apply failed with 1 conflict: conflict with \"one\": .spec.replicas"
    );
    let (code, now) = rig
        .send(
            "PATCH",
            &format!("{}&force=true", apply("two")),
            kind,
            other.clone(),
        )
        .await;
    assert_eq!((code, &now["spec"]["replicas"]), (200, &json!(7)));
    let (_, again) = rig.send("PATCH", &apply("two"), kind, other.clone()).await;
    assert_eq!(
        again["metadata"]["resourceVersion"], now["metadata"]["resourceVersion"],
        "the same wish changes nothing"
    );
    other["spec"] = json!({ "paused": true });
    let (_, now) = rig.send("PATCH", &apply("two"), kind, other).await;
    assert_eq!(
        (&now["spec"]["paused"], &now["spec"]["replicas"]),
        (&json!(true), &json!(1)),
        "what is no longer wanted is defaulted"
    );
}

#[tokio::test]
async fn appliers_share_equal_values_and_lose_only_what_is_taken() {
    let rig = Rig::new().await;
    let apply = |manager: &'static str, data: Value| {
        let rig = &rig;
        async move {
            let path = format!("/api/v1/namespaces/a/configmaps/shared?fieldManager={manager}&force=true");
            let body = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "shared" }, "data": data });
            rig.send("PATCH", &path, "application/apply-patch+yaml", body)
                .await
                .1
        }
    };
    let owned = |object: &Value| {
        let entries = object["metadata"]["managedFields"].as_array().unwrap().iter();
        entries
            .map(|one| {
                (
                    one["manager"].as_str().unwrap().to_owned(),
                    one["fieldsV1"]["f:data"].clone(),
                )
            })
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    apply("m1", json!({ "a": "1", "b": "2" })).await;
    let now = owned(&apply("m2", json!({ "a": "9", "b": "2" })).await);
    assert_eq!(now["m1"], json!({ "f:b": {} }));
    assert_eq!(now["m2"], json!({ "f:a": {}, "f:b": {} }));
    let now = apply("m2", json!({})).await;
    assert_eq!(now["data"], json!({ "b": "2" }), "the other still wants b");
    let now = apply("m1", json!({})).await;
    assert_eq!(now.get("data"), None, "nobody wants b any more");
}

#[tokio::test]
async fn managers_are_moved_by_who_sends_them() {
    let rig = Rig::new().await;
    let made = rig.post(DEPLOYMENTS, deployment()).await.1;
    let mut entry = made["metadata"]["managedFields"][0].clone();
    entry["manager"] = "kubectl".into();
    entry["operation"] = "Apply".into();
    let moved = json!([entry]);
    let patch = json!([{ "op": "replace", "path": "/metadata/managedFields", "value": moved }]);
    let (code, now) = rig.send("PATCH", WEB, "application/json-patch+json", patch).await;
    assert_eq!((code, &now["metadata"]["managedFields"]), (200, &moved));
}

#[tokio::test]
async fn scale_is_read_and_written_and_status_is_apart() {
    let rig = Rig::new().await;
    rig.post(DEPLOYMENTS, deployment()).await;
    let (_, mut scale) = rig.get(&format!("{WEB}/scale")).await;
    assert_eq!(
        (&scale["spec"]["replicas"], &scale["status"]["selector"]),
        (&json!(2), &json!("app=web"))
    );
    scale["spec"]["replicas"] = 4.into();
    assert_eq!(
        rig.send("PUT", &format!("{WEB}/scale"), JSON, scale.clone())
            .await
            .0,
        200
    );
    assert_eq!(
        rig.send("PUT", &format!("{WEB}/scale"), JSON, scale).await.0,
        409,
        "the version is old now"
    );
    let patch = json!({ "spec": { "replicas": 6 } });
    let (_, now) = rig
        .send(
            "PATCH",
            &format!("{WEB}/scale"),
            "application/merge-patch+json",
            patch,
        )
        .await;
    assert_eq!(now["spec"]["replicas"], 6);
    let both = json!({ "spec": { "replicas": 1 }, "status": { "replicas": 3, "readyReplicas": 3 } });
    let (_, now) = rig
        .send(
            "PATCH",
            &format!("{WEB}/status"),
            "application/merge-patch+json",
            both.clone(),
        )
        .await;
    assert_eq!(
        (&now["spec"]["replicas"], &now["status"]["readyReplicas"]),
        (&json!(6), &json!(3))
    );
    let (_, now) = rig
        .send(
            "PATCH",
            WEB,
            "application/merge-patch+json",
            json!({ "status": { "readyReplicas": 9 } }),
        )
        .await;
    assert_eq!(now["status"]["readyReplicas"], 3);
}

#[tokio::test]
async fn deletion_waits_for_grace_and_finalizers() {
    let rig = Rig::new().await;
    rig.pods(2);
    let (code, pod) = rig
        .send(
            "DELETE",
            "/api/v1/namespaces/a/pods/web-00",
            JSON,
            json!({ "gracePeriodSeconds": 7 }),
        )
        .await;
    assert_eq!(
        (code, &pod["metadata"]["deletionGracePeriodSeconds"]),
        (200, &json!(7))
    );
    assert_eq!(pod["metadata"]["deletionTimestamp"], "2027-01-15T08:00:07Z");
    assert!(rig.demo.store().object("pods", "a", "web-00").unwrap().deleting);
    rig.send(
        "DELETE",
        "/api/v1/namespaces/a/pods/web-00?gracePeriodSeconds=0",
        "",
        None,
    )
    .await;
    assert_eq!(rig.get("/api/v1/namespaces/a/pods/web-00").await.0, 404);
    let wrong = json!({ "preconditions": { "uid": "no" } });
    assert_eq!(
        rig.send("DELETE", "/api/v1/namespaces/a/pods/web-01", JSON, wrong)
            .await
            .0,
        409
    );
    rig.post(DEPLOYMENTS, deployment()).await;
    let (_, held) = rig
        .send("DELETE", WEB, JSON, json!({ "propagationPolicy": "Foreground" }))
        .await;
    assert_eq!(held["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    let free = json!({ "metadata": { "finalizers": null } });
    rig.send("PATCH", WEB, "application/merge-patch+json", free).await;
    assert_eq!(rig.get(WEB).await.0, 404);
    rig.pods(0);
    rig.put(
        "configmaps",
        "a",
        json!({ "metadata": { "name": "c", "labels": { "x": "y" } } }),
    );
    rig.put("configmaps", "a", json!({ "metadata": { "name": "d" } }));
    rig.send(
        "DELETE",
        "/api/v1/namespaces/a/configmaps?labelSelector=x%3Dy",
        "",
        None,
    )
    .await;
    let left = rig.demo.store().list("configmaps", None);
    assert_eq!(left.iter().map(|one| &*one.name).collect::<Vec<_>>(), ["d"]);
}

#[tokio::test]
async fn an_eviction_asks_the_budget() {
    let rig = Rig::new().await;
    rig.pods(2);
    rig.put(
        "poddisruptionbudgets",
        "a",
        json!({ "metadata": { "name": "b" }, "spec": { "selector": { "matchLabels": { "app": "web" } } },
        "status": { "disruptionsAllowed": 1, "desiredHealthy": 2, "currentHealthy": 2 } }),
    );
    let evict =
        |name: &str| json!({ "apiVersion": "policy/v1", "kind": "Eviction", "metadata": { "name": name } });
    let (code, _) = rig
        .post("/api/v1/namespaces/a/pods/web-00/eviction", evict("web-00"))
        .await;
    assert_eq!(code, 201);
    assert!(rig.demo.store().object("pods", "a", "web-00").unwrap().deleting);
    let (code, status) = rig
        .post("/api/v1/namespaces/a/pods/web-01/eviction", evict("web-01"))
        .await;
    assert_eq!(
        (code, status["details"]["causes"][0]["reason"].as_str()),
        (429, Some("DisruptionBudget"))
    );
    assert!(!rig.demo.store().object("pods", "a", "web-01").unwrap().deleting);
}

#[tokio::test]
async fn a_pods_spec_is_fixed_but_for_its_image() {
    let rig = Rig::new().await;
    rig.pods(1);
    let path = "/api/v1/namespaces/a/pods/web-00";
    let image = json!({ "spec": { "containers": [{ "name": "main", "image": "web:2" }] } });
    assert_eq!(
        rig.send("PATCH", path, "application/strategic-merge-patch+json", image)
            .await
            .0,
        200
    );
    let node = json!({ "spec": { "nodeName": "n2" } });
    let (code, status) = rig
        .send("PATCH", path, "application/strategic-merge-patch+json", node)
        .await;
    assert_eq!(
        (code, status["details"]["causes"][0]["reason"].as_str()),
        (422, Some("FieldValueForbidden"))
    );
}

/// Nobody gets the cluster IP or the node port of somebody else, however many ask at once; and updates keep, give and take them as types ask.
#[tokio::test]
async fn services_get_addresses_and_node_ports_of_their_own() {
    let rig = Rig::new().await;
    let all = "/api/v1/namespaces/a/services";
    let asked = (0..24).map(|at| {
        let spec = json!({ "type": "NodePort", "ports": [{ "port": 80 }] });
        let service = json!({ "metadata": { "name": format!("s{at}") }, "spec": spec });
        rig.post(all, service)
    });
    let made = futures::future::join_all(asked).await;
    let each = |pointer: &str| -> BTreeSet<String> {
        let found = made
            .iter()
            .map(|(_, service)| service.pointer(pointer).unwrap().to_string());
        found.collect()
    };
    assert_eq!(each("/spec/clusterIP").len(), made.len());
    assert_eq!(each("/spec/ports/0/nodePort").len(), made.len());
    let change = async |spec: Value| {
        let (code, service) = rig
            .send(
                "PATCH",
                &format!("{all}/s0"),
                "application/merge-patch+json",
                json!({ "spec": spec }),
            )
            .await;
        assert_eq!(code, 200, "{service}");
        service["spec"].clone()
    };
    let first = &made[0].1["spec"];
    let more = json!([{ "name": "x", "port": 80, "nodePort": first["ports"][0]["nodePort"] }, { "name": "y", "port": 81 }]);
    let grown = change(json!({ "ports": more })).await;
    assert!(grown["ports"][1]["nodePort"].as_i64() > Some(0), "{grown}");
    let plain = change(json!({ "type": "ClusterIP" })).await;
    assert_eq!(
        (plain["ports"][0].get("nodePort"), &plain["clusterIP"]),
        (None, &first["clusterIP"])
    );
    let balanced = change(json!({ "type": "LoadBalancer" })).await;
    assert!(balanced["ports"][0]["nodePort"].as_i64() > Some(0), "{balanced}");
    assert_eq!(balanced["allocateLoadBalancerNodePorts"], true);
    let mut bare = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "s0" } });
    bare["spec"] = json!({ "type": "LoadBalancer", "ports": [{ "name": "x", "port": 80 }] });
    let (code, replaced) = rig.send("PUT", &format!("{all}/s0"), JSON, bare).await;
    assert_eq!(code, 200, "{replaced}");
    assert_eq!(replaced["spec"]["clusterIP"], first["clusterIP"]);
    assert_eq!(replaced["spec"]["ports"][0], balanced["ports"][0]);
}

#[tokio::test]
async fn a_service_has_what_its_type_has_through_all_types() {
    let rig = Rig::new().await;
    let ports = json!([{ "name": "a", "port": 80, "protocol": "TCP", "targetPort": 80 }]);
    for kind in ["ClusterIP", "NodePort", "LoadBalancer"] {
        let service = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": kind.to_lowercase() },
            "spec": { "type": kind, "ports": [{ "port": 80, "name": "a" }] } });
        let (code, _) = rig.post("/api/v1/namespaces/a/services", service).await;
        assert_eq!(code, 201);
        let path = format!("/api/v1/namespaces/a/services/{}", kind.to_lowercase());
        let patch = async |spec: Value| {
            let kind = "application/strategic-merge-patch+json";
            let (code, now) = rig.send("PATCH", &path, kind, json!({ "spec": spec })).await;
            assert_eq!(code, 200, "{now}");
            now["spec"].clone()
        };
        let named = patch(json!({ "type": "ExternalName", "externalName": "a.b" })).await;
        let spec = json!({ "externalName": "a.b", "ports": ports, "sessionAffinity": "None", "type": "ExternalName" });
        assert_eq!(named, spec, "{kind}");
        let back = patch(json!({ "type": "ClusterIP" })).await;
        assert!(
            back["clusterIP"].is_string() && back["externalName"] == "a.b",
            "{back}"
        );
        let mut open = patch(json!({ "type": "NodePort", "externalName": null })).await;
        assert!(
            open["ports"][0]["nodePort"].take().as_i64() >= Some(30_000),
            "{kind}"
        );
        assert_eq!(open["externalTrafficPolicy"], "Cluster");
        let plain = patch(json!({ "type": "ClusterIP" })).await;
        let address = plain["clusterIP"].as_str().unwrap_or_default();
        assert!(address.parse::<std::net::Ipv4Addr>().is_ok(), "{plain}");
        let spec = json!({ "clusterIP": address, "clusterIPs": [address], "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "ports": ports, "sessionAffinity": "None",
            "type": "ClusterIP" });
        assert_eq!(plain, spec, "{kind}");
    }
}
