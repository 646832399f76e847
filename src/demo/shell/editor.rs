//! Line editing on a terminal: cursor, history, the control keys people's fingers know.

use std::fmt::Write;

use super::console::Console;

/// What came of reading a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    /// A line.
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D on an empty line, or the end of the input.
    End,
}

/// The lines typed before.
#[derive(Debug, Default)]
pub struct History {
    lines: Vec<String>,
}

/// A line in the making.
struct Draft {
    text: Vec<char>,
    at: usize,
    from: usize,
    /// The row of the cursor, counted from the prompt's.
    row: usize,
}

impl History {
    /// Reads one line after `prompt`.
    pub async fn read(&mut self, console: &mut Console, prompt: &str) -> Typed {
        let mut draft = Draft {
            text: Vec::new(),
            at: 0,
            from: self.lines.len(),
            row: 0,
        };
        console.out(prompt.as_bytes()).await;
        loop {
            let Some(byte) = console.byte().await else {
                return Typed::End;
            };
            match byte {
                b'\r' | b'\n' => {
                    draft.at = draft.text.len();
                    draft.show(console, prompt).await;
                    console.out(b"\n").await;
                    let line: String = draft.text.iter().collect();
                    if !line.trim().is_empty() && self.lines.last() != Some(&line) {
                        self.lines.push(line.clone());
                    }
                    return Typed::Line(line);
                }
                3 => {
                    console.out(b"^C\n").await;
                    return Typed::Interrupt;
                }
                4 if draft.text.is_empty() => return Typed::End,
                12 => {
                    console.out(b"\x1b[H\x1b[2J").await;
                }
                27 => self.escape(&mut draft, console).await,
                byte => draft.key(byte, console).await,
            }
            draft.show(console, prompt).await;
        }
    }

    async fn escape(&self, draft: &mut Draft, console: &mut Console) {
        if !matches!(console.byte().await, Some(b'[' | b'O')) {
            return;
        }
        let mut parameters = Vec::new();
        let last = loop {
            match console.byte().await {
                Some(byte @ (b'0'..=b'9' | b';')) => parameters.push(byte),
                Some(byte) => break byte,
                None => return,
            }
        };
        match (last, parameters.as_slice()) {
            (b'A', _) => draft.recall(self, draft.from.saturating_sub(1)),
            (b'B', _) => draft.recall(self, draft.from + 1),
            (b'C', _) => draft.at = (draft.at + 1).min(draft.text.len()),
            (b'D', _) => draft.at = draft.at.saturating_sub(1),
            (b'H', _) | (b'~', b"1") => draft.at = 0,
            (b'F', _) | (b'~', b"4") => draft.at = draft.text.len(),
            (b'~', b"3") if draft.at < draft.text.len() => {
                draft.text.remove(draft.at);
            }
            _ => {}
        }
    }
}

impl Draft {
    async fn key(&mut self, byte: u8, console: &mut Console) {
        match byte {
            8 | 127 => {
                if self.at > 0 {
                    self.at -= 1;
                    self.text.remove(self.at);
                }
            }
            1 => self.at = 0,
            5 => self.at = self.text.len(),
            4 if self.at < self.text.len() => {
                self.text.remove(self.at);
            }
            11 => self.text.truncate(self.at),
            21 => {
                self.text.drain(..self.at);
                self.at = 0;
            }
            23 => {
                let word = self.text[..self.at].iter().rposition(|c| *c != ' ').unwrap_or(0);
                let start = self.text[..word]
                    .iter()
                    .rposition(|c| *c == ' ')
                    .map_or(0, |space| space + 1);
                self.text.drain(start..self.at);
                self.at = start;
            }
            0..32 => {}
            byte => {
                let letter = decode(byte, console).await;
                self.text.insert(self.at, letter);
                self.at += 1;
            }
        }
    }

    fn recall(&mut self, history: &History, to: usize) {
        self.from = to.min(history.lines.len());
        self.text = history
            .lines
            .get(self.from)
            .map(|line| line.chars().collect())
            .unwrap_or_default();
        self.at = self.text.len();
    }

    /// Draws the line anew, on as many rows as it takes.
    async fn show(&mut self, console: &mut Console, prompt: &str) {
        let columns = usize::from(console.size().0).max(1);
        let text: String = self.text.iter().collect();
        let mut line = String::new();
        let up = |rows: usize| {
            if rows > 0 {
                format!("\x1b[{rows}A")
            } else {
                String::new()
            }
        };
        let _ = write!(line, "{}\r{prompt}{text}", up(self.row));
        let (before, all) = (
            prompt.chars().count() + self.at,
            prompt.chars().count() + self.text.len(),
        );
        if all.is_multiple_of(columns) {
            // A full row leaves the cursor behind its last letter: on to the next.
            line.push('\n');
        }
        line.push_str("\x1b[J");
        if before < all {
            let _ = write!(line, "{}\r", up(all / columns - before / columns));
            if before % columns > 0 {
                let _ = write!(line, "\x1b[{}C", before % columns);
            }
        }
        self.row = before / columns;
        console.out(line.as_bytes()).await;
    }
}

/// The character that begins with `byte`.
async fn decode(byte: u8, console: &mut Console) -> char {
    let length = match byte {
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
        _ => return char::from(byte),
    };
    let mut bytes = vec![byte];
    while bytes.len() < length {
        let Some(more) = console.byte().await else { break };
        bytes.push(more);
    }
    String::from_utf8_lossy(&bytes).chars().next().unwrap_or('?')
}
