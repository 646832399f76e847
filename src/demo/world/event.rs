//! Events: recorded as the event broadcaster of client-go records them, repeated ones counted, forgotten after an hour.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Inner;
use super::flavor::Flavor;
use crate::clock::Timestamp;
use crate::demo::kubelet::scene::Note;
use crate::demo::object::{after, micro_stamp, number, object, stamp, text};

/// How long events are kept, seconds (kube-apiserver's default `--event-ttl`).
const KEPT: i64 = 3_600;
/// How many are kept at most: the real server has a disk.
const MOST: usize = 40_000;
/// How many more there may be before the oldest go, which takes a look at all; so few that the store still has their removals when the world reads
/// what has changed.
const SLACK: usize = 1_000;

/// Events already recorded, so that a repetition counts.
#[derive(Debug, Default)]
pub struct Journal {
    /// Sorted: each one forgotten takes a resource version, and equal seeds have equal ones.
    known: BTreeMap<(String, String, String), Entry>,
    swept: Timestamp,
    /// Nanosecond of the newest event's name.
    newest: i64,
}

impl Journal {
    /// An event was repeated at `now`.
    pub fn refresh(&mut self, key: (&str, &str), now: Timestamp) {
        for entry in self
            .known
            .values_mut()
            .filter(|entry| (entry.namespace.as_str(), entry.name.as_str()) == key)
        {
            entry.last = now;
        }
    }
}

#[derive(Debug)]
struct Entry {
    namespace: String,
    name: String,
    last: Timestamp,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq)]
pub struct About(Value);

impl About {
    /// A stored object.
    pub fn object(object: &Value) -> Self {
        Self(
            json!({"kind": object["kind"], "namespace": object["metadata"]["namespace"], "name": object["metadata"]["name"],
            "uid": object["metadata"]["uid"], "apiVersion": object["apiVersion"], "resourceVersion": object["metadata"]["resourceVersion"]}),
        )
    }

    /// A pod by its key and uid.
    pub fn pod((namespace, name): (&str, &str), uid: &str) -> Self {
        Self(json!({"kind": "Pod", "namespace": namespace, "name": name, "uid": uid, "apiVersion": "v1"}))
    }

    /// A node; kubelets use its name as uid.
    pub fn node(name: &str) -> Self {
        Self(json!({"kind": "Node", "name": name, "uid": name}))
    }
}

/// The one component that records by the newer events API (events.k8s.io).
const SCHEDULER: &str = "default-scheduler";

/// Who records it: component and host, which may be empty.
pub type Source<'a> = (&'a str, &'a str);

impl Inner {
    /// Records an event at `now`; gives its namespace and name.
    pub fn record(
        &mut self,
        about: &About,
        source: Source<'_>,
        note: &Note,
        now: Timestamp,
    ) -> Option<(String, String)> {
        let dressed;
        let note = if self.flavor == Flavor::Eks {
            note
        } else {
            let message = self.flavor.text(&note.message);
            dressed = Note {
                message,
                ..note.clone()
            };
            &dressed
        };
        let subject = &about.0;
        let known = (
            format!("{}{}", text(subject, "/uid"), note.field),
            note.reason.to_owned(),
            folded(note),
        );
        let namespace = Some(text(subject, "/namespace"))
            .filter(|name| !name.is_empty())
            .unwrap_or("default")
            .to_owned();
        if let Some(entry) = self.journal.known.get_mut(&known) {
            entry.last = now;
            let (namespace, name) = (entry.namespace.clone(), entry.name.clone());
            let counted = self.store.modify("events", &namespace, &name, |event| {
                repeat(event, 1, now);
                event["message"] = note.message.clone().into();
            });
            if counted.is_ok() {
                return Some((namespace, name));
            }
        }
        // As client-go names them: by the nanosecond, so that names stand in order of time.
        self.journal.newest = now.0.max(self.journal.newest + 1);
        let name = format!("{}.{:x}", text(subject, "/name"), self.journal.newest);
        let event = event((&namespace, &name), subject, source, (note, now));
        self.add(event).ok()?;
        self.journal.known.insert(
            known,
            Entry {
                namespace: namespace.clone(),
                name: name.clone(),
                last: now,
            },
        );
        Some((namespace, name))
    }

    /// Forgets events nobody repeated for an hour, and the oldest when there are too many.
    pub fn forget_events(&mut self, now: Timestamp) {
        let crowded = self.journal.known.len() > MOST + SLACK;
        if !crowded && now.nanos_since(self.journal.swept) < 60_000_000_000 {
            return;
        }
        self.journal.swept = now;
        let mut limit = after(now, -KEPT);
        if crowded {
            let mut all: Vec<Timestamp> = self.journal.known.values().map(|entry| entry.last).collect();
            let at = all.len() - MOST;
            limit = limit.max(*all.select_nth_unstable(at).1);
        }
        let store = self.store.clone();
        self.journal.known.retain(|_, entry| {
            let keep = entry.last >= limit;
            if !keep {
                let _ = store.remove("events", &entry.namespace, &entry.name);
            }
            keep
        });
    }
}

/// The text that makes two events the same: ids of sandboxes and names of refused pods differ at every try, but are folded.
fn folded(note: &Note) -> String {
    if matches!(note.reason, "FailedCreatePodSandBox" | "FailedCreate") {
        "another try".into()
    } else {
        note.message.clone()
    }
}

/// Counts that an event came again, so many times. Those of the newer events API have a series.
pub fn repeat(event: &mut Value, times: i64, now: Timestamp) {
    if event["reportingComponent"] == SCHEDULER {
        // The first one that is like another makes a series of two.
        let before = number(event, "/series/count").unwrap_or(1);
        event["series"] = json!({"count": before + times, "lastObservedTime": micro_stamp(now)});
        return;
    }
    event["count"] = (event["count"].as_i64().unwrap_or(1) + times).into();
    event["lastTimestamp"] = stamp(now).into();
}

fn event(
    key: (&str, &str),
    subject: &Value,
    (component, host): Source<'_>,
    (note, now): (&Note, Timestamp),
) -> Value {
    let mut event = object(("v1", "Event"), key, now);
    let mut involved = subject.clone();
    if let Some(map) = involved.as_object_mut() {
        map.retain(|_, value| !value.is_null());
    }
    if !note.field.is_empty() {
        involved["fieldPath"] = note.field.clone().into();
    }
    event["involvedObject"] = involved;
    event["reason"] = note.reason.into();
    event["message"] = note.message.clone().into();
    event["type"] = if note.warning { "Warning" } else { "Normal" }.into();
    event["reportingComponent"] = component.into();
    if component == SCHEDULER {
        let action = match note.reason {
            "FailedScheduling" => "Scheduling",
            "Preempted" => "Preempting",
            _ => "Binding",
        };
        event["action"] = action.into();
        event["eventTime"] = micro_stamp(now).into();
        event["reportingInstance"] = "default-scheduler-ip-10-0-0-1".into();
        event["source"] = json!({});
        event["firstTimestamp"] = Value::Null;
        event["lastTimestamp"] = Value::Null;
        return event;
    }
    let mut source = json!({"component": component});
    if !host.is_empty() {
        source["host"] = host.into();
    }
    event["source"] = source;
    event["reportingInstance"] = host.into();
    event["eventTime"] = Value::Null;
    event["firstTimestamp"] = stamp(now).into();
    event["lastTimestamp"] = stamp(now).into();
    event["count"] = 1.into();
    event
}

/// A note about an object itself.
pub fn note(warning: bool, reason: &'static str, message: String) -> Note {
    Note {
        warning,
        reason,
        message,
        field: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::world::surroundings::tests::Play;

    #[test]
    fn equal_worlds_forget_in_the_same_order() {
        let forgotten = || {
            let play = Play::new(true);
            let (store, now) = (play.world.store().clone(), Timestamp::from_seconds(1_795_000_000));
            let mut inner = play.world.lock();
            for at in 0..50 {
                let about = About::pod(("batch", "a"), &format!("uid-{at}"));
                inner.record(&about, ("kubelet", ""), &note(false, "Test", at.to_string()), now);
            }
            let before = store.version();
            inner.forget_events(after(now, 2 * KEPT));
            let changes = store.changes_since(before).unwrap();
            let names = changes.iter().map(|change| change.object.name.to_string());
            names.collect::<Vec<_>>()
        };
        let first = forgotten();
        assert!(first.len() >= 50, "{first:?}");
        assert_eq!(first, forgotten());
    }
}
