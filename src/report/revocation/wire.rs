//! The machine-readable form of a plan and its receipts, version 1: one object a line, or one
//! document. Documented in README.md.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::finding::Outcome;
use crate::model::revocation::{Ending, Receipt, Refusal, Revocation, Step, Way};
use crate::report::json::{object, pretty};
use crate::report::wire::{SCHEMA, WireReceipt, WireWay};

/// What every object but the document begins with.
#[derive(Debug, Serialize)]
struct Head<'a> {
    r#type: &'static str,
    schema: u32,
    plan: &'a str,
}

/// Which token.
#[derive(Debug, Serialize)]
struct WireToken<'a> {
    fingerprint: &'a str,
    kind: &'a str,
}

#[derive(Debug, Serialize)]
struct WireStep<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    token: WireToken<'a>,
    instance: &'a str,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    into: Option<&'a str>,
    #[serde(flatten)]
    way: WirePlanned<'a>,
    otherwise: Vec<WirePlanned<'a>>,
}

/// A request that is still to come, with what it breaks.
#[derive(Debug, Serialize)]
struct WirePlanned<'a> {
    #[serde(flatten)]
    way: WireWay<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    breaks: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct WireRefusal<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    token: WireToken<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct WireEnd<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    token: WireToken<'a>,
    #[serde(flatten)]
    receipt: WireReceipt<'a>,
}

#[derive(Debug, Serialize)]
struct WireSummary<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    applied: bool,
    steps: usize,
    refusals: usize,
    outcomes: BTreeMap<&'static str, u64>,
    dead: u64,
    unknown_here: u64,
    interrupted: bool,
    open_steps: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    journal: Option<WireJournal<'a>>,
    complete: bool,
}

#[derive(Debug, Serialize)]
struct WireJournal<'a> {
    path: &'a str,
    head: &'a str,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: u32,
    plan: &'a str,
    steps: Vec<WireStep<'a>>,
    refusals: Vec<WireRefusal<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipts: Option<Vec<WireEnd<'a>>>,
    summary: WireSummary<'a>,
}

/// One object a line: the steps, the refusals, the receipts if there are any, and the summary.
pub fn lines(outcome: &Outcome, revocation: &Revocation) -> String {
    let document = Document::new(outcome, revocation);
    let mut lines: Vec<String> = document.steps.iter().map(object).collect();
    lines.extend(document.refusals.iter().map(object));
    lines.extend(document.receipts.iter().flatten().map(object));
    lines.push(object(&document.summary));
    lines.join("\n") + "\n"
}

/// The same as one document.
pub fn document(outcome: &Outcome, revocation: &Revocation) -> String {
    pretty(&Document::new(outcome, revocation))
}

impl<'a> Document<'a> {
    fn new(outcome: &Outcome, revocation: &'a Revocation) -> Self {
        let head = |r#type| Head { r#type, schema: SCHEMA, plan: &revocation.plan };
        let step = |it| WireStep::new(head("step"), it);
        let refusal = |it| WireRefusal::new(head("refusal"), it);
        let receipt = |it| WireEnd::new(head("receipt"), it);
        let receipts = revocation.receipts.as_ref();
        Self {
            schema: SCHEMA,
            plan: &revocation.plan,
            steps: revocation.steps.iter().map(step).collect(),
            refusals: revocation.refusals.iter().map(refusal).collect(),
            receipts: receipts.map(|receipts| receipts.iter().map(receipt).collect()),
            summary: WireSummary::new(head("summary"), outcome, revocation),
        }
    }
}

impl<'a> WireStep<'a> {
    fn new(head: Head<'a>, step: &'a Step) -> Self {
        Self {
            head,
            token: WireToken { fingerprint: &step.fingerprint, kind: &step.kind },
            instance: &step.instance,
            action: step.action.word(),
            into: step.into.as_deref(),
            way: WirePlanned::new(&step.way),
            otherwise: step.otherwise.iter().map(WirePlanned::new).collect(),
        }
    }
}

impl<'a> WirePlanned<'a> {
    fn new(way: &'a Way) -> Self {
        Self { way: WireWay::new(way), breaks: way.breaks.as_deref() }
    }
}

impl<'a> WireRefusal<'a> {
    fn new(head: Head<'a>, refusal: &'a Refusal) -> Self {
        Self {
            head,
            token: WireToken { fingerprint: &refusal.fingerprint, kind: &refusal.kind },
            instance: refusal.instance.as_deref(),
            reason: &refusal.reason,
            remedy: refusal.remedy.as_deref(),
        }
    }
}

impl<'a> WireEnd<'a> {
    fn new(head: Head<'a>, receipt: &'a Receipt) -> Self {
        let token = WireToken { fingerprint: &receipt.fingerprint, kind: &receipt.kind };
        Self { head, token, receipt: WireReceipt::new(receipt) }
    }
}

impl<'a> WireSummary<'a> {
    fn new(head: Head<'a>, outcome: &Outcome, revocation: &'a Revocation) -> Self {
        let outcomes = Ending::ALL.map(|ending| (ending.word(), revocation.count(ending)));
        Self {
            head,
            applied: revocation.receipts.is_some(),
            steps: revocation.steps.len(),
            refusals: revocation.refusals.len(),
            outcomes: outcomes.into_iter().filter(|(_, count)| *count > 0).collect(),
            dead: revocation.dead,
            unknown_here: revocation.unknown_here,
            interrupted: revocation.interrupted,
            open_steps: revocation.open_steps,
            journal: revocation
                .journal
                .as_ref()
                .map(|it| WireJournal { path: &it.path, head: &it.head }),
            complete: outcome.coverage.complete(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{document, lines};
    use crate::model::revocation::{Ending, JournalNote, Receipt, Refusal, Revocation, Step, Way};
    use crate::model::verdict::AskedWith;
    use crate::report::sample;

    fn plan() -> Revocation {
        let itself = sample::way("DELETE", "/api/v4/personal_access_tokens/self");
        let itself = Way { credential: AskedWith::Token, ..itself };
        let breaks = Some("the role of its bot".into());
        let way = Way { breaks, ..sample::way("DELETE", "/api/v4/admin/token") };
        let step = sample::step(&sample::live(0xa1));
        Revocation {
            plan: "1a2b3c4d".to_owned(),
            steps: vec![Step { way, otherwise: vec![itself], ..step }],
            refusals: vec![Refusal {
                fingerprint: "b2".repeat(16),
                kind: "sample\u{1b}token".to_owned(),
                instance: None,
                reason: "it is protected".into(),
                remedy: None,
            }],
            dead: 2,
            unknown_here: 1,
            ..Revocation::default()
        }
    }

    const STEP: &str = r#"{"type":"step","schema":1,"plan":"1a2b3c4d","fingerprint":"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","kind":"sample_token","instance":"https://gitlab.example.com","action":"revoke","method":"DELETE","path":"/api/v4/admin/token","credential":"operator","breaks":"the role of its bot","otherwise":[{"method":"DELETE","path":"/api/v4/personal_access_tokens/self","credential":"token"}]}
"#;
    const REFUSAL: &str = r#"{"type":"refusal","schema":1,"plan":"1a2b3c4d","fingerprint":"b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2","kind":"sample\u001btoken","reason":"it is protected"}
"#;

    #[test]
    fn a_plan_is_steps_refusals_and_a_summary() {
        let summary = r#"{"type":"summary","schema":1,"plan":"1a2b3c4d","applied":false,"steps":1,"refusals":1,"outcomes":{},"dead":2,"unknown_here":1,"interrupted":false,"open_steps":0,"complete":true}
"#;
        let text = lines(&sample::outcome(Vec::new()), &plan());
        assert_eq!(text, [STEP, REFUSAL, summary].concat());
    }

    #[test]
    fn after_applying_there_are_receipts() {
        let mut revocation = plan();
        let receipt = sample::receipt(&sample::live(0xa1), Ending::StillLive);
        let reason = Some("it lives\nstill".into());
        revocation.receipts = Some(vec![Receipt { reason, ..receipt }]);
        revocation.journal = Some(JournalNote { path: "/j".to_owned(), head: "ff".to_owned() });
        (revocation.interrupted, revocation.open_steps) = (true, 3);
        let mut outcome = sample::outcome(Vec::new());
        outcome.coverage.gap("shallow clone");
        let receipt = r#"{"type":"receipt","schema":1,"plan":"1a2b3c4d","fingerprint":"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","kind":"sample_token","outcome":"still_live","reason":"it lives\nstill","instance":"https://gitlab.example.com","method":"DELETE","path":"/api/v4/admin/token","credential":"operator"}
"#;
        let summary = r#"{"type":"summary","schema":1,"plan":"1a2b3c4d","applied":true,"steps":1,"refusals":1,"outcomes":{"still_live":1},"dead":2,"unknown_here":1,"interrupted":true,"open_steps":3,"journal":{"path":"/j","head":"ff"},"complete":false}
"#;
        assert_eq!(lines(&outcome, &revocation), [STEP, REFUSAL, receipt, summary].concat());
    }

    #[test]
    fn the_document_holds_the_same_objects() {
        let outcome = sample::outcome(Vec::new());
        let mut revocation = plan();
        let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        let whole = |revocation: &Revocation| read(&document(&outcome, revocation));
        let objects = |revocation: &Revocation| -> Vec<Value> {
            lines(&outcome, revocation).lines().map(read).collect()
        };
        let of = objects(&revocation);
        let expected = json!({
            "schema": 1, "plan": "1a2b3c4d", "steps": [of[0]], "refusals": [of[1]],
            "summary": of[2],
        });
        assert_eq!(whole(&revocation), expected);
        revocation.receipts = Some(vec![sample::receipt(&sample::live(0xa1), Ending::Revoked)]);
        let of = objects(&revocation);
        assert_eq!(whole(&revocation)["receipts"], json!([of[2]]));
        assert_eq!(whole(&revocation)["summary"], of[3]);
        let empty = whole(&Revocation::default());
        assert_eq!([&empty["steps"], &empty["refusals"]], [&json!([]), &json!([])]);
        assert_eq!(empty.get("receipts"), None);
    }
}
