//! Files on disk, read by as many threads as asked for.
//!
//! In a work tree these are the files that git tracks and those that it neither tracks nor
//! ignores. Symbolic links are not followed: git stores their text, and so that is what is read.
//! `.git` is never read, nor is anything that is no file.

use std::collections::HashMap;
use std::fs::{File, FileType, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use ignore::{WalkBuilder, WalkState};

use super::exclude::Exclude;
use super::pieces::PieceReader;
use super::stdin::reason;
use super::{Crew, Job, Source, Worker};
use crate::model::coverage::{Coverage, Part, Skip};
use crate::model::origin::Origin;

/// What is to be read below a target.
#[derive(Debug)]
pub struct Files {
    /// The target as it was typed, which paths in reports begin with.
    pub target: PathBuf,
    /// True when git's ignore rules hold below the target.
    pub ignore_rules: bool,
    /// What git tracks, relative to the target, when ignore rules hold: these files are read
    /// whatever the rules say.
    pub tracked: Vec<PathBuf>,
    /// Submodules, relative to the target.
    pub submodules: Vec<PathBuf>,
    /// What is excluded, relative to the target.
    pub exclude: Exclude,
    /// Larger files are not read.
    pub max_size: Option<u64>,
}

impl Source for Files {
    fn drive(&self, job: &Job<'_>, crew: &dyn Crew) -> Coverage {
        let total = Mutex::new(Coverage::default());
        let metadata = match std::fs::metadata(&self.target) {
            Ok(metadata) => metadata,
            Err(error) => {
                let mut coverage = Coverage::default();
                coverage.undone(self.target.as_os_str().as_bytes(), reason(&error));
                return coverage;
            }
        };
        if metadata.is_dir() {
            self.folder(job, crew, &total);
        } else {
            self.thread(job, crew, &total).target(&metadata.file_type());
        }
        total.into_inner().unwrap_or_default()
    }

    fn describe(&self) -> String {
        format!("files of {}", self.target.display())
    }
}

impl Files {
    fn thread<'a>(
        &'a self,
        job: &Job<'a>,
        crew: &'a dyn Crew,
        total: &'a Mutex<Coverage>,
    ) -> Thread<'a> {
        Thread {
            files: self,
            job: *job,
            reader: PieceReader::new(*job),
            worker: crew.worker(),
            coverage: Coverage::default(),
            total,
        }
    }

    fn folder(&self, job: &Job<'_>, crew: &dyn Crew, total: &Mutex<Coverage>) {
        let tracked: HashMap<&[u8], AtomicBool> = self
            .tracked
            .iter()
            .map(|path| (path.as_os_str().as_bytes(), AtomicBool::new(false)))
            .collect();
        let walk = WalkBuilder::new(&self.target)
            .standard_filters(false)
            .git_ignore(self.ignore_rules)
            .git_exclude(self.ignore_rules)
            .git_global(self.ignore_rules)
            .parents(self.ignore_rules)
            .threads(job.threads)
            .build_parallel();
        walk.run(|| {
            let mut thread = self.thread(job, crew, total);
            let tracked = &tracked;
            Box::new(move |entry| thread.entry(entry, tracked))
        });
        // Tracked files that an ignore rule covers.
        let mut thread = self.thread(job, crew, total);
        let mut left: Vec<_> =
            tracked.iter().filter(|(_, seen)| !seen.load(Ordering::Relaxed)).collect();
        left.sort_unstable_by_key(|(path, _)| **path);
        for (relative, _) in left {
            thread.tracked(relative);
        }
        for submodule in &self.submodules {
            thread.coverage.skip(Skip::Submodule, &self.shown(submodule.as_os_str().as_bytes()));
        }
    }

    /// A path below the target as reports show it: as the target was typed, without `./`.
    fn shown(&self, relative: &[u8]) -> Vec<u8> {
        let mut shown = self.target.as_os_str().as_bytes();
        while let Some(rest) = shown.strip_prefix(b"./") {
            shown = rest;
        }
        if shown == b"." || shown.is_empty() {
            return relative.to_vec();
        }
        let slash: &[u8] = if shown.ends_with(b"/") || relative.is_empty() { b"" } else { b"/" };
        [shown, slash, relative].concat()
    }
}

/// What one thread has: its buffer, its worker, its share of the coverage.
struct Thread<'a> {
    files: &'a Files,
    job: Job<'a>,
    reader: PieceReader<'a>,
    worker: Box<dyn Worker + Send + 'a>,
    coverage: Coverage,
    total: &'a Mutex<Coverage>,
}

impl Drop for Thread<'_> {
    fn drop(&mut self) {
        if let Ok(mut total) = self.total.lock() {
            total.merge(std::mem::take(&mut self.coverage));
        }
    }
}

impl Thread<'_> {
    fn entry(
        &mut self,
        entry: Result<ignore::DirEntry, ignore::Error>,
        tracked: &HashMap<&[u8], AtomicBool>,
    ) -> WalkState {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                self.failed_entry(&error);
                return WalkState::Continue;
            }
        };
        let Some(kind) = entry.file_type() else {
            return WalkState::Continue;
        };
        let relative = relative(&self.files.target, entry.path());
        if entry.depth() == 0 {
            return WalkState::Continue;
        }
        if entry.file_name() == ".git" {
            return self.git(&relative, &kind);
        }
        if let Some(why) = self.files.exclude.why(&relative, kind.is_dir()) {
            self.coverage.skip(why, &self.files.shown(&relative));
            return WalkState::Skip;
        }
        if let Some(seen) = tracked.get(relative.as_slice()) {
            seen.store(true, Ordering::Relaxed);
        }
        self.name(&relative);
        if !kind.is_dir() {
            self.one(entry.path(), &relative, &kind);
        }
        WalkState::Continue
    }

    /// The git folder of the target itself is read as history, or not at all; that of another
    /// repository inside is said.
    fn git(&mut self, relative: &[u8], kind: &FileType) -> WalkState {
        let submodule = |path: &PathBuf| {
            relative.strip_prefix(path.as_os_str().as_bytes()) == Some(b"/.git".as_slice())
        };
        if relative != b".git" && !self.files.submodules.iter().any(submodule) {
            self.coverage.skip(Skip::NestedHistory, &self.files.shown(relative));
        }
        if kind.is_dir() { WalkState::Skip } else { WalkState::Continue }
    }

    fn failed_entry(&mut self, error: &ignore::Error) {
        let mut path = None;
        let mut inner = error;
        loop {
            inner = match inner {
                ignore::Error::WithPath { path: at, err } => {
                    path = Some(at.clone());
                    err
                }
                ignore::Error::WithDepth { err, .. }
                | ignore::Error::WithLineNumber { err, .. } => err,
                _ => break,
            };
        }
        let why = error.io_error().map_or_else(|| inner.to_string().to_lowercase(), reason);
        let path = path.unwrap_or_else(|| self.files.target.clone());
        let shown = self.files.shown(&relative(&self.files.target, &path));
        self.coverage.fail(&shown, why);
    }

    /// A tracked file that the walk has not met: an ignore rule covers it, or it is gone.
    fn tracked(&mut self, relative: &[u8]) {
        if let Some(why) = self.files.exclude.why(relative, false) {
            self.coverage.skip(why, &self.files.shown(relative));
            return;
        }
        let relative_path = Path::new(std::ffi::OsStr::from_bytes(relative));
        let path = self.files.target.join(relative_path);
        // Where a link stands instead of a folder, git takes the path for gone, and what the link
        // leads to is none of ours.
        let folders = relative_path.ancestors().skip(1).filter(|it| !it.as_os_str().is_empty());
        if folders.into_iter().any(|folder| self.files.target.join(folder).is_symlink()) {
            return;
        }
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(metadata) => {
                self.name(relative);
                self.one(&path, relative, &metadata.file_type());
            }
            // Deleted from the work tree: there is no file to read.
            Err(error) if is_gone(&error) => {}
            Err(error) => self.coverage.fail(&self.files.shown(relative), reason(&error)),
        }
    }

    /// The target, when it is no folder. Named by the operator, a link is followed and a pipe is
    /// read to its end.
    fn target(&mut self, kind: &FileType) {
        let path = &self.files.target;
        if kind.is_file() || kind.is_fifo() {
            let opened = File::open(path);
            self.read(opened, b"", kind.is_fifo());
        } else {
            self.coverage.undone(&self.files.shown(b""), "not a file or folder");
        }
    }

    /// The last part of a path is text as well.
    fn name(&mut self, relative: &[u8]) {
        let name = match memchr::memrchr(b'/', relative) {
            Some(at) => &relative[at + 1..],
            None => relative,
        };
        let path = self.files.shown(relative).into_boxed_slice();
        self.worker.text(&Origin::FileName { path }, name);
    }

    fn one(&mut self, path: &Path, relative: &[u8], kind: &FileType) {
        if kind.is_symlink() {
            self.link(path, relative);
        } else if kind.is_file() {
            // What the walk has seen may be something else by now: do not follow a link, do not
            // wait for a pipe's other end.
            let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
            let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
            self.read(opened, relative, false);
        } else {
            self.coverage.skip(Skip::NotAFile, &self.files.shown(relative));
        }
    }

    fn link(&mut self, path: &Path, relative: &[u8]) {
        let shown = self.files.shown(relative);
        match std::fs::read_link(path) {
            Ok(text) => {
                let text = text.as_os_str().as_bytes();
                let origin = Origin::File { path: shown.into_boxed_slice() };
                self.worker.text(&origin, text);
                self.done(text.len() as u64);
            }
            Err(error) => self.coverage.fail(&shown, reason(&error)),
        }
    }

    fn read(&mut self, opened: io::Result<File>, relative: &[u8], stream: bool) {
        let shown = self.files.shown(relative);
        let (file, metadata) = match opened.and_then(|file| Ok((file.metadata()?, file))) {
            Ok((metadata, file)) => (file, metadata),
            Err(error) => return self.coverage.fail(&shown, reason(&error)),
        };
        if !metadata.is_file() && !stream {
            return self.coverage.skip(Skip::NotAFile, &shown);
        }
        let size = metadata.len();
        if self.files.max_size.is_some_and(|most| size > most) {
            return self.coverage.skip(Skip::TooLarge, &shown);
        }
        let known = (size > 0 && !stream).then_some(size);
        let origin = Origin::File { path: shown.into_boxed_slice() };
        let read = self.reader.read(&file, known, &origin, self.worker.as_mut());
        let shown = origin.path().unwrap_or_default();
        match read {
            Ok(bytes) if bytes < known.unwrap_or(0) => {
                self.coverage.fail(shown, "it shrank while it was read");
            }
            Ok(bytes) => self.done(bytes),
            Err(error) => self.coverage.fail(shown, reason(&error)),
        }
    }

    fn done(&mut self, bytes: u64) {
        self.coverage.read(Part::Files, bytes);
        self.job.progress.text();
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn relative(target: &Path, path: &Path) -> Vec<u8> {
    let relative = path.strip_prefix(target).unwrap_or(path);
    relative.as_os_str().as_bytes().to_vec()
}
