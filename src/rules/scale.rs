//! Reads what a person wants as the number of replicas and says whether an autoscaler would undo it. Changes nothing.

/// A wish for a number of replicas, relative to what there is or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// `5`.
    To(u32),
    /// `+2`, `-1`.
    By(i64),
    /// `x1.5`, `50%`: times so many ten-thousandths, rounded up.
    Times(u64),
}

/// Why a wish cannot be met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScaleError {
    /// Nothing was typed.
    #[error("type a number of replicas: 5, +2, -1, x1.5 or 50%")]
    Empty,
    /// Not one of the forms.
    #[error("`{0}` is no number of replicas; use 5, +2, -1, x1.5 or 50%")]
    Form(String),
    /// Fewer than none.
    #[error("{current} replicas {change} would be fewer than none")]
    Negative {
        /// Replicas now.
        current: u32,
        /// Signed difference.
        change: i64,
    },
    /// More than the API takes (2,147,483,647).
    #[error("more replicas than Kubernetes can count")]
    TooMany,
}

impl Change {
    /// Reads `5`, `+2`, `-1`, `x1.5` (also `×1.5` and `*1.5`) or `50%`.
    ///
    /// # Errors
    /// [`ScaleError::Empty`] and [`ScaleError::Form`]; [`ScaleError::TooMany`] for numbers beyond any count.
    pub fn parse(text: &str) -> Result<Self, ScaleError> {
        let text = text.trim();
        let form = || ScaleError::Form(text.to_owned());
        if text.is_empty() {
            return Err(ScaleError::Empty);
        }
        if let Some(factor) = text.strip_prefix(['x', 'X', '×', '*']) {
            return hundredths(factor)
                .map(|value| Self::Times(value * 100))
                .ok_or_else(form);
        }
        if let Some(percent) = text.strip_suffix('%') {
            return hundredths(percent).map(Self::Times).ok_or_else(form);
        }
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(form());
        }
        if digits.len() == text.len() {
            text.parse().map(Self::To).map_err(|_| ScaleError::TooMany)
        } else {
            text.parse().map(Self::By).map_err(|_| ScaleError::TooMany)
        }
    }

    /// The number of replicas wished for, when there are `current` (`spec.replicas`) now. Fractions are rounded up.
    ///
    /// # Errors
    /// [`ScaleError::Negative`] and [`ScaleError::TooMany`].
    pub fn target(self, current: u32) -> Result<u32, ScaleError> {
        let target = match self {
            Self::To(count) => i128::from(count),
            Self::By(change) => i128::from(current) + i128::from(change),
            Self::Times(factor) => (i128::from(current) * i128::from(factor) + 9_999) / 10_000,
        };
        match (u32::try_from(target), self) {
            (Ok(count), _) if i32::try_from(count).is_ok() => Ok(count),
            (Err(_), Self::By(change)) if change < 0 => Err(ScaleError::Negative { current, change }),
            _ => Err(ScaleError::TooMany),
        }
    }
}

/// A decimal number with at most two decimals, in hundredths.
fn hundredths(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + decimals.len() == 0
        || decimals.len() > 2
        || whole.len() > 9
        || !digits(whole)
        || !digits(decimals)
    {
        return None;
    }
    format!("{whole}{decimals:0<2}").parse().ok()
}

/// The bounds of a `HorizontalPodAutoscaler` on the workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HpaFacts<'a> {
    /// Its name.
    pub name: &'a str,
    /// `spec.minReplicas`; `None` counts as 1.
    pub min: Option<u32>,
    /// `spec.maxReplicas`.
    pub max: u32,
}

/// What an autoscaler makes of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Below its minimum: it scales back up to it.
    RaisesTo(u32),
    /// Above its maximum: it scales back down to it.
    LowersTo(u32),
    /// Within its bounds: it keeps deciding by its metrics and may move it again.
    MayMove,
    /// At 0 replicas it stops scaling until there are some again.
    Pauses,
}

impl HpaFacts<'_> {
    /// What the autoscaler will do after a scale to `target`. Source: k8s.io/kubernetes `pkg/controller/podautoscaler`,
    /// `reconcileAutoscaler`.
    pub fn verdict(&self, target: u32) -> Verdict {
        let min = self.min.unwrap_or(1);
        match target {
            0 if min > 0 => Verdict::Pauses,
            _ if target > self.max => Verdict::LowersTo(self.max),
            _ if target < min => Verdict::RaisesTo(min),
            _ => Verdict::MayMove,
        }
    }

    /// Bounds under which the target would stay: the minimum raised to it, the maximum if need be, too.
    pub fn bounds_for(&self, target: u32) -> (u32, u32) {
        (target.max(1), self.max.max(target).max(1))
    }

    /// The warning before scaling: `hpa/web (min 4 max 10) would scale back to 10`.
    pub fn warning(&self, target: u32) -> String {
        let (name, min, max) = (self.name, self.min.unwrap_or(1), self.max);
        let what = match self.verdict(target) {
            Verdict::RaisesTo(count) | Verdict::LowersTo(count) => format!("would scale back to {count}"),
            Verdict::MayMove => "decides by its metrics and may change it again".to_owned(),
            Verdict::Pauses => "stops at 0 replicas until there are some again".to_owned(),
        };
        format!("hpa/{name} (min {min} max {max}) {what}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, HpaFacts, ScaleError, Verdict};

    #[test]
    fn wishes_become_targets() {
        for (text, current, expected) in [
            ("5", 3, 5),
            ("0", 3, 0),
            (" 7 ", 3, 7),
            ("+2", 3, 5),
            ("-1", 3, 2),
            ("-3", 3, 0),
            ("x1.5", 3, 5),
            ("x1.5", 4, 6),
            ("x2", 6, 12),
            ("×2", 6, 12),
            ("x.5", 4, 2),
            ("x0", 4, 0),
            ("50%", 5, 3),
            ("50%", 4, 2),
            ("150%", 2, 3),
            ("33.33%", 3, 1),
            ("50%", 0, 0),
        ] {
            assert_eq!(
                Change::parse(text).and_then(|change| change.target(current)),
                Ok(expected),
                "{text} of {current}"
            );
        }
    }

    #[test]
    fn mistakes_are_named() {
        let read = |text: &str| {
            Change::parse(text)
                .and_then(|change| change.target(3))
                .map_err(|error| error.to_string())
        };
        for text in [
            "abc", "x", "%", "+", "1.5", "x1.234", "x-1", "--1", "5 6", "1e3", "٣",
        ] {
            let expected = format!("`{text}` is no number of replicas; use 5, +2, -1, x1.5 or 50%");
            assert_eq!(read(text), Err(expected));
        }
        assert_eq!(Change::parse("  "), Err(ScaleError::Empty));
        assert_eq!(
            read("-4"),
            Err("3 replicas -4 would be fewer than none".to_owned())
        );
        for text in [
            "99999999999",
            "2147483648",
            "+2147483647",
            "x999999999",
            "-99999999999999999999",
        ] {
            assert_eq!(
                read(text),
                Err("more replicas than Kubernetes can count".to_owned()),
                "{text}"
            );
        }
        assert_eq!(read("2147483647"), Ok(2_147_483_647));
    }

    #[test]
    fn an_autoscaler_undoes_what_is_out_of_its_bounds() {
        let hpa = HpaFacts {
            name: "web",
            min: Some(4),
            max: 10,
        };
        assert_eq!(hpa.verdict(12), Verdict::LowersTo(10));
        assert_eq!(hpa.verdict(3), Verdict::RaisesTo(4));
        assert_eq!(hpa.verdict(4), Verdict::MayMove);
        assert_eq!(hpa.verdict(0), Verdict::Pauses);
        assert_eq!(HpaFacts { min: Some(0), ..hpa }.verdict(0), Verdict::MayMove);
        assert_eq!(HpaFacts { min: None, ..hpa }.verdict(1), Verdict::MayMove);
        assert_eq!(hpa.bounds_for(12), (12, 12));
        assert_eq!(hpa.bounds_for(6), (6, 10));
        assert_eq!(hpa.warning(12), "hpa/web (min 4 max 10) would scale back to 10");
    }
}
