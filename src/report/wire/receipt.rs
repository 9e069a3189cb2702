//! What came of revoking a token, as JSON has it. Part of the form whose version is
//! `super::SCHEMA`.

use serde::Serialize;

use crate::model::revocation::{Receipt, Way};

/// A request, without what it breaks.
#[derive(Debug, Serialize)]
pub(in crate::report) struct WireWay<'a> {
    method: &'static str,
    path: &'a str,
    credential: &'static str,
}

/// How it ended for one token. Whose receipt it is stands around it.
#[derive(Debug, Serialize)]
pub(in crate::report) struct WireReceipt<'a> {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    #[serde(flatten)]
    way: Option<WireWay<'a>>,
}

impl<'a> WireWay<'a> {
    /// The form of a request.
    pub(in crate::report) fn new(way: &'a Way) -> Self {
        Self { method: way.method, path: &way.path, credential: way.credential.word() }
    }
}

impl<'a> WireReceipt<'a> {
    /// The form of a receipt.
    pub(in crate::report) fn new(receipt: &'a Receipt) -> Self {
        Self {
            outcome: receipt.ending.word(),
            reason: receipt.reason.as_deref(),
            remedy: receipt.remedy.as_deref(),
            instance: receipt.instance.as_deref(),
            way: receipt.way.as_ref().map(WireWay::new),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::revocation::{Ending, Receipt};
    use crate::report::sample;
    use crate::report::wire::WireFinding;

    #[test]
    fn a_finding_carries_its_receipt() {
        let mut finding = sample::finding();
        let bare = json!(WireFinding::new(&finding, &sample::context()));
        assert_eq!(bare.get("receipt"), None);
        finding.receipt = Some(sample::receipt(&finding, Ending::Revoked));
        let value = json!(WireFinding::new(&finding, &sample::context()));
        let expected = json!({
            "outcome": "revoked",
            "instance": "https://gitlab.example.com",
            "method": "DELETE",
            "path": "/api/v4/admin/token",
            "credential": "operator",
        });
        assert_eq!(value["receipt"], expected);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let mut finding = sample::finding();
        let receipt = sample::receipt(&finding, Ending::Refused);
        let reason = Some("the journal cannot be written".into());
        finding.receipt = Some(Receipt { reason, instance: None, way: None, ..receipt });
        let value = json!(WireFinding::new(&finding, &sample::context()));
        let expected = json!({ "outcome": "refused", "reason": "the journal cannot be written" });
        assert_eq!(value["receipt"], expected);
    }
}
