//! Roles to styles, for the colours this terminal has. It must not know what is on the screen.

mod colour;
mod file;
mod role;

pub use colour::Depth;
pub use role::Role;

use std::collections::HashMap;

use ratatui::style::{Color, Modifier, Style};

use crate::model::Problem;

/// The themes that come with the program: name and text. The first is the default; add a theme by a file and a line.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("dark", include_str!("../themes/dark.toml")),
    ("light", include_str!("../themes/light.toml")),
    ("contrast", include_str!("../themes/contrast.toml")),
    ("sixteen", include_str!("../themes/sixteen.toml")),
    ("nord", include_str!("../themes/nord.toml")),
];

/// A style for every role.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    name: String,
    depth: Depth,
    styles: Vec<Style>,
    contexts: HashMap<String, Style>,
}

impl Default for Theme {
    fn default() -> Self {
        Self::embedded("dark", Depth::default())
    }
}

impl Theme {
    /// A theme that comes with the program; the default one for an unknown name.
    pub fn embedded(name: &str, depth: Depth) -> Self {
        let (name, text) = EMBEDDED
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap_or(&EMBEDDED[0]);
        Self::read(name, name, text, depth).0
    }

    /// A theme from the text of its file, and what is wrong in it. Roles it does not name come from the theme it inherits (`dark` unless it says
    /// otherwise).
    pub fn read(name: &str, file: &str, text: &str, depth: Depth) -> (Self, Vec<Problem>) {
        let (sheet, problems) = file::read(file, text);
        let styles = Role::ALL
            .iter()
            .map(|role| fit(sheet.style(role.name()), *role, depth))
            .collect();
        let contexts = sheet
            .contexts()
            .map(|(name, style)| (name, fit(style, Role::ContextProd, depth)))
            .collect();
        (
            Self {
                name: name.to_owned(),
                depth,
                styles,
                contexts,
            },
            problems,
        )
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// How a context looks: what the theme or [`Theme::paint`] says for its name, else by [`Role::context`].
    pub fn context(&self, name: &str, protected: bool) -> Style {
        self.contexts
            .get(name)
            .copied()
            .unwrap_or_else(|| self.style(Role::context(name, protected)))
    }

    /// The nearest colour of this terminal. `None` without colours.
    pub fn nearest(&self, colour: Color) -> Option<Color> {
        self.depth.nearest(colour)
    }

    /// Gives a context a colour of its own: a colour as in theme files. False when it is none.
    pub fn paint(&mut self, context: &str, colour: &str) -> bool {
        let Some(colour) = colour::parse(colour) else {
            return false;
        };
        let style = self.style(Role::Context1).fg(colour);
        self.contexts
            .insert(context.to_owned(), fit(style, Role::ContextProd, self.depth));
        true
    }
}

/// The theme for `theme = "auto"`: the 16-colour one where there are no more, light when the terminal says so (`COLORFGBG`), else dark.
pub fn automatic(depth: Depth, env: impl Fn(&str) -> Option<String>) -> &'static str {
    if depth == Depth::Sixteen {
        return "sixteen";
    }
    let background = env("COLORFGBG").and_then(|value| value.rsplit(';').next().map(str::to_owned));
    match background.as_deref() {
        Some("7" | "15") => "light",
        _ => "dark",
    }
}

/// True when the text is a colour that theme and configuration files may use.
pub fn is_colour(text: &str) -> bool {
    colour::parse(text).is_some()
}

/// What is left of a style at a depth; without colours the roles that must be told apart get modifiers.
fn fit(style: Style, role: Role, depth: Depth) -> Style {
    let nearest = |colour: Option<_>| colour.and_then(|colour| depth.nearest(colour));
    let mut fitted = style;
    fitted.fg = nearest(style.fg);
    fitted.bg = nearest(style.bg);
    fitted.underline_color = nearest(style.underline_color);
    if depth == Depth::None {
        fitted = fitted.add_modifier(without_colour(role));
    }
    fitted
}

const fn without_colour(role: Role) -> Modifier {
    match role {
        Role::Select
        | Role::ButtonFocus
        | Role::ButtonDanger
        | Role::MatchCurrent
        | Role::Badge
        | Role::BadgeDemo
        | Role::BadgeReadOnly
        | Role::BadgeWrite
        | Role::ContextProd => Modifier::REVERSED,
        Role::SelectIdle | Role::Match => Modifier::UNDERLINED,
        Role::Mark
        | Role::Bad
        | Role::Warn
        | Role::Accent
        | Role::BorderFocus
        | Role::TitleFocus
        | Role::HeaderSort
        | Role::LogError
        | Role::LogFatal
        | Role::SyntaxHeading => Modifier::BOLD,
        _ => Modifier::empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_theme_is_without_fault() {
        for (name, text) in EMBEDDED {
            assert_eq!(Theme::read(name, name, text, Depth::True).1, [], "{name}");
        }
    }

    #[test]
    fn a_role_falls_back_along_its_dots_then_to_the_inherited_theme() {
        let text = "inherits = \"light\"\n[roles]\nborder = \"#010203\"\n";
        let (theme, problems) = Theme::read("t", "t.toml", text, Depth::True);
        assert_eq!(problems, []);
        assert_eq!(theme.style(Role::BorderFocus).fg, Some(Color::Rgb(1, 2, 3)));
        assert_eq!(
            theme.style(Role::Text),
            Theme::embedded("light", Depth::True).style(Role::Text)
        );
    }

    #[test]
    fn without_colour_the_cursor_is_still_seen() {
        for (name, _) in EMBEDDED {
            let theme = Theme::embedded(name, Depth::None);
            for role in Role::ALL {
                assert_eq!(
                    (theme.style(*role).fg, theme.style(*role).bg),
                    (None, None),
                    "{name} {role:?}"
                );
            }
            assert!(
                theme
                    .style(Role::Select)
                    .add_modifier
                    .contains(Modifier::REVERSED)
            );
        }
    }

    #[test]
    fn a_context_may_have_its_own_colour() {
        let (mut theme, _) = Theme::read(
            "t",
            "t",
            "[roles]\n\"context.blue-eks\" = \"#0000ff\"\n",
            Depth::True,
        );
        assert_eq!(theme.context("blue-eks", true).fg, Some(Color::Rgb(0, 0, 255)));
        assert_eq!(theme.context("other-prod", true), theme.style(Role::ContextProd));
        assert!(theme.paint("staging", "bright-green"));
        assert!(!theme.paint("staging", "no colour"));
        assert_eq!(theme.context("staging", false).fg, Some(Color::LightGreen));
    }

    #[test]
    fn automatic_follows_the_terminal() {
        assert_eq!(automatic(Depth::Sixteen, |_| None), "sixteen");
        assert_eq!(automatic(Depth::True, |_| Some("0;15".into())), "light");
        assert_eq!(automatic(Depth::True, |_| Some("15;0".into())), "dark");
        assert_eq!(automatic(Depth::Indexed, |_| None), "dark");
    }
}
