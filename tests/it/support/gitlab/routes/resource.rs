//! Projects and groups, their access tokens, and the revocation of any token in a group.

use serde_json::{Value, json};

use super::super::answers::{
    Answer, forbidden, json, message, no_content, not_found, paged, unauthorized,
};
use super::super::auth::{Call, Caller};
use super::super::http::Response;
use super::super::records::{Pat, Place};
use super::super::state::is_below;
use super::{number, pats, views};

pub(super) fn route(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    let [kind @ ("projects" | "groups"), id, rest @ ..] = parts else { return None };
    Some(match (call.method(), rest) {
        ("GET", []) => show_place(call, kind, id),
        ("GET", ["access_tokens"]) => list(call, kind, id),
        ("GET", ["access_tokens", token]) => show(call, kind, id, token),
        ("DELETE", ["access_tokens", token]) => revoke(call, kind, id, token),
        ("POST", ["access_tokens", "self", "rotate"]) => rotate_self(call, kind, id),
        ("POST", ["access_tokens", token, "rotate"]) => rotate(call, kind, id, token),
        ("POST", ["tokens", "revoke"]) if *kind == "groups" => revoke_any(call, id),
        ("DELETE", ["service_accounts", user, "personal_access_tokens", token]) => {
            revoke_of_service_account(call, kind, id, (user, token))
        }
        _ => return None,
    })
}

fn show_place(call: &mut Call<'_>, kind: &str, id: &str) -> Answer {
    let caller = call.member()?;
    let place = call.place(&caller, kind, id, 10)?;
    let (mut view, needed) = match place {
        Place::Project(id) => (views::project(call.state, id), 40),
        Place::Group(id) => (views::group(call.state, id), 50),
        Place::Instance => (Value::Null, 50),
    };
    // Whoever may manage the place sees by which token its runners are registered.
    let token = call.state.registration_tokens.iter().find(|it| it.place == place);
    if let Some(token) = token.filter(|_| call.state.level(caller.user_id, place) >= needed) {
        view["runners_token"] = json!(token.token);
    }
    Ok(json(200, &view))
}

/// The place whose tokens the caller may manage. Who may not is told 401, not 403.
fn managed(call: &Call<'_>, caller: &Caller, kind: &str, id: &str) -> Result<Place, Response> {
    let place = call.place(caller, kind, id, 10)?;
    let needed = if kind == "projects" { 40 } else { 50 };
    let enough = call.state.level(caller.user_id, place) >= needed;
    if enough { Ok(place) } else { Err(unauthorized()) }
}

/// True when the token's bot was made for this place.
fn belongs(call: &Call<'_>, pat: &Pat, place: Place) -> bool {
    let own = match place {
        Place::Project(id) => format!("project_{id}_bot"),
        Place::Group(id) => format!("group_{id}_bot"),
        Place::Instance => return false,
    };
    let user = call.state.find_user(pat.user_id);
    user.is_some_and(|user| {
        let rest = user.username.strip_prefix(&own);
        user.bot && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    })
}

fn list(call: &mut Call<'_>, kind: &str, id: &str) -> Answer {
    let caller = call.member()?;
    let place = managed(call, &caller, kind, id)?;
    let own = call.state.pats.iter().filter(|pat| belongs(call, pat, place));
    let all = pats::kept(call, own).map(|pat| views::resource_pat(call.state, pat, place));
    Ok(paged(call.request, &call.state.url, all.collect()))
}

fn one(
    call: &mut Call<'_>,
    kind: &str,
    id: &str,
    token: &str,
) -> Result<(Caller, Place, Pat), Response> {
    let caller = call.member()?;
    let place = managed(call, &caller, kind, id)?;
    let found = call.state.pat_by_id(number(token)?).cloned();
    let pat = found.filter(|pat| belongs(call, pat, place)).ok_or_else(|| {
        let kind = kind.trim_end_matches('s');
        not_found(&format!("Could not find {kind} access token with token_id: {token}"))
    })?;
    Ok((caller, place, pat))
}

fn show(call: &mut Call<'_>, kind: &str, id: &str, token: &str) -> Answer {
    let (_, place, pat) = one(call, kind, id, token)?;
    let mut view = views::resource_pat(call.state, &pat, place);
    view["last_used_ips"] = json!(pat.last_used_ips);
    Ok(json(200, &view))
}

fn revoke(call: &mut Call<'_>, kind: &str, id: &str, token: &str) -> Answer {
    let (_, _, pat) = one(call, kind, id, token)?;
    pats::kill(call, pat.id);
    Ok(no_content())
}

fn rotate(call: &mut Call<'_>, kind: &str, id: &str, token: &str) -> Answer {
    let (caller, _, pat) = one(call, kind, id, token)?;
    let is_bot = call.state.find_user(caller.user_id).is_some_and(|user| user.bot);
    if is_bot && caller.user_id != pat.user_id {
        return Err(unauthorized());
    }
    pats::rotate(call, pat.id)
}

fn rotate_self(call: &mut Call<'_>, kind: &str, id: &str) -> Answer {
    let caller = call.caller(&["api", "self_rotate"])?;
    let refusal = || message(405, "405 Method Not Allowed");
    let place = call.place(&caller, kind, id, 10)?;
    let pat = caller.pat_id.and_then(|id| call.state.pat_by_id(id).cloned());
    let pat = pat.filter(|pat| belongs(call, pat, place)).ok_or_else(refusal)?;
    pats::rotate(call, pat.id)
}

/// The path and what it names are checked, whoever owns the group.
fn revoke_of_service_account(
    call: &mut Call<'_>,
    kind: &str,
    id: &str,
    (user, token): (&str, &str),
) -> Answer {
    let caller = call.member()?;
    let place = call.place(&caller, kind, id, 50)?;
    let path = call.state.path_of(place).unwrap_or_default();
    if kind != "groups" || path.contains('/') {
        return Err(not_found("Group"));
    }
    let (user, token) = (number(user)?, number(token)?);
    let account = call.state.find_user(user).filter(|user| user.service_account);
    account.ok_or_else(|| not_found("User"))?;
    let found = call.state.pat_by_id(token).filter(|pat| pat.user_id == user);
    let id = found.ok_or_else(|| not_found("Personal Access Token"))?.id;
    pats::kill(call, id);
    Ok(no_content())
}

/// Revokes whatever the token is, if it belongs to the group or to one of its members. Every
/// failure looks the same, so that nobody can try out tokens here.
fn revoke_any(call: &mut Call<'_>, id: &str) -> Answer {
    let caller = call.member()?;
    if !call.state.group_tokens_revoke {
        return Err(not_found(""));
    }
    let place = call.place(&caller, "groups", id, 10)?;
    if call.state.level(caller.user_id, place) < 50 {
        return Err(forbidden());
    }
    let path = call.state.path_of(place).unwrap_or_default();
    if path.contains('/') {
        return Err(message(400, "400 Bad request"));
    }
    let token = call.required("token")?;
    let refusal = || message(422, "422 Unprocessable Entity");
    let view = revoke_pat(call, &path, &token)
        .or_else(|| revoke_deploy_token(call, &path, &token))
        .or_else(|| reset_feed_token(call, &path, &token));
    Ok(json(200, &view.ok_or_else(refusal)?))
}

/// True when the user is a member of the group, or of anything inside it.
fn is_within(call: &Call<'_>, path: &str, user_id: u64) -> bool {
    let inside = |its: &str| its == path || is_below(its, path);
    let has = |members: &[(u64, u64)]| members.iter().any(|(id, _)| *id == user_id);
    call.state.groups.iter().any(|it| inside(&it.path) && has(&it.members))
        || call.state.projects.iter().any(|it| inside(&it.path) && has(&it.members))
}

fn revoke_pat(call: &mut Call<'_>, path: &str, token: &str) -> Option<Value> {
    let pat = call.state.pat_by_token(token).cloned()?;
    if !is_within(call, path, pat.user_id) {
        return None;
    }
    pats::kill(call, pat.id);
    let pat = call.state.pat_by_id(pat.id).cloned()?;
    Some(views::pat(call.state, &pat))
}

fn revoke_deploy_token(call: &mut Call<'_>, path: &str, token: &str) -> Option<Value> {
    let at = call.state.deploy_tokens.iter().position(|it| it.token == token)?;
    let place = call.state.deploy_tokens[at].place;
    let its = call.state.path_of(place)?;
    if !matches!(place, Place::Group(_)) || (its != path && !is_below(&its, path)) {
        return None;
    }
    call.state.deploy_tokens[at].revoked = true;
    Some(views::deploy_token(call.state, &call.state.deploy_tokens[at]))
}

fn reset_feed_token(call: &mut Call<'_>, path: &str, token: &str) -> Option<Value> {
    let at = call.state.feed_tokens.iter().position(|it| it.token == token)?;
    let user_id = call.state.feed_tokens[at].user_id;
    if !is_within(call, path, user_id) {
        return None;
    }
    call.state.feed_tokens[at].token = call.state.mint_like(token);
    Some(views::user(call.state, user_id))
}
