//! Which commit and path hold a blob. Coarse: the oldest commit whose tree has it, and the first
//! path there.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use git2::{ObjectType, Oid, Sort};

use super::repository::Repository;
use super::{GitError, object_id, text};
use crate::model::object::ObjectId;
use crate::model::origin::{Origin, PathBytes, Signature};

/// Where blobs were found.
#[derive(Debug, Default)]
pub struct Attribution {
    /// For each blob the commit and path that it was found at.
    pub found: BTreeMap<ObjectId, Origin>,
    /// Blobs that stand at excluded paths only.
    pub excluded: BTreeSet<ObjectId>,
    /// Commits and trees that could not be read.
    pub failed: Vec<(String, GitError)>,
}

/// Says of a path whether it does not count.
pub type Excluded<'a> = &'a dyn Fn(&[u8]) -> bool;

/// Looks through the trees of all commits that refs and HEAD lead to, oldest first, each tree
/// once, for `wanted` blobs.
pub fn attribute(
    repository: &Repository,
    wanted: &BTreeSet<ObjectId>,
    excluded: Option<Excluded<'_>>,
) -> Result<Attribution, GitError> {
    let mut search = Search {
        repository,
        missing: wanted.iter().filter_map(|id| Oid::from_bytes(id.as_bytes()).ok()).collect(),
        excluded,
        seen: HashSet::new(),
        result: Attribution::default(),
    };
    let mut walk = repository.inner.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME | Sort::REVERSE)?;
    for tip in tips(repository, &mut search.result)? {
        if let Err(error) = walk.push(tip) {
            search.result.failed.push((format!("commit {tip}"), error.into()));
        }
    }
    for commit in walk {
        if search.missing.is_empty() {
            break;
        }
        match commit {
            Ok(commit) => search.commit(commit),
            Err(error) => {
                search.result.failed.push(("history".to_owned(), error.into()));
                break;
            }
        }
    }
    let found = &search.result.found;
    search.result.excluded.retain(|blob| !found.contains_key(blob));
    Ok(search.result)
}

/// The commits that refs and HEAD point to. Refs to other objects lead to no commit.
fn tips(repository: &Repository, result: &mut Attribution) -> Result<BTreeSet<Oid>, GitError> {
    let mut tips = BTreeSet::new();
    for reference in repository.inner.references()? {
        let reference = match reference {
            Ok(reference) => reference,
            Err(error) => {
                result.failed.push(("a ref".to_owned(), error.into()));
                continue;
            }
        };
        match reference.peel(ObjectType::Any) {
            Ok(object) => tips.extend(object.peel_to_commit().ok().map(|commit| commit.id())),
            Err(error) => {
                let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
                result.failed.push((name, error.into()));
            }
        }
    }
    tips.extend(repository.inner.head().ok().and_then(|head| head.target()));
    Ok(tips)
}

struct Search<'a> {
    repository: &'a Repository,
    missing: HashSet<Oid>,
    excluded: Option<Excluded<'a>>,
    /// Trees that were looked through; with their path only where paths can be excluded, since
    /// then the same tree may count at one path and not at another.
    seen: HashSet<(Oid, Vec<u8>)>,
    result: Attribution,
}

impl Search<'_> {
    fn commit(&mut self, id: Oid) {
        let inner = &self.repository.inner;
        let commit = match inner.find_commit(id) {
            Ok(commit) => commit,
            Err(error) => {
                self.result.failed.push((format!("commit {id}"), error.into()));
                return;
            }
        };
        let header = commit.raw_header_bytes();
        let author = text::signature(header, "author").unwrap_or_else(unsigned);
        self.tree(commit.tree_id(), object_id(id), &Arc::new(author));
    }

    /// Looks through a tree and those below it. A stack of our own: trees nest as deep as
    /// whoever wrote them wanted.
    fn tree(&mut self, root: Oid, commit: ObjectId, author: &Arc<Signature>) {
        let mut stack: Vec<(Oid, Vec<u8>)> = vec![(root, Vec::new())];
        while let Some((id, folder)) = stack.pop() {
            let at = if self.excluded.is_some() { folder.clone() } else { Vec::new() };
            if self.missing.is_empty() || !self.seen.insert((id, at)) {
                continue;
            }
            let tree = match self.repository.inner.find_tree(id) {
                Ok(tree) => tree,
                Err(error) => {
                    self.result.failed.push((format!("tree {id}"), error.into()));
                    continue;
                }
            };
            let mut folders = Vec::new();
            for entry in &tree {
                let path = [folder.as_slice(), entry.name_bytes()].concat();
                match entry.kind() {
                    Some(ObjectType::Tree) => {
                        folders.push((entry.id(), [&path[..], b"/"].concat()));
                    }
                    Some(ObjectType::Blob) if self.missing.contains(&entry.id()) => {
                        self.blob(entry.id(), path.into_boxed_slice(), commit, author);
                    }
                    _ => {}
                }
            }
            stack.extend(folders.into_iter().rev());
        }
    }

    fn blob(&mut self, id: Oid, path: PathBytes, commit: ObjectId, author: &Arc<Signature>) {
        let blob = object_id(id);
        if self.excluded.is_some_and(|excluded| excluded(&path)) {
            self.result.excluded.insert(blob);
            return;
        }
        self.missing.remove(&id);
        let author = Arc::clone(author);
        self.result.found.insert(blob, Origin::Commit { author, commit, path, blob });
    }
}

fn unsigned() -> Signature {
    let when = crate::model::origin::Moment { seconds: 0, offset_minutes: 0 };
    Signature { when, name: Box::default(), email: Box::default() }
}
