//! The machine-readable form of a result, version 1: what JSON and JSONL hold. Separate from the
//! model, so that neither changes when the other does. Documented in README.md.

mod provenance;
mod receipt;
mod suppressed;
mod verdict;

use std::collections::BTreeMap;

use serde::Serialize;

pub(super) use provenance::{WireOccurrences, WireProvenance};
pub(super) use receipt::{WireReceipt, WireWay};
pub(super) use suppressed::WireSuppressed;
pub(super) use verdict::{WireAsked, WireVerdict};

use super::{Context, shown, when};
use crate::model::coverage::{Coverage, Names, Part};
use crate::model::facts::OwnerField;
use crate::model::finding::{Finding, Outcome, Place};
use crate::model::origin::Origin;
use crate::model::shard::Unreported;
use crate::model::suppressed::By;

/// The version of the form.
pub const SCHEMA: u32 = 1;

/// One finding.
#[derive(Debug, Serialize)]
pub struct WireFinding<'a> {
    r#type: &'static str,
    schema: u32,
    /// What has silenced it, of one that is not reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    marked: bool,
    fingerprint: &'a str,
    rule: &'a str,
    kind: &'a str,
    title: &'a str,
    severity: &'static str,
    evidence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<&'a str>,
    secret: String,
    token: WireToken<'a>,
    verdict: WireVerdict<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<WireReceipt<'a>>,
    occurrences: WireOccurrences,
    #[serde(flatten)]
    provenance: Option<WireProvenance>,
    locations: Vec<WireLocation>,
    remediation: &'a str,
}

/// What the token says of itself.
#[derive(Debug, Serialize)]
struct WireToken<'a> {
    prefix: String,
    owner: BTreeMap<&'static str, WireId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<WireKey<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preceded_by: Option<&'a str>,
    /// The number, from 0, of the location whose surroundings have told some of this.
    #[serde(skip_serializing_if = "Option::is_none")]
    context_at: Option<usize>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum WireId {
    Number(u64),
    Word(&'static str),
}

#[derive(Debug, Serialize)]
struct WireKey<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<&'a str>,
    encrypted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'a str>,
}

/// One place.
#[derive(Debug, Serialize)]
struct WireLocation {
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The bytes of a path that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    ref_name: Option<String>,
    line: u64,
    column: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
}

/// The end of a result.
#[derive(Debug, Serialize)]
pub struct WireSummary<'a> {
    r#type: &'static str,
    schema: u32,
    complete: bool,
    findings: usize,
    weak: u64,
    below_evidence: u64,
    known: u64,
    suppressed: WireSuppressed<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verify: Option<WireAsked>,
    coverage: WireCoverage,
    /// Of one shard, with the weakest evidence that it reports and what was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'static str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    known_fingerprints: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    elapsed_ms: u128,
}

#[derive(Debug, Serialize)]
struct WireCoverage {
    #[serde(flatten)]
    read: BTreeMap<&'static str, WireTally>,
    skipped: Vec<WireNames>,
    failed: Vec<WireNames>,
    gaps: Vec<String>,
    undone: Vec<WireUndone>,
}

#[derive(Debug, Serialize)]
struct WireTally {
    read: u64,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct WireNames {
    reason: String,
    count: u64,
    names: Vec<String>,
}

#[derive(Debug, Serialize)]
struct WireUndone {
    target: String,
    reason: String,
}

impl<'a> WireFinding<'a> {
    /// The form of a finding.
    pub fn new(finding: &'a Finding, context: &Context) -> Self {
        Self {
            r#type: "finding",
            schema: SCHEMA,
            by: None,
            marked: false,
            fingerprint: &finding.fingerprint,
            rule: &finding.rule.id,
            kind: &finding.rule.kind,
            title: &finding.rule.title,
            severity: finding.severity().word(),
            evidence: finding.evidence.word(),
            doubt: finding.doubt.as_deref(),
            secret: shown(finding, context),
            token: WireToken::new(finding),
            verdict: WireVerdict::new(&finding.verdict),
            receipt: finding.receipt.as_ref().map(WireReceipt::new),
            occurrences: WireOccurrences::new(finding),
            provenance: finding.provenance.as_ref().map(WireProvenance::new),
            locations: finding.places.iter().map(WireLocation::new).collect(),
            remediation: &finding.rule.remediation,
        }
    }
}

impl<'a> WireFinding<'a> {
    /// The form of a finding that is not reported.
    pub fn unreported(unreported: &'a Unreported, context: &Context) -> Self {
        let by = unreported.by.map(By::word);
        let marked = unreported.finding.marked;
        Self { r#type: "unreported", by, marked, ..Self::new(&unreported.finding, context) }
    }
}

impl<'a> WireToken<'a> {
    fn new(finding: &'a Finding) -> Self {
        let facts = &finding.facts;
        // A place that is not listed comes after those that are.
        let number = |hinted: &Place| finding.places.iter().take_while(|it| *it < hinted).count();
        let id = |(field, &id): (&OwnerField, &u64)| {
            let value = match (field, id) {
                (OwnerField::RunnerType, 1) => WireId::Word("instance"),
                (OwnerField::RunnerType, 2) => WireId::Word("group"),
                (OwnerField::RunnerType, 3) => WireId::Word("project"),
                _ => WireId::Number(id),
            };
            (field.word(), value)
        };
        Self {
            prefix: lossy(&facts.prefix),
            owner: facts.owner.iter().map(id).collect(),
            host: facts.host.as_deref(),
            expires: facts.expires.and_then(when::utc),
            key: facts.key.as_ref().map(|key| WireKey {
                algorithm: key.algorithm.as_deref(),
                encrypted: key.encrypted,
                fingerprint: key.fingerprint.as_deref(),
            }),
            client_id: facts.client_id.as_deref(),
            group_path: facts.group_path.as_deref(),
            preceded_by: facts.preceded_by.as_deref(),
            context_at: finding.hinted_at.as_ref().map(number),
        }
    }
}

impl WireLocation {
    fn new(place: &Place) -> Self {
        let origin = &place.origin;
        let path = origin.path();
        let signature = origin.signature();
        Self {
            source: origin.word(),
            repository: place.repository.as_deref().map(lossy),
            path: path.map(lossy),
            path_base64: path.and_then(base64),
            ref_name: match origin {
                Origin::RefName { name } => Some(lossy(name)),
                _ => None,
            },
            line: place.position.line,
            column: place.position.column,
            commit: origin.commit().map(|id| id.to_string()),
            object: origin.object().map(|id| id.to_string()),
            author: signature.map(|signature| lossy(&signature.name)),
            email: signature.map(|signature| lossy(&signature.email)),
            date: signature.and_then(|signature| when::rfc3339(signature.when)),
        }
    }
}

impl<'a> WireSummary<'a> {
    /// The form of a result's end.
    pub fn new(outcome: &'a Outcome) -> Self {
        Self {
            r#type: "summary",
            schema: SCHEMA,
            complete: outcome.coverage.complete(),
            findings: outcome.findings.len(),
            weak: outcome.left_out.weak,
            below_evidence: outcome.left_out.below,
            known: outcome.left_out.known,
            suppressed: WireSuppressed::new(&outcome.suppressed),
            verify: outcome.asked.map(|asked| WireAsked::new(asked, &outcome.findings)),
            coverage: WireCoverage::new(&outcome.coverage),
            shard: outcome.part.as_ref().map(|it| it.shard.to_string()),
            targets: outcome
                .part
                .as_ref()
                .map(|it| it.targets.as_str())
                .filter(|it| !it.is_empty()),
            evidence: outcome.part.as_ref().map(|it| it.evidence.word()),
            known_fingerprints: outcome.part.as_ref().map_or(&[], |it| &it.known),
            key: outcome.key_mark.as_deref(),
            elapsed_ms: outcome.elapsed.as_millis(),
        }
    }
}

impl WireCoverage {
    fn new(coverage: &Coverage) -> Self {
        let names = |reason: &str, names: &Names| WireNames {
            reason: reason.to_owned(),
            count: names.count,
            names: names.kept.iter().map(|name| lossy(name)).collect(),
        };
        let tally = |part: Part| {
            let tally = coverage.tally(part);
            (part.word(), WireTally { read: tally.count, bytes: tally.bytes })
        };
        let undone = |(target, reason): (&[u8], &str)| WireUndone {
            target: lossy(target),
            reason: reason.to_owned(),
        };
        Self {
            read: Part::ALL.into_iter().map(tally).collect(),
            skipped: coverage.skipped().map(|(why, which)| names(why.words(), which)).collect(),
            failed: coverage.failed().map(|(why, which)| names(why, which)).collect(),
            gaps: coverage.gaps().map(str::to_owned).collect(),
            undone: coverage.undone_targets().map(undone).collect(),
        }
    }
}

/// The bytes of a text that is not UTF-8 and so cannot be told from [`lossy`] alone.
fn base64(bytes: &[u8]) -> Option<String> {
    use base64::Engine as _;
    let lost = std::str::from_utf8(bytes).is_err();
    lost.then(|| base64::prelude::BASE64_STANDARD.encode(bytes))
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
