//! What a push brings in: everything that the pushed ids lead to and that the receiver does not
//! have. What the receiver has is what its refs lead to, as far as they are known here; nothing is
//! asked over a network. Walking is `super::range`'s.

use git2::{ObjectType, Oid};

use super::range::{BOTH, RIGHT, Range, RangeError};
use super::receiver::is_described;
use super::repository::Repository;
use super::{GitError, index, oid};
use crate::model::object::ObjectId;

/// One ref of a push, as git tells its hooks. An id of zeros is none: the ref is new, or goes away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// What the receiver has there.
    pub old: ObjectId,
    /// What it shall have.
    pub new: ObjectId,
    /// The name that the ref has, or will have, at the receiver.
    pub name: Box<[u8]>,
}

/// Whose refs say what is there already.
#[derive(Clone, Copy, Debug)]
pub enum Receiver<'a> {
    /// This repository: it takes the push in.
    Here,
    /// A remote: its remote-tracking refs, as of the last fetch or push, if they describe what is at the
    /// address of this push (`super::receiver`).
    Remote {
        /// Its name.
        name: &'a str,
        /// The address of this push, if git has said it.
        address: Option<&'a str>,
    },
}

impl Range {
    /// What these updates bring to the receiver. Of a forced push that is what the receiver does
    /// not have yet; of a deletion it is nothing.
    pub fn pushed(
        repository: &Repository,
        updates: &[Update],
        receiver: Receiver<'_>,
    ) -> Result<Self, RangeError> {
        let mut range = Self::nothing(None);
        for update in updates.iter().filter(|it| !is_zero(it.new)) {
            range.names.push(update.name.clone());
            range.wanted(repository, oid(update.new)?)?;
        }
        if range.tips.is_empty() {
            return Ok(range);
        }
        for update in updates.iter().filter(|it| !is_zero(it.old)) {
            range.known(repository, oid(update.old)?);
        }
        let others = match receiver {
            Receiver::Here => Vec::new(),
            Receiver::Remote { name, address } => {
                if !is_described(repository, name, address, updates) {
                    return Ok(range);
                }
                longer_names(repository, name)
            }
        };
        for reference in repository.inner.references().map_err(GitError::from)?.flatten() {
            let name = reference.name_bytes();
            let counts = match receiver {
                Receiver::Here => true,
                Receiver::Remote { name: remote, .. } => {
                    below(name, remote) && !others.iter().any(|other| below(name, other))
                }
            };
            if counts {
                range.tags.retain(|tag| Some(*tag) != reference.target());
                if let Some(target) = reference.target_peel().or_else(|| reference.target()) {
                    range.known(repository, target);
                }
            }
        }
        Ok(range)
    }

    /// True when there is nothing to read.
    pub fn is_empty(&self) -> bool {
        let wanted = self.tips.iter().any(|(_, colour)| *colour != BOTH);
        !wanted && self.tags.is_empty() && self.blobs.is_empty() && self.names.is_empty()
    }

    /// Adds what a pushed id leads to. Mostly that is a commit, but a ref may lead to any object.
    fn wanted(&mut self, repository: &Repository, id: Oid) -> Result<(), RangeError> {
        let mut object = repository.inner.find_object(id, None).map_err(GitError::from)?;
        while let Some(tag) = object.as_tag() {
            self.tags.push(tag.id());
            let target = tag.target().map_err(GitError::from)?;
            object = target;
        }
        match object.kind() {
            Some(ObjectType::Commit) => self.tips.push((object.id(), RIGHT)),
            Some(ObjectType::Tree) => index::below(repository, b"", object.id(), |entry| {
                // The commit of a submodule is in another repository.
                if entry.mode != 0o160_000 {
                    self.blobs.push(Oid::from_bytes(&entry.id)?);
                }
                Ok(())
            })?,
            _ => self.blobs.push(object.id()),
        }
        Ok(())
    }

    /// Leaves out what the receiver has. What is not here leads to nothing here: before a forced
    /// push, say, the other side has commits that were never fetched.
    fn known(&mut self, repository: &Repository, id: Oid) {
        let odb = repository.inner.odb();
        let kind = odb.and_then(|odb| odb.read_header(id)).map(|(_, kind)| kind);
        match kind {
            Ok(ObjectType::Commit) => self.tips.push((id, BOTH)),
            Ok(ObjectType::Tag) => {
                let tag = repository.inner.find_object(id, None);
                let commit = tag.and_then(|tag| tag.peel(ObjectType::Commit));
                self.tips.extend(commit.map(|commit| (commit.id(), BOTH)));
                self.tags.retain(|tag| *tag != id);
            }
            _ => (),
        }
    }
}

/// True for the id of zeros that stands for "no object".
pub(super) fn is_zero(id: ObjectId) -> bool {
    id.as_bytes().iter().all(|byte| *byte == 0)
}

/// True for a remote-tracking ref of this remote.
fn below(name: &[u8], remote: &str) -> bool {
    let rest =
        name.strip_prefix(b"refs/remotes/").and_then(|it| it.strip_prefix(remote.as_bytes()));
    rest.is_some_and(|rest| rest.starts_with(b"/"))
}

/// Remotes whose refs lie below those of this one, such as `a/b` below `a`: another receiver's.
fn longer_names(repository: &Repository, remote: &str) -> Vec<String> {
    let names = repository.inner.remotes().ok();
    let names = names.iter().flat_map(|names| names.iter().flatten().flatten());
    let longer = |name: &&str| name.strip_prefix(remote).is_some_and(|it| it.starts_with('/'));
    names.filter(longer).map(str::to_owned).collect()
}
