//! Progress on stderr: what is being read, how much is done, bytes a second. Shown only on a
//! terminal, and only when the work takes longer than a moment.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::report::escape::terminal_bytes;
use crate::report::words::{number, size};
use crate::sources::progress::{Progress, Snapshot};

/// Shorter work needs no progress.
const PATIENCE: Duration = Duration::from_millis(400);
/// How often the display changes.
const TICK: Duration = Duration::from_millis(100);

/// A display that runs until it is ended.
pub struct Display {
    progress: Arc<Progress>,
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Display {
    /// Starts counting, and showing if that is wanted.
    pub fn start(visible: bool) -> Self {
        let progress = Arc::new(Progress::default());
        let running = visible.then(|| {
            let (stop, stopped) = channel::<()>();
            let shown = Arc::clone(&progress);
            let thread = std::thread::spawn(move || {
                let mut bar = None;
                let started = Instant::now();
                // The sender is dropped at the end: that is the sign to stop.
                while let Err(std::sync::mpsc::RecvTimeoutError::Timeout) =
                    stopped.recv_timeout(TICK)
                {
                    if started.elapsed() >= PATIENCE {
                        let bar = bar.get_or_insert_with(spinner);
                        bar.set_message(message(&shown.snapshot()));
                        bar.tick();
                    }
                }
                if let Some(bar) = bar {
                    bar.finish_and_clear();
                }
            });
            (stop, thread)
        });
        Self { progress, running }
    }

    /// The counters, for the sources.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Takes the display off the terminal.
    pub fn end(self) {
        if let Some((stop, thread)) = self.running {
            drop(stop);
            // A display that failed is no reason to lose a result.
            let _ = thread.join();
        }
    }
}

fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

fn message(now: &Snapshot) -> String {
    let done = match now.expected {
        0 => number(now.texts),
        expected => {
            let percent = (now.texts * 100).checked_div(expected).unwrap_or(0).min(100);
            format!("{} of {} ({percent} %)", number(now.texts), number(expected))
        }
    };
    let millis = u64::try_from(now.elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = size(now.bytes.saturating_mul(1000) / millis);
    format!("{}: {done}, {}, {rate}/s", terminal_bytes(now.what.as_bytes()), size(now.bytes))
}
