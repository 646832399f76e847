//! An event: what happened to what, how often, and who says so.

use serde_json::Value;

use super::fields::{self, text};
use super::generic::generic;
use super::judged::judged;
use super::page::Page;
use crate::clock::{self, Timestamp};
use crate::kind::EventLine;
use crate::kinds::events::Events;
use crate::model::{Doc, Tone};

/// An event. Its own events are none.
pub fn event(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let Some((row, _)) = judged::<Events>(object) else {
        return generic(object, event_lines, now);
    };
    let tone = if row.warning { Tone::Warn } else { Tone::Ok };
    fields::title(&mut page, object, &row.reason, tone);
    page.gap();
    page.toned("Type", text(object, "/type"), tone);
    page.field("Reason", &row.reason);
    page.prose("Message", &row.message);
    let about = &row.regarding;
    let place = if about.namespace.is_empty() {
        String::new()
    } else {
        format!(" in {}", about.namespace)
    };
    page.field("Object", format!("{} {}{place}", about.kind, about.name));
    page.field("Part", &about.field);
    page.field("Count", row.count.to_string());
    for (title, at) in [("First seen", row.first), ("Last seen", row.last)] {
        if at != Timestamp::default() {
            page.field(title, format!("{} ago", clock::age(at, now)));
        }
    }
    page.field("Action", text(object, "/action"));
    page.field("Reported by", &row.from);
    let related = ["/related/kind", "/related/name"].map(|at| text(object, at));
    page.field("Related", related.join(" ").trim());
    fields::labels(&mut page, object);
    if !event_lines.is_empty() {
        super::events::events(&mut page, event_lines);
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_happened_to_what_and_how_often() {
        let object = json!({
            "kind": "Event", "metadata": {"name": "web-1.18", "namespace": "shop"},
            "type": "Warning", "reason": "BackOff", "note": "Back-off restarting failed container of a pod whose name is long",
            "regarding": {"kind": "Pod", "namespace": "shop", "name": "web-1", "fieldPath": "spec.containers{app}"},
            "deprecatedCount": 12, "deprecatedFirstTimestamp": "2026-11-21T11:00:00Z",
            "deprecatedLastTimestamp": "2026-11-21T11:59:00Z",
        });
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        let text = event(&object, &[], now).plain();
        let message = "Message           Back-off restarting failed container of a pod whose name\n                  is long";
        assert!(text.contains(message), "{text}");
        for line in [
            "Reason            BackOff",
            "Object            Pod web-1 in shop",
            "Part              spec.containers{app}",
            "Count             12",
            "First seen        60m ago",
            "Last seen         60s ago",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
    }
}
