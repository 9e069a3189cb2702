//! How far a pattern can reach, and the proof that it cannot match without a keyword. Both are
//! what makes it right to run a pattern only in a window around its keywords.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::rule::Keyword;

/// The longest match that a pattern may have, in bytes. Checks that follow a token further
/// (JWT, private key) have limits of their own.
pub const MAX_MATCH: usize = 8192;

/// How many spellings of the beginning of a pattern are looked at.
const MAX_SPELLINGS: usize = 256;
/// How many bytes of each.
const MAX_SPELLING: usize = 48;

/// The reach of a pattern, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The longest match.
    pub longest: usize,
    /// How far before its keyword a match can begin. Zero means that it begins with the keyword.
    pub lookback: usize,
    /// A byte that stands in every match and in no keyword, if there is one: without it near a
    /// keyword the pattern need not be run.
    pub landmark: Option<u8>,
}

/// Why a pattern cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BoundsError {
    /// Not a regular expression.
    #[error("pattern: {0}")]
    Syntax(String),
    /// Matches nothing at all, everywhere.
    #[error("pattern: it matches the empty text")]
    Empty,
    /// Longer matches than the engine's window.
    #[error(
        "pattern: a match can be {} long; use counted repetitions like {{1,64}} so that it ends \
         after at most {MAX_MATCH} bytes", .0.map_or("infinitely".to_owned(), |bytes| format!("{bytes} bytes"))
    )]
    Unbounded(Option<usize>),
    /// The keywords do not guard the pattern.
    #[error(
        "pattern: it can match without any of the keywords, so the rule would miss; each match \
         must contain a keyword literally"
    )]
    Unguarded,
}

/// The bytes that can stand at one place of a match, as ranges.
type Bytes = Vec<(u8, u8)>;

/// Parses a pattern as the engine will: on bytes, ASCII classes.
pub fn parse(pattern: &str) -> Result<Hir, BoundsError> {
    let parsed = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern);
    parsed.map_err(|error| {
        let text = match &error {
            regex_syntax::Error::Parse(error) => error.kind().to_string(),
            regex_syntax::Error::Translate(error) => error.kind().to_string(),
            other => other.to_string(),
        };
        BoundsError::Syntax(text)
    })
}

/// Measures a parsed pattern against its keywords.
pub fn measure(hir: &Hir, keywords: &[Keyword]) -> Result<Bounds, BoundsError> {
    if hir.properties().minimum_len() == Some(0) {
        return Err(BoundsError::Empty);
    }
    let longest = hir.properties().maximum_len();
    let Some(longest) = longest.filter(|&longest| longest <= MAX_MATCH) else {
        return Err(BoundsError::Unbounded(longest));
    };
    let lookback = keyword_reach(hir, keywords).ok_or(BoundsError::Unguarded)?;
    Ok(Bounds { longest, lookback, landmark: landmark(hir, keywords) })
}

/// A byte of punctuation that every match has outside its keywords.
fn landmark(hir: &Hir, keywords: &[Keyword]) -> Option<u8> {
    match hir.kind() {
        HirKind::Literal(literal) => literal.0.iter().copied().find(|byte| {
            let in_keyword = keywords.iter().any(|keyword| keyword.bytes.contains(byte));
            byte.is_ascii_punctuation() && !in_keyword
        }),
        HirKind::Capture(capture) => landmark(&capture.sub, keywords),
        HirKind::Concat(parts) => parts.iter().find_map(|part| landmark(part, keywords)),
        _ => None,
    }
}

/// The furthest from the start of a match that the first keyword in it can begin; `None` when
/// some match might hold no keyword.
fn keyword_reach(hir: &Hir, keywords: &[Keyword]) -> Option<usize> {
    let here = match hir.kind() {
        HirKind::Capture(capture) => keyword_reach(&capture.sub, keywords),
        HirKind::Repetition(repeated) if repeated.min > 0 => keyword_reach(&repeated.sub, keywords),
        HirKind::Alternation(branches) => branches
            .iter()
            .map(|branch| keyword_reach(branch, keywords))
            .try_fold(0, |furthest, reach| Some(furthest.max(reach?))),
        HirKind::Concat(parts) => concat_reach(parts, keywords),
        _ => None,
    };
    here.or_else(|| spelled_reach(std::slice::from_ref(hir), keywords))
}

fn concat_reach(parts: &[Hir], keywords: &[Keyword]) -> Option<usize> {
    let mut before = 0;
    for (at, part) in parts.iter().enumerate() {
        let reach = spelled_reach(&parts[at..], keywords).or_else(|| keyword_reach(part, keywords));
        if let Some(reach) = reach {
            return Some(before + reach);
        }
        before += part.properties().maximum_len()?;
    }
    None
}

/// Spells out how a row of parts can begin, and looks for a keyword in every spelling. One that
/// holds a keyword is not spelled out any further: a rule file is read at every start.
fn spelled_reach(parts: &[Hir], keywords: &[Keyword]) -> Option<usize> {
    let all: Vec<&Keyword> = keywords.iter().collect();
    let mut spellings = vec![Spelling::default()];
    let mut furthest = 0;
    for part in parts {
        spellings = spell(part, &spellings)?;
        spellings.retain(|spelling| {
            let reach = reach_of(spelling, &all);
            furthest = furthest.max(reach.unwrap_or(0));
            reach.is_none()
        });
        if spellings.iter().all(|spelling| spelling.cut) {
            break;
        }
    }
    spellings.is_empty().then_some(furthest)
}

/// Where the first keyword in a spelling begins.
fn reach_of(spelling: &Spelling, keywords: &[&Keyword]) -> Option<usize> {
    let shortest = keywords.iter().map(|keyword| keyword.bytes.len()).min()?;
    let starts = (spelling.bytes.len() + 1).saturating_sub(shortest);
    (0..starts).find(|&at| guarded(&spelling.bytes[at..], 0, keywords))
}

/// One way to write the beginning of a match.
#[derive(Clone, Default)]
struct Spelling {
    bytes: Vec<Bytes>,
    /// True when what follows is not spelled out.
    cut: bool,
}

/// Continues every spelling with `part`; `None` when there are too many.
fn spell(part: &Hir, spellings: &[Spelling]) -> Option<Vec<Spelling>> {
    let mut continued = Vec::new();
    for spelling in spellings {
        if spelling.cut || spelling.bytes.len() >= MAX_SPELLING {
            continued.push(Spelling { cut: true, ..spelling.clone() });
            continue;
        }
        continued.extend(continuations(part, spelling)?);
    }
    (continued.len() <= MAX_SPELLINGS).then_some(continued)
}

fn continuations(part: &Hir, spelling: &Spelling) -> Option<Vec<Spelling>> {
    let one = std::slice::from_ref(spelling);
    let with = |sets: Vec<Bytes>| {
        let mut longer = spelling.clone();
        longer.bytes.extend(sets);
        Some(vec![longer])
    };
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(one.to_vec()),
        HirKind::Literal(literal) => with(literal.0.iter().map(|&byte| only(byte)).collect()),
        HirKind::Class(class) => with(vec![class_bytes(class)?]),
        HirKind::Capture(capture) => spell(&capture.sub, one),
        HirKind::Alternation(branches) => {
            let all = branches.iter().map(|branch| spell(branch, one));
            all.collect::<Option<Vec<_>>>().map(|lists| lists.concat())
        }
        HirKind::Concat(parts) => {
            parts.iter().try_fold(one.to_vec(), |spellings, part| spell(part, &spellings))
        }
        HirKind::Repetition(repeated) if repeated.max == Some(1) => {
            let mut either = one.to_vec();
            either.extend(spell(&repeated.sub, one)?);
            Some(either)
        }
        HirKind::Repetition(_) => Some(vec![Spelling { cut: true, ..spelling.clone() }]),
    }
}

fn only(byte: u8) -> Bytes {
    vec![(byte, byte)]
}

fn class_bytes(class: &Class) -> Option<Bytes> {
    let Class::Bytes(class) = class else { return None };
    Some(class.iter().map(|range| (range.start(), range.end())).collect())
}

/// True when every text that `sets` allow begins with one of `keywords`, of which the first
/// `done` bytes are known to agree.
fn guarded(sets: &[Bytes], done: usize, keywords: &[&Keyword]) -> bool {
    if keywords.iter().any(|keyword| keyword.bytes.len() == done) {
        return true;
    }
    let Some(set) = sets.get(done) else {
        return false;
    };
    // Bytes that leave the same keywords possible (both cases of a letter) are one branch.
    let mut branches: Vec<Vec<&Keyword>> = Vec::new();
    for byte in set.iter().flat_map(|&(first, last)| first..=last) {
        let agrees = |keyword: &&Keyword| match keyword.bytes.get(done) {
            Some(expected) if keyword.ignore_case => expected.eq_ignore_ascii_case(&byte),
            expected => expected == Some(&byte),
        };
        let left: Vec<&Keyword> = keywords.iter().copied().filter(agrees).collect();
        if left.is_empty() {
            return false;
        }
        if !branches.contains(&left) {
            branches.push(left);
        }
    }
    branches.iter().all(|left| guarded(sets, done + 1, left))
}

#[cfg(test)]
mod tests {
    use super::{Bounds, BoundsError, measure, parse};
    use crate::rules::rule::Keyword;

    fn measured(pattern: &str, keywords: &[&str]) -> Result<Bounds, BoundsError> {
        let ignore_case = pattern.starts_with("(?i)");
        let keywords: Vec<Keyword> = keywords
            .iter()
            .map(|word| Keyword { bytes: word.as_bytes().to_vec(), ignore_case })
            .collect();
        measure(&parse(pattern)?, &keywords)
    }

    fn reach(pattern: &str, keywords: &[&str]) -> Option<(usize, usize)> {
        measured(pattern, keywords).ok().map(|bounds| (bounds.lookback, bounds.longest))
    }

    #[test]
    fn the_keyword_is_found_wherever_every_match_has_it() {
        assert_eq!(reach("abc-[a-z]{4}", &["abc-"]), Some((0, 8)));
        assert_eq!(reach("[a-z]{0,9}abc-[a-z]{4}", &["abc-"]), Some((9, 17)));
        assert_eq!(reach("ab(?:c|cr)-x", &["abc-", "abcr-"]), Some((0, 6)));
        assert_eq!(reach("ab(?:c|cr)?-x", &["abc-", "abcr-", "ab-"]), Some((0, 6)));
        assert_eq!(reach("(?:u:|user:)tok(?<x>en)[0-9]", &["token"]), Some((5, 11)));
        assert_eq!(reach(r"\babc\b", &["abc"]), Some((0, 3)));
        assert_eq!(
            reach(
                "(?i)private[-_]?token=[a-z]",
                &["private-token", "private_token", "privatetoken"]
            ),
            Some((0, 15))
        );
    }

    #[test]
    fn a_landmark_stands_in_every_match_and_in_no_keyword() {
        let landmark = |pattern| measured(pattern, &["abc-"]).expect("guarded").landmark;
        assert_eq!(landmark(r"abc-[a-z]{4,9}\.[0-9]{2}"), Some(b'.'));
        assert_eq!(landmark(r"(?<x>abc-[a-z.]{4}(?<y>-=))"), Some(b'='));
        for none in [r"abc-[a-z]{4}(?:\.|=)", r"abc-[a-z]{4}\.?", "abc-[.]{1,2}", "abc-x-abc-"] {
            assert_eq!(landmark(none), None, "{none}");
        }
    }

    #[test]
    fn a_pattern_that_can_do_without_its_keyword_is_refused() {
        let unguarded = [
            ("ab(?:c|cr)-x", "abc-"),
            ("(?:abc)?x", "abc"),
            ("(?i)abc", "abd"),
            ("[a-z]{3}", "abc"),
            ("ab[cC]", "abc"),
        ];
        for (pattern, keyword) in unguarded {
            assert_eq!(measured(pattern, &[keyword]), Err(BoundsError::Unguarded), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_must_end_and_must_not_be_empty() {
        assert_eq!(measured("abc.*", &["abc"]), Err(BoundsError::Unbounded(None)));
        assert_eq!(measured("abc.{9000}", &["abc"]), Err(BoundsError::Unbounded(Some(9003))));
        assert_eq!(measured("(?:abc)?", &["abc"]), Err(BoundsError::Empty));
        assert!(matches!(measured("a(", &["abc"]), Err(BoundsError::Syntax(_))));
        let message = measured("abc.*", &["abc"]).expect_err("unbounded").to_string();
        assert!(message.contains("infinitely long"), "{message}");
    }
}
