//! A drawn frame in ASCII, for terminals and fonts without the rest. It replaces our own signs only; text of the cluster stays as it is.

use ratatui::buffer::Buffer;

/// Replaces frames, bars and signs by their nearest in ASCII.
pub fn ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let mut characters = cell.symbol().chars();
        if let (Some(sign), None) = (characters.next(), characters.next())
            && let Some(plain) = plain(sign)
        {
            cell.set_char(plain);
        }
    }
}

/// `None` for what is not one of our signs.
const fn plain(sign: char) -> Option<char> {
    Some(match sign {
        '─' | '━' | '┄' | '┈' | '–' | '—' | '−' => '-',
        '│' | '┃' => '|',
        '╭' | '╮' | '╰' | '╯' | '├' | '┤' | '┬' | '┴' | '┼' | '┌' | '┐' | '└' | '┘' | '✓' => {
            '+'
        }
        '▏' | '▎' | '▍' | '▁' | '▂' | '▃' | '░' | '▒' | '·' => '.',
        '▌' | '▋' | '▊' | '▄' | '▅' => '=',
        '▉' | '█' | '▆' | '▇' => '#',
        '▸' | '›' | '→' => '>',
        '‹' | '←' => '<',
        '▾' | '↓' => 'v',
        '▲' => '!',
        '↑' => '^',
        '●' | '◌' | '○' => 'o',
        '✗' | '×' => 'x',
        '…' => '~',
        '⊘' => '/',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_signs_become_ascii_and_other_text_stays() {
        let mut buffer = Buffer::with_lines(["╭ Pods ──╮", "│▸日本 █▌░│", "╰─ ü … ✗─╯"]);
        ascii(&mut buffer);
        assert_eq!(
            buffer,
            Buffer::with_lines(["+ Pods --+", "|>日本 #=.|", "+- ü ~ x-+"])
        );
    }
}
