//! A checked rule: everything the engine and the reports need to know of it.

use std::sync::Arc;

use super::bounds::Bounds;
use super::complaint::Complaint;
use crate::model::finding::{Evidence, RuleCard};
use crate::token::alphabet::Alphabet;

/// A word without which a rule cannot match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// The bytes; lower case when case is ignored.
    pub bytes: Vec<u8>,
    /// True when any mixture of cases counts.
    pub ignore_case: bool,
}

impl Keyword {
    /// True when `text` begins with this keyword.
    pub fn begins(&self, text: &[u8]) -> bool {
        text.get(..self.bytes.len()).is_some_and(|beginning| {
            if self.ignore_case {
                beginning.eq_ignore_ascii_case(&self.bytes)
            } else {
                beginning == self.bytes
            }
        })
    }
}

/// What is done with a match once the pattern agrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Check {
    /// The body must be of this alphabet, else the match is weak.
    Alphabet(Alphabet),
    /// Length field and CRC-32 must agree: then the evidence is `checksum` and the secret
    /// reaches from the prefix, whichever it is, to the checksum. Else the match is weak.
    Routable,
    /// As `Routable`, but without agreement there is no match at all: for patterns that know no
    /// prefix.
    RoutableAnyPrefix,
    /// A JSON Web Token must begin where the body does; the secret reaches to its end.
    Jwt,
    /// A private key block must begin where the secret does; the secret reaches to its end.
    PrivateKey,
    /// Shannon entropy of the body, in bits a character, must reach this; else it is weak.
    Entropy(f64),
}

impl Check {
    /// The check that a rule file calls so.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "friendly" => Self::Alphabet(Alphabet::Friendly),
            "hex" => Self::Alphabet(Alphabet::Hex),
            "base36" => Self::Alphabet(Alphabet::Base36),
            "base64url" => Self::Alphabet(Alphabet::Base64Url),
            "routable" => Self::Routable,
            "routable_any_prefix" => Self::RoutableAnyPrefix,
            "jwt" => Self::Jwt,
            "private_key" => Self::PrivateKey,
            _ => {
                let bits: f64 = word.strip_prefix("entropy:")?.parse().ok()?;
                return (0.0..=8.0).contains(&bits).then_some(Self::Entropy(bits));
            }
        })
    }

    /// The inverse of [`Check::from_word`].
    pub fn word(&self) -> String {
        let word = match self {
            Self::Alphabet(Alphabet::Friendly) => "friendly",
            Self::Alphabet(Alphabet::Hex) => "hex",
            Self::Alphabet(Alphabet::Base36) => "base36",
            Self::Alphabet(Alphabet::Base64Url) => "base64url",
            Self::Routable => "routable",
            Self::RoutableAnyPrefix => "routable_any_prefix",
            Self::Jwt => "jwt",
            Self::PrivateKey => "private_key",
            Self::Entropy(bits) => return format!("entropy:{bits}"),
        };
        word.to_owned()
    }
}

/// Names of groups in a pattern that mean something.
pub const GROUPS: &[&str] = &["secret", "body", "host", "project", "group", "user", "deploy_token"];

/// A rule that has passed every check of [`super::load`].
#[derive(Clone, Debug)]
pub struct Rule {
    /// What findings carry of it.
    pub card: Arc<RuleCard>,
    /// The best evidence that a match gives without a checksum.
    pub evidence: Evidence,
    /// At least one of these stands in every match.
    pub keywords: Vec<Keyword>,
    /// The pattern, in the syntax of the regex crate, matched on bytes.
    pub pattern: String,
    /// How long a match can be and how far before its keyword it can begin.
    pub bounds: Bounds,
    /// Checks, in the order in which they are made.
    pub checks: Vec<Check>,
    /// True when no letter or digit may touch the secret.
    pub boundary: bool,
    /// Examples that must be found, with markers.
    pub hits: Vec<Example>,
    /// Examples that must not be found, with markers.
    pub misses: Vec<Example>,
    /// True for the rules that come with the binary.
    pub builtin: bool,
    /// True for rules that the scanned repository brings along: they must not take from others what
    /// these find.
    pub guest: bool,
    /// The file and the line in it where the pattern stands, for complaints.
    pub place: (Arc<str>, usize),
}

impl Rule {
    /// What is wrong with the rule, on a line of its file.
    pub fn complaint(&self, line: usize, what: String) -> Complaint {
        let rule = Some(self.card.id.clone());
        Complaint { file: self.place.0.to_string(), line, rule, what }
    }
}

/// An example of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The text, with markers for tokens (see [`super::markers`]).
    pub text: String,
    /// The line in its file.
    pub line: usize,
}
