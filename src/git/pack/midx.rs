//! The multi-pack-index (gitformat-pack(5), "multi-pack-index (MIDX) files"): where the objects
//! of several packs are. It is needed only for packs that have no index of their own, since it
//! names an object once although several packs may have it. Pure: bytes in, numbers out.

use std::ops::Deref;

use super::PackError;
use super::index::{fanout_total, u32_at, u64_at};

const HEADER: usize = 12;
const ROW: usize = 12;
const FAR: u32 = 1 << 31;

/// A multi-pack-index whose chunks lie inside the file. `B` holds its bytes.
#[derive(Debug)]
pub struct MultiIndex<B> {
    bytes: B,
    hash_len: usize,
    count: usize,
    names: std::ops::Range<usize>,
    ids: usize,
    offsets: usize,
    far: std::ops::Range<usize>,
}

impl<B: Deref<Target = [u8]>> MultiIndex<B> {
    /// Takes the bytes of a multi-pack-index. `hash_len` is 20 or 32.
    pub fn new(bytes: B, hash_len: usize) -> Result<Self, PackError> {
        Self::parse(bytes, hash_len).ok_or(PackError::MultiIndex)
    }

    fn parse(bytes: B, hash_len: usize) -> Option<Self> {
        let version = if hash_len == 32 { 2 } else { 1 };
        if !bytes.starts_with(b"MIDX") || *bytes.get(5)? != version {
            return None;
        }
        let end = bytes.len().checked_sub(hash_len)?;
        let chunk = |id: &[u8; 4]| -> Option<std::ops::Range<usize>> {
            let rows = usize::from(*bytes.get(6)?);
            for row in 0..rows {
                let at = HEADER + row * ROW;
                if bytes.get(at..at + 4)? == id {
                    let start = usize::try_from(u64_at(&bytes, at + 4)?).ok()?;
                    let stop = usize::try_from(u64_at(&bytes, at + ROW + 4)?).ok()?;
                    return (start <= stop && stop <= end).then_some(start..stop);
                }
            }
            None
        };
        let count = fanout_total(bytes.get(chunk(b"OIDF")?)?)?;
        let (names, ids, offsets) = (chunk(b"PNAM")?, chunk(b"OIDL")?, chunk(b"OOFF")?);
        let far = chunk(b"LOFF").unwrap_or(0..0);
        let fits = ids.len() >= count.checked_mul(hash_len)? && offsets.len() / 8 >= count;
        let (ids, offsets) = (ids.start, offsets.start);
        fits.then_some(Self { bytes, hash_len, count, names, ids, offsets, far })
    }

    /// The file names of the indexes of its packs (`pack-….idx`), in its own order.
    pub fn pack_names(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes[self.names.clone()].split(|&byte| byte == 0).filter(|name| !name.is_empty())
    }

    /// Every object: its name, which pack has it (a place among [`MultiIndex::pack_names`]) and
    /// where; the offset is `None` when the table of large offsets is cut.
    pub fn objects(&self) -> impl Iterator<Item = (&[u8], u32, Option<u64>)> {
        (0..self.count).map(|place| {
            let at = self.ids + place * self.hash_len;
            let row = self.offsets + place * 8;
            let pack = u32_at(&self.bytes, row).unwrap_or(u32::MAX);
            (&self.bytes[at..at + self.hash_len], pack, self.offset(row + 4))
        })
    }

    fn offset(&self, at: usize) -> Option<u64> {
        let near = u32_at(&self.bytes, at)?;
        if near & FAR == 0 || self.far.is_empty() {
            return Some(u64::from(near));
        }
        let far = self.far.start + (near & !FAR) as usize * 8;
        (far + 8 <= self.far.end).then(|| u64_at(&self.bytes, far))?
    }
}

#[cfg(test)]
mod tests {
    use super::MultiIndex;

    #[test]
    fn what_is_no_multi_pack_index_is_an_error() {
        for bytes in [&b""[..], b"MIDX", b"MIDX\x01\x01\x04\x00\x00\x00\x00\x01", &[0xFF; 200]] {
            assert!(MultiIndex::new(bytes, 20).is_err());
        }
        let mut claims = b"MIDX\x01\x01\x01\x00\x00\x00\x00\x01OIDF".to_vec();
        claims.extend([0xFF; 100]);
        assert!(MultiIndex::new(claims, 20).is_err());
    }
}
