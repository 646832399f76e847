//! What a persistent volume may be kept on.

/// Members of a volume's spec that are not what it is kept on: of all others it has one (`pkg/apis/core/types.go`, `PersistentVolumeSpec`).
pub const NO_SOURCES: [&str; 9] = [
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];
