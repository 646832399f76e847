//! Label selectors in kubectl's notation: `app=web,tier in (front,back),!canary`. Source: Kubernetes documentation, "Labels and Selectors".

use std::fmt;

use crate::model::Labels;

/// A conjunction of requirements; the empty one matches everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    rule: Rule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
}

/// Why a selector cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad selector `{part}`: {why}")]
pub struct BadSelector {
    part: String,
    why: &'static str,
}

impl Selector {
    /// Reads a selector.
    ///
    /// # Errors
    /// Names the part that cannot be read and what was expected.
    pub fn parse(text: &str) -> Result<Self, BadSelector> {
        let parts = parts(text)?;
        parts
            .into_iter()
            .map(requirement)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether labels satisfy every requirement. As in Kubernetes, `!=` and `notin` hold for an absent label.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.value(&requirement.key);
            let within =
                |values: &[String]| value.is_some_and(|value| values.iter().any(|other| other == value));
            match &requirement.rule {
                Rule::In(values) => within(values),
                Rule::NotIn(values) => !within(values),
                Rule::Exists => value.is_some(),
                Rule::Absent => value.is_none(),
            }
        })
    }

    /// True when everything matches.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Splits at commas outside parentheses.
fn parts(text: &str) -> Result<Vec<&str>, BadSelector> {
    let (mut out, mut depth, mut start) = (Vec::new(), 0u32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth = depth
                    .checked_sub(1)
                    .ok_or_else(|| bad(text, "a `)` without `(`"))?
            }
            ',' if depth == 0 => {
                out.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    if depth > 0 {
        return Err(bad(text, "a `(` without `)`"));
    }
    out.push(text.get(start..).unwrap_or_default());
    if text.trim().is_empty() {
        out.clear();
    }
    Ok(out)
}

fn requirement(part: &str) -> Result<Requirement, BadSelector> {
    let part = part.trim();
    let one = |value: &str| vec![value.trim().trim_start_matches('=').trim().to_owned()];
    let (key, rule) = if let Some(key) = part.strip_prefix('!') {
        (key, Rule::Absent)
    } else if let Some((key, value)) = part.split_once("!=") {
        (key, Rule::NotIn(one(value)))
    } else if let Some((key, value)) = part.split_once('=') {
        (key, Rule::In(one(value)))
    } else if let Some((key, values)) = part.split_once(" notin ") {
        (key, Rule::NotIn(set(part, values)?))
    } else if let Some((key, values)) = part.split_once(" in ") {
        (key, Rule::In(set(part, values)?))
    } else {
        (part, Rule::Exists)
    };
    let key = key.trim();
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    if key.is_empty() || !key.chars().all(legal) {
        return Err(bad(
            part,
            "expected key=value, key!=value, key, !key, key in (a,b) or key notin (a,b)",
        ));
    }
    let values = match &rule {
        Rule::In(values) | Rule::NotIn(values) => values.as_slice(),
        Rule::Exists | Rule::Absent => &[],
    };
    if values
        .iter()
        .any(|value| value.len() > 63 || !value.chars().all(legal))
    {
        return Err(bad(
            part,
            "a label value has at most 63 letters, digits, `-`, `_` and `.`",
        ));
    }
    Ok(Requirement {
        key: key.to_owned(),
        rule,
    })
}

fn set(part: &str, values: &str) -> Result<Vec<String>, BadSelector> {
    let inner = values
        .trim()
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'));
    let inner = inner.ok_or_else(|| bad(part, "the values stand in parentheses"))?;
    Ok(inner.split(',').map(|value| value.trim().to_owned()).collect())
}

fn bad(part: &str, why: &'static str) -> BadSelector {
    BadSelector {
        part: part.trim().to_owned(),
        why,
    }
}

/// As kubectl and the API take it.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Requirement { key, rule }) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            match rule {
                Rule::In(values) if values.len() == 1 => write!(f, "{key}={}", values.join(""))?,
                Rule::NotIn(values) if values.len() == 1 => write!(f, "{key}!={}", values.join(""))?,
                Rule::In(values) => write!(f, "{key} in ({})", values.join(","))?,
                Rule::NotIn(values) => write!(f, "{key} notin ({})", values.join(","))?,
                Rule::Exists => f.write_str(key)?,
                Rule::Absent => write!(f, "!{key}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Pool;

    #[test]
    fn matches_as_kubernetes_does() {
        let labels = Pool::default().labels([("app", "web"), ("tier", "front")]);
        for (text, expected) in [
            ("", true),
            ("app=web", true),
            ("app==web,tier=front", true),
            ("app=api", false),
            ("app!=api,zone!=a", true),
            ("app in (api, web)", true),
            ("app notin (web)", false),
            ("zone notin (a)", true),
            ("tier", true),
            ("!tier", false),
            ("!zone", true),
        ] {
            assert_eq!(
                Selector::parse(text).unwrap().matches(&labels),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_bad_one_says_what_was_expected() {
        for text in ["a in b", "a in (b", "a)", "=x", "a b", "a=b c"] {
            let why = Selector::parse(text).unwrap_err().to_string();
            assert!(why.starts_with("bad selector"), "{text}: {why}");
        }
        assert_eq!(
            Selector::parse("a in (x,y), !b ,c=d").unwrap().to_string(),
            "a in (x,y),!b,c=d"
        );
    }
}
