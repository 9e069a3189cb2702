//! What an instance said of a secret. Never a bool: "not asked" is not "dead".

/// The answer to "does this token live?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody was asked: scanning alone never leaves the machine.
    NotAsked,
}

impl Verdict {
    /// The word for it in machine-readable reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
        }
    }
}
