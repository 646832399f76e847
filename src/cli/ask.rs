//! Consent to a change: asked for on a terminal, `--yes` without one. It must not change anything.

use std::io::{self, BufRead, IsTerminal, Write};

use super::CliError;

/// What is asked.
pub(super) struct Question<'a> {
    /// What will happen, to what, in which cluster; lines.
    pub(super) what: &'a str,
    /// What must be typed: the object's name in a protected context, else `None` for `yes`.
    pub(super) word: Option<&'a str>,
    /// `--yes`.
    pub(super) yes: bool,
}

/// Goes on, or says why not.
pub(super) fn consent(question: &Question<'_>) -> Result<(), CliError> {
    if question.yes {
        return Ok(());
    }
    let mut error = io::stderr();
    writeln!(error, "{}", question.what)?;
    if !(io::stdin().is_terminal() && error.is_terminal()) {
        return Err(CliError::Usage(
            "nothing was changed: add `--yes` to do it without being asked".to_owned(),
        ));
    }
    let word = question.word.unwrap_or("yes");
    write!(error, "type `{word}` to do it: ")?;
    error.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == word {
        Ok(())
    } else {
        Err(CliError::Usage("nothing was changed".to_owned()))
    }
}
