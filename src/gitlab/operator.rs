//! What the operator's own routes answer about somebody else's token: `POST /admin/token`
//! (`doc/api/admin/token.md`, `lib/api/admin/token.rb`) and `GET /keys` (`doc/api/keys.md`).

use serde_json::Value;

use super::answer::{Judged, object, proves_nothing, says_unauthorized, word};
use super::entity;
use super::judge::{of_access_token, with_user};
use crate::model::verdict::{Learned, Reach, State, User};
use crate::net::message::Response;

/// Why the operator's credential does not help. These hold for every other token, too.
pub const NOT_ADMINISTRATOR: &str = "the operator's credential is not an administrator's";
/// See [`NOT_ADMINISTRATOR`].
pub const REFUSED: &str = "the instance refuses the operator's credential";

/// The kinds that `POST /admin/token` knows.
pub const IDENTIFIABLE: &[&str] = &[
    "personal_access_token",
    "deploy_token",
    "feed_token",
    "oauth_application_secret",
    "kubernetes_agent_token",
    "runner_authentication_token",
    "pipeline_trigger_token",
    "ci_job_token",
    "feature_flags_client_token",
    "session_cookie",
    "incoming_mail_token",
];

/// What `POST /admin/token` answers for a token of this kind.
pub fn identified(kind: &str, response: &Response) -> Judged {
    if let Some(refused) = operator_refused(response) {
        return refused;
    }
    match response.status {
        200 => {
            let body = object(response);
            let judged = body.and_then(|body| of_kind(kind, &body));
            judged.unwrap_or_else(|| proves_nothing(response))
        }
        // Not found is no proof: the route may be off, and it knows present prefixes alone.
        404 if says_not_found(response) => {
            Judged::Absent("the instance's token API does not find it".into())
        }
        404 if object(response).is_some() => {
            Judged::NotThisWay("no such route there, or it is turned off".into())
        }
        422 if object(response).is_some() => {
            Judged::NotThisWay("the instance's token API does not know its kind".into())
        }
        _ => proves_nothing(response),
    }
}

/// What GitLab's own words against the operator's credential mean; others' words mean nothing.
pub(super) fn operator_refused(response: &Response) -> Option<Judged> {
    let body = object(response)?;
    let (error, message) = (word(&body, "error"), word(&body, "message"));
    match response.status {
        401 if says_unauthorized(response) || error == "invalid_token" => {
            Some(Judged::NotThisWay(REFUSED.into()))
        }
        403 if message.starts_with("403 Forbidden") || error == "insufficient_scope" => {
            Some(Judged::NotThisWay(NOT_ADMINISTRATOR.into()))
        }
        _ => None,
    }
}

/// What the answer says, if it is the entity of such a token.
fn of_kind(kind: &str, body: &Value) -> Option<Judged> {
    let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or(false);
    let live = |learned: Learned| Some(Judged::learned(State::Live, learned));
    match kind {
        "personal_access_token" => of_access_token(body),
        "deploy_token" => {
            body.get("username")?;
            body.get("revoked").or_else(|| body.get("expired"))?;
            let state = match (flag("revoked"), flag("expired")) {
                (true, _) => State::Revoked,
                (_, true) => State::Expired,
                _ => State::Live,
            };
            let user = User { username: entity::text(body, "username"), ..User::default() };
            Some(Judged::learned(state, Learned { user, ..entity::common(body) }))
        }
        "feed_token" | "incoming_mail_token" => {
            let user = entity::user(body)?;
            live(Learned { user, ..Learned::default() })
        }
        "session_cookie" => live(with_user(entity::user(body)?)),
        "oauth_application_secret" => {
            body.get("application_id")?;
            let name = entity::text(body, "application_name");
            live(Learned { name, ..entity::common(body) })
        }
        "kubernetes_agent_token" => agent(body),
        "runner_authentication_token" => {
            let known = ["runner_type", "active", "paused", "is_shared", "contacted_at"];
            known.iter().find_map(|name| body.get(name))?;
            live(entity::runner(body)?)
        }
        "pipeline_trigger_token" => {
            entity::number(body, "id")?;
            body.get("owner").or_else(|| body.get("description"))?;
            let user = body.get("owner").and_then(entity::user).unwrap_or_default();
            live(with_project(body, Learned { user, ..entity::common(body) }))
        }
        "ci_job_token" => {
            let job = body.get("job").unwrap_or(body);
            let learned = entity::job(job)?;
            if word(job, "status").is_empty() {
                let why = "the instance does not say whether the job still runs";
                return Some(Judged::NotThisWay(why.into()));
            }
            let over = ["success", "failed", "canceled", "skipped"].contains(&word(job, "status"));
            Some(Judged::learned(if over { State::Expired } else { State::Live }, learned))
        }
        "feature_flags_client_token" => {
            entity::number(body, "id")?;
            live(with_project(body, entity::common(body)))
        }
        _ => None,
    }
}

fn agent(body: &Value) -> Option<Judged> {
    let holder = Some(entity::number(body, "agent_id")?);
    let state = if word(body, "status") == "revoked" { State::Revoked } else { State::Live };
    let learned = Learned { holder, ..entity::common(body) };
    Some(Judged::learned(state, with_project(body, learned)))
}

fn with_project(body: &Value, mut learned: Learned) -> Learned {
    let id = entity::number(body, "project_id");
    let reach = id.map(|id| Reach { place: "project", id, path: String::new(), level: None });
    learned.reach.extend(reach);
    learned
}

/// What `GET /keys?fingerprint=` answers.
pub fn key(response: &Response) -> Judged {
    if let Some(refused) = operator_refused(response) {
        return refused;
    }
    match response.status {
        200 => match object(response).and_then(|body| entity::key(&body)) {
            Some(learned) => Judged::learned(State::Live, learned),
            None => proves_nothing(response),
        },
        404 if says_no_key(response) => Judged::because(
            State::UnknownHere,
            "no user and no project has a key of this fingerprint",
        ),
        _ => proves_nothing(response),
    }
}

/// GitLab's words for a fingerprint that nothing has (`lib/api/keys.rb`).
fn says_no_key(response: &Response) -> bool {
    object(response).is_some_and(|body| word(&body, "message") == "404 Key Not Found")
}

/// True for `{"message":"404 … Not Found"}`.
fn says_not_found(response: &Response) -> bool {
    object(response).is_some_and(|body| word(&body, "message").starts_with("404"))
}
