//! Finds where a JSON value ends, over chunks, without parsing it. What is inside is the decoder's to judge.

use wide::u8x64;

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
        let mut start = 0;
        // Up to the first bracket one by one: blocks are looked at from inside an object or array.
        while self.depth == 0 {
            let first = bytes.get(start..=start)?;
            if let Some(end) = self.slowly(first) {
                return Some(start + end);
            }
            start += 1;
        }
        let (blocks, rest) = bytes.get(start..)?.as_chunks::<BLOCK>();
        for block in blocks {
            if let Some(end) = self.block(block, BLOCK) {
                return Some(start + end);
            }
            start += BLOCK;
        }
        let mut block = [b' '; BLOCK];
        let (head, _) = block.split_at_mut(rest.len());
        head.copy_from_slice(rest);
        self.block(&block, rest.len()).map(|end| start + end)
    }

    /// Takes the first `len` bytes of a block inside an object or array; what is behind them is blank. Every bit of a word stands for a byte,
    /// the first lowest. Source: G. Langdale and D. Lemire, "Parsing Gigabytes of JSON per Second", 3.1.
    fn block(&mut self, block: &[u8; BLOCK], len: usize) -> Option<usize> {
        let (escaped, beyond) = escaped(places(block, b'\\', 0), self.escaped);
        let pending = if len < BLOCK {
            escaped >> len & 1 == 1
        } else {
            beyond
        };
        // A byte lies in a text if there is an odd number of quotes up to it, or an even one if we began inside.
        let mut inside = places(block, b'"', 0) & !escaped;
        for shift in [1, 2, 4, 8, 16, 32] {
            inside ^= inside << shift;
        }
        if self.in_string {
            inside = !inside;
        }
        self.in_string = inside >> (BLOCK - 1) == 1;
        self.escaped = pending && self.in_string;
        // `[` and `{`, `]` and `}` differ in one bit.
        let opened = places(block, b'{', 0x20) & !inside;
        let closed = places(block, b'}', 0x20) & !inside;
        let closes = closed.count_ones() as usize;
        if closes < self.depth {
            self.depth = self.depth + opened.count_ones() as usize - closes;
            return None;
        }
        self.closing(opened, closed)
    }

    /// Follows the brackets of a block in which the value may end.
    fn closing(&mut self, opened: u64, closed: u64) -> Option<usize> {
        let mut brackets = opened | closed;
        while brackets != 0 {
            let at = brackets.trailing_zeros();
            if opened >> at & 1 == 1 {
                self.depth += 1;
            } else {
                self.depth -= 1;
                if self.depth == 0 {
                    return Some(at as usize + 1);
                }
            }
            brackets &= brackets - 1;
        }
        None
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

/// Where a byte of the block, with the bits of `fold` set, is this one.
fn places(block: &[u8; BLOCK], byte: u8, fold: u8) -> u64 {
    let folded = u8x64::from(*block) | u8x64::splat(fold);
    folded.simd_eq(u8x64::splat(byte)).to_bitmask()
}

/// Which bytes are escaped, by the places of the backslashes; whether the first byte of the next block is. `first`: the first of this one is.
fn escaped(mut slashes: u64, first: bool) -> (u64, bool) {
    let mut escaped = u64::from(first);
    slashes &= !escaped;
    while slashes != 0 {
        let at = slashes.trailing_zeros();
        if at == 63 {
            return (escaped, true);
        }
        escaped |= 2 << at;
        slashes &= !(3 << at);
    }
    (escaped, false)
}

/// How many bytes are looked at together: one for each bit of a word.
const BLOCK: usize = 64;

#[cfg(test)]
mod tests {
    use super::{BLOCK, Scanner, escaped, places};

    #[test]
    fn bytes_and_escapes_are_found_in_their_places() {
        let mut block = [b'.'; BLOCK];
        for at in [0, 7, 8, 31, 63] {
            block[at] = b'[';
        }
        assert_eq!(
            places(&block, b'{', 0x20),
            1 | 1 << 7 | 1 << 8 | 1 << 31 | 1 << 63
        );
        assert_eq!(places(&block, b'{', 0), 0);
        assert_eq!(escaped(0b0001_0110, false), (0b0010_0100, false));
        assert_eq!(escaped(0b0011, true), (0b0101, false));
        assert_eq!(escaped(1 << 63, false), (0, true));
    }

    #[test]
    fn the_end_is_the_same_by_blocks_and_by_ones() {
        let texts = [
            r#"{"a":"}]","b":[{"c":"\"}"},[[]]],"d":{"e":"\\"}}, {"#,
            r#"["\\\"]","x"],"#,
            r#""text \" with } and ,","#,
            "-1.5e3,",
            r#"{"kkkkkkkkkkkkkkkkkkkkkkkkkkkkk":"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"}  "#,
        ];
        let longer = texts.map(|text| {
            format!(
                "{{\"a\":[\"{}\",{},\"\\\\\\\"]\"]}}]",
                "\\\"}]".repeat(97),
                text.trim_end_matches([',', ' ', '{', ']'])
            )
        });
        for text in texts.into_iter().chain(longer.iter().map(String::as_str)) {
            let whole = Scanner::default().slowly(text.as_bytes());
            assert!(whole.is_some(), "{text}");
            assert_eq!(Scanner::default().end(text.as_bytes()), whole, "{text}");
            for start in 0..70 {
                let mut scanner = Scanner::default();
                let (head, tail) = text.as_bytes().split_at(start.min(text.len()));
                let by_ones = head.iter().position(|byte| scanner.end(&[*byte]).is_some());
                let end = by_ones.map_or_else(|| scanner.end(tail).map(|end| end + head.len()), |_| whole);
                assert_eq!(end, whole, "{text} {start}");
            }
        }
    }
}
