//! A finding for the tests of the writers: every part of it is set, and none looks like a token.

use std::sync::Arc;

use super::Context;
use crate::model::facts::Facts;
use crate::model::finding::{Evidence, Excerpt, Finding, Outcome, Place, RuleCard, Severity};
use crate::model::object::ObjectId;
use crate::model::origin::{Moment, Origin, Signature};
use crate::model::provenance::{Change, Exposure, Provenance};
use crate::model::revocation::{Action, Ending, Receipt, Refusal, Step, Way};
use crate::model::secret::Secret;
use crate::model::span::Position;
use crate::model::verdict::{AskedWith, State, Verdict};

/// Where the secret stands in its text.
const AT: Position = Position { line: 2, column: 14 };
/// The file that holds it.
const PATH: &[u8] = b"config/deploy.env";

/// An id of one byte, repeated.
pub(super) fn id(byte: u8) -> ObjectId {
    ObjectId::from_bytes(&[byte; 20]).expect("20 bytes")
}

fn ann(seconds: i64) -> Arc<Signature> {
    let when = Moment { seconds, offset_minutes: 60 };
    let (name, email) = (Box::from(*b"Ann Example"), Box::from(*b"ann@example.com"));
    Arc::new(Signature { when, name, email })
}

/// Came in on 2025-03-02 (1740906000 is 09:00:00 UTC), taken out on 2025-05-21, and still there.
pub(super) fn provenance() -> Provenance {
    let change = |seconds, byte, position| Change {
        author: ann(seconds),
        commit: id(byte),
        path: Some(Box::from(PATH)),
        position,
    };
    let refs = ["heads/main", "heads/next", "remotes/origin/main", "tags/v1", "tags/v2"];
    Provenance {
        introduced: vec![change(1_740_906_000, 0x11, Some(AT))],
        introduced_count: 3,
        removed: vec![change(1_747_818_000, 0x22, None)],
        removed_count: 1,
        in_head: true,
        refs: refs.iter().map(|name| format!("refs/{name}").into_bytes().into()).collect(),
        refs_count: 5,
        exposure: Exposure::Pushed,
        blobs: 4,
        paths: 2,
    }
}

/// The place in history that the provenance tells of, in this repository and at this path.
pub(super) fn history(repository: Option<&[u8]>, path: &[u8]) -> Place {
    let (author, commit, blob) = (ann(1_740_906_000), id(0x11), id(0x33));
    let origin = Origin::Commit { author, commit, path: Box::from(path), blob };
    Place { repository: repository.map(Arc::from), origin, position: AT }
}

/// A place in a file on disk.
pub(super) fn file() -> Place {
    Place { repository: None, origin: Origin::File { path: Box::from(PATH) }, position: AT }
}

/// A secret in a file and in history.
pub(super) fn finding() -> Finding {
    Finding {
        rule: Arc::new(RuleCard {
            id: "sample_rule".to_owned(),
            title: "Sample token".to_owned(),
            kind: "sample_token".to_owned(),
            severity: Severity::High,
            remediation: "Revoke it.".to_owned(),
        }),
        fingerprint: "0123456789abcdef".repeat(2),
        secret: Secret::new(*b"open sesame"),
        mask: None,
        hinted_at: None,
        evidence: Evidence::Shape,
        doubt: None,
        facts: Facts::default(),
        verdict: Verdict::default(),
        receipt: None,
        places: [file(), history(None, PATH)].into(),
        occurrences: 2,
        marked: false,
        excerpt: Some(Excerpt {
            before: "export TOKEN=".to_owned(),
            secret: "op****".to_owned(),
            after: String::new(),
        }),
        provenance: Some(provenance()),
    }
}

/// The instance that knows the tokens.
pub(super) const INSTANCE: &str = "https://gitlab.example.com";

/// A secret in one file alone, of which an instance says that it lives. The number makes its
/// fingerprint.
pub(super) fn live(number: u8) -> Finding {
    let instance = Some(INSTANCE.to_owned());
    Finding {
        fingerprint: format!("{number:02x}").repeat(16),
        verdict: Verdict { state: State::Live, instance, ..Verdict::default() },
        places: [file()].into(),
        occurrences: 1,
        provenance: None,
        ..finding()
    }
}

/// A request with the operator's credential.
pub(super) fn way(method: &'static str, path: &str) -> Way {
    Way { method, path: path.to_owned(), credential: AskedWith::Operator, breaks: None }
}

/// What is to be done about a secret: one request, and no other.
pub(super) fn step(finding: &Finding) -> Step {
    Step {
        fingerprint: finding.fingerprint.clone(),
        kind: finding.rule.kind.clone(),
        instance: INSTANCE.to_owned(),
        action: Action::Revoke,
        into: None,
        way: way("DELETE", "/api/v4/admin/token"),
        otherwise: Vec::new(),
    }
}

/// What came of it by that request.
pub(super) fn receipt(finding: &Finding, ending: Ending) -> Receipt {
    Receipt {
        fingerprint: finding.fingerprint.clone(),
        kind: finding.rule.kind.clone(),
        instance: Some(INSTANCE.to_owned()),
        ending,
        reason: None,
        remedy: None,
        way: Some(way("DELETE", "/api/v4/admin/token")),
    }
}

/// A secret that is not touched, and why.
pub(super) fn refusal(finding: &Finding, reason: &'static str) -> Refusal {
    Refusal {
        fingerprint: finding.fingerprint.clone(),
        kind: finding.rule.kind.clone(),
        instance: finding.verdict.instance.clone(),
        reason: reason.into(),
        remedy: None,
    }
}

/// A result with these findings.
pub(super) fn outcome(findings: Vec<Finding>) -> Outcome {
    Outcome { findings, ..Outcome::default() }
}

/// Neither secrets nor colours.
pub(super) fn context() -> Context {
    Context { show_secrets: false, colour: false, columns: 92, started: 0, ended: 0, head: None }
}
