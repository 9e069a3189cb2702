//! The text of a report to a result. What is wrong with it is told by its line, never by quoting it.

use std::str::FromStr as _;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::read_finding::{reported, unreported};
use super::read_summary::summary;
use super::wire::{Head, WireSummary};
use super::{Rules, Wrong};
use crate::model::finding::{Finding, Outcome};
use crate::model::shard::Unreported;
use crate::report::wire::SCHEMA;

/// A report that was read, and the name by which people know it.
#[derive(Debug)]
pub struct Report {
    /// The name of its file.
    pub name: String,
    /// What it says.
    pub outcome: Outcome,
}

/// Nothing that begins otherwise can be a report.
const NOT_OURS: &str = "it is no JSON or JSONL report of stanch scan";
/// A report whose last line is missing.
const CUT: &str = "the report has no summary: it was cut off, and what was read is not known";

/// Reads a report, JSONL or one JSON document.
pub fn parse(text: &[u8], rules: &Rules) -> Result<Outcome, Wrong> {
    let text = std::str::from_utf8(text).map_err(|_| Wrong::whole(NOT_OURS))?;
    if text.trim_ascii().is_empty() {
        return Err(Wrong::whole("the report is empty: it was cut off, or nothing was written"));
    }
    // A document begins with a line that is no whole object, or has no type.
    let first = text.lines().next().unwrap_or_default();
    let is_lines = serde_json::from_str::<Head>(first).is_ok();
    if is_lines { lines(text, rules) } else { document(text, rules) }
}

/// What was read so far.
#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
    unreported: Vec<Unreported>,
}

fn lines(text: &str, rules: &Rules) -> Result<Outcome, Wrong> {
    let mut found = Found::default();
    let mut end = None;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let wrong = |what: String| Wrong { line: Some(number), what };
        if end.is_some() {
            return Err(wrong(
                "something comes after the summary; give each report by itself".into(),
            ));
        }
        let is_whole = line.ends_with('\n');
        let head: Head = read(line).map_err(|what| match is_whole {
            true => wrong(what),
            false => Wrong::whole(CUT),
        })?;
        check_schema(head.schema).map_err(wrong)?;
        match head.r#type.as_str() {
            "summary" => end = Some(read(line).map_err(wrong)?),
            word => found.add(word, line, rules).map_err(wrong)?,
        }
    }
    found.end(end.ok_or_else(|| Wrong::whole(CUT))?)
}

fn document(text: &str, rules: &Rules) -> Result<Outcome, Wrong> {
    let document = Value::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof if text.starts_with('{') => Wrong::whole(CUT),
        _ => Wrong::whole(NOT_OURS),
    })?;
    let schema = document.get("schema").and_then(Value::as_u64);
    let is_ours = document.get("findings").is_some_and(Value::is_array);
    if schema.is_none() || !is_ours {
        return Err(Wrong::whole(NOT_OURS));
    }
    check_schema(schema).map_err(Wrong::whole)?;
    let mut found = Found::default();
    for (list, word) in [("findings", "finding"), ("unreported", "unreported")] {
        let all = document.get(list).and_then(Value::as_array);
        for (number, value) in (1..).zip(all.into_iter().flatten()) {
            let added = found.add(word, &value.to_string(), rules);
            added.map_err(|what| Wrong::whole(format!("{word} {number}: {what}")))?;
        }
    }
    let end = document.get("summary").ok_or_else(|| Wrong::whole(CUT))?;
    found.end(read(&end.to_string()).map_err(Wrong::whole)?)
}

impl Found {
    /// Adds an object of this type.
    fn add(&mut self, word: &str, text: &str, rules: &Rules) -> Result<(), String> {
        match word {
            "finding" => self.findings.push(reported(read(text)?, rules)?),
            "unreported" => self.unreported.push(unreported(read(text)?, rules)?),
            "step" | "refusal" | "receipt" => {
                return Err("a plan of stanch revoke; reports of stanch scan can be merged".into());
            }
            _ => return Err("it is of no type that this version of stanch knows".into()),
        }
        Ok(())
    }

    fn end(self, end: WireSummary) -> Result<Outcome, Wrong> {
        if end.findings != self.findings.len() as u64 {
            let (said, there) = (end.findings, self.findings.len());
            return Err(Wrong::whole(format!(
                "the summary counts {said} findings and the report has {there}: it was cut or changed"
            )));
        }
        if end.shard.is_none() && !self.unreported.is_empty() {
            return Err(Wrong::whole("only the report of a shard lists what is not reported"));
        }
        let outcome = summary(end, self.unreported).map_err(Wrong::whole)?;
        Ok(Outcome { findings: self.findings, ..outcome })
    }
}

fn check_schema(schema: Option<u64>) -> Result<(), String> {
    match schema {
        Some(schema) if schema == u64::from(SCHEMA) => Ok(()),
        Some(schema) => {
            Err(format!("it is of schema {schema}; this version of stanch reads schema {SCHEMA}"))
        }
        None => Err(NOT_OURS.to_owned()),
    }
}

/// An object. What serde says of a mistake quotes what it has read, and is not repeated.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            format!("not of the form of schema {SCHEMA}: a field is missing or of another type")
        }
        _ => "no JSON object; the report was damaged".to_owned(),
    })
}
