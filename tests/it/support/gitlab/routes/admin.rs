//! The administrator's API that knows and kills tokens of every kind it supports, by their
//! prefix alone.

use serde_json::{Value, json};

use super::super::answers::{Answer, json, message, no_content, not_found};
use super::super::auth::Call;
use super::super::http::Response;
use super::super::state::State;
use super::{pats, views};

/// What a token turned out to be, by its id.
#[derive(Clone, Copy)]
enum Found {
    Pat(u64),
    Deploy(usize),
    Feed(usize),
    Mail(usize),
    App(usize),
    Agent(usize),
    Runner(usize),
    Trigger(usize),
    Job(usize),
    Flags(usize),
    Session(usize),
}

pub(super) fn route(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    Some(match (call.method(), parts) {
        ("POST", ["admin", "token"]) => identify(call),
        ("DELETE", ["admin", "token"]) => revoke(call),
        _ => return None,
    })
}

fn found(call: &mut Call<'_>, enabled: bool) -> Result<Found, Response> {
    call.admin()?;
    if !enabled {
        return Err(not_found(""));
    }
    let token = call.required("token")?;
    let lookup = kind(call.state, &token).ok_or_else(unsupported)?;
    lookup(call.state, &token).ok_or_else(|| not_found(""))
}

fn unsupported() -> Response {
    message(422, "Token type not supported.")
}

type Lookup = fn(&State, &str) -> Option<Found>;

/// How tokens of this prefix are looked up. A prefix that was in use before the current one is
/// not known any more.
fn kind(state: &State, token: &str) -> Option<Lookup> {
    let bare = match state.instance_prefix.as_str() {
        "" => token,
        instance => {
            token.strip_prefix(instance).and_then(|it| it.strip_prefix('-')).unwrap_or(token)
        }
    };
    if !state.pat_prefix.is_empty() && token.starts_with(&state.pat_prefix) {
        return Some(pat);
    }
    let name = bare.split(['-', '=']).next().unwrap_or_default();
    Some(match name {
        "glpat" => pat,
        "gldt" => |state, token| {
            state.deploy_tokens.iter().position(|it| it.token == token).map(Found::Deploy)
        },
        "glft" => |state, token| {
            state.feed_tokens.iter().position(|it| it.token == token).map(Found::Feed)
        },
        "glimt" => |state, token| {
            state.mail_tokens.iter().position(|it| it.token == token).map(Found::Mail)
        },
        "gloas" => {
            |state, token| state.oauth_apps.iter().position(|it| it.secret == token).map(Found::App)
        }
        "glagent" => |state, token| {
            state.agent_tokens.iter().position(|it| it.token == token).map(Found::Agent)
        },
        "glrt" | "glrtr" => {
            |state, token| state.runners.iter().position(|it| it.token == token).map(Found::Runner)
        }
        "glptt" => |state, token| {
            state.triggers.iter().position(|it| it.token == token).map(Found::Trigger)
        },
        "glcbt" => |state, token| {
            state.jobs.iter().position(|it| it.token == token && it.running).map(Found::Job)
        },
        "glffct" => |state, token| {
            state.flags_clients.iter().position(|it| it.token == token).map(Found::Flags)
        },
        "_gitlab_session" => |state, token| {
            let (_, cookie) = token.split_once('=')?;
            state.sessions.iter().position(|it| it.cookie == cookie).map(Found::Session)
        },
        _ => return None,
    })
}

/// Revoked and expired ones are found, too.
fn pat(state: &State, token: &str) -> Option<Found> {
    state.pats.iter().find(|it| it.token == token).map(|it| Found::Pat(it.id))
}

fn identify(call: &mut Call<'_>) -> Answer {
    let found = found(call, call.state.admin_token_api)?;
    Ok(json(200, &view(call.state, found)))
}

fn view(state: &State, found: Found) -> Value {
    match found {
        Found::Pat(id) => {
            let pat = state.pats.iter().find(|it| it.id == id);
            pat.map_or(Value::Null, |it| views::pat(state, it))
        }
        Found::Deploy(at) => views::deploy_token(state, &state.deploy_tokens[at]),
        Found::Feed(at) => views::full_user(state, state.feed_tokens[at].user_id, true),
        Found::Mail(at) => views::full_user(state, state.mail_tokens[at].user_id, true),
        Found::Session(at) => views::full_user(state, state.sessions[at].user_id, true),
        Found::App(at) => views::application(&state.oauth_apps[at]),
        Found::Agent(at) => {
            let mut view = views::agent_token(&state.agent_tokens[at]);
            view["project_id"] = json!(state.agent_tokens[at].project_id);
            view
        }
        Found::Runner(at) => views::runner(state, &state.runners[at]),
        Found::Trigger(at) => {
            let trigger = &state.triggers[at];
            let mut view = views::trigger(state, trigger, trigger.owner_id);
            view["project_id"] = json!(trigger.project_id);
            view
        }
        Found::Job(at) => json!({ "job": views::job(state, &state.jobs[at]) }),
        Found::Flags(at) => {
            let client = &state.flags_clients[at];
            json!({ "id": at + 1, "token": client.token, "project_id": client.project_id })
        }
    }
}

fn revoke(call: &mut Call<'_>) -> Answer {
    let enabled = call.state.admin_token_api && call.state.admin_token_revoke;
    let found = found(call, enabled)?;
    let state = &mut *call.state;
    match found {
        Found::Pat(id) => {
            let owner = state.pat_by_id(id).map(|it| it.user_id);
            let owner = owner.and_then(|id| state.find_user(id));
            if owner.is_some_and(|user| user.service_account) {
                return Err(unsupported());
            }
            pats::kill(call, id);
        }
        Found::Deploy(at) => state.deploy_tokens[at].revoked = true,
        Found::Agent(at) => state.agent_tokens[at].revoked = true,
        Found::Trigger(at) => drop(state.triggers.remove(at)),
        Found::Session(at) => drop(state.sessions.remove(at)),
        Found::Job(_) => return Err(unsupported()),
        Found::Feed(_) | Found::Mail(_) | Found::App(_) | Found::Runner(_) | Found::Flags(_) => {
            reset(state, found);
        }
    }
    Ok(no_content())
}

/// Puts a new value in the place of the old one: what it opened stays, for whoever learns it.
fn reset(state: &mut State, found: Found) {
    let old = match found {
        Found::Feed(at) => &state.feed_tokens[at].token,
        Found::Mail(at) => &state.mail_tokens[at].token,
        Found::App(at) => &state.oauth_apps[at].secret,
        Found::Runner(at) => &state.runners[at].token,
        Found::Flags(at) => &state.flags_clients[at].token,
        _ => return,
    };
    let old = old.clone();
    let new = state.mint_like(&old);
    match found {
        Found::Feed(at) => state.feed_tokens[at].token = new,
        Found::Mail(at) => state.mail_tokens[at].token = new,
        Found::App(at) => state.oauth_apps[at].secret = new,
        Found::Runner(at) => state.runners[at].token = new,
        Found::Flags(at) => state.flags_clients[at].token = new,
        _ => {}
    }
}
