//! A structured line read for people: message first, then its fields; and as pretty JSON. Works on one line at a time, when it is shown.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Keys that hold the message, best first.
const MESSAGE: [&str; 8] = [
    "message",
    "msg",
    "@message",
    "event",
    "log",
    "body",
    "text",
    "short_message",
];

/// Keys whose values are shown as time and level already.
const SHOWN: [&str; 13] = [
    "time",
    "timestamp",
    "@timestamp",
    "ts",
    "t",
    "datetime",
    "level",
    "lvl",
    "severity",
    "levelname",
    "log.level",
    "loglevel",
    "@version",
];

/// A line taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structured<'a> {
    /// The message; empty when the line has none.
    pub message: Cow<'a, str>,
    /// The other fields in the line's order, without time and level. Nested values are JSON as written.
    pub fields: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// Takes a JSON object or a logfmt line apart. `None` for anything else.
pub fn parse(line: &[u8]) -> Option<Structured<'_>> {
    let text = std::str::from_utf8(line).ok()?.trim();
    let pairs = if text.starts_with('{') {
        json(text)?
    } else {
        logfmt(text)?
    };
    let mut fields = Vec::with_capacity(pairs.len());
    let mut message: Option<(usize, Cow<'_, str>)> = None;
    for (key, value) in pairs {
        let rank = MESSAGE.iter().position(|name| *name == key);
        match rank {
            Some(rank) if message.as_ref().is_none_or(|(best, _)| rank < *best) => {
                if let Some((old, value)) = message.replace((rank, value)) {
                    fields.push((
                        Cow::Borrowed(MESSAGE.get(old).copied().unwrap_or_default()),
                        value,
                    ));
                }
            }
            _ if SHOWN.contains(&&*key) => {}
            _ => fields.push((key, value)),
        }
    }
    Some(Structured {
        message: message.map(|(_, value)| value).unwrap_or_default(),
        fields,
    })
}

/// The JSON object of a line, which may have text before it, indented by two blanks; numbers and order as written. `None` without valid JSON.
pub fn pretty(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line).ok()?;
    text.match_indices(['{', '[']).take(8).find_map(|(at, _)| {
        let json = text.get(at..)?.trim_end();
        serde_json::from_str::<IgnoredAny>(json)
            .ok()
            .map(|_| indent(json))
    })
}

/// Indents valid JSON.
fn indent(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0usize;
    let mut quoted = false;
    let mut escaped = false;
    let mut chars = json.chars().peekable();
    while let Some(c) = chars.next() {
        if quoted {
            out.push(c);
            quoted = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '"' => {
                quoted = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                while chars.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(close) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    newline(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                newline(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                newline(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

fn newline(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

type Pairs<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

fn json(text: &str) -> Option<Pairs<'_>> {
    let Object(pairs) = serde_json::from_str(text).ok()?;
    Some(
        pairs
            .into_iter()
            .map(|(key, value)| (key, scalar(value)))
            .collect(),
    )
}

/// A string without its quotes, anything else as written.
fn scalar(value: &RawValue) -> Cow<'_, str> {
    let raw = value.get();
    if !raw.starts_with('"') {
        return Cow::Borrowed(raw);
    }
    serde_json::from_str::<Text<'_>>(raw).map_or(Cow::Borrowed(raw), |text| text.0)
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object<'de>, M::Error> {
                let mut pairs = Vec::new();
                while let Some((Text(key), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    pairs.push((key, value));
                }
                Ok(Object(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// `key=value key="quoted value"`; the line must start so and have at least two pairs and nothing else.
fn logfmt(text: &str) -> Option<Pairs<'_>> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let name =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@' | b'/');
        if key.is_empty() || !key.bytes().all(name) {
            return None;
        }
        let (value, after) = logfmt_value(after)?;
        pairs.push((Cow::Borrowed(key), value));
        rest = after.trim_start_matches(' ');
    }
    (pairs.len() >= 2).then_some(pairs)
}

/// One value and what follows it. `None` for an open quote.
fn logfmt_value(text: &str) -> Option<(Cow<'_, str>, &str)> {
    if !text.starts_with('"') {
        let (value, rest) = text.split_once(' ').unwrap_or((text, ""));
        return Some((Cow::Borrowed(value), rest));
    }
    let mut escaped = false;
    let end = text.bytes().enumerate().skip(1).find_map(|(at, byte)| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes.then_some(at)
    })?;
    let (quoted, rest) = text.split_at_checked(end + 1)?;
    let value = serde_json::from_str::<Text<'_>>(quoted)
        .map_or_else(|_| Cow::Borrowed(quoted.trim_matches('"')), |text| text.0);
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::{parse, pretty};

    fn shown(line: &str) -> Option<String> {
        parse(line.as_bytes()).map(|line| {
            let fields: Vec<String> = line
                .fields
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            format!("{} | {}", line.message, fields.join(" "))
        })
    }

    #[test]
    fn message_first_then_the_fields() {
        for (line, expected) in [
            (
                r#"{"level":"info","ts":1.5,"msg":"up \"now\"","port":8080,"peer":{"a":[1, 2]},"n":null}"#,
                "up \"now\" | port=8080 peer={\"a\":[1, 2]} n=null",
            ),
            (r#"{"event":"e","message":"m","x":1}"#, "m | event=e x=1"),
            (r#"{"message":"m","event":"e"}"#, "m | event=e"),
            (
                r#"{"a":12345678901234567890123,"b":1.10}"#,
                " | a=12345678901234567890123 b=1.10",
            ),
            (
                r#"time=2026 level=warn msg="slow \"query\"" took=3s"#,
                "slow \"query\" | took=3s",
            ),
            ("a=1 b=", " | a=1 b="),
        ] {
            assert_eq!(shown(line).as_deref(), Some(expected));
        }
        for line in [
            "GET /x?a=1 200",
            "a=1",
            "{broken",
            "{} trailing",
            "",
            "x=1 y=\"open",
            "[1]",
        ] {
            assert_eq!(shown(line), None, "{line}");
        }
    }

    #[test]
    fn pretty_json_keeps_numbers_and_order() {
        let line = br#"12:01 INFO {"b":1.10,"a":[{"x":"{,\"}"},[],{ }],"n":12345678901234567890123}"#;
        let expected = "{\n  \"b\": 1.10,\n  \"a\": [\n    {\n      \"x\": \"{,\\\"}\"\n    },\n    [],\n    {}\n  ],\n  \"n\": 12345678901234567890123\n}";
        assert_eq!(pretty(line).as_deref(), Some(expected));
        assert_eq!(pretty(b"no json [here"), None);
    }
}
