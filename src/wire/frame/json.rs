//! Finds where a JSON value ends, over chunks, without parsing it. What is inside is the decoder's to judge.

/// Looks for the end of one value; remembers where it is between chunks.
#[derive(Debug, Clone, Default)]
pub struct Scanner {
    depth: usize,
    in_string: bool,
    escaped: bool,
    scalar: bool,
}

impl Scanner {
    /// How many of these bytes, which follow those of the calls before, belong to the value. `None` when it goes on behind them.
    /// An object, array or text ends with its last character; anything else before the next `,`, `]`, `}` or space.
    pub fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let (words, rest) = bytes.as_chunks::<8>();
        for (at, word) in words.iter().enumerate() {
            if !self.passes(*word) {
                if let Some(end) = self.slowly(word) {
                    return Some(at * 8 + end);
                }
            }
        }
        self.slowly(rest).map(|end| words.len() * 8 + end)
    }

    /// Takes eight bytes at once if the value surely does not end in them and no character is escaped.
    fn passes(&mut self, word: [u8; 8]) -> bool {
        let word = u64::from_le_bytes(word);
        if self.depth == 0 || self.escaped || equal(word, b'\\') != 0 {
            return false;
        }
        // Every bit of `inside` says whether its byte lies in a text: an odd number of quotes up to it, or an even one if we began inside.
        let mut inside = equal(word, b'"');
        inside ^= inside << 1;
        inside ^= inside << 2;
        inside ^= inside << 4;
        if self.in_string {
            inside = !inside;
        }
        // `[` and `{`, `]` and `}` differ in one bit.
        let folded = word | 0x2020_2020_2020_2020;
        let opened = (equal(folded, b'{') & !inside).count_ones() as usize;
        let closed = (equal(folded, b'}') & !inside).count_ones() as usize;
        if closed >= self.depth {
            return false;
        }
        self.depth = self.depth + opened - closed;
        self.in_string = inside & 0x80 != 0;
        true
    }

    fn slowly(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.in_string {
                self.inside(byte);
                if !self.in_string && self.depth == 0 {
                    return Some(at + 1);
                }
            } else if self.depth == 0 && self.scalar && ends_scalar(byte) {
                return Some(at);
            } else if self.outside(byte) {
                return Some(at + 1);
            }
        }
        None
    }

    /// Takes a byte of a text.
    fn inside(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.in_string = false,
            _ => {}
        }
    }

    /// Takes a byte outside of any text; true when it ends the value.
    fn outside(&mut self, byte: u8) -> bool {
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ if self.depth == 0 && !byte.is_ascii_whitespace() => self.scalar = true,
            _ => {}
        }
        false
    }
}

const fn ends_scalar(byte: u8) -> bool {
    matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t')
}

/// Which of the eight bytes equal this one, as the lowest eight bits, the first byte lowest. Source: H. S. Warren, "Hacker's Delight",
/// 6-1, "Find first 0-byte", the exact form; the multiplication gathers the bits.
const fn equal(word: u64, byte: u8) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let differs = word ^ (0x0101_0101_0101_0101 * byte as u64);
    let zero = !(((differs & LOW) + LOW) | differs | LOW);
    ((zero >> 7).wrapping_mul(0x0102_0408_1020_4080)) >> 56
}

#[cfg(test)]
mod tests {
    use super::{Scanner, equal};

    #[test]
    fn bytes_are_found_in_their_places() {
        assert_eq!(equal(u64::from_le_bytes(*b"a\"b\"c{}\""), b'"'), 0b1000_1010);
        assert_eq!(
            equal(
                u64::from_le_bytes([0x80, 0x22, 0xa2, 0x23, 0x21, 0x22, 0, 0xff]),
                b'"'
            ),
            0b0010_0010
        );
    }

    #[test]
    fn the_end_is_the_same_by_eights_and_by_ones() {
        let texts = [
            r#"{"a":"}]","b":[{"c":"\"}"},[[]]],"d":{"e":"\\"}}, {"#,
            r#"["\\\"]","x"],"#,
            r#""text \" with } and ,","#,
            "-1.5e3,",
            r#"{"kkkkkkkkkkkkkkkkkkkkkkkkkkkkk":"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"}  "#,
        ];
        for text in texts {
            let whole = Scanner::default().end(text.as_bytes());
            assert!(whole.is_some(), "{text}");
            for start in 0..8 {
                let mut scanner = Scanner::default();
                let (head, tail) = text.as_bytes().split_at(start.min(text.len()));
                let by_ones = head.iter().position(|byte| scanner.end(&[*byte]).is_some());
                let end = by_ones.map_or_else(|| scanner.end(tail).map(|end| end + head.len()), |_| whole);
                assert_eq!(end, whole, "{text} {start}");
            }
        }
    }
}
