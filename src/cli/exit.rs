//! The exit code, as a type.

use std::process::ExitCode;

use super::args::FailOn;
use crate::model::finding::{Finding, Outcome};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing found, and everything was read.
    Clean,
    /// Something was found.
    Found,
    /// The work could not be done.
    Failed,
    /// Nothing found, but not everything could be read.
    Incomplete,
}

impl Exit {
    /// The end that a result stands for. A finding counts for more than what went wrong beside it.
    pub fn of(outcome: &Outcome, fail_on: FailOn) -> Self {
        let counts = |finding: &Finding| match fail_on {
            FailOn::Any => true,
            FailOn::Live => finding.verdict.may_live(),
            FailOn::None => false,
        };
        if outcome.findings.iter().any(counts) {
            Self::Found
        } else if outcome.coverage.undone_targets().next().is_some() {
            Self::Failed
        } else if !outcome.coverage.complete() {
            Self::Incomplete
        } else {
            Self::Clean
        }
    }

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Found => 1,
            Self::Failed => 2,
            Self::Incomplete => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
