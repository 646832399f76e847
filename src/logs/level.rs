//! The severity of a line from its first bytes: JSON, logfmt, klog and the common text conventions. Guesses from whole words only.

use memchr::memmem;

/// How many levels there are.
pub const LEVELS: usize = 7;

/// How much of a line is looked at, in bytes.
const HEAD: usize = 512;

/// How far into a line of plain text a level word may stand, in bytes.
const TEXT_HEAD: usize = 96;

/// Severity, ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Level {
    /// The line does not say.
    #[default]
    Unknown,
    /// Trace.
    Trace,
    /// Debug.
    Debug,
    /// Info, notice.
    Info,
    /// Warning.
    Warn,
    /// Error.
    Error,
    /// Fatal, panic, critical, alert, emergency.
    Fatal,
}

impl Level {
    /// The level of a line.
    pub fn of(line: &[u8]) -> Self {
        let head = line.get(..HEAD).unwrap_or(line);
        let start = head.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let head = head.get(start..).unwrap_or_default();
        match head {
            [b'{', ..] => json(head),
            [letter @ (b'I' | b'W' | b'E' | b'F'), a, b, c, d, b' ', ..]
                if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) =>
            {
                klog(*letter)
            }
            _ => logfmt(head).unwrap_or_else(|| text(head.get(..TEXT_HEAD).unwrap_or(head))),
        }
    }

    /// One letter, blank for [`Level::Unknown`].
    pub const fn letter(self) -> char {
        match self {
            Self::Unknown => ' ',
            Self::Trace => 'T',
            Self::Debug => 'D',
            Self::Info => 'I',
            Self::Warn => 'W',
            Self::Error => 'E',
            Self::Fatal => 'F',
        }
    }

    /// The level a word stands for, in any case. `None` when it is no such word.
    pub fn from_word(word: &[u8]) -> Option<Self> {
        let (Some(first), true) = (word.first(), word.len() <= 11) else {
            return None;
        };
        let words: &[(&str, Self)] = match first.to_ascii_lowercase() {
            b'a' => &[("alert", Self::Fatal)],
            b'c' => &[("critical", Self::Fatal), ("crit", Self::Fatal)],
            b'd' => &[
                ("debug", Self::Debug),
                ("dbg", Self::Debug),
                ("dpanic", Self::Fatal),
                ("debg", Self::Debug),
            ],
            b'e' => &[
                ("error", Self::Error),
                ("err", Self::Error),
                ("eror", Self::Error),
                ("emerg", Self::Fatal),
                ("emergency", Self::Fatal),
            ],
            b'f' => &[("fatal", Self::Fatal), ("fine", Self::Debug)],
            b'i' => &[
                ("info", Self::Info),
                ("inf", Self::Info),
                ("information", Self::Info),
            ],
            b'n' => &[("notice", Self::Info)],
            b'p' => &[("panic", Self::Fatal)],
            b's' => &[("severe", Self::Error)],
            b't' => &[("trace", Self::Trace), ("trc", Self::Trace)],
            b'v' => &[("verbose", Self::Trace)],
            b'w' => &[("warn", Self::Warn), ("warning", Self::Warn), ("wrn", Self::Warn)],
            _ => return None,
        };
        let same = |(name, _): &&(&str, Self)| name.as_bytes().eq_ignore_ascii_case(word);
        words.iter().find(same).map(|(_, level)| *level)
    }

    /// pino's and bunyan's numbers: 10 trace … 60 fatal.
    const fn from_number(number: u32) -> Self {
        match number {
            10..20 => Self::Trace,
            20..30 => Self::Debug,
            30..40 => Self::Info,
            40..50 => Self::Warn,
            50..60 => Self::Error,
            60..70 => Self::Fatal,
            _ => Self::Unknown,
        }
    }
}

const fn klog(letter: u8) -> Level {
    match letter {
        b'I' => Level::Info,
        b'W' => Level::Warn,
        b'E' => Level::Error,
        _ => Level::Fatal,
    }
}

/// The value after the first key that names a level.
fn json(head: &[u8]) -> Level {
    const KEYS: [&[u8]; 6] = [
        b"\"level\"",
        b"\"severity\"",
        b"\"lvl\"",
        b"\"levelname\"",
        b"\"log.level\"",
        b"\"loglevel\"",
    ];
    for key in KEYS {
        for at in memmem::find_iter(head, key) {
            let rest = head.get(at + key.len()..).unwrap_or_default().trim_ascii_start();
            let Some(value) = rest.strip_prefix(b":").map(<[u8]>::trim_ascii_start) else {
                continue;
            };
            return json_value(value);
        }
    }
    Level::Unknown
}

fn json_value(value: &[u8]) -> Level {
    if let Some(word) = value.strip_prefix(b"\"") {
        let end = memchr::memchr(b'"', word).unwrap_or(word.len());
        return Level::from_word(word.get(..end).unwrap_or_default()).unwrap_or_default();
    }
    let number = value
        .iter()
        .take(3)
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    Level::from_number(number)
}

/// `level=info`, `lvl="warn"`, `severity=error`. `None` without such a key.
fn logfmt(head: &[u8]) -> Option<Level> {
    for at in memchr::memchr_iter(b'=', head) {
        let (before, after) = head.split_at(at);
        let key_start = before
            .iter()
            .rposition(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'.'))
            .map_or(0, |at| at + 1);
        let key = before.get(key_start..).unwrap_or_default();
        if matches!(
            key,
            b"level" | b"lvl" | b"severity" | b"log.level" | b"loglevel" | b"levelname"
        ) {
            let value = after.get(1..).unwrap_or_default();
            let value = value.strip_prefix(b"\"").unwrap_or(value);
            let end = value
                .iter()
                .position(|byte| !byte.is_ascii_alphabetic())
                .unwrap_or(value.len());
            return Level::from_word(value.get(..end).unwrap_or_default());
        }
    }
    None
}

/// A level word in plain text: in capitals anywhere near the start (`12:01 ERROR`), or in any case when it is first, in brackets, or before a
/// colon (`[error]`, `warning: …`, `panic: …`).
fn text(head: &[u8]) -> Level {
    let mut at = 0;
    while at < head.len() {
        let rest = head.get(at..).unwrap_or_default();
        if rest.first() == Some(&0x1b) {
            at += escape(rest);
            continue;
        }
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let word = rest.get(..length).unwrap_or_default();
        if let Some(level) = Level::from_word(word) {
            let before = at.checked_sub(1).and_then(|before| head.get(before));
            let after = rest.get(length);
            if stands_out(word, before, after) {
                return level;
            }
        }
        at += length.max(1);
    }
    if head.starts_with(b"Traceback (most recent") || head.starts_with(b"Exception in thread") {
        return Level::Error;
    }
    Level::Unknown
}

fn stands_out(word: &[u8], before: Option<&u8>, after: Option<&u8>) -> bool {
    let part_of_name = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/' | b'.'))
    };
    if part_of_name(before) && !matches!(before, Some(b'm')) || part_of_name(after) {
        return false;
    }
    word.iter().all(u8::is_ascii_uppercase)
        || matches!(after, Some(b':' | b']' | b'>' | b'|'))
        || matches!(before, Some(b'[' | b'<' | b'('))
}

/// How long the escape sequence is that a text starts with.
fn escape(text: &[u8]) -> usize {
    let end = text.iter().skip(2).position(|byte| (0x40..=0x7e).contains(byte));
    end.map_or(1, |end| end + 3)
}

#[cfg(test)]
mod tests {
    use super::Level;

    #[test]
    fn reads_the_conventions() {
        for (line, level) in [
            ("{\"ts\":1,\"level\":\"warn\",\"msg\":\"x\"}", Level::Warn),
            ("{\"level\":50,\"time\":1,\"msg\":\"x\"}", Level::Error),
            ("  {\"severity\" : \"CRITICAL\"}", Level::Fatal),
            (
                "{\"msg\":\"the \\\"level\\\" of water\",\"lvl\":\"dbg\"}",
                Level::Debug,
            ),
            ("{\"msg\":\"nothing\"}", Level::Unknown),
            ("time=\"2026\" level=error msg=\"no info here\"", Level::Error),
            ("ts=1 lvl=\"trace\"", Level::Trace),
            (
                "E1121 09:11:16.146246       1 reflector.go:147] failed",
                Level::Error,
            ),
            ("I1121 09:11:16.1 1 x.go:1] ERROR counts: 0", Level::Info),
            ("2026-11-21 09:11:16,123 WARNING root: slow", Level::Warn),
            ("2026/11/21 09:11:16 [error] 7#7: *1 open() failed", Level::Error),
            ("panic: runtime error: index out of range", Level::Fatal),
            ("\x1b[32mINFO\x1b[0m listening", Level::Info),
            ("[main] DEBUG com.example.App - hi", Level::Debug),
            ("Traceback (most recent call last):", Level::Error),
            ("ERROR", Level::Error),
            ("GET /error 200 info", Level::Unknown),
            ("no error here", Level::Unknown),
            ("user-INFO-service started", Level::Unknown),
            ("INFORMATIONAL text", Level::Unknown),
            ("", Level::Unknown),
            ("\x1b", Level::Unknown),
            ("\x1b[", Level::Unknown),
        ] {
            assert_eq!(Level::of(line.as_bytes()), level, "{line}");
        }
    }
}
