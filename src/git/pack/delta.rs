//! Deltas (gitformat-pack(5), "Deltified representation"): a row of copies out of a base and of
//! bytes to insert. Pure: bytes in, bytes out, and nothing is believed before it is checked.

use super::PackError;

/// A stretch of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Where it begins in the result.
    pub start: usize,
    /// How many bytes it has, at least one.
    pub len: usize,
    /// Where they are: in the base, or in the delta itself.
    pub from: usize,
    /// True when they are copied out of the base.
    pub copied: bool,
}

impl Stretch {
    /// One past its last byte in the result.
    pub fn end(&self) -> usize {
        self.start + self.len
    }

    /// Its bytes.
    pub fn bytes<'a>(&self, delta: &'a [u8], base: &'a [u8]) -> &'a [u8] {
        let source = if self.copied { base } else { delta };
        &source[self.from..self.from + self.len]
    }
}

/// A delta that was read and checked: its stretches stay inside the base and add up to the
/// result. Kept for the next one, so that no delta needs memory of its own.
#[derive(Debug, Default)]
pub struct Script {
    stretches: Vec<Stretch>,
    result_size: usize,
}

/// Reads a size: seven bits a byte, the lowest first.
fn size(delta: &[u8], at: &mut usize) -> Option<usize> {
    let mut size = 0_u64;
    for shift in (0..63).step_by(7) {
        let byte = *delta.get(*at)?;
        *at += 1;
        size |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return usize::try_from(size).ok();
        }
    }
    None
}

/// Reads the operands of a copy, whose presence the bits of `first` tell: offset and length.
#[inline]
fn operands(first: u8, delta: &[u8], at: &mut usize) -> Option<(usize, usize)> {
    let mut operand = |bit: u8, shift: u32| -> Option<usize> {
        if first & bit == 0 {
            return Some(0);
        }
        let byte = *delta.get(*at)?;
        *at += 1;
        Some(usize::from(byte) << shift)
    };
    let offset = operand(1, 0)? | operand(2, 8)? | operand(4, 16)? | operand(8, 24)?;
    let len = operand(16, 0)? | operand(32, 8)? | operand(64, 16)?;
    Some((offset, if len == 0 { 0x1_0000 } else { len }))
}

impl Script {
    /// Reads the unpacked bytes of a delta and checks them against the size of its base.
    pub fn read(&mut self, delta: &[u8], base_len: usize) -> Result<(), PackError> {
        self.checked(delta, base_len).ok_or(PackError::Delta)
    }

    fn checked(&mut self, delta: &[u8], base_len: usize) -> Option<()> {
        self.stretches.clear();
        let mut at = 0;
        let base_size = size(delta, &mut at)?;
        self.result_size = size(delta, &mut at)?;
        if base_size != base_len {
            return None;
        }
        let mut made = 0_usize;
        while let Some(&first) = delta.get(at) {
            at += 1;
            let start = made;
            if first & 0x80 != 0 {
                let (from, len) = operands(first, delta, &mut at)?;
                if from + len > base_len {
                    return None;
                }
                made = made.checked_add(len)?;
                // A copy that goes on where the last one ended is one with it.
                match self.stretches.last_mut() {
                    Some(last) if last.copied && last.from + last.len == from => last.len += len,
                    _ => self.stretches.push(Stretch { start, len, from, copied: true }),
                }
            } else {
                // Zero is reserved.
                let len = usize::from(first);
                if len == 0 || at + len > delta.len() {
                    return None;
                }
                made += len;
                self.stretches.push(Stretch { start, len, from: at, copied: false });
                at += len;
            }
        }
        (made == self.result_size).then_some(())
    }

    /// Bytes of the result.
    pub fn result_size(&self) -> usize {
        self.result_size
    }

    /// The stretches of the result, in order.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// Writes the result to `out`, which has exactly its size.
    pub fn apply(&self, delta: &[u8], base: &[u8], out: &mut [u8]) {
        for stretch in &self.stretches {
            out[stretch.start..stretch.end()].copy_from_slice(stretch.bytes(delta, base));
        }
    }

    /// The first two bytes of the result; zero where there are none.
    pub fn beginning(&self, delta: &[u8], base: &[u8]) -> [u8; 2] {
        let stretches = self.stretches.iter().take(2);
        let mut bytes = stretches.flat_map(|it| it.bytes(delta, base).iter().take(2));
        [(); 2].map(|()| bytes.next().copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::{Script, Stretch};
    use crate::git::pack::PackError;

    fn read(delta: &[u8], base_len: usize) -> Result<Script, PackError> {
        let mut script = Script::default();
        script.read(delta, base_len).map(|()| script)
    }

    #[test]
    fn copies_and_inserts_make_the_result() {
        // Base 10 bytes, result 8: copy 4 from offset 2, insert "xyz", copy 1 from offset 0.
        let bytes = [10, 8, 0x91, 2, 4, 3, b'x', b'y', b'z', 0x90, 1];
        let base = b"0123456789";
        let script = read(&bytes, 10).expect("a good delta");
        let expected = [
            Stretch { start: 0, len: 4, from: 2, copied: true },
            Stretch { start: 4, len: 3, from: 6, copied: false },
            Stretch { start: 7, len: 1, from: 0, copied: true },
        ];
        assert_eq!(script.stretches(), expected);
        let mut out = [0; 8];
        script.apply(&bytes, base, &mut out);
        assert_eq!(&out, b"2345xyz0");
        assert_eq!(script.beginning(&bytes, base), *b"23");
        let bytes = [10, 1, 1, b'x'];
        assert_eq!(read(&bytes, 10).expect("good").beginning(&bytes, base), *b"x\0");
        let bytes = [10, 2, 1, b'x', 0x90, 1];
        assert_eq!(read(&bytes, 10).expect("good").beginning(&bytes, base), *b"x0");
    }

    #[test]
    fn a_copy_without_a_size_has_64_kib_and_neighbours_are_one() {
        let bytes = [0x82, 0x80, 4, 0x81, 0x80, 4, 0x81, 1, 0x95, 1, 1, 1];
        let script = read(&bytes, 0x1_0002).expect("a good delta");
        let whole = Stretch { start: 0, len: 0x1_0001, from: 1, copied: true };
        assert_eq!((script.result_size(), script.stretches()), (0x1_0001, &[whole][..]));
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
            assert_eq!(read(case, 10).err(), Some(PackError::Delta), "{case:?}");
        }
        assert!(read(&[0xFF; 20], 10).is_err());
    }
}
