//! Who one is to the demo server and what roles allow: impersonation, tokens of service accounts, reviews.

use kube::client::Body;
use serde_json::{Value, json};

use super::{Rig, pod};

const RBAC: &str = "rbac.authorization.k8s.io";

impl Rig {
    /// Asks with headers besides the usual ones.
    async fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> (u16, Value) {
        let mut request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        self.ask(request.body(Body::from(body)).unwrap()).await
    }

    async fn get_as_user(&self, path: &str, user: &str) -> (u16, Value) {
        self.ask_with("GET", path, &[("impersonate-user", user)], Value::Null)
            .await
    }
}

#[tokio::test]
async fn one_is_whom_one_impersonates() {
    let rig = Rig::new().await;
    let review = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let headers = [
        ("impersonate-user", "jane"),
        ("impersonate-group", "dev"),
        ("impersonate-group", "ops"),
        ("impersonate-uid", "7"),
        ("impersonate-extra-scopes%2fmine", "a"),
    ];
    let (code, answer) = rig.ask_with("POST", path, &headers, review.clone()).await;
    assert_eq!(code, 201, "{answer}");
    assert_eq!(
        answer["status"]["userInfo"],
        json!({ "username": "jane", "uid": "7", "groups": ["dev", "ops", "system:authenticated"], "extra": { "scopes/mine": ["a"] } })
    );
    let account = [("impersonate-user", "system:serviceaccount:a:web")];
    let (_, answer) = rig.ask_with("POST", path, &account, review.clone()).await;
    assert_eq!(
        answer["status"]["userInfo"]["groups"],
        json!([
            "system:serviceaccounts",
            "system:serviceaccounts:a",
            "system:authenticated"
        ])
    );
    let (code, answer) = rig
        .ask_with("POST", path, &[("impersonate-group", "dev")], review)
        .await;
    assert_eq!(code, 400, "{answer}");
}

#[tokio::test]
async fn roles_decide_for_everybody_but_the_administrator() {
    let rig = Rig::new().await;
    rig.put("pods", "a", pod("web"));
    let pods = "/api/v1/namespaces/a/pods";
    let (code, answer) = rig.get_as_user(pods, "jane").await;
    assert_eq!(code, 403);
    assert_eq!(
        answer["message"],
        "pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" in the namespace \"a\""
    );
    assert_eq!(
        rig.get_as_user("/apis", "jane").await.0,
        200,
        "discovery is for all who are somebody"
    );
    let (code, answer) = rig.get_as_user("/metrics", "jane").await;
    assert_eq!(
        (code, &answer["message"]),
        (
            403,
            &json!("forbidden: User \"jane\" cannot get path \"/metrics\"")
        )
    );

    rig.put(
        "roles",
        "a",
        json!({ "metadata": { "name": "reader" },
        "rules": [{ "apiGroups": [""], "resources": ["pods"], "verbs": ["list", "get"] }] }),
    );
    rig.put(
        "rolebindings",
        "a",
        json!({ "metadata": { "name": "reader" },
        "roleRef": { "apiGroup": RBAC, "kind": "Role", "name": "reader" },
        "subjects": [{ "apiGroup": RBAC, "kind": "User", "name": "jane" }] }),
    );
    assert_eq!(rig.get_as_user(pods, "jane").await.0, 200);
    assert_eq!(
        rig.get_as_user("/api/v1/namespaces/a/pods/web/log", "jane")
            .await
            .0,
        403
    );
    assert_eq!(
        rig.get_as_user("/api/v1/pods", "jane").await.0,
        403,
        "a role counts in its namespace"
    );

    let allowed = async |verb: &str, user: &[(&str, &str)]| {
        let review = json!({ "spec": { "resourceAttributes": { "verb": verb, "resource": "pods", "namespace": "a" } } });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        rig.ask_with("POST", path, user, review).await.1["status"]["allowed"].clone()
    };
    let jane = [("impersonate-user", "jane")];
    assert_eq!(
        (allowed("list", &jane).await, allowed("delete", &jane).await),
        (json!(true), json!(false))
    );
    assert_eq!(allowed("delete", &[]).await, json!(true));
    let rules = json!({ "spec": { "namespace": "a" } });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let (_, answer) = rig.ask_with("POST", path, &jane, rules).await;
    let listed = answer["status"]["resourceRules"].as_array().unwrap();
    assert!(
        listed.iter().any(|rule| rule["resources"] == json!(["pods"])),
        "{answer}"
    );

    let masters = [
        ("impersonate-user", "jane"),
        ("impersonate-group", "system:masters"),
    ];
    assert_eq!(allowed("delete", &masters).await, json!(true));
    rig.put(
        "clusterroles",
        "",
        json!({ "metadata": { "name": "all" },
        "rules": [{ "apiGroups": ["*"], "resources": ["*"], "verbs": ["*"] }] }),
    );
    rig.put(
        "clusterrolebindings",
        "",
        json!({ "metadata": { "name": "all" },
        "roleRef": { "apiGroup": RBAC, "kind": "ClusterRole", "name": "all" },
        "subjects": [{ "kind": "ServiceAccount", "name": "robot", "namespace": "a" }] }),
    );
    let robot = [("impersonate-user", "system:serviceaccount:a:robot")];
    assert_eq!(allowed("delete", &robot).await, json!(true));
}

#[tokio::test]
async fn a_service_account_comes_in_with_its_token() {
    let rig = Rig::new().await;
    rig.put("serviceaccounts", "a", json!({ "metadata": { "name": "robot" } }));
    let request = json!({ "spec": { "expirationSeconds": 600 } });
    let (code, answer) = rig
        .post("/api/v1/namespaces/a/serviceaccounts/robot/token", request)
        .await;
    assert_eq!(code, 201);
    let token = answer["status"]["token"].as_str().unwrap().to_owned();
    let mut config = kube::Config::new(format!("https://{}", rig.demo.address()).parse().unwrap());
    config.accept_invalid_certs = true;
    config.auth_info.token = Some(token.clone().into());
    config.default_retry = false;
    let robot = kube::Client::try_from(config).unwrap();
    let list = || {
        http::Request::get("/api/v1/namespaces/a/pods")
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(robot.send(list()).await.unwrap().status(), 403);
    rig.clock.advance(std::time::Duration::from_secs(601));
    assert_eq!(robot.send(list()).await.unwrap().status(), 401, "it has expired");
    let review = json!({ "spec": { "token": token } });
    let (_, answer) = rig
        .post("/apis/authentication.k8s.io/v1/tokenreviews", review)
        .await;
    assert_ne!(answer["status"]["authenticated"], true);
}

#[tokio::test]
async fn nobody_grants_what_they_do_not_have_however_long_the_lists_are() {
    let rig = Rig::new().await;
    let own = json!({ "apiGroups": [RBAC], "resources": ["roles"], "verbs": ["create"] });
    rig.put(
        "roles",
        "a",
        json!({ "metadata": { "name": "author" }, "rules": [own.clone()] }),
    );
    rig.put(
        "rolebindings",
        "a",
        json!({ "metadata": { "name": "author" },
        "roleRef": { "apiGroup": RBAC, "kind": "Role", "name": "author" },
        "subjects": [{ "apiGroup": RBAC, "kind": "User", "name": "jane" }] }),
    );
    let jane = [("impersonate-user", "jane")];
    let path = format!("/apis/{RBAC}/v1/namespaces/a/roles");
    let write = async |rule: Value| {
        let role = json!({ "metadata": { "generateName": "r-" }, "rules": [rule] });
        let (code, answer) = rig.ask_with("POST", &path, &jane, role).await;
        (code, answer["message"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(write(own).await.0, 201);
    let (code, told) =
        write(json!({ "apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"] })).await;
    assert_eq!(code, 403);
    let missing = r#"{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}"#;
    assert!(told.ends_with(missing), "{told}");
    let words = |start: &str| -> Vec<String> { (0..1000).map(|at| format!("{start}{at}")).collect() };
    let (code, told) = write(json!({ "apiGroups": words("g"), "resources": words("r"), "verbs": words("v"), "resourceNames": words("n") })).await;
    assert_eq!(code, 403);
    assert!(
        told.ends_with("more than 100000 combinations are not compared"),
        "{told}"
    );
}
