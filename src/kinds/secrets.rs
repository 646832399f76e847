//! Secrets: listed as the server prints them, so that their values stay there; described with every value masked.

use std::borrow::Cow;

use super::describe;
use crate::kind::Kind;
use crate::model::Gvr;

/// The kind.
pub fn kind() -> Kind {
    let names = ["secrets", "secret", "sec"].map(Cow::Borrowed).to_vec();
    let gvr = Gvr::of("", "v1", "secrets");
    let mut kind = Kind::table(names, "Secret".into(), gvr, true, describe::secret);
    kind.title = "Secrets".into();
    kind.able.decode = true;
    kind
}
