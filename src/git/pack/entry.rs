//! The head of a pack entry (gitformat-pack(5), "object entries"): type, size, and what a delta is
//! a delta of. Pure: bytes in, head out.

use super::PackError;
use crate::model::object::{Kind, ObjectId};

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A whole object.
    Whole(Kind),
    /// A delta of the entry at this offset of the same pack.
    OffsetDelta(u64),
    /// A delta of the object with this name.
    NameDelta(ObjectId),
}

/// The head of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// What the entry holds.
    pub form: Form,
    /// Bytes of the unpacked data: of the object, or of the delta. A claim, not a fact.
    pub size: u64,
    /// Where in the pack the compressed data begins.
    pub data: usize,
}

/// Reads the head of the entry at `offset` of a pack. `pack` ends before its checksum.
pub fn head(pack: &[u8], offset: u64, hash_len: usize) -> Result<Head, PackError> {
    let start = usize::try_from(offset).map_err(|_| PackError::Cut)?;
    let mut at = start;
    let mut next = || {
        let byte = pack.get(at).copied().ok_or(PackError::Cut);
        at += 1;
        byte
    };
    let first = next()?;
    let mut size = u64::from(first & 15);
    let mut shift = 4;
    let mut byte = first;
    while byte & 0x80 != 0 {
        byte = next()?;
        let bits = u64::from(byte & 0x7F);
        // More than 64 bits are no size.
        if shift > 57 {
            return Err(PackError::Cut);
        }
        size |= bits << shift;
        shift += 7;
    }
    let form = match first >> 4 & 7 {
        1 => Form::Whole(Kind::Commit),
        2 => Form::Whole(Kind::Tree),
        3 => Form::Whole(Kind::Blob),
        4 => Form::Whole(Kind::Tag),
        6 => {
            let mut byte = next()?;
            let mut back = u64::from(byte & 0x7F);
            while byte & 0x80 != 0 {
                byte = next()?;
                let further = back.checked_add(1).and_then(|it| it.checked_mul(128));
                back = further.ok_or(PackError::Cut)? | u64::from(byte & 0x7F);
            }
            let base = offset.checked_sub(back).filter(|_| back > 0).ok_or(PackError::Cut)?;
            Form::OffsetDelta(base)
        }
        7 => {
            let name = pack.get(at..at + hash_len).and_then(ObjectId::from_bytes);
            at += hash_len;
            Form::NameDelta(name.ok_or(PackError::Cut)?)
        }
        _ => return Err(PackError::Type),
    };
    Ok(Head { form, size, data: at })
}

#[cfg(test)]
mod tests {
    use super::{Form, Head, head};
    use crate::git::pack::PackError;
    use crate::model::object::{Kind, ObjectId};

    #[test]
    fn sizes_of_any_length_are_read() {
        let small = Head { form: Form::Whole(Kind::Blob), size: 15, data: 1 };
        assert_eq!(head(&[0x3F], 0, 20), Ok(small));
        // 0x95 = more, type 1, size bits 5; 0x0A = size bits 10 << 4.
        let large = Head { form: Form::Whole(Kind::Commit), size: 165, data: 3 };
        assert_eq!(head(&[0, 0x95, 0x0A], 1, 20), Ok(large));
        assert_eq!(head(&[0xB0; 30], 0, 20), Err(PackError::Cut));
        assert_eq!(head(&[0xB0], 0, 20), Err(PackError::Cut));
        assert_eq!(head(&[0x50], 0, 20), Err(PackError::Type));
        assert_eq!(head(&[0x3F], 9, 20), Err(PackError::Cut));
    }

    #[test]
    fn bases_are_read_and_lie_before_the_delta() {
        let mut pack = vec![0; 300];
        pack.extend([0x61, 0x81, 0x00]);
        // 0x81 0x00: (1 + 1) * 128 = 256 back.
        let delta = Head { form: Form::OffsetDelta(44), size: 1, data: 303 };
        assert_eq!(head(&pack, 300, 20), Ok(delta));
        assert_eq!(head(&[0x61, 0x00], 0, 20), Err(PackError::Cut));
        assert_eq!(head(&[0, 0x61, 0x05], 1, 20), Err(PackError::Cut));
        let mut named = vec![0x71];
        named.extend([7; 32]);
        let id = ObjectId::from_bytes(&[7; 32]).expect("32 bytes");
        assert_eq!(head(&named, 0, 32), Ok(Head { form: Form::NameDelta(id), size: 1, data: 33 }));
        assert_eq!(head(&named[..32], 0, 32), Err(PackError::Cut));
    }
}
