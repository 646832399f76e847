//! Kubernetes quantities (`500m`, `1.5Gi`, `1e3`) as integers, and such numbers as people read them. Source of the notation:
//! k8s.io/apimachinery, pkg/api/resource, "Quantity".

use std::fmt::Write as _;

/// A quantity in thousandths of its unit, rounded up as Kubernetes does; `None` if the text is not a quantity.
/// Saturates at the ends of `i64`.
pub fn milli(text: &str) -> Option<i64> {
    scaled(text, 3)
}

/// A quantity in whole units (bytes for memory), rounded up; `None` if the text is not a quantity or negative.
pub fn units(text: &str) -> Option<u64> {
    scaled(text, 0).and_then(|value| u64::try_from(value).ok())
}

fn scaled(text: &str, digits: i32) -> Option<i64> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-')))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let (binary, decimal) = match suffix {
        "" => (0, 0),
        "Ki" => (10, 0),
        "Mi" => (20, 0),
        "Gi" => (30, 0),
        "Ti" => (40, 0),
        "Pi" => (50, 0),
        "Ei" => (60, 0),
        "n" => (0, -9),
        "u" => (0, -6),
        "m" => (0, -3),
        "k" => (0, 3),
        "M" => (0, 6),
        "G" => (0, 9),
        "T" => (0, 12),
        "P" => (0, 15),
        "E" => (0, 18),
        other => (
            0,
            other
                .strip_prefix(['e', 'E'])?
                .parse::<i32>()
                .ok()
                .filter(|e| e.abs() <= 30)?,
        ),
    };
    decimal_value(number, decimal + digits, binary)
}

/// `number × 10^exponent × 2^binary`, rounded away from zero.
fn decimal_value(number: &str, exponent: i32, binary: u32) -> Option<i64> {
    let negative = number.starts_with('-');
    let body = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut mantissa: i128 = 0;
    for digit in whole.chars().chain(fraction.chars()) {
        mantissa = mantissa
            .checked_mul(10)?
            .checked_add(i128::from(digit.to_digit(10)?))?;
        if mantissa > i128::from(u64::MAX) * 1_000 {
            return Some(if negative { i64::MIN } else { i64::MAX });
        }
    }
    let exponent = exponent - i32::try_from(fraction.len()).ok()?;
    let scaled = mantissa.checked_shl(binary).filter(|v| v >> binary == mantissa)?;
    let power = 10i128.checked_pow(exponent.unsigned_abs())?;
    let value = if exponent >= 0 {
        scaled.saturating_mul(power)
    } else {
        scaled.checked_add(power - 1)?.div_euclid(power)
    };
    let value = i64::try_from(value).unwrap_or(i64::MAX);
    Some(if negative { -value } else { value })
}

/// Appends thousandths of a core: `112m`, from ten cores on `12.5`.
pub fn write_milli(milli: u64, out: &mut String) {
    if milli < 10_000 {
        let _ = write!(out, "{milli}m"); // writing to a String cannot fail
    } else {
        write_cores(milli, out);
    }
}

/// Appends thousandths of a core as cores with at most one decimal: `4.1`, `16`; half of the last digit is rounded up.
pub fn write_cores(milli: u64, out: &mut String) {
    write_scaled(milli, 1_000, out);
}

/// Appends bytes in the largest binary unit: `512`, `3.1Mi`, `201Mi`, `17.2Gi`.
pub fn write_bytes(bytes: u64, out: &mut String) {
    let unit = byte_unit(bytes);
    write_in_unit(bytes, unit, out);
    out.push_str(unit.1);
}

/// Appends a count in groups of three: `1 204`.
pub fn write_grouped(count: u64, out: &mut String) {
    if count >= 1_000 {
        write_grouped(count / 1_000, out);
        let _ = write!(out, " {:03}", count % 1_000);
    } else {
        let _ = write!(out, "{count}");
    }
}

/// Appends `used/limit` bytes in the unit of the limit: `17.2/22.9Gi`.
pub fn write_bytes_of(used: u64, limit: u64, out: &mut String) {
    let unit = byte_unit(limit);
    write_in_unit(used, unit, out);
    out.push('/');
    write_in_unit(limit, unit, out);
    out.push_str(unit.1);
}

/// Appends `used/limit` in cores: `4.1/6.4`.
pub fn write_cores_of(used: u64, limit: u64, out: &mut String) {
    write_cores(used, out);
    out.push('/');
    write_cores(limit, out);
}

/// `part` of `whole` in per cent, half rounded up; may exceed 100. `None` when `whole` is 0.
pub fn percent(part: u64, whole: u64) -> Option<u32> {
    let percent = (u128::from(part) * 200 + u128::from(whole)).checked_div(u128::from(whole) * 2)?;
    Some(u32::try_from(percent).unwrap_or(u32::MAX))
}

/// Size and name of the largest unit in which the bytes, as they will be printed, are at least 1.
fn byte_unit(bytes: u64) -> (u64, &'static str) {
    const UNITS: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let mut at = 0;
    while at + 1 < UNITS.len() && bytes >= (1u64 << (10 * (at + 1))) - (1u64 << (10 * at)) / 2 {
        at += 1;
    }
    (1 << (10 * at), UNITS.get(at).copied().unwrap_or(""))
}

/// One decimal below 10, and below 100 from Gi on; none above, where it would be noise.
fn write_in_unit(bytes: u64, (size, _): (u64, &str), out: &mut String) {
    let exact_below = if size >= 1 << 30 { 100 } else { 10 };
    if bytes / size < exact_below {
        write_scaled(bytes, size, out);
    } else {
        let _ = write!(
            out,
            "{}",
            (u128::from(bytes) * 2 + u128::from(size)) / (u128::from(size) * 2)
        );
    }
}

/// `value / size` with one decimal, which is left out when zero.
fn write_scaled(value: u64, size: u64, out: &mut String) {
    let tenths = (u128::from(value) * 20 + u128::from(size)) / (u128::from(size) * 2);
    let _ = match tenths % 10 {
        0 => write!(out, "{}", tenths / 10),
        decimal => write!(out, "{}.{decimal}", tenths / 10),
    };
}

#[cfg(test)]
mod tests {
    use super::{
        milli, percent, units, write_bytes, write_bytes_of, write_cores_of, write_grouped, write_milli,
    };

    fn text(write: impl Fn(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn writes_what_people_read() {
        for (value, expected) in [
            (0, "0m"),
            (112, "112m"),
            (9_999, "9999m"),
            (12_450, "12.5"),
            (64_000, "64"),
        ] {
            assert_eq!(text(|out| write_milli(value, out)), expected);
        }
        let (ki, mi, gi) = (1u64 << 10, 1u64 << 20, 1u64 << 30);
        for (value, expected) in [
            (0, "0"),
            (512, "512"),
            (1023, "1023"),
            (ki, "1Ki"),
            (201 * mi, "201Mi"),
            (3 * mi + mi / 10, "3.1Mi"),
            (12 * mi + mi / 2, "13Mi"),
            (gi - mi, "1023Mi"),
            (gi - 1, "1Gi"),
            (17 * gi + gi / 5, "17.2Gi"),
            (230 * gi + gi / 5, "230Gi"),
            (u64::MAX, "16Ei"),
        ] {
            assert_eq!(text(|out| write_bytes(value, out)), expected, "{value}");
        }
        for (value, expected) in [(7, "7"), (1_204, "1 204"), (1_000_009, "1 000 009")] {
            assert_eq!(text(|out| write_grouped(value, out)), expected);
        }
        assert_eq!(text(|out| write_cores_of(4_060, 6_400, out)), "4.1/6.4");
        assert_eq!(text(|out| write_bytes_of(512 * mi, 22 * gi, out)), "0.5/22Gi");
        for (part, whole, expected) in [
            (16, 17, Some(94)),
            (1, 200, Some(1)),
            (3, 2, Some(150)),
            (1, 0, None),
        ] {
            assert_eq!(percent(part, whole), expected, "{part}/{whole}");
        }
    }

    #[test]
    fn reads_what_kubernetes_writes() {
        for (text, expected) in [
            ("1", 1000),
            ("500m", 500),
            ("0.1", 100),
            ("1.5k", 1_500_000),
            ("100n", 1),
            ("1e3", 1_000_000),
            ("-1", -1000),
        ] {
            assert_eq!(milli(text), Some(expected), "{text}");
        }
        for (text, expected) in [
            ("128Mi", 134_217_728),
            ("1.5Gi", 1_610_612_736),
            ("1Ki", 1024),
            ("1500m", 2),
            ("3", 3),
            ("12E", i64::MAX as u64),
        ] {
            assert_eq!(units(text), Some(expected), "{text}");
        }
        for bad in ["", "x", "1.2.3", "1Qi", "--1", "Mi", "1e99"] {
            assert_eq!(milli(bad), None, "{bad}");
        }
    }
}
