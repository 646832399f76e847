//! The second edition of `OpenAPI`, in JSON and in the protobuf that client-go asks for (gnostic `openapiv2/OpenAPIv2.proto`). Schemas only.

use serde_json::{Map, Value, json};

use super::schemas::REFERENCE;
use crate::demo::api::proto::{bytes, nested};

/// How clients ask for the protobuf; in the answer's type a dot stands for the `@`.
pub(super) const ASKED: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
pub(super) const TYPE: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// A document from schemas of the third edition, by name.
pub(super) fn document(info: &Value, schemas: Map<String, Value>) -> Value {
    let definitions: Map<_, _> = schemas
        .into_iter()
        .map(|(name, schema)| (name, second(schema)))
        .collect();
    json!({ "swagger": "2.0", "info": info, "paths": {}, "definitions": definitions })
}

/// A schema as the second edition writes it: another place of references, which stand alone.
fn second(schema: Value) -> Value {
    match schema {
        Value::Object(mut map) => {
            if let Some([only]) = map.get("allOf").and_then(Value::as_array).map(Vec::as_slice)
                && let Some(reference) = only["$ref"].as_str().map(str::to_owned)
            {
                map.shift_remove("allOf");
                map.insert("$ref".into(), reference.into());
            }
            let inner = map.into_iter().map(|(key, value)| match (key.as_str(), value) {
                ("$ref", Value::String(text)) => {
                    let text = text.replace(REFERENCE, "#/definitions/");
                    (key, text.into())
                }
                (_, value) => (key, second(value)),
            });
            Value::Object(inner.collect())
        }
        Value::Array(all) => all.into_iter().map(second).collect(),
        plain => plain,
    }
}

/// A document in protobuf.
pub(super) fn protobuf(document: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 << 20);
    text(1, &document["swagger"], &mut out);
    nested(2, &mut out, |out| {
        text(1, &document["info"]["title"], out);
        text(2, &document["info"]["version"], out);
    });
    nested(8, &mut out, |_| {});
    nested(9, &mut out, |out| named(1, &document["definitions"], out));
    out
}

/// Schemas with their names: `NamedSchema`.
fn named(number: u32, schemas: &Value, out: &mut Vec<u8>) {
    for (name, one) in schemas.as_object().into_iter().flatten() {
        nested(number, out, |out| {
            bytes(1, name.as_bytes(), out);
            nested(2, out, |out| schema(one, out));
        });
    }
}

fn schema(value: &Value, out: &mut Vec<u8>) {
    for (number, key) in [
        (1, "$ref"),
        (2, "format"),
        (3, "title"),
        (4, "description"),
        (13, "pattern"),
    ] {
        text(number, &value[key], out);
    }
    if let Some(default) = value.get("default") {
        nested(5, out, |out| any(default, out));
    }
    for one in value["required"].as_array().into_iter().flatten() {
        text(19, one, out);
    }
    for one in value["enum"].as_array().into_iter().flatten() {
        nested(20, out, |out| any(one, out));
    }
    match &value["additionalProperties"] {
        // `true` as a varint
        Value::Bool(true) => nested(21, out, |out| out.extend_from_slice(&[2 << 3, 1])),
        more @ Value::Object(_) => nested(21, out, |out| nested(1, out, |out| schema(more, out))),
        _ => {}
    }
    if value["type"].is_string() {
        nested(22, out, |out| text(1, &value["type"], out));
    }
    if value["items"].is_object() {
        nested(23, out, |out| nested(1, out, |out| schema(&value["items"], out)));
    }
    for one in value["allOf"].as_array().into_iter().flatten() {
        nested(24, out, |out| schema(one, out));
    }
    if value["properties"].is_object() {
        nested(25, out, |out| named(1, &value["properties"], out));
    }
    let extensions = value.as_object().into_iter().flatten();
    for (key, extension) in extensions.filter(|(key, _)| key.starts_with("x-")) {
        nested(31, out, |out| {
            bytes(1, key.as_bytes(), out);
            nested(2, out, |out| any(extension, out));
        });
    }
}

/// `Any`, whose text is YAML; JSON is that, too.
fn any(value: &Value, out: &mut Vec<u8>) {
    bytes(2, value.to_string().as_bytes(), out);
}

fn text(number: u32, value: &Value, out: &mut Vec<u8>) {
    if let Some(text) = value.as_str() {
        bytes(number, text.as_bytes(), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_stand_alone_in_the_second_edition() {
        let third = json!({ "type": "object", "properties": { "spec": { "allOf": [{ "$ref": "#/components/schemas/a.Spec" }],
            "default": {}, "description": "D" } } });
        let wanted = json!({ "type": "object", "properties": { "spec": { "default": {}, "description": "D",
            "$ref": "#/definitions/a.Spec" } } });
        assert_eq!(second(third), wanted);
    }

    #[test]
    fn protobuf_has_the_fields_of_gnostic() {
        let schemas = json!({ "K": { "type": "string", "x-k": [1] } });
        let Value::Object(schemas) = schemas else { return };
        let document = document(&json!({ "title": "T", "version": "V" }), schemas);
        let made = protobuf(&document);
        assert!(
            made.starts_with(b"\x0a\x032.0\x12\x06\x0a\x01T\x12\x01V\x42\x00\x4a"),
            "{made:?}"
        );
        assert!(
            made.windows(10).any(|part| part == b"\xb2\x01\x08\x0a\x06strin"),
            "{made:?}"
        );
        assert!(
            made.windows(7).any(|part| part == b"\x0a\x03x-k\x12\x05"),
            "{made:?}"
        );
    }
}
