//! The program is killed at every boundary, and what it left behind is taken up by the next run:
//! journal and server agree, everything dies, and nothing is sent twice blindly.

use std::collections::BTreeMap;

use serde_json::Value;
use stanch::token::sample::Sampler;

use super::{ANN, World, finish, is_question, line, of_pat, one, outcome};
use crate::support::gitlab::{Fault, Recorded};
use crate::support::tokens::pat;

const ADMIN: &str = "DELETE /api/v4/admin/token";
const OWN: &str = "DELETE /api/v4/personal_access_tokens/self";
const ASK: &str = "POST /api/v4/admin/token";

/// Two tokens, of which any may be in the middle of it.
fn world(with_admin: bool) -> (World, [String; 2]) {
    let world = if with_admin { World::with_admin() } else { World::new() };
    let tokens = [pat(1), pat(2)];
    for token in &tokens {
        world.gitlab.state().pat(token, ANN, &["api"]);
    }
    world.leak(&tokens.each_ref().map(String::as_str));
    (world, tokens)
}

/// Lets it run until then, kills it, and takes the obstacle away. Gives back what stands in the
/// journal.
fn kill_when(world: &World, reached: impl Fn(&World) -> bool) -> Vec<Value> {
    let mut child = world.start(&[]);
    world.wait_until(&mut child, || reached(world));
    // SIGKILL: nobody gets to tidy up.
    child.kill().expect("it runs");
    let run = finish(child);
    assert_eq!(run.code, None, "it ended by itself: {}{}", run.stdout, run.stderr);
    world.gitlab.heal();
    if world.journal().exists() { whole_lines(world) } else { Vec::new() }
}

/// What can be read of the journal; the last line may be torn.
fn whole_lines(world: &World) -> Vec<Value> {
    let text = std::fs::read_to_string(world.journal()).expect("a journal");
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// True when the request is about this token, whoever makes it.
fn is_about(request: &Recorded, token: &str) -> bool {
    request.header("PRIVATE-TOKEN") == Some(token)
        || request.param("token").as_deref() == Some(token)
}

/// Everything that was leaked is dead, the journal says so, and so do the answers on the way.
#[track_caller]
fn takes_up(world: &World, tokens: &[String], journal: &[Value]) {
    // Whatever was sent had been announced.
    let announced = journal.iter().filter(|it| it["event"] == "intent").count();
    assert!(announced >= world.changes().len(), "{journal:#?}");
    let run = world.apply(&[]).expect(0);
    let mut last: BTreeMap<String, Value> = BTreeMap::new();
    for line in world.journal_lines().into_iter().filter(|it| it["fingerprint"].is_string()) {
        last.insert(line["fingerprint"].as_str().expect("it").to_owned(), line);
    }
    for token in tokens {
        assert!(!world.lives(token));
        // One that has its receipt already is merely dead.
        let done = journal.iter().any(|it| {
            it["event"] == "receipt"
                && it["fingerprint"] == of_pat(token)
                && it["outcome"] == "revoked"
        });
        if !done {
            let ending = outcome(&run, &of_pat(token));
            assert!(["revoked", "already_dead"].contains(&ending.as_str()), "{ending}");
        }
        let receipt = &last[&of_pat(token)];
        assert_eq!(receipt["event"], "receipt", "{receipt}");
        assert!(
            ["revoked", "already_dead"].contains(&receipt["outcome"].as_str().expect("a word"))
        );
        nothing_twice_blindly(world, token);
    }
    assert_eq!(run.summary()["open_steps"], 0);
    world.journal_is(0);
    world.is_intact();
    // And then there is nothing left to do.
    let before = world.changes().len();
    world.apply(&[]).expect(0);
    assert_eq!(world.changes().len(), before);
}

/// Between two requests that change a token somebody has asked whether it lives.
#[track_caller]
fn nothing_twice_blindly(world: &World, token: &str) {
    let mut asked = true;
    for request in world.gitlab.requests().iter().filter(|it| is_about(it, token)) {
        let question = is_question(request);
        assert!(question || asked, "{} was sent again without asking", line(request));
        asked = question;
    }
}

#[test]
fn killed_before_the_request_is_taken() {
    for with_admin in [true, false] {
        let (world, tokens) = world(with_admin);
        let change = if with_admin { ADMIN } else { OWN };
        world.gitlab.fault_on(change, Fault::TimeoutBeforeHeaders);
        let journal = kill_when(&world, |it| it.count(change) == 1);
        assert_eq!(journal.last().expect("a line")["event"], "intent");
        assert!(tokens.iter().all(|it| world.lives(it)));
        takes_up(&world, &tokens, &journal);
        assert_eq!(world.count(change), 3);
    }
}

#[test]
fn killed_when_it_is_done_and_not_answered() {
    for with_admin in [true, false] {
        let (world, tokens) = world(with_admin);
        let change = if with_admin { ADMIN } else { OWN };
        world.gitlab.fault_on(change, Fault::AnswerNeverComes);
        let journal = kill_when(&world, |it| tokens.iter().any(|token| !it.lives(token)));
        assert_eq!(journal.last().expect("a line")["event"], "intent");
        takes_up(&world, &tokens, &journal);
        assert_eq!(world.count(change), 2);
    }
}

#[test]
fn killed_while_it_proves_what_it_did() {
    for with_admin in [true, false] {
        let (world, tokens) = world(with_admin);
        let (change, question) = if with_admin {
            (ADMIN, ASK)
        } else {
            (OWN, "GET /api/v4/personal_access_tokens/self")
        };
        world.gitlab.fault_after(change, question, Fault::TimeoutBeforeHeaders);
        let proving = |world: &World| {
            let requests = world.gitlab.requests();
            let done = requests.iter().position(|it| line(it).starts_with(change));
            done.is_some_and(|at| requests[at..].iter().any(|it| line(it).starts_with(question)))
        };
        let journal = kill_when(&world, proving);
        // What came of the request is written before anything else is asked.
        assert_eq!(journal.last().expect("a line")["event"], "answer");
        assert!(tokens.iter().any(|it| !world.lives(it)));
        takes_up(&world, &tokens, &journal);
        assert_eq!(world.count(change), 2);
    }
}

#[test]
fn killed_while_it_verifies() {
    let (world, tokens) = world(true);
    world.gitlab.fault_on(ASK, Fault::TimeoutBeforeHeaders);
    let journal = kill_when(&world, |it| it.count(ASK) > 0);
    assert_eq!(world.changes(), [""; 0]);
    assert!(!journal.iter().any(|it| it["event"] == "intent"));
    takes_up(&world, &tokens, &journal);
    assert_eq!(world.count(ADMIN), 2);
}

#[test]
fn killed_between_verifying_and_doing() {
    let world = World::with_admin();
    let token = world.leaked_pat(3, &["api"]);
    // The last question of verification opens the way for the obstacle.
    world.gitlab.fault_after("GET /api/v4/users/5", ASK, Fault::TimeoutBeforeHeaders);
    let journal = kill_when(&world, |it| it.count(ASK) == 2);
    assert_eq!(world.changes(), [""; 0]);
    takes_up(&world, &[token], &journal);
    assert_eq!(world.count(ADMIN), 1);
}

#[test]
fn killed_between_two_tokens() {
    let (world, tokens) = world(true);
    world.gitlab.fault_after(ADMIN, ADMIN, Fault::TimeoutBeforeHeaders);
    let journal = kill_when(&world, |it| it.count(ADMIN) == 2);
    let receipts = journal.iter().filter(|it| it["event"] == "receipt").count();
    assert_eq!(receipts, 1, "{journal:#?}");
    assert_eq!(tokens.iter().filter(|it| world.lives(it)).count(), 1);
    takes_up(&world, &tokens, &journal);
    assert_eq!(world.count(ADMIN), 3);
}

#[test]
fn killed_again_and_again() {
    let (world, tokens) = world(true);
    for _ in 0..3 {
        world.gitlab.clear_requests();
        world.gitlab.fault_on(ADMIN, Fault::TimeoutBeforeHeaders);
        kill_when(&world, |it| it.count(ADMIN) == 1);
        world.journal_is(0);
    }
    world.gitlab.fault_on(ADMIN, Fault::AnswerNeverComes);
    kill_when(&world, |it| tokens.iter().any(|token| !it.lives(token)));
    let journal = whole_lines(&world);
    world.gitlab.clear_requests();
    takes_up(&world, &tokens, &journal);
    // The one that died unseen is not sent again.
    assert_eq!(world.count(ADMIN), 1);
}

/// A rotation that is cut off is never repeated on the dead token: the family would go.
#[test]
fn killed_while_it_rotates() {
    let world = World::new();
    let token = world.leaked_pat(4, &["api"]);
    let rotate = "POST /api/v4/personal_access_tokens/self/rotate";
    let more = ["--rotate", "--rotate-file", "../successors"];
    world.gitlab.fault_on(rotate, Fault::AnswerNeverComes);
    let mut child = world.start(&more);
    world.wait_until(&mut child, || !world.lives(&token));
    child.kill().expect("it runs");
    finish(child);
    world.gitlab.heal();
    // The file may hold a successor: it is never written over.
    world.apply(&more).expect(2);
    let run = world.apply(&["--rotate", "--rotate-file", "../others"]).expect(1);
    assert_eq!(world.count(rotate), 1);
    let receipt = one(&run, "receipt");
    assert_eq!(receipt["fingerprint"], of_pat(&token));
    assert_eq!(receipt["outcome"], "unknown");
    let reason = receipt["reason"].as_str().expect("why");
    assert!(reason.contains("successor") && reason.contains("../successors"), "{reason}");
    let state = world.gitlab.state();
    let successor =
        state.pats.iter().find(|it| it.user_id == ANN && it.created_at.contains("-11-"));
    assert!(successor.is_some_and(|it| !it.revoked), "the successor was killed");
    drop(state);
    world.journal_is(0);
    world.is_intact();
}

/// Kinds that only an administrator can ask about: what no longer finds them has found them before.
#[test]
fn kinds_without_a_question_of_their_own_are_taken_up_too() {
    let mut sampler = Sampler::new(31);
    let mail = ["glimt-", &sampler.base36(25)].concat();
    let flags = ["glffct-", &sampler.friendly(20)].concat();
    let trigger = ["glptt-", &sampler.friendly(20)].concat();
    for token in [&mail, &flags, &trigger] {
        let world = World::with_admin();
        {
            let mut state = world.gitlab.state();
            state.mail_token(&mail, ANN);
            state.flags_client(&flags, 7);
            state.trigger(&trigger, 7, ANN);
        }
        world.leak(&[token]);
        world.gitlab.fault_on("DELETE /api/v4/admin/token", Fault::AnswerNeverComes);
        let mut child = world.start(&[]);
        world.wait_until(&mut child, || !world.lives(token));
        child.kill().expect("it runs");
        finish(child);
        world.gitlab.heal();
        let run = world.apply(&[]).expect(0);
        assert_eq!(one(&run, "receipt")["outcome"], "revoked", "{}", run.stdout);
        assert_eq!(world.count("DELETE /api/v4/admin/token"), 1);
        world.journal_is(0);
    }
}
