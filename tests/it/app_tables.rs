//! Tables in the hand: filter, columns, cursor, the list of kinds.

use kubris::app::overlay::Overlay;
use kubris::app::pane::PaneView;
use serde_json::{Value, json};

use super::screens::picture::Picture;
use super::screens::stage::Stage;

fn cursor(stage: &Stage) -> String {
    let table = stage
        .app
        .focused()
        .and_then(|pane| pane.table())
        .expect("a table");
    let feed = stage.app.store.feed(table.feed).expect("its feed is open");
    let key = table.current(feed);
    key.map(|key| key.name.to_string()).unwrap_or_default()
}

fn pod(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"), "creationTimestamp": "2026-11-21T09:00:00Z"},
        "spec": {"containers": [{"name": "app", "image": "shop/app:1"}]},
        "status": {"phase": "Pending"},
    })
}

/// Titles of the columns in the focused pane.
fn titles(stage: &mut Stage) -> Vec<String> {
    Picture::in_colour(stage);
    let screen = kubris::view::screen(&stage.app);
    let pane = screen
        .panes
        .into_iter()
        .find(|pane| pane.focused)
        .expect("a pane has the focus");
    match pane.body {
        kubris::view::Body::Table(body) => body.heads.into_iter().map(|head| head.title).collect(),
        body => panic!("no table but {body:?}"),
    }
}

#[test]
fn a_filter_that_is_cancelled_gives_the_cursor_its_object_back() {
    let mut stage = Stage::new((120, 40));
    stage.keys("g g j j");
    let before = cursor(&stage);
    stage.keys("/ n i g h t l y");
    assert_ne!(cursor(&stage), before);
    stage.keys("esc");
    assert_eq!(cursor(&stage), before);
}

#[test]
fn a_search_that_is_cancelled_gives_the_filter_of_a_log_back() {
    let mut stage = Stage::new((120, 40));
    stage.keys("G l / g e t enter / tab esc");
    let Some(PaneView::Logs(logs)) = stage.app.focused().map(|pane| &pane.view) else {
        panic!("no log")
    };
    assert_eq!((logs.filter.as_str(), logs.search.as_str()), ("get", ""));
}

#[test]
fn columns_stay_while_one_scrolls_through_longer_names() {
    let mut stage = Stage::unconnected((100, 20), Some("shop"), "pods");
    for number in 0..60 {
        stage.world.add("pods", pod(&format!("a-{number:02}")));
    }
    stage.world.add(
        "pods",
        pod("zz-a-name-that-is-much-longer-than-the-others-are-here"),
    );
    stage.connect("staging");
    stage.rest();
    stage.keys("g");
    let before = titles(&mut stage);
    assert!(before.iter().any(|title| title == "CPU"), "{before:?}");
    stage.keys("G");
    assert_eq!(titles(&mut stage), before);
    stage.keys("g");
    assert_eq!(titles(&mut stage), before);
}

#[test]
fn the_cursor_leaves_the_sign_of_health_to_be_seen() {
    let mut stage = Stage::unconnected((100, 20), Some("bad"), "pods");
    let mut broken = pod("broken");
    broken["metadata"]["namespace"] = json!("bad");
    broken["status"] = json!({"phase": "Failed", "reason": "Evicted"});
    stage.world.add("pods", broken);
    stage.connect("staging");
    stage.rest();
    let text = Picture::in_colour(&mut stage).text();
    assert!(text.lines().any(|line| line.contains("▸✗broken")), "{text}");
}

#[test]
fn a_kind_in_the_list_of_kinds_opens() {
    let mut stage = Stage::new((120, 40));
    stage.keys("ctrl-a");
    assert!(
        matches!(&stage.app.overlay, Some(Overlay::Picker(_))),
        "{:?}",
        stage.app.overlay
    );
    for letter in "statefulsets".chars() {
        stage.keys(&letter.to_string());
    }
    stage.keys("enter");
    let table = stage
        .app
        .focused()
        .and_then(|pane| pane.table())
        .expect("a table");
    assert_eq!(&*table.kind.kind, "StatefulSet");
}

#[test]
fn a_word_that_is_near_no_kind_gets_no_guess() {
    let mut stage = Stage::new((120, 40));
    for (word, guess) in [
        ("foo", None),
        ("xy", None),
        ("secrts", Some("secrets")),
        ("podz", Some("pod")),
    ] {
        stage.keys(":");
        stage.text(word);
        stage.keys("enter");
        let Some(Overlay::Command(prompt)) = &stage.app.overlay else {
            panic!("`{word}` was taken")
        };
        let error = prompt.error.clone().unwrap_or_default();
        assert!(
            error.contains(&format!("no kind `{word}` on this server")),
            "{error}"
        );
        match guess {
            None => assert!(!error.contains("did you mean"), "{error}"),
            Some(guess) => assert!(error.contains(&format!("did you mean `{guess}")), "{error}"),
        }
        stage.keys("esc");
    }
}

#[test]
fn a_new_pane_has_the_focus_and_esc_leads_back_to_its_table() {
    let mut stage = Stage::new((120, 40));
    let table = stage.app.focus;
    stage.keys("|");
    assert_ne!(stage.app.focus, table);
    assert!(matches!(
        stage.app.focused().map(|pane| &pane.view),
        Some(PaneView::Text(_))
    ));
    stage.keys("esc");
    assert_eq!(stage.app.focus, table);
}

#[test]
fn an_object_without_events_is_said_to_have_none() {
    let mut stage = Stage::new((120, 40));
    stage.upsert("pods", &pod("zz-quiet"));
    stage.keys("G E");
    let text = Picture::in_colour(&mut stage).text();
    assert!(text.contains("no events of pod/zz-quiet"), "{text}");
    assert!(!text.contains("clears the filter"), "{text}");
}

#[test]
fn labels_are_excluded_by_an_inverse_selector() {
    let mut stage = Stage::new((120, 40));
    let rows = |stage: &Stage| {
        let table = stage
            .app
            .focused()
            .and_then(|pane| pane.table())
            .expect("a table");
        table.order.slots().len()
    };
    let all = rows(&stage);
    let mut matching = [0, 0];
    for (filter, count) in ["-l app=web", "!-l app=web"].into_iter().zip(&mut matching) {
        stage.keys("/ ctrl-u");
        stage.text(filter);
        stage.keys("enter");
        *count = rows(&stage);
    }
    assert!(matching[0] > 0 && matching[0] < all, "{matching:?} of {all}");
    assert_eq!(matching[0] + matching[1], all, "{matching:?}");
}

/// A mistyped namespace is not a healthy empty one.
#[test]
fn an_empty_table_says_that_its_namespace_is_not_there() {
    let mut stage = Stage::open((100, 24), "staging", Some("shpo"), "pods");
    let screen = Picture::in_roles(&mut stage).text();
    assert!(screen.contains("there is no namespace `shpo`"), "{screen}");
    assert!(screen.contains("did you mean :ns shop"), "{screen}");
    stage.keys(":");
    stage.text("ns shop");
    stage.keys("enter");
    let screen = Picture::in_roles(&mut stage).text();
    assert!(!screen.contains("there is no namespace"), "{screen}");
}

#[test]
fn wide_begins_at_the_first_column_again() {
    let mut stage = Stage::new((80, 24));
    let scrolled = |stage: &Stage| {
        let table = stage
            .app
            .focused()
            .and_then(|pane| pane.table())
            .expect("a table");
        table.scrolled
    };
    stage.keys("right right");
    assert!(scrolled(&stage) > 0);
    stage.keys("ctrl-w");
    assert_eq!(scrolled(&stage), 0);
    stage.keys("right right ctrl-w");
    assert_eq!(scrolled(&stage), 0);
}

#[test]
fn a_filter_that_matches_in_a_hidden_column_says_in_which() {
    let mut stage = Stage::new((80, 24));
    stage.keys("/");
    stage.text("ip-10-0-3-44");
    stage.keys("enter");
    let screen = Picture::in_roles(&mut stage).text();
    assert!(screen.contains("matches in NODE"), "{screen}");
    stage.keys("/ ctrl-u");
    stage.text("redis");
    stage.keys("enter");
    let screen = Picture::in_roles(&mut stage).text();
    assert!(!screen.contains("matches in"), "{screen}");
}

#[test]
fn what_one_orders_by_is_shown() {
    let mut stage = Stage::new((80, 24));
    let screen = Picture::in_roles(&mut stage).text();
    assert!(!screen.contains(" CPU"), "{screen}");
    stage.keys("C");
    let screen = Picture::in_roles(&mut stage).text();
    assert!(screen.contains("↓CPU") && screen.contains("114m"), "{screen}");
}
