//! Users, what they belong to, and the tokens that administrators made for them.

use serde_json::{Value, json};

use super::super::answers::{Answer, json, no_content, not_found, paged};
use super::super::auth::Call;
use super::super::http::Response;
use super::super::records::{Pat, Place};
use super::{number, pats, views};

/// What opens the pages of users.
const SCOPES: &[&str] = &["api", "read_api", "read_user"];

pub(super) fn route(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    Some(match (call.method(), parts) {
        ("GET", ["user"]) => me(call),
        ("GET", ["users"]) => list(call),
        ("GET", ["users", id]) => show(call, id),
        ("GET", ["users", id, "memberships"]) => memberships(call, id),
        ("GET", ["users", id, "impersonation_tokens"]) => impersonations(call, id),
        ("GET", ["users", id, "impersonation_tokens", token]) => impersonation(call, id, token),
        ("DELETE", ["users", id, "impersonation_tokens", token]) => {
            revoke_impersonation(call, id, token)
        }
        _ => return None,
    })
}

fn me(call: &mut Call<'_>) -> Answer {
    let id = call.caller(SCOPES)?.user_id;
    let mut view = views::full_user(call.state, id, call.state.is_admin(id));
    let username = view["username"].as_str().unwrap_or_default();
    view["email"] = json!(format!("{username}@example.com"));
    Ok(json(200, &view))
}

fn list(call: &mut Call<'_>) -> Answer {
    let caller = call.caller(SCOPES)?;
    let wanted = call.request.param("username");
    let state = &*call.state;
    let users =
        state.users.iter().filter(|it| wanted.as_ref().is_none_or(|name| it.username == *name));
    let admin = state.is_admin(caller.user_id);
    let all = users.map(|it| views::full_user(state, it.id, admin)).collect();
    Ok(paged(call.request, &state.url, all))
}

fn show(call: &mut Call<'_>, id: &str) -> Answer {
    let caller = call.caller(SCOPES)?;
    let id = known(call, id)?;
    let admin = call.state.is_admin(caller.user_id);
    Ok(json(200, &views::full_user(call.state, id, admin)))
}

/// The id, if it is a user's.
fn known(call: &Call<'_>, id: &str) -> Result<u64, Response> {
    let id = number(id)?;
    call.state.find_user(id).map(|user| user.id).ok_or_else(|| not_found("User"))
}

fn memberships(call: &mut Call<'_>, id: &str) -> Answer {
    call.admin()?;
    let id = known(call, id)?;
    let state = &*call.state;
    let one = |kind: &str, place: Place, source: u64, members: &[(u64, u64)]| -> Option<Value> {
        let (_, level) = members.iter().find(|(user, _)| *user == id)?;
        let path = state.path_of(place).unwrap_or_default();
        Some(json!({
            "source_id": source,
            "source_name": path.rsplit('/').next(),
            "source_type": kind,
            "access_level": level,
        }))
    };
    let projects = state.projects.iter();
    let projects =
        projects.filter_map(|it| one("Project", Place::Project(it.id), it.id, &it.members));
    let groups = state.groups.iter();
    let groups = groups.filter_map(|it| one("Namespace", Place::Group(it.id), it.id, &it.members));
    Ok(paged(call.request, &state.url, projects.chain(groups).collect()))
}

fn impersonations(call: &mut Call<'_>, id: &str) -> Answer {
    call.admin()?;
    let id = known(call, id)?;
    let theirs = |pat: &&Pat| pat.impersonation && pat.user_id == id;
    let found = pats::kept(call, call.state.pats.iter().filter(theirs));
    let all = found.map(|pat| view(call, pat)).collect();
    Ok(paged(call.request, &call.state.url, all))
}

fn view(call: &Call<'_>, pat: &Pat) -> Value {
    let mut view = views::pat(call.state, pat);
    view["impersonation"] = json!(true);
    view
}

fn one(call: &mut Call<'_>, user: &str, token: &str) -> Result<Pat, Response> {
    call.admin()?;
    let (user, token) = (known(call, user)?, number(token)?);
    let found = call.state.pat_by_id(token).filter(|pat| pat.impersonation && pat.user_id == user);
    found.cloned().ok_or_else(|| not_found("Impersonation Token"))
}

fn impersonation(call: &mut Call<'_>, user: &str, token: &str) -> Answer {
    let pat = one(call, user, token)?;
    Ok(json(200, &view(call, &pat)))
}

fn revoke_impersonation(call: &mut Call<'_>, user: &str, token: &str) -> Answer {
    let pat = one(call, user, token)?;
    pats::kill(call, pat.id);
    Ok(no_content())
}
