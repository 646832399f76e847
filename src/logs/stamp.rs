//! The timestamp in front of every line of a log asked for with `timestamps=true`. Splits and parses; formats nothing.

use crate::clock::Timestamp;
use crate::clock::civil::{seconds, two};

/// Splits `2026-11-21T09:11:16.146246670Z text` into its time and its text. `None` when the line does not start with RFC 3339 and a blank
/// (messages of the kubelet itself).
pub fn split(line: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (date, rest) = line.split_at_checked(19)?;
    let seconds = seconds(date)?;
    let (nanos, rest) = fraction(rest)?;
    let (offset, rest) = offset(rest)?;
    let text = match rest.split_first() {
        None => rest,
        Some((b' ', text)) => text,
        Some(_) => return None,
    };
    Some((Timestamp::from_parts(seconds.checked_sub(offset)?, nanos), text))
}

/// Nanoseconds of an optional `.146246670`; digits beyond the ninth are ignored.
fn fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let Some((b'.', digits)) = text.split_first() else {
        return Some((0, text));
    };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = digits.split_at_checked(count)?;
    let value = digits
        .iter()
        .chain(std::iter::repeat(&b'0'))
        .take(9)
        .fold(0i32, |sum, digit| sum * 10 + i32::from(digit - b'0'));
    (count > 0).then_some((value, rest))
}

/// Seconds of `Z` or `+05:30`.
fn offset(text: &[u8]) -> Option<(i64, &[u8])> {
    match text {
        [b'Z', rest @ ..] => Some((0, rest)),
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1, rest @ ..] => {
            let seconds = two(*h0, *h1)? * 3_600 + two(*m0, *m1)? * 60;
            Some((if *sign == b'-' { -seconds } else { seconds }, rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::split;
    use crate::clock::Timestamp;

    #[test]
    fn agrees_with_the_general_parser() {
        for stamp in [
            "2026-11-21T09:11:16.146246670Z",
            "2024-02-29T23:59:59.9Z",
            "1970-01-01T00:00:00Z",
            "1999-12-31T23:59:59.000000001+05:30",
            "2000-03-01T00:00:00.5-08:00",
        ] {
            let line = format!("{stamp} hello  there");
            let (at, text) = split(line.as_bytes()).unwrap();
            assert_eq!(Some(at), Timestamp::parse(stamp), "{stamp}");
            assert_eq!(text, b"hello  there");
        }
    }

    #[test]
    fn an_empty_text_is_a_line_and_a_message_of_the_kubelet_is_not_stamped() {
        assert_eq!(split(b"2026-11-21T09:11:16Z ").unwrap().1, b"");
        assert_eq!(split(b"2026-11-21T09:11:16Z").unwrap().1, b"");
        for line in [
            &b""[..],
            b"unable to retrieve container logs for containerd://1234",
            b"2026-13-21T09:11:16Z x",
            b"2026-11-21T09:11:16.Z x",
            b"2026-11-21T09:11:16Zx",
            b"2026-11-21 09:11:16Z x",
            b"\xff\xfe26-11-21T09:11:16Z x",
        ] {
            assert_eq!(split(line), None, "{}", String::from_utf8_lossy(line));
        }
    }
}
