//! How many rows of a feed are broken or need a look, kept as they change, so that a frame need not look at hidden rows.

/// A bit for each slot, and how many are set.
#[derive(Debug, Default)]
pub struct Bad {
    bits: Vec<u64>,
    count: usize,
}

impl Bad {
    /// How many slots are broken.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Says how a slot is now.
    pub fn set(&mut self, slot: u32, bad: bool) {
        let (word, bit) = (slot as usize / 64, 1_u64 << (slot % 64));
        if word >= self.bits.len() {
            if !bad {
                return;
            }
            self.bits.resize(word + 1, 0);
        }
        let Some(word) = self.bits.get_mut(word) else {
            return;
        };
        match (*word & bit != 0, bad) {
            (false, true) => self.count += 1,
            (true, false) => self.count -= 1,
            _ => return,
        }
        *word ^= bit;
    }
}

#[cfg(test)]
mod tests {
    use super::Bad;

    #[test]
    fn every_slot_counts_once() {
        let mut bad = Bad::default();
        for (slot, is_bad, count) in [
            (3, true, 1),
            (3, true, 1),
            (200, true, 2),
            (900, false, 2),
            (3, false, 1),
            (200, false, 0),
        ] {
            bad.set(slot, is_bad);
            assert_eq!(bad.count(), count, "{slot}");
        }
    }
}
