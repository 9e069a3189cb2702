//! A token goes to hosts that the operator named and nowhere else.

use serde_json::json;

use super::{paths, verdict, verify};
use crate::support::gitlab::GitLab;
use crate::support::program::Folder;
use crate::support::tokens::pat;
use stanch::token::sample::Sampler;

#[test]
fn without_a_named_instance_nothing_is_asked() {
    let folder = Folder::new();
    folder.write("config", pat(1));
    let run = folder.scan(&["--verify"]).expect(2);
    assert!(run.stderr.contains("no instance is named"), "{}", run.stderr);
    assert!(run.stdout.is_empty());
    folder.scan(&["--verify", "--gitlab-url", "http://gitlab.example.com"]).expect(2);
    let run =
        folder.scan(&["--verify", "--gitlab-url", "https://user:pw@gitlab.example"]).expect(2);
    assert!(!run.stderr.contains("pw") && run.stderr.contains("password"), "{}", run.stderr);
}

#[test]
fn every_way_to_name_one() {
    let gitlab = GitLab::start();
    let token = pat(2);
    gitlab.state().pat(&token, 5, &["api"]);
    let settings = format!("[[instance]]\nurl = \"{}\"\n", gitlab.url());
    let live = |folder: &Folder, arguments: &[&str]| {
        let run = folder.scan(arguments).expect(1);
        assert_eq!(verdict(&run)["state"], "live", "{}", run.stdout);
    };
    let mut folder = Folder::new();
    folder.write("config", &token);
    folder.write("mine.toml", &settings);
    live(&folder, &["--verify", "--gitlab-url", &gitlab.url()]);
    live(&folder, &["--verify", "--config", "mine.toml"]);
    folder.set("STANCH_GITLAB_URL", gitlab.url());
    live(&folder, &["--verify"]);
    let mut folder = Folder::new();
    folder.write("config", &token);
    folder.set("CI_SERVER_URL", gitlab.url());
    folder.scan(&["--verify"]).expect(2);
    folder.set("GITLAB_CI", "true");
    live(&folder, &["--verify"]);
}

#[test]
fn a_repository_cannot_name_an_instance() {
    let gitlab = GitLab::start();
    let folder = Folder::repository();
    folder.write("config", pat(3));
    folder.write(".stanch.toml", format!("[[instance]]\nurl = \"{}\"\n", gitlab.url()));
    let run = folder.scan(&["--verify"]).expect(2);
    assert!(run.stderr.contains("has no place in a repository's own settings"), "{}", run.stderr);
    assert!(gitlab.requests().is_empty());
}

#[test]
fn hints_choose_among_the_named_and_never_add_one() {
    let (named, other) = (GitLab::start(), GitLab::start());
    let token = pat(4);
    named.state().pat(&token, 5, &["api"]);
    let folder = Folder::new();
    // The address beside the token is not one of the named.
    folder.write("config", format!("curl -H 'PRIVATE-TOKEN: {token}' {}/api/v4/user", other.url()));
    assert_eq!(verdict(&verify(&folder, &named, &[]).expect(1))["state"], "live");
    assert!(other.requests().is_empty());
    // What its own claims say binds: it is not sent to anybody else.
    let jwt = Sampler::new(5).job_jwt("gitlab.example.com", 1, 4_000_000_000);
    folder.write("config", format!("glcbt-{jwt}"));
    named.clear_requests();
    let verdict = verdict(&verify(&folder, &named, &[]).expect(1));
    assert_eq!(verdict["state"], "inconclusive");
    assert!(verdict["reason"].as_str().expect("why").contains("gitlab.example.com"), "{verdict}");
    assert!(named.requests().is_empty());
}

#[test]
fn several_instances_are_asked_in_turn_until_one_knows_the_token() {
    let (first, second) = (GitLab::start(), GitLab::start());
    let token = pat(6);
    second.state().pat(&token, 5, &["api"]).revoke();
    let folder = Folder::new();
    folder.write("config", &token);
    let known = verdict(&verify(&folder, &first, &["--gitlab-url", &second.url()]).expect(1));
    assert_eq!(known["state"], "revoked");
    assert_eq!(known["instance"], second.url());
    // "Could not find out" counts for more than "does not know it".
    second.fault(crate::support::gitlab::Fault::Html200);
    let unsure = verdict(&verify(&folder, &first, &["--gitlab-url", &second.url()]).expect(1));
    assert_eq!(unsure["state"], "inconclusive", "{unsure}");
}

#[test]
fn what_must_not_be_sent_is_not_sent() {
    let gitlab = GitLab::start();
    let operator = pat(7);
    gitlab.state().admin(1, &operator);
    let mut routable = Sampler::new(8).routable("glpat-", "o:1\nu:9ix");
    let end = if routable.ends_with('0') { "1" } else { "0" };
    routable.replace_range(routable.len() - 1.., end);
    let expired = Sampler::new(9).job_jwt("127.0.0.1", 1, 1_600_000_000);
    let mut folder = Folder::new();
    folder.set("STANCH_GITLAB_TOKEN", &operator);
    for (text, why) in [
        (routable, "weak evidence"),
        (format!("glcbt-{expired}"), "its time is over"),
        (operator.clone(), "credential that stanch itself uses"),
        (["glpat-", "xxxxxxxxxxxxxxxxxxxx"].concat(), "weak evidence"),
    ] {
        folder.write("config", format!("x = \"{text}\"\n"));
        let run = verify(&folder, &gitlab, &["--evidence", "weak"]).expect(1);
        let verdict = verdict(&run);
        assert_eq!(verdict["state"], "not_asked", "{verdict}");
        assert!(verdict["reason"].as_str().expect("why").contains(why), "{verdict}");
    }
    assert!(gitlab.requests().is_empty(), "{:?}", paths(&gitlab));
}

#[test]
fn an_operator_who_is_no_administrator_changes_nothing() {
    let gitlab = GitLab::start();
    let (operator, token) = (pat(10), pat(11));
    gitlab.state().pat(&operator, 8, &["api"]);
    gitlab.state().pat(&token, 5, &["api"]);
    let mut folder = Folder::new();
    folder.set("STANCH_GITLAB_TOKEN", &operator);
    folder.write("config", &token);
    let known = verdict(&verify(&folder, &gitlab, &[]).expect(1));
    assert_eq!((&known["state"], &known["asked_with"]), (&json!("live"), &json!("token")));
    let alone = verdict(&verify(&folder, &gitlab, &["--operator-only"]).expect(1));
    assert_eq!(alone["state"], "inconclusive", "{alone}");
    let why = alone["reason"].as_str().expect("why");
    assert!(why.contains("not an administrator"), "{why}");
}

#[test]
fn a_plan_sends_nothing() {
    let gitlab = GitLab::start();
    let folder = Folder::new();
    folder.write("a", format!("{}\n{}\n", pat(12), pat(13)));
    folder.write("b", format!("{}\n", ["glwt-", &Sampler::new(14).friendly(20)].concat()));
    let url = gitlab.url();
    let all = ["scan", "--verify", "--egress-plan", "--gitlab-url", &url];
    let run = folder.run(&all).expect(0);
    for words in [
        url.as_str(),
        "personal access token: 2 tokens",
        "GET /api/v4/personal_access_tokens/self (token)",
        "no side-effect-free request exists",
        "Nothing was sent",
    ] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    let run = folder.scan(&["--egress-plan", "--gitlab-url", &url]).expect(0);
    let plan: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(plan["sent"][0]["tokens"], 2);
    assert!(gitlab.requests().is_empty());
}

#[test]
fn no_credential_of_the_operators_is_sent_as_a_leaked_token() {
    let gitlab = GitLab::start();
    let (elsewhere, of_setting) = (pat(15), pat(16));
    let mut folder = Folder::new();
    folder.write("config", format!("{elsewhere}\n{of_setting}\n"));
    folder.set("STANCH_GITLAB_URL", "https://gitlab.example.com");
    folder.set("STANCH_GITLAB_TOKEN", &elsewhere);
    folder.set("OTHER", &of_setting);
    let setting = "[[instance]]\nurl = \"https://other.example\"\ntoken_env = \"OTHER\"\n";
    folder.write("mine.toml", setting);
    let run = verify(&folder, &gitlab, &["--config", "mine.toml"]).expect(1);
    assert!(
        run.findings().iter().all(|it| it["verdict"]["state"] == "not_asked"),
        "{}",
        run.stdout
    );
    assert!(run.stderr.contains("STANCH_GITLAB_TOKEN is not used"), "{}", run.stderr);
    assert!(gitlab.requests().is_empty());
}

#[test]
fn an_instance_that_could_not_be_asked_leaves_it_open() {
    let (with, without) = (GitLab::start(), GitLab::start());
    let operator = pat(17);
    with.state().admin(1, &operator);
    let mut folder = Folder::new();
    folder.set("STANCH_GITLAB_URL", with.url());
    folder.set("STANCH_GITLAB_TOKEN", &operator);
    folder.write("key", Sampler::new(18).openssh_key());
    assert_eq!(verdict(&verify(&folder, &with, &[]).expect(1))["state"], "unknown_here");
    let both = verdict(&verify(&folder, &without, &["--gitlab-url", &with.url()]).expect(1));
    assert_eq!(both["state"], "inconclusive", "{both}");
    assert!(both["reason"].as_str().expect("why").contains("was not asked"), "{both}");
    let plan = ["--egress-plan", "--gitlab-url", &without.url(), "--gitlab-url", &with.url()];
    let plan: serde_json::Value =
        serde_json::from_str(&folder.scan(&plan).expect(0).stdout).expect("JSON");
    assert_eq!(plan["sent"][0]["instance"], with.url());
}
