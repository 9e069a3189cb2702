//! UTF-16 with a byte order mark (RFC 2781), as Windows tools write it, turned into UTF-8 so that
//! tokens in it can be found. Lines and columns are then those of the text, not of its bytes.

use std::borrow::Cow;
use std::io::{self, Read};

/// The byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `FF FE`.
    Little,
    /// `FE FF`.
    Big,
}

impl Order {
    /// What the first bytes of a text say. `FF FE 00 00` is UTF-32 and is left alone.
    pub fn of(text: &[u8]) -> Option<Self> {
        match text {
            [0xFF, 0xFE, 0, 0, ..] => None,
            [0xFF, 0xFE, ..] => Some(Self::Little),
            [0xFE, 0xFF, ..] => Some(Self::Big),
            _ => None,
        }
    }

    fn unit(self, pair: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(pair),
            Self::Big => u16::from_be_bytes(pair),
        }
    }
}

/// A text as UTF-8, where a byte order mark says that it is UTF-16; as it is otherwise.
pub fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(order) = Order::of(text) else {
        return Cow::Borrowed(text);
    };
    let mut decoder = Decoder { order, high: None };
    let mut utf8 = Vec::with_capacity(text.len());
    for pair in text[2..].chunks_exact(2) {
        decoder.push([pair[0], pair[1]], &mut utf8);
    }
    decoder.finish(&mut utf8);
    Cow::Owned(utf8)
}

/// Reads UTF-16 (behind its mark) as UTF-8.
pub struct Utf16Reader<R> {
    input: R,
    decoder: Decoder,
    odd: Option<u8>,
    utf8: Vec<u8>,
    given: usize,
}

impl<R: Read> Utf16Reader<R> {
    /// Takes what follows the byte order mark.
    pub fn new(input: R, order: Order) -> Self {
        let decoder = Decoder { order, high: None };
        Self { input, decoder, odd: None, utf8: Vec::new(), given: 0 }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.utf8.clear();
        self.given = 0;
        let mut raw = [0; 16 * 1024];
        while self.utf8.is_empty() {
            let count = self.input.read(&mut raw)?;
            if count == 0 {
                self.decoder.finish(&mut self.utf8);
                return Ok(());
            }
            for &byte in &raw[..count] {
                match self.odd.take() {
                    Some(first) => self.decoder.push([first, byte], &mut self.utf8),
                    None => self.odd = Some(byte),
                }
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.utf8.len() {
            self.refill()?;
        }
        let count = buffer.len().min(self.utf8.len() - self.given);
        buffer[..count].copy_from_slice(&self.utf8[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

/// Turns UTF-16 units into UTF-8, one at a time.
struct Decoder {
    order: Order,
    high: Option<u16>,
}

impl Decoder {
    fn push(&mut self, pair: [u8; 2], utf8: &mut Vec<u8>) {
        let unit = self.order.unit(pair);
        let is_low = (0xDC00..0xE000).contains(&unit);
        match self.high.take() {
            Some(high) if is_low => decode(&[high, unit], utf8),
            Some(high) => {
                decode(&[high], utf8);
                self.single(unit, utf8);
            }
            None => self.single(unit, utf8),
        }
    }

    fn single(&mut self, unit: u16, utf8: &mut Vec<u8>) {
        if (0xD800..0xDC00).contains(&unit) {
            self.high = Some(unit);
        } else {
            decode(&[unit], utf8);
        }
    }

    fn finish(&mut self, utf8: &mut Vec<u8>) {
        if let Some(high) = self.high.take() {
            decode(&[high], utf8);
        }
    }
}

fn decode(units: &[u16], utf8: &mut Vec<u8>) {
    for character in char::decode_utf16(units.iter().copied()) {
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        utf8.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::{Order, Utf16Reader, decoded};

    fn encoded(text: &str, order: Order) -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units
            .flat_map(|unit| match order {
                Order::Little => unit.to_le_bytes(),
                Order::Big => unit.to_be_bytes(),
            })
            .collect()
    }

    /// Gives one byte at a time, the worst that a pipe can do.
    struct Drip<'a>(&'a [u8]);

    impl std::io::Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(1).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn both_orders_are_read_whole_and_in_drips() {
        let text = "key = \"ä𝄞\"\r\nnext";
        for order in [Order::Little, Order::Big] {
            let raw = encoded(text, order);
            assert_eq!(decoded(&raw), text.as_bytes());
            let mut out = String::new();
            let mut reader = Utf16Reader::new(Drip(&raw[2..]), order);
            reader.read_to_string(&mut out).expect("valid text");
            assert_eq!(out, text);
        }
    }

    #[test]
    fn broken_pairs_become_replacement_characters() {
        let raw = [0xFF, 0xFE, 0x00, 0xD8, b'a', 0, 0x00, 0xDC, 0x00, 0xD8];
        assert_eq!(decoded(&raw), "\u{FFFD}a\u{FFFD}\u{FFFD}".as_bytes());
        assert_eq!(decoded(b"plain"), &b"plain"[..]);
        assert_eq!(Order::of(&[0xFF, 0xFE, 0, 0]), None);
    }
}
