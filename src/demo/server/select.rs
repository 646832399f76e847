//! Label and field selectors: parsing and matching as the real server does (apimachinery `labels`, `fields`).

use crate::demo::resource::Resource;
use crate::demo::status::Status;
use crate::demo::store::Object;

use super::request::Request;

/// What a list or watch is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(String, bool, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
    Greater(String, i64),
    Less(String, i64),
}

impl Selector {
    /// The selectors of a request.
    ///
    /// # Errors
    /// 400 for what cannot be parsed or a field that this resource does not know.
    pub fn of(request: &Request, resource: &Resource) -> Result<Self, Status> {
        let labels = request.param("labelSelector").map_or(Ok(Vec::new()), labels)?;
        let fields = request
            .param("fieldSelector")
            .map_or(Ok(Vec::new()), |text| fields(text, resource))?;
        Ok(Self { labels, fields })
    }

    /// Narrows it to one object.
    pub fn name(&mut self, name: &str) {
        self.fields.push(("metadata.name".into(), true, name.into()));
    }

    /// A selector of labels alone, for `scale` and others that carry one as text.
    #[cfg(test)]
    fn of_labels(text: &str) -> Result<Self, Status> {
        Ok(Self {
            labels: labels(text)?,
            fields: Vec::new(),
        })
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub fn matches(&self, object: &Object, resource: &Resource) -> bool {
        self.labels
            .iter()
            .all(|requirement| requirement.matches(|key| object.label(key)))
            && self.fields.iter().all(|(path, equal, value)| {
                (object.field(resource, path).unwrap_or_default() == value) == *equal
            })
    }
}

impl Requirement {
    fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let number = |key: &str| label(key).and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::In(key, values) => label(key).is_some_and(|have| values.iter().any(|value| value == have)),
            Self::NotIn(key, values) => {
                !label(key).is_some_and(|have| values.iter().any(|value| value == have))
            }
            Self::Exists(key) => label(key).is_some(),
            Self::Absent(key) => label(key).is_none(),
            Self::Greater(key, than) => number(key).is_some_and(|have| have > *than),
            Self::Less(key, than) => number(key).is_some_and(|have| have < *than),
        }
    }
}

fn labels(text: &str) -> Result<Vec<Requirement>, Status> {
    split_outside_parentheses(text)
        .into_iter()
        .map(|part| requirement(part.trim()).ok_or_else(|| unparsable(text)))
        .collect()
}

fn unparsable(text: &str) -> Status {
    Status::bad_request(format!(
        "unable to parse requirement: found {text:?}, expected: a label selector"
    ))
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
    .collect()
}

fn requirement(text: &str) -> Option<Requirement> {
    if let Some(key) = text.strip_prefix('!') {
        return Some(Requirement::Absent(name(key)?));
    }
    if let Some((key, value)) = text.split_once("!=") {
        return Some(Requirement::NotIn(name(key)?, vec![value.trim().into()]));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Some(Requirement::In(name(key)?, vec![value.trim().into()]));
    }
    if let Some((key, value)) = text.split_once('>') {
        return Some(Requirement::Greater(name(key)?, value.trim().parse().ok()?));
    }
    if let Some((key, value)) = text.split_once('<') {
        return Some(Requirement::Less(name(key)?, value.trim().parse().ok()?));
    }
    let Some((head, values)) = text.split_once('(') else {
        return name(text).map(Requirement::Exists);
    };
    let values = values
        .strip_suffix(')')?
        .split(',')
        .map(|value| value.trim().to_owned())
        .collect();
    let (key, word) = head.trim().rsplit_once(char::is_whitespace)?;
    match word {
        "in" => Some(Requirement::In(name(key)?, values)),
        "notin" => Some(Requirement::NotIn(name(key)?, values)),
        _ => None,
    }
}

fn name(text: &str) -> Option<String> {
    let text = text.trim();
    let good = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
    (!text.is_empty() && text.chars().all(good)).then(|| text.to_owned())
}

fn fields(text: &str, resource: &Resource) -> Result<Vec<(String, bool, String)>, Status> {
    let parse = |part: &str| {
        let (path, equal, value) = match (part.split_once("!="), part.split_once("=="), part.split_once('='))
        {
            (Some((path, value)), _, _) => (path, false, value),
            (_, Some((path, value)), _) | (_, _, Some((path, value))) => (path, true, value),
            _ => {
                return Err(Status::bad_request(format!(
                    "invalid selector: '{text}'; can't understand '{part}'"
                )));
            }
        };
        let path = stored_path(path, resource);
        let known = matches!(path, "metadata.name" | "metadata.namespace")
            || resource.fields.iter().any(|have| have == path);
        if known {
            return Ok((path.to_owned(), equal, value.to_owned()));
        }
        Err(Status::bad_request(if resource.fields.is_empty() {
            format!("{path:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
        } else {
            format!("field label not supported: {path}")
        }))
    };
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(parse)
        .collect()
}

/// events.k8s.io names the same fields differently.
fn stored_path<'a>(path: &'a str, resource: &Resource) -> &'a str {
    if resource.group != "events.k8s.io" {
        return path;
    }
    match path {
        "regarding.kind" => "involvedObject.kind",
        "regarding.namespace" => "involvedObject.namespace",
        "regarding.name" => "involvedObject.name",
        "regarding.uid" => "involvedObject.uid",
        "regarding.apiVersion" => "involvedObject.apiVersion",
        "regarding.resourceVersion" => "involvedObject.resourceVersion",
        "regarding.fieldPath" => "involvedObject.fieldPath",
        "reportingController" => "reportingComponent",
        path => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str, labels: &[(&str, &str)]) -> bool {
        let find = |key: &str| {
            labels
                .iter()
                .find(|(have, _)| *have == key)
                .map(|(_, value)| *value)
        };
        Selector::of_labels(selector)
            .unwrap()
            .labels
            .iter()
            .all(|requirement| requirement.matches(find))
    }

    #[test]
    fn label_selectors_select() {
        let web = [("app", "web"), ("tier", "front"), ("n", "5")];
        for selector in [
            "app=web",
            "app==web",
            "app in (web, db)",
            "app!=db",
            "x!=y",
            "tier",
            "!x",
            "app notin (db)",
            "app=web,tier=front",
            "n>4,n<6",
            "app in (db,web),tier in (front)",
        ] {
            assert!(matches(selector, &web), "{selector}");
        }
        for selector in [
            "app=db",
            "x",
            "!app",
            "app notin (web)",
            "app=web,tier=back",
            "n>5",
            "app in (db)",
        ] {
            assert!(!matches(selector, &web), "{selector}");
        }
        for wrong in ["app in web", "a b", "=x", "app in (web"] {
            assert_eq!(Selector::of_labels(wrong).unwrap_err().code, 400, "{wrong}");
        }
    }

    #[test]
    fn unknown_fields_are_refused() {
        let pods = crate::demo::resource::Registry::builtin().stored("pods").unwrap();
        assert!(fields("status.phase!=Running,metadata.name=x", &pods).is_ok());
        let refused = fields("spec.image=x", &pods).unwrap_err();
        assert!(
            refused.message.ends_with("field label not supported: spec.image"),
            "{refused}"
        );
    }
}
