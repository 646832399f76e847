//! Log panes in the hand: what is said while there is nothing, what is shown once, what is gone.

use kubris::app::pane::PaneView;
use kubris::logs::{Cutter, LogEvent, SourceId};
use kubris::msg::Msg;

use super::screens::picture::Picture;
use super::screens::stage::Stage;

fn shown(stage: &mut Stage) -> String {
    Picture::in_colour(stage).text()
}

fn log(stage: &Stage) -> kubris::msg::LogId {
    match stage.app.focused().map(|pane| &pane.view) {
        Some(PaneView::Logs(logs)) => logs.id,
        view => panic!("no log but {view:?}"),
    }
}

fn chunk(lines: &str) -> kubris::logs::Chunk {
    let mut cutter = Cutter::new(SourceId(0));
    cutter.push(lines.as_bytes());
    cutter.take().expect("whole lines")
}

#[test]
fn a_query_that_matches_nothing_says_so_and_what_it_waits_for() {
    let mut stage = Stage::new((120, 40));
    stage.keys(":");
    stage.text("logs nosuch");
    stage.keys("enter");
    let text = shown(&mut stage);
    assert!(
        text.contains("no pod's name matches `nosuch` in shop yet"),
        "{text}"
    );
    assert!(text.contains("waiting for the first one"), "{text}");
}

#[test]
fn the_time_of_a_line_is_shown_once_and_copied_whole() {
    let mut stage = Stage::new((120, 40));
    stage.keys("G l C");
    let id = log(&stage);
    stage.send(Msg::Log(
        id,
        LogEvent::Lines(chunk(
            "2026-11-21T12:00:00.5Z 2026-11-21 12:00:00,431 INFO cache is warm\n",
        )),
    ));
    let text = shown(&mut stage);
    assert!(text.contains("INFO cache is warm"), "{text}");
    assert!(!text.contains("12:00:00,431"), "{text}");
    let Some(PaneView::Logs(logs)) = stage.app.focused().map(|pane| &pane.view) else {
        panic!("no log")
    };
    assert!(
        logs.text(0, 9)
            .contains("2026-11-21 12:00:00,431 INFO cache is warm")
    );
    // Utc, local, relative, off.
    stage.keys("t t t");
    let text = shown(&mut stage);
    assert!(
        text.contains("2026-11-21 12:00:00,431 INFO"),
        "without the column the line is whole: {text}"
    );
    stage.keys("t / 4 3 1 enter");
    stage.send(Msg::Log(
        id,
        LogEvent::Lines(chunk(
            "2026-11-21T12:00:00.6Z 2026-11-21 12:00:00,431 INFO cache is hot\n",
        )),
    ));
    let text = shown(&mut stage);
    assert!(
        text.contains("12:00:00,431 INFO"),
        "what is searched for is shown: {text}"
    );
}

#[test]
fn older_lines_that_come_after_a_clear_stay_away() {
    let mut stage = Stage::new((120, 40));
    stage.keys("G l g k");
    let id = log(&stage);
    stage.keys("C");
    stage.send(Msg::Log(
        id,
        LogEvent::Older(chunk("2026-11-21T08:00:00Z from before\n")),
    ));
    stage.send(Msg::Log(id, LogEvent::Beginning));
    assert!(!shown(&mut stage).contains("from before"));
    stage.asked.clear();
    stage.keys("k k");
    assert_eq!(stage.asked, [], "nothing older is asked for either");
}

#[test]
fn the_prompt_of_a_log_offers_what_works_there() {
    let mut stage = Stage::new((120, 40));
    stage.keys("/");
    assert!(shown(&mut stage).contains("-l selector"), "labels in a table");
    stage.keys("esc G l /");
    let text = shown(&mut stage);
    assert!(
        text.contains("level>=warn") && !text.contains("-l selector"),
        "{text}"
    );
    stage.keys("tab");
    let text = shown(&mut stage);
    assert!(
        text.contains("tab filters") && !text.contains("-l selector"),
        "{text}"
    );
}
