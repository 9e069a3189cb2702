//! An instance's own prefixes, which its administrator chose.
//!
//! Two settings of GitLab make them (see `reference` of the token formats in README): the prefix
//! of personal access tokens, which replaces `glpat-`, and the instance prefix, which stands with
//! a dash before the prefix of every kind.

use crate::token::alphabet::is_prefix_byte;
use crate::token::kinds;

/// The longest prefix that is taken: an instance prefix of 20 characters, a dash and the longest
/// prefix of a kind fit in.
pub const MAX: usize = 32;

/// One of an instance's own prefixes, as the operator gave it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstancePrefix {
    /// What stands before the prefix of a kind: `acme-`.
    pub before_kinds: Vec<u8>,
    /// A prefix that stands alone before the body of a personal access token: `corp-`.
    pub alone: Option<Vec<u8>>,
}

/// Why a prefix is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PrefixError {
    /// Too short to tell from ordinary text, or too long for GitLab.
    #[error("a prefix has 2 to {MAX} characters")]
    Length,
    /// A character that GitLab does not allow.
    #[error("a prefix is made of letters, digits and _ + = / @ : . -")]
    Character,
    /// What a scanned repository calls a prefix could be ordinary text before any token.
    #[error(
        "a repository's own prefix begins with a letter or digit and ends with - or _; write others \
         into your own settings"
    )]
    Guest,
}

impl InstancePrefix {
    /// The same as a scanned repository gives it: what stands before it and what joins it must be told
    /// from the text around a token.
    pub fn parse_of_guest(text: &str) -> Result<Self, PrefixError> {
        let prefix = Self::parse(text)?;
        let own = &prefix.before_kinds;
        let begins = own.first().is_some_and(u8::is_ascii_alphanumeric);
        let is_joined = own.last().is_some_and(|last| matches!(last, b'-' | b'_'));
        let is_plain = own.iter().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(it));
        if begins && is_joined && is_plain { Ok(prefix) } else { Err(PrefixError::Guest) }
    }

    /// Reads `acme-glpat-` (an instance prefix before a kind's) or `corp-` (one of its own).
    pub fn parse(text: &str) -> Result<Self, PrefixError> {
        if !(2..=MAX).contains(&text.len()) {
            return Err(PrefixError::Length);
        }
        if !text.bytes().all(is_prefix_byte) {
            return Err(PrefixError::Character);
        }
        let bytes = text.as_bytes();
        Ok(match kinds::known_ending(bytes) {
            Some((known, _)) => {
                Self { before_kinds: bytes[..bytes.len() - known.len()].to_vec(), alone: None }
            }
            None => Self { before_kinds: bytes.to_vec(), alone: Some(bytes.to_vec()) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{InstancePrefix, PrefixError};

    #[test]
    fn a_prefix_may_end_in_a_kinds_own() {
        let acme = InstancePrefix::parse("acme-glpat-").expect("valid");
        assert_eq!((acme.before_kinds, acme.alone), (b"acme-".to_vec(), None));
        let corp = InstancePrefix::parse("corp-").expect("valid");
        assert_eq!(corp.alone, Some(b"corp-".to_vec()));
        assert_eq!(InstancePrefix::parse("c"), Err(PrefixError::Length));
        assert_eq!(InstancePrefix::parse("co rp"), Err(PrefixError::Character));
        assert!(InstancePrefix::parse_of_guest("acme-glpat-").is_ok());
        for odd in ["=glpat-", ":glpat-", "TOKEN=", "a=b-", "acme", "-glpat-"] {
            assert_eq!(InstancePrefix::parse_of_guest(odd), Err(PrefixError::Guest), "{odd}");
        }
    }
}
