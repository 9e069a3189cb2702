//! Finds the keywords of an object from those of its delta base, without looking at what was
//! copied: a keyword that lies inside one copied stretch was found in the base; any other holds
//! an inserted byte, or lies across the seam of two stretches. Pure.

use super::delta::{Delta, Stretch};
use crate::model::chunk::Hit;

/// A search for keywords: appends every hit in a text, in order.
pub type Search<'a> = dyn FnMut(&[u8], &mut Vec<Hit>) + 'a;

/// A stretch of the result, with the place that it has there.
#[derive(Clone, Copy)]
struct Segment<'a> {
    start: usize,
    bytes: &'a [u8],
    /// Offset in the base, if it was copied from there.
    copied: Option<usize>,
}

impl Segment<'_> {
    fn end(&self) -> usize {
        self.start + self.bytes.len()
    }
}

/// A part of the result that has to be searched, and where its bytes are in the text to search.
#[derive(Clone, Copy)]
struct Window {
    start: usize,
    end: usize,
    at: usize,
}

/// Finds keywords in deltas. Keeps its memory for the next one.
#[derive(Default)]
pub struct Carrier {
    windows: Vec<Window>,
    text: Vec<u8>,
    found: Vec<Hit>,
}

impl Carrier {
    /// Appends every keyword of the result of `delta`, in order, given those of its base.
    /// `longest` is the length of the longest keyword.
    pub fn hits(
        &mut self,
        (delta, base): (&Delta<'_>, &[u8]),
        carried: &[Hit],
        longest: usize,
        search: &mut Search<'_>,
        hits: &mut Vec<Hit>,
    ) {
        let segments = segments(delta, base);
        let first = hits.len();
        carry(&segments, carried, hits);
        self.windows(&segments, longest.saturating_sub(1), delta.result_size);
        self.gather(&segments);
        self.found.clear();
        search(&self.text, &mut self.found);
        self.keep_new(&segments, hits);
        hits[first..].sort_unstable();
    }

    /// What lies around the seams and inserted bytes.
    fn windows(&mut self, segments: &[Segment<'_>], margin: usize, size: usize) {
        self.windows.clear();
        for (number, segment) in segments.iter().enumerate() {
            let (from, to) = match segment.copied {
                None => (segment.start, segment.end()),
                Some(_) if number == 0 => continue,
                Some(_) => (segment.start, segment.start),
            };
            let (start, end) = (from.saturating_sub(margin), size.min(to.saturating_add(margin)));
            match self.windows.last_mut() {
                Some(last) if start <= last.end => last.end = last.end.max(end),
                _ => self.windows.push(Window { start, end, at: 0 }),
            }
        }
    }

    /// Puts the bytes of all windows one behind the other.
    fn gather(&mut self, segments: &[Segment<'_>]) {
        self.text.clear();
        let mut number = 0;
        for window in &mut self.windows {
            window.at = self.text.len();
            let mut at = window.start;
            while at < window.end {
                while segments[number].end() <= at {
                    number += 1;
                }
                let segment = &segments[number];
                let end = segment.end().min(window.end);
                self.text.extend(&segment.bytes[at - segment.start..end - segment.start]);
                at = end;
            }
        }
    }

    /// Takes over what was found, unless it lies across two windows, or was carried over.
    fn keep_new(&self, segments: &[Segment<'_>], hits: &mut Vec<Hit>) {
        for found in &self.found {
            let number = self.windows.partition_point(|window| window.at <= found.start) - 1;
            let window = &self.windows[number];
            let start = window.start + (found.start - window.at);
            let end = start + found.len as usize;
            if end > window.end {
                continue;
            }
            let number = segments.partition_point(|segment| segment.start <= start) - 1;
            let segment = &segments[number];
            if segment.copied.is_none() || end > segment.end() {
                hits.push(Hit { start, ..*found });
            }
        }
    }
}

/// The stretches with their places. A copy that goes on where the last one ended is one with it.
fn segments<'a>(delta: &Delta<'a>, base: &'a [u8]) -> Vec<Segment<'a>> {
    let mut segments: Vec<Segment<'a>> = Vec::with_capacity(16);
    let mut start = 0;
    for stretch in delta.stretches() {
        match (stretch, segments.last_mut()) {
            (Stretch::Copy { offset, len }, Some(last))
                if last.copied.is_some_and(|copied| copied + last.bytes.len() == offset) =>
            {
                let from = offset - last.bytes.len();
                last.bytes = &base[from..offset + len];
            }
            (Stretch::Copy { offset, len }, _) => {
                let bytes = &base[offset..offset + len];
                segments.push(Segment { start, bytes, copied: Some(offset) });
            }
            (Stretch::Insert(bytes), _) => segments.push(Segment { start, bytes, copied: None }),
        }
        start += stretch.len();
    }
    segments
}

/// Appends the hits that lie inside a copied stretch.
fn carry(segments: &[Segment<'_>], carried: &[Hit], hits: &mut Vec<Hit>) {
    if carried.is_empty() {
        return;
    }
    for segment in segments {
        let Some(copied) = segment.copied else { continue };
        let end = copied + segment.bytes.len();
        let first = carried.partition_point(|hit| hit.start < copied);
        let inside = carried[first..].iter().take_while(|hit| hit.start < end);
        hits.extend(
            inside
                .filter(|hit| hit.end() <= end)
                .map(|hit| Hit { start: hit.start - copied + segment.start, ..*hit }),
        );
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};

    use super::Carrier;
    use crate::git::pack::delta::Delta;
    use crate::model::chunk::Hit;

    const KEYWORDS: [&[u8]; 4] = [b"a", b"aba", b"bcab", b"cccccc"];

    /// The plain way: every keyword at every place.
    fn search(text: &[u8], hits: &mut Vec<Hit>) {
        for start in 0..text.len() {
            for (number, keyword) in (0..).zip(KEYWORDS) {
                if text[start..].starts_with(keyword) {
                    let len = u32::try_from(keyword.len()).expect("short");
                    hits.push(Hit { start, keyword: number, len });
                }
            }
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Copy(usize, usize),
        Insert(Vec<u8>),
    }

    fn letters(most: usize) -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop_oneof![Just(b'a'), Just(b'b'), Just(b'c')], 1..most)
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (any::<usize>(), any::<usize>()).prop_map(|(from, len)| Step::Copy(from, len)),
            letters(20).prop_map(Step::Insert),
        ];
        prop::collection::vec(step, 1..12)
    }

    /// The delta and its result. Sizes are below 128, so that one byte holds each.
    fn delta(base: &[u8], steps: &[Step]) -> (Vec<u8>, Vec<u8>) {
        let (mut instructions, mut result) = (Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Copy(from, len) => {
                    let from = from % base.len();
                    let len = 1 + len % (base.len() - from);
                    let byte = |number: usize| u8::try_from(number).expect("small");
                    instructions.extend([0x91, byte(from), byte(len)]);
                    result.extend(&base[from..from + len]);
                }
                Step::Insert(bytes) => {
                    instructions.push(u8::try_from(bytes.len()).expect("small"));
                    instructions.extend(bytes);
                    result.extend(bytes);
                }
            }
        }
        let mut delta = vec![u8::try_from(base.len()).expect("small")];
        let size = result.len();
        delta.push(u8::try_from(size & 0x7F).expect("small") | 0x80);
        delta.push(u8::try_from(size >> 7 & 0x7F).expect("small"));
        delta.extend(instructions);
        (delta, result)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn carried_hits_are_those_of_a_full_search(base in letters(100), steps in steps()) {
            let (bytes, result) = delta(&base, &steps);
            let delta = Delta::new(&bytes, base.len()).expect("a good delta");
            let mut built = vec![0; delta.result_size];
            delta.apply(&base, &mut built);
            assert_eq!(built, result);
            let (mut of_base, mut expected, mut hits) = (Vec::new(), Vec::new(), Vec::new());
            search(&base, &mut of_base);
            search(&result, &mut expected);
            Carrier::default().hits((&delta, &base), &of_base, 6, &mut search, &mut hits);
            assert_eq!(hits, expected);
        }
    }
}
