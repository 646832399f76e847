//! Label selectors as requests and objects state them (apimachinery `labels.Parse`, `metav1.LabelSelectorAsSelector`), refused in the API
//! server's words. How they match is [`Selector`]'s business.

use serde_json::Value;

use super::names;
use crate::rules::selector::{Expected, SelectorError};
pub use crate::rules::selector::{Operator, Requirement, Selector};

/// A selector in kubectl's notation.
///
/// # Errors
/// What the API server says.
pub fn parse(text: &str) -> Result<Selector, String> {
    Selector::parse(text).map_err(|error| words(&error))
}

/// The selector that a `LabelSelector` stands for; `None` if it is absent, which selects nothing.
pub fn of(selector: &Value) -> Option<Selector> {
    let stated = selector.as_object()?;
    let equal = stated
        .get("matchLabels")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let mut all: Vec<_> = equal
        .map(|(key, value)| Requirement::new(key, Operator::In, value.as_str()))
        .collect();
    let expressions = stated.get("matchExpressions").and_then(Value::as_array);
    all.extend(expressions.into_iter().flatten().map(requirement));
    Some(Selector(all))
}

/// Whether a `LabelSelector` selects an object with these labels, a map; an absent one selects nothing.
pub fn selects(selector: &Value, labels: &Value) -> bool {
    of(selector).is_some_and(|selector| selector.matches_by(|key| labels[key].as_str()))
}

/// One of `matchExpressions`; what has an operator that there is not selects nothing.
pub fn requirement(stated: &Value) -> Requirement {
    let text = |key: &str| stated[key].as_str().unwrap_or_default();
    let values = stated["values"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    match Operator::named(text("operator")) {
        Some(operator) => Requirement::new(text("key"), operator, values),
        None => Requirement::new(text("key"), Operator::In, []),
    }
}

/// A `LabelSelector`, or a map of labels, as text: `a=b,c in (d,e)`, sorted by key.
pub fn text(selector: &Value) -> String {
    let expressions = selector["matchExpressions"].as_array();
    let equal = match (selector["matchLabels"].as_object(), expressions) {
        (None, None) => selector.as_object(),
        (equal, _) => equal,
    };
    let equal = equal.into_iter().flatten();
    let mut parts: Vec<(&str, String)> = equal
        .filter_map(|(key, value)| Some((key.as_str(), format!("{key}={}", value.as_str()?))))
        .collect();
    for one in expressions.into_iter().flatten() {
        let Requirement {
            key,
            operator,
            values,
        } = requirement(one);
        let values = values.join(",");
        let text = match operator {
            Operator::In => format!("{key} in ({values})"),
            Operator::NotIn => format!("{key} notin ({values})"),
            Operator::DoesNotExist => format!("!{key}"),
            _ => key,
        };
        parts.push((one["key"].as_str().unwrap_or_default(), text));
    }
    parts.sort_by_key(|(key, _)| *key);
    parts
        .into_iter()
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .join(",")
}

fn words(error: &SelectorError) -> String {
    let refused = |of: &str, what: &str, why: &str| {
        format!("unable to parse requirement: {of}: Invalid value: {what:?}: {why}")
    };
    match error {
        SelectorError::Unexpected { found, expected, .. } => expectation(found, *expected),
        SelectorError::Unfinished(expected) => expectation("", *expected),
        SelectorError::Key(key) => refused("<nil>", key, &names::key(key).join("; ")),
        SelectorError::Value { key, at, value } => refused(
            &format!("values[{at}][{key}]"),
            value,
            &names::value(value).join("; "),
        ),
        SelectorError::Number(text) => refused(
            "values[0]",
            text,
            "for 'Gt', 'Lt' operators, the value must be an integer",
        ),
    }
}

fn expectation(found: &str, expected: Expected) -> String {
    let wanted = match expected {
        Expected::Start => return format!("found '{found}', expected: !, identifier, or 'end of string'"),
        Expected::Next => return format!("found '{found}', expected: identifier after ','"),
        Expected::End => return format!("found '{found}', expected: ',' or 'end of string'"),
        Expected::Open => return format!("unable to parse requirement: found '{found}' expected: '('"),
        Expected::Operator => "in, notin, =, ==, !=, gt, lt",
        Expected::Key | Expected::Value => "identifier",
        Expected::Listed => "',', ')' or identifier",
        Expected::Close => "',' or ')'",
    };
    format!("unable to parse requirement: found '{found}', expected: {wanted}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// As a kube-apiserver 1.36.3 answered.
    #[test]
    fn selectors_are_refused_in_the_words_of_the_real_server() {
        for (text, said) in [
            ("a,", "found '', expected: identifier after ','"),
            (",", "found ',', expected: !, identifier, or 'end of string'"),
            (
                "a b",
                "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
            ),
            ("a in b", "unable to parse requirement: found 'b' expected: '('"),
            (
                "a in (b",
                "unable to parse requirement: found '', expected: ',' or ')'",
            ),
            ("a=b c", "found 'c', expected: ',' or 'end of string'"),
            (
                "a==(",
                "unable to parse requirement: found '(', expected: identifier",
            ),
            ("!", "unable to parse requirement: found '', expected: identifier"),
            (
                "a>x",
                "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), said, "{text}");
        }
        let key = parse("_a=b").unwrap_err();
        assert!(key.starts_with(
            "unable to parse requirement: <nil>: Invalid value: \"_a\": name part must consist of"
        ));
        let value = parse("a in (x,b/c)").unwrap_err();
        assert!(value.starts_with(
            "unable to parse requirement: values[0][a]: Invalid value: \"b/c\": a valid label must be"
        ));
    }

    #[test]
    fn selectors_of_objects_select() {
        let labels = json!({ "app": "web", "tier": "front" });
        let one = |operator: &str, values: &[&str]| {
            json!({ "matchLabels": { "app": "web" },
            "matchExpressions": [{ "key": "tier", "operator": operator, "values": values }] })
        };
        assert!(selects(&json!({}), &labels) && !selects(&Value::Null, &labels));
        assert!(
            selects(&one("In", &["front", "back"]), &labels) && !selects(&one("NotIn", &["front"]), &labels)
        );
        assert!(selects(&one("Exists", &[]), &labels) && !selects(&one("Nosuch", &["front"]), &labels));
        assert!(!selects(&json!({ "matchLabels": { "app": "db" } }), &labels));
        assert_eq!(text(&one("In", &["front"])), "app=web,tier in (front)");
        assert_eq!(text(&json!({ "b": "1", "a": "2" })), "a=2,b=1");
    }
}
