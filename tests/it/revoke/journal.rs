//! The journal: what it says, that nobody can change it unseen, and that nothing is done without it.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{ANN, PROJECT, World, fingerprint, finish, made, of_pat, one, outcome};
use crate::support::gitlab::Fault;
use crate::support::tokens::pat;

const ADMIN: &str = "DELETE /api/v4/admin/token";

fn hash(line: &str) -> String {
    Sha256::digest(line.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(world: &World) -> String {
    std::fs::read_to_string(world.journal()).expect("a journal")
}

/// What happened to this token, in order.
fn events(world: &World, fingerprint: &str) -> Vec<String> {
    let mut all = world.journal_lines();
    all.retain(|it| it["fingerprint"] == fingerprint);
    all.iter().map(|it| it["event"].as_str().expect("a word").to_owned()).collect()
}

#[test]
fn every_request_stands_in_it_before_and_after() {
    let world = World::with_admin();
    let (token, runner) = (pat(1), made("glrt-", 2));
    world.gitlab.state().pat(&token, ANN, &["api"]);
    world.gitlab.state().runner(&runner, PROJECT);
    world.leak(&[&token, &runner]);
    let run = world.apply(&[]).expect(0);
    let mode = std::fs::metadata(world.journal()).expect("it").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for name in [of_pat(&token), fingerprint("runner_authentication_token", &runner)] {
        assert_eq!(events(&world, &name), ["intent", "answer", "receipt"]);
    }
    let plan = run.summary()["plan"].clone();
    let of_token: Vec<Value> = world
        .journal_lines()
        .into_iter()
        .filter(|it| it["fingerprint"] == of_pat(&token))
        .collect();
    for line in &of_token {
        assert_eq!((&line["schema"], &line["plan"]), (&json!(1), &plan));
        assert_eq!(line["kind"], "personal_access_token");
        assert_eq!(line["instance"], world.gitlab.url());
        let time = line["time"].as_str().expect("a time");
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    }
    let intent = &of_token[0];
    assert_eq!(
        (&intent["method"], &intent["path"]),
        (&json!("DELETE"), &json!("/api/v4/admin/token"))
    );
    assert_eq!((&intent["action"], &intent["credential"]), (&json!("revoke"), &json!("operator")));
    assert_eq!(of_token[2]["outcome"], "revoked");
    let all = text(&world);
    for secret in [&token, &runner, &world.admin] {
        assert!(!all.contains(&secret[secret.len() - 12..]), "{all}");
    }
}

#[test]
fn each_line_vouches_for_the_one_before() {
    let world = World::with_admin();
    world.leaked_pat(3, &["api"]);
    let first = world.apply(&[]).expect(0).summary()["journal"].clone();
    assert_eq!(first["head"], hash(text(&world).lines().last().expect("a line")));
    let path = first["path"].as_str().expect("a path");
    assert!(path.ends_with("journal.jsonl"), "{path}");
    world.leaked_pat(4, &["api"]);
    world.apply(&[]).expect(0);
    let (mut before, all) = ("0".repeat(64), text(&world));
    assert!(all.ends_with('\n') && all.lines().count() >= 6);
    for line in all.lines() {
        let value: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(value["prev"], before);
        before = hash(line);
    }
    world.journal_is(0);
}

#[test]
fn what_was_changed_is_seen() {
    let world = World::with_admin();
    world.leaked_pat(5, &["api"]);
    world.apply(&[]).expect(0);
    let good = text(&world);
    let lines: Vec<&str> = good.lines().collect();
    let join = |lines: &[&str]| lines.join("\n") + "\n";
    for changed in [
        good.replacen("revoke", "rotate", 1),
        good.replacen("\"intent\"", "\"answer\"", 1),
        join(&lines[1..]),
        join(&[&lines[..1], &lines[2..]].concat()),
        join(&[&lines[1..2], &lines[..1], &lines[2..]].concat()),
        join(&[&lines[..], &lines[..1]].concat()),
        good.replacen('{', "{ ", 1),
    ] {
        assert_ne!(changed, good);
        std::fs::write(world.journal(), &changed).expect("written");
        let run = world.journal_is(1);
        assert!(!(run.stdout + &run.stderr).is_empty());
    }
    std::fs::write(world.journal(), &good).expect("written");
    world.journal_is(0);
}

#[test]
fn it_is_shown() {
    let world = World::with_admin();
    let token = world.leaked_pat(6, &["api"]);
    world.apply(&[]).expect(0);
    let shown = world.folder.run(&["journal", "show", "--format", "jsonl"]).expect(0);
    assert_eq!(shown.stdout.lines().count(), text(&world).lines().count());
    let human = world.folder.run(&["journal", "show"]).expect(0);
    assert!(human.stdout.contains("revoked"), "{}", human.stdout);
    for run in [shown, human] {
        assert!(!run.stdout.contains(&token[12..]) && !run.stderr.contains(&token[12..]));
    }
    let none = world.folder.run(&["journal", "verify", "--journal", "none.jsonl"]);
    assert_ne!(none.code, Some(0));
}

#[test]
fn it_lies_where_somebody_says() {
    let mut world = World::with_admin();
    world.leaked_pat(7, &["api"]);
    world.apply(&["--journal", "mine.jsonl"]).expect(0);
    assert!(world.folder.path().join("mine.jsonl").exists() && !world.journal().exists());
    world.folder.run(&["journal", "verify", "--journal", "mine.jsonl"]).expect(0);
    world.leaked_pat(8, &["api"]);
    let state = world.folder.path().join("state");
    world.folder.set("XDG_STATE_HOME", &state);
    world.apply(&[]).expect(0);
    assert!(state.join("stanch/journal.jsonl").exists() && !world.journal().exists());
    world.journal_is(0);
}

#[test]
fn without_a_journal_nothing_is_sent() {
    let world = World::with_admin();
    let token = world.leaked_pat(9, &["api"]);
    world.folder.write("folder/file", "x");
    for path in ["/dev/full", "folder"] {
        let run = world.apply(&["--journal", path]).expect(2);
        assert!(run.stderr.contains("journal"), "{}", run.stderr);
        assert_eq!(world.changes(), [""; 0], "{path}");
    }
    assert!(world.lives(&token));
}

#[test]
fn two_at_once_do_not_mix() {
    let world = World::with_admin();
    let token = world.leaked_pat(10, &["api"]);
    world.gitlab.fault_on(ADMIN, Fault::TimeoutBeforeHeaders);
    let mut first = world.start(&[]);
    world.wait_for(&mut first, ADMIN);
    let sent = world.changes().len();
    let second = world.apply(&[]).expect(2);
    assert!(second.stderr.contains("journal"), "{}", second.stderr);
    assert_eq!(world.changes().len(), sent);
    // Reading it is free, and so is a plan.
    world.journal_is(0);
    world.revoke(&[]).expect(1);
    first.kill().expect("it runs");
    finish(first);
    world.gitlab.heal();
    let run = world.apply(&[]).expect(0);
    assert_eq!(outcome(&run, &of_pat(&token)), "revoked");
}

#[test]
fn a_line_that_was_torn_is_kept_and_survived() {
    let world = World::with_admin();
    let token = world.leaked_pat(11, &["api"]);
    world.apply(&[]).expect(0);
    let whole = text(&world);
    let later = pat(12);
    world.gitlab.state().pat(&later, ANN, &["api"]);
    world.leak(&[&token, &later]);
    // The receipt was being written when the lights went out.
    let torn = &whole[..whole.len() - 20];
    std::fs::write(world.journal(), torn).expect("written");
    let run = world.apply(&[]).expect(0);
    assert_eq!(outcome(&run, &of_pat(&later)), "revoked");
    let all = text(&world);
    assert!(all.starts_with(torn));
    assert_eq!(all.matches("\"torn\"").count(), 1, "{all}");
    world.journal_is(0);
    // Whose receipt was lost is asked about again, and nothing is sent again.
    assert_eq!(outcome(&run, &of_pat(&token)), "revoked");
    assert_eq!(world.changes(), [ADMIN, ADMIN]);
    world.is_intact();
}

#[test]
fn what_is_left_open_and_not_found_again_is_counted() {
    let world = World::with_admin();
    let token = world.leaked_pat(13, &["api"]);
    world.gitlab.fault_on(ADMIN, Fault::TimeoutBeforeHeaders);
    let mut child = world.start(&[]);
    world.wait_for(&mut child, ADMIN);
    child.kill().expect("it runs");
    finish(child);
    world.gitlab.heal();
    world.leak(&["nothing"]);
    let run = world.apply(&[]);
    assert_eq!(run.summary()["open_steps"], 1);
    assert!(!run.stderr.is_empty());
    assert!(world.lives(&token));
    world.leak(&[&token]);
    let run = world.apply(&[]).expect(0);
    assert_eq!(one(&run, "receipt")["outcome"], "revoked");
    assert_eq!(run.summary()["open_steps"], 0);
    world.leak(&["nothing"]);
    assert_eq!(world.apply(&[]).expect(0).summary()["open_steps"], 0);
}

/// The disk is full in the middle: what is begun is told, and nothing more is sent.
#[test]
fn a_disk_that_fills_up_stops_everything() {
    let world = World::new();
    let tokens = [pat(4), pat(5), pat(6)];
    for token in &tokens {
        world.gitlab.state().pat(token, 5, &["api"]);
    }
    world.leak(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
    let mut command = std::process::Command::new("sh");
    world.folder.scrub(&mut command);
    // Files may grow to two blocks of 512 bytes, and no further; the program is told, not killed.
    let script = "trap '' XFSZ; ulimit -f 2; exec \"$@\"";
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_stanch"), "revoke", "leak", "--apply"]);
    command.args(["--yes", "--format", "jsonl", "--gitlab-url", &world.gitlab.url()]);
    let run = crate::support::program::run(command, b"").expect(1);
    assert!(run.stderr.contains("could not be written to its end"), "{}", run.stderr);
    assert!(world.changes().len() < 3, "{:?}", world.changes());
    let dead = tokens.iter().filter(|token| !world.lives(token)).count();
    assert_eq!(dead, world.changes().len());
    // With room again the next run goes on.
    world.apply(&[]).expect(0);
    assert!(tokens.iter().all(|token| !world.lives(token)));
    world.journal_is(0);
}

/// A file that is something else is not written to.
#[test]
fn what_is_no_journal_is_left_alone() {
    let world = World::new();
    world.leaked_pat(4, &["api"]);
    let key = stanch::token::sample::Sampler::new(3).openssh_key();
    for text in [key.as_str(), "x\n", "{\"a\":1}\n"] {
        let path = world.folder.path().join("../other");
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
        let run = world.apply(&["--journal", "../other"]).expect(2);
        assert!(run.stderr.contains("no line of a journal"), "{}", run.stderr);
        assert_eq!(std::fs::read_to_string(&path).expect("text"), text);
        world.folder.run(&["journal", "verify", "--journal", "../other"]).expect(1);
    }
    assert_eq!(world.changes(), [""; 0]);
}

/// What only an administrator's question finds is not found once it is dead: the journal knows why.
#[test]
fn what_was_ended_before_is_dead_for_later_runs() {
    let world = World::with_admin();
    let mail = ["glimt-", &stanch::token::sample::Sampler::new(6).base36(25)].concat();
    world.gitlab.state().mail_token(&mail, ANN);
    world.leak(&[&mail]);
    world.apply(&[]).expect(0);
    let run = world.apply(&[]).expect(0);
    assert_eq!(one(&run, "summary")["dead"], 1);
    world.revoke(&[]).expect(0);
}
