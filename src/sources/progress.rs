//! How far the work is: counters that the sources raise and a display reads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counters of the part of the work that is being done.
#[derive(Debug, Default)]
pub struct Progress {
    texts: AtomicU64,
    bytes: AtomicU64,
    expected: AtomicU64,
    what: Mutex<Option<(String, Instant)>>,
}

/// The counters at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// What is being read.
    pub what: String,
    /// For how long.
    pub elapsed: Duration,
    /// Files and objects that were read.
    pub texts: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Files and objects that there are, as far as that is known; 0 when it is not.
    pub expected: u64,
}

impl Progress {
    /// A new part of the work begins: the counters start again.
    pub fn begin(&self, what: String) {
        for counter in [&self.texts, &self.bytes, &self.expected] {
            counter.store(0, Ordering::Relaxed);
        }
        if let Ok(mut current) = self.what.lock() {
            *current = Some((what, Instant::now()));
        }
    }

    /// Some bytes were read.
    pub fn bytes(&self, count: u64) {
        self.bytes.fetch_add(count, Ordering::Relaxed);
    }

    /// A text was read to its end.
    pub fn text(&self) {
        self.texts(1);
    }

    /// Some texts were read to their end.
    pub fn texts(&self, count: u64) {
        self.texts.fetch_add(count, Ordering::Relaxed);
    }

    /// So many texts more are to come.
    pub fn expect(&self, count: u64) {
        self.expected.fetch_add(count, Ordering::Relaxed);
    }

    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        let current = self.what.lock().ok().and_then(|what| what.clone());
        let (what, elapsed) =
            current.map_or_else(Default::default, |(what, since)| (what, since.elapsed()));
        Snapshot {
            what,
            elapsed,
            texts: self.texts.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            expected: self.expected.load(Ordering::Relaxed),
        }
    }
}
