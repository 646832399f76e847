//! What a script is: lists of pipelines of commands, and words in pieces. Plain data.

/// Pipelines and what joins each to the one before it.
pub type List = Vec<(Joint, Pipe)>;

/// When a pipeline runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// Always.
    Always,
    /// If the one before succeeded.
    And,
    /// If it failed.
    Or,
}

/// Stages, each of which reads what the one before it prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipe {
    /// `!`: success is failure.
    pub negated: bool,
    /// At least one.
    pub stages: Vec<Stage>,
}

/// A command and where its streams go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The command.
    pub what: What,
    /// In order.
    pub redirects: Vec<Redirect>,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Variables to set, then a program and its arguments, which may be none.
    Simple {
        /// `NAME=value` before the program.
        assigns: Vec<(String, Word)>,
        /// Program and arguments.
        words: Vec<Word>,
    },
    /// `{ …; }`.
    Group(List),
    /// `( … )`: what it changes of the shell is forgotten.
    Subshell(List),
    /// `for NAME in …; do …; done`.
    For {
        /// The variable.
        name: String,
        /// What it runs over.
        over: Vec<Word>,
        /// What is done for each.
        body: List,
    },
    /// `while …; do …; done`, and `until`.
    While {
        /// Whether it ends with success instead of failure.
        until: bool,
        /// Asked before each round.
        condition: List,
        /// What is done.
        body: List,
    },
    /// `if …; then …; elif …; then …; else …; fi`.
    If {
        /// Conditions and what follows from each.
        arms: Vec<(List, List)>,
        /// When none held.
        otherwise: List,
    },
    /// `case … in …) …;; esac`.
    Case {
        /// What is compared.
        word: Word,
        /// Patterns and what follows from each.
        arms: Vec<(Vec<Word>, List)>,
    },
}

/// Where a stream goes or comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirect {
    /// `>` and `>>`: the file, and whether it is appended.
    Out(Word, bool),
    /// `&>`: both streams.
    Both(Word),
    /// `<`.
    In(Word),
    /// `<<<`: the text itself.
    Text(Word),
    /// `2>` and `2>>`.
    Errors(Word, bool),
    /// `2>&1`.
    ErrorsToOut,
    /// `>&2`.
    OutToErrors,
}

/// One word, in pieces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word(pub Vec<Piece>);

/// A part of a word. What is quoted is neither split nor a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Text {
        /// The text.
        text: String,
        /// Whether it was quoted.
        quoted: bool,
    },
    /// `$NAME`, `${NAME}`, `${NAME:-word}`, `${#NAME}`.
    Variable {
        /// Its name, or `?`, `$`, `#`, `@`, a digit.
        name: String,
        /// Whether its length is wanted.
        length: bool,
        /// What is put in when it is empty, or (`+`) when it is not.
        instead: Option<(char, Box<Word>)>,
        /// Whether it was quoted.
        quoted: bool,
    },
    /// `$(…)` or backticks.
    Output {
        /// What is run.
        list: List,
        /// Whether it was quoted.
        quoted: bool,
    },
    /// `$((…))`.
    Sum(Box<Word>),
}

#[cfg(test)]
impl Word {
    /// A word of unquoted text.
    pub fn plain(text: &str) -> Self {
        let text = text.to_owned();
        Self(vec![Piece::Text { text, quoted: false }])
    }
}
