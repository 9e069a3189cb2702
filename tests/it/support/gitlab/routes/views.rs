//! How the API shows what the state holds.

use serde_json::{Value, json};

use super::super::records::{
    AgentToken, DeployKey, DeployToken, Job, OauthApp, Pat, Place, Runner, Standing, Trigger,
    Variable,
};
use super::super::state::State;

/// A token as lists show it, without its value.
pub(super) fn pat(state: &State, pat: &Pat) -> Value {
    json!({
        "id": pat.id,
        "name": pat.name,
        "revoked": pat.revoked,
        "created_at": pat.created_at,
        "description": pat.description,
        "scopes": pat.scopes,
        "user_id": pat.user_id,
        "last_used_at": pat.last_used_at,
        "active": state.is_active(pat),
        "expires_at": pat.expires_at,
    })
}

/// A token as `self` and its own page show it.
pub(super) fn pat_with_ips(state: &State, one: &Pat) -> Value {
    let mut view = pat(state, one);
    view["last_used_ips"] = json!(one.last_used_ips);
    view
}

/// A token of a project or group.
pub(super) fn resource_pat(state: &State, one: &Pat, place: Place) -> Value {
    let mut view = pat(state, one);
    let (kind, id) = match place {
        Place::Project(id) => ("project", Some(id)),
        Place::Group(id) => ("group", Some(id)),
        Place::Instance => ("instance", None),
    };
    view["access_level"] = json!(state.level(one.user_id, place));
    view["resource_type"] = json!(kind);
    view["resource_id"] = json!(id);
    view
}

/// What everybody may know of a user.
pub(super) fn user(state: &State, id: u64) -> Value {
    let Some(user) = state.find_user(id) else { return Value::Null };
    let standing = match user.standing {
        Standing::Active => "active",
        Standing::Blocked => "blocked",
    };
    json!({
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "state": standing,
        "locked": false,
        "avatar_url": null,
        "web_url": format!("{}/{}", state.url, user.username),
    })
}

/// A user's own page; an administrator sees more of it.
pub(super) fn full_user(state: &State, id: u64, for_admin: bool) -> Value {
    let mut view = user(state, id);
    if let Some(user) = state.find_user(id) {
        view["bot"] = json!(user.bot || user.service_account);
        view["created_at"] = json!("2026-01-01T08:00:00.000Z");
        if for_admin {
            view["is_admin"] = json!(user.admin);
            view["email"] = json!(format!("{}@example.com", user.username));
        }
    }
    view
}

pub(super) fn deploy_token(state: &State, token: &DeployToken) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "username": token.username,
        "expires_at": token.expires_at,
        "scopes": token.scopes,
        "revoked": token.revoked,
        "expired": state.is_past(token.expires_at.as_deref()),
    })
}

pub(super) fn runner(state: &State, runner: &Runner) -> Value {
    let (mut projects, mut groups) = (Vec::new(), Vec::new());
    let path = state.path_of(runner.place);
    match runner.place {
        Place::Project(id) => projects.push(json!({ "id": id, "path_with_namespace": path })),
        Place::Group(id) => {
            groups.push(json!({ "id": id, "web_url": format!("{}/groups/{id}", state.url) }));
        }
        Place::Instance => {}
    }
    json!({
        "id": runner.id,
        "description": runner.description,
        "active": true,
        "paused": false,
        "is_shared": runner.place == Place::Instance,
        "runner_type": runner.runner_type(),
        "name": null,
        "online": runner.contacted_at.is_some(),
        "status": if runner.contacted_at.is_some() { "online" } else { "never_contacted" },
        "ip_address": null,
        "contacted_at": runner.contacted_at,
        "maximum_timeout": null,
        "projects": projects,
        "groups": groups,
    })
}

pub(super) fn job(state: &State, job: &Job) -> Value {
    json!({
        "id": job.id,
        "status": if job.running { "running" } else { "success" },
        "stage": "test",
        "name": "scan",
        "ref": "main",
        "tag": false,
        "user": user(state, job.user_id),
        "commit": { "id": "0".repeat(40), "title": "a commit" },
        "pipeline": {
            "id": job.id + 1, "project_id": job.project_id, "ref": "main", "status": "running",
        },
        "project": { "ci_job_token_scope_enabled": false },
        "runner": null,
        "web_url": format!("{}/-/jobs/{}", state.url, job.id),
    })
}

/// A trigger: its owner sees the whole token, everyone else four characters behind the prefix.
pub(super) fn trigger(state: &State, trigger: &Trigger, viewer: u64) -> Value {
    let token = if trigger.owner_id == viewer {
        trigger.token.clone()
    } else {
        let body = trigger.token.split_once("glptt-").map_or(&*trigger.token, |(_, body)| body);
        body.chars().take(4).collect()
    };
    json!({
        "id": trigger.id,
        "token": token,
        "description": trigger.description,
        "created_at": "2026-01-01T08:00:00.000Z",
        "updated_at": "2026-01-01T08:00:00.000Z",
        "last_used": null,
        "owner": user(state, trigger.owner_id),
    })
}

pub(super) fn application(app: &OauthApp) -> Value {
    json!({
        "id": app.id,
        "application_id": app.application_id,
        "application_name": app.name,
        "callback_url": "https://app.example.com/callback",
        "confidential": true,
    })
}

pub(super) fn agent_token(token: &AgentToken) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "description": null,
        "agent_id": token.agent_id,
        "status": if token.revoked { "revoked" } else { "active" },
        "created_at": "2026-01-01T08:00:00.000Z",
        "created_by_user_id": 1,
    })
}

pub(super) fn deploy_key(key: &DeployKey) -> Value {
    json!({
        "id": key.id,
        "title": key.title,
        "created_at": "2026-01-01T08:00:00.000Z",
        "expires_at": null,
        "key": "ssh-ed25519 (the public half)",
        "usage_type": "auth",
        "fingerprint": key.md5,
        "fingerprint_sha256": key.sha256,
    })
}

pub(super) fn variable(variable: &Variable) -> Value {
    json!({
        "variable_type": "env_var",
        "key": variable.key,
        "value": variable.value,
        "protected": variable.protected,
        "masked": variable.masked,
        "hidden": false,
        "raw": false,
        "environment_scope": "*",
        "description": null,
    })
}

/// A project, as short lists show it.
pub(super) fn project(state: &State, id: u64) -> Value {
    let path = state.path_of(Place::Project(id)).unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    json!({
        "id": id,
        "description": null,
        "name": name,
        "path": name,
        "path_with_namespace": path,
        "created_at": "2026-01-01T08:00:00.000Z",
        "visibility": "private",
        "web_url": format!("{}/{path}", state.url),
    })
}

/// A group, as short lists show it.
pub(super) fn group(state: &State, id: u64) -> Value {
    let path = state.path_of(Place::Group(id)).unwrap_or_default();
    let above = path.rsplit_once('/').map(|(above, _)| above);
    let parent = state.groups.iter().find(|it| Some(it.path.as_str()) == above);
    json!({
        "id": id,
        "name": path.rsplit('/').next(),
        "full_path": path,
        "parent_id": parent.map(|it| it.id),
        "organization_id": 1,
        "visibility": "private",
        "web_url": format!("{}/groups/{path}", state.url),
    })
}
