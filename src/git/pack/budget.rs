//! How much memory unpacked objects may take, all threads together.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number of bytes that threads take from and give back to.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: AtomicU64,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self { limit, used: AtomicU64::new(0) }
    }

    /// Takes `bytes`, if there are so many left.
    pub fn take(&self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(bytes).filter(|&used| used <= self.limit)
        });
        taken.is_ok()
    }

    /// Gives back what was taken.
    pub fn give(&self, bytes: usize) {
        self.used.fetch_sub(bytes as u64, Ordering::Relaxed);
    }

    /// Whether `bytes` could be had if nobody else had any.
    pub fn allows(&self, bytes: usize) -> bool {
        bytes as u64 <= self.limit
    }

    /// The most that one object may take and be unpacked as a whole beside others.
    pub fn share(&self, threads: usize) -> u64 {
        self.limit / (4 * threads.max(1) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn no_more_is_given_than_there_is() {
        let budget = Budget::new(100);
        assert!(budget.take(60) && !budget.take(41) && budget.take(40));
        budget.give(60);
        assert!(budget.take(60) && !budget.take(1) && !budget.take(usize::MAX));
        assert!(budget.allows(100) && !budget.allows(101));
    }
}
