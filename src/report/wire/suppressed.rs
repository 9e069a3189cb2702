//! What is not reported since it is known, as JSON has it. Part of the form whose version is
//! `super::SCHEMA`.

use serde::Serialize;

use crate::model::suppressed::{Entry, Silenced, Suppressed};

/// How much was silenced by what, and what is to be said of the sayings themselves.
#[derive(Debug, Serialize)]
pub(in crate::report) struct WireSuppressed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    ignored: u64,
    baseline: u64,
    inline: u64,
    own: u64,
    live: u64,
    which: Vec<WireSilenced<'a>>,
    overruled: &'a [String],
    expired: Vec<WireEntry<'a>>,
    unused: Vec<WireEntry<'a>>,
}

#[derive(Debug, Serialize)]
struct WireSilenced<'a> {
    fingerprint: &'a str,
    kind: &'a str,
    by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct WireEntry<'a> {
    line: usize,
    fingerprint: &'a str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
}

impl<'a> WireSuppressed<'a> {
    /// The form of it.
    pub(in crate::report) fn new(suppressed: &'a Suppressed) -> Self {
        let silenced = |it: &'a Silenced| WireSilenced {
            fingerprint: &it.fingerprint,
            kind: &it.kind,
            by: it.by.word(),
            reason: it.reason.as_deref(),
            approved_by: it.approved_by.as_deref(),
            file: it.file.as_deref(),
        };
        let entry = |it: &'a Entry| WireEntry {
            line: it.line,
            fingerprint: &it.fingerprint,
            reason: &it.reason,
            expires: it.expires.as_deref(),
            file: it.file.as_deref(),
        };
        Self {
            file: suppressed.file.as_deref(),
            ignored: suppressed.ignored,
            baseline: suppressed.baseline,
            inline: suppressed.inline,
            own: suppressed.own,
            live: suppressed.live,
            which: suppressed.which.iter().map(silenced).collect(),
            overruled: &suppressed.overruled,
            expired: suppressed.expired.iter().map(entry).collect(),
            unused: suppressed.unused.iter().map(entry).collect(),
        }
    }
}
