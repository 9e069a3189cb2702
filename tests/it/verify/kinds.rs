//! Every kind by its own question: live and dead, by the token itself and by the operator.

use serde_json::{Value, json};

use super::{paths, verdict, verify};
use crate::support::gitlab::{GitLab, Place, Standing};
use crate::support::program::Folder;
use crate::support::tokens::pat;
use stanch::token::sample::Sampler;

/// A token of a kind: the text that holds it, the token, and how the server learns of it.
struct Case {
    kind: &'static str,
    text: String,
    token: String,
    add: fn(&GitLab, &str),
    /// The first question without an operator's credential.
    asked: &'static str,
}

/// What of a case is not its token: kind, prefix, size of the body, text around it with `{}` where
/// the token stands, how the server learns of it, and the first question.
type Row = (&'static str, &'static str, usize, &'static str, fn(&GitLab, &str), &'static str);

const OWN: &str = "GET /api/v4/personal_access_tokens/self";

/// Tokens of a prefix and a friendly body.
const FRIENDLY: &[Row] = &[
    (
        "personal_access_token",
        "glpat-",
        20,
        "{}",
        |gitlab, token| _ = gitlab.state().pat(token, 5, &["api"]),
        OWN,
    ),
    (
        "deploy_token",
        "gldt-",
        20,
        "{}",
        |gitlab, token| _ = gitlab.state().deploy_token(token, Place::Project(7)),
        "GET /api/v4/packages/conan/v1/users/check_credentials",
    ),
    (
        "runner_authentication_token",
        "glrt-t1_",
        20,
        "{}",
        |gitlab, token| _ = gitlab.state().runner(token, Place::Project(7)),
        "GET /api/v4/runners/router/discovery",
    ),
    (
        "ci_job_token",
        "glcbt-64_",
        20,
        "{}",
        |gitlab, token| _ = gitlab.state().job(token, 7, 5),
        "GET /api/v4/job",
    ),
    (
        "feed_token",
        "glft-",
        20,
        "{}",
        |gitlab, token| gitlab.state().feed_token(token, 5),
        "GET /dashboard/issues.atom",
    ),
    (
        "pipeline_trigger_token",
        "glptt-",
        20,
        "https://x/api/v4/projects/7/trigger/pipeline?token={}",
        |gitlab, token| _ = gitlab.state().trigger(token, 7, 5),
        "POST /api/v4/projects/7/trigger/pipeline",
    ),
    (
        "runner_registration_token",
        "GR1348941",
        20,
        "{}",
        |gitlab, token| gitlab.state().registration_token(token, Place::Project(7)),
        "POST /api/v4/runners",
    ),
    (
        "feature_flags_client_token",
        "glffct-",
        20,
        "https://x/api/v4/feature_flags/unleash/7 {}",
        |gitlab, token| gitlab.state().flags_client(token, 7),
        "GET /api/v4/feature_flags/unleash/7/client/features",
    ),
    (
        "scim_token",
        "glsoat-",
        20,
        "https://x/api/scim/v2/groups/acme\ntoken: {}",
        |gitlab, token| gitlab.state().scim_token(token, Some("acme")),
        "GET /api/scim/v2/groups/acme/Users",
    ),
];

/// Tokens of hexadecimal digits.
const HEX: &[Row] = &[
    (
        "session_cookie",
        "",
        32,
        "Cookie: _gitlab_session={}; path=/",
        |gitlab, token| gitlab.state().session(token, 5),
        "GET /api/v4/user",
    ),
    (
        "oauth_access_token",
        "",
        64,
        "https://oauth2:{}@gitlab.example.com/a/b.git",
        |gitlab, token| _ = gitlab.state().oauth_token(token, 5, &["api"]),
        OWN,
    ),
    (
        "oauth_application_secret",
        "gloas-",
        64,
        "client_id: {application}\nclient_secret: {}",
        |gitlab, token| {
            let application = application(gitlab.state().minute.unsigned_abs());
            gitlab.state().oauth_app(&application, token);
        },
        "POST /oauth/token",
    ),
];

/// The id of the application whose secret was leaked.
fn application(seed: u64) -> String {
    Sampler::new(1000 + seed).hex(64)
}

fn cases(seed: u64) -> Vec<Case> {
    let mut sampler = Sampler::new(seed);
    let mut case = |&(kind, prefix, size, text, add, asked): &Row, hex: bool| {
        let body = if hex { sampler.hex(size) } else { sampler.friendly(size) };
        let token = [prefix, &body].concat();
        let text = text.replace("{}", &token).replace("{application}", &application(seed));
        Case { kind, text: text + "\n", token, add, asked }
    };
    let mut cases: Vec<Case> = FRIENDLY.iter().map(|row| case(row, false)).collect();
    cases.extend(HEX.iter().map(|row| case(row, true)));
    cases
}

/// A GitLab with a user, a group and a project. Its clock gives the seed of the application's id.
fn gitlab(seed: u64) -> GitLab {
    let gitlab = GitLab::start();
    {
        let mut state = gitlab.state();
        state.minute = i64::try_from(seed).expect("small");
        state.user(5, "ann");
        state.group(3, "group").member(5, 50);
        state.project(7, "group/app").member(5, 40);
    }
    gitlab
}

#[test]
fn every_kind_that_can_be_asked_itself() {
    for case in cases(1) {
        for known in [true, false] {
            let gitlab = gitlab(1);
            if known {
                (case.add)(&gitlab, &case.token);
            }
            let folder = Folder::new();
            folder.write("config", &case.text);
            let run = verify(&folder, &gitlab, &["--intrusive"]).expect(1);
            let verdict = verdict(&run);
            // Where a hint may be wrong, a refusal proves nothing.
            let by_hint = [
                "pipeline_trigger_token",
                "feature_flags_client_token",
                "scim_token",
                "oauth_application_secret",
            ];
            let state = match (known, by_hint.contains(&case.kind)) {
                (true, _) => "live",
                (false, true) => "inconclusive",
                (false, false) => "unknown_here",
            };
            assert_eq!(verdict["state"], state, "{}: {verdict}", case.kind);
            assert_eq!(verdict["asked_with"], "token", "{}", case.kind);
            assert_eq!(verdict["token_was_used"], true);
            assert_eq!(verdict["instance"], gitlab.url());
            assert_eq!(run.finding()["kind"], case.kind);
            assert_eq!(paths(&gitlab)[0], case.asked);
            // Nothing was made, started or ended by asking.
            assert_eq!(gitlab.state().pipelines, 0);
            assert!(gitlab.state().runners.len() <= 1);
            assert_eq!(gitlab.state().is_live(&case.token), known, "{}", case.kind);
        }
    }
}

#[test]
fn every_kind_that_an_administrator_can_ask_about() {
    let identified = [
        "personal_access_token",
        "deploy_token",
        "runner_authentication_token",
        "ci_job_token",
        "feed_token",
        "pipeline_trigger_token",
        "feature_flags_client_token",
        "oauth_application_secret",
        "session_cookie",
    ];
    for case in cases(2).into_iter().filter(|case| identified.contains(&case.kind)) {
        let gitlab = gitlab(2);
        let operator = pat(77);
        gitlab.state().admin(1, &operator);
        (case.add)(&gitlab, &case.token);
        let mut folder = Folder::new();
        folder.set("STANCH_GITLAB_TOKEN", &operator);
        folder.write("config", &case.text);
        let verdict = verdict(&verify(&folder, &gitlab, &[]).expect(1));
        assert_eq!(verdict["state"], "live", "{}: {verdict}", case.kind);
        assert_eq!(verdict["asked_with"], "operator", "{}", case.kind);
        assert_eq!(verdict["token_was_used"], false);
        assert_eq!(paths(&gitlab)[0], "POST /api/v4/admin/token");
        // The leaked token was never used as a credential.
        for request in gitlab.requests() {
            let with = request.header("PRIVATE-TOKEN").unwrap_or_default();
            assert_eq!(with, operator, "{} {}", request.method, request.path);
        }
    }
}

/// Kinds that only the operator can ask about, or nobody.
#[test]
fn kinds_that_cannot_be_asked_say_so() {
    let mut sampler = Sampler::new(3);
    let mut with = |prefix: &str, size: usize| [prefix, &sampler.friendly(size)].concat();
    let agent = with("glagent-", 50);
    let tokens = [
        (agent.clone(), "administrator"),
        (with("glwt-", 20), "no side-effect-free request exists"),
        (with("glrct-", 20), "no side-effect-free request exists"),
        (with("glptt-", 20), "--intrusive"),
        (with("GR1348941", 20), "--intrusive"),
        (with("glffct-", 20), "project"),
        (["gloas-", &Sampler::new(4).hex(64)].concat(), "application id"),
        (["glimt-", &Sampler::new(4).base36(25)].concat(), "mail"),
        ([&format!("glft-{}", Sampler::new(4).hex(64)), "-42"].concat(), "one path"),
        (Sampler::new(4).openssh_key(), "administrator"),
    ];
    let gitlab = gitlab(3);
    for (token, why) in &tokens {
        let folder = Folder::new();
        folder.write("config", format!("x = \"{token}\"\n"));
        let verdict = verdict(&verify(&folder, &gitlab, &[]).expect(1));
        assert_eq!(verdict["state"], "not_asked", "{token}: {verdict}");
        assert!(verdict["reason"].as_str().expect("a reason").contains(why), "{verdict}");
        assert!(verdict["asked_with"].is_null() && verdict["token_was_used"].is_null());
    }
    assert!(gitlab.requests().is_empty());
    // With an administrator's credential the agent's token is known.
    let operator = pat(78);
    gitlab.state().admin(1, &operator);
    gitlab.state().agent_token(&agent, 7, 9);
    let mut folder = Folder::new();
    folder.set("STANCH_GITLAB_TOKEN", &operator);
    folder.write("config", format!("x = \"{agent}\"\n"));
    let known = verdict(&verify(&folder, &gitlab, &[]).expect(1));
    assert_eq!((&known["state"], &known["asked_with"]), (&json!("live"), &json!("operator")));
}

#[test]
fn a_deploy_key_is_looked_up_by_its_fingerprint() {
    let key = Sampler::new(5).openssh_key();
    let folder = Folder::new();
    folder.write("id", &key);
    let fingerprint = folder.scan(&[]).finding()["token"]["key"]["fingerprint"].clone();
    let gitlab = gitlab(5);
    let operator = pat(79);
    gitlab.state().admin(1, &operator);
    gitlab.state().deploy_key(fingerprint.as_str().expect("SHA256"), "").opens(7, true);
    let mut folder = Folder::new();
    folder.set("STANCH_GITLAB_TOKEN", &operator);
    folder.write("id", &key);
    let known = verdict(&verify(&folder, &gitlab, &[]).expect(1));
    assert_eq!(known["state"], "live", "{known}");
    assert_eq!(known["what"], "deploy key that may push");
    assert_eq!(known["reach"][0]["id"], 7);
    folder.write("id", Sampler::new(6).openssh_key());
    let unknown = verdict(&verify(&folder, &gitlab, &[]).expect(1));
    assert_eq!(unknown["state"], "unknown_here", "{unknown}");
}

#[test]
fn states_of_an_access_token() {
    let gitlab = gitlab(6);
    let tokens: Vec<String> = (0..6).map(|seed| pat(100 + seed)).collect();
    {
        let mut state = gitlab.state();
        state.pat(&tokens[0], 5, &["read_registry"]);
        state.pat(&tokens[1], 5, &["api"]).expires("2026-01-01");
        state.pat(&tokens[2], 5, &["api"]).revoke();
        state.user(6, "bob").standing = Standing::Blocked;
        state.pat(&tokens[4], 6, &["api"]);
        state.pat(&tokens[5], 5, &["api"]).dpop = true;
    }
    let expected = ["live", "expired", "revoked", "unknown_here", "live", "live"];
    for (token, expected) in tokens.iter().zip(expected) {
        let folder = Folder::new();
        folder.write("config", token);
        let verdict = verdict(&verify(&folder, &gitlab, &[]).expect(1));
        assert_eq!(verdict["state"], expected, "{verdict}");
    }
    // An impersonation token where impersonation is off would work again.
    let token = pat(110);
    gitlab.state().impersonation(&token, 5, &["api"]);
    gitlab.state().impersonation_enabled = false;
    let folder = Folder::new();
    folder.write("config", &token);
    assert_eq!(verdict(&verify(&folder, &gitlab, &[]).expect(1))["state"], "inconclusive");
}

#[test]
fn a_live_token_tells_who_and_what() {
    let gitlab = gitlab(7);
    let (person, bot) = (pat(120), pat(121));
    {
        let mut state = gitlab.state();
        let token = state.pat(&person, 5, &["api", "read_user"]);
        token.expires_at = Some("2027-03-01".to_owned());
        token.name = "laptop".to_owned();
        state.resource_token(&bot, Place::Project(7), &["read_api"], 30);
    }
    let folder = Folder::new();
    folder.write("config", &person);
    let run = verify(&folder, &gitlab, &[]).expect(1);
    assert_eq!(run.finding()["severity"], "critical");
    let known = verdict(&run);
    assert_eq!(known["name"], "laptop");
    assert_eq!(known["user"]["username"], "ann");
    assert_eq!(known["scopes"], json!(["api", "read_user"]));
    assert_eq!(known["expires"], "2027-03-01");
    let reach: Vec<&Value> = known["reach"].as_array().expect("reach").iter().collect();
    let named = |place: &str| reach.iter().find(|it| it["place"] == place).expect("it");
    assert_eq!(named("group")["path"], "group");
    assert_eq!(named("group")["access_level"], 50);
    assert_eq!(named("project")["access_level"], 50);
    folder.write("config", &bot);
    let run = verify(&folder, &gitlab, &[]).expect(1);
    assert_eq!(run.finding()["severity"], "high");
    // The operator learns the role of the bot, and more of the user.
    let operator = pat(122);
    gitlab.state().admin(1, &operator);
    let mut folder = Folder::new();
    folder.set("STANCH_GITLAB_TOKEN", &operator);
    folder.write("config", &bot);
    let known = verdict(&verify(&folder, &gitlab, &[]).expect(1));
    assert_eq!(known["what"], "access token of project 7");
    assert_eq!(known["user"]["bot"], true);
    assert_eq!(known["reach"][0]["access_level"], 30);
    let used = gitlab.state().pats.iter().filter(|it| it.token == bot).count();
    assert_eq!(used, 1);
}

#[test]
fn runners_are_asked_without_a_trace_where_that_is_possible() {
    let token = ["glrt-", &Sampler::new(8).friendly(20)].concat();
    for (discovery, answers_501, allowed, state) in [
        (true, true, true, "live"),
        (true, false, true, "live"),
        (false, false, true, "live"),
        (false, false, false, "inconclusive"),
    ] {
        let gitlab = gitlab(8);
        gitlab.state().runner(&token, Place::Instance);
        gitlab.state().router_discovery = discovery;
        gitlab.state().router_answers_501 = answers_501;
        let folder = Folder::new();
        folder.write("config", &token);
        let more: &[&str] = if allowed { &[] } else { &["--no-side-effects"] };
        let verdict = verdict(&verify(&folder, &gitlab, more).expect(1));
        assert_eq!(verdict["state"], state, "{verdict}");
        let verified = !discovery && allowed;
        assert_eq!(!verdict["side_effect"].is_null(), verified);
        assert_eq!(!gitlab.state().runners[0].managers.is_empty(), verified);
        let sent = gitlab
            .requests()
            .into_iter()
            .any(|it| String::from_utf8_lossy(&it.body).contains("system_id"));
        assert!(!sent);
    }
}
