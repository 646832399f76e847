//! Reads a keymap file: `[pods]` sections of `shell = "s"`, `logs = ["l", "ctrl-l"]`, `kill = "none"`. It must not stop at a mistake.

use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Chord, Keymap, defaults_of};
use crate::action::{Action, Scope};
use crate::model::Problem;
use crate::model::problem::{Source, suggestion};

/// One line of the file that makes sense: this action has these chords here.
struct Line {
    scope: Scope,
    action: Action,
    chords: Vec<(Chord, Range<usize>)>,
}

pub(super) fn read(file: &str, text: &str) -> (Keymap, Vec<Problem>) {
    let source = Source { file, text };
    let mut problems = Vec::new();
    let lines = match DeTable::parse(text) {
        Ok(root) => lines(root.get_ref(), &source, &mut problems),
        Err(error) => {
            let span = error.span().unwrap_or_default();
            problems.push(source.problem(&span, format!("not TOML: {}", error.message())));
            Vec::new()
        }
    };
    let keymap = apply(&lines, &source, &mut problems);
    problems.sort_by_key(|problem| problem.line);
    (keymap, problems)
}

fn lines(root: &DeTable<'_>, source: &Source<'_>, problems: &mut Vec<Problem>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (section, value) in root {
        let name = section.get_ref();
        let Some(scope) = Scope::named(name) else {
            let near = suggestion(name, Scope::ALL.iter().map(|scope| scope.name()));
            problems.push(source.problem(&section.span(), format!("unknown section `{name}`{near}")));
            continue;
        };
        let DeValue::Table(table) = value.get_ref() else {
            let message = format!("`{name}` is a section: write `[{name}]` and the actions below it");
            problems.push(source.problem(&value.span(), message));
            continue;
        };
        for (key, value) in table {
            match line(scope, key.get_ref(), value) {
                Ok(line) => lines.push(line),
                Err((None, message)) => problems.push(source.problem(&key.span(), message)),
                Err((Some(span), message)) => problems.push(source.problem(&span, message)),
            }
        }
    }
    lines
}

/// One `action = chords`; the error has the place unless it is the action itself.
fn line(
    scope: Scope,
    name: &str,
    value: &Spanned<DeValue<'_>>,
) -> Result<Line, (Option<Range<usize>>, String)> {
    let here = || Action::all().filter(|action| action.is_in(scope));
    let Some(action) = here().find(|action| action.name() == name) else {
        let message = if let Some(action) = Action::named(name) {
            let places: Vec<String> = action
                .spec()
                .keys
                .iter()
                .map(|(scope, _)| format!("[{}]", scope.name()))
                .collect();
            format!(
                "`{name}` belongs to {}, not to [{}]",
                places.join(" or "),
                scope.name()
            )
        } else {
            let near = suggestion(name, here().map(Action::name));
            format!("unknown action `{name}` in [{}]{near}", scope.name())
        };
        return Err((None, message));
    };
    let texts: Vec<(&str, Range<usize>)> = match value.get_ref() {
        DeValue::String(text) if text == "none" => Vec::new(),
        DeValue::String(text) => vec![(text, value.span())],
        DeValue::Array(values) => values
            .iter()
            .map(|value| match value.get_ref() {
                DeValue::String(text) => Ok((&**text, value.span())),
                _ => Err((Some(value.span()), "a key is a text like `\"ctrl-d\"`".to_owned())),
            })
            .collect::<Result<_, _>>()?,
        _ => {
            let message = "expected a key, a list of keys, or `\"none\"`".to_owned();
            return Err((Some(value.span()), message));
        }
    };
    let mut chords = Vec::new();
    for (text, span) in texts {
        let chord = text
            .parse()
            .map_err(|error: super::NotAChord| (Some(span.clone()), error.to_string()))?;
        chords.push((chord, span));
    }
    Ok(Line {
        scope,
        action,
        chords,
    })
}

/// The defaults without what the file rebinds, then what the file binds.
fn apply(lines: &[Line], source: &Source<'_>, problems: &mut Vec<Problem>) -> Keymap {
    let mut keymap = Keymap::default();
    keymap.bindings.retain(|(scope, _), action| {
        !lines
            .iter()
            .any(|line| line.scope == *scope && line.action == *action)
    });
    let mut own: HashMap<(Scope, Chord), Action> = HashMap::new();
    for line in lines {
        for (chord, span) in &line.chords {
            let place = (line.scope, *chord);
            let name = line.scope.name();
            if let Some(other) = own.get(&place).filter(|other| **other != line.action) {
                let message = format!(
                    "`{chord}` is already `{}` in [{name}]; this one is left out",
                    other.name()
                );
                problems.push(source.problem(span, message));
                continue;
            }
            own.insert(place, line.action);
            if let Some(other) = keymap
                .bindings
                .insert(place, line.action)
                .filter(|old| *old != line.action)
            {
                let free = format!("`{} = \"none\"`", other.name());
                let message = format!(
                    "`{chord}` was `{}` in [{name}]; write {free} or give it another key",
                    other.name()
                );
                problems.push(source.problem(span, message));
            }
        }
    }
    for line in lines {
        for (chord, span) in &line.chords {
            if let Some(message) = hides(&keymap, line, *chord) {
                problems.push(source.problem(span, message));
            }
        }
    }
    keymap
}

/// Says when a chord of the file hides one of a scope that every such pane listens to, or is hidden itself. A kind may hide keys of the table.
fn hides(keymap: &Keymap, line: &Line, chord: Chord) -> Option<String> {
    if defaults_of(line.action, line.scope).contains(&chord) {
        return None;
    }
    for chain in [Scope::TABLE, Scope::LOGS, Scope::TEXT] {
        let Some(own) = chain.iter().position(|scope| *scope == line.scope) else {
            continue;
        };
        for (at, scope) in chain.iter().enumerate().filter(|(at, _)| *at != own) {
            let Some(other) = keymap.bindings.get(&(*scope, chord)) else {
                continue;
            };
            let word = if at > own { "hides" } else { "is hidden by" };
            return Some(format!(
                "`{chord}` in [{}] {word} `{}` of [{}]",
                line.scope.name(),
                other.name(),
                scope.name()
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Object;

    fn messages(text: &str) -> Vec<String> {
        read("keymap.toml", text)
            .1
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn chord(text: &str) -> Chord {
        text.parse().unwrap()
    }

    #[test]
    fn an_action_takes_its_new_keys_and_loses_the_old() {
        let (keymap, problems) = read("k", "[pods]\nshell = [\"ctrl-x\", \"F2\"]\nkill = \"none\"\n");
        assert_eq!(problems, []);
        let shell = Some(Action::Object(Object::Shell));
        assert_eq!(keymap.action(chord("ctrl-x"), [Scope::Pods]), shell);
        assert_eq!(keymap.action(chord("F2"), [Scope::Pods]), shell);
        assert_eq!(keymap.action(chord("s"), [Scope::Pods]), None);
        assert_eq!(keymap.action(chord("ctrl-k"), [Scope::Pods]), None);
        assert_eq!(
            keymap.action(chord("s"), [Scope::Containers]),
            shell,
            "other scopes keep theirs"
        );
    }

    #[test]
    fn two_actions_may_swap_keys() {
        let (keymap, problems) = read("k", "[table]\nyaml = \"d\"\ndescribe = \"y\"\n");
        assert_eq!(problems, []);
        assert_eq!(
            keymap.action(chord("d"), [Scope::Table]),
            Some(Action::Object(Object::Yaml))
        );
    }

    #[test]
    fn every_mistake_is_named_with_its_line_and_the_rest_counts() {
        let text = "[pods]\nshel = \"x\"\nattach = \"hyper-x\"\nkill = 3\n[podz]\n[table]\nrestart = \"r\"\nyaml = \"Y\"\n";
        assert_eq!(
            messages(text),
            [
                "keymap.toml:2: unknown action `shel` in [pods], did you mean `shell`?",
                "keymap.toml:3: `hyper-x` is no key; write it like `ctrl-d`, `shift-left`, `F5`, `space` or `?`",
                "keymap.toml:4: expected a key, a list of keys, or `\"none\"`",
                "keymap.toml:5: unknown section `podz`, did you mean `pods`?",
                "keymap.toml:7: `restart` belongs to [workloads], not to [table]",
            ]
        );
        let (keymap, _) = read("k", text);
        assert_eq!(
            keymap.action(chord("Y"), [Scope::Table]),
            Some(Action::Object(Object::Yaml))
        );
    }

    #[test]
    fn conflicts_are_named() {
        assert_eq!(
            messages("[table]\nyaml = \"d\"\nlogs = \"d\"\nmark = \"j\"\n"),
            [
                "keymap.toml:2: `d` was `describe` in [table]; write `describe = \"none\"` or give it another key",
                "keymap.toml:3: `d` is already `yaml` in [table]; this one is left out",
                "keymap.toml:4: `j` in [table] hides `down` of [move]",
            ]
        );
    }

    #[test]
    fn what_is_not_toml_leaves_the_defaults() {
        let (keymap, problems) = read("k", "[pods\nshell = 1");
        assert_eq!(keymap, Keymap::default());
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].line, Some(1));
    }
}
