//! `stanch inspect`.

use serde_json::{Value, json};

use crate::support::gitlab::GitLab;
use crate::support::program::{Folder, Run};
use crate::support::tokens::pat;
use stanch::token::sample::Sampler;

fn inspect(folder: &Folder, arguments: &[&str], input: &str) -> Run {
    let all: Vec<&str> = ["inspect"].iter().chain(arguments).copied().collect();
    folder.run_with(&all, input.as_bytes())
}

#[test]
fn it_tells_what_a_token_says_of_itself() {
    let folder = Folder::new();
    let token = Sampler::new(1).routable("glpat-", "c:1\no:1\nu:9ix");
    let run = inspect(&folder, &[], &token).expect(1);
    for words in ["GitLab personal access token", "user 12345", "proven whole by its checksum"] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    assert!(!run.stdout.contains(&token[12..]) && !run.stderr.contains(&token[12..]));
    let run = inspect(&folder, &["-f", "jsonl"], &format!("{token}\n{}\n", pat(2))).expect(1);
    assert_eq!(run.findings().len(), 2);
}

#[test]
fn it_asks() {
    let gitlab = GitLab::start();
    let (live, dead, bare) = (pat(3), pat(4), Sampler::new(5).friendly(20));
    gitlab.state().pat(&live, 5, &["api"]);
    gitlab.state().pat(&dead, 5, &["api"]).revoke();
    gitlab.state().pat(&bare, 5, &["read_api"]);
    let folder = Folder::new();
    let url = gitlab.url();
    let ask = ["-f", "jsonl", "--verify", "--gitlab-url", &url];
    let state = |run: &Run| -> Value { run.finding()["verdict"]["state"].clone() };
    assert_eq!(state(&inspect(&folder, &ask, &live).expect(1)), "live");
    assert_eq!(state(&inspect(&folder, &ask, &dead).expect(0)), "revoked");
    // What has no form of its own is what the user says it is.
    let run = inspect(&folder, &ask, &bare).expect(2);
    assert!(run.findings().is_empty());
    assert!(run.stderr.contains("line 1: its form is that of no GitLab token"), "{}", run.stderr);
    let mut with_kind = ask.to_vec();
    with_kind.extend(["--kind", "personal_access_token"]);
    assert_eq!(state(&inspect(&folder, &with_kind, &bare).expect(1)), "live");
    // What stands beside a token in a file is typed here.
    let trigger = ["glptt-", &Sampler::new(6).friendly(20)].concat();
    gitlab.state().project(7, "a/b");
    gitlab.state().trigger(&trigger, 7, 5);
    let mut with_project = ask.to_vec();
    with_project.extend(["--intrusive", "--project", "7"]);
    assert_eq!(state(&inspect(&folder, &with_project, &trigger).expect(1)), "live");
    let human = inspect(&folder, &["--verify", "--gitlab-url", &url], &live).expect(1);
    assert!(human.stdout.contains("LIVE"), "{}", human.stdout);
}

#[test]
fn a_key_is_one_token_and_nothing_is_no_token() {
    let folder = Folder::new();
    let run = inspect(&folder, &["-f", "jsonl"], &Sampler::new(7).openssh_key()).expect(1);
    assert_eq!(run.finding()["kind"], json!("deploy_key"));
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    inspect(&folder, &[], " \n").expect(2);
    inspect(&folder, &["--kind", "nonsense"], "x").expect(2);
    inspect(&folder, &["-f", "sarif"], "x").expect(2);
    let run = inspect(&folder, &["--egress-plan", "--gitlab-url", "a.example"], &pat(8)).expect(0);
    assert!(run.stdout.contains("Nothing was sent"), "{}", run.stdout);
}
