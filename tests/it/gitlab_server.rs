//! The GitLab on loopback, asked over plain sockets: what every test of verification and
//! revocation rests on.

mod faults;
mod owners;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use stanch::token::sample::Sampler;

use crate::support::gitlab::{GitLab, Place, Standing};
use crate::support::tokens::pat;

/// An answer as it came over the wire.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    #[track_caller]
    fn is(&self, status: u16, part: &str) {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.body);
        assert!(self.body.contains(part), "{}", self.body);
    }
}

fn request(start: &str, headers: &[&str], body: &str) -> String {
    let mut text = format!("{start} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    for header in headers {
        text += &format!("{header}\r\n");
    }
    if !body.is_empty() {
        let kind = if body.starts_with('{') { "json" } else { "x-www-form-urlencoded" };
        text += &format!("Content-Type: application/{kind}\r\nContent-Length: {}\r\n", body.len());
    }
    format!("{text}\r\n{body}")
}

/// Sends a request such as `GET /api/v4/user` on a connection of its own.
fn ask(gitlab: &GitLab, start: &str, headers: &[&str], body: &str) -> Answer {
    let mut socket = TcpStream::connect(gitlab.address()).expect("a connection");
    socket.set_read_timeout(Some(Duration::from_millis(1500))).expect("a timeout");
    socket.write_all(request(start, headers, body).as_bytes()).expect("sent");
    let mut bytes = Vec::new();
    // Faults end in many ways: what came until then is the answer.
    drop(socket.read_to_end(&mut bytes));
    Answer::parse(&bytes)
}

/// The same as the holder of a personal access token.
fn ask_as(gitlab: &GitLab, token: &str, start: &str, body: &str) -> Answer {
    ask(gitlab, start, &[&format!("PRIVATE-TOKEN: {token}")], body)
}

fn made(prefix: &str, seed: u64) -> String {
    [prefix, &Sampler::new(seed).friendly(20)].concat()
}

const SELF: &str = "GET /api/v4/personal_access_tokens/self";

#[test]
fn states_of_a_token_are_told_apart() {
    let gitlab = GitLab::start();
    let tokens: Vec<String> = (0..7).map(pat).collect();
    let mut state = gitlab.state();
    state.pat(&tokens[0], 5, &["read_registry"]);
    state.pat(&tokens[1], 5, &["api"]).expires("2026-11-21");
    state.pat(&tokens[2], 5, &["api"]).revoke();
    state.impersonation(&tokens[3], 5, &["api"]);
    state.impersonation_enabled = false;
    state.pat(&tokens[4], 5, &["api"]).dpop = true;
    state.user(6, "gone").standing = Standing::Blocked;
    state.pat(&tokens[5], 6, &["api"]);
    drop(state);
    let say = |at: usize, start| ask_as(&gitlab, &tokens[at], start, "");
    say(0, SELF).is(200, "\"scopes\":[\"read_registry\"]");
    say(0, "GET /api/v4/user").is(403, "insufficient_scope");
    say(1, SELF).is(401, "Token is expired.");
    say(2, SELF).is(401, "Token was revoked.");
    assert!(say(2, SELF).head.contains("www-authenticate: bearer"));
    say(3, SELF).is(401, "impersonation was disabled");
    say(4, SELF).is(401, "dpop_error");
    say(5, SELF).is(403, "Your account has been blocked.");
    say(6, SELF).is(401, "{\"message\":\"401 Unauthorized\"}");
    say(0, "GET /api/v4/nothing").is(404, "{\"error\":\"404 Not Found\"}");
    assert_eq!(gitlab.requests().len(), 10);
    assert_eq!(gitlab.requests()[1].path, "/api/v4/user");
}

#[test]
fn a_use_leaves_its_traces() {
    let gitlab = GitLab::start();
    let token = pat(1);
    gitlab.state().pat(&token, 5, &["api"]);
    let private = format!("PRIVATE-TOKEN: {token}");
    let from = |ip: &str| {
        let answer = ask(&gitlab, SELF, &[&private, &format!("X-Forwarded-For: {ip}")], "");
        answer.is(200, "");
    };
    from("10.0.0.1");
    let first = gitlab.state().pats[0].last_used_at.clone().expect("a use");
    // Within the same minute a new address is not written down.
    from("10.0.0.2");
    assert_eq!(gitlab.state().pats[0].last_used_ips, ["10.0.0.1"]);
    for minute in 1..=6 {
        gitlab.state().minute += 1;
        from(&format!("10.0.1.{minute}"));
    }
    assert_eq!(gitlab.state().pats[0].last_used_ips.len(), 5);
    assert!(!gitlab.state().pats[0].last_used_ips.contains(&"10.0.0.1".to_owned()));
    assert_eq!(gitlab.state().pats[0].last_used_at.as_ref(), Some(&first));
    gitlab.state().minute += 10;
    from("10.0.0.1");
    assert_ne!(gitlab.state().pats[0].last_used_at.as_ref(), Some(&first));
}

#[test]
fn tokens_revoke_themselves_but_impersonations_do_not() {
    let gitlab = GitLab::start();
    let (own, lent, admin) = (pat(1), pat(2), pat(3));
    gitlab.state().pat(&own, 5, &["read_repository"]);
    let id = gitlab.state().impersonation(&lent, 5, &["api"]).id;
    gitlab.state().admin(1, &admin);
    let revoke = "DELETE /api/v4/personal_access_tokens/self";
    ask_as(&gitlab, &own, revoke, "").is(204, "");
    ask_as(&gitlab, &own, revoke, "").is(401, "Token was revoked.");
    ask_as(&gitlab, &lent, revoke, "").is(400, "400 Bad request");
    let by_admin = format!("DELETE /api/v4/users/5/impersonation_tokens/{id}");
    ask_as(&gitlab, &lent, &by_admin, "").is(403, "403 Forbidden");
    ask_as(&gitlab, &admin, &by_admin, "").is(204, "");
    assert!(!gitlab.state().is_live(&lent) && !gitlab.state().is_live(&own));
}

#[test]
fn rotating_a_dead_token_kills_its_family() {
    let gitlab = GitLab::start();
    let token = pat(1);
    gitlab.state().pat(&token, 5, &["self_rotate"]);
    let rotate = "POST /api/v4/personal_access_tokens/self/rotate";
    let answer = ask_as(&gitlab, &token, rotate, "");
    answer.is(200, "\"expires_at\":\"2026-11-28\"");
    let fresh = gitlab.state().pats[1].token.clone();
    assert!(answer.body.contains(&fresh) && gitlab.state().is_live(&fresh));
    // To ask does no harm; to rotate once more does.
    ask_as(&gitlab, &token, SELF, "").is(401, "revoked");
    assert!(gitlab.state().is_live(&fresh));
    ask_as(&gitlab, &token, rotate, "").is(401, "revoked");
    assert!(!gitlab.state().is_live(&fresh));
}

#[test]
fn the_administrators_route_knows_tokens_by_prefix() {
    let gitlab = GitLab::start();
    let (admin, leaked, feed, job) = (pat(1), pat(2), made("glft-", 3), made("glcbt-64_", 4));
    let mut state = gitlab.state();
    state.admin(1, &admin);
    state.pat(&leaked, 5, &["api"]);
    state.feed_token(&feed, 5);
    state.project(7, "group/app");
    state.job(&job, 7, 5);
    drop(state);
    let say = |method: &str, token: &str| {
        let body = format!("{{\"token\":\"{token}\"}}");
        ask_as(&gitlab, &admin, &format!("{method} /api/v4/admin/token"), &body)
    };
    say("POST", &leaked).is(200, "\"user_id\":5");
    say("POST", &job).is(200, "\"job\":{");
    say("POST", &pat(9)).is(404, "404 Not Found");
    say("POST", &made("glsoat-", 5)).is(422, "");
    assert!(gitlab.state().pats[1].last_used_at.is_none(), "no trace on the leaked token");
    say("DELETE", &leaked).is(204, "");
    say("DELETE", &feed).is(204, "");
    say("DELETE", &job).is(422, "");
    let state = gitlab.state();
    assert!(!state.is_live(&leaked) && !state.is_live(&feed) && state.is_live(&job));
    assert!(state.feed_tokens[0].token.starts_with("glft-"));
}

#[test]
fn verifying_a_runner_shows_and_discovery_does_not() {
    let gitlab = GitLab::start();
    let token = made("glrtr-", 1);
    gitlab.state().runner(&token, Place::Instance);
    let discover = "GET /api/v4/runners/router/discovery";
    let header = format!("Runner-Token: {token}");
    ask(&gitlab, discover, &[&header], "").is(501, "Job Router");
    ask(&gitlab, discover, &["Runner-Token: x"], "").is(403, "");
    gitlab.state().router_discovery = false;
    ask(&gitlab, discover, &[&header], "").is(404, "{\"error\"");
    assert!(gitlab.state().runners[0].contacted_at.is_none());
    let form = format!("token={token}&system_id=s_1");
    ask(&gitlab, "POST /api/v4/runners/verify", &[], &form).is(200, &token);
    ask(&gitlab, "POST /api/v4/runners/verify", &[], "token=x").is(403, "403 Forbidden");
    ask(&gitlab, "POST /api/v4/runners/verify", &[], "").is(400, "token is missing");
    assert!(gitlab.state().runners[0].contacted_at.is_some());
    assert_eq!(gitlab.state().runners[0].managers, ["s_1"]);
    let form = format!("{{\"token\":\"{token}\"}}");
    ask(&gitlab, "DELETE /api/v4/runners", &[], &form).is(204, "");
    assert!(!gitlab.state().is_live(&token));
}

#[test]
fn a_careless_probe_leaves_something_behind() {
    let gitlab = GitLab::start();
    let (registration, trigger) = (made("GR1348941", 1), made("glptt-", 2));
    let mut state = gitlab.state();
    state.project(7, "group/app");
    state.registration_token(&registration, Place::Project(7));
    state.trigger(&trigger, 7, 5);
    drop(state);
    let register = |rest: &str| {
        let form = format!("token={registration}{rest}");
        ask(&gitlab, "POST /api/v4/runners", &[], &form)
    };
    register("&maximum_timeout=1").is(400, "maximum_timeout");
    assert!(gitlab.state().runners.is_empty());
    register("").is(201, "");
    assert_eq!(gitlab.state().runners.len(), 1);
    let run = |branch: &str| {
        let form = format!("token={trigger}&ref={branch}");
        ask(&gitlab, "POST /api/v4/projects/group%2Fapp/trigger/pipeline", &[], &form)
    };
    run("..").is(400, "{\"message\":{\"base\":[\"Reference not found\"]}}");
    assert_eq!(gitlab.state().pipelines, 0);
    run("main").is(201, "");
    assert_eq!(gitlab.state().pipelines, 1);
}

#[test]
fn tokens_without_a_page_of_their_own_have_a_door() {
    let gitlab = GitLab::start();
    let (deploy, feed, flags) = (made("gldt-", 1), made("glft-", 2), made("glffct-", 3));
    let (secret, scim, cookie) = (made("gloas-", 4), made("glsoat-", 5), made("", 6));
    let mut state = gitlab.state();
    state.deploy_token(&deploy, Place::Project(7));
    state.user(5, "ann");
    state.feed_token(&feed, 5);
    state.flags_client(&flags, 7);
    state.oauth_app("an-application", &secret);
    state.scim_token(&scim, Some("group"));
    state.session(&cookie, 5);
    drop(state);
    let get = |path: &str, header: &str| ask(&gitlab, &format!("GET {path}"), &[header], "");
    let conan = "/api/v4/packages/conan/v1/users/check_credentials";
    let basic = |password: &str| {
        use base64::Engine as _;
        let pair = base64::prelude::BASE64_STANDARD.encode(format!("x:{password}"));
        format!("Authorization: Basic {pair}")
    };
    get(conan, &basic(&deploy)).is(200, "ok");
    get(conan, &basic(&feed)).is(401, "");
    get(&format!("/dashboard/issues.atom?feed_token={feed}"), "A: b").is(200, "<feed");
    get("/dashboard/issues.atom?feed_token=x", "A: b").is(401, "");
    get("/api/v4/feature_flags/unleash/7", &format!("UNLEASH-INSTANCEID: {flags}")).is(200, "");
    get("/api/v4/feature_flags/unleash/8", &format!("UNLEASH-INSTANCEID: {flags}")).is(401, "");
    get("/api/scim/v2/groups/group/Users", &format!("Authorization: Bearer {scim}")).is(200, "");
    get("/api/v4/user", &format!("Cookie: _gitlab_session={cookie}")).is(200, "\"ann\"");
    let client = |secret: &str| {
        let form = format!(
            "grant_type=client_credentials&client_id=an-application&client_secret={secret}"
        );
        ask(&gitlab, "POST /oauth/token", &[], &form)
    };
    client(&secret).is(400, "invalid_scope");
    client("x").is(401, "invalid_client");
}

#[test]
fn lists_lead_on_to_their_next_page() {
    let gitlab = GitLab::start();
    let token = pat(1);
    let mut state = gitlab.state();
    state.group(3, "group").member(5, 40);
    for id in 10..15 {
        state.project(id, &format!("group/app{id}"));
    }
    state.project(20, "other/app");
    state.pat(&token, 5, &["read_repository"]);
    drop(state);
    let path = "GET /api/v4/personal_access_tokens/self/associations?min_access_level=30";
    let first = ask_as(&gitlab, &token, &format!("{path}&per_page=3"), "");
    first.is(200, "\"group_access_level\":40");
    assert!(first.head.contains("x-next-page: 2") && first.head.contains("rel=\"next\""));
    let second = ask_as(&gitlab, &token, &format!("{path}&per_page=3&page=2"), "");
    assert_eq!(second.body.matches("path_with_namespace").count(), 2);
    assert!(!second.head.contains("rel=\"next\"") && !second.body.contains("other/app"));
}

#[test]
fn variables_are_found_by_an_encoded_path() {
    let gitlab = GitLab::start();
    let token = pat(1);
    gitlab.state().project(7, "group/app").member(5, 40);
    gitlab.state().pat(&token, 5, &["api"]);
    let all = "/api/v4/projects/group%2Fapp/variables";
    let body = "key=KEY&value=long+enough%21&masked=true";
    ask_as(&gitlab, &token, &format!("POST {all}"), body).is(400, "is invalid");
    let body = "{\"key\":\"KEY\",\"value\":\"longenough\",\"masked\":true}";
    ask_as(&gitlab, &token, &format!("POST {all}"), body).is(201, "\"masked\":true");
    ask_as(&gitlab, &token, &format!("POST {all}"), body).is(400, "already been taken");
    ask_as(&gitlab, &token, &format!("PUT {all}/KEY"), "value=otherwise").is(200, "otherwise");
    assert_eq!(gitlab.state().variables[0].value, "otherwise");
}
