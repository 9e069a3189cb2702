//! Marks by which people say on the line of a secret that it is none, or that they know of it. Says
//! where a mark stands, not what follows from it.

use memchr::memmem;

use crate::model::span::Span;

/// A mark is looked for within so many bytes of the secret, on its line. A line of a minified file
/// may be megabytes long, and is read in pieces.
pub(super) const REACH: usize = 512;

/// Ours, that of gitleaks, and that of detect-secrets.
const MARKS: [&[u8]; 3] = [b"stanch:allow", b"gitleaks:allow", b"pragma: allowlist secret"];

/// True when a mark stands before or behind the secret on its line. Of a secret of several lines
/// the first and the last are meant.
pub(super) fn is_marked(text: &[u8], secret: Span) -> bool {
    let before = &text[secret.start.saturating_sub(REACH)..secret.start];
    let before = &before[memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)..];
    let after = &text[secret.end..text.len().min(secret.end + REACH)];
    let after = &after[..memchr::memchr(b'\n', after).unwrap_or(after.len())];
    holds(before) || holds(after)
}

/// A mark ends where its word ends: `stanch:allowed` is none.
fn holds(part: &[u8]) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    MARKS.iter().any(|mark| {
        let ends = memmem::find_iter(part, mark).map(|at| at + mark.len());
        ends.into_iter().any(|end| !part.get(end).is_some_and(is_word))
    })
}

#[cfg(test)]
mod tests {
    use super::{REACH, is_marked};
    use crate::model::span::Span;

    fn marked(text: &str) -> bool {
        let start = text.find("SECRET").expect("a secret");
        is_marked(text.as_bytes(), Span::new(start, start + 6))
    }

    #[test]
    fn a_mark_counts_on_the_line_and_near() {
        for mark in ["stanch:allow", "gitleaks:allow", "pragma: allowlist secret"] {
            assert!(marked(&format!("a\nx = SECRET # {mark}\nb")), "{mark}");
            assert!(marked(&format!("/* {mark} */ SECRET")), "{mark}");
            assert!(!marked(&format!("# {mark}\nSECRET\n# {mark}")), "{mark}");
            assert!(!marked(&format!("SECRET # {mark}ed {mark}-not")), "{mark}");
            assert!(marked(&format!("SECRET{}{mark}", " ".repeat(REACH - mark.len()))));
            assert!(!marked(&format!("SECRET{}{mark}", " ".repeat(REACH - mark.len() + 1))));
        }
        assert!(!marked("SECRET # pragma: allowlist nextline secret"));
    }
}
