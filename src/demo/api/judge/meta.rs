//! Metadata that every object has (apimachinery `api/validation/objectmeta.go`), and what each kind asks of its names.

use serde_json::{Value, json};

use super::wrong::Wrong;
use super::{Case, entries, list, text};
use crate::demo::names;

/// Annotations may take this many bytes together.
const ANNOTATIONS: usize = 256 << 10;
/// Finalizers without a domain.
const FINALIZERS: [&str; 3] = ["kubernetes", "foregroundDeletion", "orphan"];

pub(super) fn judge(case: &Case<'_>, wrong: &mut Wrong) {
    let meta = &case.new["metadata"];
    let stem = text(meta, "generateName");
    if !stem.is_empty() && case.before.is_none() {
        // What is generated ends with letters and digits.
        let said = said_of(case, &format!("{}a", stem.trim_end_matches('-')));
        wrong.refused("metadata.generateName", stem, &said);
    }
    let name = text(meta, "name");
    if name.is_empty() {
        wrong.required("metadata.name", "name or generateName is required");
    } else {
        wrong.refused("metadata.name", name, &said_of(case, name));
    }
    wrong.labels("metadata.labels", &meta["labels"]);
    let annotations = entries(&meta["annotations"]);
    for (key, _) in &annotations {
        wrong.refused("metadata.annotations", key, &names::key(&key.to_lowercase()));
    }
    let size = |(key, value): &(&str, &Value)| key.len() + value.as_str().map_or(0, str::len);
    if annotations.iter().map(size).sum::<usize>() > ANNOTATIONS {
        wrong.too_long("metadata.annotations", ANNOTATIONS);
    }
    owners(meta, wrong);
    finalizers(case, wrong);
}

/// What is wrong with a name, by kind.
fn said_of(case: &Case<'_>, name: &str) -> Vec<String> {
    match (&*case.resource.group, &*case.resource.plural) {
        ("", "events")
        | ("rbac.authorization.k8s.io" | "flowcontrol.apiserver.k8s.io" | "events.k8s.io", _) => {
            names::segment(name)
        }
        ("", "namespaces") if name.contains('.') => vec!["must not contain dots".into()],
        ("", "namespaces" | "services") => names::label(name),
        ("networking.k8s.io", "ipaddresses") => Vec::new(),
        ("batch", "cronjobs") if name.len() > 52 && case.before.is_none() => {
            vec!["must be no more than 52 characters".into()]
        }
        _ => names::subdomain(name),
    }
}

fn owners(meta: &Value, wrong: &mut Wrong) {
    let at = "metadata.ownerReferences";
    let all = list(meta, "ownerReferences");
    let mut controller: Option<String> = None;
    for owner in all {
        for (key, why) in [
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ] {
            if text(owner, key).is_empty() {
                wrong.invalid(format!("{at}.{key}"), &json!(text(owner, key)), why);
            }
        }
        if owner["controller"] != true {
            continue;
        }
        let this = format!("{}/{}", text(owner, "kind"), text(owner, "name"));
        match &controller {
            None => controller = Some(this),
            Some(first) => {
                let why = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                );
                let shown: Vec<_> = all.iter().map(ordered).collect();
                wrong.invalid_as_is(at, &shown.into(), &why);
            }
        }
    }
}

/// An owner reference with its fields in the order of its type.
fn ordered(owner: &Value) -> Value {
    let keys = [
        "apiVersion",
        "kind",
        "name",
        "uid",
        "controller",
        "blockOwnerDeletion",
    ];
    let there = keys.iter().filter(|key| !owner[**key].is_null());
    Value::Object(
        there
            .map(|key| ((*key).to_owned(), owner[*key].clone()))
            .collect(),
    )
}

fn finalizers(case: &Case<'_>, wrong: &mut Wrong) {
    let all = list(&case.new["metadata"], "finalizers");
    let at = "metadata.finalizers";
    for one in all.iter().filter_map(Value::as_str) {
        wrong.refused(at, one, &names::key(one));
    }
    if ["orphan", "foregroundDeletion"]
        .iter()
        .all(|one| all.iter().any(|have| have == one))
    {
        let why = "finalizer orphan and foregroundDeletion cannot be both set";
        wrong.invalid(at, &case.new["metadata"]["finalizers"], why);
    }
    if !case.resource.is_custom() {
        for (index, one) in all.iter().filter_map(Value::as_str).enumerate() {
            if !one.contains('/') && !FINALIZERS.contains(&one) {
                let why = "name is neither a standard finalizer name nor is it fully qualified";
                wrong.invalid(format!("{at}[{index}]"), &one.into(), why);
            }
        }
    }
    let Some(before) = case
        .before
        .filter(|before| before["metadata"]["deletionTimestamp"].is_string())
    else {
        return;
    };
    let had = list(&before["metadata"], "finalizers");
    let added: Vec<_> = all
        .iter()
        .filter(|one| !had.contains(one))
        .map(Value::to_string)
        .collect();
    if !added.is_empty() {
        let why = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
            added.join(", ")
        );
        wrong.forbidden(at, &why);
    }
}
