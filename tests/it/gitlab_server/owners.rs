//! What owners and administrators can do about tokens that cannot end themselves.

use super::{ask_as, made};
use crate::support::gitlab::{GitLab, Place};
use crate::support::tokens::pat;

/// A project and its group with an owner, and the owner's token.
fn owned() -> (GitLab, String) {
    let gitlab = GitLab::start();
    let owner = pat(100);
    let mut state = gitlab.state();
    state.group(3, "group").member(5, 50);
    state.project(7, "group/app");
    state.pat(&owner, 5, &["api"]);
    drop(state);
    (gitlab, owner)
}

#[test]
fn access_tokens_are_listed_rotated_and_revoked() {
    let (gitlab, owner) = owned();
    let (token, other, stranger) = (pat(1), pat(2), pat(3));
    let mut state = gitlab.state();
    let id = state.resource_token(&token, Place::Project(7), &["api"], 40).id;
    let other_id = state.resource_token(&other, Place::Group(3), &["api"], 30).id;
    state.pat(&stranger, 6, &["api"]);
    drop(state);
    let all = "/api/v4/projects/7/access_tokens";
    ask_as(&gitlab, &stranger, &format!("GET {all}"), "").is(404, "404 Project Not Found");
    ask_as(&gitlab, &other, &format!("GET {all}"), "").is(401, "401 Unauthorized");
    let list = ask_as(&gitlab, &owner, &format!("GET {all}"), "");
    list.is(200, "\"access_level\":40");
    assert!(!list.body.contains(&format!("\"id\":{other_id}")), "{}", list.body);
    ask_as(&gitlab, &owner, &format!("GET {all}/{id}"), "").is(200, "last_used_ips");
    ask_as(&gitlab, &owner, &format!("POST {all}/{id}/rotate"), "").is(200, "\"token\":");
    assert!(!gitlab.state().is_live(&token));
    let all = "/api/v4/groups/group/access_tokens";
    ask_as(&gitlab, &owner, &format!("DELETE {all}/{id}"), "").is(404, "group access token");
    ask_as(&gitlab, &owner, &format!("DELETE {all}/{other_id}"), "").is(204, "");
    assert!(!gitlab.state().is_live(&other));
}

#[test]
fn a_groups_owner_revokes_what_is_inside() {
    let (gitlab, owner) = owned();
    let (member, stranger, deploy, feed) = (pat(1), pat(2), made("gldt-", 3), made("glft-", 4));
    let mut state = gitlab.state();
    state.projects[0].member(8, 30);
    state.pat(&member, 8, &["api"]);
    state.pat(&stranger, 9, &["api"]);
    state.deploy_token(&deploy, Place::Group(3));
    state.feed_token(&feed, 8);
    drop(state);
    let say = |token: &str| {
        let body = format!("{{\"token\":\"{token}\"}}");
        ask_as(&gitlab, &owner, "POST /api/v4/groups/3/tokens/revoke", &body)
    };
    say(&member).is(200, "\"revoked\":true");
    say(&member).is(200, "\"revoked\":true");
    say(&deploy).is(200, "deploy-token");
    say(&feed).is(200, "\"username\"");
    say(&stranger).is(422, "422");
    let live = |token: &str| gitlab.state().is_live(token);
    assert!(!live(&member) && !live(&deploy) && !live(&feed) && live(&stranger));
    gitlab.state().group_tokens_revoke = false;
    say(&stranger).is(404, "404 Not Found");
}

#[test]
fn deploy_tokens_and_keys_go_by_id() {
    let (gitlab, owner) = owned();
    let (token, admin) = (made("gldt-", 1), pat(2));
    let mut state = gitlab.state();
    state.admin(1, &admin);
    let id = state.deploy_token(&token, Place::Project(7)).id;
    let key = state.deploy_key("SHA256:a+b/c", "01:02").opens(7, true).id;
    drop(state);
    let all = "/api/v4/projects/7/deploy_tokens";
    let list = ask_as(&gitlab, &owner, &format!("GET {all}?active=true"), "");
    list.is(200, &format!("gitlab+deploy-token-{id}"));
    assert!(!list.body.contains(&token));
    ask_as(&gitlab, &owner, &format!("DELETE {all}/{id}"), "").is(204, "");
    let find = "GET /api/v4/keys?fingerprint=SHA256%3Aa%2Bb%2Fc";
    ask_as(&gitlab, &owner, find, "").is(403, "403 Forbidden");
    ask_as(&gitlab, &admin, find, "").is(200, "\"can_push\":true");
    let keys = format!("/api/v4/projects/7/deploy_keys/{key}");
    ask_as(&gitlab, &owner, &format!("DELETE {keys}"), "").is(204, "");
    ask_as(&gitlab, &admin, find, "").is(404, "404 Key Not Found");
    assert!(!gitlab.state().is_live(&token));
}

#[test]
fn a_users_key_is_the_administrators_to_delete() {
    let (gitlab, owner) = owned();
    let admin = pat(1);
    let mut state = gitlab.state();
    state.admin(1, &admin);
    let key = state.deploy_key("SHA256:a+b/c", "01:02").of(5).id;
    let deploy = state.deploy_key("SHA256:d", "03:04").opens(7, false).id;
    drop(state);
    let delete = |user: u64, key: u64| format!("DELETE /api/v4/users/{user}/keys/{key}");
    ask_as(&gitlab, &owner, &delete(5, key), "").is(403, "403 Forbidden");
    ask_as(&gitlab, &admin, &delete(5, deploy), "").is(404, "404 Key Not Found");
    ask_as(&gitlab, &admin, &delete(99, key), "").is(404, "404 User Not Found");
    ask_as(&gitlab, &admin, &delete(5, key), "").is(204, "");
    assert!(!gitlab.state().is_live("SHA256:a+b/c") && gitlab.state().is_live("SHA256:d"));
    let list = ask_as(&gitlab, &owner, "GET /api/v4/projects/7/deploy_keys", "");
    list.is(200, "\"fingerprint_sha256\":\"SHA256:d\"");
}

#[test]
fn a_place_shows_its_registration_token_to_those_who_manage_it() {
    let (gitlab, owner) = owned();
    let (developer, of_project, of_group) = (pat(1), made("GR1348941", 2), made("GR1348941", 3));
    let mut state = gitlab.state();
    state.projects[0].member(8, 30);
    state.pat(&developer, 8, &["api"]);
    state.registration_token(&of_project, Place::Project(7));
    state.registration_token(&of_group, Place::Group(3));
    state.project(8, "group/other");
    drop(state);
    let shows = |token: &str, path: &str| {
        let answer = ask_as(&gitlab, token, &format!("GET /api/v4/{path}"), "");
        answer.is(200, "\"web_url\"");
        answer.body
    };
    assert!(shows(&owner, "projects/group%2Fapp").contains(&of_project));
    assert!(shows(&owner, "groups/3").contains(&of_group));
    assert!(!shows(&developer, "projects/7").contains("runners_token"));
    assert!(!shows(&owner, "projects/8").contains("runners_token"));
}

#[test]
fn triggers_jobs_and_agents_are_ended() {
    let (gitlab, owner) = owned();
    let (own, others) = (made("glptt-", 1), made("glptt-", 2));
    let (job, agent) = (made("glcbt-64_", 3), made("glagent-", 4));
    let mut state = gitlab.state();
    state.user(8, "other");
    state.trigger(&own, 7, 5);
    let id = state.trigger(&others, 7, 8).id;
    let job_id = state.job(&job, 7, 8).id;
    let agent_id = state.agent_token(&agent, 7, 77).id;
    drop(state);
    let say = |start: &str| ask_as(&gitlab, &owner, start, "");
    let list = say("GET /api/v4/projects/7/triggers");
    list.is(200, &own);
    assert!(!list.body.contains(&others) && list.body.contains(&others[6..10]));
    say(&format!("DELETE /api/v4/projects/7/triggers/{id}")).is(204, "");
    let header = format!("JOB-TOKEN: {job}");
    super::ask(&gitlab, "GET /api/v4/job", &[&header], "").is(200, "\"running\"");
    say(&format!("POST /api/v4/projects/7/jobs/{job_id}/cancel")).is(201, "canceled");
    super::ask(&gitlab, "GET /api/v4/job", &[&header], "").is(401, "");
    let all = "/api/v4/projects/7/cluster_agents/77/tokens";
    say(&format!("GET {all}")).is(200, "\"status\":\"active\"");
    say(&format!("DELETE {all}/{agent_id}")).is(204, "");
    let live = |token: &str| gitlab.state().is_live(token);
    assert!(live(&own) && !live(&others) && !live(&job) && !live(&agent));
}

#[test]
fn values_are_replaced() {
    let (gitlab, owner) = owned();
    let admin = pat(1);
    let (registration, runner, secret) =
        (made("GR1348941", 2), made("glrt-", 3), made("gloas-", 4));
    let mut state = gitlab.state();
    state.admin(1, &admin);
    state.registration_token(&registration, Place::Project(7));
    let id = state.runner(&runner, Place::Project(7)).id;
    let app = state.oauth_app("an-application", &secret).id;
    drop(state);
    let reset = "POST /api/v4/projects/7/runners/reset_registration_token";
    ask_as(&gitlab, &owner, reset, "").is(201, "GR1348941");
    ask_as(&gitlab, &owner, &format!("GET /api/v4/runners/{id}"), "").is(200, "project_type");
    let reset = format!("POST /api/v4/runners/{id}/reset_authentication_token");
    ask_as(&gitlab, &owner, &reset, "").is(201, "glrt-");
    let renew = format!("POST /api/v4/applications/{app}/renew-secret");
    ask_as(&gitlab, &owner, &renew, "").is(403, "403 Forbidden");
    ask_as(&gitlab, &admin, &renew, "").is(200, "\"secret\":");
    let memberships = ask_as(&gitlab, &admin, "GET /api/v4/users/5/memberships", "");
    memberships.is(200, "\"source_type\":\"Namespace\"");
    let live = |token: &str| gitlab.state().is_live(token);
    assert!(!live(&registration) && !live(&runner) && !live(&secret));
}
