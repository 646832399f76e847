//! What people can do without, column by column: which go first, which stay, which are cut and to what.

/// The first to go when there is no room. What is not listed goes last, from the right; what is in `STAY` never goes.
pub(super) const GO_FIRST: &[&str] = &[
    "LABELS",
    "READINESS GATES",
    "SERVICE-ACCOUNT",
    "QOS",
    "NOMINATED NODE",
    "ROLES",
    "VERSION",
    "RESERVED",
    "VOLUMEATTRIBUTESCLASS",
    "NODE SELECTOR",
    "ADDRESSTYPE",
    "TIMEZONE",
    "EXTERNAL-IP",
    "VOLUME",
    "PORTS",
    "PROBES",
    "IP",
    "%L",
    "%R",
    "ZONE",
    "NODE",
    "%U",
    "HEADROOM",
    "PROBLEMS",
    "TYPE",
    "CLUSTER-IP",
    "MEM",
    "CPU",
    "REQUESTED",
    "RECLAIM POLICY",
    "ACCESS MODES",
    "AVAILABLE",
    "UP-TO-DATE",
    "CURRENT",
    "MIN AVAILABLE",
    "MAX UNAVAILABLE",
    "REVISION",
    "MINPODS",
    "MAXPODS",
    "LAST",
    "COUNT",
];
/// The very first, when no row has a value. Only what the object itself says.
pub(super) const GO_EMPTY: &[&str] = &[
    "REASON",
    "EXTERNAL-IP",
    "NODE SELECTOR",
    "TIMEZONE",
    "VOLUMEATTRIBUTESCLASS",
    "NOMINATED NODE",
    "READINESS GATES",
];
/// What people cannot do without. A NAMESPACE that all rows share is not shown at all.
pub(super) const STAY: &[&str] = &[
    "NAMESPACE",
    "NAME",
    "READY",
    "STATUS",
    "STATE",
    "RESTARTS",
    "AGE",
    "PODS",
    "LAST SEEN",
    "REASON",
    "MESSAGE",
];
/// Names are shown whole up to this width before columns that may go are kept.
pub(super) const NAME_WISH: u16 = 40;
/// Messages get this width before columns that may shrink keep theirs.
pub(super) const MESSAGE_WISH: u16 = 40;
/// Columns that are cut in the middle rather than lost, and their least width.
pub(super) const SHRINK: &[(&str, u16)] = &[
    ("REASON", 12),
    ("OBJECT", 20),
    ("IMAGE", 20),
    ("EXTERNAL-IP", 16),
    ("PORT(S)", 16),
    ("HOSTS", 20),
    ("CLAIM", 20),
    ("REQUEST", 20),
    ("LIMIT", 16),
];
/// Columns that stay are cut to these widths, in this order, when nothing else is left to go and names need the room.
pub(super) const SQUEEZE: &[(&str, u16)] =
    &[("RESTARTS", 8), ("NAMESPACE", 12), ("STATUS", 16), ("STATE", 16)];
/// Names get this width from the columns that can be squeezed.
pub(super) const NAME_NEED: u16 = 24;
/// To what columns are cut, in this order, rather than not shown at all.
pub(super) const LAST_RESORT: &[(&str, u16)] = &[
    ("NAMESPACE", 9),
    ("NAME", 18),
    ("STATUS", 10),
    ("STATE", 10),
    ("NAME", 10),
];
