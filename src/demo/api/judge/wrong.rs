//! What is wrong with an object, collected and told as `field.ErrorList` tells it (apimachinery `util/validation/field/errors.go`). Judges
//! nothing itself but for what every field may be.

use std::collections::HashSet;

use serde_json::Value;

use crate::demo::selector::Operator;
use crate::demo::status::Status;
use crate::demo::{names, selector};

use super::{entries, list, text};

/// The causes so far: field, type such as `FieldValueRequired`, text.
#[derive(Debug, Default)]
pub(super) struct Wrong(Vec<(String, &'static str, String)>);

impl Wrong {
    /// Something that must be there is not; `why` may be empty.
    pub fn required(&mut self, field: impl Into<String>, why: &str) {
        self.tell(field, "FieldValueRequired", "Required value", why);
    }

    /// A value that cannot be.
    pub fn invalid(&mut self, field: impl Into<String>, value: &Value, why: &str) {
        let head = format!("Invalid value: {}", shown(value));
        self.tell(field, "FieldValueInvalid", &head, why);
    }

    /// As [`Wrong::invalid`], with the fields of the value in the order that they have.
    pub fn invalid_as_is(&mut self, field: impl Into<String>, value: &Value, why: &str) {
        self.tell(
            field,
            "FieldValueInvalid",
            &format!("Invalid value: {value}"),
            why,
        );
    }

    /// More than there may be.
    pub fn too_long(&mut self, field: impl Into<String>, most: usize) {
        let why = format!("may not be more than {most} bytes");
        self.tell(field, "FieldValueTooLong", "Too long", &why);
    }

    /// A text that cannot be, once for each reason.
    pub fn refused(&mut self, field: &str, value: &str, reasons: &[String]) {
        for why in reasons {
            self.invalid(field, &value.into(), why);
        }
    }

    /// A value that is none of those that there are.
    pub fn unsupported(&mut self, field: impl Into<String>, value: &Value, all: &[&str]) {
        let all: Vec<_> = all.iter().map(|one| format!("{one:?}")).collect();
        let text = format!(
            "Unsupported value: {}: supported values: {}",
            shown(value),
            all.join(", ")
        );
        self.0.push((field.into(), "FieldValueNotSupported", text));
    }

    /// As [`Wrong::unsupported`], with the fields of the value in the order that they have.
    pub fn unsupported_as_is(&mut self, field: &str, value: &Value, all: &[&str]) {
        let all: Vec<_> = all.iter().map(|one| format!("{one:?}")).collect();
        let text = format!("Unsupported value: {value}: supported values: {}", all.join(", "));
        self.0.push((field.into(), "FieldValueNotSupported", text));
    }

    /// Something that may not be there.
    pub fn forbidden(&mut self, field: impl Into<String>, why: &str) {
        self.tell(field, "FieldValueForbidden", "Forbidden", why);
    }

    /// A value that is there twice.
    pub fn duplicate(&mut self, field: impl Into<String>, value: &Value) {
        let text = format!("Duplicate value: {}", shown(value));
        self.0.push((field.into(), "FieldValueDuplicate", text));
    }

    /// As [`Wrong::duplicate`], with the fields of the value in the order that they have.
    pub fn duplicate_as_is(&mut self, field: impl Into<String>, value: &Value) {
        self.0.push((
            field.into(),
            "FieldValueDuplicate",
            format!("Duplicate value: {value}"),
        ));
    }

    /// A name of something that is not there.
    pub fn not_found(&mut self, field: impl Into<String>, name: &str) {
        self.0
            .push((field.into(), "FieldValueNotFound", format!("Not found: {name:?}")));
    }

    /// A number that is there must be at least this.
    pub fn at_least(&mut self, field: impl Into<String>, value: &Value, least: i64) {
        if value.as_i64().is_some_and(|number| number < least) {
            self.invalid(field, value, &format!("must be greater than or equal to {least}"));
        }
    }

    /// A text that is there must be one of these.
    pub fn one_of(&mut self, field: impl Into<String>, value: &Value, all: &[&str]) {
        if value.as_str().is_some_and(|text| !all.contains(&text)) {
            self.unsupported(field, value, all);
        }
    }

    /// Something that is as it was made; tells if it is not.
    pub fn immutable(&mut self, field: impl Into<String>, changed: bool, value: &Value) {
        if changed {
            self.invalid(field, value, "field is immutable");
        }
    }

    /// A number, or a share such as `25%`; gives whether it is one.
    pub fn share(&mut self, field: &str, value: &Value, most: Option<i64>) {
        let Some(given) = value.as_str() else {
            return self.at_least(field, value, 0);
        };
        let number = given.strip_suffix('%').filter(|digits| !digits.is_empty());
        match number.and_then(|digits| digits.parse::<i64>().ok()) {
            Some(share) if most.is_some_and(|most| share > most) => {
                self.invalid(field, value, "must not be greater than 100%");
            }
            Some(share) if share >= 0 => {}
            _ => self.invalid(
                field,
                value,
                "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
            ),
        }
    }

    /// A share of more than all.
    pub fn not_above_all(&mut self, field: &str, value: &Value) {
        let share = value
            .as_str()
            .and_then(|text| text.strip_suffix('%')?.parse::<i64>().ok());
        if share.is_some_and(|share| share > 100) {
            self.invalid(field, value, "must not be greater than 100%");
        }
    }

    /// A port, by number or by name.
    pub fn port(&mut self, field: &str, value: &Value) {
        match value.as_str() {
            Some(name) => self.refused(field, name, &names::port(name)),
            None => {
                if let Some(why) = value.as_i64().and_then(names::port_number) {
                    self.invalid(field, value, why);
                }
            }
        }
    }

    /// Labels: of an object, of a plain selector.
    pub fn labels(&mut self, field: &str, labels: &Value) {
        for (key, value) in entries(labels) {
            self.refused(field, key, &names::key(key));
            let value = value.as_str().unwrap_or_default();
            self.refused(field, value, &names::value(value));
        }
    }

    /// A `LabelSelector` (apimachinery `metav1/validation`).
    pub fn selector(&mut self, field: &str, selector: &Value) {
        self.labels(&format!("{field}.matchLabels"), &selector["matchLabels"]);
        for (at, one) in list(selector, "matchExpressions").iter().enumerate() {
            self.requirement(&format!("{field}.matchExpressions[{at}]"), one);
        }
    }

    /// One of `matchExpressions`.
    pub fn requirement(&mut self, field: &str, one: &Value) {
        let some = !list(one, "values").is_empty();
        let values = format!("{field}.values");
        match selector::Operator::named(text(one, "operator")) {
            Some(Operator::In | Operator::NotIn) if !some => {
                self.required(values, "must be specified when `operator` is 'In' or 'NotIn'");
            }
            Some(Operator::Exists | Operator::DoesNotExist) if some => {
                self.forbidden(
                    values,
                    "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                );
            }
            Some(Operator::GreaterThan | Operator::LessThan) if list(one, "values").len() != 1 => {
                self.required(
                    values,
                    "must be specified single value when `operator` is 'Lt' or 'Gt'",
                );
            }
            None => self.invalid(
                format!("{field}.operator"),
                &one["operator"],
                "not a valid selector operator",
            ),
            _ => {}
        }
        self.refused(
            &format!("{field}.key"),
            text(one, "key"),
            &names::key(text(one, "key")),
        );
    }

    /// How many causes there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Leaves out what another had, too.
    pub fn forgive(&mut self, had: &Self) {
        let had: HashSet<_> = had.0.iter().collect();
        self.0.retain(|one| !had.contains(one));
    }

    /// The refusal of an object of this kind and name, if anything is wrong.
    pub fn verdict(self, kind: &str, name: &str) -> Result<(), Status> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Status::invalid_all(kind, name, &self.0))
        }
    }

    /// Puts what is wrong in the order of its text.
    pub fn sort(&mut self) {
        self.0.sort_by_key(|(field, _, text)| format!("{field}: {text}"));
    }

    /// Adds what else is wrong.
    pub fn append(&mut self, mut more: Self) {
        self.0.append(&mut more.0);
    }

    fn tell(&mut self, field: impl Into<String>, reason: &'static str, head: &str, why: &str) {
        let text = if why.is_empty() {
            head.to_owned()
        } else {
            format!("{head}: {why}")
        };
        self.0.push((field.into(), reason, text));
    }
}

/// A value as an error shows it: maps sorted by key.
fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => {
            let parts: Vec<_> = entries(value)
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key), shown(value)))
                .collect();
            format!("{{{}}}", parts.join(","))
        }
        plain => plain.to_string(),
    }
}
