//! The forms of a report as they are read. The same fields as those of `report::wire`, owned; what a
//! later version may add is passed over.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What every object says first.
#[derive(Debug, Deserialize)]
pub(super) struct Head {
    pub(super) r#type: String,
    #[serde(default)]
    pub(super) schema: Option<u64>,
}

/// A finding, reported or not.
#[derive(Debug, Deserialize)]
pub(super) struct WireFinding {
    pub(super) by: Option<String>,
    #[serde(default)]
    pub(super) marked: bool,
    pub(super) fingerprint: String,
    pub(super) rule: String,
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) severity: String,
    pub(super) evidence: String,
    pub(super) doubt: Option<String>,
    pub(super) secret: String,
    pub(super) token: WireToken,
    pub(super) verdict: WireVerdict,
    pub(super) receipt: Option<WireReceipt>,
    pub(super) occurrences: WireOccurrences,
    #[serde(default)]
    pub(super) introduced: Vec<WireChange>,
    pub(super) introduced_count: Option<u64>,
    #[serde(default)]
    pub(super) removed: Vec<WireChange>,
    #[serde(default)]
    pub(super) removed_count: u64,
    #[serde(default)]
    pub(super) in_head: bool,
    #[serde(default)]
    pub(super) refs: Vec<String>,
    #[serde(default)]
    pub(super) refs_count: u64,
    pub(super) exposure: Option<String>,
    pub(super) locations: Vec<WireLocation>,
    pub(super) remediation: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireToken {
    pub(super) prefix: String,
    pub(super) owner: BTreeMap<String, WireId>,
    pub(super) host: Option<String>,
    pub(super) expires: Option<String>,
    pub(super) key: Option<WireKey>,
    pub(super) client_id: Option<String>,
    pub(super) group_path: Option<String>,
    pub(super) preceded_by: Option<String>,
    pub(super) context_at: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum WireId {
    Number(u64),
    Word(String),
}

#[derive(Debug, Deserialize)]
pub(super) struct WireKey {
    pub(super) algorithm: Option<String>,
    pub(super) encrypted: bool,
    pub(super) fingerprint: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireVerdict {
    pub(super) state: String,
    pub(super) reason: Option<String>,
    pub(super) instance: Option<String>,
    pub(super) asked_with: Option<String>,
    #[serde(default)]
    pub(super) token_was_used: bool,
    pub(super) side_effect: Option<String>,
    #[serde(default)]
    pub(super) cached: bool,
    pub(super) what: Option<String>,
    pub(super) id: Option<u64>,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) user: WireUser,
    #[serde(default)]
    pub(super) scopes: Vec<String>,
    pub(super) created: Option<String>,
    pub(super) expires: Option<String>,
    pub(super) last_used: Option<String>,
    #[serde(default)]
    pub(super) last_used_from: Vec<String>,
    #[serde(default)]
    pub(super) reach: Vec<WireReach>,
    #[serde(default)]
    pub(super) reach_is_cut: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct WireUser {
    pub(super) id: Option<u64>,
    pub(super) username: Option<String>,
    pub(super) name: Option<String>,
    pub(super) bot: Option<bool>,
    pub(super) admin: Option<bool>,
    pub(super) state: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireReach {
    pub(super) place: String,
    pub(super) id: u64,
    pub(super) path: String,
    pub(super) access_level: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireReceipt {
    pub(super) outcome: String,
    pub(super) reason: Option<String>,
    pub(super) remedy: Option<String>,
    pub(super) instance: Option<String>,
    pub(super) method: Option<String>,
    pub(super) path: Option<String>,
    pub(super) credential: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireOccurrences {
    pub(super) places: u64,
    pub(super) blobs: u64,
    pub(super) paths: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireChange {
    pub(super) commit: String,
    pub(super) path: Option<String>,
    pub(super) path_base64: Option<String>,
    pub(super) line: Option<u64>,
    pub(super) column: Option<u64>,
    pub(super) author: String,
    pub(super) email: String,
    pub(super) date: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireLocation {
    pub(super) source: String,
    pub(super) repository: Option<String>,
    pub(super) path: Option<String>,
    pub(super) path_base64: Option<String>,
    #[serde(rename = "ref")]
    pub(super) ref_name: Option<String>,
    pub(super) line: u64,
    pub(super) column: u64,
    pub(super) commit: Option<String>,
    pub(super) object: Option<String>,
    pub(super) author: Option<String>,
    pub(super) email: Option<String>,
    pub(super) date: Option<String>,
}

/// The end of a report.
#[derive(Debug, Deserialize)]
pub(super) struct WireSummary {
    pub(super) complete: bool,
    pub(super) findings: u64,
    pub(super) weak: u64,
    pub(super) below_evidence: u64,
    pub(super) known: u64,
    pub(super) suppressed: WireSuppressed,
    pub(super) verify: Option<WireAsked>,
    pub(super) coverage: WireCoverage,
    pub(super) shard: Option<String>,
    pub(super) targets: Option<String>,
    pub(super) evidence: Option<String>,
    #[serde(default)]
    pub(super) known_fingerprints: Vec<String>,
    pub(super) key: Option<String>,
    pub(super) elapsed_ms: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireAsked {
    pub(super) requests: u64,
    pub(super) interrupted: bool,
    pub(super) not_reached: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireSuppressed {
    pub(super) file: Option<String>,
    pub(super) ignored: u64,
    pub(super) baseline: u64,
    pub(super) inline: u64,
    #[serde(default)]
    pub(super) own: u64,
    pub(super) live: u64,
    pub(super) which: Vec<WireSilenced>,
    pub(super) overruled: Vec<String>,
    pub(super) expired: Vec<WireEntry>,
    pub(super) unused: Vec<WireEntry>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireSilenced {
    pub(super) fingerprint: String,
    pub(super) kind: String,
    pub(super) by: String,
    pub(super) reason: Option<String>,
    pub(super) approved_by: Option<String>,
    pub(super) file: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireEntry {
    pub(super) line: usize,
    pub(super) fingerprint: String,
    pub(super) reason: String,
    pub(super) expires: Option<String>,
    pub(super) file: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireCoverage {
    pub(super) files: WireTally,
    pub(super) index: WireTally,
    pub(super) objects: WireTally,
    pub(super) stdin: WireTally,
    pub(super) skipped: Vec<WireNames>,
    pub(super) failed: Vec<WireNames>,
    pub(super) gaps: Vec<String>,
    pub(super) undone: Vec<WireUndone>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireTally {
    pub(super) read: u64,
    pub(super) bytes: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireNames {
    pub(super) reason: String,
    pub(super) count: u64,
    pub(super) names: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireUndone {
    pub(super) target: String,
    pub(super) reason: String,
}
