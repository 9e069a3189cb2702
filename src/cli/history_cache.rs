//! The cache of `--cache`: when there is one, and the key without which its entries mean nothing,
//! which is a digest of this very program and of all rules as they are in effect.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io;
use std::path::PathBuf;

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
    let program = match File::open(RUNNING) {
        Ok(program) => program,
        Err(_) => File::open(std::env::current_exe().unwrap_or_else(|_| PathBuf::new()))?,
    };
    io::copy(&mut io::BufReader::with_capacity(1 << 18, program), &mut digest.0)?;
    // Writing to a digest cannot fail.
    let _ = write!(digest, "{:?}", engine.rules());
    Ok(digest.0.finalize().into())
}

/// A digest of what is written to it.
struct Digesting(Sha256);

impl fmt::Write for Digesting {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}
