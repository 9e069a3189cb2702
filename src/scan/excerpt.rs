//! The line around a secret, with every match in it masked.

use super::Visibility;
use crate::engine::Match;
use crate::model::finding::Excerpt;
use crate::model::secret::{HIDDEN, mask};
use crate::model::span::Span;
use crate::token::alphabet::is_base64url;

/// How many bytes of the line are shown on each side of the secret.
pub(super) const SIDE: usize = 80;

/// The stretches of a text that must not be shown, in order and without overlap, each with what
/// is shown instead.
pub(super) struct Masks {
    stretches: Vec<(Span, String)>,
}

impl Masks {
    /// Covers everything that was matched in `text`, weak or not.
    pub(super) fn new(text: &[u8], matches: &[Match], visibility: Visibility) -> Self {
        let mut clusters: Vec<(Span, &Match)> = Vec::new();
        let mut sorted: Vec<&Match> = match visibility {
            Visibility::Masked => matches.iter().collect(),
            Visibility::Shown => Vec::new(),
        };
        sorted.sort_by_key(|found| (found.secret, found.rule));
        for found in sorted {
            match clusters.last_mut() {
                Some((all, best)) if all.overlaps(found.secret) => {
                    all.end = all.end.max(found.secret.end);
                    if found.evidence > best.evidence {
                        *best = found;
                    }
                }
                _ => clusters.push((found.secret, found)),
            }
        }
        let shown = |all: Span, best: &Match| {
            if best.secret == all { mask(all.of(text), best.prefix) } else { HIDDEN.to_owned() }
        };
        Self { stretches: clusters.iter().map(|(all, best)| (*all, shown(*all, best))).collect() }
    }

    /// The line around `secret`, which is shown as `shown`. Of a secret of several lines the
    /// first is meant.
    pub(super) fn excerpt(&self, text: &[u8], secret: Span, shown: String) -> Excerpt {
        let from = secret.start.saturating_sub(SIDE);
        let before = &text[from..secret.start];
        let line = memchr::memrchr(b'\n', before).map(|at| from + at + 1);
        let cut_before = line.is_none() && from > 0;
        let starts = line.unwrap_or(from);
        let starts = if cut_before { starts + word(before.iter()) } else { starts };

        let to = text.len().min(secret.end + SIDE);
        let after = &text[secret.end..to];
        let end = memchr::memchr(b'\n', after).map(|at| secret.end + at);
        let cut_after = end.is_none() && to < text.len();
        let ends = end.unwrap_or(to);
        let ends = if cut_after { ends - word(after.iter().rev()) } else { ends };

        let ellipsis = |cut: bool| if cut { "…" } else { "" };
        let before = self.covered(text, Span::new(starts, secret.start));
        let after = self.covered(text, Span::new(secret.end, ends));
        Excerpt {
            before: format!("{}{}", ellipsis(cut_before), before.trim_start()),
            secret: shown,
            after: format!("{}{}", after.trim_end(), ellipsis(cut_after)),
        }
    }

    /// A stretch of the text with the masks in place.
    fn covered(&self, text: &[u8], stretch: Span) -> String {
        let first = self.stretches.partition_point(|(span, _)| span.end <= stretch.start);
        let mut out = String::new();
        let mut at = stretch.start;
        for (span, shown) in &self.stretches[first..] {
            if span.start >= stretch.end {
                break;
            }
            out += &String::from_utf8_lossy(&text[at..span.start.max(at)]);
            out += if stretch.covers(*span) { shown } else { HIDDEN };
            at = span.end;
        }
        if at < stretch.end {
            out += &String::from_utf8_lossy(&text[at..stretch.end]);
        }
        out
    }
}

/// How many of these bytes are one word. A word is never cut: half a secret that is known from
/// elsewhere could not be told from any other word.
fn word<'a>(bytes: impl Iterator<Item = &'a u8>) -> usize {
    bytes.take_while(|&&byte| is_base64url(byte) || byte == b'.').count()
}

#[cfg(test)]
mod tests {
    use super::Masks;
    use crate::engine::Engine;
    use crate::model::span::Span;
    use crate::rules::set::RuleSet;
    use crate::scan::Visibility;
    use crate::token::sample::Sampler;

    fn excerpt(text: &str, secret: &str, visibility: Visibility) -> (String, String) {
        let engine = Engine::new(RuleSet::builtin().expect("good rules")).expect("small patterns");
        let matches = engine.scan(text.as_bytes());
        let start = text.find(secret).expect("the secret");
        let masks = Masks::new(text.as_bytes(), &matches, visibility);
        let span = Span::new(start, start + secret.len());
        let excerpt = masks.excerpt(text.as_bytes(), span, String::new());
        (excerpt.before, excerpt.after)
    }

    #[test]
    fn other_secrets_on_the_line_are_masked_too() {
        let mut sampler = Sampler::new(9);
        let [a, b, c] = [(); 3].map(|()| format!("glpat-{}", sampler.friendly(20)));
        let text = format!("first\n  x={a} y={b} z=x{c}\nlast");
        let (before, after) = excerpt(&text, &b, Visibility::Masked);
        assert_eq!(before, format!("x={}**** y=", &a[..10]));
        assert_eq!(after, format!(" z=x{}****", &c[..10]));
        let (before, after) = excerpt(&text, &b, Visibility::Shown);
        assert_eq!((before, after), (format!("x={a} y="), format!(" z=x{c}")));
    }

    #[test]
    fn long_lines_are_cut_and_never_inside_a_secret() {
        let mut sampler = Sampler::new(10);
        let [a, b] = [(); 2].map(|()| format!("glpat-{}", sampler.friendly(20)));
        for gap in 50..110 {
            let text = format!("{}{a}{}{b}{}", "-".repeat(90), " ".repeat(gap), "é".repeat(90));
            let (before, after) = excerpt(&text, &b, Visibility::Masked);
            assert!(before.starts_with('…') && after.ends_with('…'));
            let rest = &a[10..];
            assert!(!(1..rest.len()).any(|at| rest.len() - at > 4 && before.contains(&rest[at..])));
        }
    }
}
