//! OAuth applications and tokens, and the clients of feature flags.

use serde_json::json;

use super::super::answers::{Answer, json, not_found, unauthorized};
use super::super::auth::Call;
use super::super::http::Response;
use super::super::records::OauthApp;
use super::{number, views};

pub(super) fn route(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    Some(match (call.method(), parts) {
        ("POST", ["applications", id, "renew-secret"]) => renew(call, id),
        ("GET", ["feature_flags", "unleash", project, "client", "features"]) => {
            unleash(call, project).map(|_| json(200, &json!({ "version": 1, "features": [] })))
        }
        ("GET", ["feature_flags", "unleash", project]) => unleash(call, project),
        _ => return None,
    })
}

fn renew(call: &mut Call<'_>, id: &str) -> Answer {
    call.admin()?;
    let id = number(id)?;
    let at = call.state.oauth_apps.iter().position(|it| it.id == id);
    let at = at.ok_or_else(|| not_found("Application"))?;
    let secret = call.state.mint_like(&["gloas", "-"].concat());
    call.state.oauth_apps[at].secret.clone_from(&secret);
    let mut view = views::application(&call.state.oauth_apps[at]);
    view["secret"] = json!(secret);
    Ok(json(200, &view))
}

fn unleash(call: &mut Call<'_>, project: &str) -> Answer {
    let header = call.request.header("unleash-instanceid").map(str::to_owned);
    let token = header.or_else(|| call.request.param("instance_id"));
    let project = number(project)?;
    let mut clients = call.state.flags_clients.iter();
    let found = clients.find(|it| it.project_id == project && Some(&it.token) == token.as_ref());
    found.ok_or_else(unauthorized)?;
    Ok(Response::new(200, "application/json", ""))
}

/// A refusal in the words of the OAuth library.
fn refusal(status: u16, error: &str, description: &str) -> Response {
    json(status, &json!({ "error": error, "error_description": description }))
}

/// The application whose id and secret the request carries, in its form or as a user name with a
/// password.
fn client<'a>(call: &'a Call<'_>) -> Option<&'a OauthApp> {
    let form = call.request.param("client_id").zip(call.request.param("client_secret"));
    let (id, secret) = form.or_else(|| call.request.basic())?;
    let mut apps = call.state.oauth_apps.iter();
    apps.find(|it| it.application_id == id && it.secret == secret)
}

/// Never gives a token: what is asked for cannot be had, and only the reason tells who asks.
pub(super) fn token(call: &Call<'_>) -> Answer {
    let Some(app) = client(call) else {
        let description = "Client authentication failed due to unknown client, no client \
                           authentication included, or unsupported authentication method.";
        return Err(refusal(401, "invalid_client", description));
    };
    let grant = call.request.param("grant_type");
    Err(match grant.as_deref() {
        Some("client_credentials") if app.api_scope => {
            refusal(422, "unprocessable_entity", "The scope cannot be had without a user.")
        }
        Some("client_credentials") => {
            refusal(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
        }
        Some("authorization_code" | "refresh_token") => {
            refusal(400, "invalid_request", "Missing required parameter: code.")
        }
        _ => refusal(
            400,
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server.",
        ),
    })
}

/// Unknown tokens are revoked as gladly as known ones.
pub(super) fn revoke(call: &mut Call<'_>) -> Answer {
    let Some(app) = client(call) else {
        let description = "You are not authorized to revoke this token";
        return Err(refusal(403, "unauthorized_client", description));
    };
    let (app, token) = (app.application_id.clone(), call.request.param("token"));
    let found = call.state.oauth_tokens.iter_mut().find(|it| Some(&it.token) == token.as_ref());
    if let Some(found) = found.filter(|it| it.application_id == app) {
        found.revoked = true;
    }
    Ok(json(200, &json!({})))
}

/// What an access token says of itself.
pub(super) fn info(call: &mut Call<'_>) -> Answer {
    let token = call.request.bearer().unwrap_or_default();
    call.caller(&[])?;
    let found = call.state.oauth_tokens.iter().find(|it| it.token == token);
    let found = found.ok_or_else(unauthorized)?;
    Ok(json(
        200,
        &json!({
            "resource_owner_id": found.user_id,
            "scope": found.scopes,
            "expires_in": 7200,
            "application": { "uid": found.application_id },
            "created_at": 1_790_000_000,
        }),
    ))
}
