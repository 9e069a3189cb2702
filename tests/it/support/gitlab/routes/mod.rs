//! Finds the route of a request. Each file below holds the routes of one part of the API.

mod admin;
mod agents;
mod ci;
mod deploy;
mod keys;
mod notes;
mod oauth;
mod outside;
mod pats;
mod resource;
mod runners;
mod users;
mod variables;
mod views;

use std::time::{Duration, Instant};

use serde_json::json;

use super::answers::{Answer, json, limits, no_route, too_many, unix_now};
use super::auth::Call;
use super::http::{Recorded, Response};
use super::state::State;

/// Finds an answer among the routes of one file.
type Routes = fn(&mut Call<'_>, &[&str]) -> Option<Answer>;

const API: &[Routes] = &[
    pats::route,
    users::route,
    resource::route,
    admin::route,
    runners::route,
    deploy::route,
    keys::route,
    ci::route,
    agents::route,
    variables::route,
    notes::route,
    oauth::route,
    general,
];

/// What an intact server says.
pub(super) fn answer(state: &mut State, request: &Recorded) -> Response {
    let Some(limit) = state.rate_limit else { return find(state, request) };
    let length = Duration::from_secs(limit.seconds);
    let (began, before) = state
        .window
        .filter(|(began, _)| began.elapsed() < length)
        .unwrap_or_else(|| (Instant::now(), 0));
    let observed = before + 1;
    state.window = Some((began, observed));
    // Rounded up: who comes back after `Retry-After` must be let in.
    let left = length.saturating_sub(began.elapsed()).as_secs() + 1;
    if observed > limit.requests {
        return too_many(limit.requests, observed, left);
    }
    limits(find(state, request), limit.requests, observed, unix_now() + left)
}

fn find(state: &mut State, request: &Recorded) -> Response {
    let segments = request.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let mut call = Call { request, state };
    let found = match parts.as_slice() {
        ["api", "v4", rest @ ..] => API.iter().find_map(|route| route(&mut call, rest)),
        all => outside::route(&mut call, all),
    };
    match found {
        Some(Ok(response) | Err(response)) => response,
        None => no_route(),
    }
}

fn general(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    match (call.method(), parts) {
        ("GET", ["version"]) => Some(version(call, false)),
        ("GET", ["metadata"]) => Some(version(call, true)),
        _ => None,
    }
}

fn version(call: &mut Call<'_>, everything: bool) -> Answer {
    call.caller(&["api", "read_api", "read_user"])?;
    let mut body = json!({ "version": call.state.version, "revision": "0123abcdef0" });
    if everything {
        body["kas"] = json!({ "enabled": true, "version": call.state.version });
        body["enterprise"] = json!(true);
    }
    Ok(json(200, &body))
}

/// An id in a path.
fn number(text: &str) -> Result<u64, Response> {
    text.parse().map_err(|_| json(400, &json!({ "error": "id is invalid" })))
}
