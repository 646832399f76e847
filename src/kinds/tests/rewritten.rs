//! The same JSON in other words: members in another order, blanks between tokens, escapes in texts, members that nobody knows.

use std::fmt::Write as _;

use fastrand::Rng;
use serde_json::Value;

/// A document that says the same as `text`.
pub fn rewritten(text: &[u8], seed: u64) -> String {
    let mut writer = Writer {
        random: Rng::with_seed(seed),
        out: String::new(),
    };
    writer.value(&serde_json::from_slice(text).unwrap(), true);
    writer.blanks();
    writer.out
}

struct Writer {
    random: Rng,
    out: String,
}

/// Values of members that nobody knows: brackets and quotes where only a reader that skips them well does not trip.
const UNKNOWN: [&str; 6] = [
    r#"{"a":[{"b":"}"}],"c":"\"]"}"#,
    r#"["\\","{",[],-1.5e+3]"#,
    r#""\\\"""#,
    "null",
    "false",
    "12.5",
];

/// Objects with fields, beside those in lists.
const FIELDS: [&str; 7] = [
    "metadata",
    "spec",
    "status",
    "template",
    "state",
    "running",
    "resources",
];

impl Writer {
    fn blanks(&mut self) {
        if self.random.u8(..3) == 0 {
            let blanks = self.random.choice([" ", "\n", "\t  ", "\r\n"]);
            self.out.push_str(blanks.unwrap_or_default());
        }
    }

    fn token(&mut self, token: &str) {
        self.blanks();
        self.out.push_str(token);
        self.blanks();
    }

    /// `fields`: an object here has fields; others may be maps, in which every key counts.
    fn value(&mut self, value: &Value, fields: bool) {
        match value {
            Value::Object(map) => {
                let mut members: Vec<_> = map.iter().collect();
                self.random.shuffle(&mut members);
                self.token("{");
                if fields && !members.is_empty() {
                    self.unknown();
                }
                for (at, (key, value)) in members.into_iter().enumerate() {
                    if at > 0 {
                        self.token(",");
                    }
                    self.text(key);
                    self.token(":");
                    self.value(value, FIELDS.contains(&&**key));
                }
                self.token("}");
            }
            Value::Array(list) => {
                self.token("[");
                for (at, value) in list.iter().enumerate() {
                    if at > 0 {
                        self.token(",");
                    }
                    self.value(value, true);
                }
                self.token("]");
            }
            Value::String(text) => self.text(text),
            other => self.token(&other.to_string()),
        }
    }

    /// A member that nobody knows, now and then, at the beginning of an object.
    fn unknown(&mut self) {
        if self.random.u8(..4) > 0 {
            return;
        }
        let value = UNKNOWN[self.random.usize(..UNKNOWN.len())];
        self.token(r#""nobody\u0020knows""#);
        self.token(":");
        self.token(value);
        self.token(",");
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        let eagerly = self.random.u8(..4) == 0;
        for char in text.chars() {
            if char.is_control() || matches!(char, '"' | '\\') || (eagerly && self.random.u8(..3) == 0) {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    let _ = write!(self.out, "\\u{unit:04x}");
                }
            } else {
                self.out.push(char);
            }
        }
        self.out.push('"');
    }
}
