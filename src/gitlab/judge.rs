//! From an answer to what it proves, for every question that a token is asked about itself. Only
//! positive proof counts: the expected status and a body of the expected form. A table test holds
//! every question against every answer of the reference.

use serde_json::Value;

use super::answer::{Judged, json, object, proves_nothing, refused, says_unauthorized, word};
use super::entity;
use super::operator;
use super::owners::Owners;
use crate::model::verdict::{Learned, State, User};
use crate::net::message::Response;

/// Which question an answer is to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judge {
    /// `GET /personal_access_tokens/self`.
    SelfInformation,
    /// The same, asked by an OAuth access token.
    OauthAccess,
    /// `GET /user`, where the route above is missing.
    CurrentUser,
    /// `GET /job`.
    Job,
    /// The conan route.
    DeployToken,
    /// `GET /runners/router/discovery`.
    RunnerDiscovery,
    /// `POST /runners/verify`.
    RunnerVerification,
    /// `POST /runners` that cannot succeed.
    Registration,
    /// `POST …/trigger/pipeline` that cannot succeed.
    Trigger,
    /// A feed.
    Feed,
    /// Feature flags.
    Unleash,
    /// `POST /oauth/token` that cannot succeed.
    OauthClient,
    /// A list of SCIM users.
    Scim,
    /// The SCIM users of the instance, asked by a token that may be a group's.
    InstanceScim,
    /// `GET /user` by a session.
    Session,
    /// `POST /admin/token` for a token of this kind.
    Identified(&'static str),
    /// `GET /keys?fingerprint=`.
    Key,
    /// What a project or group shows to who runs it.
    Owners(Owners),
}

impl Judge {
    /// What the answer proves.
    pub fn judge(&self, response: &Response) -> Judged {
        match self {
            Self::SelfInformation => self_information(response),
            Self::OauthAccess => oauth_access(response),
            Self::CurrentUser => current_user(response),
            Self::Job => job(response),
            Self::DeployToken => deploy_token(response),
            Self::RunnerDiscovery => runner_discovery(response),
            Self::RunnerVerification => runner_verification(response),
            Self::Registration => registration(response),
            Self::Trigger => trigger(response),
            Self::Feed => feed(response),
            Self::Unleash => unleash(response),
            Self::OauthClient => oauth_client(response),
            Self::Scim => scim(response),
            Self::InstanceScim => instance_scim(response),
            Self::Session => session(response),
            Self::Identified(kind) => operator::identified(kind, response),
            Self::Key => operator::key(response),
            Self::Owners(owners) => owners.judge(response),
        }
    }
}

/// What an access token's own entity says of its state (`Entities::PersonalAccessToken`).
pub fn of_access_token(body: &Value) -> Option<Judged> {
    let learned = entity::access_token(body)?;
    let flag = |name: &str| body.get(name).and_then(Value::as_bool);
    let state = match (flag("revoked"), flag("active")) {
        (Some(true), _) => State::Revoked,
        (_, Some(false)) => State::Expired,
        (Some(false), _) | (_, Some(true)) => State::Live,
        (None, None) => return None,
    };
    Some(Judged::learned(state, learned))
}

/// GitLab's words for a credential that is an OAuth token where a personal one is asked for
/// (`lib/api/personal_access_tokens/self_information.rb`).
fn is_oauth_refusal(response: &Response) -> bool {
    let body = object(response).unwrap_or_default();
    let said = ["message", "error"].map(|name| word(&body, name));
    let told = said.iter().any(|it| it.contains("token type to be a personal access token"));
    response.status == 400 && told
}

fn self_information(response: &Response) -> Judged {
    match response.status {
        200 => object(response)
            .and_then(|body| of_access_token(&body))
            .unwrap_or_else(|| proves_nothing(response)),
        400 if is_oauth_refusal(response) => {
            let what = Some("OAuth access token".to_owned());
            Judged::learned(State::Live, Learned { what, ..Learned::default() })
        }
        404 if object(response).is_some() => {
            Judged::NotThisWay("no such route there (GitLab before 15.5?)".into())
        }
        _ => refused(response),
    }
}

fn oauth_access(response: &Response) -> Judged {
    match response.status {
        400 if is_oauth_refusal(response) => Judged::state(State::Live),
        200 => self_information(response),
        _ => refused(response),
    }
}

fn current_user(response: &Response) -> Judged {
    match response.status {
        200 => match object(response).and_then(|body| entity::user(&body)) {
            Some(user) => Judged::learned(State::Live, Learned { user, ..Learned::default() }),
            None => proves_nothing(response),
        },
        _ => refused(response),
    }
}

fn job(response: &Response) -> Judged {
    match response.status {
        200 => match object(response)
            .filter(|body| !word(body, "status").is_empty())
            .and_then(|body| entity::job(&body))
        {
            Some(learned) => Judged::learned(State::Live, learned),
            None => proves_nothing(response),
        },
        401 if says_unauthorized(response) => {
            Judged::because(State::UnknownHere, "no job that runs now has it")
        }
        _ => refused(response),
    }
}

fn deploy_token(response: &Response) -> Judged {
    match response.status {
        200 if response.content_type == "text/plain" && response.body.trim_ascii() == b"ok" => {
            Judged::state(State::Live)
        }
        404 if object(response).is_some() => Judged::NotThisWay(
            "the package registry is off there, and nothing else tells without harm".into(),
        ),
        401 if says_unauthorized(response) => Judged::because(
            State::UnknownHere,
            "not an active deploy token there: unknown, expired or revoked",
        ),
        _ => refused(response),
    }
}

fn runner_discovery(response: &Response) -> Judged {
    let body = object(response).unwrap_or_default();
    match response.status {
        200 if body.get("server_url").is_some() => Judged::state(State::Live),
        501 if word(&body, "message").contains("Job Router") => Judged::state(State::Live),
        403 if is_plain_forbidden(response) => {
            Judged::because(State::UnknownHere, "no runner has it: unknown or expired")
        }
        404 if object(response).is_some() => {
            Judged::NotThisWay("no route there that asks without a trace".into())
        }
        _ => refused(response),
    }
}

fn is_plain_forbidden(response: &Response) -> bool {
    let body = object(response).unwrap_or_default();
    response.status == 403 && word(&body, "message") == "403 Forbidden"
}

fn is_orphaned(response: &Response) -> bool {
    let body = object(response).unwrap_or_default();
    matches!(response.status, 403 | 422) && word(&body, "message").contains("orphaned")
}

fn runner_verification(response: &Response) -> Judged {
    match response.status {
        // Before GitLab 14.8 the body was the number alone.
        200 if json(response).is_some_and(|it| it == 200) => Judged::state(State::Live),
        200 => match object(response).filter(|body| body.get("token").is_some()) {
            Some(body) => Judged::learned(State::Live, entity::runner(&body).unwrap_or_default()),
            None => proves_nothing(response),
        },
        _ if is_orphaned(response) => {
            Judged::because(State::Live, "the runner is orphaned: it belongs to nothing any more")
        }
        403 if is_plain_forbidden(response) => {
            Judged::because(State::UnknownHere, "no runner has it: unknown or expired")
        }
        _ => refused(response),
    }
}

fn registration(response: &Response) -> Judged {
    let body = object(response).unwrap_or_default();
    match response.status {
        400 if body.get("message").is_some_and(|it| it.get("maximum_timeout").is_some()) => {
            Judged::state(State::Live)
        }
        403 if word(&body, "message").starts_with("403 Forbidden") => {
            Judged::because(State::UnknownHere, "no project, group or instance has it")
        }
        410 if object(response).is_some() => {
            Judged::Open("registration tokens are turned off there: it would work again".into())
        }
        201 if body.get("id").is_some() => {
            Judged::because(State::Live, "the probe has made a runner: delete it")
        }
        _ => refused(response),
    }
}

fn trigger(response: &Response) -> Judged {
    let body = object(response).unwrap_or_default();
    let base = body.get("message").and_then(|it| it.get("base")).and_then(Value::as_array);
    let no_ref = |words: &Vec<Value>| words.iter().any(|it| it == "Reference not found");
    match response.status {
        400 if base.is_some_and(no_ref) => Judged::state(State::Live),
        404 if word(&body, "message").starts_with("404") => {
            Judged::Absent("not a trigger of the project that stands beside it".into())
        }
        201 if body.get("id").is_some() => {
            Judged::because(State::Live, "the probe has started a pipeline: cancel it")
        }
        _ => proves_nothing(response),
    }
}

fn feed(response: &Response) -> Judged {
    let beginning = String::from_utf8_lossy(&response.body);
    let is_feed = response.content_type == "application/atom+xml" && beginning.contains("<feed");
    match response.status {
        200 if is_feed => Judged::state(State::Live),
        // Devise answers in the format that was asked for (its `failure_app.rb`).
        401 if response.content_type == "application/atom+xml" => {
            Judged::because(State::UnknownHere, "no user has it now")
        }
        _ => proves_nothing(response),
    }
}

fn unleash(response: &Response) -> Judged {
    match response.status {
        200 if object(response).is_some_and(|body| body.get("features").is_some()) => {
            Judged::state(State::Live)
        }
        401 if says_unauthorized(response) => {
            Judged::Absent("not the client token of the project that stands beside it".into())
        }
        _ => refused(response),
    }
}

fn oauth_client(response: &Response) -> Judged {
    let body = object(response).unwrap_or_default();
    match (response.status, word(&body, "error")) {
        (400, "invalid_scope" | "unauthorized_client") => Judged::state(State::Live),
        // An application that may do this was given a token, which ends by itself.
        (200, _) if body.get("access_token").is_some() => {
            Judged::because(State::Live, "the application was given an access token by this")
        }
        (401, "invalid_client") => {
            Judged::Absent("not the secret of the application that stands beside it".into())
        }
        _ => proves_nothing(response),
    }
}

fn scim(response: &Response) -> Judged {
    let list = json(response).filter(|body| body.get("Resources").is_some_and(Value::is_array));
    match response.status {
        200 if list.is_some() => Judged::state(State::Live),
        401 if json(response).is_some_and(|body| body.is_object()) => {
            Judged::Absent("not the SCIM token of the group that stands beside it".into())
        }
        _ => proves_nothing(response),
    }
}

fn instance_scim(response: &Response) -> Judged {
    match (response.status, scim(response)) {
        (401, Judged::Absent(_)) => Judged::Absent(
            "not the instance's own SCIM token; whether it is a group's takes the group's path \
             (inspect takes --group PATH)"
                .into(),
        ),
        (_, judged) => judged,
    }
}

fn session(response: &Response) -> Judged {
    match response.status {
        200 => match object(response).and_then(|body| entity::user(&body)) {
            Some(user) => Judged::learned(State::Live, with_user(user)),
            None => proves_nothing(response),
        },
        401 if says_unauthorized(response) => {
            Judged::because(State::UnknownHere, "no session that lasts has it")
        }
        _ => refused(response),
    }
}

/// What is known of whatever acts as this user.
pub fn with_user(user: User) -> Learned {
    // A session may do whatever its user may.
    Learned { user, may_write: Some(true), ..Learned::default() }
}

#[cfg(test)]
mod tests;
