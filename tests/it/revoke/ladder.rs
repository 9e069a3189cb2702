//! Which way is taken: the first that the instance takes, and the next one when it says "not here".

use super::{
    ANN, GROUP, OLGA, PROJECT, World, fingerprint, line, lines, made, of_pat, one, outcome,
};
use crate::support::gitlab::Fault;
use crate::support::tokens::pat;

const ADMIN: &str = "DELETE /api/v4/admin/token";
const OWN: &str = "DELETE /api/v4/personal_access_tokens/self";

/// The token died by the last of these requests, and none else was sent.
#[track_caller]
fn dies_by(world: &World, more: &[&str], token: &str, requests: &[&str]) {
    let run = world.apply(more).expect(0);
    let receipt = one(&run, "receipt");
    assert_eq!(receipt["outcome"], "revoked", "{receipt}");
    assert_eq!(world.changes(), requests);
    let by = format!(
        "{} {}",
        receipt["method"].as_str().unwrap_or_default(),
        receipt["path"].as_str().unwrap_or_default()
    );
    assert_eq!(Some(&by.as_str()), requests.last());
    assert!(!world.lives(token));
    world.is_intact();
}

/// The id of a leaked token of ann's.
fn id_of(world: &World, token: &str) -> u64 {
    world.gitlab.state().pats.iter().find(|it| it.token == token).expect("a token").id
}

#[test]
fn without_the_administrators_route_the_next_way_is_taken() {
    let world = World::with_admin();
    let token = world.leaked_pat(1, &["api"]);
    world.gitlab.state().admin_token_revoke = false;
    let by_id = format!("DELETE /api/v4/personal_access_tokens/{}", id_of(&world, &token));
    dies_by(&world, &[], &token, &[ADMIN, &by_id]);
}

#[test]
fn without_any_token_api_the_token_is_found_by_itself() {
    let world = World::with_admin();
    let token = world.leaked_pat(2, &["api"]);
    world.gitlab.state().admin_token_api = false;
    let run = world.apply(&[]).expect(0);
    assert_eq!(one(&run, "receipt")["outcome"], "revoked");
    assert!(!world.lives(&token));
    world.is_intact();
}

#[test]
fn every_refusal_in_gitlabs_own_words_leads_on() {
    for (status, body) in [(400, "Bad request"), (405, "Method Not Allowed"), (412, "Failed")] {
        // The group's route is off, and says so in its own way.
        let world = World::with_owner();
        let token = world.leaked_pat(3, &["api"]);
        world.gitlab.fault_on(
            "POST /api/v4/groups/3/tokens/revoke",
            Fault::Says(status, format!("{{\"message\":\"{status} {body}\"}}")),
        );
        dies_by(&world, &["--group", "3"], &token, &["POST /api/v4/groups/3/tokens/revoke", OWN]);
    }
}

#[test]
fn a_page_of_a_proxy_does_not_lead_on() {
    let world = World::with_owner();
    let token = world.leaked_pat(4, &["api"]);
    world.gitlab.fault_on("POST /api/v4/groups/3/tokens/revoke", Fault::Forbidden403Html);
    let run = world.apply(&["--group", "3"]);
    // Whatever it comes to: it is asked before it is said.
    let ending = outcome(&run, &of_pat(&token));
    assert_eq!(ending == "revoked", !world.lives(&token), "{ending}");
    assert_eq!(run.code == Some(0), ending == "revoked");
}

#[test]
fn kinds_that_the_administrators_route_does_not_take() {
    // A service account's token: 422, then by its id.
    let world = World::with_admin();
    let token = pat(5);
    {
        let mut state = world.gitlab.state();
        state.user(50, "service").service_account = true;
        state.pat(&token, 50, &["api"]);
    }
    world.leak(&[&token]);
    let by_id = format!("DELETE /api/v4/personal_access_tokens/{}", id_of(&world, &token));
    dies_by(&world, &[], &token, &[ADMIN, &by_id]);
}

#[test]
fn a_service_accounts_token_goes_by_the_group_that_has_it() {
    let world = World::with_owner();
    let token = pat(6);
    {
        let mut state = world.gitlab.state();
        state.user(50, "service").service_account = true;
        state.pat(&token, 50, &["api"]);
    }
    world.leak(&[&token]);
    let by_account = format!(
        "DELETE /api/v4/groups/3/service_accounts/50/personal_access_tokens/{}",
        id_of(&world, &token)
    );
    // The account is no member of the group: the group's route answers 422.
    let by_group = "POST /api/v4/groups/3/tokens/revoke";
    dies_by(&world, &["--group", "3"], &token, &[by_group, &by_account]);
}

#[test]
fn a_group_may_be_named_by_its_path() {
    let world = World::with_owner();
    let token = world.leaked_pat(7, &["read_api"]);
    let by_group = "POST /api/v4/groups/group/tokens/revoke";
    dies_by(&world, &["--group", "group"], &token, &[by_group]);
}

#[test]
fn a_group_that_has_the_route_turned_off_is_passed_by() {
    let world = World::with_owner();
    let token = world.leaked_pat(8, &["api"]);
    world.gitlab.state().group_tokens_revoke = false;
    dies_by(&world, &["--group", "3"], &token, &["POST /api/v4/groups/3/tokens/revoke", OWN]);
}

#[test]
fn a_token_of_strangers_is_unknown_to_the_group() {
    let world = World::with_owner();
    let token = pat(9);
    world.gitlab.state().pat(&token, 60, &["api"]);
    world.leak(&[&token]);
    dies_by(&world, &["--group", "3"], &token, &["POST /api/v4/groups/3/tokens/revoke", OWN]);
}

#[test]
fn an_impersonation_token_cannot_end_itself() {
    let world = World::new();
    let token = pat(10);
    world.gitlab.state().impersonation(&token, ANN, &["api"]);
    world.leak(&[&token]);
    let run = world.apply(&[]).expect(1);
    let receipt = one(&run, "receipt");
    assert!(["still_live", "refused"].contains(&receipt["outcome"].as_str().expect("a word")));
    assert!(receipt["reason"].is_string(), "{receipt}");
    assert_eq!(world.changes(), [OWN]);
    assert!(world.lives(&token));
    // Its administrator can, by id where the token API is off.
    let mut world = world;
    world.folder.set("STANCH_GITLAB_TOKEN", &world.admin);
    world.gitlab.state().admin_token_revoke = false;
    world.gitlab.clear_requests();
    let id = id_of(&world, &token);
    let run = world.apply(&[]).expect(0);
    assert_eq!(outcome(&run, &of_pat(&token)), "revoked");
    let ways = ["users/5/impersonation_tokens", "personal_access_tokens"];
    let last = world.changes().pop().expect("a change");
    assert!(ways.iter().any(|way| last == format!("DELETE /api/v4/{way}/{id}")), "{last}");
    world.is_intact();
}

#[test]
fn a_runner_is_kept_where_that_is_possible() {
    let token = made("glrt-", 11);
    let world = World::new();
    let id = world.gitlab.state().runner(&token, PROJECT).id;
    world.leak(&[&token]);
    let reset = "POST /api/v4/runners/reset_authentication_token";
    dies_by(&world, &[], &token, &[reset]);
    assert!(world.gitlab.state().runners.iter().any(|it| it.id == id));
    // An old GitLab has no such route: then the runner goes.
    let world = World::new();
    let id = world.gitlab.state().runner(&token, PROJECT).id;
    world.leak(&[&token]);
    world.gitlab.fault_on(reset, Fault::NoSuchRoute);
    let step = one(&world.revoke(&[]).expect(1), "step");
    let otherwise = step["otherwise"].as_array().expect("ways");
    assert!(otherwise.iter().any(|it| it["method"] == "DELETE" && it["breaks"].is_string()));
    dies_by(&world, &[], &token, &[reset, "DELETE /api/v4/runners"]);
    assert!(!world.gitlab.state().runners.iter().any(|it| it.id == id));
}

#[test]
fn a_runner_by_its_id() {
    let world = World::with_admin();
    let token = made("glrt-", 12);
    let id = world.gitlab.state().runner(&token, PROJECT).id;
    world.leak(&[&token]);
    world.gitlab.state().admin_token_revoke = false;
    let reset = format!("POST /api/v4/runners/{id}/reset_authentication_token");
    world.gitlab.fault_on(&reset, Fault::NoSuchRoute);
    // What removes the runner comes after everything that only resets it.
    let own = "POST /api/v4/runners/reset_authentication_token";
    world.gitlab.fault_on(own, Fault::NoSuchRoute);
    let remove = format!("DELETE /api/v4/runners/{id}");
    dies_by(&world, &[], &token, &[ADMIN, &reset, own, &remove]);
}

#[test]
fn an_application_secret_is_renewed_where_the_token_api_is_off() {
    let world = World::with_admin();
    let secret = ["gloas-", &stanch::token::sample::Sampler::new(13).hex(64)].concat();
    let id = world.gitlab.state().oauth_app("an-application", &secret).id;
    world.leak(&[&secret]);
    world.gitlab.state().admin_token_revoke = false;
    let renew = format!("POST /api/v4/applications/{id}/renew-secret");
    dies_by(&world, &[], &secret, &[ADMIN, &renew]);
}

#[test]
fn an_operator_known_to_be_no_administrator_is_not_tried_as_one() {
    let world = World::with_owner();
    let token = world.leaked_pat(14, &["api"]);
    dies_by(&world, &[], &token, &[OWN]);
    // And with the operator's credential alone there is no way.
    let world = World::with_owner();
    let token = world.leaked_pat(15, &["api"]);
    let run = world.apply(&["--operator-only"]).expect(1);
    assert!(one(&run, "refusal")["reason"].is_string());
    assert_eq!(world.changes(), [""; 0]);
    assert!(world.lives(&token));
}

#[test]
fn with_operator_only_the_leaked_token_is_never_used() {
    let world = World::with_admin();
    let tokens = [pat(16), pat(17), made("glrt-", 18), made("gldt-", 19)];
    {
        let mut state = world.gitlab.state();
        state.pat(&tokens[0], ANN, &["api"]);
        state.user(50, "service").service_account = true;
        state.pat(&tokens[1], 50, &["api"]);
        state.runner(&tokens[2], PROJECT);
        state.deploy_token(&tokens[3], GROUP);
    }
    world.leak(&tokens.each_ref().map(String::as_str));
    let plan = world.revoke(&["--operator-only"]).expect(1);
    for step in lines(&plan, "step") {
        let otherwise = step["otherwise"].as_array().cloned().unwrap_or_default();
        assert!(otherwise.iter().chain([&step]).all(|it| it["credential"] == "operator"), "{step}");
    }
    world.apply(&["--operator-only"]);
    for token in &tokens[..2] {
        assert!(!world.lives(token), "{token}");
    }
    for request in world.gitlab.requests() {
        let with = request.header("PRIVATE-TOKEN").unwrap_or_default();
        assert_eq!(with, world.admin, "{}", line(&request));
    }
    world.is_intact();
}

#[test]
fn the_widest_and_latest_go_first() {
    let world = World::with_admin();
    let tokens = [pat(20), pat(21), pat(22)];
    {
        let mut state = world.gitlab.state();
        // Bob sees one project, olga a whole group; one of hers was used today.
        state.pat(&tokens[0], 6, &["read_api"]);
        state.pat(&tokens[1], OLGA, &["api"]).last_used_at =
            Some("2026-01-01T08:00:00.000Z".to_owned());
        state.pat(&tokens[2], OLGA, &["api"]).last_used_at =
            Some("2026-11-21T08:00:00.000Z".to_owned());
    }
    world.leak(&tokens.each_ref().map(String::as_str));
    let run = world.apply(&[]).expect(0);
    let order = [&tokens[2], &tokens[1], &tokens[0]].map(|it| of_pat(it));
    let named = |kind: &str| -> Vec<String> {
        let all = lines(&run, kind);
        all.iter().map(|it| it["fingerprint"].as_str().expect("it").to_owned()).collect()
    };
    assert_eq!(named("step"), order);
    assert_eq!(named("receipt"), order);
    let sent: Vec<String> = world
        .gitlab
        .requests()
        .iter()
        .filter(|it| it.method == "DELETE")
        .filter_map(|it| Some(fingerprint("personal_access_token", &it.param("token")?)))
        .collect();
    assert_eq!(sent, order);
}
