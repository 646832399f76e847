//! The keys of a game day's file.

use serde::Deserialize;
use serde_json::Value;

use super::tree::Spanned;
use crate::demo::world::flavor::Flavor;

/// A file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub name: String,
    pub title: Option<String>,
    pub flavor: Option<Flavor>,
    pub seed: Option<u64>,
    pub symptom: Spanned<String>,
    #[serde(default)]
    pub hints: Vec<String>,
    pub cause: String,
    #[serde(default)]
    pub evidence: Vec<String>,
    #[serde(default)]
    pub path: Vec<String>,
    pub steps: Spanned<Vec<Spanned<Given>>>,
    #[serde(default)]
    pub mended: Vec<Spanned<Check>>,
}

/// One step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    pub after: Option<Spanned<String>>,
    pub scenario: Option<Spanned<String>>,
    pub apply: Option<Spanned<Value>>,
    pub patch: Option<Spanned<String>>,
    pub with: Option<Value>,
    pub delete: Option<Spanned<String>>,
    pub silence: Option<Spanned<String>>,
    pub most: Option<usize>,
    pub program: Option<Spanned<ProgramStep>>,
    pub app: Option<Spanned<AppStep>>,
}

/// How the programs of an image behave from now on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProgramStep {
    pub image: String,
    pub leak: Option<Spanned<String>>,
    pub writes: Option<Spanned<String>>,
    pub cpu: Option<Spanned<String>>,
    pub ends: Option<Ends>,
}

/// How a program ends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ends {
    pub after: Spanned<String>,
    pub code: i32,
}

/// How an application is doing from now on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AppStep {
    pub name: String,
    pub answers: Option<Spanned<String>>,
    #[serde(default)]
    pub says: String,
    pub visitors: Option<f64>,
    pub until: Option<Spanned<Check>>,
}

/// One condition of the end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Check {
    pub ready: Option<Spanned<String>>,
    pub exists: Option<Spanned<String>>,
    pub gone: Option<Spanned<String>>,
    pub calm: Option<String>,
    pub value: Option<Spanned<String>>,
    pub at: Option<String>,
    pub is: Option<Value>,
    pub not: Option<Value>,
    pub at_least: Option<f64>,
    pub at_most: Option<f64>,
}
