//! JSON: one object a line, or one document. The form of the objects is `super::wire`'s.

use serde::Serialize;

use super::wire::{SCHEMA, WireFinding, WireSummary};
use super::{Context, escape};
use crate::model::finding::Outcome;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    findings: Vec<WireFinding<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreported: Vec<WireFinding<'a>>,
    summary: WireSummary<'a>,
}

/// One object a line: the findings, in a shard what is not reported, then the summary.
pub fn lines(outcome: &Outcome, context: &Context) -> String {
    let mut text = String::new();
    let findings = outcome.findings.iter().map(|it| WireFinding::new(it, context));
    for finding in findings.chain(unreported(outcome, context)) {
        text += &object(&finding);
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
        unreported: unreported(outcome, context).collect(),
        summary: WireSummary::new(outcome),
    };
    pretty(&document)
}

/// What a shard does not report and another may.
fn unreported<'a>(
    outcome: &'a Outcome,
    context: &'a Context,
) -> impl Iterator<Item = WireFinding<'a>> {
    let all = outcome.part.iter().flat_map(|part| &part.unreported);
    all.map(|it| WireFinding::unreported(it, context))
}

/// An object on one line.
pub(super) fn object(value: &impl Serialize) -> String {
    escape::json(serde_json::to_string(value).unwrap_or_default())
}

/// A document for people to look at, too.
pub(super) fn pretty(value: &impl Serialize) -> String {
    escape::json(serde_json::to_string_pretty(value).unwrap_or_default()) + "\n"
}
