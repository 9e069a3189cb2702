//! Random plans on a GitLab that fails at random: nothing outside of the plan dies, nothing that
//! lives is said to be dead, no secret is written, and every token gets one answer.

use std::collections::BTreeMap;

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};

use super::{ANN, PROJECT, World, fingerprint, lines, made};
use crate::support::gitlab::{Fault, State};

/// Kind, prefix, and how the server learns of it.
type Kind = (&'static str, &'static str, fn(&mut State, &str));

const KINDS: &[Kind] = &[
    ("personal_access_token", "glpat-", |state, token| _ = state.pat(token, ANN, &["api"])),
    ("personal_access_token", "glpat-", |state, token| {
        _ = state.resource_token(token, PROJECT, &["api"], 30);
    }),
    ("personal_access_token", "glpat-", |state, token| {
        state.user(50, "service").service_account = true;
        state.pat(token, 50, &["read_api"]);
    }),
    ("runner_authentication_token", "glrt-", |state, token| _ = state.runner(token, PROJECT)),
    ("deploy_token", "gldt-", |state, token| _ = state.deploy_token(token, PROJECT)),
    ("feed_token", "glft-", |state, token| state.feed_token(token, ANN)),
    ("pipeline_trigger_token", "glptt-", |state, token| _ = state.trigger(token, 7, ANN)),
    ("ci_job_token", "glcbt-64_", |state, token| _ = state.job(token, 7, ANN)),
];

/// What may fail: questions, changes, or both.
const WHERE: [&str; 7] = [
    "POST /api/v4/admin/token",
    "DELETE /api/v4/admin/token",
    "DELETE /",
    "POST /api/v4/projects",
    "POST /api/v4/runners",
    "GET /",
    "",
];

#[derive(Clone, Debug)]
struct Trouble {
    place: usize,
    /// So many requests fail.
    times: usize,
    /// Only from the first changing request on.
    late: bool,
    fault: Fault,
}

#[derive(Clone, Debug)]
struct Story {
    /// Kinds of the tokens, and whether they leaked.
    tokens: Vec<(usize, bool)>,
    troubles: Vec<Trouble>,
}

fn fault() -> impl Strategy<Value = Fault> {
    let gone = Fault::Says(404, "{\"message\":\"404 Not Found\"}".to_owned());
    let unsupported = Fault::Says(422, "{\"message\":\"Token type not supported.\"}".to_owned());
    prop_oneof![
        Just(Fault::Status(502)),
        Just(Fault::Status(500)),
        Just(Fault::CloseAtOnce),
        Just(Fault::AnswerLost),
        Just(Fault::CutBody),
        Just(Fault::Html200),
        Just(Fault::NotJson200),
        Just(Fault::WrongJson200),
        Just(Fault::EchoToken),
        Just(Fault::Forbidden403Html),
        Just(Fault::NoSuchRoute),
        Just(Fault::RateLimited { retry_after: 1 }),
        Just(Fault::Says(204, String::new())),
        Just(gone),
        Just(unsupported),
    ]
}

fn stories() -> impl Strategy<Value = Story> {
    let trouble = (0..WHERE.len(), 1..4_usize, any::<bool>(), fault());
    let trouble =
        trouble.prop_map(|(place, times, late, fault)| Trouble { place, times, late, fault });
    let tokens = prop::collection::vec((0..KINDS.len(), prop::bool::weighted(0.8)), 3..7);
    let troubles = prop::collection::vec(trouble, 0..3);
    (tokens, troubles).prop_map(|(tokens, troubles)| Story { tokens, troubles })
}

/// An instance that lies about what it knows can make anybody believe that a token is gone for which
/// there is no question but the operator's.
fn may_be_fooled(story: &Story, token: &str) -> bool {
    let lies = |it: &Trouble| matches!(it.fault, Fault::Says(404, _) | Fault::NoSuchRoute);
    token.starts_with("glptt-") && story.troubles.iter().any(lies)
}

/// A token, its fingerprint, and whether it was leaked.
type Made = (String, String, bool);

/// Puts the tokens on the server, and those that leaked into the file.
fn tell(story: &Story, world: &World) -> Vec<Made> {
    let mut tokens: Vec<Made> = Vec::new();
    for ((at, leaked), seed) in story.tokens.iter().zip(1..) {
        let (kind, prefix, add) = KINDS[*at];
        let token = made(prefix, seed);
        add(&mut world.gitlab.state(), &token);
        tokens.push((token.clone(), fingerprint(kind, &token), *leaked));
    }
    let leaked = tokens.iter().filter(|it| it.2).map(|it| it.0.as_str());
    world.leak(&leaked.collect::<Vec<_>>());
    tokens
}

fn make_trouble(world: &World, story: &Story) {
    for trouble in &story.troubles {
        let place = WHERE[trouble.place];
        if trouble.late {
            let places = ("DELETE /", place);
            world.gitlab.fault_after_times(trouble.times, places, trouble.fault.clone());
        } else {
            world.gitlab.fault_on_times(trouble.times, place, trouble.fault.clone());
        }
    }
}

/// Holds a run against the server.
fn check(story: &Story, world: &World) {
    let tokens = tell(story, world);
    world.revoke(&["--plan-out", "plan.json"]);
    assert_eq!(world.changes(), [""; 0]);
    make_trouble(world, story);
    let run = world.apply(&[]);
    assert!(matches!(run.code, Some(0 | 1)), "{:?}: {}{}", run.code, run.stdout, run.stderr);
    world.is_intact();
    let mut receipts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for receipt in lines(&run, "receipt") {
        let text = |name: &str| receipt[name].as_str().expect("a text").to_owned();
        receipts.entry(text("fingerprint")).or_default().push(text("outcome"));
    }
    for step in lines(&run, "step") {
        let name = step["fingerprint"].as_str().expect("a text");
        assert_eq!(receipts.get(name).map(Vec::len), Some(1), "{step}: {}", run.stdout);
    }
    for (token, name, leaked) in &tokens {
        let lives = world.lives(token);
        assert!(*leaked || lives, "a token died that was not in the plan");
        for outcome in receipts.get(name).into_iter().flatten() {
            let says_dead = ["revoked", "rotated", "already_dead"].contains(&outcome.as_str());
            let is_true = !says_dead || !lives || may_be_fooled(story, token);
            assert!(is_true, "{name} lives: {}", run.stdout);
        }
        if run.code == Some(0) && *leaked && !may_be_fooled(story, token) {
            assert!(!lives, "{name} lives, and all is well: {}", run.stdout);
        }
    }
    let journal = std::fs::read_to_string(world.journal()).unwrap_or_default();
    let plan = std::fs::read_to_string(world.folder.path().join("plan.json")).unwrap_or_default();
    let secrets = tokens.iter().map(|it| &it.0).chain([&world.admin, &world.owner]);
    for secret in secrets {
        let hidden = &secret[secret.len() - 12..];
        for text in [&run.stdout, &run.stderr, &journal, &plan] {
            assert!(!text.contains(hidden), "a secret was written: {text}");
        }
    }
    if !journal.is_empty() {
        world.journal_is(0);
    }
    comes_right(world, &tokens);
}

/// Once the server is well again, the next run finishes what can be finished.
fn comes_right(world: &World, tokens: &[Made]) {
    world.gitlab.heal();
    let run = world.apply(&[]);
    let refused: Vec<_> =
        lines(&run, "refusal").iter().map(|it| it["fingerprint"].clone()).collect();
    for (token, name, leaked) in tokens {
        let may_live = !leaked || refused.iter().any(|it| it == name);
        assert!(may_live || !world.lives(token), "{name}: {}{}", run.stdout, run.stderr);
        assert!(*leaked || world.lives(token), "a token died that was not in the plan");
    }
    world.is_intact();
}

/// Twelve for each kind of operator, or as many as somebody wants.
fn settings() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        cases: std::env::var("STANCH_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(12),
        max_shrink_iters: 40,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn whatever_fails_an_administrator_is_told_the_truth(story in stories()) {
        check(&story, &World::with_admin());
    }

    #[test]
    fn whatever_fails_everybody_else_is_told_the_truth(story in stories()) {
        check(&story, &World::new());
    }
}
