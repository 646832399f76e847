//! One kubeconfig file into the merged picture. An entry that is wrong spoils itself, not the file; the first file to name something wins.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{Entry, Kubeconfig, plain};
use crate::model::Problem;
use crate::msg::ContextInfo;

/// Reads one file into `merged`.
pub(super) fn file(merged: &mut Kubeconfig, path: &Path) {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match std::fs::read_to_string(&path) {
        Ok(content) => text(merged, &path, &content),
        Err(error) => merged
            .problems
            .push(Problem::new(path.display().to_string(), plain(&error))),
    }
}

/// Takes the text of a file into `merged`; `path` is where it is from.
pub(super) fn text(merged: &mut Kubeconfig, path: &Path, content: &str) {
    let shown = path.display().to_string();
    let documents = match serde_saphyr::from_multiple::<Value>(content.trim_start_matches('\u{feff}')) {
        Ok(documents) => documents,
        Err(error) => {
            let line = error.location().map(|at| at.line() as usize);
            let message = format!("is not valid YAML: {}", first_line(&error.to_string()));
            return merged.problems.push(Problem {
                file: shown,
                line,
                message,
            });
        }
    };
    let mut one = Reader {
        merged,
        path: path.to_owned(),
        empty: true,
    };
    for document in &documents {
        one.document(document);
    }
    if one.empty {
        return merged.problems.push(Problem::new(shown, "is empty"));
    }
    merged.files.push(path.to_owned());
}

/// Without the lines of the file that follow, in which a secret may stand.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

struct Reader<'a> {
    merged: &'a mut Kubeconfig,
    path: PathBuf,
    empty: bool,
}

impl Reader<'_> {
    fn problem(&mut self, message: String) {
        let file = self.path.display().to_string();
        self.merged.problems.push(Problem::new(file, message));
    }

    fn document(&mut self, document: &Value) {
        let map = match document {
            Value::Null => return,
            Value::Object(map) => map,
            _ => {
                self.empty = false;
                return self.problem(
                    "is no kubeconfig: it should be a mapping with `clusters`, `users` and `contexts`".into(),
                );
            }
        };
        self.empty = false;
        for (key, body) in [("clusters", "cluster"), ("users", "user")] {
            for (name, value) in self.named(map, key, body) {
                let entry = Entry {
                    name,
                    file: self.path.clone(),
                    body: self.resolved(value),
                };
                let entries = if key == "clusters" {
                    &mut self.merged.clusters
                } else {
                    &mut self.merged.users
                };
                if !entries.iter().any(|known| known.name == entry.name) {
                    entries.push(entry);
                }
            }
        }
        for (name, value) in self.named(map, "contexts", "context") {
            if !self.merged.contexts.iter().any(|known| known.name == name) {
                let context = self.context(name, &value);
                self.merged.contexts.push(context);
            }
        }
        if self.merged.current.is_none() {
            self.merged.current = map
                .get("current-context")
                .and_then(word)
                .filter(|name| !name.is_empty());
        }
    }

    /// The entries of a list of `{name, BODY}`; what is no such entry is reported and left out.
    fn named(&mut self, map: &Map<String, Value>, key: &str, body: &str) -> Vec<(String, Value)> {
        let list = match map.get(key) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.problem(format!("key `{key}` should be a list"));
                return Vec::new();
            }
        };
        let mut entries = Vec::with_capacity(list.len());
        for (at, item) in list.iter().enumerate() {
            match (item.get("name").and_then(word), item.get(body)) {
                (None, _) => self.problem(format!("key `{key}[{at}].name` is missing")),
                (Some(name), Some(value @ Value::Object(_))) => entries.push((name, value.clone())),
                (Some(name), None | Some(Value::Null)) => entries.push((name, Value::Object(Map::new()))),
                (Some(name), Some(_)) => {
                    self.problem(format!("key `{key}[{at}].{body}` (`{name}`) should be a mapping"));
                }
            }
        }
        entries
    }

    fn context(&self, name: String, value: &Value) -> ContextInfo {
        let field = |key: &str| value.get(key).and_then(word).unwrap_or_default();
        let cluster = field("cluster");
        let problem = cluster
            .is_empty()
            .then(|| format!("{}: context `{name}` has no key `cluster`", self.path.display()));
        let namespace = Some(field("namespace")).filter(|namespace| !namespace.is_empty());
        ContextInfo {
            name,
            cluster,
            user: field("user"),
            namespace: namespace.unwrap_or_else(|| "default".to_owned()),
            server: String::new(),
            problem,
        }
    }

    /// Paths made absolute from the file's folder (client-go, `ResolveLocalPaths`); nulls and empty texts left out, as client-go reads them.
    fn resolved(&self, value: Value) -> Value {
        let Value::Object(mut map) = value else {
            return value;
        };
        map.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
        for key in [
            "certificate-authority",
            "client-certificate",
            "client-key",
            "tokenFile",
        ] {
            if let Some(Value::String(path)) = map.get_mut(key) {
                *path = self.absolute(path);
            }
        }
        // A bare command is looked up in $PATH, one with a slash is a path.
        if let Some(Value::String(command)) = map.get_mut("exec").and_then(|exec| exec.get_mut("command"))
            && command.contains(std::path::MAIN_SEPARATOR)
        {
            *command = self.absolute(command);
        }
        Value::Object(map)
    }

    fn absolute(&self, path: &str) -> String {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        folder.join(path).to_string_lossy().into_owned()
    }
}

/// A name; unquoted numbers and booleans are what they were typed as.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
