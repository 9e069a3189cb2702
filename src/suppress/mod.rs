//! What is known and accepted: takes it out of a result, by the value of the secret and never by where
//! it stands. Reads no files itself: texts come in, texts go out.

pub mod apply;
pub mod baseline;
pub mod list;

/// The digits of a fingerprint.
const DIGITS: usize = 32;

/// True for what can be a fingerprint, as reports show it.
pub fn is_fingerprint(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == DIGITS && text.bytes().all(is_digit)
}

/// What is wrong with a file, and on which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The line, the first being 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl Complaint {
    fn at(text: &str, offset: usize, what: impl Into<String>) -> Self {
        Self { line: line_at(text, offset), what: what.into() }
    }
}

/// The line of a byte.
fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count()
}
