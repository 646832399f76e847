//! Colours as theme files write them, and what is left of them on a terminal that shows fewer. It must not know roles.

use ratatui::style::Color;

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Depth {
    /// None at all: bold, reverse and underline only.
    None,
    /// The 16 of ANSI, whose values the terminal chooses.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// 24 bits.
    #[default]
    True,
}

impl Depth {
    /// From the environment. `NO_COLOR` (no-color.org: present and not empty) beats everything; `COLORTERM` tells 24 bits; `TERM` the rest.
    pub fn detect(env: impl Fn(&str) -> Option<String>) -> Self {
        let is = |name: &str| env(name).filter(|value| !value.is_empty());
        let term = is("TERM").unwrap_or_default();
        if is("NO_COLOR").is_some() || term == "dumb" {
            return Self::None;
        }
        let colorterm = is("COLORTERM").unwrap_or_default();
        if matches!(colorterm.as_str(), "truecolor" | "24bit") || term.ends_with("-direct") {
            return Self::True;
        }
        let program = is("TERM_PROGRAM").unwrap_or_default();
        if is("WT_SESSION").is_some()
            || matches!(program.as_str(), "iTerm.app" | "WezTerm" | "ghostty" | "vscode")
        {
            return Self::True;
        }
        if matches!(
            term.as_str(),
            "xterm-kitty" | "xterm-ghostty" | "alacritty" | "foot" | "wezterm"
        ) {
            return Self::True;
        }
        if term.contains("256") || program == "Apple_Terminal" {
            return Self::Indexed;
        }
        Self::Sixteen
    }

    /// The setting `colours`: `truecolor`, `256`, `16`, `none`. `None` for anything else.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Self::None,
            "16" => Self::Sixteen,
            "256" => Self::Indexed,
            "truecolor" => Self::True,
            _ => return None,
        })
    }

    /// The nearest colour this terminal shows. `None` where there is no colour.
    pub fn nearest(self, colour: Color) -> Option<Color> {
        match (self, colour) {
            (Self::None, _) => None,
            (Self::Indexed, Color::Rgb(r, g, b)) => Some(Color::Indexed(indexed(r, g, b))),
            (Self::Sixteen, Color::Rgb(r, g, b)) => Some(sixteen(r, g, b)),
            (Self::Sixteen, Color::Indexed(index)) => {
                let (r, g, b) = rgb_of(index);
                Some(sixteen(r, g, b))
            }
            (_, colour) => Some(colour),
        }
    }
}

/// The 16 colours of ANSI with their names in theme files and xterm's values.
const ANSI: [(&str, Color, (u8, u8, u8)); 16] = [
    ("black", Color::Black, (0, 0, 0)),
    ("red", Color::Red, (205, 0, 0)),
    ("green", Color::Green, (0, 205, 0)),
    ("yellow", Color::Yellow, (205, 205, 0)),
    ("blue", Color::Blue, (0, 0, 238)),
    ("magenta", Color::Magenta, (205, 0, 205)),
    ("cyan", Color::Cyan, (0, 205, 205)),
    ("white", Color::Gray, (229, 229, 229)),
    ("bright-black", Color::DarkGray, (127, 127, 127)),
    ("bright-red", Color::LightRed, (255, 0, 0)),
    ("bright-green", Color::LightGreen, (0, 255, 0)),
    ("bright-yellow", Color::LightYellow, (255, 255, 0)),
    ("bright-blue", Color::LightBlue, (92, 92, 255)),
    ("bright-magenta", Color::LightMagenta, (255, 0, 255)),
    ("bright-cyan", Color::LightCyan, (0, 255, 255)),
    ("bright-white", Color::White, (255, 255, 255)),
];

/// A colour as written: `#1e2030`, `red`, `bright-red`, `default`, or a number of xterm's 256. `None` if it is none of these.
pub fn parse(text: &str) -> Option<Color> {
    if let Some(hex) = text.strip_prefix('#') {
        let value = u32::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 6)?;
        return Some(Color::Rgb((value >> 16) as u8, (value >> 8) as u8, value as u8));
    }
    if text == "default" {
        return Some(Color::Reset);
    }
    if let Ok(index) = text.parse() {
        return Some(Color::Indexed(index));
    }
    ANSI.iter()
        .find(|(name, ..)| *name == text)
        .map(|(_, colour, _)| *colour)
}

/// Steps of xterm's 6×6×6 cube.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// xterm's 256 colours: 16 of ANSI, the cube, 24 greys.
fn rgb_of(index: u8) -> (u8, u8, u8) {
    match index {
        0..16 => ANSI[usize::from(index)].2,
        16..232 => {
            let cube = usize::from(index - 16);
            (STEPS[cube / 36], STEPS[cube / 6 % 6], STEPS[cube % 6])
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
    }
}

fn indexed(r: u8, g: u8, b: u8) -> u8 {
    (16..=255)
        .min_by_key(|index| distance(rgb_of(*index), (r, g, b)))
        .unwrap_or(16)
}

/// By hue when there is one, else by brightness: the plain distance turns every soft colour into grey.
fn sixteen(r: u8, g: u8, b: u8) -> Color {
    let (high, low) = (r.max(g).max(b), r.min(g).min(b));
    let bright = high >= 192;
    if high - low < 48 {
        return match high {
            0..64 => Color::Black,
            64..160 => Color::DarkGray,
            160..224 => Color::Gray,
            224.. => Color::White,
        };
    }
    let middle = low.midpoint(high);
    let bits = usize::from(r > middle) | usize::from(g > middle) << 1 | usize::from(b > middle) << 2;
    ANSI[bits + if bright { 8 } else { 0 }].1
}

/// Squared distance weighted for the eye: red 2, green 4, blue 3 (the "redmean" approximation without its mean).
fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let square = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    2 * square(a.0, b.0) + 4 * square(a.1, b.1) + 3 * square(a.2, b.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(pairs: &[(&str, &str)]) -> Depth {
        Depth::detect(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_tells_the_depth() {
        assert_eq!(depth(&[("TERM", "xterm-256color")]), Depth::Indexed);
        assert_eq!(
            depth(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]),
            Depth::True
        );
        assert_eq!(
            depth(&[("TERM", "xterm"), ("NO_COLOR", "1"), ("COLORTERM", "24bit")]),
            Depth::None
        );
        assert_eq!(
            depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]),
            Depth::Indexed
        );
        assert_eq!(depth(&[("TERM", "linux")]), Depth::Sixteen);
        assert_eq!(depth(&[("TERM", "dumb")]), Depth::None);
        assert_eq!(depth(&[]), Depth::Sixteen);
    }

    #[test]
    fn colours_are_read_as_written() {
        assert_eq!(parse("#1e2030"), Some(Color::Rgb(0x1e, 0x20, 0x30)));
        assert_eq!(parse("bright-red"), Some(Color::LightRed));
        assert_eq!(parse("default"), Some(Color::Reset));
        assert_eq!(parse("208"), Some(Color::Indexed(208)));
        for text in ["#1e203", "#gggggg", "256", "rouge", ""] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn fewer_colours_stay_recognisable() {
        let nearest = |depth: Depth, text: &str| depth.nearest(parse(text).unwrap());
        assert_eq!(nearest(Depth::Indexed, "#ff0000"), Some(Color::Indexed(196)));
        assert_eq!(nearest(Depth::Indexed, "#808080"), Some(Color::Indexed(244)));
        assert_eq!(nearest(Depth::Sixteen, "#e06c75"), Some(Color::LightRed));
        assert_eq!(nearest(Depth::Sixteen, "#1e2030"), Some(Color::Black));
        assert_eq!(nearest(Depth::Sixteen, "#98c379"), Some(Color::LightGreen));
        assert_eq!(nearest(Depth::Sixteen, "208"), Some(Color::LightYellow));
        assert_eq!(nearest(Depth::Sixteen, "red"), Some(Color::Red));
        assert_eq!(nearest(Depth::None, "red"), None);
    }
}
