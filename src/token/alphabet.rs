//! The alphabets of token bodies.

/// The characters that a kind of body is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// `Devise.friendly_token`: base64url without `l I O 0`, 60 characters
    /// (heartcombo/devise `lib/devise.rb`).
    Friendly,
    /// Lower-case hexadecimal digits (`SecureRandom.hex`).
    Hex,
    /// Lower-case letters and digits.
    Base36,
    /// base64url.
    Base64Url,
}

impl Alphabet {
    /// True when `byte` is one of its characters.
    pub fn has(self, byte: u8) -> bool {
        match self {
            Self::Friendly => is_base64url(byte) && !matches!(byte, b'l' | b'I' | b'O' | b'0'),
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Base36 => byte.is_ascii_digit() || byte.is_ascii_lowercase(),
            Self::Base64Url => is_base64url(byte),
        }
    }

    /// True when all of `body` is made of its characters.
    pub fn has_all(self, body: &[u8]) -> bool {
        body.iter().all(|&byte| self.has(byte))
    }
}

/// True for `A-Z a-z 0-9 - _` (RFC 4648, section 5).
pub fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Characters that GitLab allows in a prefix that an administrator chooses
/// (`personal_access_token_prefix`: `[a-zA-Z0-9_+=/@:.-]`).
pub fn is_prefix_byte(byte: u8) -> bool {
    is_base64url(byte) || matches!(byte, b'+' | b'=' | b'/' | b'@' | b':' | b'.')
}

/// The number that base-36 digits (lower case) stand for; `None` for another character, no digit
/// at all, or a number above 2^64 - 1.
pub fn from_base36(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, &digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'z' => digit - b'a' + 10,
            _ => return None,
        };
        value.checked_mul(36)?.checked_add(u64::from(digit))
    })
}

/// A number in lower-case base 36, padded with zeros to `width` digits.
pub fn to_base36(mut value: u64, width: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    while value > 0 || digits.len() < width.max(1) {
        digits.push(char::from(DIGITS[usize::try_from(value % 36).unwrap_or(0)]));
        value /= 36;
    }
    digits.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::{Alphabet, from_base36, to_base36};

    #[test]
    fn the_friendly_alphabet_has_sixty_characters() {
        let count = (0..=u8::MAX).filter(|&byte| Alphabet::Friendly.has(byte)).count();
        assert_eq!(count, 60);
        assert!(!Alphabet::Friendly.has_all(b"abcl"));
    }

    #[test]
    fn base36_goes_both_ways() {
        // 9ix is 12345 in base 36: the user id of the worked examples in GitLab's design document.
        assert_eq!(from_base36(b"9ix"), Some(12345));
        assert_eq!(to_base36(12345, 0), "9ix");
        assert_eq!(to_base36(5, 7), "0000005");
        assert_eq!(from_base36(b"3w5e11264sgsf"), Some(u64::MAX));
        assert_eq!(from_base36(b"3w5e11264sgsg"), None);
        assert_eq!(from_base36(b""), None);
        assert_eq!(from_base36(b"9IX"), None);
    }
}
