//! `gl-secret-detection-report.json`, schema 15.2.0, as GitLab's own analyzer writes it: rule ids
//! stand as `gitleaks_rule_id`, and a finding outside history carries the commit of HEAD.
//! `raw_source_code_extract` holds the token only when the operator asked to show secrets; GitLab
//! needs it there for validity checks and automatic revocation.

use serde_json::{Value, json};

use super::json::pretty;
use super::problems::problems;
use super::{Context, shown, when, words};
use crate::model::finding::{Finding, Outcome, Place, Severity};

/// The version of GitLab's schema.
const SCHEMA: &str = "15.2.0";

/// Writes a result for GitLab.
pub fn render(outcome: &Outcome, context: &Context) -> String {
    let tool = json!({
        "id": "stanch",
        "name": "stanch",
        "version": env!("CARGO_PKG_VERSION"),
        "vendor": { "name": "stanch" },
    });
    let coverage = &outcome.coverage;
    let messages: Vec<Value> = problems(coverage)
        .into_iter()
        .map(|problem| json!({ "level": "warn", "value": format!("incomplete: {problem}") }))
        .collect();
    let findings: Vec<Value> =
        outcome.findings.iter().map(|it| vulnerability(it, context)).collect();
    pretty(&json!({
        "version": SCHEMA,
        "vulnerabilities": findings,
        "scan": {
            "analyzer": tool,
            "scanner": tool,
            "start_time": when::without_zone(context.started),
            "end_time": when::without_zone(context.ended),
            "status": if coverage.complete() { "success" } else { "failure" },
            "type": "secret_detection",
            "messages": messages,
        },
    }))
}

fn vulnerability(finding: &Finding, context: &Context) -> Value {
    let rule = &finding.rule;
    let mut about = words::facts(&finding.facts);
    about.insert(0, words::evidence(finding));
    let description = format!("{} was found in the clear: {}.", rule.title, about.join("; "));
    let mut value = json!({
        "id": uuid(&finding.fingerprint),
        "category": "secret_detection",
        "name": rule.title,
        "description": description,
        "severity": severity(rule.severity),
        "solution": rule.remediation,
        "raw_source_code_extract": shown(finding, context),
        "identifiers": [{
            "type": "gitleaks_rule_id",
            "name": format!("Gitleaks rule ID {}", rule.id),
            "value": rule.id,
        }],
        "location": finding.first_place().map(|place| location(place, context)),
        "details": {
            "fingerprint": detail("Fingerprint", &finding.fingerprint),
            "evidence": detail("Evidence", finding.evidence.word()),
            "occurrences": detail("Occurrences", &finding.occurrences.to_string()),
        },
    });
    if finding.places.len() > 1 {
        let others: Vec<Value> = finding
            .places
            .iter()
            .skip(1)
            .map(|place| json!({ "type": "text", "name": "place", "value": place_text(place) }))
            .collect();
        value["details"]["places"] =
            json!({ "type": "list", "name": "Also found in", "items": others });
    }
    value
}

fn detail(name: &str, value: &str) -> Value {
    json!({ "type": "text", "name": name, "value": value })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "Info",
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}

fn location(place: &Place, context: &Context) -> Value {
    let origin = &place.origin;
    let path = origin.path().map_or_else(
        || origin.word().to_owned(),
        |path| String::from_utf8_lossy(path).into_owned(),
    );
    // Without a repository there is no commit; GitLab's schema wants one all the same.
    let sha = origin.commit().or(context.head).map_or_else(|| "0".repeat(40), |id| id.to_string());
    let mut commit = json!({ "sha": sha });
    if let Some(signature) = origin.signature() {
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (name, email) = (lossy(&signature.name), lossy(&signature.email));
        commit["author"] = json!(format!("{name} <{email}>"));
        commit["date"] = json!(when::rfc3339(signature.when));
    }
    json!({
        "file": path,
        "start_line": place.position.line,
        "end_line": place.position.line,
        "commit": commit,
    })
}

/// A place as one line of text: `history 3f2a…:path:line`.
fn place_text(place: &Place) -> String {
    let origin = &place.origin;
    let path = String::from_utf8_lossy(origin.path().unwrap_or_default()).into_owned();
    let commit = origin.commit().map_or_else(String::new, |id| format!("{id}:"));
    format!("{} {commit}{path}:{}", origin.word(), place.position.line)
}

/// GitLab wants ids that are unique in a report; those of its analyzers are UUIDs.
fn uuid(fingerprint: &str) -> String {
    let part = |from: usize, to: usize| fingerprint.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}
