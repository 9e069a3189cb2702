//! What looks dead and is not, what looks alive and is not, and what nobody can tell: where a wrong
//! word would leave a door open, or shut another one.

use stanch::token::sample::Sampler;

use super::{ANN, OLGA, PROJECT, World, lines, made, of_pat, one, outcome};
use crate::support::gitlab::Fault;
use crate::support::tokens::pat;

const ROTATE: &str = "POST /api/v4/personal_access_tokens/self/rotate";
const OWN: &str = "GET /api/v4/personal_access_tokens/self";
const ADMIN: &str = "POST /api/v4/admin/token";

/// The entity of a token that lives.
fn living() -> Fault {
    let body = r#"{"id":1,"revoked":false,"active":true,"scopes":["api"],"user_id":5}"#;
    Fault::Says(200, body.to_owned())
}

/// GitLab ends the family of a token that is rotated twice.
#[test]
fn a_rotation_that_may_be_under_way_is_not_sent_again() {
    let world = World::new();
    let token = world.leaked_pat(4, &["api"]);
    world.gitlab.fault_on_times(1, ROTATE, Fault::AnswerLost);
    world.gitlab.fault_after_times(3, (ROTATE, OWN), living());
    let run = world.apply(&["--rotate", "--rotate-file", "../successors"]).expect(1);
    assert_eq!(outcome(&run, &of_pat(&token)), "unknown");
    assert_eq!(world.count(ROTATE), 1);
    // Nor by the next run, which a copy that lags behind still tells that it lives.
    world.gitlab.heal();
    world.gitlab.fault_on(OWN, living());
    let run = world.apply(&["--rotate", "--rotate-file", "../others"]).expect(1);
    let receipt = one(&run, "receipt");
    assert_eq!(receipt["outcome"], "unknown");
    let reason = receipt["reason"].as_str().expect("why");
    assert!(reason.contains("may have") && reason.contains("../successors"), "{reason}");
    assert_eq!(world.count(ROTATE), 1);
    let state = world.gitlab.state();
    let successor = state.pats.iter().filter(|it| it.user_id == ANN && !it.revoked).count();
    assert_eq!(successor, 2, "ann has another token, and the successor");
}

#[test]
fn who_may_be_protected_is_not_touched() {
    let world = World::new();
    // GET /user is not for this scope, so nobody tells whose it is.
    let token = world.leaked_pat(4, &["read_repository"]);
    for entry in ["user = \"ANN\"", "user = \"somebody\""] {
        world.folder.write("../c.toml", format!("[[revoke.protect]]\n{entry}\n"));
        let run = world.apply(&["--config", "../c.toml"]).expect(1);
        assert_eq!(lines(&run, "refusal").len(), 1, "{}", run.stdout);
    }
    assert!(world.lives(&token));
    world.gitlab.state().pats.iter_mut().for_each(|it| {
        if it.token == token {
            it.scopes = vec!["api".to_owned()];
        }
    });
    // Now it is known, and the case of a name means nothing.
    let run = world.apply(&["--config", "../c.toml"]).expect(0);
    assert_eq!(one(&run, "receipt")["outcome"], "revoked");
}

/// The id in a user name is no proof: anybody may have written it there.
#[test]
fn what_only_stands_beside_a_token_takes_a_plan_that_was_read() {
    for prefix in ["", "gldt-"] {
        let world = World::with_owner();
        let token = made(prefix, 8);
        let id = {
            let mut state = world.gitlab.state();
            let made = state.deploy_token(&token, PROJECT);
            made.id = 4321;
            made.id
        };
        world.leak(&[&format!("https://gitlab+deploy-token-{id}:{token}@x.example/group/app.git")]);
        let run = world.apply(&["--project", "7"]).expect(1);
        let refusal = one(&run, "refusal");
        assert!(refusal["reason"].as_str().is_some_and(|it| it.contains("--plan")), "{refusal}");
        assert_eq!(world.changes(), [""; 0]);
        let plan = world.revoke(&["--project", "7", "--plan-out", "../plan.json"]).expect(1);
        let breaks = one(&plan, "step")["breaks"].clone();
        assert!(breaks.as_str().is_some_and(|it| it.contains("4321")), "{breaks}");
        let run = world.apply(&["--project", "7", "--plan", "../plan.json"]).expect(0);
        assert_eq!(one(&run, "receipt")["outcome"], "revoked");
        assert!(!world.lives(&token));
        world.is_intact();
    }
}

/// One machine of several that does not know the route yet.
#[test]
fn a_route_that_is_missing_once_proves_nothing() {
    for body in ["{\"error\":\"404 Not Found\"}", "{\"message\":\"404 Not Found\"}"] {
        let world = World::with_admin();
        let token = world.leaked_pat(4, &["api"]);
        // The plan has asked once; from then on the first question is lost.
        world.gitlab.fault_after_times(
            1,
            ("GET /api/v4/user", ADMIN),
            Fault::Says(404, body.to_owned()),
        );
        let run = world.apply(&[]).expect(0);
        assert_eq!(outcome(&run, &of_pat(&token)), "revoked", "{body}");
        assert!(!world.lives(&token), "{body}");
    }
}

#[test]
fn an_outage_ends_no_runner() {
    let world = World::new();
    let runner = made("glrt-", 8);
    world.gitlab.state().runner(&runner, PROJECT);
    world.leak(&[&runner]);
    for fault in [Fault::Status(503), Fault::RateLimited { retry_after: 0 }] {
        world.gitlab.fault_on("POST /api/v4/runners/reset_authentication_token", fault);
        let run = world.apply(&[]).expect(1);
        assert_eq!(one(&run, "receipt")["outcome"], "still_live", "{}", run.stdout);
        assert_eq!(world.count("DELETE /api/v4/runners"), 0);
        world.gitlab.heal();
    }
    assert!(world.lives(&runner));
}

/// What was done during an outage may be refused after it.
#[test]
fn a_refusal_after_an_outage_ends_no_runner() {
    let world = World::new();
    let runner = made("glrt-", 8);
    world.gitlab.state().runner(&runner, PROJECT);
    world.leak(&[&runner]);
    let reset = "POST /api/v4/runners/reset_authentication_token";
    world.gitlab.fault_on(reset, Fault::Says(403, "{\"message\":\"403 Forbidden\"}".to_owned()));
    world.gitlab.fault_on_times(1, reset, Fault::Status(502));
    let run = world.apply(&[]).expect(1);
    assert_eq!(one(&run, "receipt")["outcome"], "still_live");
    assert_eq!((world.count(reset), world.count("DELETE /api/v4/runners")), (2, 0));
}

/// Whatever the order of their fingerprints: the secret is needed for the token.
#[test]
fn an_applications_tokens_go_before_its_secret() {
    for seed in 1..5 {
        let world = World::with_admin();
        let mut sampler = Sampler::new(seed);
        let (application, other) = (sampler.hex(64), sampler.hex(64));
        let secrets =
            [["gloas-", &sampler.hex(64)].concat(), ["gloas-", &sampler.hex(64)].concat()];
        let token = sampler.hex(64);
        {
            let mut state = world.gitlab.state();
            state.oauth_apps.clear();
            state.oauth_app(&other, &secrets[1]);
            state.oauth_app(&application, &secrets[0]);
            state.oauth_token(&token, ANN, &["api"]).application_id.clone_from(&application);
        }
        let line = |id: &str, secret: &str| format!("client_id: {id}\nclient_secret: {secret}\n");
        let padding = "-\n".repeat(300);
        world.leak(&[
            &line(&application, &secrets[0]),
            &padding,
            &line(&other, &secrets[1]),
            &padding,
            &format!("https://oauth2:{token}@gitlab.example.com/a/b.git"),
        ]);
        let run = world.apply(&[]).expect(0);
        let ends: Vec<_> = lines(&run, "receipt").iter().map(|it| it["outcome"].clone()).collect();
        assert_eq!(ends, ["revoked"; 3], "{}", run.stdout);
    }
}

#[test]
fn four_characters_of_a_trigger_prove_nothing() {
    let world = World::with_owner();
    let token = made("glptt-", 8);
    world.gitlab.state().trigger(&token, 7, ANN);
    world.leak(&[&format!("https://x/api/v4/projects/7/trigger/pipeline?token={token}")]);
    let run = world.apply(&[]).expect(1);
    let reason = one(&run, "refusal")["reason"].clone();
    assert!(reason.as_str().is_some_and(|it| it.contains("to its owner alone")), "{reason}");
    // Its owner sees it whole.
    world.gitlab.state().triggers.iter_mut().for_each(|it| it.owner_id = OLGA);
    assert_eq!(one(&world.apply(&[]).expect(0), "receipt")["outcome"], "revoked");
    assert!(!world.lives(&token));
}

#[test]
fn what_is_no_token_on_standard_input_is_no_success() {
    let world = World::new();
    let url = world.gitlab.url();
    let arguments = ["revoke", "-", "--apply", "--yes", "--gitlab-url", &url];
    for text in ["", "hello\n", "corp-abcdefgh\n"] {
        let run = world.folder.run_with(&arguments, text.as_bytes()).expect(2);
        assert!(run.stderr.contains("no token"), "{}", run.stderr);
    }
}

/// What lives and is not in the plan of the file is left alone, and shown.
#[test]
fn strangers_to_a_plan_are_shown() {
    let world = World::new();
    let (known, new) = (pat(4), pat(5));
    for token in [&known, &new] {
        world.gitlab.state().pat(token, ANN, &["api"]);
    }
    world.leak(&[&known]);
    world.revoke(&["--plan-out", "../plan.json"]).expect(1);
    world.leak(&[&known, &new]);
    let run = world.apply(&["--plan", "../plan.json"]).expect(1);
    assert_eq!(outcome(&run, &of_pat(&known)), "revoked");
    assert_eq!(one(&run, "refusal")["fingerprint"], of_pat(&new));
    assert!(world.lives(&new));
}
