//! Finds the repository that a folder is or belongs to, and what is known of it as a whole.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use git2::RepositoryOpenFlags;

use super::database::Database;
use super::{GitError, index, object_id};
use crate::model::object::ObjectId;
use crate::model::origin::PathBytes;

/// An open repository. Cheap to clone: another thread opens its own.
pub struct Repository {
    pub(super) inner: git2::Repository,
}

/// Where a folder lies that is no repository itself.
pub enum Around {
    /// In no repository.
    None,
    /// In the work tree of this one, at any depth.
    WorkTree(Box<Repository>),
    /// In this git folder, where nothing is but git's own.
    GitFolder(PathBuf),
}

/// What the index says of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// Path in the repository.
    pub path: PathBytes,
    /// True for a submodule, which has no file of its own.
    pub submodule: bool,
}

impl Repository {
    /// Opens the repository that `folder` itself is: the top of a work tree, a bare repository
    /// or a `.git` folder. `None` when it is neither.
    pub fn at(folder: &Path) -> Result<Option<Self>, GitError> {
        // A .git that is there but cannot be opened must not pass for "no repository".
        if folder.join(".git").symlink_metadata().is_err() && !is_git_folder(folder) {
            return Ok(None);
        }
        Self::open(folder).map(Some)
    }

    /// Finds the repository that `folder` lies in.
    pub fn around(folder: &Path) -> Result<Around, GitError> {
        let Ok(folder) = folder.canonicalize() else {
            return Ok(Around::None);
        };
        for ancestor in folder.ancestors() {
            // A worktree may stand inside a bare repository: what is nearest counts.
            if ancestor.join(".git").symlink_metadata().is_ok() {
                let repository = Self::open(ancestor)?;
                return Ok(Around::WorkTree(Box::new(repository)));
            }
            if is_git_folder(ancestor) {
                return Ok(Around::GitFolder(ancestor.to_path_buf()));
            }
        }
        Ok(Around::None)
    }

    /// Opens the repository of a git folder, as [`Repository::git_dir`] names it.
    pub fn open(folder: &Path) -> Result<Self, GitError> {
        let no_ceiling: [&OsStr; 0] = [];
        match git2::Repository::open_ext(folder, RepositoryOpenFlags::NO_SEARCH, no_ceiling) {
            Ok(inner) => Ok(Self { inner }),
            // libgit2 finds no repository where it may not look.
            Err(error) if error.code() == git2::ErrorCode::NotFound && is_closed(folder) => {
                Err(GitError::Unreadable("permission denied".to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The git folder. Of a linked worktree it is the one inside the main repository.
    pub fn git_dir(&self) -> &Path {
        self.inner.path()
    }

    /// The top of the work tree; `None` for a bare repository.
    pub fn work_tree(&self) -> Option<&Path> {
        self.inner.workdir()
    }

    /// The commit that HEAD points to; `None` before the first one.
    pub fn head(&self) -> Option<ObjectId> {
        let commit = self.inner.head().ok()?.peel_to_commit().ok()?;
        Some(object_id(commit.id()))
    }

    /// The addresses of its remotes, in the order of their names.
    pub fn remotes(&self) -> Vec<String> {
        let names = self.inner.remotes().ok();
        let names: Vec<String> = names
            .iter()
            .flat_map(|names| names.iter().flatten().flatten().map(str::to_owned))
            .collect();
        let url = |name: &String| Some(self.inner.find_remote(name).ok()?.url().ok()?.to_owned());
        names.iter().filter_map(url).collect()
    }

    /// True when git's ignore rules cover `path`, relative to the top of the work tree.
    pub fn ignores(&self, path: &Path) -> bool {
        self.inner.is_path_ignored(path).unwrap_or(false)
    }

    /// Every path in the index, once.
    pub fn tracked(&self) -> Result<Vec<Tracked>, GitError> {
        let index = index::open(self, None)?;
        let mut tracked: Vec<Tracked> = index
            .iter()
            .map(|entry| Tracked {
                path: entry.path.into_boxed_slice(),
                submodule: entry.mode & 0o170_000 == 0o160_000,
            })
            .collect();
        // A path in conflict stands there up to three times, in a row.
        tracked.dedup_by(|a, b| a.path == b.path);
        Ok(tracked)
    }

    /// The content of a file in a commit; `None` when there is none that can be read.
    pub fn text_at(&self, commit: ObjectId, path: &[u8]) -> Option<Vec<u8>> {
        let commit = self.inner.find_commit(super::oid(commit).ok()?).ok()?;
        let entry = commit.tree().ok()?.get_path(Path::new(OsStr::from_bytes(path))).ok()?;
        let blob = self.inner.find_blob(entry.id()).ok()?;
        Some(blob.content().to_vec())
    }

    /// Every path in the commit of HEAD: for an index that cannot be read, the best that is left.
    pub fn tracked_by_head(&self) -> Vec<Tracked> {
        let mut tracked = Vec::new();
        let head = self.inner.head().and_then(|head| head.peel_to_tree());
        // What cannot be read here is said of the history.
        let _ = head.map_err(GitError::from).and_then(|tree| {
            index::below(self, b"", tree.id(), |entry| {
                let submodule = entry.mode == 0o160_000;
                tracked.push(Tracked { path: entry.path.into_boxed_slice(), submodule });
                Ok(())
            })
        });
        tracked
    }

    /// Parts of the history that are known to be missing, each with the command that fetches
    /// them (see git-clone(1), `--depth` and `--filter`).
    pub fn gaps(&self) -> Vec<String> {
        self.shallow().into_iter().chain(self.partial()).map(str::to_owned).collect()
    }

    /// What a shallow clone lacks; `None` when it is none.
    pub fn shallow(&self) -> Option<&'static str> {
        let gap = "shallow clone: older commits are not here (git fetch --unshallow)";
        self.inner.is_shallow().then_some(gap)
    }

    /// What a partial clone lacks; `None` when it is none.
    pub fn partial(&self) -> Option<&'static str> {
        let gap = "partial clone: some objects are not here (git fetch --refetch --no-filter)";
        self.has_promisor_pack().then_some(gap)
    }

    /// Reads the objects of these folders, too. Git keeps the objects of a push apart until its
    /// hooks have agreed to it (git-receive-pack(1), "quarantine environment").
    pub fn borrow_objects(&self, folders: &[PathBuf]) -> Result<(), GitError> {
        let odb = self.inner.odb()?;
        for folder in folders {
            let unreadable = || GitError::Unreadable("object folder is not UTF-8".to_owned());
            odb.add_disk_alternate(folder.to_str().ok_or_else(unreadable)?)?;
        }
        Ok(())
    }

    fn has_promisor_pack(&self) -> bool {
        let names = std::fs::read_dir(self.objects_dir().join("pack"));
        names.into_iter().flatten().flatten().any(|entry| {
            Path::new(&entry.file_name()).extension() == Some(OsStr::from_bytes(b"promisor"))
        })
    }

    /// Bytes of an object id: 20 for SHA-1, 32 for SHA-256.
    pub(super) fn hash_len(&self) -> usize {
        match self.inner.object_format() {
            git2::ObjectFormat::Sha256 => 32,
            git2::ObjectFormat::Sha1 => 20,
        }
    }

    /// Its object database, with further object folders beside its own.
    pub fn database(&self, folders: &[PathBuf]) -> Database {
        let own = std::iter::once(self.objects_dir());
        Database::open(own.chain(folders.iter().cloned()).collect(), self.hash_len())
    }

    pub(super) fn objects_dir(&self) -> PathBuf {
        self.inner.commondir().join("objects")
    }
}

/// True for what is, or should be, the git folder of a repository.
pub fn is_git_folder(folder: &Path) -> bool {
    let parts = ["HEAD", "objects", "refs"];
    folder.file_name() == Some(OsStr::new(".git"))
        || parts.iter().all(|part| folder.join(part).exists())
}

/// True when somebody has to open the git folder to us first.
fn is_closed(folder: &Path) -> bool {
    let denied = |path: PathBuf| {
        // What is no file or folder could keep us waiting.
        let opened = std::fs::metadata(&path).and_then(|metadata| match metadata.file_type() {
            kind if kind.is_file() || kind.is_dir() => std::fs::File::open(&path).map(drop),
            _ => Ok(()),
        });
        opened.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
    };
    [".git", ".git/HEAD", "HEAD"].iter().any(|part| denied(folder.join(part)))
}
