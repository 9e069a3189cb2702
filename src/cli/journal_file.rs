//! The file of the journal: append-only, for its owner alone, one run at a time, on the disk before
//! anything is sent.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail, ensure};

use crate::report::when;
use crate::revoke::journal::{Entry, Event, Journal, Ledger, hash, line};
use crate::sources::stdin::reason;

/// A larger file is no journal.
const LARGEST: u64 = 1 << 30;

/// An open journal.
pub struct JournalFile {
    file: File,
    path: PathBuf,
    /// The hash of the last line.
    head: String,
    clock: fn() -> i64,
    /// A line could not be written whole: nothing may follow it but the next run's note of that.
    broken: Option<String>,
}

/// Where the journal lies: as typed, else in the user's state folder (XDG Base Directory
/// Specification).
pub fn place(typed: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(path) = typed {
        return Ok(path.to_path_buf());
    }
    state_folder().map(|folder| folder.join("journal.jsonl"))
}

/// The folder of what stanch remembers.
pub fn state_folder() -> anyhow::Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let absolute = |path: &PathBuf| path.is_absolute();
    let folder = variable("XDG_STATE_HOME").filter(absolute);
    let folder =
        folder.or_else(|| Some(variable("HOME").filter(absolute)?.join(".local").join("state")));
    let folder =
        folder.ok_or_else(|| anyhow!("no folder for the journal: name it with --journal"))?;
    Ok(folder.join("stanch"))
}

/// Makes the folder of a file when that is stanch's own. Others are for the user to make: a missing
/// one is more likely mistyped.
pub fn make_folder(of: &Path) -> std::io::Result<()> {
    match (of.parent(), state_folder()) {
        (Some(folder), Ok(own)) if folder == own => {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
        }
        _ => Ok(()),
    }
}

/// What stands in a journal; one that is not there is empty.
pub fn read(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let shown = path.display();
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => bail!("cannot read journal {shown}: {}", reason(&error)),
    };
    contents(&mut file, path).map(Some)
}

fn contents(file: &mut File, path: &Path) -> anyhow::Result<Vec<u8>> {
    let shown = path.display();
    let mut text = Vec::new();
    let read = file.take(LARGEST + 1).read_to_end(&mut text);
    read.with_context(|| format!("cannot read journal {shown}"))?;
    ensure!(text.len() as u64 <= LARGEST, "journal {shown} is too large: is this the right file?");
    Ok(text)
}

impl JournalFile {
    /// Opens a journal for writing, and reads it. Makes it, with its folder, when it is not there. A
    /// journal that another run writes is refused.
    pub fn open(path: &Path, clock: fn() -> i64) -> anyhow::Result<(Self, Journal)> {
        let shown = path.display();
        let opened = make_folder(path).and_then(|()| {
            OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)
        });
        let mut file =
            opened.map_err(|error| anyhow!("cannot write journal {shown}: {}", reason(&error)))?;
        let metadata = file.metadata().with_context(|| format!("cannot read journal {shown}"))?;
        ensure!(metadata.is_file(), "cannot write journal {shown}: it is no plain file");
        let own = metadata.uid() == rustix::process::geteuid().as_raw();
        ensure!(
            own && metadata.mode() & 0o077 == 0,
            "journal {shown} is another's, or is open to others; chmod 600 it if it is yours"
        );
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "journal {shown} is in use: another stanch revoke runs; wait for it, or name another \
                 journal with --journal"
            ),
            Err(TryLockError::Error(error)) => {
                bail!("journal {shown} cannot be locked: {}", reason(&error))
            }
        }
        let text = contents(&mut file, path)?;
        let journal = Journal::read(&text);
        let ends_torn = if text.last().is_some_and(|&byte| byte != b'\n') { "\n" } else { "" };
        if let Some(fault) = journal.faults.first() {
            bail!(
                "journal {shown}:{}: {}; look at it (stanch journal verify), keep it, and name another \
                 with --journal",
                fault.line,
                fault.what
            );
        }
        // A file that is new must be in its folder still when the machine stops.
        let folder = path.parent().filter(|it| *it != Path::new("")).unwrap_or(Path::new("."));
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| anyhow!("cannot write journal {shown}: {}", reason(&error)))?;
        let mut opened = Self {
            file,
            path: path.to_path_buf(),
            head: journal.head.clone(),
            clock,
            broken: None,
        };
        let noted = match journal.is_torn {
            true => {
                opened.write_entry(ends_torn, &Entry { event: Event::Torn, ..Entry::default() })
            }
            false => Ok(()),
        };
        noted.map_err(|why| anyhow!("cannot write journal {shown}: {why}"))?;
        Ok((opened, journal))
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why a line could not be written.
    pub fn complaint(&self) -> Option<String> {
        let shown = self.path.display();
        self.broken
            .as_ref()
            .map(|why| format!("journal {shown} could not be written to its end: {why}"))
    }

    /// The hash of the last line.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Writes an entry at once, behind what ends the line before.
    fn write_entry(&mut self, before: &str, entry: &Entry) -> Result<(), String> {
        let time = when::utc((self.clock)()).unwrap_or_default();
        let line = line(&self.head, &time, entry);
        self.write(&[before.as_bytes(), line.as_bytes()].concat())?;
        self.head = hash(line.trim_end_matches('\n').as_bytes());
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        if self.broken.is_some() {
            return Err("an earlier line could not be written".to_owned());
        }
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_data());
        let written = written.map_err(|error| reason(&error));
        self.broken = written.as_ref().err().cloned();
        written
    }
}

impl Ledger for JournalFile {
    fn note(&mut self, entry: &Entry) -> Result<(), String> {
        self.write_entry("", entry)
    }
}
