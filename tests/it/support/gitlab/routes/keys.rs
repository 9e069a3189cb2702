//! SSH keys, which are found by their fingerprints, and the projects that deploy keys open.

use serde_json::{Value, json};

use super::super::answers::{Answer, json, no_content, not_found, paged};
use super::super::auth::Call;
use super::super::http::Response;
use super::super::records::DeployKey;
use super::{number, views};

pub(super) fn route(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    Some(match (call.method(), parts) {
        ("GET", ["keys"]) => by_fingerprint(call),
        ("GET", ["deploy_keys"]) => everywhere(call),
        ("GET", ["projects", id, "deploy_keys"]) => list(call, id),
        ("GET", ["projects", id, "deploy_keys", key]) => show(call, id, key),
        ("DELETE", ["projects", id, "deploy_keys", key]) => delete(call, id, key),
        ("DELETE", ["users", id, "keys", key]) => delete_of_user(call, id, key),
        _ => return None,
    })
}

fn by_fingerprint(call: &mut Call<'_>) -> Answer {
    call.admin()?;
    let wanted = call.required("fingerprint")?;
    let wanted = wanted.strip_prefix("MD5:").unwrap_or(&wanted);
    let fits = |it: &&DeployKey| it.sha256 == wanted || it.md5 == wanted;
    let key = call.state.deploy_keys.iter().find(fits).ok_or_else(|| not_found("Key"))?;
    let mut view = views::deploy_key(key);
    view["user"] = key.user_id.map_or(Value::Null, |id| views::full_user(call.state, id, true));
    let opens = key.projects.iter().map(|(project, can_push)| {
        json!({
            "id": key.id * 10 + project,
            "deploy_key_id": key.id,
            "project_id": project,
            "can_push": can_push,
        })
    });
    view["deploy_keys_projects"] = opens.collect();
    Ok(json(200, &view))
}

fn everywhere(call: &mut Call<'_>) -> Answer {
    call.admin()?;
    let state = &*call.state;
    let view = |key: &DeployKey| {
        let mut view = views::deploy_key(key);
        let access = |push: bool| -> Value {
            let projects = key.projects.iter().filter(|(_, can_push)| *can_push == push);
            projects.map(|(id, _)| views::project(state, *id)).collect()
        };
        view["projects_with_write_access"] = access(true);
        view["projects_with_readonly_access"] = access(false);
        view
    };
    let keys = state.deploy_keys.iter().filter(|it| it.user_id.is_none());
    Ok(paged(call.request, &state.url, keys.map(view).collect()))
}

/// The project, if the caller may manage its keys.
fn project(call: &mut Call<'_>, id: &str) -> Result<u64, Response> {
    let caller = call.member()?;
    call.project(&caller, id, 40)
}

/// The key as this project sees it; nothing when it does not open the project.
fn view(key: &DeployKey, project: u64) -> Option<Value> {
    let (_, can_push) = key.projects.iter().find(|(id, _)| *id == project)?;
    let mut view = views::deploy_key(key);
    view["can_push"] = json!(can_push);
    Some(view)
}

fn list(call: &mut Call<'_>, id: &str) -> Answer {
    let project = project(call, id)?;
    let all = call.state.deploy_keys.iter().filter_map(|it| view(it, project)).collect();
    Ok(paged(call.request, &call.state.url, all))
}

fn position(call: &Call<'_>, project: u64, key: &str) -> Result<usize, Response> {
    let key = number(key)?;
    let opens = |it: &DeployKey| it.projects.iter().any(|(id, _)| *id == project);
    let at = call.state.deploy_keys.iter().position(|it| it.id == key && opens(it));
    at.ok_or_else(|| not_found("Deploy Key"))
}

fn show(call: &mut Call<'_>, id: &str, key: &str) -> Answer {
    let project = project(call, id)?;
    let at = position(call, project, key)?;
    Ok(json(200, &view(&call.state.deploy_keys[at], project).unwrap_or_default()))
}

fn delete_of_user(call: &mut Call<'_>, id: &str, key: &str) -> Answer {
    call.admin()?;
    let (user, key) = (number(id)?, number(key)?);
    call.state.find_user(user).ok_or_else(|| not_found("User"))?;
    let mut all = call.state.deploy_keys.iter();
    let at = all.position(|it| it.id == key && it.user_id == Some(user));
    call.state.deploy_keys.remove(at.ok_or_else(|| not_found("Key"))?);
    Ok(no_content())
}

/// Shuts one project; the key itself goes with the last one.
fn delete(call: &mut Call<'_>, id: &str, key: &str) -> Answer {
    let project = project(call, id)?;
    let at = position(call, project, key)?;
    call.state.deploy_keys[at].projects.retain(|(id, _)| *id != project);
    if call.state.deploy_keys[at].projects.is_empty() {
        call.state.deploy_keys.remove(at);
    }
    Ok(no_content())
}
