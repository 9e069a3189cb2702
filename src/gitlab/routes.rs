//! Every request that stanch makes to ask about a token, one function each. A test checks method,
//! route and parameters of all of them against GitLab's OpenAPI document, and lists by name those
//! that the document lacks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::model::secret::Secret;
use crate::net::message::{Method, Request};

pub(super) const PRIVATE_TOKEN: &str = "PRIVATE-TOKEN";
const AUTHORIZATION: &str = "Authorization";
/// Entries on a page: as many as GitLab gives at most (`doc/api/rest/_index.md`, "Pagination").
const PER_PAGE: u64 = 100;
/// A feed is read no further: its first element tells that it is one.
const BEGINNING: usize = 4096;

/// A secret with something before it.
fn prefixed(prefix: &str, secret: &Secret) -> Secret {
    Secret::new([prefix.as_bytes(), secret.expose()].concat())
}

fn bearer(secret: &Secret) -> Secret {
    prefixed("Bearer ", secret)
}

/// `GET /personal_access_tokens/self`: every scope may ask it (`doc/api/personal_access_tokens.md`).
pub fn self_information(token: &Secret) -> Request {
    Request::new(Method::Get, "/api/v4/personal_access_tokens/self").header(PRIVATE_TOKEN, token)
}

/// The same as an OAuth access token asks it, which GitLab refuses in words of its own.
pub fn self_information_of_oauth(token: &Secret) -> Request {
    Request::new(Method::Get, "/api/v4/personal_access_tokens/self")
        .header(AUTHORIZATION, &bearer(token))
}

/// `GET /personal_access_tokens/self/associations`: groups and projects in reach, a page of them.
pub fn associations(token: &Secret, page: u64) -> Request {
    Request::new(Method::Get, "/api/v4/personal_access_tokens/self/associations")
        .query("page", &page)
        .query("per_page", &PER_PAGE)
        .header(PRIVATE_TOKEN, token)
}

/// `GET /user` (`doc/api/users.md`).
pub fn current_user(token: &Secret) -> Request {
    Request::new(Method::Get, "/api/v4/user").header(PRIVATE_TOKEN, token)
}

/// `GET /user` by the cookie of a session.
pub fn user_of_session(cookie: &Secret) -> Request {
    Request::new(Method::Get, "/api/v4/user").header("Cookie", &session(cookie))
}

/// A session as its cookie has it.
fn session(cookie: &Secret) -> Secret {
    prefixed("_gitlab_session=", cookie)
}

/// `GET /job` (`doc/api/jobs.md`).
pub fn job(token: &Secret) -> Request {
    Request::new(Method::Get, "/api/v4/job").header("JOB-TOKEN", token)
}

/// `GET /packages/conan/v1/users/check_credentials`: takes any active deploy token as password,
/// whatever the user, and does not feed the ban on failed logins
/// (`lib/api/concerns/packages/conan/v1_endpoints.rb`).
pub fn conan_credentials(token: &Secret) -> Request {
    let pair = Zeroizing::new([b"x:", token.expose()].concat());
    let mut basic = Zeroizing::new(String::with_capacity(16 + 2 * pair.len()));
    basic.push_str("Basic ");
    STANDARD.encode_string(&*pair, &mut basic);
    Request::new(Method::Get, "/api/v4/packages/conan/v1/users/check_credentials")
        .header(AUTHORIZATION, &Secret::new(basic.as_bytes()))
}

/// `GET /runners/router/discovery`: knows a runner without noting that it called
/// (`lib/api/ci/runner.rb`).
pub fn runner_discovery(token: &Secret) -> Request {
    Request::new(Method::Get, "/api/v4/runners/router/discovery").header("Runner-Token", token)
}

/// `POST /runners/verify` (`doc/api/runners.md`). Without `system_id`, which would make a runner
/// manager.
pub fn runner_verification(token: &Secret) -> Request {
    Request::new(Method::Post, "/api/v4/runners/verify").secret_member("token", token)
}

/// `POST /runners` with a time limit that no runner can have, so that nothing is made.
pub fn registration_probe(token: &Secret) -> Request {
    Request::new(Method::Post, "/api/v4/runners")
        .secret_member("token", token)
        .member("maximum_timeout", &1)
}

/// A ref that no repository can have (git-check-ref-format(1)).
const IMPOSSIBLE_REF: &str = "stanch..probe~";

/// `POST /projects/:id/trigger/pipeline` with a ref that cannot be, so that nothing runs.
pub fn trigger_probe(token: &Secret, project: u64) -> Request {
    Request::new(Method::Post, "/api/v4/projects/{id}/trigger/pipeline")
        .at(&project)
        .secret_member("token", token)
        .member("ref", IMPOSSIBLE_REF)
}

/// A feed. GitLab takes a feed token in the address and nowhere else: the one exception.
pub fn feed(token: &Secret) -> Request {
    Request::new(Method::Get, "/dashboard/issues.atom")
        .secret_query("feed_token", token)
        .beginning(BEGINNING)
}

/// `GET /feature_flags/unleash/:project_id/client/features` (`lib/api/unleash.rb`): the route above
/// it answers with nothing at all, which proves nothing.
pub fn unleash(token: &Secret, project: u64) -> Request {
    Request::new(Method::Get, "/api/v4/feature_flags/unleash/{project_id}/client/features")
        .at(&project)
        .header("UNLEASH-INSTANCEID", token)
}

/// A scope that no application has, so that nothing can be granted.
const IMPOSSIBLE_SCOPE: &str = "stanch_probe";

/// `POST /oauth/token` for a scope that cannot be had (`doc/api/oauth2.md`).
pub fn client_credentials(secret: &Secret, client_id: &str) -> Request {
    Request::new(Method::Post, "/oauth/token")
        .member("grant_type", "client_credentials")
        .member("scope", IMPOSSIBLE_SCOPE)
        .member("client_id", client_id)
        .secret_member("client_secret", secret)
        .as_form()
}

/// The users of a group, one of them (`doc/api/scim.md`); of the instance without a group. The
/// answer holds people's names: it is judged and thrown away.
pub fn scim_users(token: &Secret, group: Option<&str>) -> Request {
    let request = match group {
        Some(group) => Request::new(Method::Get, "/api/scim/v2/groups/{group}/Users").at(group),
        None => Request::new(Method::Get, "/api/scim/v2/application/Users"),
    };
    request.query("count", &1).header(AUTHORIZATION, &bearer(token))
}

/// `POST /admin/token` (`doc/api/admin/token.md`): what a token is, without using it.
pub fn identify(operator: &Secret, kind: &str, token: &Secret) -> Request {
    let whole = told(kind, token);
    Request::new(Method::Post, "/api/v4/admin/token")
        .header(PRIVATE_TOKEN, operator)
        .secret_member("token", &whole)
        .repeatable()
}

/// A token as `/admin/token` takes it.
pub(super) fn told(kind: &str, token: &Secret) -> Secret {
    if kind == "session_cookie" { session(token) } else { token.clone() }
}

/// `GET /personal_access_tokens/:id`.
pub fn access_token(operator: &Secret, id: u64) -> Request {
    Request::new(Method::Get, "/api/v4/personal_access_tokens/{id}")
        .at(&id)
        .header(PRIVATE_TOKEN, operator)
}

/// `GET /projects/:id/access_tokens/:token_id`, or of a group: tells the role of the bot.
pub fn resource_token(operator: &Secret, place: &str, owner: u64, id: u64) -> Request {
    let route = match place {
        "group" => "/api/v4/groups/{id}/access_tokens/{token_id}",
        _ => "/api/v4/projects/{id}/access_tokens/{token_id}",
    };
    Request::new(Method::Get, route).at(&owner).at(&id).header(PRIVATE_TOKEN, operator)
}

/// `GET /users/:id`.
pub fn user(operator: &Secret, id: u64) -> Request {
    Request::new(Method::Get, "/api/v4/users/{id}").at(&id).header(PRIVATE_TOKEN, operator)
}

/// `GET /users/:id/memberships`: administrators alone.
pub fn memberships(operator: &Secret, id: u64, page: u64) -> Request {
    Request::new(Method::Get, "/api/v4/users/{id}/memberships")
        .at(&id)
        .query("page", &page)
        .query("per_page", &PER_PAGE)
        .header(PRIVATE_TOKEN, operator)
}

/// `GET /runners/:id`.
pub fn runner(operator: &Secret, id: u64) -> Request {
    Request::new(Method::Get, "/api/v4/runners/{id}").at(&id).header(PRIVATE_TOKEN, operator)
}

/// `GET /projects/:id/triggers` (`doc/api/pipeline_triggers.md`): whole tokens for their owner, four
/// characters for others.
pub fn triggers(operator: &Secret, project: &str) -> Request {
    listing("/api/v4/projects/{id}/triggers", operator, project)
}

/// `GET /projects/:id/deploy_keys` (`doc/api/deploy_keys.md`).
pub fn deploy_keys(operator: &Secret, project: &str) -> Request {
    listing("/api/v4/projects/{id}/deploy_keys", operator, project)
}

/// `GET /projects/:id` or `/groups/:id`: shows the registration token to who may use it
/// (`lib/api/entities/project.rb`, `group_detail.rb`).
pub fn place(operator: &Secret, place: &str, id: &str) -> Request {
    let route = match place {
        "group" => "/api/v4/groups/{id}",
        _ => "/api/v4/projects/{id}",
    };
    Request::new(Method::Get, route).at(id).header(PRIVATE_TOKEN, operator)
}

fn listing(route: &'static str, operator: &Secret, project: &str) -> Request {
    Request::new(Method::Get, route)
        .at(project)
        .query("per_page", &PER_PAGE)
        .header(PRIVATE_TOKEN, operator)
}

/// `GET /keys?fingerprint=` (`doc/api/keys.md`): administrators alone.
pub fn key_by_fingerprint(operator: &Secret, fingerprint: &str) -> Request {
    Request::new(Method::Get, "/api/v4/keys")
        .query("fingerprint", fingerprint)
        .header(PRIVATE_TOKEN, operator)
}
