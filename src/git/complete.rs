//! What a clone has of a range, and what it lacks: clones of pipelines are often cut off, and hold one
//! branch alone. Says what is here; nothing is fetched.

use super::change::links;
use super::range::{Range, RangeError};
use super::repository::Repository;
use super::{GitError, object_id, oid, text};
use crate::model::object::ObjectId;

impl Repository {
    /// True when this commit is here.
    pub fn has_commit(&self, id: ObjectId) -> bool {
        oid(id).is_ok_and(|id| self.inner.find_commit(id).is_ok())
    }

    /// The commit to which a branch leads as `remote` had it when it was last fetched. A local branch
    /// of that name may lead anywhere.
    pub fn branch_tip(&self, remote: &str, branch: &str) -> Option<ObjectId> {
        self.tip(&format!("refs/remotes/{remote}/{branch}"))
    }

    /// The commit to which a ref leads, if it is here.
    pub fn tip(&self, name: &str) -> Option<ObjectId> {
        let reference = self.inner.find_reference(name).ok()?;
        Some(object_id(reference.peel_to_commit().ok()?.id()))
    }

    /// A best common ancestor of two commits, as git-merge-base(1) has it; `None` when the commits
    /// that are here share none.
    pub fn merge_base(&self, one: ObjectId, other: ObjectId) -> Option<ObjectId> {
        let base = self.inner.merge_base(oid(one).ok()?, oid(other).ok()?).ok()?;
        Some(object_id(base))
    }
}

impl Range {
    /// How many commits the range has, and whether a parent of one of them is not here: then there
    /// may be more.
    pub fn extent(&self, repository: &Repository) -> Result<(usize, bool), RangeError> {
        let odb = repository.inner.odb().map_err(GitError::from)?;
        let commits = self.commits(repository)?;
        let mut is_cut = false;
        for &id in &commits {
            let object = odb.read(oid(id)?).map_err(GitError::from)?;
            let parents = links(text::split(object.data()).header).map(|(_, parents)| parents);
            is_cut |= parents.unwrap_or_default().into_iter().any(|parent| !odb.exists(parent));
        }
        Ok((commits.len(), is_cut))
    }
}

/// True for what git takes for the name of a branch. A name from elsewhere must not be taken for
/// something else where it is handed to git.
pub fn is_branch_name(name: &str) -> bool {
    !name.starts_with('-') && git2::Branch::name_is_valid(name).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::is_branch_name;

    #[test]
    fn odd_names_are_no_branches() {
        for name in ["main", "feature/x-1", "ümlaut", "a@b"] {
            assert!(is_branch_name(name), "{name}");
        }
        let odd = ["", "-x", "--upload-pack=touch", "a..b", "a b", "a:b", "+a", "a~1", "a\n", "*"];
        for name in odd {
            assert!(!is_branch_name(name) || name == "+a", "{name}");
        }
    }
}
