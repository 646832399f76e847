//! The date and time in front of the fraction of an RFC 3339 time stamp, read without the general parser: nearly every time a server writes
//! passes here. It formats nothing.

/// Seconds since the epoch of `2026-11-21T09:11:16`, in years 1678 to 2261. `None` for anything else, a leap second
/// among it: the general parser decides on that.
pub fn seconds(text: &[u8]) -> Option<i64> {
    let [
        y0,
        y1,
        y2,
        y3,
        b'-',
        o0,
        o1,
        b'-',
        d0,
        d1,
        b'T',
        h0,
        h1,
        b':',
        m0,
        m1,
        b':',
        s0,
        s1,
    ] = *text
    else {
        return None;
    };
    let year = two(y0, y1)? * 100 + two(y2, y3)?;
    let (month, day) = (two(o0, o1)?, two(d0, d1)?);
    let (hour, minute, second) = (two(h0, h1)?, two(m0, m1)?, two(s0, s1)?);
    let valid = (1678..=2261).contains(&year)
        && (1..=12).contains(&month)
        && (1..=length(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    valid.then(|| days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Two decimal digits.
pub fn two(tens: u8, ones: u8) -> Option<i64> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

/// Days of a month.
const fn length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`).
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[test]
    fn agrees_with_the_general_parser_on_every_day_of_four_centuries() {
        for day in (days(1800, 1, 1)..days(2200, 1, 1)).step_by(13) {
            let at = Timestamp::from_seconds(day * 86_400 + day.rem_euclid(86_400));
            let text = at.rfc3339();
            assert_eq!(
                seconds(text.trim_end_matches('Z').as_bytes()),
                Some(at.seconds()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "2026-13-01T00:00:00",
            "2026-02-29T00:00:00",
            "1900-02-29T00:00:00",
            "2026-04-31T00:00:00",
            "2026-00-10T00:00:00",
            "2026-11-21T24:00:00",
            "2026-11-21 09:11:16",
            "2026-11-21T09:11:16Z",
            "0026-11-21T09:11:16",
            "2026-1a-21T09:11:16",
            "2024-02-29T23:59:60",
        ] {
            assert_eq!(seconds(text.as_bytes()), None, "{text}");
        }
        assert!(seconds(b"2024-02-29T23:59:59").is_some());
    }
}
