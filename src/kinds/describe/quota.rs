//! A quota: of everything it counts what is used, what may be, and what is full.

use serde_json::Value;

use super::events;
use super::fields;
use super::generic::generic;
use super::judged::judged;
use super::page::{Page, plain};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::kinds::resourcequotas::{ResourceQuotas, Scope};
use crate::model::{Doc, Tone};

/// A resource quota.
pub fn quota(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let Some((row, tone)) = judged::<ResourceQuotas>(object) else {
        return generic(object, event_lines, now);
    };
    let standing = row.fullest().map_or_else(
        || "counts nothing".to_owned(),
        |(counted, percent)| format!("{} {percent}% used", counted.resource),
    );
    fields::title(&mut page, object, &standing, tone);
    for counted in row
        .counted
        .iter()
        .filter(|counted| counted.left_milli() == Some(0))
    {
        let text = format!(
            "{} of {}: what needs more of it is refused",
            counted.used, counted.hard
        );
        page.problem(Tone::Warn, &format!("{} is full", counted.resource), &text);
    }
    page.gap();
    page.list("Scopes", row.scopes.iter().map(scope));
    fields::origin(&mut page, object);
    fields::labels(&mut page, object);
    if !row.counted.is_empty() {
        page.heading("Resources");
        let rows: Vec<_> = row
            .counted
            .iter()
            .map(|counted| {
                let percent = counted.percent();
                let tone = if counted.left_milli() == Some(0) {
                    Tone::Warn
                } else {
                    Tone::Plain
                };
                vec![
                    plain(&*counted.resource),
                    plain(&*counted.used),
                    plain(&*counted.hard),
                    (
                        percent.map_or_else(|| "–".to_owned(), |percent| percent.to_string()),
                        tone,
                    ),
                ]
            })
            .collect();
        page.indented(|page| page.table(&["RESOURCE", "USED", "HARD", "%"], &rows));
    }
    events::events(&mut page, event_lines);
    page.finish()
}

/// `PriorityClass In high, middle`; the operator only where it says something.
fn scope(scope: &Scope) -> String {
    match (&*scope.operator, scope.values.is_empty()) {
        ("Exists", _) => scope.name.clone(),
        (operator, true) => format!("{} {operator}", scope.name),
        (operator, false) => format!("{} {operator} {}", scope.name, scope.values.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn used_stands_beside_hard() {
        let object = json!({
            "kind": "ResourceQuota", "metadata": {"name": "team-a", "namespace": "team-a"},
            "spec": {"scopes": ["NotTerminating"], "scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}},
            "status": {"hard": {"requests.cpu": "4", "pods": "15"}, "used": {"requests.cpu": "850m", "pods": "15"}},
        });
        let text = quota(&object, &[], Timestamp::default()).plain();
        for line in [
            "▲ pods is full  15 of 15: what needs more of it is refused",
            "  RESOURCE      USED  HARD  %",
            "  pods          15    15    100",
            "  requests.cpu  850m  4     21",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
        assert!(
            text.contains("NotTerminating") && text.contains("PriorityClass In high"),
            "{text}"
        );
    }
}
