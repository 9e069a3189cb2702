//! Every request that stanch makes to end a token's life or to replace it, one function each. The
//! same test that holds `routes` against GitLab's OpenAPI document holds these.

use super::routes::{PRIVATE_TOKEN, told};
use crate::model::secret::Secret;
use crate::net::message::{Method, Request};

fn with(operator: &Secret, method: Method, route: &'static str) -> Request {
    Request::new(method, route).header(PRIVATE_TOKEN, operator)
}

/// The routes of a project or a group.
fn of_place(place: &str, project: &'static str, group: &'static str) -> &'static str {
    if place == "group" { group } else { project }
}

/// `DELETE /admin/token` (`doc/api/admin/token.md`): revokes, resets or deletes, as the kind has it.
pub fn delete_by_value(operator: &Secret, kind: &str, token: &Secret) -> Request {
    with(operator, Method::Delete, "/api/v4/admin/token").secret_member("token", &told(kind, token))
}

/// `POST /groups/:id/tokens/revoke` (`doc/api/groups.md`, "Revoke a token").
pub fn revoke_in_group(operator: &Secret, group: &str, token: &Secret) -> Request {
    with(operator, Method::Post, "/api/v4/groups/{id}/tokens/revoke")
        .at(group)
        .secret_member("token", token)
}

/// `DELETE /personal_access_tokens/:id`.
pub fn delete_access_token(operator: &Secret, id: u64) -> Request {
    with(operator, Method::Delete, "/api/v4/personal_access_tokens/{id}").at(&id)
}

/// `DELETE /projects/:id/access_tokens/:token_id`, or of a group.
pub fn delete_resource_token(operator: &Secret, place: &str, owner: u64, id: u64) -> Request {
    let route = of_place(
        place,
        "/api/v4/projects/{id}/access_tokens/{token_id}",
        "/api/v4/groups/{id}/access_tokens/{token_id}",
    );
    with(operator, Method::Delete, route).at(&owner).at(&id)
}

/// `DELETE /users/:user_id/impersonation_tokens/:id` (`doc/api/user_tokens.md`).
pub fn delete_impersonation(operator: &Secret, user: u64, id: u64) -> Request {
    let route = "/api/v4/users/{user_id}/impersonation_tokens/{impersonation_token_id}";
    with(operator, Method::Delete, route).at(&user).at(&id)
}

/// `DELETE /groups/:id/service_accounts/:user_id/personal_access_tokens/:token_id`
/// (`doc/api/service_accounts.md`).
pub fn delete_of_service_account(operator: &Secret, group: &str, user: u64, id: u64) -> Request {
    let route = "/api/v4/groups/{id}/service_accounts/{user_id}/personal_access_tokens/{token_id}";
    with(operator, Method::Delete, route).at(group).at(&user).at(&id)
}

/// `DELETE /personal_access_tokens/self`: every scope may.
pub fn delete_self(token: &Secret) -> Request {
    with(token, Method::Delete, "/api/v4/personal_access_tokens/self")
}

/// `DELETE /projects/:id/deploy_tokens/:token_id`, or of a group (`doc/api/deploy_tokens.md`).
pub fn delete_deploy_token(operator: &Secret, place: &str, owner: &str, id: u64) -> Request {
    let route = of_place(
        place,
        "/api/v4/projects/{id}/deploy_tokens/{token_id}",
        "/api/v4/groups/{id}/deploy_tokens/{token_id}",
    );
    with(operator, Method::Delete, route).at(owner).at(&id)
}

/// `DELETE /projects/:id/deploy_keys/:key_id` (`doc/api/deploy_keys.md`).
pub fn delete_deploy_key(operator: &Secret, project: &str, id: u64) -> Request {
    with(operator, Method::Delete, "/api/v4/projects/{id}/deploy_keys/{key_id}").at(project).at(&id)
}

/// `DELETE /users/:id/keys/:key_id` (`doc/api/user_keys.md`): administrators alone.
pub fn delete_user_key(operator: &Secret, user: u64, id: u64) -> Request {
    with(operator, Method::Delete, "/api/v4/users/{id}/keys/{key_id}").at(&user).at(&id)
}

/// `DELETE /projects/:id/triggers/:trigger_id` (`doc/api/pipeline_triggers.md`).
pub fn delete_trigger(operator: &Secret, project: &str, id: u64) -> Request {
    with(operator, Method::Delete, "/api/v4/projects/{id}/triggers/{trigger_id}")
        .at(project)
        .at(&id)
}

/// `DELETE /projects/:id/cluster_agents/:agent_id/tokens/:token_id` (`doc/api/cluster_agents.md`).
pub fn delete_agent_token(operator: &Secret, project: u64, agent: u64, id: u64) -> Request {
    let route = "/api/v4/projects/{id}/cluster_agents/{agent_id}/tokens/{token_id}";
    with(operator, Method::Delete, route).at(&project).at(&agent).at(&id)
}

/// `POST /runners/:id/reset_authentication_token` (`doc/api/runners.md`).
pub fn reset_runner(operator: &Secret, id: u64) -> Request {
    with(operator, Method::Post, "/api/v4/runners/{id}/reset_authentication_token").at(&id)
}

/// `DELETE /runners/:id`.
pub fn delete_runner(operator: &Secret, id: u64) -> Request {
    with(operator, Method::Delete, "/api/v4/runners/{id}").at(&id)
}

/// `POST /runners/reset_authentication_token`.
pub fn reset_runner_by_itself(token: &Secret) -> Request {
    Request::new(Method::Post, "/api/v4/runners/reset_authentication_token")
        .secret_member("token", token)
}

/// `DELETE /runners`.
pub fn delete_runner_by_itself(token: &Secret) -> Request {
    Request::new(Method::Delete, "/api/v4/runners").secret_member("token", token)
}

/// `POST /projects/:id/runners/reset_registration_token`, or of a group.
pub fn reset_registration(operator: &Secret, place: &str, id: u64) -> Request {
    let route = of_place(
        place,
        "/api/v4/projects/{id}/runners/reset_registration_token",
        "/api/v4/groups/{id}/runners/reset_registration_token",
    );
    with(operator, Method::Post, route).at(&id)
}

/// `POST /projects/:id/jobs/:job_id/cancel` (`doc/api/jobs.md`).
pub fn cancel_job(operator: &Secret, project: u64, job: u64) -> Request {
    with(operator, Method::Post, "/api/v4/projects/{id}/jobs/{job_id}/cancel").at(&project).at(&job)
}

/// `POST /applications/:id/renew-secret` (`doc/api/applications.md`): those of the instance alone.
pub fn renew_secret(operator: &Secret, application: u64) -> Request {
    with(operator, Method::Post, "/api/v4/applications/{id}/renew-secret").at(&application)
}

/// `POST /oauth/revoke` (`doc/api/oauth2.md`), as the application whose token it is.
pub fn revoke_oauth(client_id: &str, client_secret: &Secret, token: &Secret) -> Request {
    Request::new(Method::Post, "/oauth/revoke")
        .member("client_id", client_id)
        .secret_member("client_secret", client_secret)
        .secret_member("token", token)
        .as_form()
}

/// With the day on which a successor ends, if that is known.
fn until(request: Request, expires: Option<&str>) -> Request {
    match expires {
        Some(day) => request.member("expires_at", day),
        None => request,
    }
}

/// `POST /personal_access_tokens/self/rotate`: scopes `api` and `self_rotate`.
pub fn rotate_self(token: &Secret, expires: Option<&str>) -> Request {
    until(with(token, Method::Post, "/api/v4/personal_access_tokens/self/rotate"), expires)
}

/// `POST /personal_access_tokens/:id/rotate`.
pub fn rotate_access_token(operator: &Secret, id: u64, expires: Option<&str>) -> Request {
    until(
        with(operator, Method::Post, "/api/v4/personal_access_tokens/{id}/rotate").at(&id),
        expires,
    )
}

/// `POST /projects/:id/access_tokens/:token_id/rotate`, or of a group.
pub fn rotate_resource_token(
    operator: &Secret,
    (place, owner): (&str, u64),
    id: u64,
    expires: Option<&str>,
) -> Request {
    let route = of_place(
        place,
        "/api/v4/projects/{id}/access_tokens/{token_id}/rotate",
        "/api/v4/groups/{id}/access_tokens/{token_id}/rotate",
    );
    until(with(operator, Method::Post, route).at(&owner).at(&id), expires)
}

/// `POST /groups/:id/service_accounts/:user_id/personal_access_tokens/:token_id/rotate`.
pub fn rotate_of_service_account(
    operator: &Secret,
    (group, user): (&str, u64),
    id: u64,
    expires: Option<&str>,
) -> Request {
    let route =
        "/api/v4/groups/{id}/service_accounts/{user_id}/personal_access_tokens/{token_id}/rotate";
    until(with(operator, Method::Post, route).at(group).at(&user).at(&id), expires)
}

/// `GET /projects/:id/variables/:key` (`doc/api/project_level_variables.md`).
pub fn variable(operator: &Secret, project: &str, key: &str) -> Request {
    with(operator, Method::Get, "/api/v4/projects/{id}/variables/{key}").at(project).at(key)
}

/// `PUT /projects/:id/variables/:key`: the value alone, so that all else stays as it is.
pub fn update_variable(operator: &Secret, project: &str, key: &str, value: &Secret) -> Request {
    with(operator, Method::Put, "/api/v4/projects/{id}/variables/{key}")
        .at(project)
        .at(key)
        .secret_member("value", value)
}

/// `POST /projects/:id/variables`, masked and for protected branches alone.
pub fn create_variable(operator: &Secret, project: &str, key: &str, value: &Secret) -> Request {
    with(operator, Method::Post, "/api/v4/projects/{id}/variables")
        .at(project)
        .member("key", key)
        .secret_member("value", value)
        .member("masked", "true")
        .member("protected", "true")
}
