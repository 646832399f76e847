//! A volume that one node at a time may have.

use serde_json::json;

use super::check::{change, container, install, release, rolled_out};
use super::{Place, Scenario};
use crate::demo::image::tag;
use crate::demo::object::{object, text};

const GRAFANA: (&str, &str) = ("monitoring", "grafana");
const NAME: &str = "rwo-volume";
const CLAIM: &str = "grafana-data";
/// The release that hangs.
const NEW: &str = "12.2.2";

/// A rolling update of a deployment with a `ReadWriteOnce` volume.
pub static RWO: Scenario = Scenario {
    name: NAME,
    symptom: "the release of monitoring/grafana hangs: its new pod does not start",
    cause: "grafana keeps its data on a ReadWriteOnce volume and rolls: the new pod waits for the volume, the old one for the new pod.",
    evidence: &[
        "the new pod of grafana is in ContainerCreating; the old one runs on another node",
        "event FailedAttachVolume: `Multi-Attach error for volume … Volume is already used by pod(s) grafana-…`",
        "claim monitoring/grafana-data: access mode ReadWriteOnce",
        "deployment grafana: strategy RollingUpdate, one replica, so maxUnavailable is 0",
    ],
    hints: [
        "ContainerCreating that lasts: images, volumes or the network. Which of them do the events name?",
        "Who has the volume now, and what would make it let go?",
        "Edit deployment grafana: strategy.type Recreate without rollingUpdate. Once only: delete the old pod.",
    ],
    path: &[
        ":po monitoring /graf  ContainerCreating",
        "d                   Multi-Attach error: the old pod has it",
        ":dp monitoring /graf  their deployment",
        "e                   strategy: {type: Recreate}, save, confirm",
    ],
    kubectl: "kubectl patch -n monitoring deploy/grafana -p '{\"spec\":{\"strategy\":{\"type\":\"Recreate\",\"rollingUpdate\":null}}}'",
    on: Place::Clouds("its volumes are folders of one node"),
    start: |inner, now| {
        inner.pressure.unbegun.insert(NAME);
        let mut claim = object(("v1", "PersistentVolumeClaim"), (GRAFANA.0, CLAIM), now);
        claim["metadata"]["finalizers"] = json!(["kubernetes.io/pvc-protection"]);
        claim["spec"] = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}},
            "volumeMode": "Filesystem", "storageClassName": "gp3"});
        claim["status"] = json!({"phase": "Pending"});
        install(inner, [claim])?;
        inner.observe_all(now);
        let zone = inner.flavor.text("eu-central-1b");
        change(inner, ("deployments", GRAFANA.0, GRAFANA.1), |deployment| {
            let labels = deployment["spec"]["selector"]["matchLabels"].clone();
            container(deployment)["volumeMounts"] = json!([{"name": "tmp", "mountPath": "/tmp"},
                {"name": "data", "mountPath": "/var/lib/grafana"}]);
            let spec = &mut deployment["spec"]["template"]["spec"];
            let mut volumes = spec["volumes"].as_array().cloned().unwrap_or_default();
            volumes.retain(|volume| volume["name"] != "data");
            volumes.push(json!({"name": "data", "persistentVolumeClaim": {"claimName": CLAIM}}));
            spec["volumes"] = volumes.into();
            spec["nodeSelector"] =
                json!({"topology.kubernetes.io/zone": zone, "kubernetes.io/arch": "amd64"});
            spec["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                {"labelSelector": {"matchLabels": labels}, "topologyKey": "kubernetes.io/hostname"}]}});
        })
    },
    // The volume comes first, the release that hangs as soon as it is in use.
    hand: Some(|inner, _| {
        if !inner.pressure.unbegun.contains(NAME) {
            return;
        }
        let deployment = inner
            .store
            .read("deployments", GRAFANA.0, GRAFANA.1)
            .unwrap_or_default();
        let image = text(&deployment, "/spec/template/spec/containers/0/image");
        if tag(image) == NEW || rolled_out(inner, GRAFANA) && release(inner, GRAFANA, NEW).is_ok() {
            inner.pressure.unbegun.remove(NAME);
        }
    }),
    mended: |inner| !inner.pressure.unbegun.contains(NAME) && rolled_out(inner, GRAFANA),
};
