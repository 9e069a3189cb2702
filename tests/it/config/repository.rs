//! What a repository may say of itself, and what it may not; and that whatever it leaves out is named.

use serde_json::Value;

use super::sources::ACME;
use super::{BY_REPOSITORY, OWN, left_out, users};
use crate::support::program::Folder;
use crate::support::tokens::pat;

/// A repository with a token in `src` and one in `gen`, which it excludes.
fn committed() -> Folder {
    let folder = Folder::repository();
    folder.write("src/a", format!("key = {}\n", pat(1)));
    folder.write("gen/b", format!("key = {}\n", pat(2)));
    folder.write(OWN, "exclude = [\"gen/\"]\n");
    folder.commit("first");
    folder
}

#[test]
fn what_it_excludes_is_left_out_everywhere_and_named() {
    let folder = committed();
    let run = folder.scan(&["--show-secrets"]).expect(1);
    assert_eq!(run.secrets(), [pat(1)]);
    assert_eq!(left_out(&run, BY_REPOSITORY), ["gen", "gen/b", "gen/b (in the history)"]);
    let run = folder.scan(&["--no-files", "--show-secrets"]).expect(1);
    assert_eq!(run.secrets(), [pat(1)]);
    assert_eq!(left_out(&run, BY_REPOSITORY), ["gen/b (in the history)"]);
    let run = folder.scan(&["--range", "HEAD", "--show-secrets"]).expect(1);
    assert_eq!(
        (run.secrets(), left_out(&run, BY_REPOSITORY)),
        (vec![pat(1)], vec!["gen/b".to_owned()])
    );
    folder.write("gen/c", format!("key = {}\n", pat(3)));
    folder.git(&["add", "."]);
    let run = folder.scan(&["--staged"]).expect(0);
    assert_eq!(left_out(&run, BY_REPOSITORY), ["gen/c"]);
    folder.run(&["hook", "run", "pre-commit"]).expect(0);
    folder.run(&["--no-repo-config", "hook", "run", "pre-commit"]).expect(1);
    // The flag is the operator's, and has the last word.
    assert_eq!(folder.scan(&["--staged", "--exclude", "!gen/c"]).expect(1).findings().len(), 1);
}

#[test]
fn a_pre_push_hook_honours_it_and_pre_receive_does_not() {
    let folder = committed();
    folder.write("gen/c", format!("key = {}\n", pat(3)));
    let old = folder.git(&["rev-parse", "HEAD"]);
    let new = folder.commit("second");
    let push = format!("refs/heads/main {new} refs/heads/main {old}\n");
    let receive = format!("{old} {new} refs/heads/main\n");
    folder.run_with(&["hook", "run", "pre-push", "origin", "x"], push.as_bytes()).expect(0);
    // Even where a work tree stands beside it.
    folder.git(&["update-ref", "refs/heads/main", &old]);
    let pre_receive = || folder.run_with(&["hook", "run", "pre-receive"], receive.as_bytes());
    pre_receive().expect(1);
    let report = folder.run_with(&["scan", "--format", "jsonl", "-"], pat(3).as_bytes()).expect(1);
    let print = report.finding()["fingerprint"].clone();
    let entry = format!("[[ignore]]\nfingerprint = {print}\nreason = \"fine\"\n");
    folder.write(".stanch-ignore.toml", &entry);
    pre_receive().expect(1);
    // What those who run the server have accepted is accepted.
    users(&folder, &entry);
    pre_receive().expect(0);
}

#[test]
fn every_report_names_it() {
    let folder = committed();
    let report = |format: &str| folder.run(&["scan", "--format", format]).expect(1).stdout;
    let line = format!("Left out: {BY_REPOSITORY}: gen, gen/b, gen/b (in the history)");
    // Lines are broken at spaces.
    let human = report("human").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(human.contains(&line), "{human}");
    let parse = |format: &str| -> Value { serde_json::from_str(&report(format)).expect("JSON") };
    let skipped = parse("json")["summary"]["coverage"]["skipped"].clone();
    assert_eq!(skipped[0]["reason"], BY_REPOSITORY);
    assert_eq!(parse("sarif")["runs"][0]["properties"]["excluded"][0], *line);
    let message = &parse("gitlab")["scan"]["messages"][0];
    assert_eq!((&message["level"], &message["value"]), (&"info".into(), &Value::from(line)));
}

#[test]
fn its_globs_are_counted_from_its_top() {
    let folder = Folder::repository();
    folder.write("sub/gen/a", format!("key = {}\n", pat(1)));
    folder.write("sub/x", "nothing\n");
    folder.write(OWN, "exclude = [\"/sub/gen/\"]\n");
    folder.scan(&["--no-history"]).expect(0);
    let run = folder.scan(&["--no-history", "sub"]).expect(0);
    assert_eq!(left_out(&run, BY_REPOSITORY), ["sub/gen"]);
    // Somebody who names it wants it read.
    folder.scan(&["--no-history", "sub/gen"]).expect(1);
    folder.scan(&["--no-history", "sub/gen/a"]).expect(1);
}

#[test]
fn it_may_bring_prefixes_rules_and_entries() {
    let folder = Folder::repository();
    let token = pat(1).replace("glpat-", "acme-");
    folder.write("a", format!("key = {token}\n"));
    folder.write("b", "key = acme_q7x1zk93mvw0ath5jr28c6fd\n");
    folder.write("ci/rules.toml", ACME);
    let settings = "prefixes = [\"acme-\"]\nrules = [\"ci/rules.toml\"]\n";
    folder.write(OWN, settings);
    let run = folder.scan(&[]).expect(1);
    assert_eq!(run.findings().len(), 2);
    let entries: Vec<String> = run
        .findings()
        .iter()
        .map(|it| format!("[[ignore]]\nfingerprint = {}\nreason = \"known\"\n", it["fingerprint"]))
        .collect();
    folder.write(OWN, format!("{settings}{}", entries.concat()));
    let run = folder.scan(&[]).expect(0);
    assert_eq!(run.summary()["suppressed"]["ignored"], 2);
    assert_eq!(run.summary()["suppressed"]["file"], OWN);
    assert_eq!(folder.scan(&["--no-repo-config"]).expect(0).findings().len(), 0);
}

#[test]
fn its_rules_take_nothing_from_ours() {
    let folder = Folder::repository();
    folder.write("a", format!("key = {}\n", pat(1)));
    let disguise = ACME
        .replace("[\"acme_\"]", "[\"key = gl\"]")
        .replace("acme_(?<body>[0-9a-z]{24})", "key = glpat-(?<body>[0-9A-Za-z_-]{20})")
        .replace("[\"base36\"]", "[\"friendly\"]")
        .replace("acme_ base36:24", "key = glpat- friendly:20");
    folder.write("rules.toml", &disguise);
    // For the operator, whose rules these could be, the longer match wins.
    let run = folder.scan(&["--rules", "rules.toml"]).expect(1);
    assert_eq!(run.finding()["kind"], "acme_api_key");
    folder.write(OWN, "rules = [\"rules.toml\"]\n");
    let run = folder.scan(&["--show-secrets"]).expect(1);
    assert_eq!(run.finding()["kind"], "personal_access_token");
    assert_eq!(run.secrets(), [pat(1)]);
}

#[test]
fn rules_come_from_inside_alone() {
    let folder = Folder::repository();
    folder.write("a", "nothing\n");
    let outside = folder.home().join("rules.toml");
    std::fs::write(&outside, ACME).expect("a file");
    std::os::unix::fs::symlink(&outside, folder.path().join("link.toml")).expect("a link");
    std::os::unix::fs::symlink(folder.home(), folder.path().join("linked")).expect("a link");
    folder.write("folder/x", "");
    let absolute = outside.display().to_string();
    let cases = [
        ("../home/rules.toml", "no absolute path, no .."),
        (absolute.as_str(), "no absolute path, no .."),
        ("link.toml", "leads out of the repository"),
        ("linked/rules.toml", "leads out of the repository"),
        ("none.toml", "there is no such file"),
        ("folder", "it is no plain file"),
    ];
    for (name, why) in cases {
        folder.write(OWN, format!("exclude = []\nrules = [\"{name}\"]\n"));
        let run = folder.scan(&[]).expect(2);
        let said = format!("settings {OWN}:2: `rules`: ");
        assert!(run.stderr.contains(&said) && run.stderr.contains(why), "{name}: {}", run.stderr);
        folder.scan(&["--no-repo-config"]).expect(0);
    }
}

#[test]
fn everything_else_is_refused_with_key_line_and_what_to_do() {
    let folder = Folder::repository();
    folder.write("a", "nothing\n");
    folder.git(&["add", "."]);
    let refused = [
        "evidence = \"checksum\"",
        "fail_on = \"none\"",
        "max_file_size = 1",
        "memory_limit = 1",
        "threads = 1",
        "baseline = \"b.json\"",
        "ignore_file = \"i.toml\"",
        "ca_file = [\"ca.pem\"]",
        "operator_only = true",
        "no_side_effects = true",
        "verify_concurrency = 1",
        "verify_timeout = 1",
        "verdict_cache = \"c\"",
        "verdict_cache_age = 1",
        "[[instance]]\nurl = \"https://gitlab.example.com\"",
        "[revoke]\nmax = 1",
    ];
    for setting in refused {
        folder.write(OWN, format!("exclude = []\n{setting}\n"));
        let key = setting.trim_start_matches('[').split([' ', ']']).next().expect("a key");
        for arguments in [&["scan"][..], &["scan", "--staged"], &["hook", "run", "pre-commit"]] {
            let run = folder.run(arguments).expect(2);
            let said =
                format!("settings {OWN}:2: `{key}` has no place in a repository's own settings");
            assert!(run.stderr.contains(&said), "{setting}: {}", run.stderr);
            assert!(run.stderr.contains("--no-repo-config leaves it out"), "{}", run.stderr);
            assert!(run.stderr.contains("home/.config/stanch/config.toml"), "{}", run.stderr);
        }
        folder.scan(&["--no-repo-config"]).expect(0);
    }
}

#[test]
fn nothing_that_a_repository_says_holds_in_an_audit() {
    let folder = committed();
    folder.write("marked", format!("key = {} # gitleaks:allow\n", pat(4)));
    folder.write("prefixed", format!("key = {}\n", pat(5).replace("glpat-", "acme-")));
    let print = folder.scan(&["src"]).findings()[0]["fingerprint"].clone();
    let entry = format!("[[ignore]]\nfingerprint = {print}\nreason = \"fine\"\n");
    folder.write(".stanch-ignore.toml", &entry);
    folder.write(OWN, "exclude = [\"gen/\"]\nprefixes = [\"acme-\"]\n");
    let found = |arguments: &[&str]| folder.scan(arguments).findings().len();
    assert_eq!(found(&[]), 1, "the one with a prefix");
    assert_eq!(found(&["--no-repo-config"]), 3);
    // What the operator names holds all the same.
    assert_eq!(found(&["--no-repo-config", "--ignore-file", ".stanch-ignore.toml"]), 2);
    assert_eq!(found(&["--no-repo-config", "--config", OWN]), 3, "marked, src, prefixed");
}

#[test]
fn what_one_repository_says_holds_for_no_other() {
    let folder = Folder::new();
    for name in ["one", "two"] {
        folder.git(&["init", "--quiet", name]);
        folder.write(format!("{name}/gen/a"), format!("key = {}\n", pat(1)));
    }
    folder.write(format!("one/{OWN}"), "exclude = [\"gen/\"]\n");
    folder.scan(&["one"]).expect(0);
    for other in ["two", "."] {
        let run = folder.scan(&["one", other, "--no-history"]).expect(1);
        assert!(
            run.stderr.contains("several folders are scanned, and none of their .stanch.toml"),
            "{}",
            run.stderr
        );
        assert!(left_out(&run, BY_REPOSITORY).is_empty());
    }
    // Two folders of one repository are no several.
    folder.scan(&["one/gen/..", "one"]).expect(0);
}
