//! Config maps: listed as the server prints them, so that their values stay there until one is described.

use std::borrow::Cow;

use super::describe;
use crate::kind::Kind;
use crate::model::Gvr;

/// The kind.
pub fn kind() -> Kind {
    let names = ["configmaps", "configmap", "cm"].map(Cow::Borrowed).to_vec();
    let gvr = Gvr::of("", "v1", "configmaps");
    let mut kind = Kind::table(names, "ConfigMap".into(), gvr, true, describe::configmap);
    kind.title = "ConfigMaps".into();
    kind
}
