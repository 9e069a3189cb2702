//! What an answer proves, in general: the ways in which GitLab refuses a credential
//! (`lib/api/api_guard.rb`), and everything that is not GitLab's answer and so proves nothing.

use std::borrow::Cow;

use serde_json::Value;

use crate::model::verdict::{Learned, State};
use crate::net::message::Response;

/// What one answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// It proves a state.
    Proven {
        /// The state.
        state: State,
        /// Why, or what comes with it.
        reason: Option<Cow<'static, str>>,
        /// What was learned.
        learned: Box<Learned>,
    },
    /// What was asked does not have it, though it would tell. Whether it lives elsewhere is open; but
    /// when it was there before, it is there no longer.
    Absent(Cow<'static, str>),
    /// It proves nothing, and this is why.
    Open(Cow<'static, str>),
    /// This instance has no such way to ask, or not for us.
    NotThisWay(Cow<'static, str>),
}

impl Judged {
    /// A state without more.
    pub fn state(state: State) -> Self {
        Self::Proven { state, reason: None, learned: Box::default() }
    }

    /// A state and why.
    pub fn because(state: State, reason: &'static str) -> Self {
        Self::Proven { state, reason: Some(reason.into()), learned: Box::default() }
    }

    /// A state and what was learned.
    pub fn learned(state: State, learned: Learned) -> Self {
        Self::Proven { state, reason: None, learned: Box::new(learned) }
    }
}

/// The JSON of an answer that says that it is JSON.
pub fn json(response: &Response) -> Option<Value> {
    let is_json =
        response.content_type == "application/json" || response.content_type.ends_with("+json");
    is_json.then(|| serde_json::from_slice(&response.body).ok())?
}

/// The JSON object of an answer.
pub fn object(response: &Response) -> Option<Value> {
    json(response).filter(Value::is_object)
}

/// The text of a member, or nothing.
pub fn word<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Words of API v4 for 401: GitLab does not know the credential.
const UNAUTHORIZED: &str = "401 Unauthorized";

/// True for `{"message":"401 Unauthorized"}`.
pub fn says_unauthorized(response: &Response) -> bool {
    let body = object(response);
    response.status == 401 && body.is_some_and(|body| word(&body, "message") == UNAUTHORIZED)
}

/// What it means that a credential was refused, for credentials of all kinds.
pub fn refused(response: &Response) -> Judged {
    let Some(body) = object(response) else { return proves_nothing(response) };
    let (error, message) = (word(&body, "error"), word(&body, "message"));
    let description = word(&body, "error_description");
    match (response.status, error) {
        (401, "invalid_token") if description.starts_with("Token is expired") => {
            Judged::state(State::Expired)
        }
        (401, "invalid_token") if description.starts_with("Token was revoked") => {
            Judged::state(State::Revoked)
        }
        (401, "invalid_token") if description.contains("impersonation was disabled") => {
            Judged::Open(
                "an impersonation token, and impersonation is turned off: it would work again"
                    .into(),
            )
        }
        (401, "dpop_error") => {
            Judged::because(State::Live, "works only together with a key (DPoP)")
        }
        (401, _) if message == UNAUTHORIZED => Judged::state(State::UnknownHere),
        (403, "insufficient_scope") => {
            Judged::because(State::Live, "its scopes do not allow to ask for more")
        }
        // "Your account has been blocked.", "You must accept the Terms of Service …" and their kin
        // (`lib/gitlab/auth/user_access_denied_reason.rb`).
        (403, _) if message.starts_with("403 Forbidden - You") => {
            Judged::because(State::Live, "its user is blocked or must act first")
        }
        _ => proves_nothing(response),
    }
}

/// An answer that is not one of those that were expected.
pub fn proves_nothing(response: &Response) -> Judged {
    let status = response.status;
    let why: Cow<'static, str> = match status {
        429 => "too many requests were made there (429)".into(),
        500..=599 => format!("the instance is out of order ({status})").into(),
        403 if object(response).is_none() => {
            "turned away before GitLab: a ban, a firewall or a proxy (403)".into()
        }
        200..=299 if object(response).is_none() => {
            format!("the answer is not GitLab's: {} ({status})", kind_of(response)).into()
        }
        _ => format!("an answer that proves nothing ({status})").into(),
    };
    Judged::Open(why)
}

fn kind_of(response: &Response) -> &'static str {
    match response.content_type.as_str() {
        "text/html" | "application/xhtml+xml" => "a web page",
        "application/json" => "JSON of another form",
        _ => "something else",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use zeroize::Zeroizing;

    use super::{Judged, refused};
    use crate::model::verdict::State;
    use crate::net::message::Response;

    /// An answer.
    pub(crate) fn answer(status: u16, content_type: &str, body: &str) -> Response {
        Response {
            status,
            content_type: content_type.to_owned(),
            body: Zeroizing::new(body.as_bytes().to_vec()),
            next_page: None,
            pause: None,
        }
    }

    /// An answer of JSON.
    pub(crate) fn json(status: u16, body: &str) -> Response {
        answer(status, "application/json", body)
    }

    /// The state that was proven.
    pub(crate) fn proven(judged: &Judged) -> Option<State> {
        match judged {
            Judged::Proven { state, .. } => Some(*state),
            _ => None,
        }
    }

    /// The bodies of section 3.1 of the reference (GitLab `lib/api/api_guard.rb`).
    #[test]
    fn every_refusal_has_its_meaning() {
        let invalid = |words: &str| {
            json(401, &format!(r#"{{"error":"invalid_token","error_description":"{words}"}}"#))
        };
        let cases = [
            (json(401, r#"{"message":"401 Unauthorized"}"#), Some(State::UnknownHere)),
            (
                invalid("Token is expired. You can either do re-authorization or token refresh."),
                Some(State::Expired),
            ),
            (
                invalid("Token was revoked. You have to re-authorize from the user."),
                Some(State::Revoked),
            ),
            (invalid("Token is an impersonation token but impersonation was disabled."), None),
            (json(401, r#"{"error":"dpop_error"}"#), Some(State::Live)),
            (json(403, r#"{"error":"insufficient_scope","scope":"api"}"#), Some(State::Live)),
            (
                json(403, r#"{"message":"403 Forbidden - Your account has been blocked."}"#),
                Some(State::Live),
            ),
            (json(403, r#"{"message":"403 Forbidden"}"#), None),
            (answer(401, "text/html", "<html>"), None),
            (answer(401, "text/plain", r#"{"message":"401 Unauthorized"}"#), None),
            (json(401, r#"{"message":"401 unauthorized"}"#), None),
            (json(401, "[]"), None),
            (json(401, "{"), None),
            (answer(403, "text/html", "Forbidden"), None),
            (answer(429, "text/plain", "Retry later"), None),
            (answer(502, "text/html", "Bad gateway"), None),
            (answer(200, "text/html", "Sign in"), None),
            (json(404, r#"{"message":"404 Not Found"}"#), None),
        ];
        for (response, expected) in cases {
            assert_eq!(proven(&refused(&response)), expected, "{response:?}");
        }
    }
}
