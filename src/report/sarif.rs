//! SARIF 2.1.0 (OASIS), for code hosting services and editors. Every secret is one result; the
//! places after the first are related locations.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::json::pretty;
use super::problems::{excluded, problems};
use super::spot::{described, encoded, stand_in};
use super::wire::{WireOccurrences, WireProvenance, WireReceipt, WireSuppressed, WireVerdict};
use super::{Context, shown, when, words};
use crate::model::coverage::Coverage;
use crate::model::finding::{Finding, Outcome, Place, RuleCard, Severity};

/// Writes a result as SARIF.
pub fn render(outcome: &Outcome, context: &Context) -> String {
    let rules: BTreeMap<&str, &RuleCard> =
        outcome.findings.iter().map(|it| (it.rule.id.as_str(), &*it.rule)).collect();
    let index = |id: &str| rules.keys().position(|known| *known == id);
    let results: Vec<Value> = outcome
        .findings
        .iter()
        .map(|finding| result(finding, index(&finding.rule.id), context))
        .collect();
    pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "stanch",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation(&outcome.coverage, context)],
            "results": results,
            "properties": run_properties(outcome),
        }],
    }))
}

fn run_properties(outcome: &Outcome) -> Value {
    let mut properties = json!({
        "suppressed": WireSuppressed::new(&outcome.suppressed),
        "excluded": excluded(&outcome.coverage),
    });
    if let Some(part) = &outcome.part {
        properties["shard"] = json!(part.shard.to_string());
    }
    properties
}

fn descriptor(rule: &RuleCard) -> Value {
    json!({
        "id": rule.id,
        "name": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": format!("{} was found in the clear.", rule.title) },
        "help": { "text": rule.remediation },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "security-severity": security_severity(rule.severity),
            "tags": ["security", "secret", rule.kind],
        },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The score that code hosting services sort by, from 0 to 10.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}

fn result(finding: &Finding, rule: Option<usize>, context: &Context) -> Value {
    let mut about = words::facts(&finding.facts);
    about.insert(0, words::evidence(finding));
    let text = format!(
        "{}: {} ({}). {}",
        finding.rule.title,
        shown(finding, context),
        about.join("; "),
        finding.rule.remediation
    );
    let mut places = finding.places.iter();
    let first: Vec<Value> =
        places.next().map(|it| location(it, None, finding)).into_iter().collect();
    let others: Vec<Value> =
        (1..).zip(places).map(|(id, it)| location(it, Some(id), finding)).collect();
    let mut result = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rule,
        "level": level(finding.severity()),
        "message": { "text": text },
        "locations": first,
        "partialFingerprints": { "stanch/v1": finding.fingerprint },
        "properties": properties(finding),
    });
    if !others.is_empty() {
        result["relatedLocations"] = Value::Array(others);
    }
    result
}

/// What SARIF has no place for, under the names that JSON has for it.
fn properties(finding: &Finding) -> Value {
    let mut properties = json!({
        "kind": finding.rule.kind,
        "severity": finding.severity().word(),
        "evidence": finding.evidence.word(),
        "verdict": WireVerdict::new(&finding.verdict),
        "occurrences": WireOccurrences::new(finding),
    });
    if let Some(receipt) = &finding.receipt {
        properties["receipt"] = json!(WireReceipt::new(receipt));
    }
    let provenance = finding.provenance.as_ref().map(|it| json!(WireProvenance::new(it)));
    if let (Some(Value::Object(more)), Value::Object(all)) = (provenance, &mut properties) {
        all.extend(more);
    }
    properties
}

fn location(place: &Place, id: Option<usize>, finding: &Finding) -> Value {
    let position = place.position;
    let mut region = json!({ "startLine": position.line, "startColumn": position.column });
    if let (None, Some(excerpt)) = (id, &finding.excerpt) {
        let line = format!("{}{}{}", excerpt.before, excerpt.secret, excerpt.after);
        region["snippet"] = json!({ "text": line });
    }
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(place) },
            "region": region,
        },
        "message": { "text": described(place) },
    });
    if let Some(id) = id {
        location["id"] = json!(id);
    }
    location
}

/// A relative URI (RFC 3986): the path, percent-encoded; for a text without a path, a name.
fn uri(place: &Place) -> String {
    let stand_in = || stand_in(&place.origin).into_bytes();
    let name = place.origin.path().map_or_else(stand_in, <[u8]>::to_vec);
    encoded(&name)
}

fn invocation(coverage: &Coverage, context: &Context) -> Value {
    let notifications: Vec<Value> = problems(coverage)
        .into_iter()
        .map(|problem| json!({ "level": "error", "message": { "text": problem } }))
        .collect();
    json!({
        "executionSuccessful": coverage.complete(),
        "startTimeUtc": when::utc(context.started),
        "endTimeUtc": when::utc(context.ended),
        "toolExecutionNotifications": notifications,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::render;
    use crate::model::revocation::Ending;
    use crate::report::sample;

    #[test]
    fn a_receipt_is_among_the_properties() {
        let mut finding = sample::finding();
        finding.receipt = Some(sample::receipt(&finding, Ending::StillLive));
        let outcome = sample::outcome(vec![finding, sample::finding()]);
        let sarif: Value = serde_json::from_str(&render(&outcome, &sample::context())).expect("it");
        let receipt = |at: usize| sarif["runs"][0]["results"][at]["properties"].get("receipt");
        let expected = json!({
            "outcome": "still_live",
            "instance": "https://gitlab.example.com",
            "method": "DELETE",
            "path": "/api/v4/admin/token",
            "credential": "operator",
        });
        assert_eq!(receipt(0), Some(&expected));
        assert_eq!(receipt(1), None);
    }

    #[test]
    fn provenance_is_among_the_properties() {
        let mut bare = sample::finding();
        bare.provenance = None;
        let outcome = sample::outcome(vec![sample::finding(), bare]);
        let sarif: Value = serde_json::from_str(&render(&outcome, &sample::context())).expect("it");
        let properties = |at: usize| &sarif["runs"][0]["results"][at]["properties"];
        let it = properties(0);
        assert_eq!(it["introduced"][0]["commit"], "11".repeat(20));
        assert_eq!(it["exposure"], "pushed");
        assert_eq!(it["occurrences"], json!({ "places": 2, "blobs": 4, "paths": 2 }));
        assert_eq!(it["kind"], "sample_token");
        assert_eq!(properties(1)["occurrences"], json!({ "places": 2, "blobs": 0, "paths": 0 }));
        assert_eq!(properties(1).get("introduced"), None);
    }
}
