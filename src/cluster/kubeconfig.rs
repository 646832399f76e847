//! The kubeconfig: every file read at once, every fault named with its file and key, the contexts that work usable. Never followed, never
//! written, and no request is sent here.

mod parse;

use std::ffi::OsString;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use kube::config::{
    AuthInfo, Cluster, Context, Kubeconfig as Merged, NamedAuthInfo, NamedCluster, NamedContext,
};
use serde_json::{Value, json};

use super::error::without_value;
use crate::model::problem::suggestion;
use crate::model::{Failure, FailureKind, Problem};
use crate::msg::ContextInfo;

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// This text instead of any file (the demo cluster).
    pub text: Option<String>,
    /// `--kubeconfig`: this file and no other.
    pub explicit: Option<PathBuf>,
    /// `$KUBECONFIG`: a list of files, the first to name something wins.
    pub variable: Option<OsString>,
    /// The home folder, for `~/.kube/config`.
    pub home: Option<PathBuf>,
}

impl Search {
    /// Where this process looks, given `--kubeconfig`.
    pub fn here(explicit: Option<PathBuf>) -> Self {
        Self {
            text: None,
            explicit,
            variable: std::env::var_os("KUBECONFIG").filter(|value| !value.is_empty()),
            home: etcetera::home_dir().ok(),
        }
    }

    fn paths(&self) -> Vec<PathBuf> {
        if let Some(path) = &self.explicit {
            return vec![path.clone()];
        }
        let listed: Vec<PathBuf> = match &self.variable {
            Some(value) => std::env::split_paths(value)
                .filter(|path| !path.as_os_str().is_empty())
                .collect(),
            None => Vec::new(),
        };
        if !listed.is_empty() {
            return listed;
        }
        self.home
            .iter()
            .map(|home| home.join(".kube").join("config"))
            .collect()
    }
}

/// A named cluster or user, with the file it came from.
#[derive(Clone, PartialEq)]
struct Entry {
    name: String,
    file: PathBuf,
    /// Paths inside are absolute; keys with null or empty text are left out.
    body: Value,
}

/// Without the body, which holds secrets.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("name", &self.name)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// What the files say together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kubeconfig {
    /// Every context, usable or with its problem, in file order.
    pub contexts: Vec<ContextInfo>,
    /// `current-context` of the first file that sets one.
    pub current: Option<String>,
    /// What is wrong: each file that could not be used and why, each part of a file that could not.
    pub problems: Vec<Problem>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
    clusters: Vec<Entry>,
    users: Vec<Entry>,
}

impl Kubeconfig {
    /// Reads the files. Never fails: what is wrong stands in [`Kubeconfig::problems`].
    pub fn read(search: &Search) -> Self {
        let mut merged = Self::default();
        if let Some(text) = &search.text {
            parse::text(&mut merged, Path::new("demo"), text);
            merged.judge();
            return merged;
        }
        let paths = search.paths();
        if paths.is_empty() {
            merged.problems.push(Problem::new(
                "~/.kube/config",
                "no home folder, and `$KUBECONFIG` is not set",
            ));
        }
        for path in paths {
            parse::file(&mut merged, &path);
        }
        merged.judge();
        merged
    }

    /// The context of this name, or the current one.
    ///
    /// # Errors
    /// [`FailureKind::Credentials`] naming the file and the key that is missing or wrong.
    pub fn select(&self, name: Option<&str>) -> Result<Selected, Failure> {
        let Some(name) = name.or(self.current.as_deref()) else {
            return Err(self.without_current());
        };
        let Some(info) = self.contexts.iter().find(|context| context.name == name) else {
            return Err(self.unknown(name));
        };
        if let Some(problem) = &info.problem {
            return Err(Failure::new(
                FailureKind::Credentials,
                format!("context `{name}` cannot be used: {problem}"),
            ));
        }
        let cluster: Cluster = self.typed(&self.clusters, "cluster", &info.cluster)?;
        let user: AuthInfo = if info.user.is_empty() {
            AuthInfo::default()
        } else {
            self.typed(&self.users, "user", &info.user)?
        };
        check_files(&cluster, &user, info)?;
        Ok(Selected {
            info: info.clone(),
            cluster,
            user,
        })
    }

    /// Why there is no context at all: each path looked at, each with its reason.
    pub fn nothing(&self) -> Failure {
        let mut message = String::from("no usable kubeconfig:");
        for problem in &self.problems {
            let _ = write!(message, "\n  {problem}"); // writing to a String cannot fail
        }
        for file in &self.files {
            let _ = write!(message, "\n  {}: names no context", file.display());
        }
        message.push_str("\n`kubris demo` opens a cluster without one");
        Failure::new(FailureKind::Credentials, message)
    }

    fn without_current(&self) -> Failure {
        if self.contexts.is_empty() {
            return self.nothing();
        }
        let names: Vec<&str> = self
            .contexts
            .iter()
            .map(|context| context.name.as_str())
            .collect();
        Failure::new(
            FailureKind::Credentials,
            format!(
                "no `current-context` is set in {}; choose one with `--context`: {}",
                self.places(),
                names.join(", ")
            ),
        )
    }

    fn unknown(&self, name: &str) -> Failure {
        if self.contexts.is_empty() {
            return self.nothing();
        }
        let names = self.contexts.iter().map(|context| context.name.as_str());
        let mut message = format!(
            "no context `{name}` in {}{}",
            self.places(),
            suggestion(name, names)
        );
        for problem in &self.problems {
            let _ = write!(message, "\n  {problem}"); // writing to a String cannot fail
        }
        Failure::new(FailureKind::Credentials, message)
    }

    fn places(&self) -> String {
        let places: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
        places.join(", ")
    }

    fn typed<T: serde::de::DeserializeOwned>(
        &self,
        entries: &[Entry],
        key: &str,
        name: &str,
    ) -> Result<T, Failure> {
        let entry = entries.iter().find(|entry| entry.name == name);
        let Some(entry) = entry else {
            return Err(Failure::new(
                FailureKind::Credentials,
                format!("no {key} `{name}` in {}", self.places()),
            ));
        };
        serde_json::from_value(entry.body.clone()).map_err(|error| {
            let (file, wrong) = (entry.file.display(), wrong_field::<T>(&entry.body));
            let place = wrong.map_or_else(String::new, |field| format!("key `{field}`: "));
            let message = format!("{file}: {key} `{name}`: {place}{}", without_value(&error));
            Failure::new(FailureKind::Credentials, message)
        })
    }

    /// Decides which contexts are usable, now that all files are merged.
    fn judge(&mut self) {
        let mut contexts = std::mem::take(&mut self.contexts);
        for context in &mut contexts {
            let cluster = self.clusters.iter().find(|entry| entry.name == context.cluster);
            context.server = cluster
                .and_then(|entry| entry.body.get("server"))
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            if context.problem.is_none() {
                context.problem = self.missing(context, cluster);
            }
        }
        self.contexts = contexts;
    }

    fn missing(&self, context: &ContextInfo, cluster: Option<&Entry>) -> Option<String> {
        let Some(cluster) = cluster else {
            return Some(format!(
                "key `clusters` has no entry `{}` (in {})",
                context.cluster,
                self.places()
            ));
        };
        if context.server.is_empty() {
            let file = cluster.file.display();
            return Some(format!("{file}: cluster `{}` has no key `server`", cluster.name));
        }
        if let Err(error) = context.server.parse::<http::Uri>() {
            let file = cluster.file.display();
            return Some(format!(
                "{file}: cluster `{}`: `server: {}`: {error}",
                cluster.name, context.server
            ));
        }
        let user = self.users.iter().any(|entry| entry.name == context.user);
        (!context.user.is_empty() && !user).then(|| {
            format!(
                "key `users` has no entry `{}` (in {})",
                context.user,
                self.places()
            )
        })
    }
}

/// The first key whose value a `T` cannot take.
fn wrong_field<T: serde::de::DeserializeOwned>(body: &Value) -> Option<&str> {
    let refused = |key: &str, value: &Value| serde_json::from_value::<T>(json!({ key: value })).is_err();
    let (key, _) = body
        .as_object()?
        .iter()
        .find(|(key, value)| refused(key, value))?;
    Some(key)
}

/// Certificate and token files are looked at before a request needs them, so that the key can be named.
fn check_files(cluster: &Cluster, user: &AuthInfo, info: &ContextInfo) -> Result<(), Failure> {
    let unless = |data: bool, path: &Option<String>| if data { None } else { path.clone() };
    let key_data = user.client_key_data.is_some();
    let files = [
        (
            format!("`certificate-authority` of cluster `{}`", info.cluster),
            unless(
                cluster.certificate_authority_data.is_some(),
                &cluster.certificate_authority,
            ),
        ),
        (
            format!("`client-certificate` of user `{}`", info.user),
            unless(user.client_certificate_data.is_some(), &user.client_certificate),
        ),
        (
            format!("`client-key` of user `{}`", info.user),
            unless(key_data, &user.client_key),
        ),
        (
            format!("`tokenFile` of user `{}`", info.user),
            unless(user.token.is_some(), &user.token_file),
        ),
    ];
    for (key, path) in files {
        let Some(path) = path else { continue };
        if let Err(error) = std::fs::File::open(Path::new(&path)) {
            return Err(Failure::new(
                FailureKind::Credentials,
                format!("{key}: {path}: {}", plain(&error)),
            ));
        }
    }
    Ok(())
}

/// An I/O error without its number.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "may not be read".to_owned(),
        std::io::ErrorKind::IsADirectory => "is a folder".to_owned(),
        std::io::ErrorKind::InvalidData => "is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

/// One context with all it needs.
#[derive(Debug, Clone)]
pub struct Selected {
    /// Its names.
    pub info: ContextInfo,
    /// The cluster; paths are absolute.
    pub cluster: Cluster,
    /// The user; paths are absolute.
    pub user: AuthInfo,
}

impl Selected {
    /// As kube reads a kubeconfig, with this one context.
    pub fn merged(&self) -> Merged {
        Merged {
            clusters: vec![NamedCluster {
                name: self.info.cluster.clone(),
                cluster: Some(self.cluster.clone()),
                ..NamedCluster::default()
            }],
            auth_infos: vec![NamedAuthInfo {
                name: self.info.user.clone(),
                auth_info: Some(self.user.clone()),
                ..NamedAuthInfo::default()
            }],
            contexts: vec![NamedContext {
                name: self.info.name.clone(),
                context: Some(Context {
                    cluster: self.info.cluster.clone(),
                    user: Some(self.info.user.clone()),
                    namespace: Some(self.info.namespace.clone()),
                    ..Context::default()
                }),
                ..NamedContext::default()
            }],
            current_context: Some(self.info.name.clone()),
            ..Merged::default()
        }
    }
}

#[cfg(test)]
mod tests;
