//! Writers: a result goes in, bytes of one format come out. Each is a function of its input; no
//! clock, no files, no terminal.

pub mod blocked;
pub mod codequality;
mod command;
pub mod egress;
pub mod escape;
pub mod gitlab;
pub mod human;
pub mod json;
pub mod junit;
mod layout;
mod markup;
pub mod note;
pub mod problems;
mod provenance;
pub mod revocation;
pub mod sarif;
pub mod shell;
mod spot;
pub mod suppressed;
mod verdict;
pub mod when;
pub mod wire;
pub mod words;

use crate::model::finding::{Finding, Outcome};
use crate::model::object::ObjectId;
use crate::model::secret::mask;

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// SARIF 2.1.0.
    Sarif,
    /// `gl-secret-detection-report.json`, schema 15.2.0.
    Gitlab,
    /// `gl-code-quality-report.json`, for GitLab's Code Quality widget.
    CodeQuality,
    /// JUnit XML, for GitLab's test summary.
    Junit,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 7] = [
        Self::Human,
        Self::Json,
        Self::Jsonl,
        Self::Sarif,
        Self::Gitlab,
        Self::CodeQuality,
        Self::Junit,
    ];

    /// The word for it on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Sarif => "sarif",
            Self::Gitlab => "gitlab",
            Self::CodeQuality => "codequality",
            Self::Junit => "junit",
        }
    }

    /// The inverse of [`Format::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.word() == word)
    }
}

/// What a report says beside the result.
#[derive(Clone, Debug)]
pub struct Context {
    /// True when the operator asked to see secrets.
    pub show_secrets: bool,
    /// True when the human report may use colours.
    pub colour: bool,
    /// At which column the human report breaks lines.
    pub columns: usize,
    /// When the scan began, in seconds since 1970.
    pub started: i64,
    /// When it ended.
    pub ended: i64,
    /// The commit that HEAD points to, for formats that want a commit for every finding.
    pub head: Option<ObjectId>,
}

/// Writes a result in a format.
pub fn render(format: Format, outcome: &Outcome, context: &Context) -> Vec<u8> {
    let text = match format {
        Format::Human => human::render(outcome, context),
        Format::Json => json::document(outcome, context),
        Format::Jsonl => json::lines(outcome, context),
        Format::Sarif => sarif::render(outcome, context),
        Format::Gitlab => gitlab::render(outcome, context),
        Format::CodeQuality => codequality::render(outcome, context),
        Format::Junit => junit::render(outcome, context),
    };
    text.into_bytes()
}

/// The secret of a finding as this report may show it.
fn shown(finding: &Finding, context: &Context) -> String {
    if context.show_secrets && finding.mask.is_none() {
        String::from_utf8_lossy(finding.secret.expose()).into_owned()
    } else {
        masked(finding)
    }
}

/// The mask of a finding's secret.
fn masked(finding: &Finding) -> String {
    let made = || mask(finding.secret.expose(), finding.facts.prefix.len());
    finding.mask.clone().unwrap_or_else(made)
}

#[cfg(test)]
mod sample;
