//! Judges what a pattern has matched: by checksum, alphabet, form and surroundings.

use std::sync::Arc;

use super::confirm::{Confirm, Raw};
use super::{Match, surroundings};
use crate::model::finding::Evidence;
use crate::model::span::Span;
use crate::rules::rule::{Check, Rule};
use crate::token::kinds::{self, PERSONAL_ACCESS_TOKEN};
use crate::token::{jwt, key, placeholder, routable};

/// What the checks of a rule have made of a match.
struct Judgement {
    secret: Span,
    /// How many bytes at its start are the prefix.
    prefix: usize,
    /// What the alphabet and placeholder tests look at.
    body: Span,
    doubt: Option<&'static str>,
    /// True when the form itself vouches for the token, so that what stands around it and how
    /// random it looks do not matter.
    sealed: bool,
    proven: bool,
}

impl Judgement {
    fn doubt(&mut self, why: &'static str) {
        self.doubt = self.doubt.or(Some(why));
    }
}

/// Judges a match of rule `number`; `None` when it is no match after all.
pub fn judge(
    confirm: &Confirm,
    text: &[u8],
    number: usize,
    keyword: usize,
    raw: Raw,
) -> Option<Match> {
    let rule = &confirm.rules().rules()[number];
    let known = kinds::known_beginning(raw.secret.of(text));
    if rule.evidence == Evidence::Context && known.is_some() {
        // A token with a prefix is judged by the rules for that prefix.
        return None;
    }
    let secret = raw.secret;
    let body = raw.body.unwrap_or(Span::new(secret.start + known.map_or(0, str::len), secret.end));
    // Between the prefix of a kind and the body more may stand: glcbt-64_…
    let prefix = known.map_or(body.start.saturating_sub(secret.start), str::len);
    let mut judgement =
        Judgement { secret, prefix, body, doubt: None, sealed: false, proven: false };
    for check in &rule.checks {
        apply(check, text, &mut judgement)?;
    }
    let mut preceded_by = None;
    if rule.boundary && !judgement.proven {
        preceded_by = take_in_own_prefix(confirm, text, &raw, &mut judgement);
    }
    if !judgement.sealed {
        if rule.boundary {
            check_boundaries(confirm, text, (rule, &raw), &mut judgement);
        }
        // That somebody typed it says more than that it has a wrong character or length.
        judgement.doubt = placeholder::doubt(judgement.body.of(text)).or(judgement.doubt);
    }
    let mut card = Arc::clone(&rule.card);
    if judgement.proven {
        let prefix = &judgement.secret.of(text)[..judgement.prefix];
        let kind = kinds::known_ending(prefix).map_or(PERSONAL_ACCESS_TOKEN, |(_, kind)| kind.word);
        if kind != card.kind || rule.checks.contains(&Check::RoutableAnyPrefix) {
            card = confirm.card_of(kind).map_or(card, Arc::clone);
        }
    }
    Some(Match {
        guest: rule.guest,
        rule: number,
        card,
        keyword,
        secret: judgement.secret,
        prefix: judgement.prefix,
        evidence: match judgement.doubt {
            Some(_) => Evidence::Weak,
            None if judgement.proven => Evidence::Checksum,
            None => rule.evidence,
        },
        doubt: judgement.doubt,
        preceded_by,
        groups: raw.groups,
    })
}

/// Makes one check; `None` drops the match.
fn apply(check: &Check, text: &[u8], judgement: &mut Judgement) -> Option<()> {
    match check {
        Check::Alphabet(alphabet) => {
            if !alphabet.has_all(judgement.body.of(text)) {
                judgement.doubt("not made of the characters that GitLab uses");
            }
        }
        Check::Routable | Check::RoutableAnyPrefix => {
            match routable::proven_until(text, judgement.secret.end) {
                Some(proven) => {
                    judgement.secret = proven.span();
                    judgement.body = Span::new(proven.body, proven.body_end);
                    judgement.prefix = proven.body - proven.start;
                    (judgement.sealed, judgement.proven) = (true, true);
                }
                None if *check == Check::RoutableAnyPrefix => return None,
                None => judgement.doubt("its checksum is wrong"),
            }
        }
        Check::Jwt => match jwt::leading(&text[judgement.body.start..]) {
            Some(jwt) => {
                judgement.body.end = judgement.body.start + jwt.len;
                judgement.secret.end = judgement.body.end;
                judgement.sealed = true;
            }
            None => {
                judgement.doubt("no whole JSON Web Token");
                judgement.secret.end = surroundings::end_of_word(text, judgement.secret.end);
            }
        },
        Check::PrivateKey => {
            let block = &text[judgement.secret.start..];
            // A block without an end is a mention of one.
            let len = key::block_len(block)?;
            judgement.secret.end = judgement.secret.start + len;
            // The line that begins the block is what the pattern matched.
            judgement.prefix = judgement.body.len();
            judgement.sealed = true;
            if key::leading(block).is_none() {
                judgement.doubt("no whole key inside");
            }
        }
        Check::Entropy(bits) => {
            if entropy(judgement.body.of(text)) < *bits {
                judgement.doubt("not random enough");
            }
        }
    }
    Some(())
}

/// Shannon entropy in bits a byte.
#[allow(clippy::cast_precision_loss, reason = "counts of bytes in a short body")]
fn entropy(body: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    body.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    let total = body.len() as f64;
    let shares = counts.iter().filter(|&&count| count > 0).map(|&count| f64::from(count) / total);
    shares.map(|share| -share * share.log2()).sum()
}

/// Makes an instance's own prefix before the secret part of it. Gives back what may be a prefix
/// that nobody named. A checksum needs neither: it says itself where the token begins.
fn take_in_own_prefix(
    confirm: &Confirm,
    text: &[u8],
    raw: &Raw,
    judgement: &mut Judgement,
) -> Option<Span> {
    let start = raw.secret.start;
    // Where the pattern says what stands before the secret, it has been looked at.
    if raw.whole.start != start {
        return None;
    }
    let mut own = confirm.rules().instance_prefixes().iter();
    // A prefix that itself touches a word is none: what is found without it must not become less.
    let is_clear = |prefix: &&Vec<u8>| {
        let own = confirm.rules().instance_prefixes();
        let begins = start - prefix.len();
        surroundings::clear_on_the_left(text, begins) || surroundings::token_ends(text, begins, own)
    };
    let own = own.find(|prefix| text[..start].ends_with(prefix) && is_clear(prefix));
    match own.filter(|_| kinds::known_beginning(raw.secret.of(text)).is_some()) {
        Some(own) => {
            judgement.secret.start -= own.len();
            judgement.prefix += own.len();
            None
        }
        None => surroundings::possible_prefix(text, start).map(|it| Span::new(it, start)),
    }
}

/// Looks at both ends of the secret. A secret that touches a word is weak, and then reaches to
/// the ends of that word, so that a mask covers all of it. Another whole token is no such word.
fn check_boundaries(
    confirm: &Confirm,
    text: &[u8],
    (rule, raw): (&Rule, &Raw),
    judgement: &mut Judgement,
) {
    let own = confirm.rules().instance_prefixes();
    let body = judgement.body.of(text);
    let prefixed = kinds::known_beginning(raw.secret.of(text)).is_some();
    let secret = &mut judgement.secret;
    let start = secret.start;
    let mut clear = true;
    // Where the pattern says what stands beside the secret, it has been looked at.
    if raw.whole.start == raw.secret.start
        && !surroundings::clear_on_the_left(text, start)
        && !surroundings::token_ends(text, start, own)
    {
        secret.start = surroundings::start_of_word(text, start);
        clear = false;
    }
    let clear_on_the_right = if prefixed && ends_at_a_joint(rule, body) {
        surroundings::clear_behind_plain
    } else {
        surroundings::clear_on_the_right
    };
    if raw.whole.end == secret.end
        && !clear_on_the_right(text, secret.end)
        && !surroundings::token_begins(text, secret.end, own)
    {
        secret.end = surroundings::end_of_word(text, secret.end);
        judgement.body.end = secret.end;
        clear = false;
    }
    judgement.prefix += start - secret.start;
    if !clear {
        judgement.doubt("letters or digits touch it");
    }
}

/// True when a dash or an underscore behind the body ends it: it is made of an alphabet that has
/// neither. Without a digit it may be a word in a row of words all the same.
fn ends_at_a_joint(rule: &Rule, body: &[u8]) -> bool {
    rule.checks.iter().any(|check| match check {
        Check::Alphabet(alphabet) => !alphabet.has(b'-') && alphabet.has_all(body),
        _ => false,
    }) && body.iter().any(u8::is_ascii_digit)
}
