//! How fast one host may be asked: so many requests at a time, none while it asks to be left alone,
//! and none at all once it has been given up.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::message::Failure;

/// So many strange answers in a row, and a host is given up.
const STRANGE: u32 = 3;
/// So many failed connections in a row, and a host is given up.
const UNREACHABLE: u32 = 3;
/// So many requests in a row without a whole answer in time, and a host is given up.
const SILENT: u32 = 9;

/// The pace at one host. Shared by all threads.
#[derive(Debug)]
pub struct Pace {
    most: usize,
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Now {
    running: usize,
    paused_until: Option<Instant>,
    strange: u32,
    unreachable: u32,
    silent: u32,
    stopped: Option<&'static str>,
}

/// What an exchange with a host was like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// An answer of GitLab's.
    Ordinary,
    /// Turned away by something before GitLab: a ban, a firewall, a content delivery network.
    TurnedAway,
    /// No connection.
    Unreachable,
    /// No whole answer in time, or that of a gateway or a server out of order.
    Silent,
    /// Anything else; it says nothing of the host.
    Other,
}

/// The right to make one request. Dropped, it lets the next one go.
#[derive(Debug)]
pub struct Turn<'a>(&'a Pace);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
        self.0.changed.notify_all();
    }
}

impl Pace {
    /// A pace of so many requests at a time.
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), now: Mutex::default(), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Waits for a turn until `deadline`.
    pub fn turn(&self, deadline: Instant) -> Result<Turn<'_>, Failure> {
        let mut now = self.lock();
        loop {
            if let Some(why) = now.stopped {
                return Err(Failure::NotReached(why));
            }
            let time = Instant::now();
            if time >= deadline {
                return Err(Failure::NotReached("the time for verifying is over"));
            }
            let paused = now.paused_until.filter(|until| *until > time);
            if paused.is_none() && now.running < self.most {
                now.running += 1;
                return Ok(Turn(self));
            }
            let until = paused.map_or(deadline, |paused| paused.min(deadline));
            let waited = self.changed.wait_timeout(now, until.saturating_duration_since(time));
            now = waited.unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }

    /// Leaves the host alone for a while.
    pub fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut now = self.lock();
        now.paused_until = Some(now.paused_until.map_or(until, |known| known.max(until)));
    }

    /// Lets nobody through any more.
    pub fn stop(&self, why: &'static str) {
        self.lock().stopped.get_or_insert(why);
        self.changed.notify_all();
    }

    /// Takes note of how an exchange went.
    pub fn note(&self, manner: Manner) {
        let mut now = self.lock();
        match manner {
            Manner::Ordinary => (now.strange, now.unreachable, now.silent) = (0, 0, 0),
            Manner::TurnedAway => now.strange += 1,
            Manner::Unreachable => now.unreachable += 1,
            Manner::Silent => now.silent += 1,
            Manner::Other => {}
        }
        let why = if now.strange >= STRANGE {
            "the host turns us away (403 without GitLab's words), so no more was asked"
        } else if now.unreachable >= UNREACHABLE {
            "the host cannot be reached, so no more was asked"
        } else if now.silent >= SILENT {
            "the host gives no answers, so no more was asked"
        } else {
            return;
        };
        drop(now);
        self.stop(why);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Manner, Pace};
    use crate::net::message::Failure;

    #[test]
    fn no_more_than_so_many_at_a_time() {
        let pace = Pace::new(2);
        let soon = || Instant::now() + Duration::from_millis(20);
        let first = pace.turn(soon()).expect("a turn");
        let _second = pace.turn(soon()).expect("a turn");
        assert!(matches!(pace.turn(soon()), Err(Failure::NotReached(_))));
        drop(first);
        assert!(pace.turn(soon()).is_ok());
    }

    #[test]
    fn a_pause_is_waited_for() {
        let pace = Pace::new(1);
        let begun = Instant::now();
        pace.pause(Duration::from_millis(30));
        assert!(pace.turn(begun + Duration::from_secs(5)).is_ok());
        assert!(begun.elapsed() >= Duration::from_millis(30));
    }

    #[test]
    fn a_host_that_turns_us_away_is_given_up() {
        let pace = Pace::new(1);
        let later = Instant::now() + Duration::from_secs(5);
        for manner in [Manner::TurnedAway, Manner::TurnedAway, Manner::Ordinary] {
            pace.note(manner);
        }
        assert!(pace.turn(later).is_ok());
        for _ in 0..3 {
            pace.note(Manner::TurnedAway);
        }
        assert!(matches!(pace.turn(later), Err(Failure::NotReached(_))));
    }
}
