//! Tokens of agents for Kubernetes and of runner controllers.

use serde_json::json;

use super::super::answers::{Answer, json, no_content, not_found, paged};
use super::super::auth::Call;
use super::super::http::Response;
use super::super::records::AgentToken;
use super::{number, views};

pub(super) fn route(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    Some(match (call.method(), parts) {
        ("GET", ["projects", id, "cluster_agents"]) => agents(call, id),
        ("GET", ["projects", id, "cluster_agents", agent, "tokens"]) => list(call, id, agent),
        ("GET", ["projects", id, "cluster_agents", agent, "tokens", token]) => {
            let found = one(call, (id, agent), token, 30);
            found.map(|at| json(200, &views::agent_token(&call.state.agent_tokens[at])))
        }
        ("DELETE", ["projects", id, "cluster_agents", agent, "tokens", token]) => {
            let found = one(call, (id, agent), token, 40);
            found.map(|at| {
                call.state.agent_tokens[at].revoked = true;
                no_content()
            })
        }
        ("GET", ["runner_controllers", id, "tokens"]) => controller_tokens(call, id),
        ("DELETE", ["runner_controllers", id, "tokens", token]) => {
            revoke_controller_token(call, id, token)
        }
        _ => return None,
    })
}

/// An agent exists here when it has a token.
fn agents(call: &mut Call<'_>, id: &str) -> Answer {
    let caller = call.member()?;
    let project = call.project(&caller, id, 30)?;
    let tokens = call.state.agent_tokens.iter().filter(|it| it.project_id == project);
    let mut ids: Vec<u64> = tokens.map(|it| it.agent_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let agents = ids.iter().map(|id| {
        json!({
            "id": id,
            "name": format!("agent-{id}"),
            "config_project": views::project(call.state, project),
            "created_at": "2026-01-01T08:00:00.000Z",
            "created_by_user_id": 1,
        })
    });
    Ok(paged(call.request, &call.state.url, agents.collect()))
}

fn list(call: &mut Call<'_>, id: &str, agent: &str) -> Answer {
    let caller = call.member()?;
    let (project, agent) = (call.project(&caller, id, 30)?, number(agent)?);
    let theirs = |it: &&AgentToken| it.project_id == project && it.agent_id == agent;
    let mut tokens = call.state.agent_tokens.iter().filter(theirs).peekable();
    tokens.peek().ok_or_else(|| not_found("Agent"))?;
    let all = tokens.map(views::agent_token).collect();
    Ok(paged(call.request, &call.state.url, all))
}

fn one(
    call: &mut Call<'_>,
    (id, agent): (&str, &str),
    token: &str,
    level: u64,
) -> Result<usize, Response> {
    let caller = call.member()?;
    let project = call.project(&caller, id, level)?;
    let (agent, token) = (number(agent)?, number(token)?);
    let mut all = call.state.agent_tokens.iter();
    let at = all.position(|it| {
        it.project_id == project && it.agent_id == agent && it.id == token && !it.revoked
    });
    at.ok_or_else(|| not_found(""))
}

fn controller_tokens(call: &mut Call<'_>, id: &str) -> Answer {
    call.admin()?;
    let id = number(id)?;
    let theirs = call.state.controller_tokens.iter();
    let theirs = theirs.filter(|it| it.controller_id == id && !it.revoked);
    let view = theirs.map(
        |it| json!({ "id": it.id, "runner_controller_id": it.controller_id, "description": null }),
    );
    Ok(paged(call.request, &call.state.url, view.collect()))
}

fn revoke_controller_token(call: &mut Call<'_>, id: &str, token: &str) -> Answer {
    call.admin()?;
    let (id, token) = (number(id)?, number(token)?);
    let mut all = call.state.controller_tokens.iter_mut();
    let found = all.find(|it| it.controller_id == id && it.id == token && !it.revoked);
    found.ok_or_else(|| not_found(""))?.revoked = true;
    Ok(no_content())
}
