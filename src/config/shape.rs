//! What a setting may be, and the value read from a file. It must not know which settings there are.

use toml::de::DeValue;

use super::settings::Limits;

/// What a setting may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `true` or `false`.
    Bool,
    /// Any text.
    Text,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number between these, both included.
    Integer(i64, i64),
    /// A span like `15m`, `48h`, `1h30m`.
    Span,
    /// A list of texts, at most this many.
    Texts(usize),
    /// Two percentages, the first not above the second.
    Limits,
    /// A colour as in theme files.
    Colour,
}

/// A value of the right shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Bool(bool),
    Text(String),
    Integer(i64),
    Seconds(u64),
    Texts(Vec<String>),
    Limits(Limits),
}

/// The setting's shape was checked when it was read: another shape cannot come here and reads as nothing.
impl Value {
    pub(super) fn is_on(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    pub(super) fn text(self) -> String {
        if let Self::Text(text) = self {
            text
        } else {
            String::new()
        }
    }

    pub(super) fn texts(self) -> Vec<String> {
        if let Self::Texts(texts) = self {
            texts
        } else {
            Vec::new()
        }
    }

    /// A whole number not below 0, or seconds.
    pub(super) fn number(&self) -> u64 {
        match self {
            Self::Integer(number) => u64::try_from(*number).unwrap_or(0),
            Self::Seconds(seconds) => *seconds,
            _ => 0,
        }
    }

    pub(super) fn limits(&self) -> Limits {
        if let Self::Limits(limits) = self {
            *limits
        } else {
            Limits { warn: 0, bad: 0 }
        }
    }
}

impl Shape {
    /// What is expected, for messages.
    pub(super) fn expected(self) -> String {
        match self {
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::OneOf(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
                format!("one of {}", words.join(", "))
            }
            Self::Integer(low, high) => format!("a whole number from {low} to {high}"),
            Self::Span => "a span like `\"15m\"`, `\"48h\"` or `\"1h30m\"`".to_owned(),
            Self::Texts(9) => "a list of at most 9 texts".to_owned(),
            Self::Texts(_) => "a list of texts".to_owned(),
            Self::Limits => "two percentages like `[70, 90]`, the lower first".to_owned(),
            Self::Colour => "a colour like `\"#1e2030\"`, `\"red\"` or `\"208\"`".to_owned(),
        }
    }

    /// The value, if it has this shape.
    pub(super) fn read(self, value: &DeValue<'_>) -> Option<Value> {
        match (self, value) {
            (Self::Bool, DeValue::Boolean(value)) => Some(Value::Bool(*value)),
            (Self::Text, DeValue::String(text)) => Some(Value::Text(text.to_string())),
            (Self::OneOf(words), DeValue::String(text)) => {
                words.contains(&&**text).then(|| Value::Text(text.to_string()))
            }
            (Self::Colour, DeValue::String(text)) => {
                crate::theme::is_colour(text).then(|| Value::Text(text.to_string()))
            }
            (Self::Integer(low, high), _) => integer(value)
                .filter(|number| (low..=high).contains(number))
                .map(Value::Integer),
            (Self::Span, DeValue::String(text)) => seconds(text).map(Value::Seconds),
            (Self::Texts(most), DeValue::Array(values)) => {
                let texts: Option<Vec<String>> = values
                    .iter()
                    .map(|value| value.get_ref().as_str().map(str::to_owned))
                    .collect();
                texts.filter(|texts| texts.len() <= most).map(Value::Texts)
            }
            (Self::Limits, DeValue::Array(values)) => {
                let numbers: Option<Vec<u32>> = values
                    .iter()
                    .map(|value| integer(value.get_ref()).and_then(|number| u32::try_from(number).ok()))
                    .collect();
                match numbers?.as_slice() {
                    [warn, bad] if warn <= bad => Some(Value::Limits(Limits {
                        warn: *warn,
                        bad: *bad,
                    })),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// Seconds of a span as kubectl and stern take it: numbers with `s`, `m`, `h` or `d`. `None` if it is none.
pub fn seconds(text: &str) -> Option<u64> {
    let mut total = 0_u64;
    let mut number: Option<u64> = None;
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(
                number
                    .unwrap_or(0)
                    .checked_mul(10)?
                    .checked_add(u64::from(digit))?,
            );
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    (number.is_none() && !text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_kubectl_writes_them() {
        assert_eq!(seconds("15m"), Some(900));
        assert_eq!(seconds("1h30m"), Some(5400));
        assert_eq!(seconds("2d"), Some(172_800));
        assert_eq!(seconds("0s"), Some(0));
        for text in ["", "15", "m", "1w", "-5m", "99999999999999999999h"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
