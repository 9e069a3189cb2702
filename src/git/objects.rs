//! Reads single objects of a repository, from packs, loose files and alternates, through git2.

use git2::{ObjectType, Odb};

use super::repository::Repository;
use super::{GitError, oid};
use crate::model::object::{Kind, ObjectId};

/// Reads objects. Each thread has its own.
pub struct Reader<'repository> {
    odb: Odb<'repository>,
}

impl<'repository> Reader<'repository> {
    /// A reader of a repository that this thread has opened.
    pub fn new(repository: &'repository Repository) -> Result<Self, GitError> {
        Ok(Self { odb: repository.inner.odb()? })
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
