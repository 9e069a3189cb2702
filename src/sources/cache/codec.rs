//! Numbers, names and texts as bytes and back, the digest that names an entry, and the seal around
//! it. Pure. Reading never trusts a length.

use sha2::{Digest as _, Sha256};

use crate::model::object::ObjectId;

/// How a file of the cache begins. The last byte is the version of the format.
const MAGIC: &[u8; 8] = b"stanch\x00\x01";
/// Bytes of a digest.
pub const DIGEST: usize = 32;

/// A digest of what an entry stands for.
pub type Name = [u8; DIGEST];

/// Digests parts one after the other. Where one ends and the next begins counts.
#[derive(Clone, Default)]
pub struct Digest {
    hash: Sha256,
}

impl Digest {
    /// Adds a part.
    pub fn part(&mut self, bytes: &[u8]) -> &mut Self {
        self.hash.update((bytes.len() as u64).to_be_bytes());
        self.hash.update(bytes);
        self
    }

    /// Adds names of objects, and how many there are.
    pub fn ids(&mut self, ids: impl ExactSizeIterator<Item = ObjectId>) -> &mut Self {
        self.number(ids.len() as u64);
        for id in ids {
            self.part(id.as_bytes());
        }
        self
    }

    /// Adds a number.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.part(&number.to_be_bytes())
    }

    /// The digest.
    pub fn name(&self) -> Name {
        self.hash.clone().finalize().into()
    }
}

/// A file with this content for the entry with this name.
pub fn seal(name: &Name, content: &[u8]) -> Vec<u8> {
    let mut file = [&MAGIC[..], name, content].concat();
    let checksum = Sha256::digest(&file);
    file.extend(checksum);
    file
}

/// The content of a file, if it is whole and that of the entry with this name.
pub fn unseal<'a>(name: &Name, file: &'a [u8]) -> Option<&'a [u8]> {
    let (sealed, checksum) = file.split_at_checked(file.len().checked_sub(DIGEST)?)?;
    let content = sealed.strip_prefix(MAGIC)?.strip_prefix(name)?;
    (Sha256::digest(sealed)[..] == *checksum).then_some(content)
}

/// Writes the content of an entry.
#[derive(Debug, Default)]
pub struct Writer {
    /// What was written.
    pub bytes: Vec<u8>,
}

impl Writer {
    /// A number.
    pub fn number(&mut self, number: u64) {
        self.bytes.extend(number.to_be_bytes());
    }

    /// A number that may be missing.
    pub fn maybe(&mut self, number: Option<u64>) {
        self.flag(number.is_some());
        self.number(number.unwrap_or_default());
    }

    /// Yes or no.
    pub fn flag(&mut self, flag: bool) {
        self.bytes.push(u8::from(flag));
    }

    /// A text.
    pub fn text(&mut self, text: &[u8]) {
        self.number(text.len() as u64);
        self.bytes.extend(text);
    }

    /// The name of an object.
    pub fn id(&mut self, id: ObjectId) {
        self.bytes.push(u8::try_from(id.as_bytes().len()).unwrap_or_default());
        self.bytes.extend(id.as_bytes());
    }

    /// How many there are, and each of them.
    pub fn list<T>(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.number(items.len() as u64);
        items.for_each(|item| write(self, item));
    }
}

/// Reads the content of an entry. Everything is `None` from the first mistake on.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Begins.
    pub fn new(content: &'a [u8]) -> Self {
        Self { rest: content }
    }

    /// Ends: nothing may be left.
    pub fn end(&self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }

    /// So many bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// A number.
    pub fn number(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    /// A number that may be missing.
    pub fn maybe(&mut self) -> Option<Option<u64>> {
        let there = self.flag()?;
        let number = self.number()?;
        Some(there.then_some(number))
    }

    /// Yes or no.
    pub fn flag(&mut self) -> Option<bool> {
        match self.take(1)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    /// A text.
    pub fn text(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        self.take(len)
    }

    /// The name of an object.
    pub fn id(&mut self) -> Option<ObjectId> {
        let len = *self.take(1)?.first()?;
        ObjectId::from_bytes(self.take(usize::from(len))?)
    }

    /// A list. Each item takes at least a byte, so a wrong length ends soon.
    pub fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = usize::try_from(self.number()?).ok()?;
        if count > self.rest.len() {
            return None;
        }
        (0..count).map(|_| read(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Digest, Reader, Writer, seal, unseal};

    #[test]
    fn a_seal_breaks_wherever_the_file_is_changed() {
        let (name, other) = ([7; 32], [8; 32]);
        let file = seal(&name, b"content");
        assert_eq!(unseal(&name, &file), Some(&b"content"[..]));
        assert_eq!(unseal(&other, &file), None);
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert_eq!(unseal(&name, &changed), None, "{at}");
            assert_eq!(unseal(&name, &file[..at]), None, "{at}");
        }
        assert_eq!(unseal(&name, &[&file[..], b"x"].concat()), None);
    }

    #[test]
    fn where_parts_end_counts() {
        let name = |parts: &[&[u8]]| {
            let mut digest = Digest::default();
            for part in parts {
                digest.part(part);
            }
            digest.name()
        };
        assert_ne!(name(&[b"ab", b"c"]), name(&[b"a", b"bc"]));
        assert_ne!(name(&[b"ab"]), name(&[b"ab", b""]));
    }

    #[test]
    fn lists_that_claim_more_than_there_is_are_refused() {
        let mut writer = Writer::default();
        writer.list([1, 2].into_iter(), Writer::number);
        let read = |bytes: &[u8]| Reader::new(bytes).list(Reader::number);
        assert_eq!(read(&writer.bytes), Some(vec![1, 2]));
        for cut in 0..writer.bytes.len() {
            assert_eq!(read(&writer.bytes[..cut]), None, "{cut}");
        }
        assert_eq!(read(&[0xFF; 20]), None);
    }
}
