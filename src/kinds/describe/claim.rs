//! A claim of a volume: what it asked for, what it got.

use serde_json::Value;

use super::fields::{self, scalar, text};
use super::generic::generic;
use super::judged::judged;
use super::page::Page;
use super::{conditions, events};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::kinds::persistentvolumeclaims::PersistentVolumeClaims;
use crate::model::{Doc, Tone};

/// A persistent volume claim.
pub fn claim(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let Some((row, tone)) = judged::<PersistentVolumeClaims>(object) else {
        return generic(object, event_lines, now);
    };
    fields::title(&mut page, object, &row.status, tone);
    match &*row.status {
        "Pending" => page.problem(Tone::Busy, "pending", "has no volume yet: the events say why"),
        "Lost" => page.problem(
            Tone::Bad,
            "lost",
            &format!("its volume {} is not there any more", row.volume),
        ),
        _ => {}
    }
    conditions::problems(&mut page, object);
    page.gap();
    page.field("Volume", &row.volume);
    page.field("Storage class", &row.class);
    page.field("Attributes class", &row.attributes_class);
    page.field("Capacity", scalar(object, "/status/capacity/storage"));
    page.field("Requested", scalar(object, "/spec/resources/requests/storage"));
    page.field("Access modes", fields::joined(object, "/spec/accessModes"));
    page.field("Volume mode", &row.mode);
    page.field("Data source", source(object));
    page.field(
        "Being resized",
        fields::pairs(object, "/status/allocatedResourceStatuses").join(", "),
    );
    fields::finalizers(&mut page, object);
    fields::origin(&mut page, object);
    fields::labels(&mut page, object);
    conditions::table(&mut page, object);
    events::events(&mut page, event_lines);
    page.finish()
}

/// What it was filled from: `VolumeSnapshot/nightly`.
fn source(object: &Value) -> String {
    let named = ["/spec/dataSource", "/spec/dataSourceRef"]
        .iter()
        .find_map(|at| object.pointer(at).filter(|source| source.is_object()));
    named.map_or_else(String::new, |source| {
        format!("{}/{}", text(source, "/kind"), text(source, "/name"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_without_a_volume_says_so_and_what_it_asks_for() {
        let object = json!({
            "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"},
            "spec": {"accessModes": ["ReadWriteOnce", "ReadOnlyMany"], "storageClassName": "gp3", "volumeMode": "Filesystem",
                "resources": {"requests": {"storage": "20Gi"}}, "dataSource": {"kind": "VolumeSnapshot", "name": "nightly"}},
            "status": {"phase": "Pending"},
        });
        let text = claim(&object, &[], Timestamp::default()).plain();
        assert!(text.contains("◌ pending  has no volume yet"), "{text}");
        for line in [
            "Storage class     gp3",
            "Requested         20Gi",
            "Access modes      ReadWriteOnce, ReadOnlyMany",
            "Data source       VolumeSnapshot/nightly",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
    }
}
