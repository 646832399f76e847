//! Which object is meant. Reads nothing from the cluster.

use std::sync::Arc;

use serde_json::Value;

use crate::demo::object::text;
use crate::demo::resource::Resource;

/// An object by resource, namespace (empty for none) and name.
#[derive(Debug, Clone)]
pub struct Reference {
    /// What it is.
    pub resource: Arc<Resource>,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What an object that is to be applied is called.
///
/// # Errors
/// What is missing.
pub fn reference_of(object: &Value, resource: Arc<Resource>) -> Result<Reference, &'static str> {
    let name = text(object, "/metadata/name").to_owned();
    if name.is_empty() {
        return Err("an object needs a metadata.name");
    }
    let namespace = if resource.namespaced {
        object["metadata"]["namespace"].as_str().unwrap_or("default")
    } else {
        ""
    };
    let namespace = namespace.to_owned();
    Ok(Reference {
        resource,
        namespace,
        name,
    })
}
