//! Takes secrets out of a text that is to be printed: whatever the rules match in it, however
//! weak, and every secret that is known already, whatever stands around it.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Engine;
use crate::model::secret::{HIDDEN, mask};
use crate::model::span::Span;

/// A shorter part of a secret could be an ordinary word.
const SHORTEST: usize = 8;

/// Cleans texts.
pub struct Scrub<'a> {
    /// `None` when only what is known is taken out.
    engine: Option<&'a Engine>,
    known: Option<AhoCorasick>,
}

impl<'a> Scrub<'a> {
    /// Knows the rules, and the secrets that were found: each with the length of its prefix.
    /// What follows the prefix is hidden even where it stands without it.
    pub fn new<'s>(engine: &'a Engine, secrets: impl Iterator<Item = (&'s [u8], usize)>) -> Self {
        let bodies: Vec<&[u8]> = secrets
            .map(|(secret, prefix)| &secret[prefix.min(secret.len())..])
            .filter(|body| body.len() >= SHORTEST && !body.contains(&b'\n'))
            .collect();
        let known = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(bodies);
        Self { engine: Some(engine), known: known.ok().filter(|known| known.patterns_len() > 0) }
    }

    /// Knows these secrets alone, and leaves everything else as it is.
    pub fn of_known<'s>(
        engine: &'a Engine,
        secrets: impl Iterator<Item = (&'s [u8], usize)>,
    ) -> Self {
        Self { engine: None, ..Self::new(engine, secrets) }
    }

    /// The text without secrets.
    pub fn clean<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let mut cuts: Vec<(Span, String)> = self
            .engine
            .map(|engine| engine.scan(text))
            .into_iter()
            .flatten()
            .map(|found| (found.secret, mask(found.secret.of(text), found.prefix)))
            .collect();
        for found in self.known.iter().flat_map(|known| known.find_iter(text)) {
            let span = Span::new(found.start(), found.end());
            if !cuts.iter().any(|(cut, _)| cut.overlaps(span)) {
                cuts.push((span, HIDDEN.to_owned()));
            }
        }
        if cuts.is_empty() {
            return Cow::Borrowed(text);
        }
        cuts.sort_by_key(|(span, _)| *span);
        let mut clean = Vec::with_capacity(text.len());
        let mut at = 0;
        for (span, shown) in &cuts {
            clean.extend_from_slice(&text[at..span.start]);
            clean.extend_from_slice(shown.as_bytes());
            at = span.end;
        }
        clean.extend_from_slice(&text[at..]);
        Cow::Owned(clean)
    }
}

#[cfg(test)]
mod tests {
    use super::Scrub;
    use crate::engine::Engine;
    use crate::rules::set::RuleSet;
    use crate::token::sample::Sampler;

    #[test]
    fn what_the_rules_match_and_what_is_known_is_hidden() {
        let engine = Engine::new(RuleSet::builtin().expect("good rules")).expect("small patterns");
        let mut sampler = Sampler::new(5);
        let (token, other) = (format!("glpat-{}", sampler.friendly(20)), sampler.friendly(20));
        let known = [(other.as_bytes(), 0)];
        let scrub = Scrub::new(&engine, known.into_iter());
        let text = format!("a/{token}/b {other}!");
        let clean = String::from_utf8(scrub.clean(text.as_bytes()).into_owned()).expect("text");
        assert_eq!(clean, format!("a/{}****/b ****!", &token[..10]));
        assert_eq!(scrub.clean(b"nothing here"), &b"nothing here"[..]);
        let body = &token.as_bytes()[6..];
        let scrub = Scrub::new(&engine, [(token.as_bytes(), 6)].into_iter());
        assert_eq!(scrub.clean(body), &b"****"[..]);
    }
}
