//! What is done when GitLab is slow, busy, out of order or lying: asked before anything is sent
//! again, and never said to be dead without proof.

use std::time::{Duration, Instant};

use super::{
    ANN, PROJECT, World, fingerprint, finish, is_question, line, lines, made, of_pat, one, outcome,
    signal,
};
use crate::support::gitlab::{Fault, Recorded};
use crate::support::tokens::pat;

const ADMIN: &str = "DELETE /api/v4/admin/token";
const ASK: &str = "POST /api/v4/admin/token";
const OWN: &str = "DELETE /api/v4/personal_access_tokens/self";

/// The last that verification asks about a token of ann's.
const LAST_OF_VERIFYING: &str = "GET /api/v4/users/5";

/// The requests from the first changing one on: `!` for one that changes, `?` for a question.
fn rhythm(world: &World) -> String {
    let all = world.gitlab.requests();
    let marks = all.iter().map(|it| if is_question(it) { '?' } else { '!' });
    marks.skip_while(|it| *it == '?').collect()
}

#[test]
fn too_many_requests_are_waited_out() {
    let world = World::with_admin();
    let token = world.leaked_pat(1, &["api"]);
    world.gitlab.fault_on_times(1, ADMIN, Fault::RateLimited { retry_after: 1 });
    let begun = Instant::now();
    let run = world.apply(&[]).expect(0);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(outcome(&run, &of_pat(&token)), "revoked");
    assert_eq!(world.changes(), [ADMIN, ADMIN]);
    assert!(!world.lives(&token));
    world.is_intact();
}

#[test]
fn what_may_have_been_done_is_asked_about_before_it_is_sent_again() {
    for fault in [Fault::Status(502), Fault::Status(500), Fault::CloseAtOnce, Fault::EchoToken] {
        let world = World::with_admin();
        let token = world.leaked_pat(2, &["api"]);
        world.gitlab.fault_on_times(1, ADMIN, fault.clone());
        let run = world.apply(&[]).expect(0);
        assert_eq!(outcome(&run, &of_pat(&token)), "revoked", "{fault:?}");
        assert_eq!(world.changes(), [ADMIN, ADMIN], "{fault:?}");
        assert!(!rhythm(&world).contains("!!"), "{fault:?}: {}", rhythm(&world));
        assert!(!world.lives(&token));
        world.is_intact();
    }
}

#[test]
fn what_was_done_without_an_answer_is_not_done_again() {
    let world = World::with_admin();
    let token = world.leaked_pat(3, &["api"]);
    world.gitlab.fault_on_times(1, ADMIN, Fault::AnswerLost);
    let run = world.apply(&[]).expect(0);
    assert_eq!(outcome(&run, &of_pat(&token)), "revoked");
    assert_eq!(world.changes(), [ADMIN]);
    world.is_intact();
}

#[test]
fn a_failure_does_not_stop_the_rest() {
    let world = World::new();
    let (first, second, runner) = (pat(4), pat(5), made("glrt-", 6));
    {
        let mut state = world.gitlab.state();
        state.pat(&first, ANN, &["api"]);
        state.pat(&second, ANN, &["api"]);
        state.runner(&runner, PROJECT);
    }
    world.leak(&[&first, &second, &runner]);
    world.gitlab.fault_on(OWN, Fault::Status(502));
    let run = world.apply(&[]).expect(1);
    for token in [&first, &second] {
        assert_eq!(outcome(&run, &of_pat(token)), "still_live", "{}", run.stdout);
        assert!(world.lives(token));
    }
    assert_eq!(outcome(&run, &fingerprint("runner_authentication_token", &runner)), "revoked");
    assert!(!world.lives(&runner));
    // Three times each, and never twice without asking.
    let tries = world.changes().iter().filter(|it| *it == OWN).count();
    assert!((2..=6).contains(&tries), "{tries}");
    assert!(!rhythm(&world).contains("!!"), "{}", rhythm(&world));
    let summary = run.summary();
    assert_eq!(
        (&summary["outcomes"]["still_live"], &summary["outcomes"]["revoked"]),
        (&2.into(), &1.into())
    );
    // What failed is taken up again.
    world.gitlab.heal();
    world.apply(&[]).expect(0);
    assert!(!world.lives(&first) && !world.lives(&second));
    world.is_intact();
}

#[test]
fn a_promise_is_no_proof() {
    let world = World::with_admin();
    let token = world.leaked_pat(7, &["api"]);
    // It says that it was done.
    world.gitlab.fault_on("DELETE /", Fault::Says(204, String::new()));
    let run = world.apply(&[]).expect(1);
    assert_eq!(one(&run, "receipt")["outcome"], "still_live");
    assert!(world.lives(&token));
    world.is_intact();
}

#[test]
fn without_a_fresh_answer_nothing_is_sent() {
    for fault in [Fault::Status(502), Fault::Html200, Fault::Forbidden403Html, Fault::WrongJson200]
    {
        let world = World::with_admin();
        let token = world.leaked_pat(8, &["api"]);
        world.gitlab.fault_after(LAST_OF_VERIFYING, ASK, fault.clone());
        world.gitlab.fault_after(LAST_OF_VERIFYING, "GET /api/v4/personal", fault.clone());
        let run = world.apply(&[]).expect(1);
        assert_eq!(outcome(&run, &of_pat(&token)), "unknown", "{fault:?}");
        assert_eq!(world.changes(), [""; 0], "{fault:?}");
        assert!(world.lives(&token));
    }
}

#[test]
fn without_proof_it_is_unknown_until_it_is_asked_again() {
    let world = World::with_admin();
    let token = world.leaked_pat(9, &["api"]);
    world.gitlab.fault_after(ADMIN, ASK, Fault::Status(502));
    world.gitlab.fault_after(ADMIN, "GET /api/v4/personal", Fault::Status(502));
    let run = world.apply(&[]).expect(1);
    let receipt = one(&run, "receipt");
    assert_eq!(receipt["outcome"], "unknown", "{receipt}");
    assert!(receipt["reason"].is_string(), "{receipt}");
    assert_eq!(world.changes(), [ADMIN]);
    assert!(!world.lives(&token));
    world.gitlab.heal();
    let run = world.apply(&[]).expect(0);
    assert_eq!(outcome(&run, &of_pat(&token)), "revoked");
    assert_eq!(world.changes(), [ADMIN]);
    world.journal_is(0);
}

#[test]
fn what_dies_meanwhile_is_left_alone() {
    let world = World::with_admin();
    let token = world.leaked_pat(10, &["api"]);
    world.gitlab.latency(Duration::from_millis(250));
    let mut child = world.start(&[]);
    let has_verified = |it: &Recorded| line(it) == LAST_OF_VERIFYING;
    world.wait_until(&mut child, || world.gitlab.requests().iter().any(has_verified));
    let at = world.gitlab.state().pats.iter().position(|it| it.token == token).expect("it");
    world.gitlab.state().pats[at].revoke();
    world.gitlab.latency(Duration::ZERO);
    let run = finish(child).expect(0);
    assert_eq!(outcome(&run, &of_pat(&token)), "already_dead");
    assert_eq!(world.changes(), [""; 0]);
    world.is_intact();
}

#[test]
fn an_interrupt_ends_it_with_what_was_done() {
    let world = World::with_admin();
    let tokens: Vec<String> = (0..8).map(|seed| pat(100 + seed)).collect();
    for token in &tokens {
        world.gitlab.state().pat(token, ANN, &["api"]);
    }
    world.leak(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
    // Slow from the first one on, so that there is time to press the keys.
    world.gitlab.latency(Duration::from_millis(60));
    let mut child = world.start(&["--verify-concurrency", "8"]);
    world.wait_until(&mut child, || world.count(ADMIN) >= 2);
    signal(&child, "-INT");
    let run = finish(child).expect(1);
    world.gitlab.latency(Duration::ZERO);
    assert_eq!(run.summary()["interrupted"], true);
    let alive = tokens.iter().filter(|it| world.lives(it)).count();
    assert!((1..=7).contains(&alive), "{alive}");
    let dead = ["revoked", "already_dead"];
    for receipt in lines(&run, "receipt") {
        let token = tokens.iter().find(|it| receipt["fingerprint"] == of_pat(it)).expect("known");
        let says_dead = dead.contains(&receipt["outcome"].as_str().expect("a word"));
        assert!(!says_dead || !world.lives(token), "{receipt}");
    }
    let revoked = run.summary()["outcomes"]["revoked"].as_u64().unwrap_or(0);
    assert!(revoked >= 1, "{}", run.stdout);
    world.journal_is(0);
    // The next run does the rest.
    world.apply(&[]).expect(0);
    assert!(tokens.iter().all(|it| !world.lives(it)));
    world.journal_is(0);
    world.is_intact();
}

#[test]
fn one_change_at_a_time() {
    let world = World::with_admin();
    let tokens: Vec<String> = (0..4).map(|seed| pat(200 + seed)).collect();
    for token in &tokens {
        world.gitlab.state().pat(token, ANN, &["api"]);
    }
    world.leak(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
    world.apply(&[]).expect(0);
    assert_eq!(world.changes().len(), 4);
    // Each is asked about right before and right after.
    assert!(!rhythm(&world).contains("!!") && rhythm(&world).ends_with("!?"), "{}", rhythm(&world));
    world.is_intact();
}
