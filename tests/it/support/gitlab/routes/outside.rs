//! What GitLab answers outside of its API: feeds, OAuth and SCIM.

use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::Sha256;

use super::super::answers::{Answer, text};
use super::super::auth::Call;
use super::super::http::Response;
use super::oauth;

pub(super) fn route(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    Some(match (call.method(), parts) {
        ("POST", ["oauth", "token"]) => oauth::token(call),
        ("POST", ["oauth", "revoke"]) => oauth::revoke(call),
        ("GET", ["oauth", "token", "info"]) => oauth::info(call),
        ("GET", ["api", "scim", "v2", "application", "Users"]) => scim(call, None),
        ("GET", ["api", "scim", "v2", "groups", group @ .., "Users"]) => {
            scim(call, Some(&group.join("/")))
        }
        ("GET", [.., last]) if last.ends_with(".atom") || last.ends_with(".ics") => feed(call),
        _ => return None,
    })
}

fn feed(call: &Call<'_>) -> Answer {
    let token = call.request.param("feed_token").or_else(|| call.request.param("rss_token"));
    let token = token.unwrap_or_default();
    let known =
        |own: &str, user: u64| own == token || bound(own, user, &call.request.path) == token;
    let mut tokens = call.state.feed_tokens.iter();
    if !tokens.any(|it| known(&it.token, it.user_id) && !call.state.is_blocked(it.user_id)) {
        let words = "You need to sign in or sign up before continuing.";
        return Err(Response::new(401, "application/atom+xml", words));
    }
    let feed = "<?xml version=\"1.0\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\
                <title>An issue with a private title</title></feed>\n";
    Ok(Response::new(200, "application/atom+xml; charset=utf-8", feed))
}

/// The form of a feed token that opens one path only.
fn bound(own: &str, user: u64, path: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(own.as_bytes()).expect("any key will do");
    mac.update(path.as_bytes());
    let digest = mac.finalize().into_bytes();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    ["glft", "-", &hex, "-", &user.to_string()].concat()
}

/// A list of people: whoever only wanted to know whether the token is live must drop it.
fn scim(call: &Call<'_>, group: Option<&str>) -> Answer {
    let kind = "application/scim+json";
    let token = call.request.bearer();
    let mut tokens = call.state.scim_tokens.iter();
    let found = tokens.any(|it| Some(it.token.as_str()) == token && it.group.as_deref() == group);
    if !found {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "detail": "Invalid token",
            "status": 401,
        });
        return Err(Response::new(401, kind, body.to_string()));
    }
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 1,
        "itemsPerPage": 1,
        "startIndex": 1,
        "Resources": [{ "id": "1", "emails": [{ "value": "private.person@example.com" }] }],
    });
    Ok(Response::new(200, kind, body.to_string()))
}
