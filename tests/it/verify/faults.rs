//! Everything that can go wrong between us and GitLab: never taken for a dead token.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::{verdict, verify};
use crate::support::gitlab::{Fault, GitLab};
use crate::support::program::Folder;
use crate::support::tokens::pat;

/// A GitLab with a live token, and a folder that leaks it.
fn leak(seed: u64) -> (GitLab, Folder) {
    let gitlab = GitLab::start();
    let token = pat(seed);
    gitlab.state().pat(&token, 5, &["api"]);
    let folder = Folder::new();
    folder.write("config", &token);
    (gitlab, folder)
}

#[test]
fn no_fault_is_taken_for_death() {
    let (gitlab, folder) = leak(1);
    let elsewhere = GitLab::start();
    let faults = [
        (Fault::CutBody, "broke off"),
        (Fault::CloseAtOnce, "broke off"),
        (Fault::Html200, "a web page"),
        (Fault::CaptivePortal, "redirect"),
        (Fault::RedirectTo(format!("{}/api/v4/user", elsewhere.url())), "redirect"),
        (Fault::Status(500), "out of order (500)"),
        (Fault::Status(502), "out of order (502)"),
        (Fault::Status(401), "(401)"),
        (Fault::Status(404), "(404)"),
        (Fault::Forbidden403Html, "403"),
        (Fault::HugeBody, "too large"),
        (Fault::NotJson200, "JSON of another form"),
        (Fault::WrongJson200, "proves nothing"),
        (Fault::EmptyJsonArray, "JSON of another form"),
        (Fault::RateLimited { retry_after: 1 }, "too many requests"),
        (Fault::EchoToken, "out of order (500)"),
    ];
    for (fault, why) in faults {
        gitlab.heal();
        gitlab.fault(fault.clone());
        let verdict = verdict(&verify(&folder, &gitlab, &["--verify-timeout", "20s"]).expect(1));
        assert_eq!(verdict["state"], "inconclusive", "{fault:?}: {verdict}");
        let reason = verdict["reason"].as_str().expect("a reason");
        assert!(reason.contains(why), "{fault:?}: {reason}");
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn a_host_that_dawdles_is_not_waited_for() {
    let (gitlab, folder) = leak(2);
    for fault in [Fault::TimeoutBeforeHeaders, Fault::TimeoutInBody, Fault::SlowDrip] {
        gitlab.heal();
        gitlab.fault(fault.clone());
        let begun = Instant::now();
        let verdict = verdict(&verify(&folder, &gitlab, &["--verify-timeout", "1s"]).expect(1));
        assert_eq!(verdict["state"], "inconclusive", "{fault:?}");
        assert!(begun.elapsed() < Duration::from_secs(8), "{fault:?}: {:?}", begun.elapsed());
    }
}

#[test]
fn an_answer_that_was_lost_is_asked_for_again() {
    let (gitlab, folder) = leak(3);
    for fault in [Fault::Status(502), Fault::CutBody, Fault::CloseAtOnce] {
        gitlab.heal();
        gitlab.fault_times(1, fault.clone());
        let verdict = verdict(&verify(&folder, &gitlab, &[]).expect(1));
        assert_eq!(verdict["state"], "live", "{fault:?}: {verdict}");
    }
}

#[test]
fn faults_after_the_first_answer_change_no_verdict() {
    let (gitlab, folder) = leak(4);
    for fault in [Fault::Html200, Fault::WrongJson200, Fault::CutBody, Fault::Status(404)] {
        gitlab.heal();
        gitlab.fault_for("/api/v4/personal_access_tokens/self/associations", fault.clone());
        gitlab.fault_for("/api/v4/user", fault.clone());
        let verdict = verdict(&verify(&folder, &gitlab, &[]).expect(1));
        assert_eq!(verdict["state"], "live", "{fault:?}: {verdict}");
        assert_eq!(verdict["scopes"][0], "api");
    }
}

#[test]
fn a_dead_network_is_no_dead_token() {
    let (gitlab, folder) = leak(5);
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let url = format!("http://{free}");
    let begun = Instant::now();
    let run = folder.scan(&["--verify", "--gitlab-url", &url]).expect(1);
    let found = verdict(&run);
    assert_eq!(found["state"], "inconclusive");
    assert!(found["reason"].as_str().expect("why").contains("cannot be reached"), "{found}");
    assert_eq!(found["token_was_used"], false);
    assert!(begun.elapsed() < Duration::from_secs(5));
    // Many tokens do not make it slow.
    let tokens: Vec<String> = (0..50).map(|seed| pat(900 + seed)).collect();
    folder.write("config", tokens.join("\n"));
    let begun = Instant::now();
    let run = folder.scan(&["--verify", "--gitlab-url", &url]).expect(1);
    assert!(run.findings().iter().all(|it| it["verdict"]["state"] == "inconclusive"));
    assert!(begun.elapsed() < Duration::from_secs(5));
    drop(gitlab);
}

/// What is not encrypted stays on this machine; what is encrypted goes through the proxy that the
/// environment names, which sees no more than an address.
#[test]
fn proxies_are_those_of_the_environment() {
    let (gitlab, mut folder) = leak(6);
    let proxy = GitLab::start();
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        folder.set(name, proxy.url());
    }
    assert_eq!(verdict(&verify(&folder, &gitlab, &[]).expect(1))["state"], "live");
    assert!(proxy.requests().is_empty());
    let through = ["--verify", "--gitlab-url", "https://gitlab.example.com"];
    assert_eq!(verdict(&folder.scan(&through).expect(1))["state"], "inconclusive");
    assert!(!proxy.requests().is_empty());
    for request in proxy.requests() {
        assert_eq!(request.method, "CONNECT");
        assert!(request.header("PRIVATE-TOKEN").is_none());
    }
}

/// Header fields that no clock can follow.
#[test]
fn absurd_pauses_break_nothing() {
    let (gitlab, folder) = leak(7);
    for (name, value) in [
        ("Retry-After", "18446744073709551615"),
        ("Retry-After", "-1"),
        ("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] {
        gitlab.heal();
        gitlab.fault(Fault::AlsoSays(name, value));
        let run = verify(&folder, &gitlab, &["--verify-timeout", "20s"]).expect(1);
        assert_eq!(verdict(&run)["state"], "live", "{value}: {}", run.stdout);
        assert!(!run.stderr.contains("internal error"), "{}", run.stderr);
    }
}
