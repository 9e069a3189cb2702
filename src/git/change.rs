//! What a commit brings in: its tree against the trees of all its parents, and what stood there
//! before. Opens only folders that differ, and reads no file.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use git2::{ObjectType, Odb, Oid, Tree, TreeEntry};

use super::attribution::Excluded;
use super::repository::Repository;
use super::{GitError, object_id, oid, text};
use crate::model::finding::Finding;
use crate::model::object::ObjectId;
use crate::model::origin::PathBytes;

/// A commit with the trees of its parents.
#[derive(Debug)]
pub struct Commit {
    /// Its id.
    pub id: ObjectId,
    /// The commit as git stores it.
    pub bytes: Vec<u8>,
    /// Parents that cannot be read: the commit counts as if it had not had them.
    pub absent: Vec<(ObjectId, GitError)>,
    tree: Oid,
    parents: Vec<Oid>,
}

/// What one side of a comparison has and the other has not at the same path.
#[derive(Debug, Default)]
pub struct Difference {
    /// Blobs, each with the paths at which it stands, or with more of them than a finding lists.
    pub blobs: BTreeMap<ObjectId, BTreeSet<PathBytes>>,
    /// Folders that hold one of these paths and were on another side, too: their names are not new.
    pub folders: BTreeSet<PathBytes>,
    /// Submodules.
    pub submodules: BTreeSet<PathBytes>,
    /// Paths that were excluded.
    pub excluded: BTreeSet<PathBytes>,
    /// Trees that cannot be read.
    pub failed: Vec<(ObjectId, GitError)>,
    /// Paths that were looked at beside the first of each blob and folder.
    copies: usize,
}

/// Compares commits with their parents. Each thread has its own.
pub struct Comparer<'r> {
    repository: &'r Repository,
    odb: Odb<'r>,
    excluded: Option<Excluded<'r>>,
    /// Trees that were read: a commit's are those of its children's parents.
    trees: HashMap<Oid, Tree<'r>>,
}

/// So many trees are kept.
const TREES: usize = 1024;
/// The paths of a blob that are kept, and the paths at which a folder is looked at: with one more than a
/// finding lists it is plain that there are others.
const COPIES: usize = Finding::MAX_PLACES + 1;
/// The copies in a comparison: a few trees that hold each other have more than anybody can count.
const ALL_COPIES: usize = 1 << 21;

impl<'r> Comparer<'r> {
    /// Compares commits of this repository, as if `excluded` paths did not exist.
    pub fn new(
        repository: &'r Repository,
        excluded: Option<Excluded<'r>>,
    ) -> Result<Self, GitError> {
        Ok(Self { repository, odb: repository.inner.odb()?, excluded, trees: HashMap::new() })
    }

    /// Reads a commit, and of its parents what a comparison needs.
    pub fn commit(&self, id: ObjectId) -> Result<Commit, GitError> {
        let (bytes, tree, ids) = self.read(oid(id)?)?;
        let mut commit = Commit { id, bytes, absent: Vec::new(), tree, parents: Vec::new() };
        for parent in ids {
            match self.read(parent) {
                Ok((_, tree, _)) => commit.parents.push(tree),
                Err(error) => commit.absent.push((object_id(parent), error)),
            }
        }
        Ok(commit)
    }

    fn read(&self, id: Oid) -> Result<(Vec<u8>, Oid, Vec<Oid>), GitError> {
        let object = self.odb.read(id)?;
        let links = links(text::split(object.data()).header);
        let (tree, parents) =
            links.filter(|_| object.kind() == ObjectType::Commit).ok_or(GitError::Corrupt)?;
        Ok((object.data().to_vec(), tree, parents))
    }

    /// What no parent has at that path: what a merge takes over from one of them is not new, and
    /// what it adds by itself is.
    pub fn brought_in(&mut self, commit: &Commit) -> Difference {
        let mut difference = Difference::default();
        self.compare(commit.tree, &commit.parents, &mut difference);
        difference
    }

    /// What any parent has and the commit has not at that path: what it removed or changed.
    pub fn before(&mut self, commit: &Commit) -> Difference {
        let mut difference = Difference::default();
        for &parent in &commit.parents {
            self.compare(parent, &[commit.tree], &mut difference);
        }
        difference
    }

    /// Adds what `tree` has at paths where none of `others` has the same. A stack of our own:
    /// trees nest as deep as whoever wrote them wanted. The same folders are compared so many times and
    /// no more, even when a tree holds itself, so to speak, a million times over.
    fn compare(&mut self, tree: Oid, others: &[Oid], into: &mut Difference) {
        let mut seen: HashMap<_, usize> = HashMap::new();
        let mut stack = vec![Level { tree, others: others.to_vec(), folder: Vec::new() }];
        while let Some(level) = stack.pop() {
            let at = if self.excluded.is_some() { level.folder.clone() } else { Vec::new() };
            if level.others.contains(&level.tree) {
                continue;
            }
            let key = (level.tree, level.others.clone(), at);
            let copies = seen.entry(key.clone()).or_default();
            *copies += 1;
            if *copies > COPIES {
                continue;
            }
            if into.copies > ALL_COPIES {
                let why = "too many copies of the same files stand below it".to_owned();
                into.failed.push((object_id(level.tree), GitError::Unreadable(why)));
                return;
            }
            let again = *copies > 1;
            let Some(tree) = self.tree(level.tree, into) else {
                // Once is enough.
                seen.insert(key, COPIES);
                continue;
            };
            into.copies += if again { tree.len() } else { 0 };
            let others: Vec<Tree<'r>> =
                level.others.iter().filter_map(|&id| self.tree(id, into)).collect();
            let mut folders = Vec::new();
            for (index, entry) in tree.iter().enumerate() {
                let theirs = others.iter().filter_map(|it| counterpart(it, index, &entry));
                let same = |it: TreeEntry<'_>| it.id() == entry.id() && it.kind() == entry.kind();
                if theirs.clone().any(same) {
                    continue;
                }
                let path = [level.folder.as_slice(), entry.name_bytes()].concat();
                if entry.kind() == Some(ObjectType::Tree) {
                    let theirs = theirs.filter(|it| it.kind() == entry.kind());
                    let others = theirs.map(|it| it.id()).collect();
                    let folder = [&path[..], b"/"].concat();
                    folders.push(Level { tree: entry.id(), others, folder });
                } else {
                    if !others.is_empty() {
                        into.folders.insert(level.folder.clone().into_boxed_slice());
                    }
                    self.add(&entry, path.into_boxed_slice(), into);
                }
            }
            stack.extend(folders.into_iter().rev());
        }
    }

    fn add(&self, entry: &TreeEntry<'_>, path: PathBytes, into: &mut Difference) {
        match entry.kind() {
            Some(ObjectType::Commit) => {
                into.submodules.insert(path);
            }
            Some(ObjectType::Blob) if self.excluded.is_some_and(|excluded| excluded(&path)) => {
                into.excluded.insert(path);
            }
            Some(ObjectType::Blob) => {
                let paths = into.blobs.entry(object_id(entry.id())).or_default();
                paths.insert(path);
                // The first in order stay, as in a finding.
                if paths.len() > COPIES {
                    paths.pop_last();
                } else if paths.len() > 1 {
                    into.copies += 1;
                }
            }
            _ => {}
        }
    }

    fn tree(&mut self, id: Oid, into: &mut Difference) -> Option<Tree<'r>> {
        if let Some(tree) = self.trees.get(&id) {
            return Some(tree.clone());
        }
        match self.repository.inner.find_tree(id) {
            Ok(tree) => {
                if self.trees.len() >= TREES {
                    self.trees.clear();
                }
                self.trees.insert(id, tree.clone());
                Some(tree)
            }
            Err(error) => {
                into.failed.push((object_id(id), error.into()));
                None
            }
        }
    }
}

/// What `tree` has under the name of `entry`. Most entries of a folder stay where they are, which
/// saves the search.
fn counterpart<'t>(
    tree: &'t Tree<'_>,
    index: usize,
    entry: &TreeEntry<'_>,
) -> Option<TreeEntry<'t>> {
    let name = entry.name_bytes();
    let here = tree.get(index).filter(|it| it.name_bytes() == name);
    here.or_else(|| tree.get_name_bytes(name))
}

/// A folder, and what stands at its path on the other sides.
struct Level {
    tree: Oid,
    others: Vec<Oid>,
    folder: Vec<u8>,
}

/// Tree and parents that a commit's header names; `None` when it is none. Libgit2 would hide
/// parents that a shallow clone has cut off.
pub(super) fn links(header: &[u8]) -> Option<(Oid, Vec<Oid>)> {
    let mut lines = header.split(|&byte| byte == b'\n');
    let id = |line: &[u8], name: &[u8]| {
        let digits = std::str::from_utf8(line.strip_prefix(name)?).ok()?;
        let format = match digits.len() {
            40 => git2::ObjectFormat::Sha1,
            64 => git2::ObjectFormat::Sha256,
            _ => return None,
        };
        Oid::from_str_ext(digits, format).ok()
    };
    let tree = id(lines.next()?, b"tree ")?;
    Some((tree, lines.map_while(|line| id(line, b"parent ")).collect()))
}
