//! The time that many programs write in front of their lines: found, so that it need not be shown twice. Changes no line.
//!
//! ```text
//! 2026-11-21T12:00:00.114Z INFO ready      RFC 3339, with a blank for the T as well
//! 2026/11/21 12:00:00 ready                Go
//! [2026-11-21 12:00:00,114] ready          in brackets
//! I1121 12:00:00.114000       1 a.go:7] x  klog: the letter goes with it, it is the level
//! ```

use crate::clock::Timestamp;

/// How far a line's own time may be from the time that the node gave it, in seconds, and still say the same.
const SAME: i64 = 2;
/// Time zones differ by whole quarters of an hour: within one, every clock shows the same minutes and seconds.
const QUARTER: i64 = 15 * 60;

/// Bytes of a line's own time and of the blanks after it, when that is the time of its stamp in any time zone. 0 when it has none, when it is
/// another (the line was held back), or when nothing else is on the line.
pub fn own_time(text: &str, stamp: Timestamp) -> usize {
    let Some((length, seconds)) = time(text.as_bytes()) else {
        return 0;
    };
    let apart = (seconds - stamp.seconds()).rem_euclid(QUARTER);
    let rest = text.get(length..).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    if apart.min(QUARTER - apart) > SAME || blanks == 0 || blanks == rest.len() {
        return 0;
    }
    length + blanks
}

/// The bytes that a time at the start takes, and its minutes and seconds in seconds.
fn time(text: &[u8]) -> Option<(usize, i64)> {
    let bracket = usize::from(text.first() == Some(&b'['));
    let date = bracket + date(text.get(bracket..)?)?;
    let [_, _, b':', m0, m1, b':', s0, s1] = *text.get(date..date + 8)? else {
        return None;
    };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    let minutes = digit(m0)? * 10 + digit(m1)?;
    let seconds = digit(s0)? * 10 + digit(s1)?;
    let mut end = date + 8;
    if matches!(text.get(end), Some(b'.' | b',')) {
        let digits = text.get(end + 1..)?.iter();
        end += 1 + digits.take_while(|byte| byte.is_ascii_digit()).count();
    }
    end += zone(text.get(end..).unwrap_or_default());
    if bracket == 1 {
        (text.get(end) == Some(&b']')).then_some(())?;
        end += 1;
    }
    Some((end, minutes * 60 + seconds))
}

/// Bytes of `2026-11-21T`, `2026/11/21 ` or klog's `I1121 `.
fn date(text: &[u8]) -> Option<usize> {
    let digits = |at: &[usize]| at.iter().all(|at| text.get(*at).is_some_and(u8::is_ascii_digit));
    match text {
        [b'I' | b'W' | b'E' | b'F', _, _, _, _, b' ', ..] if digits(&[1, 2, 3, 4]) => Some(6),
        [_, _, _, _, b'-', _, _, b'-', _, _, b'T' | b' ', ..]
        | [_, _, _, _, b'/', _, _, b'/', _, _, b' ', ..]
            if digits(&[0, 1, 2, 3, 5, 6, 8, 9]) =>
        {
            Some(11)
        }
        _ => None,
    }
}

/// Bytes of `Z`, `+01:00` or `+0100`.
fn zone(text: &[u8]) -> usize {
    match text {
        [b'Z', ..] => 1,
        [b'+' | b'-', a, b, b':', c, d, ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) => 6,
        [b'+' | b'-', rest @ ..] if rest.iter().take(4).filter(|byte| byte.is_ascii_digit()).count() == 4 => {
            5
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::own_time;
    use crate::clock::Timestamp;

    fn rest(line: &str) -> &str {
        let stamp = Timestamp::parse("2026-11-21T12:07:30.5Z").unwrap();
        line.get(own_time(line, stamp)..).expect("whole characters")
    }

    #[test]
    fn the_common_forms_are_found() {
        for line in [
            "2026-11-21T12:07:30.114Z  INFO ready",
            "2026-11-21T13:07:30+01:00 INFO ready",
            "2026-11-21T17:37:31.5+0530 INFO ready",
            "2026-11-21 12:07:30,114 INFO ready",
            "2026/11/21 12:07:29 INFO ready",
            "[2026-11-21T12:07:30Z] INFO ready",
            "I1121 12:07:30.114000       INFO ready",
        ] {
            assert_eq!(rest(line), "INFO ready", "{line}");
        }
    }

    #[test]
    fn what_is_no_time_or_another_time_stays() {
        for line in [
            "ready",
            "",
            "2026-11-21T12:07:30Z",
            "2026-11-21T12:07:30Z ",
            "2026-11-21T12:03:30Z came late",
            "2026-11-21T12:07:30Zulu",
            "2026-11-21T12:07:3x ready",
            "[2026-11-21T12:07:30Z ready",
            "I1121 12:0",
            "2026-11-21",
            "日本語日本語日本語 ready",
        ] {
            assert_eq!(rest(line), line);
        }
    }
}
