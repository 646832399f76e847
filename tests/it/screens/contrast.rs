//! Text of every embedded theme can be read: on its ground and in the row under the cursor.

use kubris::theme::{Depth, EMBEDDED, Role, Theme};
use ratatui::style::Color;

/// The ground of a terminal that a theme is made for, where it leaves the ground to the terminal. `None` where all colours are the terminal's.
fn terminal(theme: &str) -> Option<Color> {
    match theme {
        "sixteen" => None,
        "light" => Some(Color::Rgb(0xff, 0xff, 0xff)),
        "contrast" => Some(Color::Rgb(0, 0, 0)),
        "nord" => Some(Color::Rgb(0x2e, 0x34, 0x40)),
        _ => Some(Color::Rgb(0x1e, 0x1e, 0x1e)),
    }
}

const TEXTS: [Role; 14] = [
    Role::Dim,
    Role::Accent,
    Role::Ok,
    Role::Warn,
    Role::Bad,
    Role::Busy,
    Role::Done,
    Role::Changed,
    Role::Header,
    Role::Title,
    Role::Hint,
    Role::LogTime,
    Role::SyntaxKey,
    Role::SyntaxComment,
];

/// Relative luminance: WCAG 2.2, "relative luminance".
fn luminance(colour: Color) -> Option<f64> {
    let Color::Rgb(red, green, blue) = colour else {
        return None;
    };
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    Some(0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue))
}

/// WCAG 2.2, "contrast ratio": 1 to 21. `None` for colours that the terminal chooses.
pub fn contrast(a: Color, b: Color) -> Option<f64> {
    let (a, b) = (luminance(a)?, luminance(b)?);
    Some((a.max(b) + 0.05) / (a.min(b) + 0.05))
}

#[test]
fn all_text_can_be_read() {
    let mut bad = Vec::new();
    for (name, _) in EMBEDDED {
        let theme = Theme::embedded(name, Depth::True);
        let own = theme
            .style(Role::Text)
            .bg
            .filter(|colour| *colour != Color::Reset);
        let Some(ground) = own.or(terminal(name)) else {
            continue;
        };
        let row = theme.style(Role::Select).bg.unwrap();
        for role in TEXTS {
            let Some(front) = theme.style(role).fg else {
                continue;
            };
            for (place, back, least) in [("ground", ground, 4.5), ("cursor", row, 3.0)] {
                if let Some(contrast) = contrast(front, back).filter(|contrast| *contrast < least) {
                    bad.push(format!(
                        "{name} {role:?} on the {place}: {contrast:.1}, at least {least}"
                    ));
                }
            }
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
}
