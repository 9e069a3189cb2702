//! `gl-secret-detection-report.json`, schema 15.2.0, as GitLab's own analyzer writes it: rule ids
//! stand as `gitleaks_rule_id`, and a finding outside history carries the commit of HEAD.
//! `raw_source_code_extract` holds the token only when the operator asked to show secrets; GitLab
//! needs it there for validity checks and automatic revocation.

use serde_json::{Value, json};

use super::json::pretty;
use super::problems::{excluded, problems};
use super::{Context, shown, suppressed, when, words};
use crate::model::finding::{Finding, Outcome, Place, Severity};
use crate::model::provenance::{Change, Provenance};

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
    let problems = problems(coverage).into_iter();
    let problems = problems
        .map(|problem| json!({ "level": "warn", "value": format!("incomplete: {problem}") }));
    let known = excluded(coverage).into_iter().chain(suppressed::of(outcome));
    let known = known.map(|line| json!({ "level": "info", "value": line.trim_start() }));
    let shard = outcome.part.iter().map(|part| {
        let text = format!("shard {}: the other targets are read elsewhere", part.shard);
        json!({ "level": "info", "value": text })
    });
    let messages: Vec<Value> = problems.chain(known).chain(shard).collect();
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
        "severity": severity(finding.severity()),
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
            "occurrences": detail("Occurrences", &occurrences(finding)),
        },
    });
    let verdict = &finding.verdict;
    if let Some(text) = verdict.reason.as_deref().or(verdict.asked_with.map(|_| "")) {
        let separator = if text.is_empty() { "" } else { ": " };
        let text = format!("{}{separator}{text}", verdict.state.word().replace('_', " "));
        value["details"]["verdict"] = detail("Verdict", &text);
    }
    if let Some(receipt) = &finding.receipt {
        value["details"]["revocation"] = detail("Revocation", &words::receipt(receipt));
    }
    if let Some(provenance) = &finding.provenance {
        add_provenance(&mut value["details"], provenance);
    }
    if finding.places.len() > 1 {
        let others: Vec<String> = finding.places.iter().skip(1).map(place_text).collect();
        value["details"]["places"] = list("Also found in", "place", &others);
    }
    value
}

/// `2 places, 4 blobs, 2 paths`.
fn occurrences(finding: &Finding) -> String {
    let places = words::count(finding.occurrences, "place");
    let extent = finding.provenance.as_ref().and_then(words::extent);
    extent.map_or_else(|| places.clone(), |extent| format!("{places}, {extent}"))
}

/// How it came into the history, a detail for each part that is known.
fn add_provenance(details: &mut Value, provenance: &Provenance) {
    let changes =
        |changes: &[Change], count: u64| counted(changes.iter().map(change_text).collect(), count);
    let lossy = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    let refs = provenance.refs.iter().map(|name| lossy(name)).collect();
    let lists = [
        ("introduced", "Came in with", "commit", {
            changes(&provenance.introduced, provenance.introduced_count)
        }),
        ("removed", "Taken out in", "commit", {
            changes(&provenance.removed, provenance.removed_count)
        }),
        ("refs", "Branches and tags that hold it", "ref", counted(refs, provenance.refs_count)),
    ];
    for (key, name, item, texts) in lists {
        if !texts.is_empty() {
            details[key] = list(name, item, &texts);
        }
    }
    details["in_head"] = detail("Still in HEAD", if provenance.in_head { "yes" } else { "no" });
    details["exposure"] = detail("Exposure", words::exposure(provenance.exposure));
}

/// A list that says how many entries it has not kept.
fn counted(mut texts: Vec<String>, count: u64) -> Vec<String> {
    let more = count.saturating_sub(texts.len() as u64);
    if more > 0 {
        texts.push(format!("and {} more", words::number(more)));
    }
    texts
}

/// A change as one line of text: `3f2a… 2025-03-02T10:00:00+01:00 Name <address> path:line`.
fn change_text(change: &Change) -> String {
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut text = change.commit.to_string();
    if let Some(date) = when::rfc3339(change.author.when) {
        text += &format!(" {date}");
    }
    text += &format!(" {} <{}>", lossy(&change.author.name), lossy(&change.author.email));
    if let Some(path) = &change.path {
        let line = change.position.map(|position| format!(":{}", position.line));
        text += &format!(" {}{}", lossy(path), line.unwrap_or_default());
    }
    text
}

fn list(name: &str, item: &str, texts: &[String]) -> Value {
    let items: Vec<Value> = texts.iter().map(|text| detail(item, text)).collect();
    json!({ "type": "list", "name": name, "items": items })
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::render;
    use crate::model::finding::Finding;
    use crate::model::provenance::Exposure;
    use crate::model::revocation::Ending;
    use crate::report::sample;

    /// The report of one finding, held against GitLab's schema.
    fn report(finding: Finding) -> Value {
        let report = render(&sample::outcome(vec![finding]), &sample::context());
        let report: Value = serde_json::from_str(&report).expect("JSON");
        let mut schemas = boon::Schemas::new();
        let schema = "tests/schemas/gl-secret-detection-report-15.2.0.schema.json";
        let schema = boon::Compiler::new().compile(schema, &mut schemas).expect("a good schema");
        schemas.validate(&report, schema).expect("what GitLab accepts");
        report["vulnerabilities"][0]["details"].clone()
    }

    #[test]
    fn provenance_is_among_the_details() {
        let details = report(sample::finding());
        let came_in = format!(
            "{} 2025-03-02T10:00:00+01:00 Ann Example <ann@example.com> config/deploy.env:2",
            "11".repeat(20)
        );
        let expected = json!({
            "type": "list", "name": "Came in with",
            "items": [
                { "type": "text", "name": "commit", "value": came_in },
                { "type": "text", "name": "commit", "value": "and 2 more" },
            ],
        });
        assert_eq!(details["introduced"], expected);
        let taken_out = details["removed"]["items"][0]["value"].as_str().expect("a text");
        assert!(taken_out.ends_with("<ann@example.com> config/deploy.env"), "{taken_out}");
        assert_eq!(details["refs"]["items"].as_array().map(Vec::len), Some(5));
        assert_eq!(details["in_head"]["value"], "yes");
        assert_eq!(details["exposure"]["value"], "pushed");
        assert_eq!(details["occurrences"]["value"], "2 places, 4 blobs, 2 paths");
    }

    #[test]
    fn a_receipt_is_among_the_details() {
        let mut finding = sample::finding();
        finding.receipt = Some(sample::receipt(&finding, Ending::Revoked));
        let expected = json!({
            "type": "text", "name": "Revocation",
            "value": "revoked by DELETE /api/v4/admin/token with the operator's credential",
        });
        assert_eq!(report(finding)["revocation"], expected);
        assert_eq!(report(sample::finding()).get("revocation"), None);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let mut finding = sample::finding();
        let provenance = finding.provenance.as_mut().expect("its provenance");
        (provenance.introduced, provenance.introduced_count) = (Vec::new(), 0);
        (provenance.removed, provenance.removed_count) = (Vec::new(), 0);
        (provenance.refs, provenance.refs_count) = (Vec::new(), 0);
        (provenance.in_head, provenance.exposure) = (false, Exposure::Unreachable);
        let details = report(finding);
        assert_eq!(details.get("introduced").or(details.get("refs")), None);
        assert_eq!(details["in_head"]["value"], "no");
        let mut finding = sample::finding();
        finding.provenance = None;
        let details = report(finding);
        assert_eq!(details.get("in_head").or(details.get("exposure")), None);
        assert_eq!(details["occurrences"]["value"], "2 places");
    }
}
