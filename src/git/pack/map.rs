//! Files in memory, mapped and never copied. The only place of the program with `unsafe`.
//!
//! Mapping is unsafe because another process may change or cut the file meanwhile. Git never
//! changes a pack or an index once it has its name, and removes it by unlinking, which leaves a
//! mapping whole; git itself reads packs in the same way.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// The bytes of a file. Pages come in when they are read, and can be dropped at any time.
#[derive(Debug)]
pub struct Mapped {
    map: Option<memmap2::Mmap>,
}

impl Mapped {
    /// Maps a file. An empty file has no bytes to map.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        if metadata.len() == 0 {
            return Ok(Self { map: None });
        }
        // SAFETY: see the top of this file. Whoever can cut the file can at worst end this
        // process by a signal.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Ok(Self { map: Some(map) })
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.map.as_deref().unwrap_or(&[])
    }
}
