//! Threads for work that each of them takes its share of. What is shared out is the caller's.

/// Runs `work` once on each of so many threads, and ends when all have.
pub(super) fn on_each(threads: usize, work: impl Fn() + Sync) {
    if threads <= 1 {
        return work();
    }
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => {
            pool.broadcast(|_| work());
        }
        // No more threads to be had: this one does the work.
        Err(_) => work(),
    }
}
