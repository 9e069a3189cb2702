//! The index of a pack, version 2 (gitformat-pack(5), "Version 2 pack-*.idx files"): names of
//! objects in order, and where in the pack they are. Pure: bytes in, numbers out.

use std::ops::Deref;

use super::PackError;

const MAGIC: [u8; 8] = [0xFF, b't', b'O', b'c', 0, 0, 0, 2];
const FANOUT: usize = 256 * 4;
/// An offset with this bit refers to the table of 64-bit offsets.
const FAR: u32 = 1 << 31;

/// An index whose tables lie inside the file. `B` holds its bytes.
#[derive(Debug)]
pub struct Index<B> {
    bytes: B,
    hash_len: usize,
    count: usize,
}

/// Reads four bytes as a number.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// Reads eight bytes as a number.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

/// A table of 256 totals that never fall; gives back the last.
pub(super) fn fanout_total(table: &[u8]) -> Option<usize> {
    let mut totals =
        table.chunks_exact(4).map(|it| u32::from_be_bytes([it[0], it[1], it[2], it[3]]));
    let sorted = table.len() == FANOUT && totals.clone().is_sorted();
    sorted.then(|| totals.next_back().map(|total| total as usize)).flatten()
}

/// Where among the sorted `ids` of `hash_len` bytes `id` stands.
pub(super) fn find_in(fanout: &[u8], ids: &[u8], hash_len: usize, id: &[u8]) -> Option<usize> {
    let first = usize::from(*id.first()?);
    let mut low = match first {
        0 => 0,
        _ => u32_at(fanout, (first - 1) * 4)? as usize,
    };
    let mut high = u32_at(fanout, first * 4)? as usize;
    while low < high {
        let middle = low + (high - low) / 2;
        match ids.get(middle * hash_len..(middle + 1) * hash_len)?.cmp(id) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(middle),
        }
    }
    None
}

impl<B: Deref<Target = [u8]>> Index<B> {
    /// Takes the bytes of an index. `hash_len` is 20 or 32.
    pub fn new(bytes: B, hash_len: usize) -> Result<Self, PackError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(PackError::IndexHeader)?;
        let (fanout, rest) = rest.split_at_checked(FANOUT).ok_or(PackError::IndexTable)?;
        let count = fanout_total(fanout).ok_or(PackError::IndexTable)?;
        // Behind the names stand a checksum and an offset for each, then two hashes.
        let needed = count.checked_mul(hash_len + 8).and_then(|it| it.checked_add(2 * hash_len));
        if needed.is_none_or(|needed| rest.len() < needed) {
            return Err(PackError::IndexTable);
        }
        Ok(Self { bytes, hash_len, count })
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many objects it names.
    pub fn count(&self) -> usize {
        self.count
    }

    fn names(&self) -> &[u8] {
        let start = MAGIC.len() + FANOUT;
        &self.bytes[start..start + self.count * self.hash_len]
    }

    /// The name of the object at a place, which must be below [`Index::count`].
    pub fn id(&self, place: usize) -> &[u8] {
        &self.names()[place * self.hash_len..(place + 1) * self.hash_len]
    }

    /// Where in the pack the object at a place is; `None` when the table of large offsets is cut.
    pub fn offset(&self, place: usize) -> Option<u64> {
        let offsets = MAGIC.len() + FANOUT + self.count * (self.hash_len + 4);
        let near = u32_at(&self.bytes, offsets + place * 4)?;
        if near & FAR == 0 {
            return Some(u64::from(near));
        }
        let far = offsets + self.count * 4 + (near & !FAR) as usize * 8;
        let end = self.bytes.len() - 2 * self.hash_len;
        (far + 8 <= end).then(|| u64_at(&self.bytes, far))?
    }

    /// The place of an object.
    pub fn find(&self, id: &[u8]) -> Option<usize> {
        let fanout = &self.bytes[MAGIC.len()..MAGIC.len() + FANOUT];
        find_in(fanout, self.names(), self.hash_len, id)
    }

    /// The checksum of the pack that it belongs to.
    pub fn pack_checksum(&self) -> &[u8] {
        let end = self.bytes.len() - self.hash_len;
        &self.bytes[end - self.hash_len..end]
    }
}

#[cfg(test)]
mod tests {
    use super::{Index, MAGIC};
    use crate::git::pack::PackError;

    fn index(objects: &[([u8; 20], u64)]) -> Vec<u8> {
        let mut index = MAGIC.to_vec();
        for first in 0..=255_u8 {
            let total = objects.iter().filter(|(id, _)| id[0] <= first).count();
            index.extend(u32::try_from(total).expect("few").to_be_bytes());
        }
        objects.iter().for_each(|(id, _)| index.extend(id));
        index.extend(vec![0; objects.len() * 4]);
        let mut far = Vec::new();
        for &(_, offset) in objects {
            match u32::try_from(offset) {
                Ok(near) if near < 1 << 31 => index.extend(near.to_be_bytes()),
                _ => {
                    let place = u32::try_from(far.len() / 8).expect("few");
                    index.extend((place | 1 << 31).to_be_bytes());
                    far.extend(offset.to_be_bytes());
                }
            }
        }
        index.extend(far);
        index.extend([7; 20]);
        index.extend([8; 20]);
        index
    }

    #[test]
    fn names_and_offsets_are_read() {
        let objects = [([1; 20], 12), ([9; 20], 1 << 40), ([9; 20], 3 << 31), ([0xFF; 20], 99)];
        let bytes = index(&objects);
        let index = Index::new(bytes.as_slice(), 20).expect("a good index");
        assert_eq!(index.count(), 4);
        for (place, (id, offset)) in objects.iter().enumerate() {
            assert_eq!((index.id(place), index.offset(place)), (&id[..], Some(*offset)));
        }
        assert_eq!((index.find(&[0xFF; 20]), index.find(&[1; 20])), (Some(3), Some(0)));
        assert_eq!((index.find(&[2; 20]), index.find(&[0; 20])), (None, None));
        assert_eq!(index.pack_checksum(), [7; 20]);
    }

    #[test]
    fn a_damaged_index_is_an_error() {
        let good = index(&[([1; 20], 1), ([2; 20], 2)]);
        for cut in 0..good.len() {
            assert!(Index::new(&good[..cut], 20).is_err(), "{cut}");
        }
        assert_eq!(Index::new(&b"PACK"[..], 20).err(), Some(PackError::IndexHeader));
        let mut huge = good.clone();
        huge[8 + 255 * 4..8 + 256 * 4].fill(0xFF);
        assert_eq!(Index::new(huge, 20).err(), Some(PackError::IndexTable));
        let mut unsorted = good.clone();
        unsorted[8] = 1;
        assert_eq!(Index::new(unsorted, 20).err(), Some(PackError::IndexTable));
        let mut far = good;
        let offsets = far.len() - 40 - 8;
        far[offsets] = 0x80;
        assert_eq!(Index::new(far, 20).expect("tables are whole").offset(0), None);
    }
}
