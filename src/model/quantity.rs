//! Kubernetes quantities (`500m`, `1.5Gi`, `1e3`) as integers. Source: k8s.io/apimachinery, pkg/api/resource, "Quantity".

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

#[cfg(test)]
mod tests {
    use super::{milli, units};

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
