//! Changes: each looks at the object first, so that a namesake is never hit, then sends one request, then says what became of it.

use http::Method;
use serde_json::{Value, json};

use super::audit::{Deed, Journal};
use super::error::{Purpose, Trouble};
use super::link::{Link, send, with_query};
use crate::clock;
use crate::model::{Failure, FailureKind, Gvr, ObjectKey, Uid};
use crate::msg::{Mutation, MutationVerb, Outcome, Propagation};

const MERGE: &str = "application/merge-patch+json";
const JSON: &str = "application/json";
/// A scale is tried this often when the object changes under it.
const TRIES: u32 = 5;

/// Does it, and notes it in the journal, whatever became of it.
///
/// # Errors
/// What the server said, whole. An object that is gone is [`FailureKind::NotFound`] and says so.
pub async fn run(link: &Link, journal: &Journal, mutation: &Mutation) -> Result<Outcome, Failure> {
    let done = change(link, mutation)
        .await
        .map_err(|trouble| explain(trouble.failure, mutation));
    let deed = Deed {
        verb: name(&mutation.verb),
        object: mutation.key.to_string(),
        before: mutation.before.clone(),
        after: mutation.after.clone(),
        outcome: match &done {
            Ok(_) => "done".to_owned(),
            Err(failure) => failure.message.clone(),
        },
    };
    let noted = journal.note(&link.info, &deed).await;
    match (done, noted) {
        (Ok(message), Ok(())) => Ok(Outcome {
            message,
            exit_code: None,
        }),
        (Ok(message), Err(unsaved)) => Ok(Outcome {
            message: format!("{message} ({unsaved})"),
            exit_code: None,
        }),
        (Err(failure), _) => Err(failure),
    }
}

/// The verb as the journal has it.
fn name(verb: &MutationVerb) -> &'static str {
    match verb {
        MutationVerb::Scale { .. } => "scale",
        MutationVerb::Restart => "restart",
        MutationVerb::Delete { .. } => "delete",
        MutationVerb::Cordon(true) => "cordon",
        MutationVerb::Cordon(false) => "uncordon",
        MutationVerb::Suspend(true) => "suspend",
        MutationVerb::Suspend(false) => "resume",
        MutationVerb::Trigger => "trigger",
        MutationVerb::Replace(_) => "replace",
    }
}

/// Sends the change; returns the sentence for the toast.
async fn change(link: &Link, mutation: &Mutation) -> Result<String, Trouble> {
    let key = &mutation.key;
    match &mutation.verb {
        MutationVerb::Scale { replicas } => scale(link, key, *replicas).await,
        MutationVerb::Restart => restart(link, key).await,
        MutationVerb::Delete { propagation, grace } => delete(link, key, *propagation, *grace).await,
        MutationVerb::Cordon(on) => {
            let unschedulable = if *on { json!(true) } else { Value::Null };
            patch(link, key, json!({ "spec": { "unschedulable": unschedulable } })).await?;
            Ok(format!("{} {key}", if *on { "cordoned" } else { "uncordoned" }))
        }
        MutationVerb::Suspend(on) => {
            patch(link, key, json!({ "spec": { "suspend": on } })).await?;
            Ok(format!("{} {key}", if *on { "suspended" } else { "resumed" }))
        }
        MutationVerb::Trigger => trigger(link, key).await,
        MutationVerb::Replace(object) => {
            // Its uid and resourceVersion are in the object: the server itself refuses it for a namesake.
            let request = send(Method::PUT, &write(&key.path(None)), JSON, object)?;
            link.bytes(request, &Purpose::of("replace", key)).await?;
            Ok(format!("replaced {key}"))
        }
    }
}

/// A path for a request that changes something: names us in managedFields.
fn write(path: &str) -> String {
    with_query(path, &[("fieldManager", "kubris")])
}

/// The object as it is now, if it is still the one that was meant.
async fn same(link: &Link, key: &ObjectKey) -> Result<Value, Trouble> {
    let object: Value = link.get(&key.path(None), &Purpose::of("read", key)).await?;
    check(key, &object)?;
    Ok(object)
}

/// Is this the object that was meant?
///
/// # Errors
/// [`FailureKind::NotFound`] when it is a namesake that came later.
pub fn check(key: &ObjectKey, object: &Value) -> Result<(), Failure> {
    let uid = Uid::parse(text(object, "/metadata/uid"));
    if key.uid.is_none() || uid.is_none() || uid == key.uid {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::NotFound,
        format!("{key} is already gone: another object of that name is there now, and was left alone"),
    ))
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A merge patch that the server refuses if the object is another one by then.
async fn patch(link: &Link, key: &ObjectKey, mut body: Value) -> Result<(), Trouble> {
    let object = same(link, key).await?;
    if let Some(metadata) = body
        .as_object_mut()
        .map(|body| body.entry("metadata").or_insert_with(|| json!({})))
        && metadata.is_object()
    {
        metadata["uid"] = object["metadata"]["uid"].clone();
    }
    let request = send(Method::PATCH, &write(&key.path(None)), MERGE, &body)?;
    link.bytes(request, &Purpose::of("patch", key)).await?;
    Ok(())
}

async fn scale(link: &Link, key: &ObjectKey, replicas: u32) -> Result<String, Trouble> {
    let path = key.path(Some("scale"));
    let purpose = Purpose::of("scale", key);
    let mut tries = 0;
    loop {
        // The scale carries the uid of its object; its version makes the patch fail if anything changed since.
        let now: Value = link.get(&path, &Purpose::of("read the scale of", key)).await?;
        check(key, &now)?;
        let before = now.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(0);
        let version = now["metadata"]["resourceVersion"].clone();
        let body = json!({ "metadata": { "resourceVersion": version }, "spec": { "replicas": replicas } });
        match link
            .bytes(send(Method::PATCH, &write(&path), MERGE, &body)?, &purpose)
            .await
        {
            Ok(_) => return Ok(format!("scaled {key} {before} → {replicas}")),
            Err(trouble) if trouble.failure.kind == FailureKind::Conflict && tries < TRIES => tries += 1,
            Err(trouble) => return Err(trouble),
        }
    }
}

/// As `kubectl rollout restart`: an annotation of the pod template.
async fn restart(link: &Link, key: &ObjectKey) -> Result<String, Trouble> {
    let object = same(link, key).await?;
    if object.pointer("/spec/paused") == Some(&Value::Bool(true)) {
        let why = format!("cannot restart {key}: its rollout is paused; resume it first");
        return Err(Failure::new(FailureKind::Invalid, why).into());
    }
    let now = crate::clock::Timestamp::from_seconds(clock::now().seconds()).rfc3339();
    let body = json!({ "spec": { "template": { "metadata": { "annotations": {
        "kubectl.kubernetes.io/restartedAt": now
    } } } } });
    patch(link, key, body).await?;
    Ok(format!("restarted {key}"))
}

async fn delete(
    link: &Link,
    key: &ObjectKey,
    propagation: Propagation,
    grace: Option<u32>,
) -> Result<String, Trouble> {
    let object = same(link, key).await?;
    let policy = match propagation {
        Propagation::Background => "Background",
        Propagation::Foreground => "Foreground",
        Propagation::Orphan => "Orphan",
    };
    let mut options = json!({
        "apiVersion": "v1", "kind": "DeleteOptions",
        "propagationPolicy": policy,
        "preconditions": { "uid": object["metadata"]["uid"] },
    });
    if let Some(seconds) = grace {
        options["gracePeriodSeconds"] = json!(seconds);
    }
    let request = send(Method::DELETE, &key.path(None), JSON, &options)?;
    let left: Value = link.json(request, &Purpose::of("delete", key)).await?;
    let finalizers = left.pointer("/metadata/finalizers").and_then(Value::as_array);
    let waits: Vec<&str> = finalizers
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    Ok(match (left["kind"] == "Status", waits.is_empty()) {
        (true, _) => format!("deleted {key}"),
        (false, true) => format!("deleting {key}"),
        (false, false) => format!("deleting {key}: waits for {}", waits.join(", ")),
    })
}

/// As `kubectl create job --from=cronjob/NAME`.
async fn trigger(link: &Link, key: &ObjectKey) -> Result<String, Trouble> {
    let cron = same(link, key).await?;
    let template = &cron["spec"]["jobTemplate"];
    let short: String = key.name.chars().take(46).collect();
    let suffix: String = (0..5).map(|_| fastrand::lowercase()).collect();
    let mut annotations = template
        .pointer("/metadata/annotations")
        .cloned()
        .unwrap_or_else(|| json!({}));
    annotations["cronjob.kubernetes.io/instantiate"] = json!("manual");
    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {
            "name": format!("{}-manual-{suffix}", short.trim_end_matches('-')),
            "labels": template.pointer("/metadata/labels"),
            "annotations": annotations,
            "ownerReferences": [{
                "apiVersion": "batch/v1", "kind": "CronJob", "controller": true,
                "name": &*key.name, "uid": cron["metadata"]["uid"],
            }],
        },
        "spec": template["spec"],
    });
    let path = Gvr::of("batch", "v1", "jobs").path(key.namespace());
    let made: Value = link
        .json(
            send(Method::POST, &write(&path), JSON, &job)?,
            &Purpose::of("trigger", key),
        )
        .await?;
    Ok(format!("triggered {key}: job {}", text(&made, "/metadata/name")))
}

/// What a refusal means for the person who asked.
fn explain(failure: Failure, mutation: &Mutation) -> Failure {
    let key = &mutation.key;
    match failure.kind {
        FailureKind::NotFound if !failure.message.contains("already gone") => {
            Failure::new(failure.kind, format!("{key} is already gone"))
        }
        FailureKind::Conflict => Failure::new(
            failure.kind,
            format!(
                "{key} was changed by somebody else in the meantime; nothing was done: {}",
                failure.message
            ),
        ),
        _ => failure,
    }
}
