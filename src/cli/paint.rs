//! Colour of one-shot commands: a theme's style as the sequence that sets it (ECMA-48, SGR). It must not decide what is coloured.

use ratatui::style::{Color, Modifier, Style};

/// Text between the sequence of a style and its end; the text alone for a style without anything.
pub fn paint(text: &str, style: Style) -> String {
    let mut codes: Vec<String> = Vec::new();
    let modifiers = [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
    ];
    codes.extend(
        modifiers
            .iter()
            .filter(|(flag, _)| style.add_modifier.contains(*flag))
            .map(|(_, code)| (*code).to_owned()),
    );
    codes.extend(style.fg.and_then(|colour| code(colour, 30)));
    codes.extend(style.bg.and_then(|colour| code(colour, 40)));
    if codes.is_empty() {
        text.to_owned()
    } else {
        format!("\x1b[{}m{text}\x1b[0m", codes.join(";"))
    }
}

/// `base` is 30 for the foreground, 40 for the background.
fn code(colour: Color, base: u8) -> Option<String> {
    let plain = |number: u8| Some((base + number).to_string());
    let bright = |number: u8| Some((base + 60 + number).to_string());
    match colour {
        Color::Reset => None,
        Color::Black => plain(0),
        Color::Red => plain(1),
        Color::Green => plain(2),
        Color::Yellow => plain(3),
        Color::Blue => plain(4),
        Color::Magenta => plain(5),
        Color::Cyan => plain(6),
        Color::Gray => plain(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
        Color::Indexed(index) => Some(format!("{};5;{index}", base + 8)),
        Color::Rgb(r, g, b) => Some(format!("{};2;{r};{g};{b}", base + 8)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_is_set_and_ended() {
        assert_eq!(paint("x", Style::new()), "x");
        assert_eq!(paint("x", Style::new().fg(Color::Reset)), "x");
        assert_eq!(
            paint("x", Style::new().fg(Color::Red).add_modifier(Modifier::BOLD)),
            "\x1b[1;31mx\x1b[0m"
        );
        assert_eq!(paint("x", Style::new().fg(Color::LightGreen)), "\x1b[92mx\x1b[0m");
        assert_eq!(
            paint("x", Style::new().bg(Color::Indexed(208))),
            "\x1b[48;5;208mx\x1b[0m"
        );
        assert_eq!(
            paint("x", Style::new().fg(Color::Rgb(1, 2, 3))),
            "\x1b[38;2;1;2;3mx\x1b[0m"
        );
    }
}
