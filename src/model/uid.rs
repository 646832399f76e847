//! Object identity: the `metadata.uid` as 128 bits. Never shown to a person.

use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

/// The identity of one object. A UUID is kept bit for bit; any other text (a node's events carry the node's name) is hashed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
pub struct Uid(pub u128);

impl Uid {
    /// No identity: what an absent uid parses to.
    pub const NONE: Self = Self(0);

    /// Reads a uid; the empty text is [`Uid::NONE`].
    pub fn parse(text: &str) -> Self {
        if text.is_empty() {
            return Self::NONE;
        }
        uuid(text.as_bytes()).map_or_else(|| Self::of(&[text]), Self)
    }

    /// The identity of something that has no uid, from what names it, e.g. resource, namespace and name.
    pub fn of(parts: &[&str]) -> Self {
        let build = BuildHasherDefault::<rustc_hash::FxHasher>::default();
        let half = |seed: u64| {
            let mut hasher = build.build_hasher();
            hasher.write_u64(seed);
            for part in parts {
                hasher.write(part.as_bytes());
                hasher.write_u8(0xff);
            }
            u128::from(hasher.finish())
        };
        Self((half(0x9e37_79b9_7f4a_7c15) << 64) | half(0x2545_f491_4f6c_dd1d) | 1)
    }

    /// True for [`Uid::NONE`].
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

fn uuid(text: &[u8]) -> Option<u128> {
    if text.len() != 36 {
        return None;
    }
    let mut bits = 0u128;
    for (at, byte) in text.iter().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        bits = (bits << 4) | u128::from((*byte as char).to_digit(16)?);
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::Uid;

    #[test]
    fn keeps_a_uuid_and_hashes_anything_else() {
        let uid = Uid::parse("0f8fad5b-d9cb-469f-a165-70867728950e");
        assert_eq!(uid.0, 0x0f8f_ad5b_d9cb_469f_a165_7086_7728_950e);
        assert!(Uid::parse("").is_none());
        assert_ne!(Uid::parse("ip-10-0-1-5"), Uid::parse("ip-10-0-1-6"));
        assert_ne!(Uid::of(&["ab", "c"]), Uid::of(&["a", "bc"]));
    }
}
