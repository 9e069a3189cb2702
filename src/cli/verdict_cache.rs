//! The file of `--verdict-cache`: read by its owner alone, and written whole or not at all.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};

use super::output::ReportFile;
use super::settings;
use crate::verify::cache::Cache;

/// A larger file is no verdict cache.
const LARGEST: u64 = 256 << 20;

/// A cache and where it lies.
pub struct CacheFile {
    file: ReportFile,
    /// What it holds.
    pub cache: Cache,
}

impl CacheFile {
    /// Reads the file; one that is not there is made when the run ends.
    pub fn open(path: &Path, age: Duration, now: i64) -> anyhow::Result<Self> {
        const WHAT: &str = "verdict cache";
        let shown = path.display();
        let age = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        let file = ReportFile::named(WHAT, path)?;
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { file, cache: Cache::new(random()?, age, now) });
            }
            Err(error) => return Err(anyhow!("cannot read {WHAT} {shown}: {}", error.kind())),
        };
        ensure!(metadata.is_file(), "cannot use {WHAT} {shown}: it is no plain file");
        // Whoever can write to it could call a living token dead.
        let own = metadata.uid() == rustix::process::geteuid().as_raw();
        ensure!(
            own && metadata.mode() & 0o022 == 0,
            "{WHAT} {shown} is another's, or can be written by others; chmod 600 it if its content \
             is yours, or delete it"
        );
        let text = settings::read_at_most(path, LARGEST, WHAT)?;
        let cache = Cache::parse(&String::from_utf8_lossy(&text), age, now);
        let cache = cache.map_err(|why| anyhow!("{WHAT} {shown}: {why}; delete it"))?;
        Ok(Self { file, cache })
    }

    /// Writes the file, for its owner alone.
    pub fn save(&self) -> anyhow::Result<()> {
        self.file.write(self.cache.text().as_bytes(), true)
    }
}

/// A key that nobody can guess.
fn random() -> anyhow::Result<[u8; 32]> {
    let mut key = [0; 32];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut it| it.read_exact(&mut key));
    read.context("no random numbers to be had from /dev/urandom")?;
    Ok(key)
}
