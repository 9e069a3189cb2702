//! Finds the keywords of an object from those of its delta base, without looking at what was
//! copied: a keyword that lies inside one copied stretch was found in the base, one inside an
//! inserted stretch stands in the delta, and any other lies across the seam of two stretches.
//! Most seams join bytes that stand side by side in no keyword; the others are searched. Pure.

use super::delta::{Script, Stretch, copy};
use crate::model::chunk::Hit;
use crate::model::seams::Seams;

/// A search for keywords: appends every hit in a text, in order.
pub type Search<'a> = dyn FnMut(&[u8], &mut Vec<Hit>) + 'a;

/// What an object is made of: its delta, as bytes and as what they mean, and its base.
#[derive(Clone, Copy)]
pub struct Recipe<'a> {
    /// The stretches.
    pub script: &'a Script,
    /// The bytes of the delta.
    pub delta: &'a [u8],
    /// The bytes of the base.
    pub base: &'a [u8],
    /// The keywords of the base, in order.
    pub hits: &'a [Hit],
}

/// A part of the result that has to be searched, and where its bytes are in the text to search.
#[derive(Clone, Copy)]
struct Window {
    start: usize,
    end: usize,
    at: usize,
    /// The stretch that begins at the first seam of the window.
    stretch: usize,
}

/// Finds keywords in deltas. Keeps its memory for the next one.
#[derive(Default)]
pub struct Carrier {
    seams: Seams,
    windows: Vec<Window>,
    text: Vec<u8>,
    found: Vec<Hit>,
}

impl Carrier {
    /// A carrier of keywords that can lie across these seams.
    pub fn new(seams: Seams) -> Self {
        Self { seams, ..Self::default() }
    }

    /// Appends every keyword of the result, in order.
    pub fn hits(&mut self, recipe: Recipe<'_>, search: &mut Search<'_>, hits: &mut Vec<Hit>) {
        let stretches = recipe.script.stretches();
        let first = hits.len();
        carry(stretches, recipe.hits, hits);
        self.found.clear();
        search(recipe.delta, &mut self.found);
        keep_inserted(stretches, &self.found, hits);
        self.windows(recipe);
        if !self.windows.is_empty() {
            let len = self.gather(recipe);
            self.found.clear();
            search(&self.text[..len], &mut self.found);
            self.keep_crossing(stretches, hits);
        }
        if hits.len() > first + 1 {
            hits[first..].sort_unstable();
        }
    }

    /// What lies around the seams that a keyword can lie across.
    fn windows(&mut self, recipe: Recipe<'_>) {
        let Recipe { script, delta, base, .. } = recipe;
        let margin = self.seams.longest().saturating_sub(1);
        let size = script.result_size();
        self.windows.clear();
        let mut last = None;
        for (number, stretch) in script.stretches().iter().enumerate() {
            let bytes = stretch.bytes(delta, base);
            let first = bytes.first().copied();
            if let (Some(last), Some(first)) = (last, first)
                && self.seams.may_cross(last, first)
            {
                let seam = stretch.start();
                let (start, end) = (seam.saturating_sub(margin), size.min(seam + margin));
                match self.windows.last_mut() {
                    Some(window) if start <= window.end => window.end = end,
                    _ => self.windows.push(Window { start, end, at: 0, stretch: number }),
                }
            }
            last = bytes.last().copied();
        }
    }

    /// Puts the bytes of all windows one behind the other; gives back how many there are. The room
    /// for them is kept, with what was there before.
    fn gather(&mut self, recipe: Recipe<'_>) -> usize {
        let needed: usize = self.windows.iter().map(|window| window.end - window.start).sum();
        if self.text.len() < needed {
            self.text.resize(needed, 0);
        }
        let out = &mut self.text[..needed];
        let stretches = recipe.script.stretches();
        let mut filled = 0;
        for window in &mut self.windows {
            window.at = filled;
            let (mut at, mut number) = (window.start, window.stretch);
            while stretches[number].start() > at {
                number -= 1;
            }
            while at < window.end {
                let stretch = &stretches[number];
                let len = stretch.end().min(window.end) - at;
                let source = if stretch.copied() { recipe.base } else { recipe.delta };
                copy(source, stretch.from() + (at - stretch.start()), len, out, filled);
                at += len;
                filled += len;
                number += 1;
            }
        }
        needed
    }

    /// Takes over what was found across a seam, unless it lies across two windows.
    fn keep_crossing(&self, stretches: &[Stretch], hits: &mut Vec<Hit>) {
        for found in &self.found {
            let number = self.windows.partition_point(|window| window.at <= found.start) - 1;
            let window = &self.windows[number];
            let start = window.start + (found.start - window.at);
            let end = start + found.len as usize;
            if end > window.end {
                continue;
            }
            let number = stretches.partition_point(|stretch| stretch.start() <= start) - 1;
            if end > stretches[number].end() {
                hits.push(Hit { start, ..*found });
            }
        }
    }
}

/// Appends what was found in the delta and lies inside an inserted stretch. Both are in order.
fn keep_inserted(stretches: &[Stretch], found: &[Hit], hits: &mut Vec<Hit>) {
    let mut inserted = stretches.iter().filter(|it| !it.copied()).peekable();
    for hit in found {
        while inserted.next_if(|it| it.from() + it.len() <= hit.start).is_some() {}
        let Some(stretch) = inserted.peek() else { return };
        if stretch.from() <= hit.start && hit.end() <= stretch.from() + stretch.len() {
            hits.push(Hit { start: hit.start - stretch.from() + stretch.start(), ..*hit });
        }
    }
}

/// Appends the hits that lie inside a copied stretch.
fn carry(stretches: &[Stretch], carried: &[Hit], hits: &mut Vec<Hit>) {
    if carried.is_empty() {
        return;
    }
    for stretch in stretches.iter().filter(|it| it.copied()) {
        let end = stretch.from() + stretch.len();
        let first = carried.partition_point(|hit| hit.start < stretch.from());
        let inside = carried[first..].iter().take_while(|hit| hit.start < end);
        hits.extend(
            inside
                .filter(|hit| hit.end() <= end)
                .map(|hit| Hit { start: hit.start - stretch.from() + stretch.start(), ..*hit }),
        );
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};

    use super::{Carrier, Recipe};
    use crate::git::pack::delta::Script;
    use crate::model::chunk::Hit;
    use crate::model::seams::Seams;

    const KEYWORDS: [&[u8]; 4] = [b"a", b"aba", b"bbab", b"cccccc"];

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
            let mut script = Script::default();
            script.read(&bytes, base.len()).expect("a good delta");
            let mut built = vec![0; script.result_size()];
            script.apply(&bytes, &base, &mut built);
            assert_eq!(built, result);
            let (mut of_base, mut expected, mut hits) = (Vec::new(), Vec::new(), Vec::new());
            search(&base, &mut of_base);
            search(&result, &mut expected);
            let recipe = Recipe { script: &script, delta: &bytes, base: &base, hits: &of_base };
            let mut seams = Seams::default();
            KEYWORDS.iter().for_each(|keyword| seams.add(keyword));
            Carrier::new(seams).hits(recipe, &mut search, &mut hits);
            assert_eq!(hits, expected);
        }
    }
}
