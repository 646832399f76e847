//! The commented defaults and the JSON schema, from the table of settings. Tests keep the files in `assets/` equal to it;
//! `KUBRIS_BLESS=1 cargo test --lib config` writes them.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use super::shape::Shape;
use super::table::{CONTEXT, Entry, SETTINGS};

fn defaults() -> String {
    let mut text = String::from(
        "# Settings of kubris with their defaults. Copy the lines you want to change to\n\
         # $XDG_CONFIG_HOME/kubris/config.toml (usually ~/.config/kubris/config.toml).\n",
    );
    let mut section = "";
    for entry in SETTINGS {
        let (place, key) = entry.name.split_once('.').unwrap_or(("", entry.name));
        if place != section {
            writeln!(text, "\n[{place}]").unwrap();
            section = place;
        }
        text += &lines(entry, key);
    }
    text += "\n# What a context has of its own; `*` stands for any text, an earlier section wins.\n#: [contexts.\"staging-*\"]\n";
    for entry in CONTEXT {
        text += &lines(entry, entry.name);
    }
    text
}

/// Help and the setting, commented out with `#: `.
fn lines<T>(entry: &Entry<T>, key: &str) -> String {
    let help = entry.help.replace('\n', "\n# ");
    format!("\n# {help}\n#: {key} = {}\n", entry.default)
}

fn schema() -> String {
    let mut root = object(SETTINGS);
    let context = object(CONTEXT);
    root["properties"]["contexts"] = json!({
        "type": "object",
        "description": "What a context has of its own; `*` stands for any text, an earlier section wins.",
        "additionalProperties": context,
    });
    let mut schema = Map::new();
    schema.insert(
        "$schema".into(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("title".into(), json!("kubris configuration"));
    if let Json::Object(root) = root {
        schema.extend(root);
    }
    format!("{:#}\n", Json::Object(schema))
}

fn object<T>(entries: &[Entry<T>]) -> Json {
    let mut root = json!({ "type": "object", "additionalProperties": false, "properties": {} });
    for entry in entries {
        let mut place = &mut root["properties"];
        let key = match entry.name.split_once('.') {
            Some((section, key)) => {
                if place.get(section).is_none() {
                    place[section] =
                        json!({ "type": "object", "additionalProperties": false, "properties": {} });
                }
                place = &mut place[section]["properties"];
                key
            }
            None => entry.name,
        };
        let mut property = shape(entry.shape);
        property["description"] = json!(entry.help.replace('\n', " "));
        place[key] = property;
    }
    root
}

fn shape(shape: Shape) -> Json {
    match shape {
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Text | Shape::Colour => json!({ "type": "string" }),
        Shape::OneOf(words) => json!({ "enum": words }),
        Shape::Integer(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
        Shape::Span => json!({ "type": "string", "pattern": "^([0-9]+[smhd])+$" }),
        Shape::Texts(usize::MAX) => json!({ "type": "array", "items": { "type": "string" } }),
        Shape::Texts(most) => json!({ "type": "array", "items": { "type": "string" }, "maxItems": most }),
        Shape::Limits => json!({
            "type": "array", "items": { "type": "integer", "minimum": 0 }, "minItems": 2, "maxItems": 2
        }),
    }
}

fn assert_file(path: &str, embedded: &str, generated: &str) {
    if std::env::var_os("KUBRIS_BLESS").is_some() {
        std::fs::write(format!("{}/{path}", env!("CARGO_MANIFEST_DIR")), generated).unwrap();
    } else {
        assert_eq!(
            embedded, generated,
            "{path} differs from the table of settings; KUBRIS_BLESS=1 writes it"
        );
    }
}

#[test]
fn the_commented_defaults_follow_the_table() {
    assert_file("assets/config.toml", super::DEFAULTS, &defaults());
}

#[test]
fn the_schema_follows_the_table() {
    assert_file("assets/config.schema.json", super::SCHEMA, &schema());
}

#[test]
fn help_lines_are_short() {
    let all = SETTINGS
        .iter()
        .map(|entry| entry.help)
        .chain(CONTEXT.iter().map(|entry| entry.help));
    for line in all.flat_map(str::lines) {
        assert!(line.chars().count() <= 120, "{line}");
    }
}
