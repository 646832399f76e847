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
    let text: &[u8; 36] = text.try_into().ok()?;
    let mut wrong = 0;
    let mut part = |digits: &[u8]| {
        digits.iter().fold(0u64, |bits, byte| {
            let digit = HEX[usize::from(*byte)];
            wrong |= digit & 0xf0;
            bits << 4 | u64::from(digit)
        })
    };
    let high = part(&text[..8]) << 32 | part(&text[9..13]) << 16 | part(&text[14..18]);
    let low = part(&text[19..23]) << 48 | part(&text[24..]);
    let dashes = [8, 13, 18, 23].iter().all(|at| text[*at] == b'-');
    (wrong == 0 && dashes).then_some(u128::from(high) << 64 | u128::from(low))
}

/// What a byte is worth as a hexadecimal digit; 255 if it is none.
const HEX: [u8; 256] = {
    let mut worth = [255; 256];
    let mut digit = 0;
    while digit < 16 {
        worth[b"0123456789abcdef"[digit] as usize] = digit as u8;
        worth[b"0123456789ABCDEF"[digit] as usize] = digit as u8;
        digit += 1;
    }
    worth
};

#[cfg(test)]
mod tests {
    use super::Uid;

    #[test]
    fn keeps_a_uuid_and_hashes_anything_else() {
        let uid = Uid::parse("0f8fad5b-d9cb-469f-a165-70867728950e");
        assert_eq!(uid.0, 0x0f8f_ad5b_d9cb_469f_a165_7086_7728_950e);
        assert_eq!(Uid::parse("0F8FAD5B-D9CB-469F-A165-70867728950E"), uid);
        for other in [
            "0f8fad5b-d9cb-469f-a165-70867728950g",
            "0f8fad5b+d9cb-469f-a165-70867728950e",
        ] {
            assert_eq!(Uid::parse(other), Uid::of(&[other]));
        }
        assert!(Uid::parse("").is_none());
        assert_ne!(Uid::parse("ip-10-0-1-5"), Uid::parse("ip-10-0-1-6"));
        assert_ne!(Uid::of(&["ab", "c"]), Uid::of(&["a", "bc"]));
    }
}
