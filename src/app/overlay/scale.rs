//! The scale prompt: current → target for one or many, what would undo it, and whether the new pods fit.

use crate::app::line_edit::LineEdit;
use crate::model::ObjectKey;
use crate::msg::EffectId;
use crate::rules::scale::Change;

/// One workload to scale.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleTarget {
    /// Which.
    pub key: ObjectKey,
    /// `deploy/web`.
    pub label: String,
    /// Replicas it asks for now. `None` until fetched.
    pub now: Option<u32>,
    /// Why it could not be fetched.
    pub problem: Option<String>,
    /// The fetch under way.
    pub pending: Option<EffectId>,
    /// What will undo the change: `hpa/web (min 4 max 10)`.
    pub undone_by: Option<String>,
}

/// The scale prompt.
#[derive(Debug)]
pub struct ScaleDialog {
    /// The workloads.
    pub targets: Vec<ScaleTarget>,
    /// What is typed.
    pub line: LineEdit,
    /// The first letter replaces the proposal.
    pub fresh: bool,
    /// What was acted on when it was not the workload itself: `owner of pod web-7d9f`.
    pub note: Option<String>,
    /// Whether all the new pods fit, in words. `None` while nothing is added.
    pub fit: Option<String>,
}

impl ScaleDialog {
    /// Pasted text replaces the proposal as typed text does.
    pub fn paste(&mut self, text: &str) {
        if std::mem::take(&mut self.fresh) {
            self.line = LineEdit::default();
        }
        self.line.paste(text);
    }

    /// The replicas a target would get; `None` while it cannot be said, `Err` when what is typed makes no sense.
    pub fn wanted(&self, target: &ScaleTarget) -> Result<Option<u32>, String> {
        let text = self.line.text().trim();
        if text.is_empty() {
            return Ok(target.now);
        }
        let change = Change::parse(text).map_err(|error| error.to_string())?;
        target
            .now
            .map(|now| change.target(now).map_err(|error| error.to_string()))
            .transpose()
    }
}
