//! A namespace: whether it is there to stay, and what keeps it when it is not.

use serde_json::Value;

use super::fields::{self, text};
use super::generic::generic;
use super::judged::judged;
use super::page::Page;
use super::{conditions, events};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::kinds::namespaces::Namespaces;
use crate::model::Doc;

/// A namespace.
pub fn namespace(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let Some((row, tone)) = judged::<Namespaces>(object) else {
        return generic(object, event_lines, now);
    };
    fields::title(&mut page, object, &row.phase, tone);
    conditions::problems(&mut page, object);
    page.gap();
    page.field("Status", text(object, "/status/phase"));
    page.field("Finalizers", fields::joined(object, "/spec/finalizers"));
    fields::origin(&mut page, object);
    fields::labels(&mut page, object);
    conditions::table(&mut page, object);
    events::events(&mut page, event_lines);
    page.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_that_cannot_go_says_what_keeps_it() {
        let object = json!({
            "kind": "Namespace", "metadata": {"name": "old", "deletionTimestamp": "2026-11-21T11:00:00Z"},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Terminating", "conditions": [
                {"type": "NamespaceDeletionDiscoveryFailure", "status": "False", "reason": "ResourcesDiscovered"},
                {"type": "NamespaceContentRemaining", "status": "True", "reason": "SomeResourcesRemain",
                    "message": "Some resources are remaining: crontabs.stable.example.com has 1 resource instances"}]},
        });
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        let text = namespace(&object, &[], now).plain();
        let kept = "✗ NamespaceContentRemaining is True  Some resources are remaining";
        assert!(text.lines().any(|line| line.starts_with(kept)), "{text}");
        assert!(
            !text.contains("NamespaceDeletionDiscoveryFailure is False"),
            "{text}"
        );
        assert!(text.contains("Finalizers        kubernetes"), "{text}");
    }
}
