//! What is staged: the entries of the index that differ from HEAD and, while a merge is being made,
//! from its other parents. Reads the index and the trees of these commits, never the work tree.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use git2::{Delta, DiffOptions, FileMode, Index, IndexEntry, ObjectType, Tree};

use super::repository::Repository;
use super::{GitError, index, object_id, oid};
use crate::model::object::ObjectId;
use crate::model::origin::PathBytes;

/// The difference between HEAD and the index.
#[derive(Debug, Default)]
pub struct Staged {
    /// Blobs that the index has and no parent has at that path.
    pub blobs: Vec<(PathBytes, ObjectId)>,
    /// Blobs that the parents have at the paths that differ: what was there before.
    pub before: BTreeSet<ObjectId>,
    /// Paths that parents have and that are changed or gone.
    pub paths_before: BTreeSet<PathBytes>,
    /// Submodules that differ.
    pub submodules: Vec<PathBytes>,
}

/// Compares the index with HEAD. `index_file` is the index that git tells a hook to use
/// (`GIT_INDEX_FILE`, see githooks(5)); without it the repository's own is read.
pub fn staged(repository: &Repository, index_file: Option<&Path>) -> Result<Staged, GitError> {
    let inner = &repository.inner;
    let index = index::open(repository, index_file)?;
    let head = match inner.head() {
        Ok(head) => Some(head.peel_to_tree()?),
        Err(error) if error.code() == git2::ErrorCode::UnbornBranch => None,
        Err(error) => return Err(error.into()),
    };
    let mut options = DiffOptions::new();
    options.include_typechange(true).ignore_submodules(false);
    let diff = inner.diff_tree_to_index(head.as_ref(), Some(&index), Some(&mut options))?;
    let mut staged = Staged::default();
    for delta in diff.deltas() {
        let (old, new) = (delta.old_file(), delta.new_file());
        if is_text(old.mode()) && !old.id().is_zero() {
            staged.before.insert(object_id(old.id()));
            staged.paths_before.insert(old.path_bytes().unwrap_or_default().into());
        }
        let path = new.path_bytes().unwrap_or_default();
        match delta.status() {
            Delta::Deleted | Delta::Conflicted => {}
            _ if new.mode() == FileMode::Commit => staged.submodules.push(path.into()),
            _ if new.id().is_zero() => {}
            _ => staged.blobs.push((path.into(), object_id(new.id()))),
        }
    }
    merged(repository).iter().for_each(|parent| staged.leave_out(parent));
    add_conflicts(&index, &mut staged)?;
    staged.blobs.sort();
    staged.blobs.dedup();
    Ok(staged)
}

impl Staged {
    /// What a parent of the merge has brings the merge in as little as what HEAD has.
    fn leave_out(&mut self, parent: &Tree<'_>) {
        let (before, paths) = (&mut self.before, &mut self.paths_before);
        self.blobs.retain(|(path, blob)| {
            let there = parent.get_path(Path::new(OsStr::from_bytes(path)));
            let there = there.ok().map(|entry| object_id(entry.id()));
            before.extend(there.filter(|it| it != blob));
            paths.extend(there.map(|_| path.clone()));
            there != Some(*blob)
        });
    }

    /// The folders of what is staged that a parent has, too: their names are not new.
    pub fn folders_before(&self, repository: &Repository) -> BTreeSet<PathBytes> {
        let head = repository.inner.head().and_then(|head| head.peel_to_tree());
        let parents: Vec<Tree<'_>> = head.into_iter().chain(merged(repository)).collect();
        let folder =
            |path: &[u8]| memchr::memrchr(b'/', path).map(|at| PathBytes::from(&path[..at]));
        let mut folders: BTreeSet<PathBytes> = BTreeSet::new();
        for (path, _) in &self.blobs {
            let mut next = folder(path);
            while let Some(it) = next.filter(|it| !folders.contains(it)) {
                next = folder(&it);
                folders.insert(it);
            }
        }
        let is_folder = |path: &PathBytes, tree: &Tree<'_>| {
            let entry = tree.get_path(Path::new(OsStr::from_bytes(path)));
            entry.is_ok_and(|entry| entry.kind() == Some(ObjectType::Tree))
        };
        folders.retain(|path| parents.iter().any(|tree| is_folder(path, tree)));
        folders
    }
}

/// The trees of the other parents of a merge that is being made. What cannot be read only makes more
/// count as new.
fn merged(repository: &Repository) -> Vec<Tree<'_>> {
    let ids = std::fs::read(repository.git_dir().join("MERGE_HEAD")).unwrap_or_default();
    let tree = |line: &[u8]| {
        let id = oid(ObjectId::from_hex(line)?).ok()?;
        repository.inner.find_commit(id).ok()?.tree().ok()
    };
    ids.split(|byte| *byte == b'\n').filter_map(tree).collect()
}

/// Paths in conflict have no single entry: both sides count as staged.
fn add_conflicts(index: &Index, staged: &mut Staged) -> Result<(), GitError> {
    if !index.has_conflicts() {
        return Ok(());
    }
    let is_blob = |entry: &IndexEntry| entry.mode & 0o170_000 != 0o160_000;
    for conflict in index.conflicts()? {
        let conflict = conflict?;
        for side in [conflict.our, conflict.their].into_iter().flatten().filter(is_blob) {
            staged.blobs.push((side.path.into_boxed_slice(), object_id(side.id)));
        }
    }
    Ok(())
}

fn is_text(mode: FileMode) -> bool {
    matches!(
        mode,
        FileMode::Blob | FileMode::BlobExecutable | FileMode::BlobGroupWritable | FileMode::Link
    )
}
