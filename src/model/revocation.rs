//! What is to be done about tokens that live, and what came of it. No secret stands in these words:
//! a token is named by its fingerprint, and a request by its method and path.

use std::borrow::Cow;

use super::verdict::AskedWith;

/// What is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Action {
    /// The token dies.
    #[default]
    Revoke,
    /// It dies, and a successor takes its place.
    Rotate,
}

impl Action {
    /// The word for it in machine-readable reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Rotate => "rotate",
        }
    }
}

/// A request that ends a token's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Its method.
    pub method: &'static str,
    /// Its path, which holds no secret.
    pub path: String,
    /// Whose credential it is made with.
    pub credential: AskedWith,
    /// What else stops working by it.
    pub breaks: Option<Cow<'static, str>>,
}

/// One thing to do about one token. A deploy key has a step for every project that it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The token's fingerprint.
    pub fingerprint: String,
    /// The word for its kind.
    pub kind: String,
    /// The address of the instance.
    pub instance: String,
    /// What is wanted.
    pub action: Action,
    /// Where a successor goes.
    pub into: Option<String>,
    /// The request that is made first.
    pub way: Way,
    /// The requests that are made instead when the instance does not take the one before: in order.
    pub otherwise: Vec<Way>,
}

/// A token that lives, or may live, and is not touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The token's fingerprint.
    pub fingerprint: String,
    /// The word for its kind.
    pub kind: String,
    /// The address of the instance, where one knows the token.
    pub instance: Option<String>,
    /// Why.
    pub reason: Cow<'static, str>,
    /// What a person can do: the page and what to press there.
    pub remedy: Option<Cow<'static, str>>,
}

/// How it ended for one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// A fresh question says that it is dead.
    Revoked,
    /// The same, and its successor works.
    Rotated,
    /// It was dead when its turn came.
    AlreadyDead,
    /// A fresh question says that it lives.
    StillLive,
    /// It was not touched, or nobody took the request.
    Refused,
    /// Nobody knows: no fresh question was answered.
    Unknown,
}

impl Ending {
    /// All endings, in the order in which they are counted.
    pub const ALL: [Self; 6] = [
        Self::Revoked,
        Self::Rotated,
        Self::AlreadyDead,
        Self::StillLive,
        Self::Refused,
        Self::Unknown,
    ];

    /// The word for it in machine-readable reports and in the journal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Rotated => "rotated",
            Self::AlreadyDead => "already_dead",
            Self::StillLive => "still_live",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    /// The inverse of [`Ending::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.word() == word)
    }

    /// True when the token is known to be dead.
    pub fn is_dead(self) -> bool {
        matches!(self, Self::Revoked | Self::Rotated | Self::AlreadyDead)
    }
}

/// What came of it for one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The token's fingerprint.
    pub fingerprint: String,
    /// The word for its kind.
    pub kind: String,
    /// The address of the instance.
    pub instance: Option<String>,
    /// How it ended.
    pub ending: Ending,
    /// Why, or what comes with it.
    pub reason: Option<Cow<'static, str>>,
    /// What a person can do about a token that still lives.
    pub remedy: Option<Cow<'static, str>>,
    /// The request that was taken.
    pub way: Option<Way>,
}

/// The journal of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalNote {
    /// Where it lies.
    pub path: String,
    /// The hash of its last line: whoever keeps it can tell later that nothing was taken away.
    pub head: String,
}

/// A plan and, once it was carried out, its receipts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revocation {
    /// The short id of the plan: the same for the same steps.
    pub plan: String,
    /// What is to be done, in this order.
    pub steps: Vec<Step>,
    /// What is not, and why.
    pub refusals: Vec<Refusal>,
    /// What came of it, a receipt for each token; `None` when nothing was to be carried out.
    pub receipts: Option<Vec<Receipt>>,
    /// Tokens that were dead already when they were asked about.
    pub dead: u64,
    /// Tokens that no instance knows that was asked.
    pub unknown_here: u64,
    /// True when the user ended it early.
    pub interrupted: bool,
    /// The journal, when one was written.
    pub journal: Option<JournalNote>,
    /// Steps of earlier runs that have no outcome, and still have none.
    pub open_steps: u64,
}

impl Revocation {
    /// True when something lives still, or may, that was to die.
    pub fn is_unfinished(&self) -> bool {
        let left = match &self.receipts {
            Some(receipts) => receipts.iter().any(|it| !it.ending.is_dead()),
            None => !self.steps.is_empty(),
        };
        left || !self.refusals.is_empty()
    }

    /// How many tokens ended in which way.
    pub fn count(&self, ending: Ending) -> u64 {
        let receipts = self.receipts.iter().flatten();
        receipts.filter(|it| it.ending == ending).count() as u64
    }
}
