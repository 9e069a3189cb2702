//! How hosts are treated: each token once, few requests at a time, pauses kept, an end in time.

use std::time::{Duration, Instant};

use super::{paths, verdict, verify};
use stanch::token::sample::Sampler;

use crate::support::gitlab::{Fault, GitLab, Place, RateLimit};
use crate::support::program::Folder;
use crate::support::tokens::pat;

#[test]
fn a_token_is_asked_about_once_wherever_it_stands() {
    let gitlab = GitLab::start();
    let token = pat(1);
    gitlab.state().pat(&token, 5, &["api"]);
    let folder = Folder::repository();
    for name in ["a", "b", "c/d"] {
        folder.write(name, format!("{token}\n{token}\n"));
    }
    folder.commit("first");
    let url = gitlab.url();
    let run = folder.scan(&["--verify", "--gitlab-url", &url, "--gitlab-url", &url]).expect(1);
    assert_eq!(verdict(&run)["state"], "live");
    assert_eq!(
        paths(&gitlab),
        [
            "GET /api/v4/personal_access_tokens/self",
            "GET /api/v4/personal_access_tokens/self/associations",
            "GET /api/v4/user",
        ]
    );
    assert_eq!(run.summary()["verify"]["requests"], 3);
    assert_eq!(run.summary()["verify"]["states"]["live"], 1);
    let agent = gitlab.requests()[0].header("User-Agent").unwrap_or_default().to_owned();
    assert_eq!(agent, concat!("stanch/", env!("CARGO_PKG_VERSION")));
}

#[test]
fn few_requests_at_a_time() {
    let gitlab = GitLab::start();
    gitlab.latency(Duration::from_millis(20));
    let folder = Folder::new();
    let tokens: Vec<String> = (0..30).map(|seed| pat(200 + seed)).collect();
    folder.write("config", tokens.join("\n"));
    let run = verify(&folder, &gitlab, &["--verify-concurrency", "3"]).expect(1);
    assert_eq!(run.findings().len(), 30);
    assert!(run.findings().iter().all(|it| it["verdict"]["state"] == "unknown_here"));
    assert!((2..=3).contains(&gitlab.most_at_once()), "{}", gitlab.most_at_once());
}

#[test]
fn too_many_requests_are_waited_out() {
    let gitlab = GitLab::start();
    let tokens: Vec<String> = (0..4).map(|seed| pat(300 + seed)).collect();
    for token in &tokens {
        gitlab.state().pat(token, 5, &["api"]).revoke();
    }
    gitlab.fault_times(1, Fault::RateLimited { retry_after: 1 });
    let folder = Folder::new();
    folder.write("config", tokens.join("\n"));
    let begun = Instant::now();
    let run = verify(&folder, &gitlab, &["--verify-concurrency", "1"]).expect(1);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert!(run.findings().iter().all(|it| it["verdict"]["state"] == "revoked"), "{}", run.stdout);
    assert_eq!(gitlab.requests().len(), 5);
    // A host that says how much is left is not pushed to its limit.
    gitlab.clear_requests();
    gitlab.state().rate_limit = Some(RateLimit { requests: 2, seconds: 1 });
    let run = verify(&folder, &gitlab, &["--verify-concurrency", "1"]).expect(1);
    assert!(run.findings().iter().all(|it| it["verdict"]["state"] == "revoked"), "{}", run.stdout);
}

#[test]
fn a_pause_that_is_too_long_is_not_waited_for() {
    let gitlab = GitLab::start();
    gitlab.fault(Fault::RateLimited { retry_after: 3600 });
    let folder = Folder::new();
    folder.write("config", format!("{}\n{}\n", pat(350), pat(351)));
    let begun = Instant::now();
    let run = verify(&folder, &gitlab, &["--verify-concurrency", "1"]).expect(1);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(run.findings().iter().all(|it| it["verdict"]["state"] == "inconclusive"));
    assert_eq!(gitlab.requests().len(), 1);
}

#[test]
fn an_old_gitlab_is_asked_the_old_way() {
    let gitlab = GitLab::start();
    let token = pat(360);
    gitlab.state().pat(&token, 5, &["read_registry"]);
    gitlab.fault_for("/api/v4/personal_access_tokens", Fault::NoSuchRoute);
    let folder = Folder::new();
    folder.write("config", &token);
    assert_eq!(verdict(&verify(&folder, &gitlab, &[]).expect(1))["state"], "live");
}

#[test]
fn a_host_that_turns_us_away_is_left_alone() {
    let gitlab = GitLab::start();
    gitlab.fault(Fault::Forbidden403Html);
    let folder = Folder::new();
    let tokens: Vec<String> = (0..20).map(|seed| pat(400 + seed)).collect();
    folder.write("config", tokens.join("\n"));
    let run = verify(&folder, &gitlab, &["--verify-concurrency", "1"]).expect(1);
    assert!(run.findings().iter().all(|it| it["verdict"]["state"] == "inconclusive"));
    assert!(gitlab.requests().len() <= 4, "{}", gitlab.requests().len());
}

#[test]
fn time_that_is_over_leaves_the_rest_inconclusive() {
    let gitlab = GitLab::start();
    gitlab.latency(Duration::from_millis(300));
    let folder = Folder::new();
    let tokens: Vec<String> = (0..40).map(|seed| pat(500 + seed)).collect();
    folder.write("config", tokens.join("\n"));
    let begun = Instant::now();
    let run = verify(&folder, &gitlab, &["--verify-timeout", "1s"]).expect(1);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let states: Vec<_> = run
        .findings()
        .iter()
        .map(|it| it["verdict"]["state"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(states.len(), 40);
    assert!(states.iter().flatten().any(|it| it == "unknown_here"));
    assert!(states.iter().flatten().any(|it| it == "inconclusive"));
    let unreached = run.findings().into_iter().filter(|it| {
        it["verdict"]["reason"].as_str().is_some_and(|why| why.contains("not reached"))
    });
    assert!(unreached.count() > 10);
}

#[test]
fn an_interrupt_ends_it_with_what_is_known() {
    let gitlab = GitLab::start();
    gitlab.latency(Duration::from_millis(200));
    let folder = Folder::new();
    let tokens: Vec<String> = (0..60).map(|seed| pat(600 + seed)).collect();
    folder.write("config", tokens.join("\n"));
    let mut command = folder.command();
    let url = gitlab.url();
    command.args(["scan", "--verify", "--gitlab-url", &url, "--format", "jsonl"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().expect("it starts");
    while gitlab.requests().len() < 8 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let summary = lines.last().expect("a summary");
    assert_eq!(summary["verify"]["interrupted"], true);
    assert_eq!(lines.len(), 61);
    assert!(summary["verify"]["states"]["inconclusive"].as_u64() > Some(10));
}

#[test]
fn what_fails_depends_on_what_was_asked_for() {
    let gitlab = GitLab::start();
    let (live, dead) = (pat(700), pat(701));
    gitlab.state().pat(&live, 5, &["api"]);
    gitlab.state().pat(&dead, 5, &["api"]).revoke();
    let folder = Folder::new();
    folder.write("config", &dead);
    let run = verify(&folder, &gitlab, &[]).expect(1);
    assert_eq!(run.finding()["severity"], "info");
    verify(&folder, &gitlab, &["--fail-on", "live"]).expect(0);
    verify(&folder, &gitlab, &["--fail-on", "none"]).expect(0);
    folder.write("config", &live);
    verify(&folder, &gitlab, &["--fail-on", "live"]).expect(1);
    verify(&folder, &gitlab, &["--fail-on", "none"]).expect(0);
    gitlab.fault(Fault::Html200);
    verify(&folder, &gitlab, &["--fail-on", "live"]).expect(1);
    let run = folder.scan(&["--fail-on", "live"]).expect(2);
    assert!(run.stderr.contains("--fail-on live needs --verify"), "{}", run.stderr);
}

/// Reading needs no way out: without `--verify` there is no socket and no client.
#[test]
fn a_scan_alone_opens_no_socket() {
    let folder = Folder::new();
    folder.write("config", pat(800));
    let traced = folder.path().join("trace");
    let mut command = std::process::Command::new("strace");
    folder.scrub(&mut command);
    command.args(["-f", "-e", "trace=network,openat", "-o"]).arg(&traced);
    command.arg(env!("CARGO_BIN_EXE_stanch")).args(["scan", "--no-history", "config"]);
    let Ok(output) = command.output() else { return };
    let trace = std::fs::read_to_string(&traced).unwrap_or_default();
    if output.status.code() != Some(1) || trace.is_empty() {
        return; // Nobody may trace here.
    }
    for word in ["socket(", "connect(", "ssl", "ca-certificates", "resolv.conf"] {
        assert!(!trace.contains(word), "{word}");
    }
}

#[test]
fn any_number_of_runners_can_be_asked_about() {
    let gitlab = GitLab::start();
    let mut sampler = Sampler::new(77);
    let tokens: Vec<String> =
        (0..30).map(|_| ["glrt-t1_", &sampler.friendly(20)].concat()).collect();
    for token in &tokens {
        gitlab.state().runner(token, Place::Project(7));
    }
    let folder = Folder::new();
    folder.write("config", tokens.join("\n"));
    // Each is answered with 501, which is no outage.
    let run = verify(&folder, &gitlab, &["--verify-concurrency", "1"]).expect(1);
    assert_eq!(run.summary()["verify"]["states"]["live"], 30, "{}", run.stdout);
}
