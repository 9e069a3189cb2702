//! Report files. Each is written to a temporary file beside its place and then renamed, so that
//! nobody reads half of one, and an old one stays until the new one is whole.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// A place for a report.
#[derive(Debug)]
pub struct ReportFile {
    path: PathBuf,
    /// True for what is no plain file (a pipe, `/dev/stderr`): it is written to, not replaced.
    direct: bool,
}

impl ReportFile {
    /// Looks whether a report can be written there, before any work is done.
    pub fn new(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        // A link is kept: the file that it leads to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let direct = match path.metadata() {
            Ok(metadata) if metadata.is_dir() => {
                bail!("cannot write report {shown}: it is a folder")
            }
            Ok(metadata) => !metadata.is_file(),
            Err(_) => false,
        };
        let report = Self { path, direct };
        if !direct {
            report.temporary(0o600).with_context(|| format!("cannot write report {shown}"))?;
        }
        Ok(report)
    }

    /// Writes the report. One with secrets in it can be read by its owner alone.
    pub fn write(&self, bytes: &[u8], holds_secrets: bool) -> anyhow::Result<()> {
        let write = || -> anyhow::Result<()> {
            if self.direct {
                std::fs::OpenOptions::new().write(true).open(&self.path)?.write_all(bytes)?;
                return Ok(());
            }
            let mut file = self.temporary(if holds_secrets { 0o600 } else { 0o666 })?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write report {}", self.path.display()))
    }

    fn temporary(&self, mode: u32) -> std::io::Result<tempfile::NamedTempFile> {
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
