//! Whether what objects refer to is there. A repository from which objects are lost must not pass
//! for one that was read whole.
//!
//! Looked at are all refs, the tree and the parents of every commit, and every tree and blob of
//! HEAD. The trees of older commits are not: that would take longer than everything else.

use std::collections::BTreeSet;

use super::reader::Reader;
use super::text;
use crate::model::object::ObjectId;
use crate::model::origin::PathBytes;

/// The objects that a commit refers to: its tree and its parents.
pub fn of_commit(commit: &[u8]) -> impl Iterator<Item = ObjectId> {
    let header = text::split(commit).header;
    text::ids(header, "tree").chain(text::ids(header, "parent"))
}

/// What is below a commit.
#[derive(Debug, Default)]
pub struct Below {
    /// Trees and blobs that are not here.
    pub missing: BTreeSet<ObjectId>,
    /// Paths of files.
    pub files: Vec<PathBytes>,
    /// Paths of submodules.
    pub submodules: Vec<PathBytes>,
}

/// Looks at everything below a commit. A tree that stands at several paths is looked at once.
pub fn below(reader: &mut Reader<'_>, commit: ObjectId) -> Below {
    let mut below = Below::default();
    let mut seen = BTreeSet::new();
    let root = reader.read(commit).ok();
    let root = root.and_then(|(_, bytes)| text::ids(text::split(&bytes).header, "tree").next());
    let mut left: Vec<(ObjectId, Vec<u8>)> = root.into_iter().map(|id| (id, vec![])).collect();
    while let Some((id, folder)) = left.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Ok((_, tree)) = reader.read(id) else {
            below.missing.insert(id);
            continue;
        };
        for (mode, name, id) in entries(&tree, id.as_bytes().len()) {
            let path = [&folder[..], name].concat();
            match mode {
                Mode::Folder => left.push((id, [&path[..], b"/"].concat())),
                Mode::Submodule => below.submodules.push(path.into()),
                Mode::File => {
                    below.files.push(path.into());
                    if !reader.has(id) {
                        below.missing.insert(id);
                    }
                }
            }
        }
    }
    below
}

/// What a tree entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Folder,
    File,
    Submodule,
}

/// The entries of a tree (git's `tree-walk.c`): mode, space, name, a zero byte, object id.
fn entries(tree: &[u8], hash_len: usize) -> impl Iterator<Item = (Mode, &[u8], ObjectId)> {
    let mut rest = tree;
    std::iter::from_fn(move || {
        let zero = memchr::memchr(0, rest)?;
        let space = memchr::memchr(b' ', &rest[..zero])?;
        let mode = match &rest[..space] {
            b"40000" | b"040000" => Mode::Folder,
            b"160000" => Mode::Submodule,
            _ => Mode::File,
        };
        let id = rest.get(zero + 1..zero + 1 + hash_len)?;
        let name = &rest[space + 1..zero];
        rest = &rest[zero + 1 + hash_len..];
        Some((mode, name, ObjectId::from_bytes(id)?))
    })
}

#[cfg(test)]
mod tests {
    use super::{Mode, entries};

    #[test]
    fn trees_are_read_as_far_as_they_go() {
        let tree =
            [&b"40000 a b\0"[..], &[1; 20], b"100644 c\0", &[0; 20], b"160000 d\0", &[3; 20]]
                .concat();
        let read: Vec<(Mode, u8)> =
            entries(&tree, 20).map(|(mode, _, id)| (mode, id.as_bytes()[0])).collect();
        assert_eq!(read, [(Mode::Folder, 1), (Mode::File, 0), (Mode::Submodule, 3)]);
        for cut in 0..tree.len() {
            assert!(entries(&tree[..cut], 20).count() < 3);
        }
    }
}
