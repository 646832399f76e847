//! The containers of a pod: kept up to date with it, with what each uses, and empty when it is gone.

use kubris::app::table::TablePane;
use kubris::model::Cell;
use serde_json::{Value, json};

use super::screens::stage::Stage;

fn table(stage: &Stage) -> &TablePane {
    let table = stage.app.focused().and_then(|pane| pane.table());
    table.expect("a table has the focus")
}

fn names(stage: &Stage) -> Vec<String> {
    let table = table(stage);
    let feed = stage.app.store.feed(table.feed).expect("its feed is open");
    let slots = table.order.slots().iter();
    slots
        .filter_map(|slot| Some(feed.rows.meta(*slot)?.name.to_string()))
        .collect()
}

/// A stage on the containers of its first pod, and that pod.
fn inside() -> (Stage, Value) {
    let mut stage = Stage::new((160, 40));
    let name = names(&stage)[0].clone();
    let pod = stage.world.find("pods", "shop", &name).expect("it exists");
    stage.keys("enter");
    assert_eq!(&*table(&stage).kind.gvr.resource, "containers");
    (stage, pod)
}

fn with_sidecar(pod: &Value) -> Value {
    let mut pod = pod.clone();
    let containers = pod["spec"]["containers"].as_array_mut().expect("a list");
    containers.push(json!({"name": "proxy", "image": "envoy:1"}));
    pod
}

#[test]
fn each_container_shows_what_it_uses() {
    let (stage, _) = inside();
    let feed = stage
        .app
        .store
        .feed(table(&stage).feed)
        .expect("its feed is open");
    let slot = table(&stage).order.slots()[0];
    let cell = |title: &str| feed.cell(slot, feed.column(title).expect("a column"), stage.now);
    assert_eq!(cell("CPU"), Cell::Milli(100));
    assert_eq!(cell("MEM"), Cell::Bytes(64 << 20));
    assert!(matches!(cell("%R"), Cell::Percent(_)), "{:?}", cell("%R"));
}

#[test]
fn a_container_that_comes_is_in_order_at_once() {
    let (mut stage, pod) = inside();
    let before = names(&stage);
    stage.upsert("pods", &with_sidecar(&pod));
    assert_eq!(
        names(&stage).len(),
        before.len() + 1,
        "without waiting for another message"
    );
}

#[test]
fn two_views_of_one_pod_show_the_same() {
    let (mut stage, pod) = inside();
    stage.keys(": p o enter enter");
    stage.upsert("pods", &with_sidecar(&pod));
    let above = names(&stage);
    assert!(above.contains(&"proxy".to_owned()));
    stage.keys("esc esc");
    assert_eq!(&*table(&stage).kind.gvr.resource, "containers");
    assert_eq!(names(&stage), above);
}

#[test]
fn a_pod_that_is_gone_has_no_containers_and_the_table_says_so() {
    let (mut stage, pod) = inside();
    stage.remove("pods", &pod);
    assert_eq!(names(&stage), [] as [&str; 0]);
    let screen = kubris::view::screen(&stage.app);
    let text = format!("{:?}", screen.panes[0].body);
    assert!(text.contains("is gone"), "{text}");
    stage.upsert("pods", &pod);
    assert_eq!(names(&stage).len(), 1, "it was only away");
    assert!(!table(&stage).orphaned);
}

#[test]
fn yaml_and_describe_of_a_container_are_those_of_its_pod() {
    for key in ["y", "d"] {
        let (mut stage, pod) = inside();
        stage.keys(key);
        let name = pod["metadata"]["name"].as_str().expect("a name");
        assert!(
            stage.text_shown().contains(name),
            "`{key}`: {}",
            stage.text_shown()
        );
    }
}

#[test]
fn a_key_that_is_not_here_yet_shows_a_command_that_runs() {
    let mut stage = Stage::new((160, 40));
    stage.keys("a");
    let told = stage.toast();
    assert!(
        told.contains("kubectl --context staging -n shop attach -it ") && !told.contains(" -c "),
        "{told}"
    );
    stage.keys("enter a");
    let told = stage.toast();
    assert!(
        told.contains("--context staging -n shop attach -it ") && told.ends_with(" -c app"),
        "the pod and its container: {told}"
    );
    stage.keys("i");
    let told = stage.toast();
    assert!(
        told.contains("set image pods/") && told.ends_with(" app=IMAGE"),
        "{told}"
    );
    stage.keys("F");
    assert!(stage.toast().contains(" port-forward pods/"), "{}", stage.toast());
    stage.keys(": n o enter r");
    let told = stage.toast();
    assert!(told.contains("kubectl --context staging drain ip-"), "{told}");
    stage.keys("/ n o s u c h enter r");
    assert_eq!(stage.toast(), "nothing under the cursor");
}
