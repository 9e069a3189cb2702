//! A pack and what says where its objects are: its own index, or else the rows of a
//! multi-pack-index.

use std::path::{Path, PathBuf};

use super::PackError;
use super::entry::{self, Head};
use super::index::{Index, u32_at};
use super::map::Mapped;

/// A pack whose head fits to its index.
#[derive(Debug)]
pub struct Pack {
    path: PathBuf,
    bytes: Mapped,
    names: Names,
    hash_len: usize,
}

#[derive(Debug)]
enum Names {
    Index(Index<Mapped>),
    /// Names in order, and their offsets.
    Listed(Vec<u8>, Vec<u64>),
}

impl Pack {
    /// Opens a pack with its index.
    pub fn with_index(path: &Path, index: Mapped, hash_len: usize) -> Result<Self, PackError> {
        let index = Index::new(index, hash_len)?;
        let bytes = Mapped::open(path).map_err(|_| PackError::Header)?;
        let count = u32_at(&bytes, 8).map(|count| count as usize);
        let checksum = bytes.len().checked_sub(hash_len).map(|end| &bytes[end..]);
        if count != Some(index.count()) || checksum != Some(index.pack_checksum()) {
            return Err(PackError::Header);
        }
        Self { path: path.to_path_buf(), bytes, names: Names::Index(index), hash_len }.checked()
    }

    /// Opens a pack that has no index of its own, but rows in a multi-pack-index, sorted by name.
    pub fn with_rows<'a>(
        path: &Path,
        rows: impl Iterator<Item = (&'a [u8], u64)>,
        hash_len: usize,
    ) -> Result<Self, PackError> {
        let (mut names, mut offsets) = (Vec::new(), Vec::new());
        for (name, offset) in rows {
            names.extend(name);
            offsets.push(offset);
        }
        let bytes = Mapped::open(path).map_err(|_| PackError::Header)?;
        let names = Names::Listed(names, offsets);
        Self { path: path.to_path_buf(), bytes, names, hash_len }.checked()
    }

    fn checked(self) -> Result<Self, PackError> {
        let version = u32_at(&self.bytes, 4);
        let known = self.bytes.starts_with(b"PACK") && matches!(version, Some(2 | 3));
        let long_enough = self.bytes.len() >= 12 + self.hash_len;
        if known && long_enough { Ok(self) } else { Err(PackError::Header) }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of an object name.
    pub fn hash_len(&self) -> usize {
        self.hash_len
    }

    /// Its bytes without the checksum at its end.
    pub fn body(&self) -> &[u8] {
        &self.bytes[..self.bytes.len() - self.hash_len]
    }

    /// What tells this pack from every other: its checksum and that of its index, and their sizes.
    /// Nothing of its middle is looked at, as git does when it opens one. `None` for a pack without
    /// an index of its own.
    pub fn identity(&self) -> Option<Vec<u8>> {
        let Names::Index(index) = &self.names else { return None };
        let mut identity = Vec::new();
        for bytes in [&self.bytes[..], index.bytes()] {
            let checksum = bytes.len().checked_sub(self.hash_len)?;
            identity.extend((bytes.len() as u64).to_be_bytes());
            identity.extend(&bytes[checksum..]);
        }
        Some(identity)
    }

    /// How many objects it has.
    pub fn count(&self) -> usize {
        match &self.names {
            Names::Index(index) => index.count(),
            Names::Listed(_, offsets) => offsets.len(),
        }
    }

    /// The name of the object at a place below [`Pack::count`].
    pub fn id(&self, place: usize) -> &[u8] {
        match &self.names {
            Names::Index(index) => index.id(place),
            Names::Listed(names, _) => &names[place * self.hash_len..(place + 1) * self.hash_len],
        }
    }

    /// Where the entry of the object at a place begins.
    pub fn offset(&self, place: usize) -> Option<u64> {
        match &self.names {
            Names::Index(index) => index.offset(place),
            Names::Listed(_, offsets) => offsets.get(place).copied(),
        }
    }

    /// The place of an object.
    pub fn find(&self, id: &[u8]) -> Option<usize> {
        match &self.names {
            Names::Index(index) => index.find(id),
            Names::Listed(names, offsets) => {
                let row = |place: usize| &names[place * self.hash_len..(place + 1) * self.hash_len];
                let (mut low, mut high) = (0, offsets.len());
                while low < high {
                    let middle = low + (high - low) / 2;
                    match row(middle).cmp(id) {
                        std::cmp::Ordering::Less => low = middle + 1,
                        std::cmp::Ordering::Greater => high = middle,
                        std::cmp::Ordering::Equal => return Some(middle),
                    }
                }
                None
            }
        }
    }

    /// The head of the entry at an offset.
    pub fn head(&self, offset: u64) -> Result<Head, PackError> {
        entry::head(self.body(), offset, self.hash_len)
    }
}
