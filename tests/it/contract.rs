//! Every request that stanch can build to ask about a token or to end its life, against GitLab's own description of its
//! API: method, path, parameters, members of the body.

use std::collections::BTreeSet;

use serde_json::Value;
use stanch::gitlab::notes::{MergeRequest, Thread};
use stanch::gitlab::{changes, routes};
use stanch::model::secret::Secret;
use stanch::net::message::Request;

/// What the document lacks, and where it is described instead.
const LACKING: &[(&str, &str)] = &[
    ("GET /api/v4/user", "doc/api/users.md"),
    ("GET /api/v4/users/{id}", "doc/api/users.md"),
    ("GET /api/v4/users/{id}/memberships", "doc/api/users.md"),
    ("GET /api/v4/projects/{id}/access_tokens/{token_id}", "doc/api/project_access_tokens.md"),
    ("GET /api/v4/groups/{id}/access_tokens/{token_id}", "doc/api/group_access_tokens.md"),
    ("POST /api/v4/admin/token", "doc/api/admin/token.md"),
    ("GET /api/v4/runners/router/discovery", "lib/api/ci/runner.rb"),
    ("GET /api/v4/feature_flags/unleash/{project_id}/client/features", "lib/api/unleash.rb"),
    ("GET /dashboard/issues.atom", "lib/gitlab/auth/auth_finders.rb"),
    ("POST /oauth/token", "doc/api/oauth2.md"),
    ("GET /api/v4/projects/{id}", "doc/api/projects.md"),
    ("GET /api/v4/groups/{id}", "doc/api/groups.md"),
    ("DELETE /api/v4/admin/token", "doc/api/admin/token.md"),
    ("DELETE /api/v4/projects/{id}/access_tokens/{token_id}", "doc/api/project_access_tokens.md"),
    ("DELETE /api/v4/groups/{id}/access_tokens/{token_id}", "doc/api/group_access_tokens.md"),
    (
        "POST /api/v4/projects/{id}/access_tokens/{token_id}/rotate",
        "doc/api/project_access_tokens.md",
    ),
    ("POST /api/v4/groups/{id}/access_tokens/{token_id}/rotate", "doc/api/group_access_tokens.md"),
    (
        "DELETE /api/v4/users/{user_id}/impersonation_tokens/{impersonation_token_id}",
        "doc/api/user_tokens.md",
    ),
    (
        "DELETE /api/v4/groups/{id}/service_accounts/{user_id}/personal_access_tokens/{token_id}",
        "doc/api/service_accounts.md",
    ),
    (
        "POST /api/v4/groups/{id}/service_accounts/{user_id}/personal_access_tokens/{token_id}/rotate",
        "doc/api/service_accounts.md",
    ),
    ("DELETE /api/v4/users/{id}/keys/{key_id}", "doc/api/user_keys.md"),
    ("POST /oauth/revoke", "doc/api/oauth2.md"),
    ("GET /api/v4/projects/{id}/variables/{key}", "doc/api/project_level_variables.md"),
    ("PUT /api/v4/projects/{id}/variables/{key}", "doc/api/project_level_variables.md"),
    ("GET /api/scim/v2/groups/{group}/Users", "doc/api/scim.md"),
    ("GET /api/scim/v2/application/Users", "doc/api/scim.md"),
    (
        "GET /api/v4/projects/{id}/merge_requests/{merge_request_iid}/discussions",
        "doc/api/discussions.md",
    ),
    (
        "POST /api/v4/projects/{id}/merge_requests/{merge_request_iid}/discussions",
        "doc/api/discussions.md",
    ),
    (
        "PUT /api/v4/projects/{id}/merge_requests/{merge_request_iid}/discussions/{discussion_id}/notes/{note_id}",
        "doc/api/discussions.md",
    ),
    (
        "PUT /api/v4/projects/{id}/merge_requests/{merge_request_iid}/discussions/{discussion_id}",
        "doc/api/discussions.md",
    ),
];

/// A trigger's path as the document writes it.
const TRIGGER: (&str, &str) = (
    "/api/v4/projects/{id}/trigger/pipeline",
    "/api/v4/projects/{id}/(ref/{ref}/)trigger/pipeline",
);

fn all() -> Vec<Request> {
    [questions(), deaths(), successions(), notes()].into_iter().flatten().collect()
}

/// Requests about the note on a merge request.
fn notes() -> Vec<Request> {
    let operator = Secret::new(*b"operator");
    let request = MergeRequest { project: "7".to_owned(), iid: "3".to_owned(), operator };
    let thread =
        Thread { discussion: "d".to_owned(), note: 1, body: String::new(), resolved: false };
    vec![
        request.threads(1),
        request.begin("text"),
        request.rewrite(&thread, "text"),
        request.resolve(&thread, true),
    ]
}

/// Requests that end a token's life.
fn deaths() -> Vec<Request> {
    let token = &Secret::new(*b"token");
    let operator = &Secret::new(*b"operator");
    vec![
        changes::delete_by_value(operator, "deploy_token", token),
        changes::revoke_in_group(operator, "group", token),
        changes::delete_access_token(operator, 1),
        changes::delete_resource_token(operator, "project", 1, 2),
        changes::delete_resource_token(operator, "group", 1, 2),
        changes::delete_impersonation(operator, 1, 2),
        changes::delete_of_service_account(operator, "group", 1, 2),
        changes::delete_self(token),
        changes::delete_deploy_token(operator, "project", "1", 2),
        changes::delete_deploy_token(operator, "group", "1", 2),
        changes::delete_deploy_key(operator, "1", 2),
        changes::delete_user_key(operator, 1, 2),
        changes::delete_trigger(operator, "1", 2),
        changes::delete_agent_token(operator, 1, 2, 3),
        changes::reset_runner(operator, 1),
        changes::delete_runner(operator, 1),
        changes::reset_runner_by_itself(token),
        changes::delete_runner_by_itself(token),
        changes::reset_registration(operator, "project", 1),
        changes::reset_registration(operator, "group", 1),
        changes::cancel_job(operator, 1, 2),
        changes::renew_secret(operator, 1),
        changes::revoke_oauth("id", operator, token),
    ]
}

/// Requests that give a token a successor.
fn successions() -> Vec<Request> {
    let token = &Secret::new(*b"token");
    let operator = &Secret::new(*b"operator");
    let day = Some("2027-01-31");
    vec![
        changes::rotate_self(token, day),
        changes::rotate_access_token(operator, 1, day),
        changes::rotate_resource_token(operator, ("project", 1), 2, day),
        changes::rotate_resource_token(operator, ("group", 1), 2, day),
        changes::rotate_of_service_account(operator, ("group", 1), 2, day),
        changes::variable(operator, "1", "KEY"),
        changes::update_variable(operator, "1", "KEY", token),
        changes::create_variable(operator, "1", "KEY", token),
    ]
}

/// Requests that ask.
fn questions() -> Vec<Request> {
    let token = &Secret::new(*b"token");
    let operator = &Secret::new(*b"operator");
    vec![
        routes::self_information(token),
        routes::self_information_of_oauth(token),
        routes::associations(token, 1),
        routes::current_user(token),
        routes::user_of_session(token),
        routes::job(token),
        routes::conan_credentials(token),
        routes::runner_discovery(token),
        routes::runner_verification(token),
        routes::registration_probe(token),
        routes::trigger_probe(token, 1),
        routes::feed(token),
        routes::unleash(token, 1),
        routes::client_credentials(token, "id"),
        routes::scim_users(token, Some("group")),
        routes::scim_users(token, None),
        routes::identify(operator, "deploy_token", token),
        routes::access_token(operator, 1),
        routes::resource_token(operator, "project", 1, 2),
        routes::resource_token(operator, "group", 1, 2),
        routes::user(operator, 1),
        routes::memberships(operator, 1, 1),
        routes::runner(operator, 1),
        routes::key_by_fingerprint(operator, "SHA256:x"),
        routes::triggers(operator, "1"),
        routes::deploy_keys(operator, "1"),
        routes::place(operator, "project", "1"),
        routes::place(operator, "group", "1"),
    ]
}

fn document() -> Value {
    let text = include_str!("../../fixtures/gitlab-openapi.json");
    serde_json::from_str(text).expect("JSON")
}

fn names(values: &Value, place: Option<&str>) -> BTreeSet<String> {
    let values = values.as_array().expect("a list").iter();
    let there = values.filter(|it| place.is_none_or(|place| it["in"] == place));
    there.map(|it| it["name"].as_str().or(it.as_str()).expect("a name").to_owned()).collect()
}

#[test]
fn every_request_is_one_that_gitlab_describes() {
    let document = document();
    let mut lacking = BTreeSet::new();
    let mut described = 0;
    for request in all() {
        let route = if request.route == TRIGGER.0 { TRIGGER.1 } else { request.route };
        let method = request.method.word();
        let operation = &document["paths"][route][method.to_lowercase()];
        if operation.is_null() {
            lacking.insert(format!("{method} {}", request.route));
            continue;
        }
        described += 1;
        let query = names(&operation["parameters"], Some("query"));
        for (name, _) in &request.query {
            assert!(query.contains(*name), "{method} {route} takes no {name} in its query");
        }
        let mut body = names(&operation["body"], None);
        // What deletes takes its parameters in a body as well (`doc/api/runners.md` sends a form),
        // where a secret does not stand in an address.
        if method == "DELETE" {
            body.extend(query);
        }
        // A route with an optional part takes what is left out there in its body.
        body.extend(names(&operation["parameters"], Some("path")));
        for (name, _) in &request.body {
            assert!(body.contains(*name), "{method} {route} takes no {name} in its body");
        }
    }
    let listed: BTreeSet<String> = LACKING.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(lacking, listed);
    assert!(described >= 10);
}

#[test]
fn every_parameter_of_a_route_is_given() {
    for request in all() {
        assert_eq!(request.route.matches('{').count(), request.parameters.len());
        assert!(!request.path().contains(['{', '}']), "{}", request.path());
    }
}

/// The list above is complete: a function of `routes` that is not in it would not be checked.
#[test]
fn no_route_is_forgotten() {
    let count = |source: &str| source.matches("\npub fn ").count();
    let functions = count(include_str!("../../src/gitlab/routes.rs"))
        + count(include_str!("../../src/gitlab/changes.rs"));
    // All but the one that the others are made with.
    let made = include_str!("../../src/gitlab/notes.rs").matches(") -> Request {").count() - 1;
    assert_eq!(notes().len(), made);
    let twice = [
        "scim_users",
        "resource_token",
        "place",
        "delete_resource_token",
        "delete_deploy_token",
        "reset_registration",
        "rotate_resource_token",
    ];
    assert_eq!(all().len(), functions + twice.len() + made);
}

/// A secret stands in an address only where GitLab takes it nowhere else.
#[test]
fn secrets_stay_out_of_addresses() {
    for request in all() {
        let secret = |value: &stanch::net::message::Value| {
            matches!(value, stanch::net::message::Value::Secret(_))
        };
        let exposed = request.query.iter().any(|(_, value)| secret(value));
        assert_eq!(exposed, request.route == "/dashboard/issues.atom", "{}", request.route);
        assert!(request.holds_secret());
    }
}
