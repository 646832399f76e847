//! Keys and commands, searchable, made from the action table.

use crate::app::line_edit::LineEdit;

/// The help overlay.
#[derive(Debug, Default)]
pub struct Help {
    /// What is searched for.
    pub line: LineEdit,
    /// First visible line.
    pub top: usize,
    /// Lines in all, as last drawn.
    pub lines: Vec<HelpLine>,
    /// Why changes are refused at present. `None` when they are not.
    pub refusal: Option<&'static str>,
}

/// One line of help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpLine {
    /// Section; empty for the same as above.
    pub section: String,
    /// Keys.
    pub keys: String,
    /// What they do.
    pub text: String,
    /// Changes the cluster.
    pub mutates: bool,
    /// Does not exist yet: shows a kubectl command.
    pub later: bool,
    /// Refused at present.
    pub disabled: bool,
}

impl Help {
    /// The lines that match what is typed.
    pub fn shown(&self) -> Vec<&HelpLine> {
        let wanted = self.line.text().to_lowercase();
        let hit = |line: &&HelpLine| {
            let mut words = wanted.split_whitespace();
            words.all(|word| {
                line.text.to_lowercase().contains(word)
                    || line.keys.to_lowercase().contains(word)
                    || line.section.contains(word)
            })
        };
        self.lines.iter().filter(hit).collect()
    }
}
