//! Finds where a JSON value ends, over chunks, without parsing it. What is inside is the decoder's to judge.

use memchr::memchr2;

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
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.in_string {
                at += self.string(bytes.get(at..).unwrap_or_default())?;
                if !self.in_string && self.depth == 0 {
                    return Some(at);
                }
                continue;
            }
            if self.depth == 0 && self.scalar && ends_scalar(byte) {
                return Some(at);
            }
            at += 1;
            if self.outside(byte) {
                return Some(at);
            }
        }
        None
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

    /// Goes on inside a text; how many bytes were taken. `None` when all were, and the text goes on.
    fn string(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.escaped {
            self.escaped = false;
            return Some(1);
        }
        let at = memchr2(b'"', b'\\', bytes)?;
        if bytes.get(at) == Some(&b'"') {
            self.in_string = false;
        } else {
            self.escaped = true;
        }
        Some(at + 1)
    }
}

const fn ends_scalar(byte: u8) -> bool {
    matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t')
}
