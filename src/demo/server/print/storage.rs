//! Columns of `storage.k8s.io` (Kubernetes 1.36 `pkg/printers/internalversion/printers.go`).

use serde_json::Value;

use super::{AGE, NAME, Print, age, boolean, items, joined, name, name_or_default, or, string, text};

pub(super) fn print(plural: &str) -> Option<&'static Print> {
    Some(match plural {
        "storageclasses" => &STORAGE_CLASS,
        "volumeattachments" => &ATTACHMENT,
        "csidrivers" => &DRIVER,
        "csinodes" => &CSI_NODE,
        "csistoragecapacities" => &CAPACITY,
        _ => return None,
    })
}

const STORAGE_CLASS: Print = Print {
    columns: &[
        NAME,
        string("Provisioner"),
        string("ReclaimPolicy"),
        string("VolumeBindingMode"),
        string("AllowVolumeExpansion"),
        AGE,
    ],
    cells: |class, now| {
        vec![
            name_or_default(class, "storageclass.kubernetes.io/is-default-class"),
            text(class, "provisioner").into(),
            or(text(class, "reclaimPolicy"), "Delete"),
            or(text(class, "volumeBindingMode"), "Immediate"),
            (class["allowVolumeExpansion"] == true).into(),
            age(class, now),
        ]
    },
};

const ATTACHMENT: Print = Print {
    columns: &[
        NAME,
        ("Attacher", "string", "name", 0),
        string("PV"),
        string("Node"),
        boolean("Attached"),
        AGE,
    ],
    cells: |attachment, now| {
        vec![
            name(attachment),
            text(attachment, "spec.attacher").into(),
            text(attachment, "spec.source.persistentVolumeName").into(),
            text(attachment, "spec.nodeName").into(),
            (attachment["status"]["attached"] == true).into(),
            age(attachment, now),
        ]
    },
};

const DRIVER: Print = Print {
    columns: &[
        NAME,
        boolean("AttachRequired"),
        boolean("PodInfoOnMount"),
        boolean("StorageCapacity"),
        string("TokenRequests"),
        boolean("RequiresRepublish"),
        string("Modes"),
        AGE,
    ],
    cells: |driver, now| {
        let spec = &driver["spec"];
        let flag = |key: &str| Value::from(spec[key] == true);
        let tokens = items(spec, "tokenRequests")
            .iter()
            .map(|one| text(one, "audience"));
        vec![
            name(driver),
            (spec["attachRequired"] != false).into(),
            flag("podInfoOnMount"),
            flag("storageCapacity"),
            joined(tokens, "<unset>"),
            flag("requiresRepublish"),
            joined(
                items(spec, "volumeLifecycleModes")
                    .iter()
                    .filter_map(Value::as_str),
                "<none>",
            ),
            age(driver, now),
        ]
    },
};

const CSI_NODE: Print = Print {
    columns: &[NAME, ("Drivers", "integer", "", 0), AGE],
    cells: |node, now| {
        vec![
            name(node),
            items(node, "spec.drivers").len().into(),
            age(node, now),
        ]
    },
};

const CAPACITY: Print = Print {
    columns: &[NAME, string("StorageClassName"), string("Capacity")],
    cells: |capacity, _| {
        vec![
            name(capacity),
            text(capacity, "storageClassName").into(),
            or(text(capacity, "capacity"), "<unset>"),
        ]
    },
};
