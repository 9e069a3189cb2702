//! What the targets are, and so which sources read them.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::ScanArgs;
use super::config::settle::Settled;
use super::{known, memory};
use crate::git::GitError;
use crate::git::pack::traverse::How;
use crate::git::quoting;
use crate::git::range::{Range, Start};
use crate::git::repository::{Around, Repository, is_git_folder};
use crate::model::object::ObjectId;
use crate::model::shard::Shard;
use crate::scan::Work;
use crate::sources::exclude::Exclude;
use crate::sources::files::Files;
use crate::sources::history::{History, Options};
use crate::sources::range::CommitRange;
use crate::sources::staged::StagedChange;
use crate::sources::stdin::{Stdin, reason};

/// The sources for all targets.
#[derive(Default)]
pub struct Targets {
    /// What there is to read, and the targets on which no work can be done.
    pub work: Work,
    /// The tops of the work trees.
    pub work_trees: Vec<PathBuf>,
    /// The commit of HEAD in the first repository.
    pub head: Option<ObjectId>,
    /// The addresses of the remotes of the repositories.
    pub remotes: Vec<String>,
}

/// Looks at every target.
pub fn look_at(settled: &Settled) -> Targets {
    look_at_shard(settled, None)
}

/// The same, with the sources of this part alone. What the repositories of all targets say of how to
/// scan holds for every part, so that all parts together are the whole.
pub fn look_at_shard(settled: &Settled, shard: Option<Shard>) -> Targets {
    let mut targets = Targets::default();
    let args = &settled.scan;
    for (place, target) in args.targets.iter().enumerate() {
        if shard.is_some_and(|shard| !shard.owns(place)) {
            let mut others = Targets::default();
            // Whether it can be read at all is told by the part to which it belongs.
            let _ = Look { args, settled, target, targets: &mut others }.at();
            targets.work_trees.extend(others.work_trees);
            targets.remotes.extend(others.remotes);
            continue;
        }
        let looked = Look { args, settled, target, targets: &mut targets }.at();
        if let Err(why) = looked {
            targets.work.coverage.undone(target.as_os_str().as_bytes(), why);
        }
    }
    targets
}

/// A target that is being looked at. Errors say why no work can be done on it.
struct Look<'a> {
    args: &'a ScanArgs,
    settled: &'a Settled,
    target: &'a Path,
    targets: &'a mut Targets,
}

impl Look<'_> {
    fn at(&mut self) -> Result<(), String> {
        if self.target == Path::new("-") {
            if self.args.staged {
                return Err("standard input has no index; leave --staged out".to_owned());
            }
            if self.args.picks_commits() {
                let options = "leave --range, --since and --branch out";
                return Err(format!("standard input has no commits; {options}"));
            }
            self.targets.work.sources.push(Box::new(Stdin));
            return Ok(());
        }
        let metadata = std::fs::metadata(self.target).map_err(|error| reason(&error))?;
        if self.args.staged {
            return self.staged();
        }
        if self.args.picks_commits() {
            return self.commits();
        }
        if !metadata.is_dir() {
            return self.file();
        }
        match Repository::at(self.target) {
            Ok(Some(repository)) => self.repository(&repository),
            Ok(None) => match Repository::around(self.target) {
                Ok(Around::WorkTree(repository)) => self.inside(&repository),
                Ok(Around::GitFolder(folder)) => Err(inside_git_folder(&folder)),
                Ok(Around::None) => self.folder(),
                Err(error) => self.unreadable(&error),
            },
            Err(error) => self.unreadable(&error),
        }
    }

    fn staged(&mut self) -> Result<(), String> {
        let repository = found(self.target)?;
        self.note(&repository);
        let index_file = hooks_index(&repository);
        let (exclude, label) = (self.settled.exclude.clone(), self.label());
        let source = StagedChange { repository, index_file, exclude, label };
        self.targets.work.sources.push(Box::new(source));
        Ok(())
    }

    /// The commits that were asked for, and no files.
    fn commits(&mut self) -> Result<(), String> {
        let repository = found(self.target)?;
        let objects = self.quarantine();
        repository.borrow_objects(&objects).map_err(|error| repository_error(&error))?;
        let start = match (&self.args.range, &self.args.branch) {
            (Some(range), _) => Start::Range(range),
            (None, Some(branch)) => Start::Branch(branch),
            (None, None) => Start::Head,
        };
        let range = Range::resolve(&repository, start, self.args.since)
            .map_err(|error| error.to_string())?;
        self.note(&repository);
        let (exclude, label) = (self.settled.exclude.clone(), self.label());
        let source = CommitRange::new(repository.git_dir(), range, exclude, label);
        self.targets.work.sources.push(Box::new(source.borrowing(objects)));
        Ok(())
    }

    fn file(&mut self) -> Result<(), String> {
        if self.args.no_files {
            return Err("it is a file, and --no-files leaves files out".to_owned());
        }
        let canonical = self.target.canonicalize().unwrap_or_default();
        if let Some(Ok(Around::WorkTree(repository))) = canonical.parent().map(Repository::around) {
            self.settings_of(&repository);
        }
        let files = self.files(false);
        self.targets.work.sources.push(Box::new(files));
        Ok(())
    }

    fn folder(&mut self) -> Result<(), String> {
        if self.args.no_files {
            return Err("not a git repository, and --no-files leaves files out".to_owned());
        }
        let files = self.files(false);
        self.targets.work.sources.push(Box::new(files));
        Ok(())
    }

    /// The top of a work tree, a bare repository, or a git folder.
    fn repository(&mut self, repository: &Repository) -> Result<(), String> {
        let is_git_dir = same(self.target, repository.git_dir());
        if repository.work_tree().is_none() || is_git_dir {
            if self.args.no_history {
                return Err("it has no files, and --no-history leaves its history out".to_owned());
            }
            self.note(repository);
            return self.history(repository);
        }
        match repository.work_tree() {
            Some(top) if !same(self.target, top) => self.elsewhere(repository, top),
            _ => self.work_tree(repository, Path::new("")),
        }
    }

    /// A repository whose work tree is another folder. That was not named, and may be anywhere.
    fn elsewhere(&mut self, repository: &Repository, top: &Path) -> Result<(), String> {
        self.note(repository);
        if !self.args.no_files {
            let top = top.display();
            self.targets.work.coverage.gap(format!(
                "the work tree is elsewhere, as core.worktree says, and its files are not read \
                 (stanch scan {top})"
            ));
            let files = self.files(false);
            self.targets.work.sources.push(Box::new(files));
        }
        self.history(repository)
    }

    /// A folder inside a work tree: its files, and the history of the repository around it.
    fn inside(&mut self, repository: &Repository) -> Result<(), String> {
        let below = repository.work_tree().and_then(|top| {
            let (top, target) = (top.canonicalize().ok()?, self.target.canonicalize().ok()?);
            target.strip_prefix(top).map(Path::to_path_buf).ok()
        });
        match below {
            // Somebody who names an ignored folder wants it read.
            Some(below) if !repository.ignores(&below) => self.work_tree(repository, &below),
            _ => {
                self.settings_of(repository);
                self.folder()
            }
        }
    }

    fn work_tree(&mut self, repository: &Repository, below: &Path) -> Result<(), String> {
        self.note(repository);
        if !self.args.no_files {
            let mut files = self.files(!self.args.no_ignore);
            let tracked = repository.tracked().unwrap_or_else(|error| {
                let why = format!("the index cannot be read: {error}");
                self.targets.work.coverage.fail(&index_name(repository), why);
                repository.tracked_by_head()
            });
            for entry in tracked {
                let path = PathBuf::from(OsString::from_vec(entry.path.into_vec()));
                if let Ok(path) = path.strip_prefix(below) {
                    let list =
                        if entry.submodule { &mut files.submodules } else { &mut files.tracked };
                    list.push(path.to_path_buf());
                }
            }
            self.targets.work.sources.push(Box::new(files));
        }
        self.history(repository)
    }

    fn history(&mut self, repository: &Repository) -> Result<(), String> {
        if !self.args.no_history {
            let history = History::new(repository.git_dir(), self.history_options(), self.label());
            self.targets.work.sources.push(Box::new(history));
        }
        Ok(())
    }

    fn history_options(&self) -> Options {
        Options {
            exclude: self.settled.exclude.clone(),
            folders: self.quarantine(),
            memory: self.args.memory_limit.unwrap_or_else(memory::default_limit),
            how: if self.args.full_scan { How::Full } else { How::Carried },
        }
    }

    /// What git tells a hook of the repository in which it runs holds for no other.
    fn quarantine(&self) -> Vec<PathBuf> {
        if self.target == Path::new(".") { quarantine() } else { Vec::new() }
    }

    /// A repository that cannot be opened: its files can be read all the same.
    fn unreadable(&mut self, error: &GitError) -> Result<(), String> {
        let is_git_folder = self.target.canonicalize().is_ok_and(|it| is_git_folder(&it));
        if !self.args.no_files && !is_git_folder {
            let files = self.files(false);
            self.targets.work.sources.push(Box::new(files));
        }
        Err(repository_error(error))
    }

    fn files(&self, ignore_rules: bool) -> Files {
        Files {
            target: self.target.to_path_buf(),
            ignore_rules,
            tracked: Vec::new(),
            submodules: Vec::new(),
            exclude: self.exclude(),
            max_size: self.args.max_file_size,
        }
    }

    /// What is excluded below the target. What a repository excludes is counted from its top.
    fn exclude(&self) -> Exclude {
        let exclude = &self.settled.exclude;
        let Some(top) = &self.settled.own_top else { return exclude.clone() };
        match known::canonical(self.target).strip_prefix(known::canonical(top)) {
            Ok(below) => exclude.inside(below.as_os_str().as_bytes()),
            Err(_) => exclude.without_repository(),
        }
    }

    fn note(&mut self, repository: &Repository) {
        if self.targets.head.is_none() {
            self.targets.head = repository.head();
        }
        if self.args.verify.verify || self.args.verify.egress_plan {
            self.targets.remotes.extend(repository.remotes());
        }
        self.settings_of(repository);
    }

    /// The settings of a repository hold for whatever is read of it.
    fn settings_of(&mut self, repository: &Repository) {
        self.targets.work_trees.extend(repository.work_tree().map(Path::to_path_buf));
    }

    /// How reports name the repository: not at all when it is where we stand, or the job's.
    fn label(&self) -> Option<Arc<[u8]>> {
        let is_here = self.target == Path::new(".") || self.args.ci.ci;
        (!is_here).then(|| Arc::from(self.target.as_os_str().as_bytes()))
    }
}

/// Object folders that git names to a hook: what is being pushed lies there until the hook accepts
/// it (git-receive-pack(1), "Quarantine Environment").
pub(super) fn quarantine() -> Vec<PathBuf> {
    let own = ["GIT_OBJECT_DIRECTORY", "GIT_QUARANTINE_PATH"];
    let own = own.iter().filter_map(std::env::var_os).map(PathBuf::from);
    let borrowed = std::env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
    let folders = own.chain(quoting::listed(borrowed.as_bytes()));
    folders.filter(|folder| !folder.as_os_str().is_empty()).collect()
}

/// The repository that a target is, or lies in.
pub(super) fn found(target: &Path) -> Result<Repository, String> {
    match Repository::at(target) {
        Ok(Some(repository)) => Ok(repository),
        Ok(None) => match Repository::around(target) {
            Ok(Around::WorkTree(repository)) => Ok(*repository),
            Ok(Around::GitFolder(folder)) => Err(inside_git_folder(&folder)),
            Ok(Around::None) => Err("not a git repository".to_owned()),
            Err(error) => Err(repository_error(&error)),
        },
        Err(error) => Err(repository_error(&error)),
    }
}

/// The index of which a commit is being made, as git tells its hooks: that of the repository in
/// which they run. A path is relative to the top of the work tree, where git itself stands then.
fn hooks_index(repository: &Repository) -> Option<PathBuf> {
    let file = std::env::var_os("GIT_INDEX_FILE").filter(|file| !file.is_empty())?;
    let here = found(Path::new(".")).ok()?;
    let is_its = same(here.git_dir(), repository.git_dir());
    let top = repository.work_tree().unwrap_or(Path::new(""));
    is_its.then(|| top.join(file))
}

/// The index in few words: below the folder where we stand, or whole.
fn index_name(repository: &Repository) -> Vec<u8> {
    let path = repository.git_dir().join("index");
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(&path).as_os_str().as_bytes().to_vec()
}

fn inside_git_folder(folder: &Path) -> String {
    let folder = folder.display();
    format!("it is inside the git folder {folder}, which is not read as files (scan that instead)")
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

pub(super) fn repository_error(error: &GitError) -> String {
    match error {
        GitError::Owner => {
            format!("{error} (git config --global --add safe.directory FOLDER trusts it)")
        }
        _ => format!("the repository cannot be read: {error}"),
    }
}
