//! Names, uids and other identifiers of the pretend cluster, all drawn from one seed. Holds no objects.

use std::fmt::Write;

/// Letters the API server draws generated name suffixes from (k8s.io/apimachinery, pkg/util/rand).
const SUFFIX: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The source of everything random in the world: equal seeds give equal worlds.
#[derive(Debug, Clone)]
pub struct Ids(fastrand::Rng);

impl Ids {
    /// A source that repeats itself for an equal `seed`.
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A random (version 4) uuid, as `metadata.uid` holds it.
    pub fn uid(&mut self) -> String {
        let bits = self.0.u128(..);
        let version = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{version:032x}");
        let mut text = String::with_capacity(36);
        for (index, letter) in hex.chars().enumerate() {
            if matches!(index, 8 | 12 | 16 | 20) {
                text.push('-');
            }
            text.push(letter);
        }
        text
    }

    /// A name suffix of `length` letters, as `generateName` appends.
    pub fn suffix(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from(SUFFIX[self.0.usize(..SUFFIX.len())]))
            .collect()
    }

    /// A pod template hash as controllers write it: a 32-bit number in decimal, its digits in safe letters
    /// (k8s.io/apimachinery, pkg/util/rand, `SafeEncodeString`).
    pub fn template_hash(&mut self) -> String {
        let digits = self.0.u32(..).to_string();
        digits
            .bytes()
            .map(|digit| char::from(SUFFIX[usize::from(digit) % SUFFIX.len()]))
            .collect()
    }

    /// `length` lower-case hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length + 32);
        while text.len() < length {
            let _ = write!(text, "{:032x}", self.0.u128(..));
        }
        text.truncate(length);
        text
    }

    /// A number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.0.u64(..end) }
    }

    /// A number from 0 up to, not including, 1.
    pub fn unit(&mut self) -> f64 {
        self.0.f64()
    }
}

/// A stable 64-bit number for `parts`: what must be equal in every run and must not depend on order of creation.
pub fn stable(parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash ^ (hash >> 29)
}

/// `stable` as hexadecimal digits, `length` of them.
pub fn stable_hex(parts: &[&str], length: usize) -> String {
    let mut rng = Ids::new(stable(parts));
    rng.hex(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_identifiers() {
        let (mut one, mut two) = (Ids::new(7), Ids::new(7));
        assert_eq!(one.uid(), two.uid());
        assert_eq!(one.suffix(5), two.suffix(5));
        assert_ne!(one.uid(), Ids::new(8).uid());
    }

    #[test]
    fn template_hashes_are_numbers_in_safe_letters() {
        let mut ids = Ids::new(3);
        for _ in 0..100 {
            let hash = ids.template_hash();
            assert!(
                hash.len() <= 10 && hash.chars().all(|letter| "456789bcdf".contains(letter)),
                "{hash}"
            );
        }
    }

    #[test]
    fn uids_are_version_four() {
        let uid = Ids::new(1).uid();
        assert_eq!(uid.len(), 36);
        assert_eq!(uid.as_bytes()[14], b'4');
        assert!(matches!(uid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{uid}");
    }
}
