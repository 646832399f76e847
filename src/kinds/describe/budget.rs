//! A disruption budget: how many pods may be evicted now, and why no more.

use serde_json::Value;

use super::fields;
use super::generic::generic;
use super::judged::judged;
use super::page::Page;
use super::{conditions, events};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::kinds::poddisruptionbudgets::PodDisruptionBudgets;
use crate::model::{Doc, Tone};

/// A pod disruption budget.
pub fn budget(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let Some((row, tone)) = judged::<PodDisruptionBudgets>(object) else {
        return generic(object, event_lines, now);
    };
    let allowed = match row.allowed {
        1 => "1 disruption allowed".to_owned(),
        count => format!("{count} disruptions allowed"),
    };
    fields::title(&mut page, object, &allowed, tone);
    let (healthy, desired) = (row.healthy, row.desired);
    match (row.expected, row.allowed) {
        (0, _) => page.problem(Tone::Warn, "protects nothing", "no pod matches its selector"),
        (_, 0) if healthy < desired => page.problem(
            Tone::Bad,
            "blocks evictions",
            &format!("{healthy} pods are healthy, {desired} must be"),
        ),
        (_, 0) => page.problem(
            Tone::Warn,
            "blocks evictions",
            &format!("all {desired} pods that must be healthy are needed: a drain waits for ever"),
        ),
        _ => {}
    }
    page.gap();
    page.field("Min available", row.min_available.as_deref().unwrap_or(""));
    page.field("Max unavailable", row.max_unavailable.as_deref().unwrap_or(""));
    match &*row.selector {
        "" => page.field("Selector", "every pod of the namespace"),
        selector => page.field("Selector", selector),
    }
    page.field(
        "Unhealthy pods",
        fields::text(object, "/spec/unhealthyPodEvictionPolicy"),
    );
    page.field("Allowed", row.allowed.to_string());
    page.field("Current", healthy.to_string());
    page.field("Desired", desired.to_string());
    page.field("Total", row.expected.to_string());
    let disrupted = fields::pairs(object, "/status/disruptedPods");
    page.list("Being evicted", disrupted);
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

    fn described(healthy: u32, desired: u32) -> String {
        let object = json!({
            "kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"minAvailable": "75%", "selector": {"matchLabels": {"app": "web"}}},
            "status": {"disruptionsAllowed": 0, "currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": 4,
                "conditions": [{"type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods"}]},
        });
        budget(&object, &[], Timestamp::default()).plain()
    }

    #[test]
    fn one_that_blocks_says_why() {
        let text = described(2, 3);
        assert!(
            text.contains("✗ blocks evictions  2 pods are healthy, 3 must be"),
            "{text}"
        );
        assert!(!text.contains("DisruptionAllowed is False"), "told twice: {text}");
        for line in [
            "Min available     75%",
            "Selector          app=web",
            "Desired           3",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
        assert!(described(4, 4).contains("▲ blocks evictions  all 4 pods"));
    }
}
