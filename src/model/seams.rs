//! Where keywords can lie across the seam of two stretches of bytes. Pure.

/// What is known of all keywords of a search: how long they are, and which two bytes stand side by
/// side in any of them. Where two stretches meet in other bytes, no keyword lies across.
#[derive(Clone, Debug)]
pub struct Seams {
    longest: usize,
    /// A bit for each pair of bytes.
    pairs: Box<[u64]>,
}

impl Default for Seams {
    fn default() -> Self {
        Self { longest: 0, pairs: vec![0; 1 << 10].into_boxed_slice() }
    }
}

impl Seams {
    /// Takes a keyword in.
    pub fn add(&mut self, keyword: &[u8]) {
        self.longest = self.longest.max(keyword.len());
        keyword.windows(2).for_each(|pair| self.pair(pair[0], pair[1]));
    }

    /// Takes a keyword in whose case does not matter.
    pub fn add_in_any_case(&mut self, keyword: &[u8]) {
        self.add(keyword);
        let cases = |byte: u8| [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()];
        for pair in keyword.windows(2) {
            for last in cases(pair[0]) {
                cases(pair[1]).into_iter().for_each(|first| self.pair(last, first));
            }
        }
    }

    fn pair(&mut self, last: u8, first: u8) {
        self.pairs[usize::from(last) << 2 | usize::from(first) >> 6] |= 1 << (first & 63);
    }

    /// Bytes of the longest keyword.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// False when no keyword lies across a seam between these bytes.
    #[inline]
    pub fn may_cross(&self, last: u8, first: u8) -> bool {
        self.pairs[usize::from(last) << 2 | usize::from(first) >> 6] >> (first & 63) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::Seams;

    #[test]
    fn pairs_of_keywords_may_cross_and_no_others() {
        let mut seams = Seams::default();
        seams.add(b"ab\xFF");
        seams.add_in_any_case(b"x-Y");
        assert_eq!(seams.longest(), 3);
        let expected = [b"ab", b"b\xFF", b"x-", b"X-", b"-y", b"-Y"];
        for last in 0..=255 {
            for first in 0..=255 {
                let known = expected.iter().any(|pair| **pair == [last, first]);
                assert_eq!(seams.may_cross(last, first), known, "{last} {first}");
            }
        }
    }
}
