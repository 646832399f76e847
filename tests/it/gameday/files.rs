//! Game days from files.

use std::path::Path;
use std::sync::Arc;

use kubris::demo::scenario::{EXAMPLE, Game, Written};
use kubris::demo::world::flavor::Flavor;
use serde_json::{Value, json};

use super::commands::run;
use super::{Day, is_ready};

async fn day(name: &str, text: &str) -> Day {
    let written = Written::parse(name, text).unwrap();
    Day::on(Game::Written(Arc::new(written)), Flavor::Eks).await
}

#[tokio::test]
async fn the_example_breaks_what_it_says_and_its_command_mends_it() {
    let day = day("gameday.yaml", EXAMPLE).await;
    day.pass(180);
    let pods = day.pods("shop", "cart").await;
    let last = |pod: &Value| {
        pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["reason"] == "OOMKilled"
    };
    assert!(pods.iter().any(last), "{pods:#?}");
    let clients = day.pods("shop", "checkout").await;
    assert!(!clients.iter().any(is_ready));
    let log = day
        .log("shop", clients[0]["metadata"]["name"].as_str().unwrap())
        .await;
    assert!(log.contains("connection reset by peer"), "{log}");
    assert!(!day.mended());
    let story = day.game.story(Flavor::Eks);
    let (command, _) = story.path.last().unwrap().split_once("  ").unwrap();
    run(&day, command).await;
    day.heals_within(300);
}

#[tokio::test]
async fn every_kind_of_step_happens_when_it_is_due() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gamedays/everything.yaml");
    let day = day("everything.yaml", &std::fs::read_to_string(file).unwrap()).await;
    let there = async |path: &str| day.send("GET", path, Value::Null).await.0 == 200;
    day.pass(8);
    let intruder = "/apis/apps/v1/namespaces/batch/deployments/intruder";
    assert!(!there(intruder).await);
    day.pass(10);
    assert!(there(intruder).await);
    let search = "/api/v1/namespaces/shop/services/search";
    assert!(there(search).await);
    day.pass(80);
    assert!(!there(search).await);
    let ended = day
        .items("/api/v1/namespaces/batch/pods?labelSelector=app%3Dintruder")
        .await;
    let last = &ended[0]["status"]["containerStatuses"][0]["lastState"]["terminated"];
    assert_eq!(last["exitCode"], 3);
    let nodes = day.items("/api/v1/nodes").await;
    let silent: Vec<&Value> = nodes.iter().filter(|node| !is_ready(node)).collect();
    assert_eq!(silent.len(), 1);
    assert_eq!(
        silent[0]["metadata"]["labels"]["topology.kubernetes.io/zone"],
        "eu-central-1c"
    );
    assert!(!day.pods("shop", "web").await.iter().any(is_ready));
    let names = "/api/v1/namespaces/shop/configmaps/checkout-config";
    assert_eq!(day.send("GET", names, Value::Null).await.1["data"]["level"], "");

    day.delete(intruder).await;
    day.patch(names, json!({ "data": { "level": "info" } })).await;
    let quota = "/api/v1/namespaces/team-a/resourcequotas/team-a";
    day.patch(quota, json!({ "spec": { "hard": { "pods": "30" } } }))
        .await;
    day.pass(120);
    assert!(!day.mended(), "the service is still missing");
    let service = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "search" },
        "spec": { "ports": [{ "port": 80 }] } });
    let (code, answer) = day
        .send("POST", "/api/v1/namespaces/shop/services", service)
        .await;
    assert_eq!(code, 201, "{answer}");
    day.heals_within(300);
}

#[tokio::test]
async fn the_one_in_the_readme_plays() {
    let readme = include_str!("../../../README.md");
    let (_, text) = readme.split_once("```yaml\nname: on-boarding").unwrap();
    let (text, _) = text.split_once("```").unwrap();
    let day = day("README.md", &format!("name: on-boarding{text}")).await;
    day.pass(120);
    assert!(!day.pods("shop", "checkout").await.iter().any(is_ready));
    let right = json!({ "spec": { "selector": { "app.kubernetes.io/name": "cart" } } });
    day.patch("/api/v1/namespaces/shop/services/cart", right).await;
    day.heals_within(120);
}
