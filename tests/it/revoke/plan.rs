//! Plans: what they say, that they change nothing, and that nothing but them is carried out.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{ANN, PROJECT, World, fingerprint, line, lines, made, of_pat, one, outcome};
use crate::support::gitlab::GitLab;
use crate::support::program::Folder;
use crate::support::tokens::pat;

#[test]
fn a_plan_says_what_will_be_done_and_does_nothing() {
    let world = World::with_admin();
    let (live, dead, unknown) = (pat(1), pat(2), pat(3));
    let (runner, workspace) = (made("glrt-", 4), made("glwt-", 5));
    {
        let mut state = world.gitlab.state();
        state.pat(&live, ANN, &["api"]);
        state.pat(&dead, ANN, &["api"]).revoke();
        state.runner(&runner, PROJECT);
    }
    world.leak(&[&live, &dead, &unknown, &runner, &workspace]);
    let run = world.revoke(&[]).expect(1);
    assert_eq!(world.changes(), [""; 0]);
    assert!(world.lives(&live) && world.lives(&runner));
    let steps = lines(&run, "step");
    assert_eq!(steps.len(), 2, "{}", run.stdout);
    for (fingerprint, kind) in [
        (of_pat(&live), "personal_access_token"),
        (fingerprint("runner_authentication_token", &runner), "runner_authentication_token"),
    ] {
        let step = steps.iter().find(|it| it["fingerprint"] == *fingerprint).expect("a step");
        assert_eq!((&step["schema"], &step["kind"]), (&json!(1), &json!(kind)));
        assert_eq!((&step["action"], &step["method"]), (&json!("revoke"), &json!("DELETE")));
        assert_eq!(step["path"], "/api/v4/admin/token");
        assert_eq!(step["credential"], "operator");
        assert_eq!(step["instance"], world.gitlab.url());
        assert!(step["otherwise"].as_array().is_some_and(|it| !it.is_empty()), "{step}");
        // A reset hits whoever else uses the runner.
        assert_eq!(step["breaks"].is_string(), kind == "runner_authentication_token", "{step}");
    }
    let refusal = one(&run, "refusal");
    assert_eq!(refusal["fingerprint"], fingerprint("workspace_token", &workspace));
    assert!(refusal["reason"].as_str().is_some_and(|it| !it.is_empty()), "{refusal}");
    assert!(lines(&run, "receipt").is_empty());
    let summary = run.summary();
    let expected = json!({
        "applied": false, "steps": 2, "refusals": 1, "dead": 1, "unknown_here": 1,
        "interrupted": false, "open_steps": 0, "complete": true,
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(summary[name], *value, "{name}: {summary}");
    }
    let plan = summary["plan"].as_str().expect("an id");
    assert!(!plan.is_empty() && steps.iter().chain([&refusal]).all(|it| it["plan"] == plan));
    world.is_intact();
    assert!(!world.journal().exists(), "a plan is not journalled");
}

#[test]
fn the_exit_code_says_whether_there_is_something_to_do() {
    let world = World::with_admin();
    let token = world.leaked_pat(1, &["api"]);
    world.revoke(&[]).expect(1);
    let run = world.folder.run(&["revoke", "leak"]).expect(2);
    assert!(run.stderr.contains("no instance is named"), "{}", run.stderr);
    world.gitlab.state().pats.retain(|it| it.token != token);
    world.revoke(&[]).expect(0);
    world.apply(&[]).expect(0);
    world.leak(&["nothing at all"]);
    world.revoke(&[]).expect(0);
    world.apply(&[]).expect(0);
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn what_was_not_read_may_live() {
    let world = World::with_admin();
    let token = world.leaked_pat(1, &["api"]);
    let run = world.apply(&["--max-file-size", "5"]).expect(3);
    assert_eq!(run.summary()["complete"], false);
    assert_eq!(world.changes(), [""; 0]);
    assert!(world.lives(&token));
}

#[test]
fn a_token_in_many_places_is_one_step() {
    let world = World::with_admin();
    let token = world.leaked_pat(1, &["api"]);
    world.leak(&[&token, &token, &format!("again {token}")]);
    assert_eq!(one(&world.revoke(&[]).expect(1), "step")["fingerprint"], of_pat(&token));
    assert_eq!(one(&world.apply(&[]).expect(0), "receipt")["outcome"], "revoked");
    assert_eq!(world.changes(), ["DELETE /api/v4/admin/token"]);
}

#[test]
fn a_token_dies_where_it_lives() {
    let (world, other) = (World::new(), World::new());
    let token = pat(1);
    other.gitlab.state().pat(&token, ANN, &["api"]);
    world.leak(&[&token]);
    let url = other.gitlab.url();
    let run = world.apply(&["--gitlab-url", &url]).expect(0);
    let receipt = one(&run, "receipt");
    assert_eq!((&receipt["outcome"], &receipt["instance"]), (&json!("revoked"), &json!(url)));
    assert_eq!(world.changes(), [""; 0]);
    assert_eq!(other.changes(), ["DELETE /api/v4/personal_access_tokens/self"]);
    assert!(!other.lives(&token));
    other.is_intact();
}

#[test]
fn the_same_steps_have_the_same_plan() {
    let world = World::with_admin();
    let first = world.leaked_pat(1, &["api"]);
    let id = |world: &World| world.revoke(&[]).expect(1).summary()["plan"].clone();
    let once = id(&world);
    assert_eq!(once, id(&world));
    let second = pat(2);
    world.gitlab.state().pat(&second, ANN, &["api"]);
    world.leak(&[&first, &second]);
    assert_ne!(once, id(&world));
}

#[test]
fn json_is_the_same_as_one_document() {
    let world = World::with_admin();
    let token = world.leaked_pat(1, &["api"]);
    let url = world.gitlab.url();
    let arguments = ["revoke", "leak", "--format", "json", "--gitlab-url", &url];
    let run = world.folder.run(&arguments);
    let document: Value = serde_json::from_str(&run.expect(1).stdout).expect("JSON");
    assert_eq!(document["schema"], 1);
    assert_eq!(document["steps"][0]["fingerprint"], of_pat(&token));
    assert_eq!(document["refusals"], json!([]));
    assert!(document.get("receipts").is_none_or(Value::is_null));
    assert_eq!(document["plan"], document["summary"]["plan"]);
}

/// A world with a leaked token and its plan in a file.
fn planned() -> (World, String) {
    let world = World::with_admin();
    let token = world.leaked_pat(1, &["api"]);
    world.revoke(&["--plan-out", "plan.json"]).expect(1);
    world.gitlab.clear_requests();
    (world, token)
}

const BY_PLAN: &[&str] = &["--plan", "plan.json"];

fn plan_text(world: &World) -> String {
    std::fs::read_to_string(world.folder.path().join("plan.json")).expect("a plan")
}

#[test]
fn a_plan_in_a_file_is_carried_out_and_nothing_more() {
    let (world, token) = planned();
    let text = plan_text(&world);
    assert!(!text.contains(&token[6..]) && text.contains(&of_pat(&token)), "{text}");
    assert!(!text.contains(&world.admin[6..]));
    serde_json::from_str::<Value>(&text).expect("JSON");
    // Somebody leaks another token meanwhile.
    let later = pat(2);
    world.gitlab.state().pat(&later, ANN, &["api"]);
    world.leak(&[&token, &later]);
    let run = world.apply(BY_PLAN);
    assert_eq!(outcome(&run, &of_pat(&token)), "revoked");
    assert_eq!(lines(&run, "receipt").len(), 1, "{}", run.stdout);
    assert!(!world.lives(&token) && world.lives(&later));
    assert_eq!(world.changes(), ["DELETE /api/v4/admin/token"]);
    world.is_intact();
}

#[test]
fn a_plan_that_was_edited_is_refused() {
    let (world, token) = planned();
    let (text, other) = (plan_text(&world), pat(2));
    world.gitlab.state().pat(&other, ANN, &["api"]);
    world.leak(&[&token, &other]);
    for edited in [
        text.replace(&of_pat(&token), &of_pat(&other)),
        text.replacen("/api/v4/admin/token", "/api/v4/personal_access_tokens/self", 1),
        text.replacen("DELETE", "POST", 1),
        text.replace(&world.gitlab.url(), "https://gitlab.example.com"),
        text[..text.len() / 2].to_owned(),
        "{}".to_owned(),
        String::new(),
    ] {
        assert_ne!(edited, text);
        world.folder.write("plan.json", &edited);
        let run = world.apply(BY_PLAN).expect(2);
        assert!(!run.stderr.is_empty());
        assert_eq!(world.changes(), [""; 0], "{edited}");
    }
    world.apply(&["--plan", "none.json"]).expect(2);
    assert!(world.lives(&token) && world.lives(&other));
    // The plan as it was is still good.
    world.folder.write("plan.json", &text);
    assert_eq!(outcome(&world.apply(BY_PLAN), &of_pat(&token)), "revoked");
    assert!(world.lives(&other));
}

#[test]
fn a_plan_whose_tokens_are_not_found_again_touches_nothing() {
    let (world, token) = planned();
    let other = pat(2);
    world.gitlab.state().pat(&other, ANN, &["api"]);
    world.leak(&[&other]);
    let run = world.apply(BY_PLAN);
    assert_ne!(run.code, Some(0), "{}", run.stdout);
    assert_eq!(world.changes(), [""; 0]);
    assert!(world.lives(&token) && world.lives(&other));
}

#[test]
fn a_plan_is_of_use_only_when_it_is_carried_out() {
    let (world, token) = planned();
    world.revoke(BY_PLAN).expect(2);
    assert!(world.lives(&token));
}

#[test]
fn without_a_terminal_somebody_must_have_said_yes() {
    let world = World::with_admin();
    let token = world.leaked_pat(1, &["api"]);
    let run = world.revoke(&["--apply"]).expect(2);
    assert!(run.stderr.contains("--yes"), "{}", run.stderr);
    assert_eq!(world.changes(), [""; 0]);
    assert!(world.lives(&token));
}

#[test]
fn tokens_come_from_standard_input() {
    let world = World::with_admin();
    let (piped, in_a_file) = (pat(1), world.leaked_pat(2, &["api"]));
    world.gitlab.state().pat(&piped, ANN, &["api"]);
    let url = world.gitlab.url();
    let arguments = ["revoke", "-", "--format", "jsonl", "--gitlab-url", &url];
    let input = format!("a token: {piped}\n");
    let run = world.folder.run_with(&arguments, input.as_bytes()).expect(1);
    assert_eq!(one(&run, "step")["fingerprint"], of_pat(&piped));
    let apply = [&arguments[..], &["--apply", "--yes"]].concat();
    let run = world.folder.run_with(&apply, input.as_bytes()).expect(0);
    assert_eq!(outcome(&run, &of_pat(&piped)), "revoked");
    assert!(!world.lives(&piped) && world.lives(&in_a_file));
    world.is_intact();
}

/// Runs `stanch revoke --apply` on a terminal, types this, and gives back the exit code. `None`
/// where nothing can make a terminal.
fn on_a_terminal(folder: &Folder, gitlab: &GitLab, typed: &str) -> Option<i32> {
    use std::io::Write as _;
    let mut command = Command::new("script");
    folder.scrub(&mut command);
    let line = format!(
        "'{}' revoke leak --apply --format jsonl --gitlab-url {} > out",
        env!("CARGO_BIN_EXE_stanch"),
        gitlab.url()
    );
    command.env("TERM", "xterm").env("SHELL", "/bin/sh");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    // Whatever is typed before the question may be thrown away: the answers to the first
    // questions show that it comes soon.
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut calm = 0;
    for _ in 0..400 {
        std::thread::sleep(std::time::Duration::from_millis(25));
        let before = gitlab.requests().len();
        std::thread::sleep(std::time::Duration::from_millis(25));
        let now = gitlab.requests().len();
        calm = if now > 0 && now == before { calm + 1 } else { 0 };
        if calm > 8 || child.try_wait().expect("a child").is_some() {
            break;
        }
    }
    // A program that has ended reads nothing.
    drop(writeln!(stdin, "{typed}"));
    let code = child.wait().expect("it ends").code();
    drop(stdin);
    code
}

#[test]
fn on_a_terminal_the_plans_id_is_typed() {
    let world = World::with_admin();
    let token = world.leaked_pat(1, &["api"]);
    let plan = world.revoke(&[]).expect(1).summary()["plan"].clone();
    let plan = plan.as_str().expect("an id");
    for wrong in ["yes", "", &plan[..plan.len() - 1]] {
        world.gitlab.clear_requests();
        let Some(code) = on_a_terminal(&world.folder, &world.gitlab, wrong) else {
            eprintln!("not tested: script (util-linux) is not here");
            return;
        };
        assert_eq!(code, 2, "{wrong:?}");
        assert_eq!(world.changes(), [""; 0]);
        assert!(world.lives(&token));
    }
    world.gitlab.clear_requests();
    assert_eq!(on_a_terminal(&world.folder, &world.gitlab, plan), Some(0));
    assert!(!world.lives(&token));
    let out = std::fs::read_to_string(world.folder.path().join("out")).expect("a report");
    assert!(out.contains("\"revoked\"") && !out.contains(&token[6..]), "{out}");
}

#[test]
fn people_are_told_what_will_happen() {
    let world = World::with_admin();
    let token = world.leaked_pat(1, &["api"]);
    let url = world.gitlab.url();
    let human = ["revoke", "leak", "--gitlab-url", &url, "--markdown", "summary.md"];
    let run = world.folder.run(&human).expect(1);
    let markdown = std::fs::read_to_string(world.folder.path().join("summary.md")).expect("it");
    for words in ["DELETE /api/v4/admin/token", "ann"] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    assert!(markdown.contains("ann") && markdown.contains("personal access token"), "{markdown}");
    assert!(!run.stdout.contains(&token[12..]) && !markdown.contains(&token[12..]));
    let first = world.gitlab.requests().first().map(line);
    assert_eq!(first.as_deref(), Some("POST /api/v4/admin/token"));
}

#[test]
fn reports_of_findings_carry_the_receipt() {
    let world = World::with_admin();
    let token = world.leaked_pat(1, &["api"]);
    world.apply(&["--report", "jsonl=found.jsonl"]).expect(0);
    let text = std::fs::read_to_string(world.folder.path().join("found.jsonl")).expect("it");
    let first = text.lines().next().expect("a line");
    let finding: Value = serde_json::from_str(first).expect("JSON");
    assert_eq!(
        (&finding["type"], &finding["fingerprint"]),
        (&json!("finding"), &json!(of_pat(&token)))
    );
    assert_eq!(finding["receipt"]["outcome"], "revoked", "{finding}");
}
