//! The repository as data: what a folder is, which objects there are, what is staged, what the
//! commits of a range bring in, and which commits have brought a secret in. Runs no git, no hook,
//! no filter, and writes nothing.

pub mod attribution;
mod bitmap;
pub mod change;
pub mod complete;
pub mod database;
pub mod hash;
mod index;
pub mod links;
pub mod loose;
pub mod objects;
pub mod pack;
pub mod pushed;
pub mod range;
pub mod reader;
mod receiver;
pub mod repository;
pub mod staged;
pub mod sweep;
pub mod text;

use git2::{ErrorClass, ErrorCode};

use crate::model::object::ObjectId;

/// Why a repository, or a part of it, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The folder belongs to somebody else, who could have prepared it.
    #[error("the repository belongs to another user, and git's safe.directory does not name it")]
    Owner,
    /// The repository is damaged, or of a form that is not known.
    #[error("{0}")]
    Unreadable(String),
    /// An object that something refers to is not there.
    #[error("object is missing")]
    Missing,
    /// An object whose bytes are not what its name says.
    #[error("object is corrupt")]
    Corrupt,
}

impl From<git2::Error> for GitError {
    fn from(error: git2::Error) -> Self {
        match (error.class(), error.code()) {
            (_, ErrorCode::Owner) => Self::Owner,
            (ErrorClass::Odb, ErrorCode::NotFound) => Self::Missing,
            (_, ErrorCode::HashsumMismatch) | (ErrorClass::Zlib, _) => Self::Corrupt,
            _ => Self::Unreadable(error.message().to_lowercase()),
        }
    }
}

fn object_id(oid: git2::Oid) -> ObjectId {
    match ObjectId::from_bytes(oid.as_bytes()) {
        Some(id) => id,
        None => unreachable!("git knows ids of 20 and 32 bytes"),
    }
}

fn oid(id: ObjectId) -> Result<git2::Oid, GitError> {
    git2::Oid::from_bytes(id.as_bytes()).map_err(GitError::from)
}
