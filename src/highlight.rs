//! Syntax colours for files inside objects (scripts, JSON, TOML …), by syntect. Called on another thread, never by the loop.

use std::sync::LazyLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use crate::model::Tone;
use crate::model::doc::{Line, span};

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// Files without a grammar here, and the nearest that has one: names, values and comments are told apart.
const NEAREST: &[(&str, &str)] = &[
    ("conf", "properties"),
    ("cnf", "properties"),
    ("cfg", "properties"),
    ("env", "properties"),
    ("ini", "properties"),
    ("toml", "properties"),
    ("hcl", "properties"),
    ("tf", "properties"),
    ("ts", "js"),
    ("tpl", "yaml"),
    ("rules", "yaml"),
];

fn syntax_named(name: &str) -> Option<&'static SyntaxReference> {
    let near = NEAREST.iter().find(|(known, _)| *known == name);
    let found = SYNTAXES.find_syntax_by_token(name);
    found.or_else(|| SYNTAXES.find_syntax_by_token(near?.1))
}

/// The lines with tones. `syntax` is a file extension or name (`sh`, `json`); an unknown one leaves them plain.
pub fn lines(syntax: &str, lines: &[String]) -> Vec<Line> {
    let Some(found) = syntax_named(syntax) else {
        return lines
            .iter()
            .map(|line| vec![span(line.clone(), Tone::Text)])
            .collect();
    };
    let mut state = ParseState::new(found);
    let mut stack = ScopeStack::new();
    lines
        .iter()
        .map(|line| coloured(line, &mut state, &mut stack))
        .collect()
}

fn coloured(line: &str, state: &mut ParseState, stack: &mut ScopeStack) -> Line {
    let text = format!("{line}\n");
    let Ok(changes) = state.parse_line(&text, &SYNTAXES) else {
        return vec![span(line.to_owned(), Tone::Text)];
    };
    let mut out = Line::new();
    let mut at = 0;
    for (offset, change) in changes {
        push(&mut out, line.get(at..offset.min(line.len())), tone(stack));
        at = offset;
        if stack.apply(&change).is_err() {
            break;
        }
    }
    push(&mut out, line.get(at.min(line.len())..), tone(stack));
    out
}

fn push(out: &mut Line, text: Option<&str>, tone: Tone) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        out.push(span(text.to_owned(), tone));
    }
}

/// Scope prefixes and what they are, the most particular first.
static TONES: LazyLock<Vec<(Scope, Tone)>> = LazyLock::new(|| {
    let table = [
        ("comment", Tone::Comment),
        ("string", Tone::Text),
        ("constant", Tone::Number),
        ("keyword", Tone::Accent),
        ("storage", Tone::Accent),
        ("entity.name", Tone::Key),
        ("support", Tone::Key),
        ("variable", Tone::Key),
        ("punctuation", Tone::Dim),
    ];
    table
        .into_iter()
        .filter_map(|(prefix, tone)| Some((Scope::new(prefix).ok()?, tone)))
        .collect()
});

fn tone(stack: &ScopeStack) -> Tone {
    let mut scopes = stack.as_slice().iter().rev();
    let known = |scope: &Scope| {
        TONES
            .iter()
            .find(|(prefix, _)| prefix.is_prefix_of(*scope))
            .map(|(_, tone)| *tone)
    };
    scopes.find_map(known).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_gets_tones_and_keeps_its_text() {
        let script = [
            "#!/bin/sh".to_owned(),
            "# why".to_owned(),
            "echo \"hi ${NAME}\"".to_owned(),
        ];
        let coloured = lines("sh", &script);
        for (line, source) in coloured.iter().zip(&script) {
            assert_eq!(line.iter().map(|span| &*span.text).collect::<String>(), *source);
        }
        assert!(coloured[1].iter().any(|span| span.tone == Tone::Comment));
        assert!(coloured[2].iter().any(|span| span.tone == Tone::Text));
        let conf = ["# why".to_owned(), "worker_processes 4".to_owned()];
        let coloured = lines("conf", &conf);
        assert!(
            coloured[0].iter().any(|span| span.tone == Tone::Comment),
            "{coloured:?}"
        );
        assert_eq!(lines("no-such-language", &script)[0].len(), 1);
    }
}
