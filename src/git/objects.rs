//! Every object of a repository, from packs, loose files and alternates, through git2.

use std::path::Path;

use git2::{ObjectType, Odb};

use super::repository::Repository;
use super::{GitError, object_id, oid};
use crate::model::object::ObjectId;

/// The four types of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The content of a file.
    Blob,
    /// A folder.
    Tree,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
}

/// What the object database holds.
#[derive(Debug, Default)]
pub struct Listing {
    /// Every object, once, in the order of their names.
    pub ids: Vec<ObjectId>,
    /// Packs that cannot be read, and why.
    pub unreadable: Vec<(Vec<u8>, &'static str)>,
}

/// Lists every object, whether a ref leads to it or not.
pub fn list(repository: &Repository) -> Result<Listing, GitError> {
    let odb = repository.inner.odb()?;
    let mut ids = Vec::new();
    odb.foreach(|id| {
        ids.push(object_id(*id));
        true
    })?;
    ids.sort_unstable();
    ids.dedup();
    Ok(Listing {
        ids,
        unreadable: unreadable_packs(&repository.objects_dir()),
    })
}

/// libgit2 passes over a pack whose index it cannot open. Nothing may be passed over in silence,
/// so each pack is looked at: its index must be there and begin as gitformat-pack(5) says.
fn unreadable_packs(objects: &Path) -> Vec<(Vec<u8>, &'static str)> {
    use std::io::Read as _;
    use std::os::unix::ffi::OsStrExt as _;

    const INDEX_V2: [u8; 8] = [0xFF, b't', b'O', b'c', 0, 0, 0, 2];
    const PACK: [u8; 4] = *b"PACK";

    let begins = |path: &Path, magic: &[u8]| {
        let mut head = vec![0; magic.len()];
        let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
        read.is_ok() && head == magic
    };
    let mut unreadable = Vec::new();
    let entries = std::fs::read_dir(objects.join("pack"))
        .into_iter()
        .flatten()
        .flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.extension().is_none_or(|extension| extension != "pack") {
            continue;
        }
        let why = if !begins(&path, &PACK) {
            "pack is damaged or not readable"
        } else if !path.with_extension("idx").exists() {
            "pack has no index (git index-pack writes one)"
        } else if !begins(&path.with_extension("idx"), &INDEX_V2) {
            "pack index is damaged or not readable (git index-pack writes a new one)"
        } else {
            continue;
        };
        unreadable.push((path.as_os_str().as_bytes().to_vec(), why));
    }
    unreadable
}

/// Reads objects. Each thread has its own.
pub struct Reader<'repository> {
    odb: Odb<'repository>,
}

impl<'repository> Reader<'repository> {
    /// A reader of a repository that this thread has opened.
    pub fn new(repository: &'repository Repository) -> Result<Self, GitError> {
        Ok(Self {
            odb: repository.inner.odb()?,
        })
    }

    /// Reads an object whole, checks its hash, and hands its bytes to `use_it`.
    pub fn read<R>(
        &self,
        id: ObjectId,
        use_it: impl FnOnce(Kind, &[u8]) -> R,
    ) -> Result<R, GitError> {
        let object = self.odb.read(oid(id)?)?;
        let kind = match object.kind() {
            ObjectType::Blob => Kind::Blob,
            ObjectType::Tree => Kind::Tree,
            ObjectType::Commit => Kind::Commit,
            ObjectType::Tag => Kind::Tag,
            ObjectType::Any => return Err(GitError::Corrupt),
        };
        Ok(use_it(kind, object.data()))
    }
}
