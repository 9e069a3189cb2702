//! Ctrl-C. While GitLab is asked the first one ends the asking, and what is known by then is reported;
//! the second one ends the program. While something is typed unseen it puts the terminal right before
//! it ends the program. The only file that names ctrlc.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What the shell sees of a program that a Ctrl-C has ended (128 and SIGINT).
const KILLED: i32 = 130;

/// What is to be done before the program ends.
type Last = Box<dyn FnOnce() + Send>;

static LAST: Mutex<Option<Last>> = Mutex::new(None);

/// Watches for Ctrl-C, SIGTERM and SIGHUP. The flag is set by the first one; whoever sets it makes
/// the next one end the program.
pub fn watch() -> Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&flag);
        // Without a handler the first one ends the program, which is as well.
        let _ = ctrlc::set_handler(move || {
            let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
            let is_enough = last.is_some() || seen.swap(true, Ordering::Relaxed);
            last.into_iter().for_each(|last| last());
            if is_enough {
                #[expect(clippy::exit, reason = "that is what was asked for")]
                std::process::exit(KILLED);
            }
        });
        flag
    });
    Arc::clone(flag)
}

/// From now on Ctrl-C ends the program after `last`; with `None` it no longer does.
pub fn before_the_end(last: Option<Last>) {
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = last;
    watch();
}
