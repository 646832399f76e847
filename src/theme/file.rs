//! Reads a theme file: `inherits`, a `[palette]` of named colours and `[roles]`. It must not stop at a mistake.

use std::collections::HashMap;

use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{EMBEDDED, Role, colour};
use crate::model::Problem;
use crate::model::problem::{Source, suggestion};

/// The styles a file names, and those of the file it inherits.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    styles: HashMap<String, Style>,
    inherited: Option<Box<Sheet>>,
}

impl Sheet {
    /// The style of a role: `a.b`, else `a`, each in this file before the inherited one.
    pub(super) fn style(&self, name: &str) -> Style {
        self.own(name)
            .or_else(|| self.inherited.as_ref().map(|sheet| sheet.style(name)))
            .unwrap_or_default()
    }

    fn own(&self, name: &str) -> Option<Style> {
        self.styles
            .get(name)
            .copied()
            .or_else(|| self.own(Role::parent(name)?))
    }

    /// Contexts that have a style by name.
    pub(super) fn contexts(&self) -> impl Iterator<Item = (String, Style)> {
        self.styles
            .iter()
            .filter(|(name, _)| Role::named(name).is_none())
            .filter_map(|(name, style)| Some((name.strip_prefix("context.")?.to_owned(), *style)))
    }
}

/// What reading collects.
struct Reader<'a> {
    source: Source<'a>,
    palette: HashMap<String, Color>,
    problems: Vec<Problem>,
}

pub(super) fn read(file: &str, text: &str) -> (Sheet, Vec<Problem>) {
    let source = Source { file, text };
    let mut reader = Reader {
        source,
        palette: HashMap::new(),
        problems: Vec::new(),
    };
    let mut sheet = match DeTable::parse(text) {
        Ok(root) => reader.sheet(root.get_ref()),
        Err(error) => {
            let message = format!("not TOML: {}", error.message());
            reader
                .problems
                .push(source.problem(&error.span().unwrap_or_default(), message));
            Sheet::default()
        }
    };
    if sheet.inherited.is_none() && text != EMBEDDED[0].1 {
        sheet.inherited = Some(Box::new(read(EMBEDDED[0].0, EMBEDDED[0].1).0));
    }
    (sheet, reader.problems)
}

impl Reader<'_> {
    fn complain(&mut self, span: &std::ops::Range<usize>, message: String) {
        self.problems.push(self.source.problem(span, message));
    }

    fn sheet(&mut self, root: &DeTable<'_>) -> Sheet {
        let mut sheet = Sheet::default();
        if let Some(value) = root.get("palette") {
            self.read_palette(value);
        }
        for (key, value) in root {
            match (&**key.get_ref(), value.get_ref()) {
                ("palette", _) => {}
                ("inherits", DeValue::String(name)) => {
                    match EMBEDDED.iter().find(|(known, _)| known == name) {
                        Some((name, text)) => sheet.inherited = Some(Box::new(read(name, text).0)),
                        None => {
                            self.complain(&value.span(), format!("no theme `{name}` to inherit{}", themes()));
                        }
                    }
                }
                ("roles", DeValue::Table(roles)) => self.read_roles(roles, &mut sheet),
                (name, _) => {
                    let near = suggestion(name, ["palette", "roles", "inherits"]);
                    self.complain(&key.span(), format!("unknown or wrong key `{name}`{near}"));
                }
            }
        }
        sheet
    }

    fn read_palette(&mut self, value: &Spanned<DeValue<'_>>) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.complain(&value.span(), "`palette` is a section".to_owned());
        };
        for (key, value) in table {
            if let Some(colour) = self.colour(value) {
                self.palette.insert(key.get_ref().to_string(), colour);
            }
        }
    }

    fn read_roles(&mut self, roles: &DeTable<'_>, sheet: &mut Sheet) {
        for (key, value) in roles {
            let name = &**key.get_ref();
            let known = Role::named(name).is_some()
                || name.starts_with("context.")
                || Role::ALL
                    .iter()
                    .any(|role| Role::parent(role.name()) == Some(name));
            if !known {
                let near = suggestion(name, Role::ALL.iter().map(|role| role.name()));
                self.complain(&key.span(), format!("unknown role `{name}`{near}"));
            }
            if let Some(style) = self.style(value).filter(|_| known) {
                sheet.styles.insert(name.to_owned(), style);
            }
        }
    }

    /// `"red"`, or `{ fg = "red", bg = "#101010", mods = ["bold"] }`.
    fn style(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Style> {
        let DeValue::Table(table) = value.get_ref() else {
            return Some(Style::new().fg(self.colour(value)?));
        };
        let mut style = Style::new();
        for (key, value) in table {
            match &**key.get_ref() {
                "fg" => style.fg = self.colour(value),
                "bg" => style.bg = self.colour(value),
                "mods" => style.add_modifier = self.modifiers(value),
                name => self.complain(
                    &key.span(),
                    format!("unknown key `{name}`; known: `fg`, `bg`, `mods`"),
                ),
            }
        }
        Some(style)
    }

    fn colour(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Color> {
        if let DeValue::String(text) = value.get_ref() {
            let colour = self.palette.get(&**text).copied().or_else(|| colour::parse(text));
            if colour.is_some() {
                return colour;
            }
        }
        let message = "no colour; write `\"#1e2030\"`, `\"red\"`, `\"bright-red\"`, `\"default\"`, `\"208\"` or a name of the palette";
        self.complain(&value.span(), message.to_owned());
        None
    }

    fn modifiers(&mut self, value: &Spanned<DeValue<'_>>) -> Modifier {
        let known = [
            ("bold", Modifier::BOLD),
            ("dim", Modifier::DIM),
            ("italic", Modifier::ITALIC),
            ("underline", Modifier::UNDERLINED),
            ("reverse", Modifier::REVERSED),
        ];
        let mut modifiers = Modifier::empty();
        let DeValue::Array(values) = value.get_ref() else {
            self.complain(&value.span(), "`mods` is a list like `[\"bold\"]`".to_owned());
            return modifiers;
        };
        for value in values {
            let name = value.get_ref().as_str().unwrap_or_default();
            if let Some((_, modifier)) = known.iter().find(|(known, _)| *known == name) {
                modifiers |= *modifier;
            } else {
                let names = known.map(|(name, _)| name).join(", ");
                self.complain(&value.span(), format!("unknown modifier; known: {names}"));
            }
        }
        modifiers
    }
}

fn themes() -> String {
    let names: Vec<&str> = EMBEDDED.iter().map(|(name, _)| *name).collect();
    format!("; known: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_named_with_its_line_and_the_rest_counts() {
        let text = "inherits = \"dork\"\n[palette]\nsea = \"#00f\"\n[roles]\nbordr = \"red\"\nok = \"sea\"\n\
                    bad = { fg = \"red\", bold = true }\nwarn = { mods = [\"bald\"] }\n";
        let (sheet, problems) = read("t.toml", text);
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(lines.len(), 6, "{lines:#?}");
        assert!(lines[0].starts_with("t.toml:3: no colour"));
        assert!(lines[1].starts_with("t.toml:1: no theme `dork` to inherit; known: dark,"));
        assert_eq!(lines[2], "t.toml:5: unknown role `bordr`, did you mean `border`?");
        assert!(lines[3].starts_with("t.toml:6: no colour"));
        assert_eq!(
            lines[4],
            "t.toml:7: unknown key `bold`; known: `fg`, `bg`, `mods`"
        );
        assert!(lines[5].starts_with("t.toml:8: unknown modifier"));
        assert_eq!(sheet.style("bad").fg, Some(Color::Red));
    }
}
