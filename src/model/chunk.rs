//! A piece of a text on its way from a source to the engine, and where keywords stand in it.

use std::ops::Range;

use super::span::Position;

/// A piece of one text, with enough of its neighbours around it that every match which begins
/// in `owned` is whole.
#[derive(Clone, Debug)]
pub struct Chunk<'a> {
    /// The bytes: the owned ones and a margin on both sides.
    pub bytes: &'a [u8],
    /// Keywords that begin in this part of `bytes` belong to this chunk, all others to its
    /// neighbours. The owned parts of a text's chunks follow each other without a gap.
    pub owned: Range<usize>,
    /// Offset of `bytes[0]` in the whole text.
    pub offset: u64,
    /// Line and column of `bytes[0]`.
    pub start: Position,
}

impl<'a> Chunk<'a> {
    /// A text that fits into memory, as one chunk.
    pub fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, owned: 0..bytes.len(), offset: 0, start: Position::START }
    }
}

/// How many bytes around a keyword can matter to what is found there. A piece of a text needs
/// that many of its neighbours' bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Before the first byte of the keyword.
    pub before: usize,
    /// From the first byte of the keyword on.
    pub after: usize,
}

/// A keyword in a text. What a search finds at a place depends on the bytes of the keyword alone,
/// so a hit stays one wherever these bytes are copied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Offset of its first byte.
    pub start: usize,
    /// Which keyword.
    pub keyword: u32,
    /// Bytes of the keyword.
    pub len: u32,
}

impl Hit {
    /// One past its last byte.
    pub fn end(self) -> usize {
        self.start + self.len as usize
    }
}
