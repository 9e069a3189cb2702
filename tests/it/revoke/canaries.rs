//! Canary tokens of every kind, every format, rotations, and a server that fails in every way while
//! tokens are revoked: then everything that was written is searched for them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use stanch::token::sample::Sampler;

use super::{ANN, PROJECT, World, files};
use crate::support::gitlab::{Fault, State};
use crate::support::program::Run;
use crate::support::tokens::{pat, with_prefix};

/// What of a token must not be seen: a part that no mask shows.
fn hidden(token: &str) -> &str {
    let end = token.trim_end();
    &end[end.len().saturating_sub(12)..]
}

/// The server knows the token as what it is.
fn add(state: &mut State, kind: &str, token: &str) {
    match kind {
        "deploy_token" => _ = state.deploy_token(token, PROJECT),
        "runner_authentication_token" => _ = state.runner(token, PROJECT),
        "runner_registration_token" => state.registration_token(token, PROJECT),
        "ci_job_token" => _ = state.job(token, 7, ANN),
        "pipeline_trigger_token" => _ = state.trigger(token, 7, ANN),
        "feed_token" => state.feed_token(token, ANN),
        "incoming_mail_token" => state.mail_token(token, ANN),
        "kubernetes_agent_token" => _ = state.agent_token(token, 7, 77),
        "oauth_application_secret" => _ = state.oauth_app("an-application", token),
        "scim_token" => state.scim_token(token, None),
        "feature_flags_client_token" => state.flags_client(token, 7),
        _ => _ = state.pat(token, ANN, &["api"]),
    }
}

/// What fails, and which requests: a method with the beginning of a path, or everything. Every
/// first of three revokes, every second rotates into a file, every third into a variable.
const FAULTS: [(Option<Fault>, &str); 14] = [
    (None, ""),
    (Some(Fault::EchoToken), "DELETE /"),
    (Some(Fault::EchoToken), "PUT /"),
    (Some(Fault::EchoToken), "POST /"),
    (Some(Fault::WrongJson200), ROTATION),
    (Some(Fault::Html200), "DELETE /"),
    (Some(Fault::EchoToken), ""),
    (Some(Fault::NotJson200), "POST /api/v4/runners"),
    (Some(Fault::CutBody), "PUT /"),
    (Some(Fault::AnswerLost), "DELETE /"),
    (Some(Fault::CutBody), ROTATION),
    (Some(Fault::Status(502)), "PUT /"),
    (Some(Fault::Forbidden403Html), "GET /"),
    (Some(Fault::EchoToken), ROTATION),
];

const ROTATION: &str = "POST /api/v4/personal_access_tokens";

const FORMATS: [&str; 3] = ["human", "json", "jsonl"];

/// A world in which every canary leaks, or one alone, and all of them.
fn world(operator: &str, alone: bool) -> (World, Vec<String>) {
    let mut world = World::new();
    let named = pat(3);
    let mut canaries = Vec::new();
    {
        let mut state = world.gitlab.state();
        state.admin(2, operator);
        for token in with_prefix(2) {
            add(&mut state, token.kind, &token.text);
            canaries.push(token.text);
        }
        // One is told back in what the server says of it.
        let told = state.pat(&named, ANN, &["api"]);
        told.name.clone_from(&named);
        told.description = Some(format!("is {named}, asked by {operator}"));
        state.variable(7, "TOKEN", &named).masked = true;
    }
    canaries.push(named);
    world.folder.set("RUST_LOG", "trace");
    world.folder.set("RUST_BACKTRACE", "full");
    let leaked = if alone { &canaries[canaries.len() - 1..] } else { &canaries[..] };
    world.leak(&leaked.iter().map(String::as_str).collect::<Vec<_>>());
    (world, canaries)
}

/// Plans, does it, and reads what was done.
fn run_all(world: &World, number: usize) -> Vec<(String, Run)> {
    let url = world.gitlab.url();
    let format = FORMATS[number % FORMATS.len()];
    let mut common = vec!["revoke", "leak", "--gitlab-url", &url, "--format", format];
    common.extend(["--project", "7", "--verify-timeout", "2s"]);
    let into: &[&str] = &["--rotate", "--rotate-file", "../successors"];
    match number % 3 {
        0 => {}
        1 => common.extend(into),
        _ => common.extend(["--rotate", "--rotate-into", "group/app:TOKEN"]),
    }
    let mut plan = common.clone();
    plan.extend(["--plan-out", "plan.json", "--markdown", "plan.md"]);
    let mut apply = common;
    apply.extend(["--apply", "--yes", "--max-revocations", "100", "--markdown", "done.md"]);
    apply.extend(["--report", "json=report.json", "--report", "gitlab=gl.json"]);
    apply.extend(["--report", "sarif=report.sarif"]);
    let mut said = Vec::new();
    for arguments in [&plan[..], &apply, &["journal", "show"], &["journal", "verify"]] {
        let run = world.folder.run(arguments);
        assert!(matches!(run.code, Some(0..=2)), "{arguments:?}: {:?}{}", run.code, run.stderr);
        assert!(!run.stderr.contains("panicked"), "{arguments:?}: {}", run.stderr);
        said.push((arguments.join(" "), run));
    }
    said
}

/// Tokens that the server has made meanwhile.
fn successors(world: &World, canaries: &[String]) -> Vec<String> {
    let state = world.gitlab.state();
    let pats = state.pats.iter().map(|it| &it.token);
    let runners = state.runners.iter().map(|it| &it.token);
    let others = state.registration_tokens.iter().map(|it| &it.token);
    let apps = state.oauth_apps.iter().map(|it| &it.secret);
    let all = pats.chain(runners).chain(others).chain(apps);
    all.filter(|it| it.len() > 19 && !canaries.contains(it)).cloned().collect()
}

/// Where successors belong, or were saved when the variable was not to be had: nobody else may read it.
fn is_of_successors(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is = name.starts_with("successor");
    let mode = std::fs::metadata(path).expect("a file").permissions().mode();
    assert!(!is || mode & 0o777 == 0o600, "{name}: {mode:o}");
    is
}

fn search(secrets: &[String], said: &[(String, Run)], folder: &Path) {
    let written: Vec<(String, Vec<u8>)> = files(folder)
        .into_iter()
        .filter(|path| !is_of_successors(path))
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap_or_default()))
        .collect();
    // Without a place for successors nothing is done, and nothing is reported.
    let done = said[1].1.code != Some(2);
    let expected = ["plan.json", "done.md", "report.json", "gl.json"];
    for name in expected.iter().take(if done { 4 } else { 1 }) {
        assert!(
            written.iter().any(|(path, _)| path.ends_with(name)),
            "{name}: {}",
            said[1].1.stderr
        );
    }
    for secret in secrets {
        let hidden = hidden(secret);
        for (what, run) in said {
            for (name, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
                let line = text.lines().find(|line| line.contains(hidden));
                assert!(line.is_none(), "{what}: {name}: {line:?} has {hidden} of {secret}");
            }
        }
        for (name, bytes) in &written {
            assert!(memchr::memmem::find(bytes, hidden.as_bytes()).is_none(), "{name}: {hidden}");
        }
    }
}

#[test]
fn no_canary_leaves_the_cage_while_it_dies() {
    let_loose(0);
}

#[test]
fn no_canary_leaves_the_cage_while_a_file_takes_its_successor() {
    let_loose(1);
}

#[test]
fn no_canary_leaves_the_cage_while_a_variable_takes_its_successor() {
    let_loose(2);
}

/// Every third of the faults.
fn let_loose(part: usize) {
    // A credential that no rule knows by its form: what is known of it is all that can hide it.
    let operator = Sampler::new(1).friendly(24);
    for (number, (fault, request)) in FAULTS.into_iter().enumerate().skip(part).step_by(3) {
        let (mut world, canaries) = world(&operator, number % 3 == 2);
        // What nobody has told the program it cannot hide.
        let known = number % 4 != 3;
        if known {
            world.folder.set("STANCH_GITLAB_TOKEN", &operator);
        }
        match fault {
            Some(fault) if request.is_empty() => world.gitlab.fault(fault),
            // So often that it is felt, and not so often that it takes long.
            Some(fault) => world.gitlab.fault_on_times(3, request, fault),
            None => {}
        }
        let said = run_all(&world, number);
        std::fs::remove_file(world.folder.path().join("leak")).expect("gone");
        let mut secrets = successors(&world, &canaries);
        secrets.extend(canaries);
        secrets.retain(|it| known || *it != operator);
        search(&secrets, &said, &world.folder.path().join(".."));
        match number {
            0 => assert!(world.journal().exists(), "nothing was done"),
            1 => assert!(world.folder.path().join("../successors").exists(), "no successors"),
            5 => {
                let value = world.gitlab.state().variables[0].value.clone();
                assert!(value != pat(3) && world.lives(&value), "no successor");
            }
            _ => {}
        }
        world.is_intact();
        nothing_in_an_address(&world, &secrets);
    }
}

/// No token stands in an address but a feed's.
fn nothing_in_an_address(world: &World, secrets: &[String]) {
    for request in world.gitlab.requests() {
        let address = format!("{}?{}", request.path, request.query);
        for secret in secrets.iter().filter(|it| !it.contains("glft-")) {
            assert!(!address.contains(hidden(secret)), "{address}");
        }
    }
}
