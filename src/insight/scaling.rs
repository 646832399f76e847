//! What will happen to a change of scale: who undoes it, and whether the new pods fit.

use super::capacity::{self, Bound};
use super::quota::Ledger;
use crate::kind::{Of, Rows};
use crate::kinds::horizontalpodautoscalers::HorizontalPodAutoscalers;
use crate::kinds::nodes::{NodeRow, Nodes};
use crate::kinds::pods::PodRow;
use crate::model::{ObjectKey, Scope};
use crate::rules::fit::{NodeRoom, PodShape, Taint, Toleration, place};
use crate::rules::scale::HpaFacts;

/// The autoscaler that acts on the workload, with its bounds and what it will do to `wanted` replicas:
/// `hpa/web (min 4 max 10) would scale back to 10`. `None` when none acts on it.
pub fn undone_by(autoscalers: Option<&dyn Rows>, key: &ObjectKey, wanted: Option<u32>) -> Option<String> {
    let rows = autoscalers?
        .as_any()
        .downcast_ref::<Of<HorizontalPodAutoscalers>>()?;
    let (_, found) = rows.iter().find(|(_, row)| {
        row.meta.namespace == key.namespace
            && *row.target_name == *key.name
            && key.gvr.resource == format!("{}s", row.target_kind.to_lowercase())
    })?;
    let facts = HpaFacts {
        name: &found.meta.name,
        min: found.min,
        max: found.max,
    };
    match wanted {
        Some(wanted) => Some(facts.warning(wanted)),
        None => Some(format!(
            "hpa/{} (min {} max {})",
            facts.name,
            facts.min.unwrap_or(1),
            facts.max
        )),
    }
}

/// Whether the added pods of these workloads are let in by the quotas of their namespaces and fit on the nodes as they are, all together,
/// in words; what bounds them first stands first. A workload's pods are shaped like one it has; `None` when nothing was added. Quotas are
/// known for the namespaces of their scope only.
pub fn fit(
    pods: &dyn Rows,
    nodes: &dyn Rows,
    quotas: Option<(&dyn Rows, &Scope)>,
    added: &[(ObjectKey, u32)],
) -> Option<String> {
    let mut ledger = quotas.and_then(|(rows, scope)| Some((Ledger::of(rows)?, scope)));
    let nodes = nodes.as_any().downcast_ref::<Of<Nodes>>()?;
    let bound = capacity::by_node(capacity::pods_of(pods).map(|(_, pod)| pod));
    let taints: Vec<Vec<Taint>> = nodes.iter().map(|(_, node)| taints_of(node)).collect();
    let nothing = Bound::default();
    let rooms = nodes.iter().zip(&taints);
    let mut rooms: Vec<NodeRoom> = rooms
        .map(|((_, node), taints)| room(node, taints, bound.get(&*node.meta.name).unwrap_or(&nothing)))
        .collect();
    let mut lines = Vec::new();
    for (key, count) in added {
        let Some((_, sample)) = capacity::pods_of(pods).find(|(_, pod)| is_owned(key, pod)) else {
            lines.push(format!(
                "{}: no pod to take the size from, so whether the new ones fit is not known",
                key.name
            ));
            continue;
        };
        let known = ledger
            .as_mut()
            .filter(|(_, scope)| key.namespace().is_some_and(|own| scope.contains(own)));
        let admission = known.map(|(ledger, _)| ledger.admit(sample, *count));
        let fit = place_like(&mut rooms, sample, *count);
        let prefix = if added.len() > 1 {
            format!("{} ", key.name)
        } else {
            String::new()
        };
        let suffix = match &admission {
            None => ", quotas aside".to_owned(),
            Some(admission) if admission.bound.is_none() && !admission.counting.is_empty() => {
                format!(", within quota {}", admission.counting.join(", "))
            }
            Some(_) => String::new(),
        };
        let on_nodes = format!("{prefix}fits: {}{suffix}", fit.explain());
        match admission.and_then(|admission| Some((admission.admitted, admission.bound?))) {
            Some((admitted, bound)) if admitted < fit.fits => {
                lines.extend([format!("▲ {prefix}{bound}"), on_nodes]);
            }
            Some((_, bound)) => lines.extend([on_nodes, format!("▲ {prefix}{bound}")]),
            None => lines.push(on_nodes),
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// True when the pod belongs to the workload: directly, or through a ReplicaSet whose name is the workload's and the pod template's hash.
pub fn is_owned(key: &ObjectKey, pod: &PodRow) -> bool {
    let Some(owner) = pod
        .meta
        .owner
        .as_ref()
        .filter(|_| pod.meta.namespace == key.namespace)
    else {
        return false;
    };
    let hash = pod.meta.labels.value("pod-template-hash");
    let stem = hash.and_then(|hash| owner.name.strip_suffix(hash)?.strip_suffix('-'));
    owner.uid == key.uid || (&*owner.kind == "ReplicaSet" && stem == Some(&*key.name))
}

fn taints_of(node: &NodeRow) -> Vec<Taint<'_>> {
    node.taints
        .iter()
        .map(|taint| Taint {
            key: &taint.key,
            value: &taint.value,
            effect: &taint.effect,
        })
        .collect()
}

fn room<'a>(node: &'a NodeRow, taints: &'a [Taint<'a>], bound: &Bound) -> NodeRoom<'a> {
    let mut free = (*node.allocatable).clone();
    free.subtract(&bound.requests);
    let (density, _) = capacity::density_of(node, bound);
    let ips = match density.ip_cap {
        crate::rules::density::IpCap::Known(cap) => Some(cap.saturating_sub(density.ip_used)),
        _ => density.cidr_cap.map(|cap| cap.saturating_sub(density.ip_used)),
    };
    NodeRoom {
        name: &node.meta.name,
        labels: &node.meta.labels,
        taints,
        unschedulable: node.cordoned,
        free,
        slots: density.slots.saturating_sub(density.slots_used),
        ips,
    }
}

fn place_like(rooms: &mut [NodeRoom], sample: &PodRow, count: u32) -> crate::rules::fit::Fit {
    let template = &sample.template;
    let selector: Vec<(&str, &str)> = template.node_selector.iter().collect();
    let tolerations: Vec<Toleration> = template
        .tolerations
        .iter()
        .map(|toleration| Toleration {
            key: &toleration.key,
            operator: if toleration.exists { "Exists" } else { "Equal" },
            value: &toleration.value,
            effect: &toleration.effect,
        })
        .collect();
    let shape = PodShape {
        requests: template.requests.clone(),
        takes_ip: !template.host_network && template.limits.amount("vpc.amazonaws.com/pod-eni") == 0,
        node_selector: &selector,
        affinity: &[],
        tolerations: &tolerations,
    };
    place(rooms, &shape, count)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::kind::{Decode, DecodeOf, KindDef, Verb};
    use crate::kinds::pods::Pods;
    use crate::kinds::resourcequotas::ResourceQuotas;
    use crate::model::{Gvr, Uid};

    fn rows<K: KindDef>(objects: &[Value]) -> Of<K> {
        let (mut decoder, mut rows) = (DecodeOf::<K>::default(), Of::<K>::default());
        for object in objects {
            decoder.json(Verb::Upsert, object.to_string().as_bytes()).unwrap();
        }
        decoder.take().map(|batch| rows.apply(0, batch));
        rows
    }

    #[test]
    fn quotas_are_set_aside_where_they_are_not_known() {
        let pod = |namespace: &str| {
            json!({"metadata": {"name": "web-0", "namespace": namespace, "uid": namespace, "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "uid": format!("set-{namespace}"), "controller": true}]},
                "spec": {"containers": [{"name": "a"}]}})
        };
        let pods = rows::<Pods>(&[pod("shop"), pod("team")]);
        let quota = json!({"metadata": {"name": "few", "namespace": "shop", "uid": "q"},
            "status": {"hard": {"pods": "2"}, "used": {"pods": "1"}}});
        let (nodes, quotas) = (rows::<Nodes>(&[]), rows::<ResourceQuotas>(&[quota]));
        let added = ["shop", "team"].map(|namespace| {
            let key = ObjectKey {
                gvr: Gvr::new("apps", "v1", "statefulsets"),
                namespace: namespace.into(),
                name: "web".into(),
                uid: Uid::parse(&format!("set-{namespace}")),
            };
            (key, 2)
        });
        let aside = |scope: &Scope| {
            let said = fit(&pods, &nodes, Some((&quotas, scope)), &added).unwrap_or_default();
            said.lines().filter(|line| line.contains("quotas aside")).count()
        };
        assert_eq!(aside(&Scope::one("shop")), 1, "the other namespace is not judged");
        assert_eq!(aside(&Scope::All), 0);
    }
}
