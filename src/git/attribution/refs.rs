//! What branches, tags and other refs point to, and which of them say what a remote has.

use std::path::Path;

use crate::git::repository::Repository;
use crate::git::{GitError, object_id};
use crate::model::object::ObjectId;

/// A ref.
#[derive(Clone, Debug)]
pub struct Ref {
    /// Its full name.
    pub name: Box<[u8]>,
    /// The commit that it leads to, if it leads to one.
    pub commit: Option<ObjectId>,
    /// The annotated tags on the way.
    pub tags: Vec<ObjectId>,
    /// True when it stands for what another repository has: a fetch writes it, or, in a bare
    /// repository that fetches from nowhere, somebody has pushed it here.
    pub remote: bool,
}

/// All refs.
#[derive(Debug, Default)]
pub struct Refs {
    /// The refs, by name.
    pub all: Vec<Ref>,
    /// The commit of HEAD.
    pub head: Option<ObjectId>,
    /// Commits that are held in other ways: by the HEAD of another work tree, or as a stash that
    /// is not the last one.
    pub held: Vec<ObjectId>,
    /// Refs that lead nowhere, and why.
    pub failed: Vec<(Vec<u8>, GitError)>,
}

impl Refs {
    /// Reads all refs of a repository.
    pub fn read(repository: &Repository) -> Self {
        let mut refs = Self::default();
        if let Err(error) = refs.read_all(repository) {
            refs.failed.push((b"refs".to_vec(), error));
        }
        refs.all.sort_by(|a, b| a.name.cmp(&b.name));
        let inner = &repository.inner;
        match inner.head() {
            Ok(head) => match head.peel_to_commit() {
                Ok(commit) => refs.head = Some(object_id(commit.id())),
                Err(error) => refs.failed.push((b"HEAD".to_vec(), error.into())),
            },
            Err(error) if error.code() == git2::ErrorCode::UnbornBranch => {}
            Err(error) => refs.failed.push((b"HEAD".to_vec(), error.into())),
        }
        refs.held.extend(heads_of_work_trees(inner));
        let stash = inner.reflog("refs/stash");
        let stashes =
            stash.iter().flat_map(git2::Reflog::iter).map(|entry| object_id(entry.id_new()));
        refs.held.extend(stashes);
        refs
    }

    fn read_all(&mut self, repository: &Repository) -> Result<(), GitError> {
        let inner = &repository.inner;
        let is_remote = remote_names(inner)?;
        for reference in inner.references()? {
            let reference = match reference {
                Ok(reference) => reference,
                Err(error) => {
                    self.failed.push((b"a ref".to_vec(), error.into()));
                    continue;
                }
            };
            let name: Box<[u8]> = reference.name_bytes().into();
            match lead(inner, &reference) {
                Ok((commit, tags)) => {
                    let remote = is_remote(&name);
                    self.all.push(Ref { name, commit, tags, remote });
                }
                Err(error) => self.failed.push((name.into_vec(), error.into())),
            }
        }
        Ok(())
    }

    /// The commits to which refs, HEAD and whatever else lead.
    pub fn tips(&self) -> impl Iterator<Item = ObjectId> {
        let refs = self.all.iter().filter_map(|it| it.commit);
        refs.chain(self.head).chain(self.held.iter().copied())
    }

    /// The commits that another repository has, as far as is known here.
    pub fn remote_tips(&self) -> impl Iterator<Item = ObjectId> {
        self.all.iter().filter(|it| it.remote).filter_map(|it| it.commit)
    }
}

/// The commit that a ref leads to, and the tags on the way.
fn lead(
    inner: &git2::Repository,
    reference: &git2::Reference<'_>,
) -> Result<(Option<ObjectId>, Vec<ObjectId>), git2::Error> {
    let direct = reference.resolve()?;
    let Some(mut id) = direct.target() else { return Ok((None, Vec::new())) };
    let mut tags = Vec::new();
    loop {
        let object = inner.find_object(id, None)?;
        match object.as_tag() {
            Some(tag) => {
                tags.push(object_id(id));
                id = tag.target_id();
            }
            None => {
                let is_commit = object.kind() == Some(git2::ObjectType::Commit);
                return Ok((is_commit.then(|| object_id(id)), tags));
            }
        }
    }
}

/// Says of a ref whether it stands for what another repository has.
fn remote_names(inner: &git2::Repository) -> Result<impl Fn(&[u8]) -> bool, GitError> {
    let mut patterns: Vec<String> = vec!["refs/remotes/*".to_owned()];
    let remotes = inner.remotes()?;
    for name in remotes.iter().flatten().flatten() {
        let remote = inner.find_remote(name)?;
        let fetched = remote.refspecs().filter(|it| it.direction() == git2::Direction::Fetch);
        patterns.extend(fetched.filter_map(|it| it.dst().ok().map(str::to_owned)));
    }
    let pushed_here = inner.is_bare() && remotes.is_empty();
    Ok(move |name: &[u8]| pushed_here || patterns.iter().any(|pattern| matches(pattern, name)))
}

/// Whether a ref's name fits the right side of a refspec, in which one `*` may stand for anything.
fn matches(pattern: &str, name: &[u8]) -> bool {
    match pattern.split_once('*') {
        Some((before, after)) => {
            name.len() >= before.len() + after.len()
                && name.starts_with(before.as_bytes())
                && name.ends_with(after.as_bytes())
        }
        None => name == pattern.as_bytes(),
    }
}

/// The commits that linked work trees have checked out (gitrepository-layout(5), `worktrees/`).
fn heads_of_work_trees(inner: &git2::Repository) -> Vec<ObjectId> {
    let folders = std::fs::read_dir(inner.commondir().join("worktrees"));
    let head = |folder: &Path| {
        let text = std::fs::read(folder.join("HEAD")).ok()?;
        // A branch is a ref of its own.
        ObjectId::from_hex(text.trim_ascii())
    };
    let main = head(inner.commondir());
    folders.into_iter().flatten().flatten().filter_map(|it| head(&it.path())).chain(main).collect()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn refspecs_match_names() {
        assert!(matches("refs/remotes/origin/*", b"refs/remotes/origin/a/b"));
        assert!(!matches("refs/remotes/origin/*", b"refs/heads/a"));
        assert!(matches("refs/*", b"refs/heads/a") && matches("refs/a", b"refs/a"));
        assert!(matches("refs/x/*/y", b"refs/x/1/y") && !matches("refs/x/*/y", b"refs/x/y"));
    }
}
