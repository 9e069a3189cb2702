//! Rules are data: those that come with stanch, and those of a user.

use crate::support::program::Folder;
use crate::support::tokens::pat;

const GOOD: &str = include_str!("../../fixtures/rules/good.toml");

#[test]
fn the_rules_that_come_with_stanch_pass_their_own_examples() {
    let run = Folder::new().run(&["rules", "check"]).expect(0);
    assert!(run.stdout.contains("all good"), "{}", run.stdout);
}

#[test]
fn the_list_names_every_rule_once() {
    let run = Folder::new().run(&["rules", "list"]).expect(0);
    let text = std::fs::read_to_string("rules/gitlab.toml").expect("the rules");
    let ids = text.lines().filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'));
    let mut count = 0;
    for id in ids {
        count += 1;
        let lines = run.stdout.lines().filter(|line| line.split(' ').next() == Some(id)).count();
        assert_eq!(lines, 1, "{id}");
    }
    assert_eq!(run.stdout.lines().count(), count + 1);
}

#[test]
fn every_built_in_rule_says_what_hits_what_misses_and_what_to_do() {
    let rules = stanch::rules::set::RuleSet::builtin_with_examples().expect("good rules");
    for rule in rules.rules() {
        let id = &rule.card.id;
        assert!(!rule.hits.is_empty() && !rule.misses.is_empty(), "{id} lacks examples");
        assert!(rule.card.remediation.len() > 30, "{id} says nothing of what to do");
        assert!(stanch::token::kinds::is_known(&rule.card.kind), "{id} has an unknown kind");
    }
    for kind in stanch::token::kinds::KINDS {
        let rule = rules.rules().iter().find(|rule| rule.card.kind == kind.word);
        assert!(rule.is_some(), "no rule finds {}", kind.word);
    }
}

/// What came of the proofs is kept in a file, so that a hook need not make them.
#[test]
fn the_prepared_rules_are_those_of_the_rule_file() {
    use stanch::engine::Engine;
    use stanch::rules::{prepared, set::RuleSet};

    let rules = RuleSet::builtin_with_examples().expect("good rules");
    let engine = Engine::new(rules).expect("small patterns");
    let text = prepared::text(engine.rules().rules(), &engine.anchors());
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/prepared.json");
    if std::env::var_os("STANCH_PREPARE").is_some() {
        std::fs::write(file, &text).expect("written");
    }
    let kept = std::fs::read_to_string(file).expect("the prepared rules");
    assert!(
        kept == text,
        "STANCH_PREPARE=1 cargo test --test it prepared writes rules/prepared.json"
    );
    // Taken from that file, the rules are the same, and so is what is searched for.
    if std::env::var_os("STANCH_PREPARE").is_none() {
        let taken = RuleSet::builtin().expect("good rules");
        assert!(taken.anchors().is_some());
        let taken = Engine::new(taken).expect("small patterns");
        assert_eq!(prepared::text(taken.rules().rules(), &taken.anchors()), text);
    }
}

/// Ids of GitLab's own analyzer (see the reference): with these GitLab recognises a finding.
#[test]
fn ids_are_those_of_gitlab_where_it_has_one() {
    let run = Folder::new().run(&["rules", "list"]).expect(0);
    for id in [
        "gitlab_personal_access_token",
        "gitlab_personal_access_token_routable",
        "gitlab_personal_access_token_routable_versioned",
        "gitlab_pipeline_trigger_token",
        "gitlab_runner_registration_token",
        "gitlab_runner_auth_token",
        "gitlab_runner_auth_token_routable",
        "gitlab_oauth_app_secret",
        "gitlab_feed_token",
        "gitlab_feed_token_v2",
        "gitlab_kubernetes_agent_token",
        "gitlab_incoming_email_token",
        "gitlab_deploy_token",
        "gitlab_scim_oauth_token",
        "gitlab_ci_build_token",
    ] {
        assert!(run.stdout.contains(&format!("{id} ")), "{id}");
    }
}

#[test]
fn rules_of_a_user_work_beside_ours() {
    let folder = Folder::new();
    folder.write("my.toml", GOOD);
    let check = folder.run(&["rules", "check", "my.toml"]).expect(0);
    assert_eq!(check.stdout, "my.toml: 1 rules, 2 examples, all good\n");
    let key = format!("acme_{}", stanch::token::sample::Sampler::new(1).base36(24));
    folder.write("code/a", format!("{key} {}\n", pat(1)));
    let run = folder.scan(&["--rules", "my.toml", "--show-secrets", "code"]).expect(1);
    let findings = run.findings();
    assert_eq!(findings.len(), 2);
    let own = findings.iter().find(|it| it["rule"] == "acme_api_key").expect("the key");
    assert_eq!(own["secret"], key.as_str());
    assert_eq!(own["remediation"], "Ask the Acme desk.");
    let masked = folder.scan(&["--rules", "my.toml", "code"]).expect(1);
    assert!(
        masked.stdout.contains(&format!("{}****", &key[..9]))
            && !masked.stdout.contains(&key[..10])
    );
}

#[test]
fn a_bad_file_is_refused_with_all_complaints() {
    let folder = Folder::new();
    let bad = GOOD
        .replace("severity = \"high\"", "severity = \"awful\"")
        .replace("{24})'", "+)'")
        .replace("[\"acme_\"]", "[\"a\"]");
    folder.write("bad.toml", &bad);
    let run = folder.run(&["rules", "check", "bad.toml"]).expect(1);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", run.stdout);
    assert!(
        lines[0].starts_with("bad.toml:7: rule acme_api_key: severity must be"),
        "{}",
        lines[0]
    );
    assert!(lines[1].starts_with("bad.toml:8: rule acme_api_key: keyword \"a\""), "{}", lines[1]);
    assert!(
        lines[2].starts_with("bad.toml:9: rule acme_api_key: pattern: a match can be infinitely")
    );
    // A scan with it is not begun.
    let scan = folder.run(&["scan", "--rules", "bad.toml"]).expect(2);
    assert_eq!(scan.stdout, "");
    assert_eq!(scan.stderr.lines().count(), 3, "{}", scan.stderr);
}

#[test]
fn examples_that_fail_are_named() {
    let folder = Folder::new();
    let failing = GOOD
        .replace("{{acme_ base36:24}};", "{{acme_ base36:23}};")
        .replace("{{acme_}}xxxxxxxxxxxxxxxxxxxxxxxx", "{{acme_ base36:24}}");
    folder.write("my.toml", failing);
    let run = folder.run(&["rules", "check", "my.toml"]).expect(1);
    assert!(
        run.stdout.contains("my.toml:11: rule acme_api_key: an example that must be found is not")
    );
    assert!(
        run.stdout.contains("my.toml:12: rule acme_api_key: an example that must not be found is")
    );
}

#[test]
fn every_example_is_run_whatever_else_is_wrong() {
    let folder = Folder::new();
    let failing = "hits = [\"key = {{acme_ base36:24}};\"]";
    let twice = "hits = [\"{{acme_ base36:24}}\", \"{{acme_ base36:23}}\", \"{{acme_ base36:9}}\"]";
    let rule = |id: &str| {
        GOOD.replace("schema = 1", "")
            .replace("\"acme_api_key\"\ntitle", &format!("\"{id}\"\ntitle"))
    };
    let bad = rule("acme_bad").replace("{24})'", "+)'");
    let odd: String = (1..=255).step_by(2).map(|byte| format!("\\x{byte:02x}")).collect();
    let large = rule("acme_large").replace("(?<body>[0-9a-z]{24})", &format!("[{odd}]{{8000}}"));
    let empty = rule("acme_empty").replace("(?<body>[0-9a-z]{24})", "(?<secret>[0-9a-z]{0,24})");
    let all = [&*GOOD.replace(failing, twice), &bad, &large, &empty].concat();
    assert!(all.contains(twice));
    folder.write("my.toml", all);
    let run = folder.run(&["rules", "check", "my.toml"]).expect(1);
    let expected = [
        "my.toml:11: rule acme_api_key: an example that must be found is not found (hits, number 2)",
        "my.toml:11: rule acme_api_key: an example that must be found is not found (hits, number 3)",
        "my.toml:22: rule acme_bad: pattern: a match can be infinitely",
        "my.toml:35: rule acme_large: pattern: Compiled regex exceeds",
        "my.toml:48: rule acme_empty: pattern: the group \"secret\" can match the empty text",
    ];
    let lines: Vec<&str> = run.stdout.lines().collect();
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
    assert_eq!(lines.len(), expected.len(), "{}", run.stdout);
}

#[test]
fn an_endless_rule_file_is_refused() {
    let folder = Folder::new();
    folder.write("large.toml", "#".repeat(1024 * 1024 + 1));
    for file in ["/dev/zero", "large.toml"] {
        for arguments in [["rules", "check", file].as_slice(), &["scan", "--rules", file]] {
            let run = folder.run(arguments).expect(2);
            assert!(run.stderr.contains("larger than 1024 KiB"), "{}", run.stderr);
        }
    }
}

#[test]
fn an_id_must_be_new_and_a_file_must_be_there() {
    let folder = Folder::new();
    folder.write("my.toml", GOOD.replace("acme_api_key", "gitlab_deploy_token"));
    let run = folder.run(&["rules", "check", "my.toml"]).expect(1);
    assert!(run.stdout.contains("another rule has this id"), "{}", run.stdout);
    let run = folder.run(&["rules", "check", "none.toml"]).expect(2);
    assert!(run.stderr.contains("cannot read rules none.toml"), "{}", run.stderr);
    folder.write("binary.toml", b"\xff\xfe");
    folder.run(&["scan", "--rules", "binary.toml"]).expect(2);
}
