//! Lists every object of a repository: loose files and packs of its object folder and of those
//! that it borrows from (gitrepository-layout(5), `objects/info/alternates`).
//!
//! libgit2 could list them, too. But it passes over a pack whose index it cannot open, and miscounts
//! SHA-256 packs: what must be complete is listed here.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::pack::index;
use super::repository::Repository;
use crate::model::object::ObjectId;

/// What the object folders hold.
#[derive(Debug, Default)]
pub struct Listing {
    /// Every object, once, in the order of their names.
    pub ids: Vec<ObjectId>,
    /// Packs and folders that cannot be read, and why.
    pub unreadable: Vec<(Vec<u8>, String)>,
}

/// Borrowing may go through this many repositories, as in git itself.
const DEEPEST: usize = 5;

/// Lists every object, whether a ref leads to it or not.
pub fn list(repository: &Repository) -> Listing {
    let hash_len = repository.hash_len();
    let mut listing = Listing::default();
    let mut folders = vec![(repository.objects_dir(), 0)];
    let mut seen = BTreeSet::new();
    while let Some((folder, depth)) = folders.pop() {
        if !seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())) {
            continue;
        }
        if let Err(error) = listing.folder(&folder, hash_len) {
            listing.unreadable(&folder, &format!("object folder cannot be read: {}", error.kind()));
        }
        if depth < DEEPEST {
            let borrowed = alternates(&folder).into_iter().map(|path| (path, depth + 1));
            folders.extend(borrowed);
        }
    }
    listing.ids.sort_unstable();
    listing.ids.dedup();
    listing
}

impl Listing {
    fn unreadable(&mut self, path: &Path, why: &str) {
        self.unreadable.push((path.as_os_str().as_bytes().to_vec(), why.to_owned()));
    }

    fn folder(&mut self, folder: &Path, hash_len: usize) -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if let [a, b] = *name.as_bytes()
                && let Some(first) = hex(&[a, b])
            {
                self.loose(&entry.path(), first[0], hash_len)?;
            }
        }
        match std::fs::read_dir(folder.join("pack")) {
            Ok(entries) => {
                for entry in entries {
                    self.pack(&entry?.path(), hash_len);
                }
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn loose(&mut self, folder: &Path, first: u8, hash_len: usize) -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            // Temporary files have other names.
            let rest = hex(entry?.file_name().as_bytes()).filter(|rest| rest.len() + 1 == hash_len);
            let id =
                rest.and_then(|rest| ObjectId::from_bytes(&[&[first], rest.as_slice()].concat()));
            self.ids.extend(id);
        }
        Ok(())
    }

    fn pack(&mut self, path: &Path, hash_len: usize) {
        if path.extension() != Some(OsStr::new("pack")) {
            return;
        }
        let index_path = path.with_extension("idx");
        let index = match std::fs::read(&index_path) {
            Ok(index) => index,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return self.unreadable(path, "pack has no index (git index-pack writes one)");
            }
            Err(error) => {
                return self.unreadable(&index_path, &format!("cannot be read: {}", error.kind()));
            }
        };
        match index::object_ids(&index, hash_len) {
            Ok(ids) => self.ids.extend(ids),
            Err(error) => self.unreadable(&index_path, &error.to_string()),
        }
    }
}

/// The object folders that `folder` borrows from. A path is relative to the folder.
fn alternates(folder: &Path) -> Vec<PathBuf> {
    let text = std::fs::read(folder.join("info/alternates")).unwrap_or_default();
    text.split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty() && line[0] != b'#')
        .map(|line| folder.join(OsStr::from_bytes(line)))
        .collect()
}

/// The bytes that hexadecimal digits stand for.
fn hex(digits: &[u8]) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let text = std::str::from_utf8(digits).ok()?;
    let pairs = (0..text.len()).step_by(2).map(|at| text.get(at..at + 2));
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}
