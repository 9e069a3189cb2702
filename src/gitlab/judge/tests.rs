//! Every question against every answer of the reference (sections 3.1, 3.3 and "Later findings"):
//! which answers prove what, written by hand. What is not listed for a question proves nothing there.

use super::Judge;
use crate::gitlab::answer::Judged;
use crate::gitlab::answer::tests::{answer, json};
use crate::model::verdict::State;
use crate::net::message::Response;

const PAT: &str = r#"{"id":1,"revoked":false,"active":true,"scopes":["api"],"user_id":2}"#;
const AGENT: &str = r#"{"id":7,"agent_id":8,"name":"a","status":"active"}"#;

/// Answers by name.
type Answers = Vec<(&'static str, Response)>;

fn answers() -> Answers {
    [refusals(), entities(), strangers()].into_iter().flatten().collect()
}

/// How GitLab refuses.
fn refusals() -> Answers {
    let invalid = |words: &str| {
        json(401, &format!(r#"{{"error":"invalid_token","error_description":"{words}"}}"#))
    };
    let oauth = "This endpoint requires token type to be a personal access token";
    vec![
        ("401", json(401, r#"{"message":"401 Unauthorized"}"#)),
        (
            "expired",
            invalid("Token is expired. You can either do re-authorization or token refresh."),
        ),
        ("revoked", invalid("Token was revoked. You have to re-authorize from the user.")),
        (
            "impersonation",
            invalid("Token is an impersonation token but impersonation was disabled."),
        ),
        ("dpop", json(401, r#"{"error":"dpop_error","error_description":"x"}"#)),
        ("scope", json(403, r#"{"error":"insufficient_scope","scope":"api read_api"}"#)),
        ("blocked", json(403, r#"{"message":"403 Forbidden - Your account has been blocked."}"#)),
        ("403", json(403, r#"{"message":"403 Forbidden"}"#)),
        ("403 orphaned", json(403, r#"{"message":"403 Forbidden - Runner is orphaned"}"#)),
        ("422 orphaned", json(422, r#"{"message":"Runner is orphaned"}"#)),
        ("404", json(404, r#"{"message":"404 Not Found"}"#)),
        ("404 key", json(404, r#"{"message":"404 Key Not Found"}"#)),
        ("404 error", json(404, r#"{"error":"404 Not Found"}"#)),
        ("410", json(410, r#"{"message":"410 Gone"}"#)),
        ("422", json(422, r#"{"message":"422 Unprocessable Entity"}"#)),
        ("400 oauth", json(400, &format!(r#"{{"message":"400 Bad request - {oauth}"}}"#))),
        ("400 ref", json(400, r#"{"message":{"base":["Reference not found"]}}"#)),
        ("400 other", json(400, r#"{"message":{"base":["Insufficient permissions"]}}"#)),
        ("400 timeout", json(400, r#"{"message":{"maximum_timeout":["at least 10 minutes"]}}"#)),
        ("400 scope", json(400, r#"{"error":"invalid_scope"}"#)),
        ("401 client", json(401, r#"{"error":"invalid_client"}"#)),
        ("401 feed", answer(401, "application/atom+xml", "You need to sign in")),
        ("401 plain", answer(401, "text/plain", "HTTP Basic: Access denied")),
        ("501", json(501, r#"{"message":"501 Job Router is not available"}"#)),
    ]
}

/// How it takes a token, or tells of one.
fn entities() -> Answers {
    vec![
        ("pat", json(200, PAT)),
        ("pat revoked", json(200, &PAT.replacen("false", "true", 1))),
        ("pat expired", json(200, &PAT.replacen("true", "false", 1))),
        ("user", json(200, r#"{"id":2,"username":"ann","state":"active"}"#)),
        ("job", json(200, r#"{"job":{"id":3,"status":"running"}}"#)),
        ("live job", json(200, r#"{"id":3,"status":"running","pipeline":{"project_id":4}}"#)),
        ("features", json(200, r#"{"version":1,"features":[]}"#)),
        ("job over", json(200, r#"{"job":{"id":3,"status":"success"}}"#)),
        ("deploy", json(200, r#"{"username":"u","revoked":false,"expired":false}"#)),
        ("deploy revoked", json(200, r#"{"username":"u","revoked":true,"expired":false}"#)),
        ("deploy expired", json(200, r#"{"username":"u","revoked":false,"expired":true}"#)),
        ("runner", json(200, r#"{"id":6,"runner_type":"project_type"}"#)),
        ("verified", json(200, r#"{"id":6,"token":"t"}"#)),
        ("200", answer(200, "application/json", "200")),
        ("agent", json(200, AGENT)),
        ("agent revoked", json(200, &AGENT.replace("active", "revoked"))),
        ("application", json(200, r#"{"application_id":"abc"}"#)),
        ("trigger", json(200, r#"{"id":10,"description":"t"}"#)),
        ("key", json(200, r#"{"id":12,"title":"k","deploy_keys_projects":[]}"#)),
        ("scim", answer(200, "application/scim+json", r#"{"Resources":[]}"#)),
        ("router", json(200, r#"{"server_url":"wss://kas"}"#)),
        ("ok", answer(200, "text/plain", "ok")),
        ("empty", answer(200, "", "")),
        ("feed", answer(200, "application/atom+xml", "<?xml version=\"1.0\"?><feed xmlns=")),
        ("201", json(201, r#"{"id":1}"#)),
        ("201 other", json(201, r#"{"hello":"world"}"#)),
    ]
}

/// Answers that are nobody's.
fn strangers() -> Answers {
    let page = |status: u16| answer(status, "text/html", "<html>ok <feed");
    vec![
        ("page 200", page(200)),
        ("page 401", page(401)),
        ("page 403", page(403)),
        ("page 404", page(404)),
        ("page 410", page(410)),
        ("page 500", page(500)),
        ("page 502", page(502)),
        ("other", json(200, r#"{"hello":"world"}"#)),
        ("array", json(200, "[]")),
        ("garbage", json(200, "{\"id\":1,")),
        ("text", answer(200, "text/plain", PAT)),
        ("429", answer(429, "text/plain", "Retry later")),
        ("500", json(500, r#"{"message":"500 Internal Server Error"}"#)),
    ]
}

/// What refusing a credential means for most questions.
const REFUSALS: &str = "401=unknown_here expired=expired revoked=revoked dpop=live scope=live \
                        blocked=live";
/// What the operator's own credential being refused means.
const OPERATOR: &str = "401=no_way expired=no_way revoked=no_way impersonation=no_way scope=no_way \
                        blocked=no_way 403=no_way 403_orphaned=no_way";

/// Every 401 of JSON says that it is not this group's.
const SCIM: &str = "scim=live 401=absent expired=absent revoked=absent impersonation=absent \
                    dpop=absent 401_client=absent";

/// Every question, and for each what proves something: answer (with `_` for spaces) and state.
fn table() -> Vec<(Judge, String)> {
    [of_tokens(), of_operator()].into_iter().flatten().collect()
}

fn of_tokens() -> Vec<(Judge, String)> {
    let guard = |more: &str| format!("{REFUSALS} {more}");
    vec![
        (
            Judge::SelfInformation,
            guard(
                "pat=live pat_revoked=revoked pat_expired=expired 400_oauth=live 404=no_way 404_key=no_way \
                   404_error=no_way",
            ),
        ),
        (
            Judge::OauthAccess,
            guard("400_oauth=live pat=live pat_revoked=revoked pat_expired=expired"),
        ),
        // The route gives jobs alone: an id and a status are enough.
        (Judge::Job, guard("live_job=live agent=live agent_revoked=live")),
        (Judge::CurrentUser, guard("user=live")),
        (Judge::DeployToken, guard("ok=live 404=no_way 404_key=no_way 404_error=no_way")),
        (
            Judge::RunnerDiscovery,
            guard(
                "router=live 501=live 403=unknown_here 404=no_way 404_key=no_way 404_error=no_way",
            ),
        ),
        (
            Judge::RunnerVerification,
            guard("verified=live 200=live 403=unknown_here 403_orphaned=live 422_orphaned=live"),
        ),
        (
            Judge::Registration,
            guard(
                "400_timeout=live 403=unknown_here 403_orphaned=unknown_here blocked=unknown_here 201=live",
            ),
        ),
        (Judge::Trigger, "400_ref=live 201=live 404=absent 404_key=absent".to_owned()),
        (Judge::Feed, "feed=live 401_feed=unknown_here".to_owned()),
        (Judge::Unleash, REFUSALS.replacen("401=unknown_here", "features=live 401=absent", 1)),
        (Judge::OauthClient, "400_scope=live 401_client=absent".to_owned()),
        (Judge::Scim, SCIM.to_owned()),
        (Judge::InstanceScim, SCIM.to_owned()),
        (Judge::Session, guard("user=live")),
    ]
}

fn of_operator() -> Vec<(Judge, String)> {
    // The last one wins.
    let admin = |kind: &'static str, more: &str| {
        let rest = "404=absent 404_key=absent 404_error=no_way 422=no_way 422_orphaned=no_way";
        (Judge::Identified(kind), format!("{OPERATOR} {rest} {more}"))
    };
    vec![
        admin("personal_access_token", "pat=live pat_revoked=revoked pat_expired=expired"),
        admin("deploy_token", "deploy=live deploy_revoked=revoked deploy_expired=expired"),
        admin("feed_token", "user=live"),
        admin("incoming_mail_token", "user=live"),
        admin("session_cookie", "user=live"),
        admin("oauth_application_secret", "application=live"),
        admin("kubernetes_agent_token", "agent=live agent_revoked=revoked"),
        admin(
            "runner_authentication_token",
            "runner=live pat=live pat_revoked=live pat_expired=live",
        ),
        admin("pipeline_trigger_token", "trigger=live"),
        admin(
            "ci_job_token",
            "job=live job_over=expired live_job=live agent=live agent_revoked=live pat=no_way \
             pat_revoked=no_way pat_expired=no_way user=no_way runner=no_way verified=no_way \
             trigger=no_way key=no_way",
        ),
        admin(
            "feature_flags_client_token",
            "pat=live pat_revoked=live pat_expired=live user=live runner=live verified=live \
             agent=live agent_revoked=live trigger=live key=live live_job=live",
        ),
        (Judge::Key, format!("{OPERATOR} key=live 404_key=unknown_here")),
    ]
}

#[test]
fn every_question_times_every_answer() {
    for (question, proofs) in table() {
        for (name, response) in answers() {
            let name = name.replace(' ', "_");
            let mut pairs = proofs.split_whitespace().filter_map(|it| it.split_once('='));
            let expected = pairs.rfind(|(answer, _)| *answer == name).map(|(_, comes)| comes);
            let comes = match question.judge(&response) {
                Judged::Proven { state, .. } => Some(state.word()),
                Judged::NotThisWay(_) => Some("no_way"),
                Judged::Absent(_) => Some("absent"),
                Judged::Open(_) => None,
            };
            assert_eq!(comes, expected, "{question:?}: {name}");
        }
    }
}

/// What makes users trust a verdict: nobody but GitLab can call a token dead.
#[test]
fn strangers_prove_nothing() {
    let strangers: Vec<_> = answers()
        .into_iter()
        .filter(|(name, _)| {
            name.starts_with("page") || ["array", "garbage", "429", "500"].contains(name)
        })
        .collect();
    assert_eq!(strangers.len(), 11);
    for (question, _) in table() {
        for (name, response) in &strangers {
            let judged = question.judge(response);
            assert!(matches!(judged, Judged::Open(_)), "{question:?}: {name}: {judged:?}");
        }
    }
}

#[test]
fn dead_is_said_by_an_entity_or_by_words_alone() {
    for (question, _) in table() {
        for (name, response) in answers() {
            if let Judged::Proven { state, .. } = question.judge(&response)
                && state.is_dead()
            {
                let says = ["expired", "revoked", "over"].iter().any(|word| name.contains(word));
                assert!(says, "{question:?}: {name} is {}", State::word(state));
            }
        }
    }
}
