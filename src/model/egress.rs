//! What would leave the machine if somebody were asked about what was found.

use std::collections::BTreeMap;

/// What would be sent, and what not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Egress {
    /// By instance and kind of token.
    pub sent: BTreeMap<(String, String), Parcel>,
    /// By kind of token and reason: about how many secrets nobody is asked.
    pub kept: BTreeMap<(String, String), u64>,
}

/// What would be sent to one instance about tokens of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parcel {
    /// Distinct tokens.
    pub tokens: u64,
    /// Requests at most, without those that are repeated when an answer is lost.
    pub requests: u64,
    /// The questions: method, route, and whose credential asks or when they are asked.
    pub routes: Vec<String>,
    /// True when the token itself may be used.
    pub uses_token: bool,
}

impl Egress {
    /// How many requests at most.
    pub fn requests(&self) -> u64 {
        self.sent.values().map(|parcel| parcel.requests).sum()
    }
}
