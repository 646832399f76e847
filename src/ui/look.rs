//! The style of a look. Knows no place.

use ratatui::style::{Color, Modifier, Style};

use crate::model::{Health, Tone};
use crate::theme::{Role, Theme};
use crate::view::{Hue, Ink, Level, Look};

const PODS: [Role; 8] = [
    Role::Pod1,
    Role::Pod2,
    Role::Pod3,
    Role::Pod4,
    Role::Pod5,
    Role::Pod6,
    Role::Pod7,
    Role::Pod8,
];

/// How a look is drawn; plain text keeps the style it stands on.
pub(super) fn style(theme: &Theme, look: Look) -> Style {
    let role = match look {
        Look::Plain | Look::Tone(Tone::Plain) | Look::Level(Level::Unknown) => return Style::new(),
        Look::Ink(ink) => return inked(theme, ink),
        Look::Tone(tone) => tone_role(tone),
        Look::Health(health) => Role::of(health),
        Look::Pod(number) => PODS
            .get(number as usize % PODS.len())
            .copied()
            .unwrap_or_default(),
        Look::Level(level) => level_role(level),
        Look::Match => Role::Match,
        Look::Changed => Role::Changed,
        Look::Key => Role::Accent,
        Look::Context => Role::Context1,
    };
    theme.style(role)
}

/// How a look is drawn in a table: there, what is as it should be needs no colour.
pub(super) fn cell_style(theme: &Theme, look: Look) -> Style {
    match look {
        Look::Health(Health::Ok) => Style::new(),
        other => style(theme, other),
    }
}

/// How the name of an object is drawn.
pub(super) fn row_style(theme: &Theme, health: Health) -> Style {
    match health {
        Health::Ok => Style::new(),
        other => style(theme, Look::Health(other)),
    }
}

const fn tone_role(tone: Tone) -> Role {
    match tone {
        Tone::Plain => Role::Text,
        Tone::Dim => Role::Dim,
        Tone::Heading => Role::SyntaxHeading,
        Tone::Key => Role::SyntaxKey,
        Tone::Text => Role::SyntaxString,
        Tone::Number => Role::SyntaxNumber,
        Tone::Comment => Role::SyntaxComment,
        Tone::Accent => Role::Accent,
        Tone::Ok => Role::Ok,
        Tone::Busy => Role::Busy,
        Tone::Warn => Role::Warn,
        Tone::Bad => Role::Bad,
    }
}

const fn level_role(level: Level) -> Role {
    match level {
        Level::Unknown => Role::Text,
        Level::Trace => Role::LogTrace,
        Level::Debug => Role::LogDebug,
        Level::Info => Role::LogInfo,
        Level::Warn => Role::LogWarn,
        Level::Error => Role::LogError,
        Level::Fatal => Role::LogFatal,
    }
}

/// The style a log line asks for by itself, in the colours of this terminal.
fn inked(theme: &Theme, ink: Ink) -> Style {
    let mut style = Style::new();
    style.fg = ink.front.and_then(|hue| theme.nearest(colour(hue)));
    style.bg = ink.back.and_then(|hue| theme.nearest(colour(hue)));
    let modifiers = [
        (ink.bold, Modifier::BOLD),
        (ink.dim, Modifier::DIM),
        (ink.italic, Modifier::ITALIC),
        (ink.underline, Modifier::UNDERLINED),
        (ink.reverse, Modifier::REVERSED),
        (ink.strike, Modifier::CROSSED_OUT),
    ];
    for (_, modifier) in modifiers.into_iter().filter(|(wanted, _)| *wanted) {
        style = style.add_modifier(modifier);
    }
    style
}

const fn colour(hue: Hue) -> Color {
    match hue {
        Hue::Indexed(index) => Color::Indexed(index),
        Hue::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}
