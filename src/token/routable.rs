//! Routable tokens: a body that carries a payload, its own length and a CRC-32 over everything
//! before it, prefix included. Any prefix may carry one.
//!
//! Grammar (GitLab `lib/authn/token_field/generator/routable_token.rb`, and the design document
//! "Cells: routable tokens"):
//!
//! ```text
//! v1 = prefix b64 "." version "." length crc     b64 = base64url(random payload L), L = 1 byte
//! v0 = prefix b64 "." length crc                 b64 = base64url(payload random R), R = 1 byte
//! ```
//!
//! `version` is two and `length` two base-36 digits, `length` the number of characters of `b64`;
//! `crc` is seven base-36 digits. There is no secret in the checksum: it proves that a token is
//! well formed and whole, not that it is alive.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::alphabet::{from_base36, is_base64url, is_prefix_byte};
use crate::model::facts::OwnerField;
use crate::model::span::Span;

/// The longest prefix that is looked for to the left of a body: 20 characters of an instance
/// prefix, a dash, the longest type prefix, and some room.
pub const MAX_PREFIX: usize = 40;
/// The shortest and longest `b64`, in characters.
pub const BODY: std::ops::RangeInclusive<usize> = 27..=300;
/// The longest token: prefix, body, version and tail.
pub const LONGEST: usize = MAX_PREFIX + *BODY.end() + 4 + TAIL;
/// Length field and checksum.
const TAIL: usize = 9;

/// Base64url as GitLab's decoder takes it: without padding, unused bits ignored.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The two forms of the tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Without a version field, 2024-11 to 2025-04.
    V0,
    /// With a version field.
    V1,
}

/// Where the parts of a proven token stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Routable {
    /// Offset of the prefix, and so of the token.
    pub start: usize,
    /// Offset of the base64 body, and so the end of the prefix.
    pub body: usize,
    /// Offset of the dot behind the body.
    pub body_end: usize,
    /// One past the last character of the token.
    pub end: usize,
    /// The form of its tail.
    pub version: Version,
}

impl Routable {
    /// Prefix, body and tail.
    pub fn span(&self) -> Span {
        Span::new(self.start, self.end)
    }
}

/// Looks whether a routable token ends right at `end` in `text`, whatever its prefix: the length
/// field gives the start of the body, and walking left from there until the checksum agrees gives
/// the prefix. `None` when no start agrees.
pub fn proven_until(text: &[u8], end: usize) -> Option<Routable> {
    let length_at = end.checked_sub(TAIL)?;
    let tail = text.get(length_at..end)?;
    let length = usize::try_from(from_base36(&tail[..2])?).ok()?;
    let checksum = u32::try_from(from_base36(&tail[2..])?).ok()?;
    let last_dot = length_at.checked_sub(1).filter(|&at| text[at] == b'.')?;
    let (version, body_end) = match last_dot.checked_sub(3) {
        Some(dot) if text[dot] == b'.' && from_base36(&text[dot + 1..last_dot]).is_some() => {
            (Version::V1, dot)
        }
        _ => (Version::V0, last_dot),
    };
    let body = body_end.checked_sub(length)?;
    let b64 = &text[body..body_end];
    if !BODY.contains(&length) || length % 4 == 1 || !b64.iter().copied().all(is_base64url) {
        return None;
    }
    let mut start = body;
    loop {
        if crc32fast::hash(&text[start..length_at + 2]) == checksum {
            return Some(Routable { start, body, body_end, end, version });
        }
        start = start.checked_sub(1)?;
        if body - start > MAX_PREFIX || !is_prefix_byte(text[start]) {
            return None;
        }
    }
}

/// The routing ids in a token's payload. Empty when the payload cannot be read (a v0 body under a
/// v1 tail exists in a public test suite): the token is proven all the same.
pub fn routing(text: &[u8], token: &Routable) -> BTreeMap<OwnerField, u64> {
    payload(&text[token.body..token.body_end], token.version)
        .and_then(|payload| fields(&payload))
        .unwrap_or_default()
}

fn payload(b64: &[u8], version: Version) -> Option<Vec<u8>> {
    let mut raw = BASE64URL.decode(b64).ok()?;
    let counted = usize::from(raw.pop()?);
    let other = raw.len().checked_sub(counted)?;
    Some(match version {
        Version::V0 => raw[..other].to_vec(),
        Version::V1 => raw[other..].to_vec(),
    })
}

/// Reads `k:v` lines. Keys that route nothing known are passed over; a malformed line makes the
/// whole payload unreadable.
fn fields(payload: &[u8]) -> Option<BTreeMap<OwnerField, u64>> {
    let mut found = BTreeMap::new();
    for line in payload.split(|&byte| byte == b'\n') {
        let [key, b':', value @ ..] = line else {
            return None;
        };
        let value = from_base36(value)?;
        let field = match key {
            b'c' => OwnerField::Cell,
            b'o' => OwnerField::Organization,
            b'g' => OwnerField::Group,
            b'p' => OwnerField::Project,
            b'u' => OwnerField::User,
            b't' => OwnerField::RunnerType,
            b'a'..=b'z' => continue,
            _ => return None,
        };
        found.insert(field, value);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::Version::{self, V0, V1};
    use super::{proven_until, routing};
    use crate::model::facts::OwnerField::{Cell, Group, Organization, Project, RunnerType, User};

    /// Worked examples of GitLab's design document, its decoder's spec and osv-scalibr's tests,
    /// cut in pieces so that no scanner takes this file for a leak.
    const PROVEN: &[(&str, &str, &str, Version)] = &[
        ("", "EL25d_AKXDUtqLnIQHEpkG86MQM", ".01.0r1ajj2i3", V1),
        ("glrtr-", "W5m1cHR6skC98Bx7XkuYjmM6MQpnOjgKbzpyegp0OjIQ", ".01.181uebm4k", V1),
        ("glpat-", "bzox79Of-KE9FD2LjoXXF4CvyxA", ".0r03gxo7s", V0),
        ("glpat-", "bzox79Of-KE9FD2LjoXXF4CvyxA", ".01.0r0l8l6ir", V1),
        ("glpat-", "YWFhYWFhYWFhYWFhYWFhYW86MQp1OjlpeAk", ".01.0z1bbpofr", V1),
        ("acme-glpat-", "YmJiYmJiYmJiYmJiYmJiYmM6MQpvOjEKdTo5aXgN", ".01.140o7b4yq", V1),
        ("glrt-", "ZGRkZGRkZGRkZGRkZGRkZGM6MQpvOjEKcDo1ejkwCnQ6Mwp1OjlpeBg", ".01.1j0plskuw", V1),
    ];

    fn ids(number: usize) -> Vec<(crate::model::facts::OwnerField, u64)> {
        let (prefix, body, tail, _) = PROVEN[number];
        let token = [prefix, body, tail].concat();
        let proven = proven_until(token.as_bytes(), token.len()).expect("the checksum agrees");
        routing(token.as_bytes(), &proven).into_iter().collect()
    }

    #[test]
    fn published_tokens_are_proven_wherever_they_stand() {
        for (prefix, body, tail, version) in PROVEN {
            let text = format!("token=\"{prefix}{body}{tail}\" # done");
            let end = text.find("\" #").expect("the end");
            let proven = proven_until(text.as_bytes(), end).expect("the checksum agrees");
            assert_eq!(&text[proven.start..proven.body], *prefix);
            assert_eq!(&text[proven.body..proven.body_end], *body);
            assert_eq!(&text[proven.body_end..proven.end], *tail);
            assert_eq!(proven.version, *version);
        }
    }

    #[test]
    fn payloads_tell_the_owner() {
        assert_eq!(ids(0), [(Organization, 1)]);
        assert_eq!(ids(1), [(Cell, 1), (Organization, 1007), (Group, 8), (RunnerType, 2)]);
        assert_eq!(ids(2), [(Organization, 1)]);
        assert_eq!(ids(3), [], "a v0 body under a v1 tail routes nowhere");
        assert_eq!(ids(4), [(Organization, 1), (User, 12345)]);
        assert_eq!(ids(5), [(Cell, 1), (Organization, 1), (User, 12345)]);
        let runner =
            [(Cell, 1), (Organization, 1), (Project, 278_964), (User, 12345), (RunnerType, 3)];
        assert_eq!(ids(6), runner);
    }

    #[test]
    fn the_longest_token_of_the_design_document_is_proven() {
        let prefix = "+".repeat(20);
        let body = "LB4hkKqprRab1Y3A72WqTPSDo2FS1t1qgJTIhL2O_kp90C8s8cL55xHQtmr-eVFugNkcwt0PZgzKqS3RI2ku\
                    4fBjOjN3NWUxMTI2NHNnc2YKZzozdzVlMTEyNjRzZ3NmCmg6M3c1ZTExMjY0c2dzZgpqOjN3NWUxMTI2NHNn\
                    c2YKazozdzVlMTEyNjRzZ3NmCmw6M3c1ZTExMjY0c2dzZgptOjN3NWUxMTI2NHNnc2YKbzozdzVlMTEyNjRz\
                    Z3NmCnA6M3c1ZTExMjY0c2dzZgp1OjN3NWUxMTI2NHNnc2af";
        let token = [&prefix, body, ".01.8c0kai99b"].concat();
        assert_eq!(token.len(), 333);
        let proven = proven_until(token.as_bytes(), token.len()).expect("the checksum agrees");
        assert_eq!((proven.start, proven.body), (0, 20));
        let owner = routing(token.as_bytes(), &proven);
        assert_eq!(owner.len(), 5, "c g o p u, the other keys are unknown");
        assert!(owner.values().all(|&id| id == u64::MAX));
    }

    #[test]
    fn any_changed_character_breaks_the_proof() {
        for (prefix, body, tail, _) in PROVEN {
            let token = [*prefix, body, tail].concat();
            for at in 0..token.len() {
                let mut broken = token.clone().into_bytes();
                broken[at] = if broken[at] == b'a' { b'b' } else { b'a' };
                assert_eq!(proven_until(&broken, broken.len()), None, "{at} in {}", prefix.len());
            }
        }
    }

    #[test]
    fn nothing_is_proven_in_short_or_foreign_text() {
        for text in ["", ".", ".01.", "a.01.0r1ajj2i3", "0r1ajj2i3", "....01.0r1ajj2i3"] {
            for end in 0..=text.len() {
                assert_eq!(proven_until(text.as_bytes(), end), None);
            }
        }
    }
}
