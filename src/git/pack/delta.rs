//! Deltas (gitformat-pack(5), "Deltified representation"): a row of copies out of a base and of
//! bytes to insert. Pure: bytes in, bytes out, and nothing is believed before it is checked.

use super::PackError;

/// A stretch of the result. A history has many millions of them, so they are small: git knows no
/// delta of 4 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    start: u32,
    len: u32,
    from: u32,
    copied: bool,
}

impl Stretch {
    /// Where it begins in the result.
    #[inline]
    pub fn start(&self) -> usize {
        self.start as usize
    }

    /// How many bytes it has, at least one.
    #[inline]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Never: every stretch has a byte.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One past its last byte in the result.
    #[inline]
    pub fn end(&self) -> usize {
        self.start() + self.len()
    }

    /// Where its bytes are: in the base, or in the delta itself.
    #[inline]
    pub fn from(&self) -> usize {
        self.from as usize
    }

    /// True when they are copied out of the base.
    #[inline]
    pub fn copied(&self) -> bool {
        self.copied
    }

    /// Its bytes.
    pub fn bytes<'a>(&self, delta: &'a [u8], base: &'a [u8]) -> &'a [u8] {
        let source = if self.copied { base } else { delta };
        &source[self.from()..self.from() + self.len()]
    }
}

/// A delta that was read and checked: its stretches stay inside the base and add up to the
/// result. Kept for the next one, so that no delta needs memory of its own.
#[derive(Debug, Default)]
pub struct Script {
    stretches: Vec<Stretch>,
    result_size: usize,
}

/// Bytes that are copied at once.
const BLOCK: usize = 32;

/// Copies `len` bytes of `source` to a place in `out`. Most stretches are short, and a copy whose
/// length the compiler knows is many times faster than one that it does not; so whole blocks are
/// copied where there is room, and what is too much is overwritten by what comes next.
#[inline]
pub(super) fn copy(source: &[u8], from: usize, len: usize, out: &mut [u8], at: usize) {
    if len <= BLOCK
        && let Some(block) = source.get(from..from + BLOCK)
        && let Some(room) = out.get_mut(at..at + BLOCK)
    {
        room.copy_from_slice(block);
    } else {
        out[at..at + len].copy_from_slice(&source[from..from + len]);
    }
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
fn operands(first: u8, delta: &[u8], at: &mut usize) -> Option<(u32, u32)> {
    let mut operand = |bit: u8, shift: u32| -> Option<u32> {
        if first & bit == 0 {
            return Some(0);
        }
        let byte = *delta.get(*at)?;
        *at += 1;
        Some(u32::from(byte) << shift)
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
        let base_len = u32::try_from(base_len).ok()?;
        let mut made = 0_u32;
        while let Some(&first) = delta.get(at) {
            at += 1;
            let start = made;
            if first & 0x80 != 0 {
                let (from, len) = operands(first, delta, &mut at)?;
                if from.checked_add(len)? > base_len {
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
                let len = u32::from(first);
                if len == 0 || at + usize::from(first) > delta.len() {
                    return None;
                }
                made = made.checked_add(len)?;
                let from = u32::try_from(at).ok()?;
                self.stretches.push(Stretch { start, len, from, copied: false });
                at += usize::from(first);
            }
        }
        (made as usize == self.result_size).then_some(())
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
            let source = if stretch.copied { base } else { delta };
            copy(source, stretch.from(), stretch.len(), out, stretch.start());
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
