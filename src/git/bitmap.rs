//! Compressed bitmaps, in the form in which git stores them (gitformat-bitmap(5), "EWAH").

use std::ops::Range;

use super::index::{number, take};

/// The bits that are set, as ranges in order: a few bytes can say that billions are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Bitmap {
    set: Vec<Range<usize>>,
}

impl Bitmap {
    /// Takes a bitmap from the front of `rest`.
    pub(super) fn parse(rest: &mut &[u8]) -> Option<Self> {
        let bits = number(rest)? as usize;
        let words = number(rest)? as usize;
        let body = take(rest, words.checked_mul(8)?)?;
        // Where the last marker is matters to writers only.
        number(rest)?;
        let mut words = body
            .chunks_exact(8)
            .map(|word| word.iter().fold(0_u64, |number, &byte| (number << 8) | u64::from(byte)));
        let mut set = Vec::new();
        let mut at: usize = 0;
        // A marker: one bit, how many words of that bit alone follow, and how many words behind
        // these stand here as they are.
        while let Some(marker) = words.next() {
            let run = usize::try_from((marker >> 1) & 0xFFFF_FFFF).ok()?.checked_mul(64)?;
            let end = at.checked_add(run)?;
            // No more than there are entries, whatever the marker says.
            let ones = at..end.min(bits);
            if marker & 1 == 1 && !ones.is_empty() {
                set.push(ones);
            }
            at = end;
            for _ in 0..marker >> 33 {
                let (word, end) = (words.next()?, at.checked_add(64)?);
                let ones = (0..64).filter(|bit| word >> bit & 1 == 1);
                set.extend(ones.map(|bit| at + bit..at + bit + 1));
                at = end;
            }
        }
        Some(Self { set })
    }

    /// True when this bit is set.
    pub(super) fn has(&self, bit: usize) -> bool {
        let next = self.set.partition_point(|range| range.end <= bit);
        self.set.get(next).is_some_and(|range| range.contains(&bit))
    }

    /// The last bit that is set.
    pub(super) fn highest(&self) -> Option<usize> {
        self.set.last().map(|range| range.end - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Bitmap;

    fn written(bits: u32, words: &[u64]) -> Vec<u8> {
        let count = u32::try_from(words.len()).expect("few");
        let words = words.iter().flat_map(|word| word.to_be_bytes());
        let head = [bits.to_be_bytes(), count.to_be_bytes()].concat();
        head.into_iter().chain(words).chain([0; 4]).collect()
    }

    #[test]
    fn runs_and_words_are_told_apart() {
        let bytes = written(200, &[1 | 1 << 1 | 1 << 33, 0b101, 2 << 1, 1 | 1 << 1]);
        let bitmap = Bitmap::parse(&mut bytes.as_slice()).expect("good");
        assert!(bitmap.has(0) && bitmap.has(63) && bitmap.has(64) && bitmap.has(66));
        assert!(!bitmap.has(65) && !bitmap.has(67) && !bitmap.has(199));
        assert_eq!(bitmap.highest(), Some(66));
        let empty = written(0, &[]);
        assert_eq!(Bitmap::parse(&mut empty.as_slice()), Some(Bitmap::default()));
    }

    #[test]
    fn a_marker_that_promises_too_much_is_refused_or_bounded() {
        let missing = written(64, &[3 << 33, 1]);
        assert_eq!(Bitmap::parse(&mut missing.as_slice()), None);
        let endless = written(64, &[u64::MAX >> 31]);
        assert_eq!(Bitmap::parse(&mut endless.as_slice()).and_then(|it| it.highest()), Some(63));
    }
}
