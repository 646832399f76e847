//! The object's events at the end of a description: newest first, repetitions folded.

use super::page::{Page, plain};
use crate::clock;
use crate::kind::EventLine;
use crate::model::Tone;

/// The section of events.
pub fn events(page: &mut Page, events: &[EventLine]) {
    page.heading("Events");
    if events.is_empty() {
        page.indented(|page| page.line(vec![crate::model::doc::span("none", Tone::Dim)]));
        return;
    }
    let folded = fold(events);
    let rows: Vec<_> = folded.iter().map(|event| row(page, event)).collect();
    page.indented(|page| page.table(&["LAST", "", "COUNT", "REASON", "FROM", "MESSAGE"], &rows));
}

fn row(page: &Page, event: &EventLine) -> Vec<super::page::Cell> {
    let (sign, tone) = if event.warning {
        ("▲", Tone::Warn)
    } else {
        ("", Tone::Plain)
    };
    let count = if event.count > 1 {
        format!("{}× in {}", event.count, clock::age(event.first, page.now))
    } else {
        String::new()
    };
    vec![
        plain(clock::age(event.last, page.now)),
        (sign.to_owned(), tone),
        (count, Tone::Dim),
        (event.reason.to_string(), tone),
        (event.from.split(',').next().unwrap_or("").to_owned(), Tone::Dim),
        (event.message.to_string(), tone),
    ]
}

/// Events that say the same become one, with the sum of their counts; newest first.
pub fn fold(events: &[EventLine]) -> Vec<EventLine> {
    let mut folded: Vec<EventLine> = Vec::new();
    for event in events {
        let same = |known: &&mut EventLine| {
            (&known.reason, &known.message, &known.from) == (&event.reason, &event.message, &event.from)
        };
        match folded.iter_mut().find(same) {
            Some(known) => {
                known.first = known.first.min(event.first);
                known.last = known.last.max(event.last);
                known.count = known.count.saturating_add(event.count);
            }
            None => folded.push(event.clone()),
        }
    }
    folded.sort_by_key(|event| std::cmp::Reverse(event.last));
    folded
}
