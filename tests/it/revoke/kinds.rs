//! Every kind that GitLab lets anyone kill, by an administrator, by an owner and by itself; and the
//! refusals of those that it does not.

mod rows;

use serde_json::json;
use stanch::token::sample::Sampler;

use rows::{
    ADMIN, BY_ADMIN, BY_OWNER, Base36, COOKIE, DEPLOY, FLAGS, Friendly, Hex, PAT, Row, SECRET,
    application, client_id, deploy, feed, flags, job, oauth, of_ann, of_olga, of_project, runner,
    scim, session,
};

use super::{ANN, World, fingerprint, lines, made, of_pat, one, outcome};
use crate::support::tokens::pat;

/// Leaks a token of each row, one at a time, and holds the end of each against what must be.
fn each(rows: &[Row], seed: u64, world: fn() -> World) {
    let mut sampler = Sampler::new(seed);
    for &(kind, (prefix, body), text, add, more, request) in rows {
        let body = match body {
            Friendly(size) => sampler.friendly(size),
            Hex(size) => sampler.hex(size),
            Base36(size) => sampler.base36(size),
        };
        let token = [prefix, &body].concat();
        let world = world();
        let id = add(&mut world.gitlab.state(), &token);
        world.leak(&[&text.replace("{}", &token).replace("{application}", &client_id())]);
        let run = world.apply(more);
        let request = request.replace("{id}", &id.to_string());
        assert_eq!(run.code, Some(0), "{kind}, {request}: {}{}", run.stdout, run.stderr);
        let receipt = one(&run, "receipt");
        assert_eq!(receipt["outcome"], "revoked", "{kind}, {request}: {receipt}");
        assert_eq!((&receipt["kind"], &receipt["schema"]), (&json!(kind), &json!(1)));
        assert_eq!(receipt["fingerprint"], fingerprint(kind, &token));
        let said = format!("{} {}", text_of(&receipt["method"]), text_of(&receipt["path"]));
        assert_eq!(said, request, "{kind}");
        let by_token =
            request.ends_with("/self") || request.ends_with("/runners/reset_authentication_token");
        assert_eq!(receipt["credential"], if by_token { "token" } else { "operator" }, "{kind}");
        assert_eq!(world.changes().last(), Some(&request), "{kind}");
        // A reset takes the value away; nothing else is sent along the way.
        assert!(world.changes().len() == 1 || kind == "ci_job_token", "{:?}", world.changes());
        assert!(!world.lives(&token), "{kind}, {request}");
        world.is_intact();
    }
}

fn text_of(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn every_kind_by_an_administrator() {
    each(BY_ADMIN, 1, World::with_admin);
}

#[test]
fn every_kind_by_an_owner() {
    each(BY_OWNER, 2, World::with_owner);
}

#[test]
fn every_kind_that_can_end_itself() {
    let own = "DELETE /api/v4/personal_access_tokens/self";
    let reset = "POST /api/v4/runners/reset_authentication_token";
    let rows: &[Row] = &[
        ("personal_access_token", PAT, "{}", of_ann, &[], own),
        ("personal_access_token", PAT, "{}", of_olga, &[], own),
        ("personal_access_token", PAT, "{}", of_project, &[], own),
        ("runner_authentication_token", ("glrt-", Friendly(20)), "{}", runner, &[], reset),
        ("runner_authentication_token", ("glrtr-", Friendly(20)), "{}", runner, &[], reset),
    ];
    each(rows, 3, World::new);
}

/// What nobody here may end is said, with what a person can do, and left alone.
#[test]
fn what_cannot_be_ended_is_refused_with_a_remedy() {
    let rows: &[Row] = &[
        ("feed_token", ("glft-", Friendly(20)), "{}", feed, &[], ""),
        ("deploy_token", DEPLOY, "{}", deploy, &[], ""),
        ("session_cookie", ("", Hex(32)), COOKIE, session, &[], ""),
        ("feature_flags_client_token", ("glffct-", Friendly(20)), FLAGS, flags, &[], ""),
        ("oauth_application_secret", ("gloas-", Hex(64)), SECRET, application, &[], ""),
        ("ci_job_token", ("glcbt-64_", Friendly(20)), "{}", job, &[], ""),
        ("scim_token", ("glsoat-", Friendly(20)), "scim/v2/groups/group {}", scim, &[], ""),
        (
            "oauth_access_token",
            ("", Hex(64)),
            "https://oauth2:{}@gitlab.example.com/a/b.git",
            oauth,
            &[],
            "",
        ),
    ];
    let mut sampler = Sampler::new(4);
    for &(kind, (prefix, body), text, add, more, _) in rows {
        let body = match body {
            Friendly(size) | Base36(size) => sampler.friendly(size),
            Hex(size) => sampler.hex(size),
        };
        let token = [prefix, &body].concat();
        let world = World::new();
        add(&mut world.gitlab.state(), &token);
        world.leak(&[&text.replace("{}", &token).replace("{application}", &client_id())]);
        for run in [world.revoke(more), world.apply(more)] {
            assert_eq!(run.code, Some(1), "{kind}: {}{}", run.stdout, run.stderr);
            let refusal = one(&run, "refusal");
            assert_eq!(refusal["kind"], kind);
            for word in ["reason", "remedy"] {
                assert!(refusal[word].as_str().is_some_and(|it| it.len() > 5), "{kind}: {refusal}");
            }
            assert!(lines(&run, "step").is_empty());
            assert!(lines(&run, "receipt").iter().all(|it| it["outcome"] == "refused"));
        }
        assert_eq!(world.changes(), [""; 0], "{kind}");
        assert!(world.lives(&token), "{kind}");
        world.is_intact();
    }
}

#[test]
fn what_cannot_be_asked_about_is_refused() {
    let world = World::new();
    let mut tokens: Vec<String> = ["glwt-", "glrct-", "glptt-", "GR1348941"]
        .iter()
        .zip(1..)
        .map(|(prefix, seed)| made(prefix, seed))
        .collect();
    tokens.push(["glagent-", &Sampler::new(5).friendly(50)].concat());
    tokens.push(["glimt-", &Sampler::new(6).base36(25)].concat());
    world.leak(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
    let run = world.apply(&[]).expect(1);
    let refusals = lines(&run, "refusal");
    assert_eq!(refusals.len(), tokens.len(), "{}", run.stdout);
    for refusal in refusals {
        let reason = refusal["reason"].as_str().expect("why");
        assert!(reason.contains("cannot tell whether it lives"), "{refusal}");
    }
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn a_deploy_key_is_taken_out_of_every_project() {
    for by_admin in [true, false] {
        let world = if by_admin { World::with_admin() } else { World::with_owner() };
        let key = Sampler::new(7).openssh_key();
        world.folder.write("leak", &key);
        let found = world.folder.scan(&["leak"]).finding()["token"]["key"]["fingerprint"].clone();
        let sha256 = found.as_str().expect("SHA256").to_owned();
        let id = {
            let mut state = world.gitlab.state();
            let key = state.deploy_key(&sha256, "").opens(7, true);
            if by_admin {
                key.opens(8, false);
            }
            key.id
        };
        assert!(world.lives(&sha256));
        let more: &[&str] = if by_admin { &[] } else { &["--project", "7"] };
        let steps = lines(&world.revoke(more).expect(1), "step");
        assert_eq!(steps.len(), if by_admin { 2 } else { 1 }, "{steps:?}");
        // What one project's owner sees is no proof that no other project has it.
        let (code, ending) = if by_admin { (0, "revoked") } else { (1, "unknown") };
        let run = world.apply(more).expect(code);
        assert_eq!(one(&run, "receipt")["outcome"], ending);
        let mut expected = vec![format!("DELETE /api/v4/projects/7/deploy_keys/{id}")];
        if by_admin {
            expected.push(format!("DELETE /api/v4/projects/8/deploy_keys/{id}"));
        }
        let mut sent = world.changes();
        sent.sort();
        assert_eq!(sent, expected);
        assert!(!world.lives(&sha256));
        world.is_intact();
    }
}

#[test]
fn a_users_key_is_deleted_by_an_administrator() {
    let world = World::with_admin();
    world.folder.write("leak", Sampler::new(8).openssh_key());
    let found = world.folder.scan(&["leak"]).finding()["token"]["key"]["fingerprint"].clone();
    let sha256 = found.as_str().expect("SHA256").to_owned();
    let id = world.gitlab.state().deploy_key(&sha256, "").of(ANN).id;
    let run = world.apply(&[]).expect(0);
    assert_eq!(one(&run, "receipt")["outcome"], "revoked");
    assert_eq!(world.changes(), [format!("DELETE /api/v4/users/5/keys/{id}")]);
    assert!(!world.lives(&sha256));
    world.is_intact();
}

/// The secret of its application is what ends an OAuth token: not before the token is dead.
#[test]
fn an_oauth_token_dies_before_the_secret_that_ends_it() {
    let world = World::with_admin();
    let (token, secret) = (Sampler::new(9).hex(64), ["gloas-", &Sampler::new(10).hex(64)].concat());
    {
        let mut state = world.gitlab.state();
        application(&mut state, &secret);
        oauth(&mut state, &token);
    }
    world.leak(&[
        &format!("client_id: {}\nclient_secret: {secret}", client_id()),
        &"#".repeat(300),
        &format!("https://oauth2:{token}@gitlab.example.com/a/b.git"),
    ]);
    let run = world.apply(&[]).expect(0);
    assert_eq!(outcome(&run, &fingerprint("oauth_access_token", &token)), "revoked");
    assert_eq!(outcome(&run, &fingerprint("oauth_application_secret", &secret)), "revoked");
    assert_eq!(world.changes(), ["POST /oauth/revoke", ADMIN]);
    assert!(!world.lives(&token) && !world.lives(&secret));
    world.is_intact();
}

#[test]
fn one_token_of_a_family_dies_alone() {
    let world = World::with_admin();
    let (old, relative) = (world.leaked_pat(11, &["api"]), pat(12));
    {
        let mut state = world.gitlab.state();
        let family = state.pats.iter().find(|it| it.token == old).expect("it").family;
        state.pat(&relative, ANN, &["api"]).family = family;
    }
    let run = world.apply(&[]).expect(0);
    assert_eq!(outcome(&run, &of_pat(&old)), "revoked");
    assert!(!world.lives(&old) && world.lives(&relative));
}
