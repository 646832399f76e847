//! The selectors of a list or watch; those of fields are read and matched as the real server does (apimachinery `fields`).

use crate::demo::resource::Resource;
use crate::demo::selector;
use crate::demo::status::Status;
use crate::demo::store::Object;

use super::request::Request;

/// What a list or watch is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selector {
    labels: selector::Selector,
    fields: Vec<(String, bool, String)>,
}

impl Selector {
    /// The selectors of a request.
    ///
    /// # Errors
    /// 400 for what cannot be parsed or a field that this resource does not know.
    pub fn of(request: &Request, resource: &Resource) -> Result<Self, Status> {
        let labels = selector::parse(request.param("labelSelector").unwrap_or_default())
            .map_err(Status::bad_request)?;
        let fields = request
            .param("fieldSelector")
            .map_or(Ok(Vec::new()), |text| fields(text, resource))?;
        Ok(Self { labels, fields })
    }

    /// Narrows it to one object.
    pub fn name(&mut self, name: &str) {
        self.fields.push(("metadata.name".into(), true, name.into()));
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub fn matches(&self, object: &Object, resource: &Resource) -> bool {
        self.labels.matches_by(|key| object.label(key))
            && self.fields.iter().all(|(path, equal, value)| {
                (object.field(resource, path).unwrap_or_default() == value) == *equal
            })
    }
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
        let named = path;
        let path = stored_path(path, resource);
        let known = matches!(path, "metadata.name" | "metadata.namespace")
            || resource.fields.iter().any(|have| have == path);
        let foreign = resource.group == "events.k8s.io" && path == named && is_renamed(path);
        if known && !foreign {
            return Ok((path.to_owned(), equal, value.to_owned()));
        }
        let plain = resource.fields.is_empty() && !resource.is_custom();
        Err(Status::bad_request(if plain {
            format!("{named:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
        } else {
            format!("field label not supported: {named}")
        }))
    };
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(parse)
        .collect()
}

/// Whether events.k8s.io has another name for a field.
fn is_renamed(path: &str) -> bool {
    path.starts_with("involvedObject.") || path == "reportingComponent"
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
