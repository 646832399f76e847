use serde_json::{Value, json};

use super::{configmap, events, generic, secret};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::kinds::all;
use crate::wire::fixtures::items;
use crate::wire::frame::Encoding;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T12:00:00Z").unwrap()
}

fn event(reason: &str, last: i64, count: u32) -> EventLine {
    EventLine {
        first: Timestamp::from_seconds(last - 10),
        last: Timestamp::from_seconds(last),
        count,
        warning: reason == "BackOff",
        reason: reason.into(),
        message: "back-off restarting".into(),
        from: "kubelet, node-1".into(),
    }
}

/// The first recorded object of a resource, as a GET answers it.
fn recorded(resource: &str, kind: &str, choose: impl Fn(&Value) -> bool) -> Value {
    let mut objects = items(resource, Encoding::Json)
        .into_iter()
        .map(|item| serde_json::from_slice::<Value>(&item).unwrap());
    let mut object = objects.find(choose).unwrap();
    object["kind"] = json!(kind);
    object
}

#[test]
fn every_recorded_object_is_described_with_its_name_and_its_events() {
    for kind in all() {
        let path = format!(
            "{}/tests/fixtures/wire/{}.list.json",
            env!("CARGO_MANIFEST_DIR"),
            kind.gvr.resource
        );
        if !std::path::Path::new(&path).exists() {
            continue;
        }
        for item in items(&kind.gvr.resource, Encoding::Json) {
            let mut object: Value = serde_json::from_slice(&item).unwrap();
            object["kind"] = json!(&*kind.kind);
            let text = kind.describe(&object, &[event("BackOff", 100, 3)], now()).plain();
            let name = object["metadata"]["name"].as_str().unwrap();
            assert!(
                text.starts_with(&*kind.kind) && text.lines().next().unwrap().contains(name),
                "{text}"
            );
            assert!(text.contains("BackOff") && text.contains("3× in"), "{text}");
            let as_any = generic(&object, &[event("BackOff", 100, 3)], now()).plain();
            assert_ne!(text, as_any, "a layout of its own for each kind");
            assert!(
                !text.contains("managedFields") && !text.contains("f:metadata"),
                "{text}"
            );
        }
    }
}

#[test]
fn a_pod_that_crashes_says_so_at_the_top() {
    let crashing = |pod: &Value| {
        pod["status"]["containerStatuses"][0]["state"]
            .get("waiting")
            .is_some()
    };
    let mut pod = recorded("pods", "Pod", crashing);
    pod["status"]["containerStatuses"][0]["state"] = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=app"}});
    pod["status"]["containerStatuses"][0]["lastState"] =
        json!({"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-11-21T11:59:20Z"}});
    pod["status"]["containerStatuses"][0]["restartCount"] = json!(14);
    let text = super::pod(&pod, &[], now()).plain();
    let head: Vec<&str> = text.lines().take(3).collect();
    assert!(head[0].ends_with("14 restarts, the last 40s ago"), "{text}");
    let trouble = "CrashLoopBackOff  back-off 5m0s restarting failed container=app";
    assert!(head[1].starts_with('✗') && head[1].ends_with(trouble), "{text}");
    assert_eq!(head[2], "    (before: OOMKilled 137, 40s ago)", "{text}");
}

#[test]
fn a_secret_shows_no_value_however_it_is_described() {
    let object = json!({
        "kind": "Secret", "type": "Opaque",
        "metadata": {"name": "db", "namespace": "shop", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"password\":\"aHVudGVyMg==\"}}",
        }},
        "data": {"password": "aHVudGVyMg=="}, "stringData": {"token": "hunter2"},
    });
    for text in [
        secret(&object, &[], now()).plain(),
        generic(&object, &[], now()).plain(),
    ] {
        assert!(
            !text.contains("aHVudGVyMg") && !text.contains("hunter2"),
            "{text}"
        );
    }
    let text = secret(&object, &[], now()).plain();
    assert!(text.contains("password") && text.contains("7 bytes"), "{text}");
}

#[test]
fn a_config_map_shows_its_values_line_by_line() {
    let object = json!({
        "kind": "ConfigMap", "metadata": {"name": "web"},
        "data": {"a.conf": "one\ntwo"}, "binaryData": {"b.bin": "AAAA"},
    });
    let text = configmap(&object, &[], now()).plain();
    assert!(
        text.contains("a.conf\n  one\n  two\n") && text.contains("b.bin\n  binary, 3 bytes"),
        "{text}"
    );
}

#[test]
fn fields_keep_their_order_and_lists_their_dashes() {
    let object = json!({
        "kind": "CronTab", "metadata": {"name": "x", "managedFields": [{"manager": "kubectl"}]},
        "spec": {"z": 1, "a": [{"b": true, "c": ["d"]}, "e"], "empty": {}, "text": "l1\nl2"},
    });
    let text = generic(&object, &[], now()).plain();
    let spec = "spec:\n  z: 1\n  a:\n    - b: true\n      c:\n        - d\n    - e\n  empty: {}\n  text:\n    l1\n    l2\n";
    assert!(text.contains(spec), "{text}");
    assert!(!text.contains("kubectl"), "{text}");
}

#[test]
fn the_same_event_twice_is_one_with_both_counts() {
    let folded = events::fold(&[
        event("BackOff", 100, 3),
        event("Pulled", 300, 1),
        event("BackOff", 200, 4),
    ]);
    let seen: Vec<_> = folded
        .iter()
        .map(|event| (&*event.reason, event.count, event.last.seconds()))
        .collect();
    assert_eq!(seen, [("Pulled", 1, 300), ("BackOff", 7, 200)]);
    assert_eq!(folded[1].first, Timestamp::from_seconds(90));
}
