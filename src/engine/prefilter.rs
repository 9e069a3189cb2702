//! Finds every keyword of every rule in one pass over a text.
//!
//! The searcher looks for anchors: at most four bytes of each keyword, the rarest ones, so that
//! a vectorised search needs few looks at each place. For a keyword whose case is ignored, every
//! spelling of the anchor is searched. At an anchor the whole keyword is compared.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::packed::{self, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, Span};

use crate::model::chunk::Hit;
use crate::model::seams::Seams;
use crate::rules::prepared::Anchors;
use crate::rules::rule::{Keyword, Rule};

/// Anchors are at most this long: what the vectorised search looks at.
const ANCHOR: usize = 4;
/// Of a longer keyword only so much is compared: it is as rare, and the pattern looks at the rest.
/// What is searched again at every seam of a delta is that short, too.
const LONGEST: usize = 18;
/// With more anchors than this an automaton is faster than the vectorised search.
const MOST_PACKED: usize = 100;

/// The search for all keywords.
#[derive(Debug)]
pub struct Prefilter {
    keywords: Vec<Entry>,
    anchors: Vec<Anchor>,
    search: Search,
    /// The furthest that an anchor stands behind the start of its keyword.
    furthest: usize,
}

#[derive(Debug)]
struct Entry {
    keyword: Keyword,
    rules: Vec<usize>,
}

#[derive(Debug)]
struct Anchor {
    bytes: Vec<u8>,
    /// Keywords that hold this anchor, and at which offset.
    users: Users,
    /// Other anchors that can stand at the same place: beginnings and continuations of this one.
    beside: Vec<usize>,
}

#[derive(Debug)]
enum Search {
    Nothing,
    Packed(Box<Searcher>),
    Automaton(Box<AhoCorasick>),
}

impl Entry {
    fn len(&self) -> u32 {
        u32::try_from(self.keyword.bytes.len()).unwrap_or(u32::MAX)
    }
}

impl Prefilter {
    /// Prepares the search for the keywords of `rules`. What to search for is chosen unless it is `known`.
    pub fn new(rules: &[Rule], known: Option<&Anchors>) -> Self {
        let mut keywords: Vec<Entry> = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            for keyword in &rule.keywords {
                let mut keyword = keyword.clone();
                keyword.bytes.truncate(LONGEST);
                match keywords.iter_mut().find(|entry| entry.keyword == keyword) {
                    Some(entry) if entry.rules.last() == Some(&number) => {}
                    Some(entry) => entry.rules.push(number),
                    None => keywords.push(Entry { keyword, rules: vec![number] }),
                }
            }
        }
        let parts = known.and_then(|known| known_parts(known, &keywords));
        let anchors = anchors(parts.unwrap_or_else(|| shared_parts(&keywords)));
        let offsets = anchors.iter().flat_map(|anchor| anchor.users.iter().map(|&(_, at)| at));
        let furthest = offsets.max().unwrap_or(0);
        let search = Search::new(&anchors);
        Self { keywords, anchors, search, furthest }
    }

    /// What is searched for.
    pub fn chosen(&self) -> Anchors {
        let text = |(part, ignore_case, users): SharedPart| {
            (String::from_utf8_lossy(&part).into_owned(), ignore_case, users)
        };
        shared_parts(&self.keywords).into_iter().map(text).collect()
    }

    /// Where keywords can lie across seams.
    pub fn seams(&self) -> Seams {
        let mut seams = Seams::default();
        for Entry { keyword, .. } in &self.keywords {
            if keyword.ignore_case {
                seams.add_in_any_case(&keyword.bytes);
            } else {
                seams.add(&keyword.bytes);
            }
        }
        seams
    }

    /// The rules that a keyword belongs to.
    pub fn rules_of(&self, keyword: u32) -> &[usize] {
        &self.keywords[keyword as usize].rules
    }

    /// Appends every keyword that begins in `range`, in order.
    pub fn hits(&self, text: &[u8], range: Range<usize>, hits: &mut Vec<Hit>) {
        let first = hits.len();
        let end = text.len().min(range.end + self.furthest + ANCHOR);
        let mut looking = Looking { text, range: range.clone(), hits };
        match &self.search {
            Search::Nothing => {}
            Search::Packed(searcher) => {
                let mut start = range.start;
                while let Some(found) = searcher.find_in(text, Span { start, end }) {
                    let (anchor, at) = (found.pattern().as_usize(), found.start());
                    self.compare(anchor, at, &mut looking);
                    for &other in &self.anchors[anchor].beside {
                        if text[at..].starts_with(&self.anchors[other].bytes) {
                            self.compare(other, at, &mut looking);
                        }
                    }
                    start = at + 1;
                }
            }
            Search::Automaton(automaton) => {
                for found in automaton.find_overlapping_iter(&text[range.start..end]) {
                    let at = range.start + found.start();
                    self.compare(found.pattern().as_usize(), at, &mut looking);
                }
            }
        }
        hits[first..].sort_unstable();
    }

    /// Compares the keywords of an anchor that stands at `at`.
    fn compare(&self, anchor: usize, at: usize, looking: &mut Looking<'_>) {
        for &(keyword, offset) in &self.anchors[anchor].users {
            let start = at.checked_sub(offset).filter(|start| looking.range.contains(start));
            if let Some(start) = start
                && self.keywords[keyword as usize].keyword.begins(&looking.text[start..])
            {
                let len = self.keywords[keyword as usize].len();
                looking.hits.push(Hit { start, keyword, len });
            }
        }
    }
}

/// A search in one text.
struct Looking<'a> {
    text: &'a [u8],
    range: Range<usize>,
    hits: &'a mut Vec<Hit>,
}

impl Search {
    fn new(anchors: &[Anchor]) -> Self {
        if anchors.is_empty() {
            return Self::Nothing;
        }
        if anchors.len() <= MOST_PACKED {
            let mut builder = packed::Config::new()
                .match_kind(MatchKind::LeftmostFirst)
                .heuristic_pattern_limits(false)
                .builder();
            builder.extend(anchors.iter().map(|anchor| &anchor.bytes));
            if let Some(searcher) = builder.build() {
                return Self::Packed(Box::new(searcher));
            }
        }
        match AhoCorasick::new(anchors.iter().map(|anchor| &anchor.bytes)) {
            Ok(automaton) => Self::Automaton(Box::new(automaton)),
            Err(error) => unreachable!("anchors of four bytes always fit an automaton: {error}"),
        }
    }
}

/// The parts that were chosen before, if every keyword holds one of them.
fn known_parts(known: &Anchors, keywords: &[Entry]) -> Option<Vec<SharedPart>> {
    let mut is_served = vec![false; keywords.len()];
    for (part, ignore_case, users) in known {
        for &(number, offset) in users {
            let keyword = &keywords.get(number as usize)?.keyword;
            let holds = keyword.bytes.get(offset..)?.starts_with(part.as_bytes());
            let is_anchor = !part.is_empty() && part.len() <= ANCHOR;
            (holds && is_anchor && keyword.ignore_case == *ignore_case).then_some(())?;
            is_served[number as usize] = true;
        }
    }
    let part = |(part, ignore_case, users): &(String, bool, Users)| {
        (part.as_bytes().to_vec(), *ignore_case, users.clone())
    };
    is_served.into_iter().all(|it| it).then(|| known.iter().map(part).collect())
}

fn anchors(parts: Vec<SharedPart>) -> Vec<Anchor> {
    let mut anchors: Vec<Anchor> = Vec::new();
    for (part, ignore_case, users) in parts {
        for bytes in spellings(&part, ignore_case) {
            match anchors.iter_mut().find(|anchor| anchor.bytes == bytes) {
                Some(anchor) => anchor.users.extend(&users),
                None => anchors.push(Anchor { bytes, users: users.clone(), beside: Vec::new() }),
            }
        }
    }
    for this in 0..anchors.len() {
        anchors[this].beside = (0..anchors.len())
            .filter(|&other| {
                let (this, that) = (&anchors[this].bytes, &anchors[other].bytes);
                this != that && (this.starts_with(that) || that.starts_with(this))
            })
            .collect();
    }
    anchors
}

/// A part of keywords, whether its case is ignored, and which keywords hold it at which offset.
type SharedPart = (Vec<u8>, bool, Users);

/// Keywords, each with the offset at which it holds an anchor.
type Users = Vec<(u32, usize)>;

/// Chooses for every keyword a part that stands for it: seldom in ordinary text, and shared with
/// as many other keywords as possible, since every anchor costs time at every byte. The part
/// with the least cost for each keyword that it serves is taken, then the next, until all are
/// served.
fn shared_parts(keywords: &[Entry]) -> Vec<SharedPart> {
    let mut left: Vec<u32> = (0_u32..).take(keywords.len()).collect();
    let mut chosen = Vec::new();
    while !left.is_empty() {
        let mut parts: BTreeMap<(&[u8], bool), Users> = BTreeMap::new();
        for &number in &left {
            let keyword = &keywords[number as usize].keyword;
            let length = keyword.bytes.len().min(ANCHOR);
            for (offset, part) in keyword.bytes.windows(length).enumerate() {
                let users = parts.entry((part, keyword.ignore_case)).or_default();
                if users.last().is_none_or(|(last, _)| *last != number) {
                    users.push((number, offset));
                }
            }
        }
        // Costs are compared for each user: a/b < c/d is a*d < c*b.
        let best = parts.into_iter().min_by(|((a, a_case), a_users), ((b, b_case), b_users)| {
            let of_a = cost(a, *a_case) * b_users.len();
            of_a.cmp(&(cost(b, *b_case) * a_users.len()))
        });
        let Some(((part, ignore_case), users)) = best else {
            break;
        };
        left.retain(|number| !users.iter().any(|(user, _)| user == number));
        chosen.push((part.to_vec(), ignore_case, users));
    }
    chosen
}

/// What an anchor costs: every spelling makes the search slower, and so does every place where
/// it stands without a keyword.
fn cost(part: &[u8], ignore_case: bool) -> usize {
    let letters = part.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let spellings = if ignore_case { 1 << letters } else { 1 };
    let common: usize = part.iter().map(|&byte| frequency(byte)).sum();
    // A missing byte is as good as one that stands everywhere. Frequencies are logarithms.
    let common = common + 30 * (ANCHOR - part.len());
    16 * spellings + (1 << (common / 4).saturating_sub(15).min(20))
}

/// Roughly how often a byte stands in source text, from 1 to 30; four more are twice as often.
fn frequency(byte: u8) -> usize {
    const COMMON: &[u8] = b" etaoinsrlcdupmfhgbyvkwxqzj";
    let of_letter = |letter: u8| {
        let rank = COMMON.iter().position(|&common| common == letter).unwrap_or(26);
        30 - rank
    };
    match byte {
        b' ' | b'a'..=b'z' => of_letter(byte),
        b'A'..=b'Z' => of_letter(byte.to_ascii_lowercase()) * 2 / 3,
        b'_' | b'-' | b'.' | b'/' | b'=' => 12,
        _ => 8,
    }
}

/// All ways to write `part`, when case is ignored; itself otherwise.
fn spellings(part: &[u8], ignore_case: bool) -> Vec<Vec<u8>> {
    let mut written = vec![Vec::new()];
    for &byte in part {
        let cases = if ignore_case && byte.is_ascii_alphabetic() {
            vec![byte.to_ascii_lowercase(), byte.to_ascii_uppercase()]
        } else {
            vec![byte]
        };
        written = written
            .iter()
            .flat_map(|start| cases.iter().map(move |&case| [start.as_slice(), &[case]].concat()))
            .collect();
    }
    written
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, Strategy, prop, proptest};

    use super::Prefilter;
    use crate::model::chunk::Hit;
    use crate::rules::rule::Keyword;
    use crate::rules::set::RuleSet;

    /// The plain way: every keyword is compared at every place.
    fn plain(prefilter: &Prefilter, text: &[u8], range: std::ops::Range<usize>) -> Vec<Hit> {
        let mut hits = Vec::new();
        for start in range {
            for (keyword, entry) in (0_u32..).zip(&prefilter.keywords) {
                if entry.keyword.begins(&text[start..]) {
                    hits.push(Hit { start, keyword, len: entry.len() });
                }
            }
        }
        hits
    }

    /// Text in which keywords, cut keywords and ordinary bytes stand next to each other.
    fn text(words: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
        let piece = (prop::sample::select(words), 0..40_usize, prop::bool::ANY).prop_map(
            |(word, cut, upper)| {
                let word = &word[..word.len() - cut.min(word.len() / 2)];
                if upper { word.to_ascii_uppercase() } else { word.to_vec() }
            },
        );
        prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    fn builtin() -> Prefilter {
        Prefilter::new(RuleSet::builtin().expect("good rules").rules(), None)
    }

    fn with_many_keywords() -> Prefilter {
        let mut rules = RuleSet::builtin().expect("good rules").rules().to_vec();
        let words = (0..200_u32).map(|number| format!("w{number:03}"));
        rules[0]
            .keywords
            .extend(words.map(|word| Keyword { bytes: word.into_bytes(), ignore_case: false }));
        Prefilter::new(&rules, None)
    }

    fn words(prefilter: &Prefilter) -> Vec<Vec<u8>> {
        let keywords = prefilter.keywords.iter().map(|entry| entry.keyword.bytes.clone());
        keywords.chain([b" ".to_vec(), b"x".to_vec(), b"token_".to_vec()]).collect()
    }

    #[test]
    fn the_built_in_keywords_share_few_anchors() {
        let anchors = builtin().anchors.len();
        assert!(anchors <= 64, "{anchors} anchors: more than the vectorised search likes");
    }

    proptest! {
        // Found cases become tests; a file of seeds would hold the tokens that were tried.
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_fast_search_finds_what_the_plain_one_does(
            text in text(words(&builtin())), cut in 0..200_usize
        ) {
            let prefilter = builtin();
            let range = cut.min(text.len())..text.len() - cut.min(text.len()) / 2;
            let range = range.start..range.end.max(range.start);
            let mut hits = Vec::new();
            prefilter.hits(&text, range.clone(), &mut hits);
            assert_eq!(hits, plain(&prefilter, &text, range));
        }

        #[test]
        fn so_does_the_automaton_that_takes_over_for_many_keywords(
            text in text(words(&with_many_keywords()))
        ) {
            let prefilter = with_many_keywords();
            let mut hits = Vec::new();
            prefilter.hits(&text, 0..text.len(), &mut hits);
            assert_eq!(hits, plain(&prefilter, &text, 0..text.len()));
        }
    }
}
