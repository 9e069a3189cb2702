//! Ends the life of tokens that were proven to live: first a plan, which is pure (`plan`, `policy`);
//! then its execution, a token at a time (`execute`), with a line in the journal before and after
//! every request (`journal`); then a fresh question, which alone makes a token dead (`ask`). A
//! rotated token's successor is kept and proven before the old one counts as done (`successor`).
//! Files, clocks and terminals are `cli`'s: it hands in a [`journal::Ledger`] and a
//! [`successor::Keeper`].

pub mod ask;
pub mod execute;
pub mod journal;
pub mod plan;
pub mod policy;
pub mod resume;
pub mod successor;

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::gitlab::remedy::remedy;
use crate::gitlab::ways::{Operator, Stage};
use crate::model::revocation::{Action, Ending, Receipt, Revocation, Way};
use crate::net::door::Door;
use crate::verify::{self, Task};

/// One token that is to die, with everything that it takes.
pub struct Target {
    /// The number of its finding.
    pub finding: usize,
    /// Its fingerprint.
    pub fingerprint: String,
    /// What it is, for questions.
    pub task: Task,
    /// The number of its instance.
    pub instance: usize,
    /// The route whose answer proved that it lives.
    pub proven_by: Option<String>,
    /// Every stage must be gone through; in each the first request that is taken is enough.
    pub stages: Vec<Stage>,
    /// What is wanted.
    pub action: Action,
}

impl Target {
    /// What came of it.
    fn receipt(
        &self,
        means: &Means<'_>,
        ending: Ending,
        reason: Option<Cow<'static, str>>,
        way: Option<Way>,
    ) -> Receipt {
        let instance = Some(means.options.instances[self.instance].address.to_string());
        let (fingerprint, kind) = (self.fingerprint.clone(), self.task.kind.clone());
        let lives = matches!(ending, Ending::Refused | Ending::StillLive);
        let remedy = lives.then(|| Cow::Borrowed(remedy(&kind)));
        Receipt { fingerprint, kind, instance, ending, reason, remedy, way }
    }
}

/// What is to be done. It can be carried out once.
pub struct Plan {
    /// The tokens, in order.
    pub targets: Vec<Target>,
    /// The same in words, with what is not done and why.
    pub revocation: Revocation,
    /// The operator at each instance.
    pub operators: Vec<Option<Operator>>,
}

/// What is needed to carry a plan out.
pub struct Means<'a> {
    /// The way out.
    pub door: &'a Door,
    /// Instances and what may be sent.
    pub options: &'a verify::Options,
    /// The operator at each instance.
    pub operators: &'a [Option<Operator>],
    /// Set when the user wants to end.
    pub interrupted: &'a AtomicBool,
    /// After this no further token is begun.
    pub until: Instant,
}

impl Means<'_> {
    /// Why no further token may be begun, if that is so.
    fn no_more(&self) -> Option<&'static str> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Some("not reached: it was interrupted");
        }
        let over = Instant::now() >= self.until;
        over.then_some("not reached: the time was over (--verify-timeout allows more)")
    }
}
