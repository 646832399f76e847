//! The formats that a text may have to be of (`apiserver/validation/formats.go`, go-openapi `strfmt`). One that is not known forbids nothing.

use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::demo::names;

/// Whether a text is of a format.
pub(super) fn fits(format: &str, text: &str) -> bool {
    match format {
        "date-time" | "datetime" => text.len() >= 20 && text.parse::<jiff::Timestamp>().is_ok(),
        "date" => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        "duration" => duration(text),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => names::is_range(text),
        "mac" => {
            text.split([':', '-']).count() == 6
                && text.split([':', '-']).all(|part| part.len() == 2 && hex(part))
        }
        "uuid" | "uuid3" | "uuid4" | "uuid5" => uuid(text),
        "email" => text
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@')),
        "uri" => uri(text),
        "hostname" => names::subdomain(&text.to_lowercase()).is_empty(),
        "byte" => STANDARD.decode(text).is_ok(),
        _ => true,
    }
}

fn hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn uuid(text: &str) -> bool {
    let plain = text.replace('-', "");
    plain.len() == 32 && hex(&plain)
}

/// Go's `url.ParseRequestURI`: with a scheme, or a path from the root.
fn uri(text: &str) -> bool {
    let scheme = text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    });
    (scheme || text.starts_with('/')) && !text.contains(char::is_control)
}

/// `1h30m`, `1.5s`, and the words of `strfmt`: `3 days`.
fn duration(text: &str) -> bool {
    const UNITS: [&str; 20] = [
        "ns", "us", "µs", "ms", "s", "m", "h", "d", "w", "nano", "micro", "milli", "sec", "second", "min",
        "minute", "hour", "hr", "day", "week",
    ];
    let mut rest = text.trim().trim_start_matches(['-', '+']);
    if rest == "0" {
        return true;
    }
    let mut some = false;
    while !rest.is_empty() {
        let number = rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        if number.len() == rest.len() {
            return false;
        }
        let word = number.trim_start();
        let end = word
            .find(|letter: char| !letter.is_alphabetic())
            .unwrap_or(word.len());
        let (unit, after) = word.split_at_checked(end).unwrap_or((word, ""));
        if !UNITS.contains(&unit) && !UNITS.contains(&unit.trim_end_matches('s')) {
            return false;
        }
        rest = after.trim_start();
        some = true;
    }
    some
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn formats_are_those_of_the_real_server() {
        for (format, good, bad) in [
            ("date-time", "2026-01-01T00:00:00Z", "yesterday"),
            ("date", "2026-01-31", "2026-13-01"),
            ("duration", "1h30m", "1 parsec"),
            ("duration", "3 days", ""),
            ("ipv4", "1.2.3.4", "1.2.3"),
            ("cidr", "10.0.0.0/8", "1.2.3.4"),
            ("uuid", "8b02ded4-9fa8-4782-8875-a1c34e47d712", "x"),
            ("email", "a@b.c", "x"),
            ("uri", "https://example.com", "not a uri"),
            ("byte", "eA==", "***"),
            ("mac", "00:11:22:33:44:55", "00:11"),
        ] {
            assert!(fits(format, good), "{format} {good}");
            assert!(!fits(format, bad), "{format} {bad}");
        }
        assert!(fits("nosuch", "anything"));
    }
}
