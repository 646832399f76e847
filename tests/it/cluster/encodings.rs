//! Protobuf and JSON of the real API server give equal rows, for every built-in kind.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use kube::client::Body;
use kubris::kind::{Kind, Listing, Rows, Verb};
use kubris::kinds;
use kubris::wire::frame::{Encoding, ListItem, ListReader};
use serde_json::Value;

use super::real::Real;
use super::session::sheet;

#[tokio::test]
async fn both_encodings_give_equal_rows() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut compared = 0;
    for kind in kinds::all()
        .iter()
        .filter(|kind| kind.listing == Listing::Objects)
    {
        let path = kind.gvr.path(None);
        if real
            .send("GET", &format!("{path}?limit=1"), &Value::Null)
            .await
            .is_err()
        {
            continue; // a kind of ours that no server has
        }
        same_in_both_encodings(&real, kind, &path).await;
        compared += 1;
    }
    assert!(compared >= 15, "only {compared} kinds are served");
}

/// Lists one version in both encodings and compares the rows.
pub async fn same_in_both_encodings(real: &Real, kind: &Kind, path: &str) {
    let head = real
        .send("GET", &format!("{path}?limit=1"), &Value::Null)
        .await
        .unwrap();
    let head: Value = serde_json::from_str(&head).unwrap();
    let version = head["metadata"]["resourceVersion"].as_str().unwrap();
    let url = format!("{path}?resourceVersion={version}&resourceVersionMatch=Exact");
    let json = get(real, &url, "application/json").await;
    let json = rows(kind, Encoding::Json, &json);
    let proto = get(real, &url, "application/vnd.kubernetes.protobuf").await;
    let proto = rows(kind, Encoding::Protobuf, &proto);
    assert!(!json.is_empty(), "{}: the cluster has none", kind.kind);
    assert_eq!(sheet(&*json), sheet(&*proto), "{}", kind.kind);
}

async fn get(real: &Real, url: &str, accept: &str) -> Bytes {
    let request = http::Request::builder()
        .uri(url)
        .header("accept", accept)
        .body(Body::empty())
        .unwrap();
    let answer = real.client.send(request).await.unwrap();
    assert!(answer.status().is_success(), "{url}: {}", answer.status());
    assert!(
        answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with(accept)
    );
    answer.into_body().collect().await.unwrap().to_bytes()
}

fn rows(kind: &Kind, encoding: Encoding, body: &[u8]) -> Box<dyn Rows> {
    let mut decoder = kind.decoder();
    let mut reader = ListReader::new(encoding);
    reader.push(body);
    while let Some(item) = reader.item().unwrap() {
        match (item, encoding) {
            (ListItem::Object(object), Encoding::Protobuf) => decoder.proto(Verb::Upsert, object).unwrap(),
            (ListItem::Object(object), _) => decoder.json(Verb::Upsert, &object).unwrap(),
            _ => {}
        }
    }
    reader.finish().unwrap();
    let mut rows = kind.rows();
    if let Some(batch) = decoder.take() {
        rows.apply(0, batch);
    }
    rows
}
