//! Quantities as the API server writes them back (`k8s.io/apimachinery/pkg/api/resource`, `ParseQuantity`, `CanonicalizeBytes`): `0.5` is
//! `500m`, `1024Mi` is `1Gi`, and what was canonical already stays letter by letter. Knows no fields.

/// A text that is no quantity: bad as a whole, or in its suffix or number.
pub const FORMAT: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX: &str = "unable to parse quantity's suffix";

/// How an amount is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `1500m`, `3G`.
    Decimal,
    /// `12e6`.
    Exponent,
    /// `1Gi`.
    Binary,
}

/// A text as it stands: its digits, and what its suffix says.
struct Parts<'a> {
    negative: bool,
    /// Without zeros before it.
    whole: &'a str,
    fraction: &'a str,
    form: Form,
    /// Of ten, or of two.
    power: i32,
}

/// The canonical text of a quantity, which amounts of resources round up to thousandths. Amounts beyond any machine stay as they are.
///
/// # Errors
/// Go's words for what is no quantity.
pub fn canonical(text: &str, rounds: bool) -> Result<String, &'static str> {
    let text = text.trim();
    let parts = Parts::read(text)?;
    if parts.is_kept(rounds) {
        return Ok(text.to_owned());
    }
    Ok(parts.nanos(rounds).map_or_else(
        || text.to_owned(),
        |(nanos, form)| {
            let sign = if parts.negative && nanos > 0 { "-" } else { "" };
            format!("{sign}{}", write(nanos, form))
        },
    ))
}

impl<'a> Parts<'a> {
    fn read(text: &'a str) -> Result<Self, &'static str> {
        let body = text.strip_prefix(['-', '+']).unwrap_or(text);
        let digits = |text: &'a str| {
            let end = text.find(|letter: char| !letter.is_ascii_digit());
            text.split_at_checked(end.unwrap_or(text.len()))
                .unwrap_or((text, ""))
        };
        let (whole, rest) = digits(body);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => digits(rest),
            None => ("", rest),
        };
        let letters = suffix.trim_start_matches(|letter| "eEinumkKMGTP".contains(letter));
        let number = letters.strip_prefix(['-', '+']).unwrap_or(letters);
        let empty = whole.is_empty() && fraction.is_empty();
        if empty || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FORMAT);
        }
        let (form, power) = form(suffix).ok_or(SUFFIX)?;
        Ok(Self {
            negative: text.starts_with('-'),
            whole: whole.trim_start_matches('0'),
            fraction,
            form,
            power,
        })
    }

    /// Whether the text is taken for canonical.
    fn is_kept(&self, rounds: bool) -> bool {
        let whole = if self.whole.is_empty() { "0" } else { self.whole };
        let shifted = format!("{whole}{}", self.fraction);
        if self.form == Form::Binary {
            let room = 15 - whole.len() as i32 - self.power * 3 / 10 - 1;
            let last = shifted.parse::<u64>().map_or(0, |value| value & 7);
            return self.fraction.is_empty() && room >= 0 && last != 0;
        }
        let scale = self.power - self.fraction.len() as i32;
        let least = if rounds { -3 } else { -9 };
        shifted.len() <= 18
            && scale >= least
            && scale % 3 == 0
            && !shifted.ends_with("000")
            && !shifted.starts_with('0')
    }

    /// Billionths, rounded up, and how they are written.
    fn nanos(&self, rounds: bool) -> Option<(u128, Form)> {
        let digits = format!("{}{}", self.whole, self.fraction);
        let mut value: u128 = if digits.is_empty() {
            0
        } else {
            digits.parse().ok()?
        };
        let mut scale = 9 - self.fraction.len() as i32;
        if self.form == Form::Binary {
            value = value.checked_mul(1_u128.checked_shl(self.power.unsigned_abs())?)?;
        } else {
            scale += self.power;
        }
        let factor = 10_u128.checked_pow(scale.unsigned_abs())?;
        let mut nanos = if scale >= 0 {
            value.checked_mul(factor)?
        } else {
            value.div_ceil(factor)
        };
        let small = self.form == Form::Binary && nanos < 1_024 * ONE;
        if rounds {
            nanos = nanos.div_ceil(MILLI).checked_mul(MILLI)?;
        }
        let whole = nanos.is_multiple_of(ONE);
        let form = if small || self.form == Form::Binary && !whole {
            Form::Decimal
        } else {
            self.form
        };
        Some((nanos, form))
    }
}

/// One, and a thousandth, in billionths.
const ONE: u128 = 1_000_000_000;
const MILLI: u128 = 1_000_000;
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// What a suffix means: the form, and the power of ten or two.
fn form(suffix: &str) -> Option<(Form, i32)> {
    if let Some(at) = DECIMAL.iter().position(|one| *one == suffix) {
        return Some((Form::Decimal, at as i32 * 3 - 9));
    }
    if let Some(at) = BINARY.iter().position(|one| *one == suffix) {
        return Some((Form::Binary, at as i32 * 10));
    }
    let power = suffix.strip_prefix(['e', 'E'])?;
    let power = power.parse().ok().filter(|power: &i32| power.abs() <= 1_000)?;
    Some((Form::Exponent, power))
}

/// Thousandths in the canonical form: `1150m`, `4`, `1k`; in units of 1024, whole ones rounded up: `1696Mi`.
pub fn written(milli: i64, binary: bool) -> String {
    let (sign, milli) = (if milli < 0 { "-" } else { "" }, u128::from(milli.unsigned_abs()));
    let amount = if binary {
        write(milli.div_ceil(1_000) * ONE, Form::Binary)
    } else {
        write(milli * MILLI, Form::Decimal)
    };
    format!("{sign}{amount}")
}

fn write(nanos: u128, form: Form) -> String {
    if nanos == 0 {
        return "0".to_owned();
    }
    if form == Form::Binary {
        let (mut number, mut at) = (nanos / ONE, 0);
        while number.is_multiple_of(1_024) && at + 1 < BINARY.len() {
            (number, at) = (number / 1_024, at + 1);
        }
        return format!("{number}{}", BINARY.get(at).unwrap_or(&""));
    }
    let (mut number, mut power) = (nanos, -9);
    while number.is_multiple_of(1_000) && power < 18 {
        (number, power) = (number / 1_000, power + 3);
    }
    let suffix = match form {
        Form::Exponent if power == 0 => String::new(),
        Form::Exponent => format!("e{power}"),
        _ => DECIMAL[(power / 3 + 3) as usize].to_owned(),
    };
    format!("{number}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a kube-apiserver 1.36.3 answers to a quota of these.
    #[test]
    fn amounts_of_resources_are_written_as_the_real_server_writes_them() {
        let pairs = "0 0,00 0,0.0 0,1.0 1,1.10 1100m,100m 100m,1000m 1,0.0001 1m,1e-3 1e-3,1E3 1E3,1000 1k,1000k 1M,1.5k 1500,1500 1500,\
            1024 1024,1024Ki 1Mi,1023Ki 1023Ki,1.5Ki 1536,0.5Ki 512,1Ei 1Ei,1000Pi 1000Pi,1000000Ki 1000000Ki,123456789 123456789,\
            12e6 12e6,1u 1m,0.1n 1m,999999999n 1,+1 +1,-1 -1,-0.5 -500m,.5 500m,5. 5.,5000000000m 5M,1.1Mi 1153433600m,3G 3G,3000M 3G,\
            1e10 10e9,1.234567890123 1235m,100000u 100m,010 010,0.5Gi 512Mi,2048Mi 2Gi,0.1Gi 107374182400m";
        for pair in pairs.split(',') {
            let (given, wanted) = pair.trim().split_once(' ').unwrap();
            assert_eq!(canonical(given, true).as_deref(), Ok(wanted), "{given}");
        }
        assert_eq!(canonical("1u", false).as_deref(), Ok("1u"));
        assert_eq!(canonical(" 1 ", true).as_deref(), Ok("1"));
        assert_eq!(
            canonical("1e40", true).as_deref(),
            Ok("1e40"),
            "beyond any machine"
        );
        let most = "340282366920938463463374607431.768211455";
        assert_eq!(
            canonical(most, true).as_deref(),
            Ok(most),
            "rounded up it is too much"
        );
    }

    #[test]
    fn what_is_no_quantity_is_told_in_gos_words() {
        assert_eq!(canonical("1_0", true), Err(FORMAT));
        assert_eq!(canonical("", true), Err(FORMAT));
        assert_eq!(canonical("1K", true), Err(SUFFIX));
    }
}
