//! The folder of the cache. Each entry is a file of its own, written to a temporary file and then
//! renamed, so that of two runs at once the last one wins and nobody reads half of an entry. Only what
//! the owner alone could have written is believed: whoever can write to a cache can keep a secret
//! from being seen.
//!
//! Nothing here fails a scan. What went wrong is kept as notes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use super::codec::{Digest, Name, seal, unseal};
use crate::sources::stdin::reason;

/// Our part of the folder; the number is the version of the format.
const OURS: &str = "stanch-1";
/// What we call entries begins like this.
const KINDS: [&str; 3] = ["pack-", "loose-", "trace-"];
/// How temporary files begin.
const TEMPORARY: &str = ".new-";
/// A larger file is none of ours.
const LARGEST: u64 = 256 << 20;
/// What was not used for so long is removed.
const OLDEST: Duration = Duration::from_secs(30 * DAY);
/// All entries together take no more than this; what was used last is kept.
const MOST: u64 = 256 << 20;
const DAY: u64 = 24 * 60 * 60;

/// What a cache is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Reading and writing.
    Use,
    /// Writing: everything is looked at anew.
    Renew,
}

/// The cache.
#[derive(Debug)]
pub struct Cache {
    /// As it was typed.
    shown: String,
    /// `None` when it cannot be used.
    folder: Option<PathBuf>,
    key: Name,
    mode: Mode,
    notes: Mutex<BTreeSet<String>>,
}

impl Cache {
    /// Opens the cache in a folder, which is made when there is something to keep. `key` is a digest
    /// of the program and its rules.
    pub fn open(folder: &Path, key: Name, mode: Mode) -> Self {
        let shown = folder.display().to_string();
        let mut cache = Self { shown, folder: None, key, mode, notes: Mutex::default() };
        let ours = folder.join(OURS);
        match usable(&ours) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let (shown, why) = (&cache.shown, reason(&error));
                cache.note(format!("cache {shown} cannot be used, everything is read: {why}"));
            }
            _ => cache.folder = Some(ours),
        }
        cache
    }

    /// A digest that begins with the program and its rules.
    pub fn digest(&self) -> Digest {
        let mut digest = Digest::default();
        digest.part(&self.key);
        digest
    }

    /// Whether there seems to be an entry. `kind` is pack, loose or trace.
    pub fn has(&self, kind: &str, name: &Name) -> bool {
        let folder = self.folder.as_ref().filter(|_| self.mode == Mode::Use);
        folder.is_some_and(|folder| folder.join(file_name(kind, name)).symlink_metadata().is_ok())
    }

    /// The content of an entry, if there is one that can be believed.
    pub fn get(&self, kind: &str, name: &Name) -> Option<Vec<u8>> {
        let folder = self.folder.as_ref().filter(|_| self.mode == Mode::Use)?;
        let path = folder.join(file_name(kind, name));
        match read(&path) {
            Ok(file) => {
                let content = unseal(name, &file).map(<[u8]>::to_vec);
                if content.is_none() {
                    self.doubt(kind, name, "it is damaged");
                }
                content
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                self.doubt(kind, name, &reason(&error));
                None
            }
        }
    }

    /// Says of an entry that it is not believed.
    pub fn doubt(&self, kind: &str, name: &Name, why: &str) {
        let file = Path::new(&self.shown).join(OURS).join(file_name(kind, name));
        let file = file.display();
        self.note(format!("cache file {file} is passed over, and what it stands for read: {why}"));
    }

    /// Keeps an entry.
    pub fn put(&self, kind: &str, name: &Name, content: &[u8]) {
        let Some(folder) = &self.folder else { return };
        let written = prepare(folder)
            .and_then(|()| write(folder, &file_name(kind, name), &seal(name, content)));
        if let Err(error) = written {
            let (shown, why) = (&self.shown, reason(cause(&error)));
            self.note(format!("cache {shown} cannot be written, what was read is not kept: {why}"));
        }
    }

    /// Removes what is too old or too much, and gives back what is to be said of the cache.
    pub fn finish(&self) -> Vec<String> {
        self.folder.iter().for_each(|folder| prune(folder, SystemTime::now()));
        self.notes.lock().map(|mut it| std::mem::take(&mut *it)).into_iter().flatten().collect()
    }

    fn note(&self, note: String) {
        if let Ok(mut notes) = self.notes.lock() {
            notes.insert(note);
        }
    }
}

fn file_name(kind: &str, name: &Name) -> String {
    name.iter().fold(format!("{kind}-"), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Makes our part of the folder, if it is not there.
fn prepare(ours: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(ours)?;
    usable(ours)?;
    // In a work tree git need not know of it. What is tracked there all the same is scanned.
    match ours.join(".gitignore").symlink_metadata() {
        Ok(_) => Ok(()),
        Err(_) => write(ours, ".gitignore", b"*\n"),
    }
}

/// An error when our part of the folder is not there, or cannot be believed.
fn usable(ours: &Path) -> io::Result<()> {
    let metadata = ours.symlink_metadata()?;
    if !metadata.is_dir() {
        return Err(io::Error::other("it is no folder"));
    }
    trusted(&metadata).map_err(io::Error::other)
}

/// Whether nobody but the owner (or root, who can do everything) could have written it. What git takes
/// out of a repository can be read by others, as nothing of ours can: so somebody's commit is no entry.
fn trusted(metadata: &Metadata) -> Result<(), &'static str> {
    let own = [0, rustix::process::geteuid().as_raw()].contains(&metadata.uid());
    match own && metadata.mode() & 0o077 == 0 {
        true => Ok(()),
        false => Err("it is another's, or open to others (close it to them if it is yours)"),
    }
}

/// The bytes of a file that can be believed. When it was last used is written down once a day.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let mut file = opened.map_err(|error| match error.raw_os_error() {
        Some(libc::ELOOP) => io::Error::other("it is a symbolic link"),
        _ => error,
    })?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(io::Error::other("it is no file of ours"));
    }
    trusted(&metadata).map_err(io::Error::other)?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.read_to_end(&mut bytes)?;
    let now = SystemTime::now();
    if metadata.modified().is_ok_and(|then| age(then, now) > Duration::from_secs(DAY)) {
        // A folder that cannot be written to is still good to read from.
        let _ = file.set_modified(now);
    }
    Ok(bytes)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file: tempfile::NamedTempFile<File> = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(folder.join(name))?;
    Ok(())
}

/// Errors of temporary files name those files: what is wanted is the cause of theirs.
fn cause(error: &io::Error) -> &io::Error {
    let inner = error.get_ref().and_then(|inner| inner.source());
    inner.and_then(|inner| inner.downcast_ref()).unwrap_or(error)
}

fn age(then: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(then).unwrap_or_default()
}

/// Removes entries that nobody has used for long, and those used longest ago when there are too
/// many. Files that are none of ours stay.
fn prune(folder: &Path, now: SystemTime) {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let temporary = name.starts_with(TEMPORARY);
        let Ok(metadata) = entry.path().symlink_metadata() else { continue };
        if !metadata.is_file() || !(temporary || KINDS.iter().any(|kind| name.starts_with(kind))) {
            continue;
        }
        let unused = metadata.modified().map(|then| age(then, now)).unwrap_or_default();
        let oldest = if temporary { Duration::from_secs(DAY) } else { OLDEST };
        match unused > oldest {
            true => drop(std::fs::remove_file(entry.path())),
            false => entries.push((unused, metadata.len(), entry.path())),
        }
    }
    entries.sort();
    let mut kept = 0;
    for (_, size, path) in entries {
        kept += size;
        if kept > MOST {
            drop(std::fs::remove_file(path));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    use super::{DAY, prune};

    #[test]
    fn what_is_old_or_too_much_goes_and_strangers_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let now = SystemTime::now();
        let make = |name: &str, days: u64, size: u64| {
            let file = File::create(folder.path().join(name)).expect("a file");
            file.set_len(size).expect("a size");
            file.set_modified(now - Duration::from_secs(days * DAY)).expect("a time");
        };
        make("pack-old", 31, 1);
        make("pack-new", 29, 1);
        make("loose-large", 3, 200 << 20);
        make("trace-large", 2, 200 << 20);
        make(".new-left", 2, 1);
        make(".new-writing", 0, 1);
        make("strangers.txt", 99, 1);
        prune(folder.path(), now);
        let entries = std::fs::read_dir(folder.path()).expect("the folder").flatten();
        let mut left: Vec<_> = entries.map(|it| it.file_name().into_string()).collect();
        left.sort();
        let left: Vec<String> = left.into_iter().flatten().collect();
        assert_eq!(left, [".new-writing", "strangers.txt", "trace-large"]);
    }
}
