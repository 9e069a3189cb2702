//! Several reports become one result, as if one run had scanned all that they tell of. Reads the forms
//! that `report::wire` writes (JSONL and JSON, schema 1); opens no file and decides nothing about what is
//! printed. A text that comes from a report is anybody's: whoever prints it makes it safe.

mod clean;
mod fold;
mod read;
mod read_finding;
mod read_summary;
mod shards;
#[cfg(test)]
mod tests;
mod wire;

pub use clean::{clean, secrets};
pub use fold::fold;
pub use read::{Report, parse};

use std::collections::BTreeMap;

use crate::model::finding::Severity;

/// What a report of a rule does not say: its place among all rules, by which one of several is chosen,
/// and how bad a live token of its kind is.
pub type Rules = BTreeMap<String, (usize, Severity)>;

/// Why a report, or several together, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The line, from 1, where one is at fault.
    pub line: Option<usize>,
    /// What is wrong: lower case, no full stop. Quotes nothing of the report, which may hold a secret.
    pub what: String,
}

impl Wrong {
    fn whole(what: impl Into<String>) -> Self {
        Self { line: None, what: what.into() }
    }
}
