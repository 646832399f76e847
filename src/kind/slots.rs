//! Numbered places that never move: growing copies nothing, and only the last chunk has room to spare. Knows nothing of what lies in them.

/// Places by number, some of them empty.
#[derive(Debug)]
pub struct Slots<T>(Vec<Vec<Option<T>>>);

/// Places of a chunk.
const CHUNK: usize = 512;

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Slots<T> {
    /// What lies in a slot.
    pub fn get(&self, slot: u32) -> Option<&T> {
        let at = slot as usize;
        self.0.get(at / CHUNK)?.get(at % CHUNK)?.as_ref()
    }

    /// What lies in a slot, to be changed or taken out; `None` for a slot that was never handed out.
    pub fn place(&mut self, slot: u32) -> Option<&mut Option<T>> {
        let at = slot as usize;
        self.0.get_mut(at / CHUNK)?.get_mut(at % CHUNK)
    }

    /// Puts something into a new slot.
    pub fn push(&mut self, value: T) -> u32 {
        let full = self.0.len().saturating_sub(1) * CHUNK;
        if let Some(chunk) = self.0.last_mut().filter(|chunk| chunk.len() < CHUNK) {
            chunk.push(Some(value));
            return (full + chunk.len() - 1) as u32;
        }
        // The first chunk grows as it is needed: most feeds have a few rows.
        let room = if self.0.is_empty() { 0 } else { CHUNK };
        let mut chunk = Vec::with_capacity(room);
        chunk.push(Some(value));
        self.0.push(chunk);
        ((self.0.len() - 1) * CHUNK) as u32
    }

    /// All slots that are not empty, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let numbered = (0..).zip(self.0.iter().flatten());
        numbered.filter_map(|(slot, place)| Some((slot, place.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Slots};

    #[test]
    fn slots_are_numbered_over_chunks_and_emptied_in_place() {
        let mut slots = Slots::default();
        let count = CHUNK as u32 * 2 + 3;
        for number in 0..count {
            assert_eq!(slots.push(number), number);
        }
        for number in [0, CHUNK as u32 - 1, CHUNK as u32, count - 1] {
            assert_eq!(slots.get(number), Some(&number));
        }
        *slots.place(5).unwrap() = None;
        assert_eq!((slots.get(5), slots.get(count)), (None, None));
        assert!(slots.place(count).is_none());
        let left: Vec<u32> = slots.iter().map(|(slot, _)| slot).collect();
        assert_eq!(left.len() as u32, count - 1);
        assert_eq!(left[5], 6);
    }
}
