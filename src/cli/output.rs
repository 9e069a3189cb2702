//! Report files. Each is written to a temporary file beside its place and then renamed, so that
//! nobody reads half of one, and an old one stays until the new one is whole.

use std::fs::{OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};

use crate::report::Format;
use crate::sources::stdin::reason;

/// A place for a report.
#[derive(Debug)]
pub struct ReportFile {
    /// What it is and its name as it was typed, for complaints.
    shown: String,
    /// Where the links of that path lead.
    path: PathBuf,
    /// True for what is no plain file (a pipe, `/dev/stderr`): it is written to, not replaced.
    direct: bool,
}

/// Looks whether all reports can be written, before any work is done.
pub fn prepare(reports: &[(Format, PathBuf)]) -> anyhow::Result<Vec<(Format, ReportFile)>> {
    let mut prepared: Vec<(Format, ReportFile)> = Vec::new();
    for (format, path) in reports {
        let report = ReportFile::new(path)?;
        if prepared.iter().any(|(_, other)| other.path == report.path) {
            bail!("two reports cannot be written to the same file {}", path.display());
        }
        prepared.push((*format, report));
    }
    Ok(prepared)
}

impl ReportFile {
    /// Looks whether a report can be written there.
    pub fn new(path: &Path) -> anyhow::Result<Self> {
        Self::named("report", path)
    }

    /// The same for another kind of file.
    pub fn named(what: &str, path: &Path) -> anyhow::Result<Self> {
        let shown = format!("{what} {}", path.display());
        let look = || -> io::Result<Self> {
            // A link is kept: the file that it leads to is replaced, or made.
            let path = behind_links(path)?;
            let direct = match path.metadata() {
                Ok(metadata) if metadata.is_dir() => {
                    return Err(io::Error::other("it is a folder"));
                }
                Ok(metadata) => !metadata.is_file(),
                Err(_) => false,
            };
            let report = Self { shown: shown.clone(), path, direct };
            if !direct {
                report.temporary(0o600)?;
            }
            Ok(report)
        };
        look().map_err(|error| anyhow!("cannot write {shown}: {}", cause(&error)))
    }

    /// Writes the report. One with secrets in it can be read by its owner alone.
    pub fn write(&self, bytes: &[u8], holds_secrets: bool) -> anyhow::Result<()> {
        let write = || -> io::Result<()> {
            if self.direct {
                return OpenOptions::new().write(true).open(&self.path)?.write_all(bytes);
            }
            let mut file = self.temporary(if holds_secrets { 0o600 } else { 0o666 })?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().map_err(|error| anyhow!("cannot write {}: {}", self.shown, cause(&error)))
    }

    fn temporary(&self, mode: u32) -> io::Result<tempfile::NamedTempFile> {
        let folder = match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        tempfile::Builder::new()
            .prefix(".stanch-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)
    }
}

/// The path to which a path leads, whose last part need not be there: no link, and the same for
/// every way to write it.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    // As many links in a row as Linux follows (path_resolution(7)).
    let mut links = 0..40;
    loop {
        let error = match path.canonicalize() {
            Ok(path) => return Ok(path),
            Err(error) => error,
        };
        // A pipe of the shell (`>(…)`) is there, although its link names nothing.
        if path.exists() {
            return Ok(path);
        }
        if links.next().is_none() {
            return Err(error);
        }
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.canonicalize()?,
            _ => Path::new(".").canonicalize()?,
        };
        match std::fs::read_link(&path) {
            Ok(link) => path = folder.join(link),
            // `..` and `/` have no name, but are there.
            Err(_) => return Ok(path.file_name().map_or(path.clone(), |name| folder.join(name))),
        }
    }
}

/// Why, in words. Errors of temporary files name those files, which nobody has typed: what is
/// wanted is the cause of theirs.
fn cause(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.source());
    reason(inner.and_then(|inner| inner.downcast_ref()).unwrap_or(error))
}
