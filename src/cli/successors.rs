//! The file of successors: for its owner alone. Room is made for a successor before it is asked for,
//! so that a full disk is found out in time.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, ensure};
use zeroize::Zeroizing;

use super::journal_file::make_folder;
use crate::model::secret::Secret;
use crate::revoke::successor::Keeper;
use crate::sources::stdin::reason;

/// Room for one line: a token of GitLab's has 300 characters at most, a job's 8 KiB.
const ROOM: usize = 512;

/// A file of successors: a line each, fingerprint of the old token and the new token.
pub struct Successors {
    file: File,
    path: PathBuf,
    /// Where the next line begins.
    end: u64,
    /// True when successors only pass through.
    passes: bool,
    kept: u64,
    /// A successor may stand in it although nobody could be sure.
    is_doubtful: bool,
}

impl Successors {
    /// Makes the file. One that is there already is not written to. When successors only pass through
    /// on their way into a variable, the file is taken away in the end.
    pub fn create(path: &Path, passes: bool) -> anyhow::Result<Self> {
        let shown = path.display();
        let made = make_folder(path)
            .and_then(|()| OpenOptions::new().write(true).create_new(true).mode(0o600).open(path));
        let file = made.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                anyhow!("file for successors {shown} is there already; name a new one")
            }
            _ => anyhow!("cannot write successors to {shown}: {}", reason(&error)),
        })?;
        let is_file = file.metadata().is_ok_and(|it| it.is_file());
        ensure!(is_file, "cannot write successors to {shown}: it is no plain file");
        Ok(Self { file, path: path.to_path_buf(), end: 0, passes, kept: 0, is_doubtful: false })
    }

    fn put(&mut self, line: &[u8]) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(line)?;
        self.file.set_len(self.end + line.len() as u64)?;
        self.file.sync_all()
    }
}

impl Drop for Successors {
    /// Without successors the file need not be.
    fn drop(&mut self) {
        if self.kept == 0 && !self.is_doubtful {
            // What is left is an empty file, which does no harm.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Keeper for Successors {
    fn reserve(&mut self) -> Result<(), String> {
        let room = self
            .file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.write_all(&[b' '; ROOM]))
            .and_then(|()| self.file.sync_all());
        room.map_err(|error| format!("no room for a successor: {}", reason(&error)))
    }

    fn keep(&mut self, fingerprint: &str, successor: &Secret) -> Result<(), String> {
        let line = [fingerprint.as_bytes(), b" ", successor.expose(), b"\n"].concat();
        let line = Zeroizing::new(line);
        let put = self.put(&line);
        self.is_doubtful |= put.is_err();
        put.map_err(|error| reason(&error))?;
        self.end += line.len() as u64;
        self.kept += 1;
        Ok(())
    }

    fn release(&mut self) {
        if self.passes && self.kept > 0 {
            // One token at a time passes through.
            self.end = 0;
            self.kept = 0;
            let _ = self.put(b"");
        }
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }
}
