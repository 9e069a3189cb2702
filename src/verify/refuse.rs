//! What is never sent anywhere, and why. Pure.

use super::Options;
use crate::model::finding::{Evidence, Finding};
use crate::model::verdict::Verdict;

/// The verdict on a secret that nobody may be asked about.
pub fn refuse(finding: &Finding, options: &Options) -> Option<Verdict> {
    let secret = &finding.secret;
    if options.own.contains(secret) {
        return Some(Verdict::not_asked("it is the credential that stanch itself uses here"));
    }
    let is_key = finding.facts.key.is_some();
    if !is_key && !secret.expose().iter().all(u8::is_ascii_graphic) {
        return Some(Verdict::not_asked("it holds characters that no token has"));
    }
    if finding.evidence == Evidence::Weak {
        let doubt = finding.doubt.as_deref().unwrap_or("it does not look whole");
        return Some(Verdict::not_asked(format!("weak evidence: {doubt}")));
    }
    if finding.facts.expires.is_some_and(|expires| expires <= options.now) {
        return Some(Verdict::not_asked("it says of itself that its time is over"));
    }
    None
}
