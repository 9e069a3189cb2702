//! What git calls an object: its type, and its name (SHA-1 or SHA-256, printed as lower-case hex).

use std::fmt;

/// The four types of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The content of a file.
    Blob,
    /// A folder.
    Tree,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
}

impl Kind {
    /// The word for it, as git writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Tree => "tree",
            Self::Commit => "commit",
            Self::Tag => "tag",
        }
    }

    /// The inverse of [`Kind::word`].
    pub fn from_word(word: &[u8]) -> Option<Self> {
        [Self::Blob, Self::Tree, Self::Commit, Self::Tag]
            .into_iter()
            .find(|kind| kind.word().as_bytes() == word)
    }
}

/// An object id of 20 bytes (SHA-1) or 32 bytes (SHA-256), see gitformat-pack(5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    bytes: [u8; 32],
    len: u8,
}

impl ObjectId {
    /// Takes an id of 20 or 32 bytes; `None` for any other length.
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        let len = match raw.len() {
            20 => 20,
            32 => 32,
            _ => return None,
        };
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Some(Self { bytes, len })
    }

    /// Reads 40 or 64 hexadecimal digits.
    pub fn from_hex(digits: &[u8]) -> Option<Self> {
        let (pairs, rest) = digits.as_chunks::<2>();
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
        let mut raw = Vec::with_capacity(pairs.len());
        for [high, low] in pairs {
            raw.push(digit(*high)? << 4 | digit(*low)?);
        }
        Self::from_bytes(&raw).filter(|_| rest.is_empty())
    }

    /// The bytes of the id.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::ObjectId;

    #[test]
    fn both_hashes_print_as_hex() {
        let sha1 = ObjectId::from_bytes(&[0xAB; 20]).expect("20 bytes");
        assert_eq!(sha1.to_string(), "ab".repeat(20));
        let sha256 = ObjectId::from_bytes(&[1; 32]).expect("32 bytes");
        assert_eq!(sha256.to_string(), "01".repeat(32));
        assert!(ObjectId::from_bytes(&[0; 21]).is_none());
        assert_eq!(ObjectId::from_hex("Ab".repeat(20).as_bytes()), Some(sha1));
        assert_eq!(ObjectId::from_hex("ab".repeat(32).as_bytes()).map(|id| id.len), Some(32));
        for bad in ["ab", &"g".repeat(40), &"a".repeat(41), &"a".repeat(39)] {
            assert_eq!(ObjectId::from_hex(bad.as_bytes()), None);
        }
    }
}
