//! Deltas (gitformat-pack(5), "Deltified representation"): a row of copies out of a base and of
//! bytes to insert. Pure: bytes in, bytes out, and nothing is believed before it is checked.

use super::PackError;

/// A delta whose instructions were checked: they stay inside the base and add up to the result.
#[derive(Clone, Debug)]
pub struct Delta<'a> {
    /// Bytes of the base.
    pub base_size: usize,
    /// Bytes of the result.
    pub result_size: usize,
    instructions: &'a [u8],
}

/// A stretch of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch<'a> {
    /// Bytes of the base, from an offset on.
    Copy {
        /// Offset in the base.
        offset: usize,
        /// How many.
        len: usize,
    },
    /// Bytes that the base has not (or not there).
    Insert(&'a [u8]),
}

impl Stretch<'_> {
    /// How many bytes of the result it makes.
    pub fn len(&self) -> usize {
        match self {
            Self::Copy { len, .. } => *len,
            Self::Insert(bytes) => bytes.len(),
        }
    }

    /// True when it makes none, which no instruction does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Reads a size: seven bits a byte, the lowest first.
fn size(bytes: &mut &[u8]) -> Option<usize> {
    let mut size = 0_u64;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        size |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return usize::try_from(size).ok();
        }
    }
    None
}

/// Reads one instruction.
fn stretch<'a>(bytes: &mut &'a [u8]) -> Option<Stretch<'a>> {
    let (&first, mut rest) = bytes.split_first()?;
    if first & 0x80 == 0 {
        // Zero is reserved.
        let (inserted, rest) = rest.split_at_checked(usize::from(first))?;
        *bytes = rest;
        return (first != 0).then_some(Stretch::Insert(inserted));
    }
    let mut number = |bits: u8| -> Option<usize> {
        let mut number = 0;
        for bit in 0..8 {
            if bits >> bit == 0 {
                break;
            }
            if bits & 1 << bit != 0 {
                let (&byte, further) = rest.split_first()?;
                rest = further;
                number |= usize::from(byte) << (8 * bit);
            }
        }
        Some(number)
    };
    let offset = number(first & 0x0F)?;
    let len = match number(first >> 4 & 0x07)? {
        0 => 0x1_0000,
        len => len,
    };
    *bytes = rest;
    Some(Stretch::Copy { offset, len })
}

impl<'a> Delta<'a> {
    /// Takes the unpacked bytes of a delta and checks them against the size of its base.
    pub fn new(delta: &'a [u8], base_len: usize) -> Result<Self, PackError> {
        Self::checked(delta, base_len).ok_or(PackError::Delta)
    }

    fn checked(mut delta: &'a [u8], base_len: usize) -> Option<Self> {
        let base_size = size(&mut delta)?;
        let result_size = size(&mut delta)?;
        if base_size != base_len {
            return None;
        }
        let mut rest = delta;
        let mut made = 0_usize;
        while !rest.is_empty() {
            let stretch = stretch(&mut rest)?;
            if let Stretch::Copy { offset, len } = stretch {
                offset.checked_add(len).filter(|&end| end <= base_size)?;
            }
            made = made.checked_add(stretch.len())?;
        }
        (made == result_size).then_some(Self { base_size, result_size, instructions: delta })
    }

    /// The stretches of the result, in order.
    pub fn stretches(&self) -> impl Iterator<Item = Stretch<'a>> {
        let mut rest = self.instructions;
        std::iter::from_fn(move || if rest.is_empty() { None } else { stretch(&mut rest) })
    }

    /// Writes the result to `out`, which has exactly its size.
    pub fn apply(&self, base: &[u8], out: &mut [u8]) {
        let mut at = 0;
        for stretch in self.stretches() {
            let bytes = match stretch {
                Stretch::Copy { offset, len } => &base[offset..offset + len],
                Stretch::Insert(bytes) => bytes,
            };
            out[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        }
    }

    /// The first two bytes of the result; zero where there are none.
    pub fn beginning(&self, base: &[u8]) -> [u8; 2] {
        let mut beginning = [0; 2];
        let mut at = 0;
        for stretch in self.stretches() {
            let bytes = match stretch {
                Stretch::Copy { offset, len } => &base[offset..offset + len],
                Stretch::Insert(bytes) => bytes,
            };
            for (to, from) in beginning[at..].iter_mut().zip(bytes) {
                *to = *from;
                at += 1;
            }
            if at == beginning.len() {
                break;
            }
        }
        beginning
    }
}

#[cfg(test)]
mod tests {
    use super::{Delta, Stretch};
    use crate::git::pack::PackError;

    #[test]
    fn copies_and_inserts_make_the_result() {
        // Base 10 bytes, result 8: copy 4 from offset 2, insert "xyz", copy 1 from offset 0.
        let bytes = [10, 8, 0x91, 2, 4, 3, b'x', b'y', b'z', 0x90, 1];
        let delta = Delta::new(&bytes, 10).expect("a good delta");
        let stretches: Vec<_> = delta.stretches().collect();
        assert_eq!(stretches[0], Stretch::Copy { offset: 2, len: 4 });
        assert_eq!(stretches[1], Stretch::Insert(b"xyz"));
        let mut out = [0; 8];
        delta.apply(b"0123456789", &mut out);
        assert_eq!(&out, b"2345xyz0");
        assert_eq!(delta.beginning(b"0123456789"), *b"23");
        let bytes = [10, 1, 1, b'x'];
        assert_eq!(Delta::new(&bytes, 10).expect("good").beginning(b"0123456789"), *b"x\0");
    }

    #[test]
    fn a_copy_without_a_size_has_64_kib() {
        let base = vec![1; 0x1_0001];
        let bytes = [0x81, 0x80, 4, 0x80, 0x80, 4, 0x81, 1];
        let delta = Delta::new(&bytes, base.len()).expect("a good delta");
        assert_eq!(delta.stretches().next(), Some(Stretch::Copy { offset: 1, len: 0x1_0000 }));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let cases: [&[u8]; 9] = [
            &[],
            &[10],
            &[9, 1, 0x90, 1],                       // another base
            &[10, 1, 0x90, 2],                      // makes more than it says
            &[10, 3, 0x90, 2],                      // makes less
            &[10, 4, 0x91, 8, 4],                   // copies past the base
            &[10, 1, 0],                            // a reserved instruction
            &[10, 4, 4, 1, 2],                      // a cut insert
            &[10, 4, 0x9F, 0xFF, 0xFF, 0xFF, 0xFF], // a cut copy
        ];
        for case in cases {
            assert_eq!(Delta::new(case, 10).err(), Some(PackError::Delta), "{case:?}");
        }
        let endless = [0xFF; 20];
        assert!(Delta::new(&endless, 10).is_err());
    }
}
