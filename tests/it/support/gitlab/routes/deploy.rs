//! Deploy tokens, and the package route that tells whether one is live.

use super::super::answers::{Answer, json, no_content, not_found, paged, text, unauthorized};
use super::super::auth::{Call, Caller};
use super::super::http::Response;
use super::super::records::{DeployToken, Place};
use super::{number, views};

pub(super) fn route(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    Some(match (call.method(), parts) {
        ("GET", ["packages", "conan", "v1", "users", "check_credentials"]) => credentials(call),
        ("GET", ["deploy_tokens"]) => everywhere(call),
        ("GET", [kind @ ("projects" | "groups"), id, "deploy_tokens"]) => list(call, kind, id),
        ("GET", [kind @ ("projects" | "groups"), id, "deploy_tokens", token]) => {
            show(call, kind, id, token)
        }
        ("DELETE", [kind @ ("projects" | "groups"), id, "deploy_tokens", token]) => {
            delete(call, kind, id, token)
        }
        _ => return None,
    })
}

/// The password is looked up as every kind that opens packages; the user name is not looked at.
fn credentials(call: &mut Call<'_>) -> Answer {
    if !call.state.packages {
        return Err(not_found(""));
    }
    let basic = call.request.basic().map(|(_, password)| password);
    let header = call.request.header("deploy-token").map(str::to_owned);
    let secret = basic.or(header).ok_or_else(unauthorized)?;
    let state = &*call.state;
    let deploy = state
        .deploy_tokens
        .iter()
        .any(|it| it.token == secret && !it.revoked && !state.is_past(it.expires_at.as_deref()));
    let job = state.jobs.iter().any(|it| it.token == secret && it.running);
    if !deploy && !job {
        call.by_pat(&secret, &["api"])?;
    }
    Ok(text(200, "ok"))
}

fn active_only(call: &Call<'_>, token: &DeployToken) -> bool {
    let wanted = call.request.param("active").is_some_and(|it| it == "true");
    let active = !token.revoked && !call.state.is_past(token.expires_at.as_deref());
    active || !wanted
}

fn page<'a>(call: &'a Call<'_>, tokens: impl Iterator<Item = &'a DeployToken>) -> Response {
    let kept = tokens.filter(|it| active_only(call, it));
    let all = kept.map(|it| views::deploy_token(call.state, it)).collect();
    paged(call.request, &call.state.url, all)
}

fn everywhere(call: &mut Call<'_>) -> Answer {
    call.admin()?;
    Ok(page(call, call.state.deploy_tokens.iter()))
}

/// The place whose deploy tokens the caller may see.
fn place(call: &mut Call<'_>, kind: &str, id: &str) -> Result<(Caller, Place), Response> {
    let caller = call.member()?;
    let level = if kind == "groups" && call.method() == "DELETE" { 50 } else { 40 };
    let place = call.place(&caller, kind, id, level)?;
    Ok((caller, place))
}

fn list(call: &mut Call<'_>, kind: &str, id: &str) -> Answer {
    let (_, place) = place(call, kind, id)?;
    Ok(page(call, call.state.deploy_tokens.iter().filter(|it| it.place == place)))
}

fn position(call: &Call<'_>, place: Place, token: &str) -> Result<usize, Response> {
    let token = number(token)?;
    let at = call.state.deploy_tokens.iter().position(|it| it.id == token && it.place == place);
    at.ok_or_else(|| not_found("Deploy Token"))
}

fn show(call: &mut Call<'_>, kind: &str, id: &str, token: &str) -> Answer {
    let (_, place) = place(call, kind, id)?;
    let at = position(call, place, token)?;
    Ok(json(200, &views::deploy_token(call.state, &call.state.deploy_tokens[at])))
}

/// Unlike the administrator's API, this takes the record away.
fn delete(call: &mut Call<'_>, kind: &str, id: &str, token: &str) -> Answer {
    let (_, place) = place(call, kind, id)?;
    let at = position(call, place, token)?;
    call.state.deploy_tokens.remove(at);
    Ok(no_content())
}
