//! Runners: what their own tokens can do, and what their owners can.

use serde_json::json;

use super::super::answers::{Answer, forbidden, json, message, no_content, not_found};
use super::super::auth::Call;
use super::super::http::Response;
use super::super::records::{Place, Runner};
use super::{number, views};

pub(super) fn route(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    Some(match (call.method(), parts) {
        ("GET", ["runners", "router", "discovery"]) => {
            if !call.state.router_discovery {
                return None;
            }
            discovery(call)
        }
        ("POST", ["runners"]) => register(call),
        ("DELETE", ["runners"]) => unregister(call),
        ("POST", ["runners", "verify"]) => verify(call),
        ("POST", ["runners", "reset_authentication_token"]) => reset_self(call),
        ("POST", ["runners", "reset_registration_token"]) => reset_instance_registration(call),
        ("POST", [kind @ ("projects" | "groups"), id, "runners", "reset_registration_token"]) => {
            reset_registration(call, kind, id)
        }
        ("GET", ["runners", id]) => show(call, id),
        ("DELETE", ["runners", id]) => delete(call, id),
        ("POST", ["runners", id, "reset_authentication_token"]) => reset_by_id(call, id),
        _ => return None,
    })
}

/// The place in the table of the runner that a token belongs to.
fn by_token(call: &Call<'_>, token: &str) -> Result<usize, Response> {
    let runners = &call.state.runners;
    let at = runners.iter().position(|it| it.token == token && !it.expired);
    let at = at.ok_or_else(forbidden)?;
    if !runners[at].orphaned {
        return Ok(at);
    }
    Err(if call.state.orphaned_answers_422 {
        message(422, "Runner is orphaned")
    } else {
        message(403, "403 Forbidden - Runner is orphaned")
    })
}

/// What every classic request of a runner leaves behind. Runners that were made in the web pages
/// count as contacted only once they ask for jobs.
fn heartbeat(call: &mut Call<'_>, at: usize) {
    let manager = call.request.param("system_id").unwrap_or_else(|| "<legacy>".to_owned());
    let now = call.state.now();
    let runner = &mut call.state.runners[at];
    if !runner.managers.contains(&manager) {
        runner.managers.push(manager);
    }
    if !runner.token.contains(&["glrt", "-"].concat()) {
        runner.contacted_at = Some(now);
    }
}

/// Tells a runner where its jobs come from, and leaves no trace.
fn discovery(call: &mut Call<'_>) -> Answer {
    let token = call.request.header("runner-token").unwrap_or_default();
    by_token(call, token)?;
    if call.state.router_answers_501 {
        return Err(message(501, "Job Router is not available"));
    }
    Ok(json(200, &json!({ "server_url": "wss://kas.example.com" })))
}

fn verify(call: &mut Call<'_>) -> Answer {
    let token = call.required("token")?;
    let at = by_token(call, &token)?;
    heartbeat(call, at);
    let runner = &call.state.runners[at];
    Ok(json(200, &json!({ "id": runner.id, "token": runner.token, "token_expires_at": null })))
}

/// Deletes the runner or, if the request names one, only a manager of it.
fn unregister(call: &mut Call<'_>) -> Answer {
    let token = call.required("token")?;
    let at = by_token(call, &token)?;
    match call.request.param("system_id") {
        Some(manager) => call.state.runners[at].managers.retain(|it| *it != manager),
        None => drop(call.state.runners.remove(at)),
    }
    Ok(no_content())
}

fn reset(call: &mut Call<'_>, at: usize) -> Answer {
    let token = call.state.mint_like(&call.state.runners[at].token.clone());
    call.state.runners[at].token.clone_from(&token);
    Ok(json(201, &json!({ "token": token, "token_expires_at": null })))
}

fn reset_self(call: &mut Call<'_>) -> Answer {
    let token = call.required("token")?;
    let at = by_token(call, &token)?;
    heartbeat(call, at);
    reset(call, at)
}

/// Registers a runner. Nothing but the validation of the timeout keeps a probe from making one.
fn register(call: &mut Call<'_>) -> Answer {
    let token = call.required("token")?;
    let found = call.state.registration_tokens.iter().find(|it| it.token == token);
    let place = found.map(|it| it.place);
    let place = place.ok_or_else(|| message(403, "403 Forbidden - invalid token supplied"))?;
    if !call.state.registration_enabled {
        return Err(message(410, "410 Gone - runner registration disallowed"));
    }
    let timeout = call.request.param("maximum_timeout").and_then(|it| it.parse::<u64>().ok());
    if timeout.is_some_and(|seconds| seconds < 600) {
        let reason = json!({ "maximum_timeout": ["needs to be at least 10 minutes"] });
        return Err(json(400, &json!({ "message": reason })));
    }
    let token = call.state.mint_like(&["glrtr", "-"].concat());
    let runner = call.state.runner(&token, place);
    Ok(json(201, &json!({ "id": runner.id, "token": token, "token_expires_at": null })))
}

fn reset_instance_registration(call: &mut Call<'_>) -> Answer {
    call.admin()?;
    replace_registration(call, Place::Instance)
}

fn reset_registration(call: &mut Call<'_>, kind: &str, id: &str) -> Answer {
    let caller = call.member()?;
    let level = if kind == "projects" { 40 } else { 50 };
    let place = call.place(&caller, kind, id, level)?;
    replace_registration(call, place)
}

fn replace_registration(call: &mut Call<'_>, place: Place) -> Answer {
    let prefix = if place == Place::Instance { "" } else { "GR1348941" };
    let token = [prefix, &call.state.mint_like("")].concat();
    call.state.registration_tokens.retain(|it| it.place != place);
    call.state.registration_token(&token, place);
    Ok(json(201, &json!({ "token": token, "token_expires_at": null })))
}

/// A runner that the caller may manage. Instance runners are the administrators' alone.
fn managed(call: &mut Call<'_>, id: &str) -> Result<usize, Response> {
    let reads = call.method() == "GET";
    let scopes: &[&str] =
        if reads { &["api", "read_api", "manage_runner"] } else { &["api", "manage_runner"] };
    let caller = call.caller(scopes)?;
    let id = number(id)?;
    let at = call.state.runners.iter().position(|it| it.id == id);
    let at = at.ok_or_else(|| not_found("Runner"))?;
    let Runner { place, .. } = call.state.runners[at];
    let needed = if matches!(place, Place::Group(_)) { 50 } else { 40 };
    let enough = call.state.level(caller.user_id, place) >= needed;
    if enough { Ok(at) } else { Err(message(403, "403 Forbidden - No access granted")) }
}

fn show(call: &mut Call<'_>, id: &str) -> Answer {
    let at = managed(call, id)?;
    Ok(json(200, &views::runner(call.state, &call.state.runners[at])))
}

fn delete(call: &mut Call<'_>, id: &str) -> Answer {
    let at = managed(call, id)?;
    call.state.runners.remove(at);
    Ok(no_content())
}

fn reset_by_id(call: &mut Call<'_>, id: &str) -> Answer {
    let at = managed(call, id)?;
    reset(call, at)
}
