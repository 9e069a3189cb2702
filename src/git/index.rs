//! The index, in the forms that libgit2 does not read as well: split (git-update-index(1),
//! `--split-index`) and sparse (git-sparse-checkout(1), `--sparse-index`). See gitformat-index(5).

use std::fs::File;
use std::io;
use std::path::Path;

use git2::{Index, IndexEntry, IndexTime, Oid};

use super::GitError;
use super::bitmap::Bitmap;
use super::repository::Repository;

/// The flag of an entry that has more flags.
const EXTENDED: u16 = 0x4000;
/// The bits of the flags that say whose side of a conflict an entry is.
const STAGE: u16 = 0x3000;
/// The mode of an entry that stands for a whole folder.
const FOLDER: u32 = 0o040_000;

/// Opens the index of a repository, or the one that git tells a hook to use.
pub(super) fn open(repository: &Repository, named: Option<&Path>) -> Result<Index, GitError> {
    let inner = &repository.inner;
    let path = named.map_or_else(|| inner.path().join("index"), Path::to_path_buf);
    // libgit2 takes an index that it cannot open for an empty one, or for one that is gone.
    // And what is no file could keep us waiting.
    let opened = std::fs::metadata(&path).and_then(|metadata| match metadata.is_file() {
        true => File::open(&path).map(|_| metadata),
        false => Err(io::Error::other("it is no file")),
    });
    match opened {
        Ok(metadata) if metadata.len() < 12 + repository.hash_len() as u64 => {
            return Err(GitError::Unreadable("it is too short to be one".to_owned()));
        }
        Ok(_) => {}
        // Before something is added for the first time there is none.
        Err(_) if named.is_none() && path.symlink_metadata().is_err_and(|it| is_gone(&it)) => {
            return Ok(Index::new_ext(inner.object_format())?);
        }
        Err(error) => return Err(GitError::Unreadable(words(&error))),
    }
    let opened = match named {
        Some(file) => Index::open_ext(file, inner.object_format()),
        None => inner.index(),
    };
    opened.or_else(|error| match error.message().contains("mandatory extension") {
        true => own(repository, &path),
        false => Err(error.into()),
    })
}

/// Reads an index without libgit2, and makes one of it that libgit2 can use.
fn own(repository: &Repository, path: &Path) -> Result<Index, GitError> {
    let hash_len = repository.hash_len();
    let parsed = Parsed::read(path, hash_len)?;
    let mut entries = match parsed.link {
        None => parsed.entries,
        Some(link) if link.shared.iter().all(|&byte| byte == 0) => parsed.entries,
        Some(link) => {
            let name = format!("sharedindex.{}", Oid::from_bytes(&link.shared)?);
            let path = repository.inner.path().join(&name);
            let shared = Parsed::read(&path, hash_len)
                .map_err(|error| GitError::Unreadable(format!("{name}: {error}")))?;
            link.merged(shared.entries, parsed.entries)?
        }
    };
    // Sorted, each entry is added behind all others, which costs nothing.
    entries.sort_by(|a, b| (&a.path, a.stage()).cmp(&(&b.path, b.stage())));
    let mut index = Index::new_ext(repository.inner.object_format())?;
    for entry in &entries {
        if entry.mode == FOLDER {
            let tree = Oid::from_bytes(&entry.id)?;
            below(repository, &entry.path, tree, |entry| Ok(index.add(&entry.for_git2()?)?))?;
        } else {
            index.add(&entry.for_git2()?)?;
        }
    }
    Ok(index)
}

/// Everything below a folder that is no folder itself, in the order of an index.
pub(super) fn below(
    repository: &Repository,
    folder: &[u8],
    tree: Oid,
    mut each: impl FnMut(Entry) -> Result<(), GitError>,
) -> Result<(), GitError> {
    let mut left = vec![(folder.to_vec(), FOLDER, tree)];
    while let Some((path, mode, id)) = left.pop() {
        if mode != FOLDER {
            each(Entry { path, mode, flags: 0, id: id.as_bytes().to_vec() })?;
            continue;
        }
        let tree = repository.inner.find_tree(id)?;
        for entry in tree.iter().rev() {
            let mode = u32::try_from(entry.filemode()).unwrap_or_default();
            let slash: &[u8] = if mode == FOLDER { b"/" } else { b"" };
            left.push(([&path, entry.name_bytes(), slash].concat(), mode, entry.id()));
        }
    }
    Ok(())
}

/// An entry, without what it says of the file on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Path in the repository.
    pub(super) path: Vec<u8>,
    /// The mode, as trees have it.
    pub(super) mode: u32,
    flags: u16,
    pub(super) id: Vec<u8>,
}

impl Entry {
    fn stage(&self) -> u16 {
        self.flags & STAGE
    }

    fn for_git2(&self) -> Result<IndexEntry, GitError> {
        let never = IndexTime::new(0, 0);
        Ok(IndexEntry {
            ctime: never,
            mtime: never,
            dev: 0,
            ino: 0,
            mode: self.mode,
            uid: 0,
            gid: 0,
            file_size: 0,
            id: Oid::from_bytes(&self.id)?,
            flags: self.stage(),
            flags_extended: 0,
            path: self.path.clone(),
        })
    }
}

/// What a split index says of the one that it shares.
#[derive(Debug)]
struct Link {
    shared: Vec<u8>,
    deleted: Bitmap,
    replaced: Bitmap,
}

impl Link {
    fn parse(bytes: &[u8], hash_len: usize) -> Option<Self> {
        let (shared, mut rest) = bytes.split_at_checked(hash_len)?;
        // A link without bitmaps changes nothing.
        let mut bitmap = || match rest.is_empty() {
            true => Some(Bitmap::default()),
            false => Bitmap::parse(&mut rest),
        };
        Some(Self { shared: shared.to_vec(), deleted: bitmap()?, replaced: bitmap()? })
    }

    /// The shared entries without those that are deleted; the first of `own` take the places of
    /// those that are replaced, and keep their paths; the others are new.
    fn merged(&self, shared: Vec<Entry>, own: Vec<Entry>) -> Result<Vec<Entry>, GitError> {
        let most = self.deleted.highest().max(self.replaced.highest());
        if most.is_some_and(|most| most >= shared.len()) {
            return Err(broken());
        }
        let mut own = own.into_iter();
        let mut merged = Vec::new();
        for (at, entry) in shared.into_iter().enumerate() {
            let kept = match self.replaced.has(at) {
                true => Entry { path: entry.path, ..own.next().ok_or_else(broken)? },
                false => entry,
            };
            if !self.deleted.has(at) {
                merged.push(kept);
            }
        }
        merged.extend(own);
        if merged.iter().any(|entry| entry.path.is_empty()) {
            return Err(broken());
        }
        Ok(merged)
    }
}

/// The parts of an index file that matter here.
#[derive(Debug)]
struct Parsed {
    entries: Vec<Entry>,
    link: Option<Link>,
}

fn broken() -> GitError {
    GitError::Unreadable("it is damaged".to_owned())
}

impl Parsed {
    fn read(path: &Path, hash_len: usize) -> Result<Self, GitError> {
        if !path.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Err(GitError::Unreadable("no such file".to_owned()));
        }
        let bytes = std::fs::read(path).map_err(|error| GitError::Unreadable(words(&error)))?;
        Self::parse(&bytes, hash_len)
    }

    fn parse(bytes: &[u8], hash_len: usize) -> Result<Self, GitError> {
        let mut rest = bytes.strip_prefix(b"DIRC").ok_or_else(broken)?;
        let version = number(&mut rest).filter(|it| (2..=4).contains(it)).ok_or_else(broken)?;
        let count = number(&mut rest).ok_or_else(broken)?;
        let mut entries: Vec<Entry> = Vec::new();
        for _ in 0..count {
            let last = entries.last().map_or(&[][..], |entry| &entry.path);
            entries.push(entry(&mut rest, version, hash_len, last).ok_or_else(broken)?);
        }
        let mut link = None;
        while rest.len() > hash_len {
            let name = take(&mut rest, 4).ok_or_else(broken)?;
            let length = number(&mut rest).ok_or_else(broken)?;
            let body = take(&mut rest, length as usize).ok_or_else(broken)?;
            match name {
                b"link" => link = Some(Link::parse(body, hash_len).ok_or_else(broken)?),
                // Says that entries may be folders, which their modes say as well.
                b"sdir" => {}
                // What begins with a capital letter may be passed over.
                _ if name[0].is_ascii_uppercase() => {}
                _ => {
                    let name = String::from_utf8_lossy(name);
                    return Err(GitError::Unreadable(format!("its form {name:?} is not known")));
                }
            }
        }
        Ok(Self { entries, link })
    }
}

/// The next entry. `last` is the path of the one before, of which version 4 keeps a part.
fn entry(rest: &mut &[u8], version: u32, hash_len: usize, last: &[u8]) -> Option<Entry> {
    let start = rest.len();
    let facts = take(rest, 40)?;
    let mode = u32::from_be_bytes(facts[24..28].try_into().ok()?);
    let id = take(rest, hash_len)?.to_vec();
    let flags = u16::from_be_bytes(take(rest, 2)?.try_into().ok()?);
    if flags & EXTENDED != 0 {
        take(rest, 2)?;
    }
    let kept = match version {
        4 => last.get(..last.len().checked_sub(varint(rest)?)?)?,
        _ => &[],
    };
    let length = memchr::memchr(0, rest)?;
    let path = [kept, take(rest, length)?].concat();
    match version {
        4 => take(rest, 1)?,
        // One to eight zeros make the length of an entry a multiple of eight.
        _ => take(rest, 8 - (start - rest.len()) % 8)?,
    };
    Some(Entry { path, mode, flags, id })
}

/// The first `count` bytes.
pub(super) fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

/// A number of four bytes.
pub(super) fn number(rest: &mut &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(take(rest, 4)?.try_into().ok()?))
}

/// A number as offsets in packs are written (gitformat-pack(5)).
fn varint(rest: &mut &[u8]) -> Option<usize> {
    let mut value: usize = 0;
    loop {
        let byte = take(rest, 1)?[0];
        value = value.checked_mul(128)?.checked_add(usize::from(byte & 0x7F))?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        value = value.checked_add(1)?;
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// Why a file of the repository cannot be opened.
pub(super) fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::Other => error.to_string(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::Parsed;

    /// An index of version 2 with two entries, the second as long as possible to pad, and a link.
    fn sample() -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0\x02\0\0\0\x02".to_vec();
        for path in ["a", "folder/b"] {
            let start = bytes.len();
            bytes.extend([0; 24]);
            bytes.extend(0o100_644_u32.to_be_bytes());
            bytes.extend([0; 12]);
            bytes.extend([7; 20]);
            bytes.extend([0, u8::try_from(path.len()).expect("short")]);
            bytes.extend(path.as_bytes());
            bytes.extend(vec![0; 8 - (bytes.len() - start) % 8]);
        }
        bytes.extend(b"link\0\0\0\x4c");
        bytes.extend([9; 20]);
        for word in [0_u64, 2] {
            bytes.extend([0, 0, 0, 2, 0, 0, 0, 2]);
            bytes.extend((1_u64 << 33).to_be_bytes());
            bytes.extend(word.to_be_bytes());
            bytes.extend([0; 4]);
        }
        bytes.extend([0; 20]);
        bytes
    }

    #[test]
    fn a_split_index_is_merged_with_the_shared_one() {
        let own = Parsed::parse(&sample(), 20).expect("good");
        let mut shared = own.entries.clone();
        shared[1].id.fill(1);
        let link = own.link.expect("a link");
        let merged = link.merged(shared.clone(), own.entries.clone()).expect("good");
        let ids: Vec<(&[u8], u8)> = merged.iter().map(|it| (&*it.path, it.id[0])).collect();
        assert_eq!(ids, [(&b"a"[..], 7), (b"folder/b", 7), (b"folder/b", 7)]);
        assert!(link.merged(shared[..1].to_vec(), own.entries).is_err());
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let good = sample();
        for length in 0..good.len() - 20 {
            // Cut behind the entries, what is left is taken for the checksum.
            let _ = Parsed::parse(&good[..length], 20);
        }
        for at in 0..good.len() {
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut bad = good.clone();
                bad[at] = value;
                if let Ok(Parsed { entries, link: Some(link) }) = Parsed::parse(&bad, 20) {
                    let _ = link.merged(entries.clone(), entries);
                }
            }
        }
        assert!(Parsed::parse(b"", 20).is_err() && Parsed::parse(b"DIRC", 20).is_err());
    }
}
