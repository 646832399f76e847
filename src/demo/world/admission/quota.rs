//! `ResourceQuota`: whether an object still fits, and how much is used (apiserver `pkg/admission/plugin/resourcequota`).

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::Inner;
use super::amount::{Amount, Amounts, add, stated};
use super::usage;
use crate::demo::kubelet_api::Admission;
use crate::demo::object::{items, text};
use crate::demo::resource::Resource;
use crate::demo::status::Status;
use crate::demo::store::{Object, Store};

const QUOTAS: &str = "resourcequotas";
/// What every container must state if a quota counts it.
const STATED: [&str; 6] = [
    "cpu",
    "limits.cpu",
    "limits.memory",
    "memory",
    "requests.cpu",
    "requests.memory",
];

/// A quota as it was counted last, so that only what has changed since is read again.
#[derive(Debug, Default)]
pub struct Counted {
    /// Version of the quota, and what tells whether anything that it counts has changed.
    at: (u64, u64),
    /// What `known` holds for.
    spec: Value,
    known: Known,
}

/// Version of each object by uid, and what it takes of a quota.
type Known = HashMap<Arc<str>, (u64, Amounts)>;

impl Inner {
    /// Refuses what a quota of the namespace has no room for, and counts what it has.
    pub(super) fn check_quotas(&self, wish: &Admission<'_>, object: &Value) -> Result<(), Status> {
        let counts = match wish.operation {
            "CREATE" => wish.subresource.is_empty(),
            "UPDATE" => {
                wish.resource.group.is_empty()
                    && wish.subresource.is_empty()
                    && matches!(&*wish.resource.plural, "services" | "persistentvolumeclaims")
            }
            _ => false,
        };
        if !counts || wish.namespace.is_empty() {
            return Ok(());
        }
        let quotas = self.store.list(QUOTAS, Some(wish.namespace));
        if quotas.is_empty() {
            return Ok(());
        }
        let wanted = usage::of(wish.resource, object);
        let had = wish
            .old
            .map(|old| usage::of(wish.resource, old))
            .unwrap_or_default();
        let delta: Amounts = wanted
            .into_iter()
            .map(|(name, amount)| {
                (
                    name.clone(),
                    amount.less(had.get(&name).copied().unwrap_or_default()),
                )
            })
            .filter(|(_, amount)| amount.milli > 0)
            .collect();
        let mut room = Vec::new();
        for quota in &quotas {
            let value = quota.value();
            if usage::in_scope(&value, wish.resource, object) {
                room.push((quota, fits(&self.store, &value, (wish, object), &delta)?));
            }
        }
        for (quota, used) in room.into_iter().filter(|(_, used)| !wish.dry && !used.is_empty()) {
            // A quota that is gone counts nothing.
            let _ = self
                .store
                .modify(QUOTAS, &quota.namespace, &quota.name, |quota| tell(quota, &used));
        }
        Ok(())
    }

    /// Brings the status of every quota up to date, if something in its namespace has changed since it was counted last.
    pub fn count_quotas(&mut self) {
        let mut before = std::mem::take(&mut self.counted);
        for quota in self.store.list(QUOTAS, None) {
            let value = quota.value();
            let hard = hard(&value);
            let names: Vec<&str> = hard.keys().map(String::as_str).collect();
            let print = fingerprint(&self.store, &quota, &names);
            let mut counted = before.remove(&quota.uid).unwrap_or_default();
            if counted.at != (quota.version, print) {
                if counted.spec != value["spec"] {
                    counted.spec = value["spec"].clone();
                    counted.known.clear();
                }
                let used = used(&self.store, &value, &mut counted.known);
                let told = self
                    .store
                    .modify(QUOTAS, &quota.namespace, &quota.name, |quota| tell(quota, &used));
                let told = told
                    .ok()
                    .and_then(|quota| text(&quota, "/metadata/resourceVersion").parse().ok());
                counted.at = (told.unwrap_or(quota.version), print);
            }
            self.counted.insert(Arc::clone(&quota.uid), counted);
        }
    }
}

fn hard(quota: &Value) -> Amounts {
    stated(&quota["spec"]["hard"])
}

/// Notes what is used of a quota, and what there is.
fn tell(quota: &mut Value, used: &Amounts) {
    let mut told: Map<String, Value> = quota["status"]["used"].as_object().cloned().unwrap_or_default();
    told.extend(
        used.iter()
            .map(|(name, amount)| (name.clone(), amount.to_string().into())),
    );
    told.retain(|name, _| quota["spec"]["hard"].get(name).is_some());
    let mut sorted: Vec<_> = told.into_iter().collect();
    sorted.sort_by(|one, other| one.0.cmp(&other.0));
    quota["status"] = json!({ "hard": quota["spec"]["hard"], "used": Map::from_iter(sorted) });
}

/// What would be used of a quota with `delta` more, as far as it is counted.
///
/// # Errors
/// 403 if that is more than there is, or if a container does not state what the quota counts.
fn fits(
    store: &Store,
    quota: &Value,
    (wish, object): (&Admission<'_>, &Value),
    delta: &Amounts,
) -> Result<Amounts, Status> {
    let name = text(quota, "/metadata/name");
    let refused = |why: String| Err(Status::forbidden(&wish.resource.qualified(), wish.name, &why));
    let hard = hard(quota);
    let mut used = stated(&quota["status"]["used"]);
    if hard.keys().any(|name| !used.contains_key(name)) {
        used = self::used(store, quota, &mut Known::new());
    }
    if wish.is("CREATE", "pods") {
        let missing = missing(&hard, &object["spec"]);
        if !missing.is_empty() {
            return refused(format!("failed quota: {name}: must specify {missing}"));
        }
    }
    let asked: Vec<(&String, &Amount)> = delta
        .iter()
        .filter(|(name, _)| hard.contains_key(*name))
        .collect();
    let of = |amounts: &Amounts, name: &str| amounts.get(name).copied().unwrap_or_default();
    let over: Vec<&(&String, &Amount)> = asked
        .iter()
        .filter(|(name, more)| of(&used, name).plus(**more).milli > of(&hard, name).milli)
        .collect();
    if !over.is_empty() {
        let list = |amount: &dyn Fn(&str) -> Amount| {
            let parts = over.iter().map(|(name, _)| format!("{name}={}", amount(name)));
            parts.collect::<Vec<_>>().join(",")
        };
        return refused(format!(
            "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
            list(&|name| of(delta, name)),
            list(&|name| of(&used, name)),
            list(&|name| of(&hard, name)),
        ));
    }
    if asked.is_empty() {
        return Ok(Amounts::new());
    }
    for (name, more) in asked {
        let sum = used.entry(name.clone()).or_default();
        *sum = sum.plus(*more);
    }
    Ok(used)
}

/// What some container leaves out although the quota counts it: `limits.memory for: app,init`.
fn missing(hard: &Amounts, spec: &Value) -> String {
    if spec["resources"].is_object() {
        return String::new();
    }
    let mut out = Vec::new();
    for name in STATED.iter().filter(|name| hard.contains_key(**name)) {
        let (side, resource) = name.split_once('.').unwrap_or(("requests", name));
        let all = items(spec, "/containers")
            .iter()
            .chain(items(spec, "/initContainers"));
        let lacking = all.filter(|container| container["resources"][side].get(resource).is_none());
        let mut who: Vec<&str> = lacking.map(|container| text(container, "/name")).collect();
        who.sort_unstable();
        if !who.is_empty() {
            out.push(format!("{name} for: {}", who.join(",")));
        }
    }
    out.join("; ")
}

/// All that is used of a quota; objects that are `known` in their present version are not read again.
fn used(store: &Store, quota: &Value, known: &mut Known) -> Amounts {
    let hard = hard(quota);
    let mut sum: Amounts = hard
        .keys()
        .map(|name| (name.clone(), Amount::default()))
        .collect();
    let mut before = std::mem::take(known);
    for resource in sources(store, hard.keys().map(String::as_str)) {
        for object in store.list(&resource.storage, Some(text(quota, "/metadata/namespace"))) {
            let same = before
                .remove(&object.uid)
                .filter(|(version, _)| *version == object.version);
            let (version, takes) = same.unwrap_or_else(|| {
                let value = object.value();
                let mut takes = Amounts::new();
                if usage::in_scope(quota, &resource, &value) {
                    takes = usage::of(&resource, &value);
                    takes.retain(|name, _| hard.contains_key(name));
                }
                (object.version, takes)
            });
            add(&mut sum, &takes);
            known.insert(Arc::clone(&object.uid), (version, takes));
        }
    }
    sum
}

/// The resources whose objects these names count.
fn sources<'a>(store: &Store, names: impl Iterator<Item = &'a str>) -> Vec<Arc<Resource>> {
    let mut all: Vec<&str> = names.map(usage::source).collect();
    all.sort_unstable();
    all.dedup();
    let known = store.registry().all();
    let find = |name: &&str| {
        known
            .iter()
            .find(|one| one.qualified() == **name && !one.storage.is_empty())
            .cloned()
    };
    all.iter().filter_map(find).collect()
}

/// Something that changes whenever an object does that a quota counts.
fn fingerprint(store: &Store, quota: &Object, names: &[&str]) -> u64 {
    let mut print = 0_u64;
    for resource in sources(store, names.iter().copied()) {
        // The quota is itself one of the objects: its own version is compared apart.
        let objects = store.list(&resource.storage, Some(&quota.namespace));
        let versions = objects
            .iter()
            .filter(|one| one.uid != quota.uid)
            .map(|one| one.version);
        print = versions.fold(print.wrapping_mul(31), |sum, version| {
            sum.wrapping_add(version.wrapping_mul(0x9E37_79B9_7F4A_7C15))
        });
        print = print.wrapping_add(objects.len() as u64);
    }
    print
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Amount;
    use crate::clock::Timestamp;
    use crate::demo::object::object;
    use crate::demo::world::surroundings::tests::{Play, pod};

    #[test]
    fn what_comes_goes_and_changes_is_counted() {
        let play = Play::new(true);
        let mut quota = object(
            ("v1", "ResourceQuota"),
            ("batch", "q"),
            Timestamp::from_seconds(1_795_000_000),
        );
        quota["spec"] = json!({"hard": {"pods": "100", "requests.cpu": "100"}});
        play.add(quota);
        let used = |name: &str| {
            play.pass(4);
            play.read("resourcequotas", "batch", "q")["status"]["used"][name].clone()
        };
        let number = |value: Value| Amount::read(&value).milli;
        let before = number(used("pods"));
        let stays = json!({"nodeSelector": {"no": "such"}});
        for name in ["one", "other"] {
            play.add(pod(name, &stays));
        }
        assert_eq!(number(used("pods")), before + 2000);
        play.world.store().remove("pods", "batch", "one").unwrap();
        assert_eq!(number(used("pods")), before + 1000);
        let cpu = number(used("requests.cpu"));
        play.change("pods", ("batch", "other"), |pod| {
            pod["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "7"}});
        });
        assert_eq!(number(used("requests.cpu")), cpu + 7000);
        play.change("resourcequotas", ("batch", "q"), |quota| {
            quota["spec"] = json!({"hard": {"count/pods": "100"}});
        });
        let all = play.pods("batch", "").len() as i64;
        assert_eq!(number(used("count/pods")), all * 1000, "by another name");
    }
}
