//! Discovery, lists, tables, reviews.

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{ListParams, ObjectMeta};
use serde_json::json;

use super::{Rig, pod};

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

#[tokio::test]
async fn kube_lists_and_discovers() {
    let rig = Rig::new().await;
    rig.pods(3);
    let pods = Api::<Pod>::namespaced(rig.client.clone(), "a")
        .list(&ListParams::default())
        .await
        .unwrap();
    let names: Vec<_> = pods
        .items
        .iter()
        .filter_map(
            |Pod {
                 metadata: ObjectMeta { name, .. },
                 ..
             }| name.clone(),
        )
        .collect();
    assert_eq!(names, ["web-00", "web-01", "web-02"]);
    let old = rig.client.list_api_groups().await.unwrap();
    let new = rig.client.list_api_groups_aggregated().await.unwrap();
    assert_eq!(old.groups.len(), new.items.len());
    let apps = rig.client.list_api_group_resources("apps/v1").await.unwrap();
    assert!(
        apps.resources
            .iter()
            .any(|one| one.name == "deployments/scale" && one.kind == "Scale")
    );
    assert_eq!(rig.client.apiserver_version().await.unwrap().minor, "36");
}

#[tokio::test]
async fn pages_are_of_one_moment_and_expire_with_a_compaction() {
    let rig = Rig::new().await;
    rig.pods(5);
    let (_, first) = rig.get("/api/v1/pods?limit=2").await;
    assert_eq!(first["metadata"]["remainingItemCount"], 3);
    rig.demo.store().remove("pods", "a", "web-03").unwrap();
    rig.put("pods", "a", pod("web-99"));
    let token = first["metadata"]["continue"].as_str().unwrap();
    let (_, rest) = rig.get(&format!("/api/v1/pods?limit=10&continue={token}")).await;
    let names: Vec<_> = rest["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["metadata"]["name"].clone())
        .collect();
    assert_eq!(names, ["web-02", "web-03", "web-04"]);
    assert_eq!(
        rest["metadata"]["resourceVersion"],
        first["metadata"]["resourceVersion"]
    );
    assert!(rest["metadata"].get("continue").is_none() && rest["items"][0].get("kind").is_none());
    rig.demo.store().compact(rig.demo.store().version());
    let (code, gone) = rig.get(&format!("/api/v1/pods?limit=10&continue={token}")).await;
    assert_eq!((code, gone["reason"].as_str()), (410, Some("Expired")));
}

#[tokio::test]
async fn selectors_narrow_and_unknown_fields_are_refused() {
    let rig = Rig::new().await;
    rig.pods(3);
    let count = |list: serde_json::Value| list["items"].as_array().unwrap().len();
    assert_eq!(
        count(
            rig.get("/api/v1/pods?labelSelector=name%20in%20(web-01,web-02)")
                .await
                .1
        ),
        2
    );
    assert_eq!(
        count(
            rig.get("/api/v1/pods?fieldSelector=spec.nodeName%3Dn1,metadata.name%21%3Dweb-01")
                .await
                .1
        ),
        2
    );
    let selected = rig.get("/api/v1/pods?labelSelector=app%3Dweb&limit=1").await.1;
    assert!(
        selected["metadata"].get("remainingItemCount").is_none()
            && selected["metadata"]["continue"].is_string()
    );
    let (code, refused) = rig.get("/api/v1/pods?fieldSelector=spec.image%3Dx").await;
    assert_eq!(code, 400);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("field label not supported: spec.image")
    );
}

#[tokio::test]
async fn tables_have_the_real_columns_and_carry_what_is_asked_for() {
    let rig = Rig::new().await;
    rig.pods(1);
    let (_, table) = rig.get_as("/api/v1/pods", TABLE).await;
    let names: Vec<_> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Name",
            "Ready",
            "Status",
            "Restarts",
            "Age",
            "IP",
            "Node",
            "Nominated Node",
            "Readiness Gates"
        ]
    );
    assert_eq!(table["columnDefinitions"][5]["priority"], 1);
    assert_eq!(
        table["rows"][0]["cells"],
        json!([
            "web-00", "1/1", "Running", "2", "0s", "<none>", "n1", "<none>", "<none>"
        ])
    );
    assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");
    let (_, bare) = rig.get_as("/api/v1/pods?includeObject=None", TABLE).await;
    assert!(bare["rows"][0]["object"].is_null());
    let (_, full) = rig
        .get_as("/api/v1/namespaces/a/pods/web-00?includeObject=Object", TABLE)
        .await;
    assert_eq!(full["rows"][0]["object"]["kind"], "Pod");
    let (_, meta) = rig
        .get_as(
            "/api/v1/pods",
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        )
        .await;
    assert_eq!(meta["items"][0]["metadata"]["name"], "web-00");
    assert!(meta["items"][0].get("spec").is_none());
    let (code, _) = rig.get_as("/api/v1/pods", "application/cbor").await;
    assert_eq!(code, 406);
}

#[tokio::test]
async fn custom_resources_come_and_go_with_their_definition() {
    let rig = Rig::new().await;
    let definition = json!({ "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "crontabs.stable.example.com" },
        "spec": { "group": "stable.example.com", "scope": "Namespaced", "names": { "plural": "crontabs", "singular": "crontab",
            "kind": "CronTab", "shortNames": ["ct"] }, "versions": [{ "name": "v1", "served": true, "storage": true,
            "schema": { "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } },
            "subresources": { "scale": { "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas" } },
            "additionalPrinterColumns": [{ "name": "Spec", "type": "string", "jsonPath": ".spec.cronSpec" }] }] } });
    let (code, _) = rig
        .post(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            definition,
        )
        .await;
    assert_eq!(code, 201);
    let made = json!({ "kind": "CronTab", "apiVersion": "stable.example.com/v1", "metadata": { "name": "x" }, "spec": { "cronSpec": "* * * * *", "replicas": 3 } });
    let path = "/apis/stable.example.com/v1/namespaces/a/crontabs";
    let (code, _) = rig.post(path, made).await;
    assert_eq!(code, 201);
    let (_, table) = rig.get_as(path, TABLE).await;
    assert_eq!(table["rows"][0]["cells"], json!(["x", "* * * * *"]));
    let (_, scale) = rig.get(&format!("{path}/x/scale")).await;
    assert_eq!(
        (scale["kind"].as_str(), scale["spec"]["replicas"].as_i64()),
        (Some("Scale"), Some(3))
    );
    let (code, _) = rig
        .send(
            "DELETE",
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/crontabs.stable.example.com",
            "",
            None,
        )
        .await;
    assert_eq!(code, 200);
    assert_eq!(rig.get(path).await.0, 404);
}

#[tokio::test]
async fn events_are_served_in_both_groups() {
    let rig = Rig::new().await;
    rig.put("events", "a", json!({ "metadata": { "name": "e" }, "involvedObject": { "kind": "Pod", "name": "web", "namespace": "a" },
        "reason": "Started", "message": "hello", "count": 3, "type": "Normal" }));
    let (_, old) = rig
        .get("/api/v1/namespaces/a/events?fieldSelector=involvedObject.name%3Dweb")
        .await;
    assert_eq!(old["items"][0]["message"], "hello");
    let (_, new) = rig
        .get("/apis/events.k8s.io/v1/namespaces/a/events?fieldSelector=regarding.name%3Dweb")
        .await;
    assert_eq!(
        (new["kind"].as_str(), new["items"][0]["note"].as_str()),
        (Some("EventList"), Some("hello"))
    );
    assert_eq!(
        (
            &new["items"][0]["regarding"]["name"],
            &new["items"][0]["deprecatedCount"]
        ),
        (&json!("web"), &json!(3))
    );
}

#[tokio::test]
async fn strangers_and_unknown_paths_are_turned_away() {
    let rig = Rig::new().await;
    let request = http::Request::get("/api/v1/pods")
        .header("authorization", "Bearer wrong")
        .body(kube::client::Body::empty())
        .unwrap();
    let address = rig.demo.address();
    assert!(address.ip().is_loopback());
    let mut config = kube::Config::new(format!("https://{address}").parse().unwrap());
    config.accept_invalid_certs = true;
    let stranger = kube::Client::try_from(config).unwrap();
    assert_eq!(stranger.send(request).await.unwrap().status(), 401);
    // Go's own multiplexer answers where no built-in group is.
    let unknown = rig.get("/apis/nothing.example.com/v1/things").await;
    assert_eq!(unknown, (404, json!("404 page not found\n")));
    let (code, status) = rig.get("/apis/apps/v1/things").await;
    assert_eq!(
        (code, status["message"].as_str()),
        (404, Some("the server could not find the requested resource"))
    );
    let (code, status) = rig.get("/api/v1/namespaces/a/pods/nope").await;
    assert_eq!(
        (code, status["message"].as_str()),
        (404, Some("pods \"nope\" not found"))
    );
}

#[tokio::test]
async fn a_right_that_is_taken_away_is_missing_everywhere() {
    let rig = Rig::new().await;
    rig.demo.faults().forbid("list", "namespaces", "*");
    let (code, status) = rig.get("/api/v1/namespaces").await;
    assert_eq!(code, 403);
    assert_eq!(
        status["message"],
        "namespaces is forbidden: User \"demo-admin\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope"
    );
    let ask =
        |verb: &str| json!({ "spec": { "resourceAttributes": { "verb": verb, "resource": "namespaces" } } });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    assert_eq!(rig.post(path, ask("list")).await.1["status"]["allowed"], false);
    assert_eq!(rig.post(path, ask("get")).await.1["status"]["allowed"], true);
    let (_, rules) = rig
        .post(
            "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
            json!({ "spec": { "namespace": "a" } }),
        )
        .await;
    let rules = rules["status"]["resourceRules"].as_array().unwrap();
    let namespaces = rules
        .iter()
        .find(|rule| rule["resources"][0] == "namespaces")
        .unwrap();
    assert!(!namespaces["verbs"].as_array().unwrap().contains(&json!("list")));
}

#[tokio::test]
async fn big_lists_are_compressed_and_whole() {
    let rig = Rig::new().await;
    for at in 0..400 {
        let mut big = pod(&format!("big-{at:03}"));
        big["metadata"]["annotations"]["text"] = "x".repeat(2_000).into();
        rig.put("pods", "a", big);
    }
    let request = http::Request::get("/api/v1/pods")
        .header("accept-encoding", "gzip")
        .body(kube::client::Body::empty())
        .unwrap();
    let (code, list) = rig.ask(request).await;
    assert_eq!((code, list["items"].as_array().unwrap().len()), (200, 400));
}

#[tokio::test]
async fn built_in_kinds_travel_as_protobuf_and_custom_ones_do_not() {
    let rig = Rig::new().await;
    rig.pods(2);
    let accept = "application/vnd.kubernetes.protobuf,application/json";
    for (path, kind) in [
        ("/api/v1/pods", "application/vnd.kubernetes.protobuf"),
        (
            "/api/v1/namespaces/a/pods/web-00",
            "application/vnd.kubernetes.protobuf",
        ),
        (
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            "application/json",
        ),
    ] {
        let request = http::Request::get(path)
            .header("accept", accept)
            .body(kube::client::Body::empty())
            .unwrap();
        let answer = rig.client.send(request).await.unwrap();
        assert_eq!(answer.headers()["content-type"], kind, "{path}");
    }
    let (code, _) = rig
        .get_as(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            "application/vnd.kubernetes.protobuf",
        )
        .await;
    assert_eq!(code, 406);
}

#[tokio::test]
async fn a_list_can_be_continued_until_all_who_read_it_are_through() {
    let rig = Rig::new().await;
    rig.pods(4);
    let first = async || {
        let (_, page) = rig.get("/api/v1/pods?limit=2").await;
        page["metadata"]["continue"].as_str().unwrap().to_owned()
    };
    let (one, two) = (first().await, first().await);
    assert_eq!(one, two, "nothing has changed between them");
    rig.put("pods", "a", pod("web-99"));
    let rest = format!("/api/v1/pods?limit=2&continue={one}");
    for reader in ["one", "two"] {
        let (code, page) = rig.get(&rest).await;
        assert_eq!(
            (code, page["items"].as_array().unwrap().len()),
            (200, 2),
            "{reader}"
        );
    }
    let (code, refusal) = rig.get(&rest).await;
    assert_eq!((code, refusal["reason"].as_str()), (410, Some("Expired")));
}
