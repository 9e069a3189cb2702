//! A secret as a value that hides itself. Bytes go in once and come out only through
//! [`Secret::expose`], which is easy to grep for; they are wiped when the value is dropped.

use std::fmt;

use zeroize::Zeroize;

/// The bytes of one secret. Never `Serialize`; `Debug` and `Display` print a mask.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// Takes the bytes in.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes themselves. Every caller must keep them out of logs, errors and reports.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(****)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

/// What is shown of a secret: its prefix, at most four characters of what follows on that line
/// (fewer of a short one), and a row of stars whose length tells nothing. Never the end: that of a routable
/// token names its owner.
pub fn mask(secret: &[u8], prefix: usize) -> String {
    let (prefix, body) = secret.split_at(prefix.min(secret.len()));
    let most = 4.min(body.len() / 5);
    let shown = &body[..body.iter().take(most).take_while(|byte| byte.is_ascii_graphic()).count()];
    let visible = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    visible(prefix) + &visible(shown) + HIDDEN
}

/// What stands for the hidden part of a secret.
pub const HIDDEN: &str = "****";

#[cfg(test)]
mod tests {
    use super::{Secret, mask};

    #[test]
    fn a_mask_shows_prefix_and_four_characters_at_most() {
        let token = ["glpat-", "abcdefghijklmnopqrst"].concat();
        assert_eq!(mask(token.as_bytes(), 6), "glpat-abcd****");
        assert_eq!(mask(b"abcdefghij", 0), "ab****");
        assert_eq!(mask(b"abcd", 0), "****");
        assert_eq!(
            mask(b"-----BEGIN KEY-----\nabcdefghijklmnopqrst", 19),
            "-----BEGIN KEY-----****"
        );
        assert_eq!(mask(b"", 6), "****");
    }

    #[test]
    fn debug_and_display_hide_the_bytes() {
        let secret = Secret::new(*b"open sesame");
        assert_eq!(format!("{secret} {secret:?}"), "**** Secret(****)");
        assert_eq!(secret.expose(), b"open sesame");
    }
}
