//! Unpacks the compressed data of entries into buffers that are used again and again.

use libdeflater::Decompressor;

use super::PackError;

/// Deflate makes at most this many bytes out of one (zlib's technical notes, "Maximum Compression
/// Factor"): what claims more is not believed.
const MOST: u64 = 1032;
/// Small data has a header that counts.
const SLACK: u64 = 64;

/// Bytes whose room is kept when they are no longer needed: clearing memory anew for every object
/// would cost as much as unpacking it.
#[derive(Debug, Default)]
pub struct Buffer {
    room: Vec<u8>,
    len: usize,
}

impl Buffer {
    /// Makes it `len` bytes long; what they are is left open.
    pub fn reset(&mut self, len: usize) -> &mut [u8] {
        if self.room.len() < len {
            self.room.clear();
            self.room.resize(len, 0);
        }
        self.len = len;
        &mut self.room[..len]
    }

    /// How much memory it holds.
    pub fn room(&self) -> usize {
        self.room.len()
    }
}

impl std::ops::Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.room[..self.len]
    }
}

/// Unpacks. Each thread has its own.
pub struct Inflater {
    inner: Decompressor,
}

impl Default for Inflater {
    fn default() -> Self {
        Self { inner: Decompressor::new() }
    }
}

impl Inflater {
    /// Unpacks the zlib stream at the start of `packed` into `out`; it must make exactly `size`
    /// bytes, and its checksum (Adler-32) must be right.
    pub fn inflate(
        &mut self,
        packed: &[u8],
        size: usize,
        out: &mut Buffer,
    ) -> Result<(), PackError> {
        match self.inner.zlib_decompress(packed, out.reset(size)) {
            Ok(made) if made == size => Ok(()),
            _ => Err(PackError::Inflate),
        }
    }
}

/// The size that an entry claims, if so few packed bytes can make that many.
pub fn credible(size: u64, packed: usize) -> Result<usize, PackError> {
    let most = (packed as u64).saturating_mul(MOST).saturating_add(SLACK);
    let size = Some(size).filter(|&size| size <= most).and_then(|size| usize::try_from(size).ok());
    size.ok_or(PackError::Inflate)
}
