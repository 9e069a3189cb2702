//! The index of a pack, version 2 (gitformat-pack(5), "Version 2 pack-*.idx files"). Pure: bytes
//! in, names of objects out.

use crate::model::object::ObjectId;

const MAGIC: [u8; 8] = [0xFF, b't', b'O', b'c', 0, 0, 0, 2];
const FANOUT: usize = 256 * 4;

/// Why an index cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// Not an index, or one of another version.
    #[error("pack index is damaged or of an unknown version (git index-pack writes a new one)")]
    Header,
    /// Shorter than its own table says, or with a table that makes no sense.
    #[error("pack index is cut or damaged (git index-pack writes a new one)")]
    Table,
}

/// The names of all objects in a pack, in order. `hash_len` is 20 or 32.
pub fn object_ids(index: &[u8], hash_len: usize) -> Result<Vec<ObjectId>, IndexError> {
    let rest = index.strip_prefix(&MAGIC).ok_or(IndexError::Header)?;
    let (fanout, rest) = rest.split_at_checked(FANOUT).ok_or(IndexError::Table)?;
    let totals: Vec<u32> = fanout
        .chunks_exact(4)
        .map(|entry| u32::from_be_bytes([entry[0], entry[1], entry[2], entry[3]]))
        .collect();
    let count = totals.last().copied().unwrap_or(0) as usize;
    // Behind the names stand a checksum and an offset for each, then two hashes.
    let needed = count.checked_mul(hash_len + 8).and_then(|it| it.checked_add(2 * hash_len));
    if !totals.is_sorted() || needed.is_none_or(|needed| rest.len() < needed) {
        return Err(IndexError::Table);
    }
    let ids = rest[..count * hash_len].chunks_exact(hash_len);
    ids.map(|id| ObjectId::from_bytes(id).ok_or(IndexError::Table)).collect()
}

#[cfg(test)]
mod tests {
    use super::{IndexError, MAGIC, object_ids};

    fn index(ids: &[[u8; 20]]) -> Vec<u8> {
        let mut index = MAGIC.to_vec();
        for first in 0..=255_u8 {
            let total = ids.iter().filter(|id| id[0] <= first).count();
            index.extend(u32::try_from(total).expect("few").to_be_bytes());
        }
        ids.iter().for_each(|id| index.extend(id));
        index.extend(vec![0; ids.len() * 8 + 40]);
        index
    }

    #[test]
    fn names_are_read_in_order() {
        let index = index(&[[1; 20], [1; 20], [9; 20]]);
        let ids = object_ids(&index, 20).expect("a good index");
        assert_eq!(ids.len(), 3);
        assert_eq!(ids[2].to_string(), "09".repeat(20));
    }

    #[test]
    fn a_damaged_index_is_an_error() {
        let good = index(&[[1; 20], [2; 20]]);
        for cut in 0..good.len() {
            assert!(object_ids(&good[..cut], 20).is_err(), "{cut}");
        }
        assert_eq!(object_ids(b"PACK", 20), Err(IndexError::Header));
        let mut huge = good.clone();
        huge[8 + 255 * 4..8 + 256 * 4].fill(0xFF);
        assert_eq!(object_ids(&huge, 20), Err(IndexError::Table));
        let mut unsorted = good;
        unsorted[8] = 1;
        assert_eq!(object_ids(&unsorted, 20), Err(IndexError::Table));
    }
}
