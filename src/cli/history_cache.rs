//! The cache of `--cache`: when there is one, and the key without which its entries mean nothing,
//! which is a digest of this very program and of all rules as they are in effect.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::hash::{DefaultHasher, Hasher as _};
use std::io::{self, Read as _};

use sha2::{Digest as _, Sha256};

use super::args::ScanArgs;
use super::console::Console;
use crate::engine::Engine;
use crate::scan::Options;
use crate::sources::cache::{Cache, Mode};

/// The running program, even when its file was replaced meanwhile (proc(5)).
const RUNNING: &str = "/proc/self/exe";

/// Opens the cache that was asked for. What reads no whole history has no use for it.
pub fn open(args: &ScanArgs, engine: &Engine, console: &Console) -> Option<Cache> {
    let folder = args.cache.as_ref()?;
    if args.staged || args.picks_commits() || args.no_history {
        return None;
    }
    let mode = if args.full_scan { Mode::Renew } else { Mode::Use };
    match key(engine) {
        Ok(key) => Some(Cache::open(folder, key, mode)),
        Err(error) => {
            let why = error.kind();
            console.note(&format!("--cache is not used: this program cannot read itself: {why}"));
            None
        }
    }
}

/// Tidies the cache up, and says what was wrong with it.
pub fn close(options: &Options, console: &Console) {
    let notes = options.cache.iter().flat_map(Cache::finish);
    notes.for_each(|note| console.note(&note));
}

/// A digest of the program and the rules: with either of them changed, anything may be found.
fn key(engine: &Engine) -> io::Result<[u8; 32]> {
    let mut digest = Digesting(Sha256::new());
    digest.0.update(env!("CARGO_PKG_VERSION"));
    digest.0.update(program()?.to_be_bytes());
    // Writing to a digest cannot fail.
    let _ = write!(digest, "{:?}", engine.rules());
    Ok(digest.0.finalize().into())
}

/// A hash of the program's file. Programs are told apart by it, not proven: whoever can replace this
/// program needs no cache to deceive. So a fast hash will do, as long as the same program makes the same
/// of itself.
fn program() -> io::Result<u64> {
    let mut file = match File::open(RUNNING) {
        Ok(file) => file,
        Err(_) => File::open(std::env::current_exe()?)?,
    };
    let (mut hash, mut buffer) = (DefaultHasher::new(), vec![0; 1 << 18]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finish()),
            count => hash.write(&buffer[..count]),
        }
    }
}

/// A digest of what is written to it.
struct Digesting(Sha256);

impl fmt::Write for Digesting {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}
