//! Whether a JSON document has only fields that its kind knows, and values of their types. Drops unknown fields and writes quantities as the
//! API server does; changes nothing else.

use serde_json::Value;

use super::{Field, Kind, Message, SCHEMA};
use crate::demo::api::amount;

/// A value of the wrong type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The Go type that holds the field (`DeploymentSpec`).
    holder: &'static str,
    /// Where it stands: `spec.replicas`, without places in lists.
    path: String,
    /// What JSON has there.
    given: String,
    /// The Go type of the field.
    pub wanted: &'static str,
}

impl Wrong {
    /// As told of a map's value: only what is inside it is named.
    fn of_map(mut self, inner: &str, map: &str) -> Self {
        if self.path == inner {
            map.clone_into(&mut self.path);
        }
        self
    }

    /// As Go's JSON decoder says it (`encoding/json`, `UnmarshalTypeError`; `resource.Quantity`).
    pub fn decoding(&self) -> String {
        if self.wanted == QUANTITY {
            return self.given.clone();
        }
        let Self {
            holder,
            path,
            given,
            wanted,
        } = self;
        format!("json: cannot unmarshal {given} into Go struct field {holder}.{path} of type {wanted}")
    }

    /// As server-side apply says it (structured-merge-diff, `typed`).
    pub fn applying(&self) -> String {
        let Self { path, given, .. } = self;
        let wanted = match self.wanted {
            "int32" | "int64" | "float64" => "numeric (int or float)",
            "bool" => "boolean",
            "string" | "[]uint8" | QUANTITY => "string",
            list if list.starts_with("[]") => "list",
            _ => "map",
        };
        format!(".{path}: expected {wanted}, got {given}")
    }
}

const QUANTITY: &str = "resource.Quantity";

/// Drops fields that the kind does not have; gives their paths (`spec.containers[0].nosuch`) in the document's order.
///
/// # Errors
/// The first value of a wrong type.
pub fn check(message: Message, value: &mut Value) -> Result<Vec<String>, Wrong> {
    let mut unknown = Vec::new();
    object(message.0, value, "", &mut unknown)?;
    Ok(unknown)
}

fn object(at: usize, value: &mut Value, path: &str, unknown: &mut Vec<String>) -> Result<(), Wrong> {
    let (Some(fields), Some(map)) = (SCHEMA.fields(at), value.as_object_mut()) else {
        return Ok(());
    };
    let typed = fields.by_name.contains_key("metadata");
    let mut gone = Vec::new();
    for (key, inner) in map.iter_mut() {
        let inside = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        match fields.by_name.get(key.as_str()) {
            Some((_, field)) => {
                let holder = (at, inside.as_str());
                many(field, inner, holder, unknown)?;
            }
            None if typed && matches!(key.as_str(), "kind" | "apiVersion") => {}
            None => {
                unknown.push(inside);
                gone.push(key.clone());
            }
        }
    }
    for key in gone {
        map.shift_remove(&key);
    }
    Ok(())
}

/// A field's value, each of its elements if it is a list or a map.
fn many(
    field: &Field,
    value: &mut Value,
    holder: (usize, &str),
    unknown: &mut Vec<String>,
) -> Result<(), Wrong> {
    match value {
        Value::Null => Ok(()),
        Value::Array(all) if field.list => {
            for (at, one) in all.iter_mut().enumerate() {
                single(field, one, (holder.0, &format!("{}[{at}]", holder.1)), unknown)?;
            }
            Ok(())
        }
        Value::Object(all) if field.map => {
            for (key, one) in all.iter_mut() {
                // Go names the map, not what is in it.
                let inner = format!("{}.{key}", holder.1);
                let of = single(field, one, (holder.0, &inner), unknown);
                of.map_err(|wrong| wrong.of_map(&inner, holder.1))?;
            }
            Ok(())
        }
        one if field.list && field.kind != Kind::Words => Err(wrong(
            holder,
            one,
            if field.kind == Kind::Text {
                "[]string"
            } else {
                "[]object"
            },
        )),
        one if field.map => Err(wrong(holder, one, "map[string]string")),
        one => single(field, one, holder, unknown),
    }
}

fn single(
    field: &Field,
    value: &mut Value,
    holder: (usize, &str),
    unknown: &mut Vec<String>,
) -> Result<(), Wrong> {
    if field.kind == Kind::Quantity && !value.is_null() {
        return quantity(field, value, holder);
    }
    let fits = match (field.kind, &*value) {
        (Kind::Message(inner), Value::Object(_)) => return object(inner, value, holder.1, unknown),
        (Kind::Text | Kind::Bytes | Kind::Time | Kind::MicroTime | Kind::Duration, Value::String(_))
        | (Kind::Bool, Value::Bool(_))
        | (Kind::Double, Value::Number(_))
        | (Kind::IntOrString, Value::Number(_) | Value::String(_))
        | (Kind::Raw | Kind::Words, _)
        | (_, Value::Null) => true,
        (Kind::Integer, Value::Number(number)) => !number.is_f64(),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let wanted = match field.kind {
        Kind::Message(inner) => bare(inner),
        Kind::Bytes => "[]uint8",
        Kind::Integer => integer(field.name),
        Kind::Bool => "bool",
        Kind::Double => "float64",
        _ => "string",
    };
    Err(wrong(holder, value, wanted))
}

/// Writes a quantity as the server does; those in lists of resources are rounded (`SetDefaults_ResourceList`).
fn quantity(field: &Field, value: &mut Value, holder: (usize, &str)) -> Result<(), Wrong> {
    let written = match &*value {
        Value::String(text) => amount::canonical(text, field.map),
        Value::Number(number) => amount::canonical(&number.to_string(), field.map),
        _ => Err(amount::FORMAT),
    };
    match written {
        Ok(text) => {
            *value = text.into();
            Ok(())
        }
        Err(why) => Err(Wrong {
            given: why.to_owned(),
            ..wrong(holder, value, QUANTITY)
        }),
    }
}

fn wrong((at, path): (usize, &str), value: &Value, wanted: &'static str) -> Wrong {
    let given = match value {
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => &format!("number {number}"),
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) | Value::Null => "object",
    };
    let mut plain = String::new();
    let mut inside = false;
    for letter in path.chars() {
        inside = letter == '[' || inside && letter != ']';
        if !inside && letter != ']' {
            plain.push(letter);
        }
    }
    Wrong {
        holder: bare(at),
        path: plain,
        given: given.to_owned(),
        wanted,
    }
}

/// The name of a message without its group.
fn bare(at: usize) -> &'static str {
    let found = SCHEMA.by_type.iter().find(|(_, have)| **have == at);
    found.map_or("", |(name, _)| name.rsplit('.').next().unwrap_or(name))
}

/// The Go type of an integer: 32 bits but for times, users and generations.
fn integer(name: &str) -> &'static str {
    let long = [
        "activeDeadlineSeconds",
        "terminationGracePeriodSeconds",
        "deletionGracePeriodSeconds",
        "gracePeriodSeconds",
        "tolerationSeconds",
        "expirationSeconds",
        "runAsUser",
        "runAsGroup",
        "fsGroup",
        "generation",
        "observedGeneration",
    ];
    if long.contains(&name) { "int64" } else { "int32" }
}

#[cfg(test)]
mod tests {
    use super::super::named;
    use super::*;
    use serde_json::json;

    fn deployment(mut value: Value) -> (Result<Vec<String>, String>, Value) {
        let message = named("apps", "v1", "Deployment").unwrap();
        let found = check(message, &mut value).map_err(|wrong| wrong.decoding());
        (found, value)
    }

    #[test]
    fn unknown_fields_are_found_and_dropped() {
        let (found, left) = deployment(
            json!({ "kind": "Deployment", "apiVersion": "apps/v1", "metadata": { "name": "web", "labels": { "any": "x" } },
            "spec": { "nosuch": 1, "replicas": 2, "template": { "spec": { "containers": [{ "name": "a", "imagee": "b", "livenessProbe": { "httpGet": { "port": 80 } } }] } } } }),
        );
        assert_eq!(
            found.unwrap(),
            ["spec.nosuch", "spec.template.spec.containers[0].imagee"]
        );
        assert_eq!(left["spec"].get("nosuch"), None);
        assert_eq!(left["spec"]["template"]["spec"]["containers"][0]["name"], "a");
    }

    #[test]
    fn values_of_a_wrong_type_are_named_as_go_names_them() {
        let (found, _) = deployment(json!({ "spec": { "replicas": "three" } }));
        assert_eq!(
            found.unwrap_err(),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
        );
        let (found, _) =
            deployment(json!({ "spec": { "template": { "spec": { "containers": [{ "image": 7 }] } } } }));
        assert_eq!(
            found.unwrap_err(),
            "json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.image of type string"
        );
    }

    #[test]
    fn everything_in_the_worlds_is_known_and_written_as_the_server_writes_it() {
        use crate::demo::api::defaults;
        use crate::demo::clock::Clock;
        use crate::demo::resource::Registry;
        use crate::demo::store::Store;
        use crate::demo::world::flavor::Flavor;
        use crate::demo::world::{Options, World};
        for flavor in [Flavor::Eks, Flavor::Aks, Flavor::Gke, Flavor::Kind] {
            let clock = Clock::driven(crate::clock::Timestamp::from_seconds(1_795_000_000));
            let store = Store::new(Registry::builtin(), clock, 7);
            let options = Options {
                flavor,
                pods: 200,
                ..Options::default()
            };
            World::build(&store, &options).unwrap();
            for resource in store.registry().all() {
                let stored = store.registry().stored(&resource.storage);
                let is_stored = stored.is_some_and(|stored| stored.api_version() == resource.api_version());
                let Some(message) = super::super::of(&resource).filter(|_| is_stored) else {
                    continue;
                };
                for object in store.list(&resource.storage, None) {
                    let mut value = object.value();
                    defaults::fill_changed(&resource.plural, &mut value);
                    let found = check(message, &mut value);
                    let place = format!("{flavor:?} {} {}", resource.plural, object.name);
                    assert_eq!(found, Ok(Vec::new()), "{place}");
                    assert_eq!(value, object.value(), "{place}");
                }
            }
        }
    }
}
