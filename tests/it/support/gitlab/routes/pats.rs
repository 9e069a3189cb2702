//! Personal access tokens: what they say of themselves, and how they die.

use serde_json::{Value, json};

use super::super::answers::{
    Answer, json, message, no_content, not_found, paged, paged_lists, unauthorized,
};
use super::super::auth::{Call, Caller};
use super::super::http::Response;
use super::super::records::{Pat, Place};
use super::{number, views};

const NOT_A_PAT: &str =
    "400 Bad request - This endpoint requires token type to be a personal access token";

pub(super) fn route(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    let ["personal_access_tokens", rest @ ..] = parts else { return None };
    Some(match (call.method(), rest) {
        ("GET", []) => list(call),
        ("GET", ["self"]) => show_self(call),
        ("DELETE", ["self"]) => revoke_self(call),
        ("GET", ["self", "associations"]) => associations(call),
        ("POST", ["self", "rotate"]) => rotate_self(call),
        ("GET", [id]) => show(call, id),
        ("DELETE", [id]) => revoke(call, id),
        ("POST", [id, "rotate"]) => rotate_by_id(call, id),
        _ => return None,
    })
}

/// The token by which the caller came; OAuth tokens and sessions have no self.
fn own(call: &mut Call<'_>, scopes: &[&str], refusal: &Response) -> Result<Pat, Response> {
    let caller = call.caller(scopes)?;
    let pat = caller.pat_id.and_then(|id| call.state.pat_by_id(id).cloned());
    pat.ok_or_else(|| refusal.clone())
}

fn show_self(call: &mut Call<'_>) -> Answer {
    let pat = own(call, &[], &message(400, NOT_A_PAT))?;
    Ok(json(200, &views::pat_with_ips(call.state, &pat)))
}

fn revoke_self(call: &mut Call<'_>) -> Answer {
    let pat = own(call, &[], &message(400, NOT_A_PAT))?;
    if pat.impersonation && !call.state.is_admin(pat.user_id) {
        return Err(message(400, "400 Bad request"));
    }
    kill(call, pat.id);
    Ok(no_content())
}

/// Revokes one token; its family lives on.
pub(super) fn kill(call: &mut Call<'_>, id: u64) {
    if let Some(pat) = call.state.pat_by_id(id) {
        pat.revoked = true;
    }
}

fn associations(call: &mut Call<'_>) -> Answer {
    let pat = own(call, &[], &message(400, NOT_A_PAT))?;
    let least = call.request.param("min_access_level").and_then(|text| text.parse().ok());
    let least: u64 = least.unwrap_or(10);
    let state = &*call.state;
    let level = |place| state.level(pat.user_id, place);
    let mut groups = Vec::new();
    for group in &state.groups {
        let theirs = level(Place::Group(group.id));
        if theirs >= least {
            let mut view = views::group(state, group.id);
            view["access_levels"] = json!(theirs);
            groups.push(view);
        }
    }
    let mut projects = Vec::new();
    for project in &state.projects {
        if level(Place::Project(project.id)) < least {
            continue;
        }
        let direct = project.members.iter().find(|(id, _)| *id == pat.user_id);
        let above = project.path.rsplit_once('/').map(|(above, _)| above);
        let group = state.groups.iter().find(|it| Some(it.path.as_str()) == above);
        let inherited = group.map(|it| level(Place::Group(it.id))).filter(|it| *it > 0);
        let mut view = views::project(state, project.id);
        view["access_levels"] = json!({
            "project_access_level": direct.map(|(_, level)| level),
            "group_access_level": inherited,
        });
        projects.push(view);
    }
    let lists = vec![("groups", groups), ("projects", projects)];
    Ok(paged_lists(call.request, &call.state.url, lists))
}

fn rotate_self(call: &mut Call<'_>) -> Answer {
    let refusal = message(405, "405 Method Not Allowed");
    let pat = own(call, &["api", "self_rotate"], &refusal)?;
    rotate(call, pat.id)
}

/// Replaces a token by a fresh one of the same family.
pub(super) fn rotate(call: &mut Call<'_>, id: u64) -> Answer {
    let old = call.state.pat_by_id(id).cloned().ok_or_else(|| not_found(""))?;
    if old.revoked {
        call.state.revoke_family(old.family);
        return Err(message(400, "400 Bad request - Token already revoked"));
    }
    let wanted = call.request.param("expires_at");
    let state = &mut *call.state;
    let prefix = match state.instance_prefix.as_str() {
        "" => state.pat_prefix.clone(),
        instance => [instance, "-glpat", "-"].concat(),
    };
    let mut new = Pat {
        id: state.fresh_id(),
        token: prefix + &state.mint_like(""),
        created_at: state.now(),
        expires_at: Some(wanted.unwrap_or_else(|| state.in_days(7))),
        last_used_at: None,
        last_used_ips: Vec::new(),
        ..old
    };
    new.revoked = false;
    state.pats.push(new.clone());
    kill(call, id);
    let mut view = views::pat(call.state, &new);
    view["token"] = json!(new.token);
    Ok(json(200, &view))
}

/// The token of an id, for its owner and for administrators. To others it is no more than
/// unknown.
fn visible(call: &mut Call<'_>, caller: &Caller, id: &str) -> Result<Pat, Response> {
    let admin = call.state.is_admin(caller.user_id);
    let found = call.state.pat_by_id(number(id)?).cloned();
    match found {
        Some(pat) if admin || pat.user_id == caller.user_id => Ok(pat),
        None if admin => Err(not_found("")),
        _ => Err(unauthorized()),
    }
}

fn show(call: &mut Call<'_>, id: &str) -> Answer {
    let caller = call.member()?;
    let pat = visible(call, &caller, id)?;
    Ok(json(200, &views::pat_with_ips(call.state, &pat)))
}

fn revoke(call: &mut Call<'_>, id: &str) -> Answer {
    let caller = call.member()?;
    let exists = call.state.pat_by_id(number(id)?).is_some();
    let pat = visible(call, &caller, id);
    // Somebody else's token exists, but may not be revoked: the service fails.
    let pat = pat.map_err(|no| if exists { message(400, "400 Bad request") } else { no })?;
    kill(call, pat.id);
    Ok(no_content())
}

fn rotate_by_id(call: &mut Call<'_>, id: &str) -> Answer {
    let caller = call.member()?;
    let pat = visible(call, &caller, id)?;
    rotate(call, pat.id)
}

fn list(call: &mut Call<'_>) -> Answer {
    let caller = call.member()?;
    let asked = call.request.param("user_id").map(|id| number(&id)).transpose()?;
    let admin = call.state.is_admin(caller.user_id);
    if !admin && asked.is_some_and(|id| id != caller.user_id) {
        return Err(unauthorized());
    }
    let owner = if admin { asked } else { Some(caller.user_id) };
    let own = |pat: &&Pat| owner.is_none_or(|id| pat.user_id == id);
    let all = filtered(call, call.state.pats.iter().filter(own));
    Ok(paged(call.request, &call.state.url, all))
}

/// The tokens that the parameters `state`, `revoked` and `search` leave.
pub(super) fn filtered<'a>(call: &'a Call<'_>, pats: impl Iterator<Item = &'a Pat>) -> Vec<Value> {
    kept(call, pats).map(|pat| views::pat(call.state, pat)).collect()
}

pub(super) fn kept<'a>(
    call: &'a Call<'_>,
    pats: impl Iterator<Item = &'a Pat>,
) -> impl Iterator<Item = &'a Pat> {
    let param = |name| call.request.param(name);
    let (state, revoked, search) = (param("state"), param("revoked"), param("search"));
    pats.filter(move |pat| {
        let active = call.state.is_active(pat);
        let fits = match state.as_deref() {
            Some("active") => active,
            Some("inactive") => !active,
            _ => true,
        };
        fits && revoked.as_ref().is_none_or(|it| *it == pat.revoked.to_string())
            && search.as_ref().is_none_or(|it| pat.name.contains(it.as_str()))
    })
}
