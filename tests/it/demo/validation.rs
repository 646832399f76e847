//! What a client writes is judged: unknown fields, types, names; and warnings beside the answer.

use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::{Value, json};

use super::Rig;

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/a/deployments";
const WEB: &str = "/apis/apps/v1/namespaces/a/deployments/web";

fn deployment(more: Value) -> Value {
    let mut spec = json!({ "selector": { "matchLabels": { "app": "web" } }, "template": {
        "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "name": "main", "image": "web:1" }] } } });
    spec.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" }, "spec": spec })
}

/// Sends JSON; code, warnings and answer.
async fn send(rig: &Rig, method: &str, path: &str, kind: &str, body: &Value) -> (u16, Vec<String>, Value) {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", kind)
        .body(Body::from(body.to_string().into_bytes()))
        .unwrap();
    let answer = rig.client.send(request).await.unwrap();
    let warnings = answer
        .headers()
        .get_all("warning")
        .iter()
        .map(|value| value.to_str().unwrap().to_owned())
        .collect();
    let code = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (code, warnings, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn unknown_fields_are_ignored_warned_of_or_refused_as_the_client_wants() {
    let rig = Rig::new().await;
    let body = deployment(json!({ "nosuch": 1 }));
    let strict = format!("{DEPLOYMENTS}?fieldValidation=Strict");
    let (code, _, status) = send(&rig, "POST", &strict, "application/json", &body).await;
    assert_eq!(
        (code, status["message"].as_str().unwrap()),
        (
            400,
            "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \"spec.nosuch\""
        )
    );
    let silent = format!("{DEPLOYMENTS}?fieldValidation=Ignore&dryRun=All");
    let (code, warnings, _) = send(&rig, "POST", &silent, "application/json", &body).await;
    assert_eq!((code, warnings.len()), (201, 0));
    let (code, warnings, made) = send(&rig, "POST", DEPLOYMENTS, "application/json", &body).await;
    assert_eq!(
        (code, warnings),
        (
            201,
            vec!["299 - \"unknown field \\\"spec.nosuch\\\"\"".to_owned()]
        )
    );
    assert_eq!(made["spec"].get("nosuch"), None);
    let patch = json!({ "spec": { "nosuch": 1 } });
    let (code, warnings, _) = send(&rig, "PATCH", WEB, "application/merge-patch+json", &patch).await;
    assert_eq!((code, warnings.len()), (200, 1));
}

#[tokio::test]
async fn values_of_a_wrong_type_are_refused_in_gos_words() {
    let rig = Rig::new().await;
    let wrong = deployment(json!({ "replicas": "three" }));
    let (code, _, status) = send(&rig, "POST", DEPLOYMENTS, "application/json", &wrong).await;
    assert_eq!(
        (code, status["message"].as_str().unwrap()),
        (
            400,
            "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field \
             DeploymentSpec.spec.replicas of type int32"
        )
    );
    send(
        &rig,
        "POST",
        DEPLOYMENTS,
        "application/json",
        &deployment(json!({})),
    )
    .await;
    let patch = json!({ "spec": { "replicas": "three" } });
    let (code, _, status) = send(
        &rig,
        "PATCH",
        WEB,
        "application/strategic-merge-patch+json",
        &patch,
    )
    .await;
    assert_eq!(
        (code, status["message"].as_str().unwrap()),
        (
            422,
            " \"\" is invalid: patch: Invalid value: \"map[spec:map[replicas:three]]\": unrecognized type: int32"
        )
    );
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let rig = Rig::new().await;
    let pod = json!({ "metadata": { "name": "Bad_Name" }, "spec": { "containers": [{ "name": "Bad_Name", "image": "" }] } });
    let (code, _, status) = send(
        &rig,
        "POST",
        "/api/v1/namespaces/a/pods",
        "application/json",
        &pod,
    )
    .await;
    let fields: Vec<_> = status["details"]["causes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cause| cause["field"].as_str().unwrap())
        .collect();
    assert_eq!(code, 422);
    assert_eq!(
        fields,
        [
            "metadata.name",
            "spec.containers[0].name",
            "spec.containers[0].image"
        ]
    );
}

#[tokio::test]
async fn deprecated_kinds_come_with_a_warning_and_scales_as_a_table() {
    let rig = Rig::new().await;
    let path = "/api/v1/namespaces/a/endpoints";
    let (code, warnings, _) = send(&rig, "GET", path, "application/json", &Value::Null).await;
    assert_eq!(code, 200);
    assert!(
        warnings[0].contains("v1 Endpoints is deprecated in v1.33+"),
        "{warnings:?}"
    );
    rig.post(DEPLOYMENTS, deployment(json!({ "replicas": 4 }))).await;
    let (_, table) = rig
        .get_as(
            &format!("{WEB}/scale"),
            "application/json;as=Table;v=v1;g=meta.k8s.io",
        )
        .await;
    let names: Vec<_> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Name", "Desired", "Available", "Age"]);
    assert_eq!(table["rows"][0]["cells"][1], 4);
}

#[tokio::test]
async fn older_autoscalers_are_the_same_objects() {
    let rig = Rig::new().await;
    let old = json!({ "metadata": { "name": "web" }, "spec": { "maxReplicas": 4, "targetCPUUtilizationPercentage": 70,
        "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": "web" } } });
    let path = "/apis/autoscaling/v1/namespaces/a/horizontalpodautoscalers";
    assert_eq!(rig.post(path, old).await.0, 201);
    let (_, new) = rig
        .get("/apis/autoscaling/v2/namespaces/a/horizontalpodautoscalers/web")
        .await;
    assert_eq!(
        new["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"],
        70
    );
    let (_, list) = rig.get(path).await;
    assert_eq!(list["items"][0]["spec"]["targetCPUUtilizationPercentage"], 70);
}

#[tokio::test]
async fn methods_that_a_path_does_not_have_are_refused() {
    let rig = Rig::new().await;
    rig.pods(2);
    let pods = "/api/v1/namespaces/a/pods";
    for (method, path) in [
        ("DELETE", "/api/v1/pods"),
        ("POST", "/api/v1/pods"),
        ("PUT", pods),
        ("PATCH", pods),
        ("POST", "/api/v1/namespaces/a/pods/web-00"),
    ] {
        let (code, status) = rig.send(method, path, "application/json", json!({})).await;
        assert_eq!(
            (code, status["reason"].as_str()),
            (405, Some("MethodNotAllowed")),
            "{method} {path}"
        );
    }
    assert_eq!(rig.get(pods).await.1["items"].as_array().unwrap().len(), 2);
    let (code, status) = rig.post(pods, deployment(json!({}))).await;
    assert_eq!(
        (code, status["message"].as_str().unwrap()),
        (
            400,
            "Deployment in version \"v1\" cannot be handled as a Pod: converting (v1.Deployment) to (core.Pod): unknown conversion"
        )
    );
}

#[tokio::test]
async fn parameters_of_lists_that_do_not_go_together_are_refused() {
    let rig = Rig::new().await;
    for (query, code, end) in [
        (
            "resourceVersion=zz",
            400,
            "strconv.ParseUint: parsing \"zz\": invalid syntax",
        ),
        (
            "resourceVersionMatch=Exact",
            422,
            "resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (
            "resourceVersion=1&resourceVersionMatch=Newest",
            422,
            "supported values: \"Exact\", \"NotOlderThan\", \"\"",
        ),
        (
            "sendInitialEvents=true",
            422,
            "sendInitialEvents is forbidden for list",
        ),
        ("limit=1&continue=bad", 400, "looking for beginning of value"),
        (
            "resourceVersion=99999999",
            504,
            "Too large resource version: 99999999, current: ",
        ),
    ] {
        let (have, status) = rig.get(&format!("/api/v1/namespaces/a/pods?{query}")).await;
        let message = status["message"].as_str().unwrap();
        assert_eq!(have, code, "{query}");
        assert!(message.contains(end), "{query}: {message}");
    }
}

#[tokio::test]
async fn applied_objects_are_judged_and_conflicts_named_together() {
    let rig = Rig::new().await;
    let apply = "application/apply-patch+yaml";
    let wrong = deployment(json!({ "replicas": "three" }));
    let (code, status) = rig
        .send("PATCH", &format!("{WEB}?fieldManager=one"), apply, wrong)
        .await;
    assert_eq!(
        (code, status["message"].as_str().unwrap()),
        (
            500,
            "failed to create typed patch object (a/web; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string"
        )
    );
    let secret = "/api/v1/namespaces/a/secrets/s";
    let body = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" }, "stringData": { "a": "1", "b": "2" } });
    let one = format!("{secret}?fieldManager=one");
    assert_eq!(rig.send("PATCH", &one, apply, body.clone()).await.0, 201);
    let (code, status) = rig
        .send("PATCH", &format!("{secret}?fieldManager=two"), apply, body)
        .await;
    assert_eq!(
        (code, status["message"].as_str().unwrap()),
        (
            409,
            "Apply failed with 2 conflicts: conflicts with \"one\":\n- .stringData.a\n- .stringData.b"
        )
    );
}

#[tokio::test]
async fn custom_resources_are_what_their_schema_says() {
    let rig = Rig::new().await;
    let schema = json!({ "type": "object", "properties": { "spec": { "type": "object", "required": ["schedule"], "properties": {
        "schedule": { "type": "string" }, "replicas": { "type": "integer", "maximum": 10, "default": 2 } } } } });
    let definition = json!({ "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "crons.example.com" }, "spec": { "group": "example.com", "scope": "Namespaced",
            "names": { "plural": "crons", "singular": "cron", "kind": "Cron", "listKind": "CronList" },
            "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": schema } }] } });
    let made = rig
        .post(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            definition,
        )
        .await;
    assert_eq!(made.0, 201, "{}", made.1);
    let crons = "/apis/example.com/v1/namespaces/a/crons";
    let cron = |name: &str, spec: Value| json!({ "apiVersion": "example.com/v1", "kind": "Cron", "metadata": { "name": name }, "spec": spec });
    let (code, made) = rig
        .post(crons, cron("x", json!({ "schedule": "* *", "nosuch": 1 })))
        .await;
    assert_eq!(
        (code, &made["spec"]),
        (201, &json!({ "schedule": "* *", "replicas": 2 }))
    );
    let strict = format!("{crons}?fieldValidation=Strict");
    let (code, refusal) = rig
        .post(&strict, cron("y", json!({ "schedule": "* *", "nosuch": 1 })))
        .await;
    assert_eq!(code, 400);
    assert!(
        refusal["message"]
            .as_str()
            .unwrap()
            .contains("strict decoding error: unknown field \"spec.nosuch\""),
        "{refusal}"
    );
    let (code, refusal) = rig.post(crons, cron("y", json!({ "replicas": 11 }))).await;
    assert_eq!(code, 422);
    assert_eq!(
        refusal["message"],
        "Cron.example.com \"y\" is invalid: [spec.schedule: Required value, spec.replicas: Invalid value: 11: spec.replicas in body should be \
         less than or equal to 10]"
    );
    let merge = "application/merge-patch+json";
    let one = format!("{crons}/x");
    let (code, refusal) = rig
        .send("PATCH", &one, merge, json!({ "spec": { "replicas": "many" } }))
        .await;
    assert_eq!(
        (code, refusal["reason"].as_str()),
        (422, Some("Invalid")),
        "{refusal}"
    );
    let (code, patched) = rig
        .send("PATCH", &one, merge, json!({ "spec": { "replicas": 3 } }))
        .await;
    assert_eq!((code, &patched["spec"]["replicas"]), (200, &json!(3)));
}
