//! JSON: one object a line, or one document. The form of the objects is `super::wire`'s.

use serde::Serialize;

use super::wire::{SCHEMA, WireFinding, WireSummary};
use super::{Context, escape};
use crate::model::finding::Outcome;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    findings: Vec<WireFinding<'a>>,
    summary: WireSummary<'a>,
}

/// One object a line: the findings, then the summary.
pub fn lines(outcome: &Outcome, context: &Context) -> String {
    let mut text = String::new();
    for finding in &outcome.findings {
        text += &object(&WireFinding::new(finding, context));
        text.push('\n');
    }
    text += &object(&WireSummary::new(outcome));
    text.push('\n');
    text
}

/// The same as one document.
pub fn document(outcome: &Outcome, context: &Context) -> String {
    let document = Document {
        schema: SCHEMA,
        findings: outcome.findings.iter().map(|it| WireFinding::new(it, context)).collect(),
        summary: WireSummary::new(outcome),
    };
    pretty(&document)
}

/// An object on one line.
pub(super) fn object(value: &impl Serialize) -> String {
    escape::json(serde_json::to_string(value).unwrap_or_default())
}

/// A document for people to look at, too.
pub(super) fn pretty(value: &impl Serialize) -> String {
    escape::json(serde_json::to_string_pretty(value).unwrap_or_default()) + "\n"
}
