//! What would leave the machine, for people and for programs.

use serde_json::{Value, json};

use super::escape::terminal;
use super::json::pretty;
use super::words;
use crate::model::egress::Egress;

/// For people.
pub fn human(egress: &Egress) -> String {
    let mut out = String::new();
    let mut host = None;
    for ((instance, kind), parcel) in &egress.sent {
        if host != Some(instance) {
            out += &format!("{}\n", terminal(instance));
            host = Some(instance);
        }
        let tokens = words::count(parcel.tokens, "token");
        let requests = words::count(parcel.requests, "request");
        let used = if parcel.uses_token {
            "the token itself may be used"
        } else {
            "the token itself is not used"
        };
        let kind = kind.replace('_', " ");
        out += &format!("  {}: {tokens}, {requests} at most; {used}\n", terminal(&kind));
        parcel.routes.iter().for_each(|route| out += &format!("    {}\n", terminal(route)));
    }
    for ((kind, why), count) in &egress.kept {
        let secrets = words::count(*count, "secret");
        let kind = kind.replace('_', " ");
        out += &format!("not asked about {secrets} ({}): {}\n", terminal(&kind), terminal(why));
    }
    let requests = words::count(egress.requests(), "request");
    out + &format!(
        "Nothing was sent. Verifying would send {requests} at most, some of them up to three times \
         when answers are lost.\n"
    )
}

/// For programs.
pub fn document(egress: &Egress) -> String {
    let sent: Vec<Value> = egress
        .sent
        .iter()
        .map(|((instance, kind), parcel)| {
            json!({
                "instance": instance,
                "kind": kind,
                "tokens": parcel.tokens,
                "most_requests": parcel.requests,
                "questions": parcel.routes,
                "token_may_be_used": parcel.uses_token,
            })
        })
        .collect();
    let kept: Vec<Value> = egress
        .kept
        .iter()
        .map(|((kind, why), count)| json!({ "kind": kind, "reason": why, "secrets": count }))
        .collect();
    pretty(&json!({
        "type": "egress_plan",
        "schema": super::wire::SCHEMA,
        "sent": sent,
        "not_asked": kept,
        "most_requests": egress.requests(),
    }))
}
