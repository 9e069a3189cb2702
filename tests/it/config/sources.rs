//! A flag goes before a variable, that before the file, that before the default; and which file it is.

use super::{BY_SETTINGS, OWN, left_out, users};
use crate::support::program::Folder;
use crate::support::tokens::pat;

/// How many findings of evidence `shape` there are: 1 unless more is asked for than that.
fn found(folder: &Folder, arguments: &[&str]) -> usize {
    folder.scan(arguments).findings().len()
}

#[test]
fn a_flag_goes_before_a_variable_and_that_before_a_file() {
    let mut folder = Folder::repository();
    folder.write("a", format!("key = {}\n", pat(1)));
    assert_eq!(found(&folder, &[]), 1);
    users(&folder, "evidence = \"checksum\"\n");
    assert_eq!(found(&folder, &[]), 0);
    folder.set("STANCH_EVIDENCE", "shape");
    assert_eq!(found(&folder, &[]), 1);
    assert_eq!(found(&folder, &["--evidence", "checksum"]), 0);
    // Typed is typed, even when it says what the default says.
    folder.set("STANCH_EVIDENCE", "checksum");
    assert_eq!(found(&folder, &["--evidence", "context"]), 1);
    // An empty variable says nothing.
    users(&folder, "");
    folder.set("STANCH_EVIDENCE", "");
    assert_eq!(found(&folder, &[]), 1);
}

#[test]
fn every_single_value_follows_the_order() {
    let mut folder = Folder::new();
    folder.write("a", format!("key = {}\n", pat(1)));
    folder.write("large", "x".repeat(3000));
    let run = |folder: &Folder, arguments: &[&str]| folder.scan(arguments).code;
    // 1 found, 3 nothing found and something too large.
    users(&folder, "max_file_size = 10\nfail_on = \"none\"\n");
    assert_eq!(run(&folder, &[]), Some(3));
    assert_eq!(run(&folder, &["--max-file-size", "10kB"]), Some(0));
    assert_eq!(run(&folder, &["--max-file-size", "10kB", "--fail-on", "any"]), Some(1));
    folder.set("STANCH_MAX_FILE_SIZE", "5kB");
    assert_eq!(run(&folder, &[]), Some(0));
    folder.set("STANCH_FAIL_ON", "any");
    assert_eq!(run(&folder, &[]), Some(1));
    // Without --verify nobody knows what lives: a lasting setting is no reason to refuse a scan.
    folder.set("STANCH_FAIL_ON", "live");
    assert_eq!(run(&folder, &[]), Some(1));
    folder.scan(&["--fail-on", "live"]).expect(2);
    folder.set("STANCH_FAIL_ON", "sometimes");
    let wrong = folder.scan(&[]).expect(2);
    assert!(
        wrong.stderr.contains("STANCH_FAIL_ON cannot be used: use any, live, none"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn lists_count_together_and_the_flag_has_the_last_word() {
    let mut folder = Folder::new();
    for (number, name) in ["a", "b", "c", "d"].iter().enumerate() {
        folder.write(format!("{name}/x"), format!("key = {}\n", pat(number as u64)));
    }
    users(&folder, "exclude = [\"a/\", \"d/\"]\n");
    folder.set("STANCH_EXCLUDE", "b/, *.lock");
    let run = folder.scan(&["--exclude", "c/", "--exclude", "!d/"]).expect(1);
    assert_eq!(run.finding()["locations"][0]["path"], "d/x");
    assert_eq!(left_out(&run, BY_SETTINGS), ["a", "b"]);
    assert_eq!(left_out(&run, "excluded by --exclude"), ["c"]);
}

#[test]
fn the_first_file_that_is_there_is_the_one() {
    let mut folder = Folder::repository();
    folder.write("a/x", format!("key = {}\n", pat(1)));
    folder.write("b/x", format!("key = {}\n", pat(2)));
    folder.write(OWN, "exclude = [\"a/\", \"b/\"]\n");
    folder.scan(&[]).expect(0);
    users(&folder, "exclude = [\"a/\"]\n");
    let run = folder.scan(&[]).expect(1);
    assert_eq!(left_out(&run, BY_SETTINGS), ["a"]);
    assert!(
        run.stderr.contains("the repository's .stanch.toml is not read, since "),
        "{}",
        run.stderr
    );
    folder.write("told.toml", "exclude = [\"b/\"]\n");
    folder.set("STANCH_CONFIG", "told.toml");
    assert_eq!(left_out(&folder.scan(&[]).expect(1), BY_SETTINGS), ["b"]);
    folder.write("flag.toml", "");
    let run = folder.scan(&["--config", "flag.toml"]).expect(1);
    assert_eq!((run.findings().len(), &*run.stderr), (2, ""));
    // Named, a repository's own is the operator's.
    let run = folder.scan(&["--config", OWN]).expect(0);
    assert_eq!(
        (left_out(&run, BY_SETTINGS), &*run.stderr),
        (vec!["a".to_owned(), "b".to_owned()], "")
    );
    folder.scan(&["--config", "none.toml"]).expect(2);
    folder.set("STANCH_CONFIG", "none.toml");
    folder.scan(&[]).expect(2);
}

#[test]
fn paths_are_counted_from_the_folder_of_the_settings() {
    let folder = Folder::new();
    folder.write("a", "key = acme_q7x1zk93mvw0ath5jr28c6fd\n");
    folder.write("b", format!("key = {}\n", pat(1)));
    folder.write("mine/rules/acme.toml", ACME);
    folder.write("mine/stanch.toml", "rules = [\"rules/acme.toml\"]\nbaseline = \"known.json\"\n");
    folder.run(&["baseline", "create", "mine/known.json", "b"]).expect(0);
    let run = folder.scan(&["--config", "mine/stanch.toml"]).expect(1);
    assert_eq!(run.finding()["kind"], "acme_api_key");
    assert_eq!(run.summary()["suppressed"]["baseline"], 1);
}

/// A rule of one's own.
pub(super) const ACME: &str = "\
schema = 1
[[rule]]
id = \"acme_api_key\"
title = \"Acme API key\"
kind = \"acme_api_key\"
severity = \"high\"
keywords = [\"acme_\"]
pattern = 'acme_(?<body>[0-9a-z]{24})'
checks = [\"base36\"]
hits = [\"key = {{acme_ base36:24}};\"]
misses = [\"key = acme\"]
remediation = \"Ask the Acme desk for a new one.\"
";

#[test]
fn entries_of_the_settings_accept_secrets() {
    let folder = Folder::repository();
    folder.write("a", format!("key = {}\n", pat(1)));
    folder.write("b", format!("key = {}\n", pat(2)));
    let prints: Vec<String> = folder
        .scan(&[])
        .findings()
        .iter()
        .map(|it| it["fingerprint"].as_str().expect("text").to_owned())
        .collect();
    let entry = |print: &str, why: &str| {
        format!("[[ignore]]\nfingerprint = \"{print}\"\nreason = \"{why}\"\n")
    };
    users(&folder, &format!("evidence = \"shape\"\n{}", entry(&prints[0], "mine")));
    folder.write(".stanch-ignore.toml", entry(&prints[1], "ours"));
    let run = folder.scan(&[]).expect(0);
    let suppressed = &run.summary()["suppressed"];
    assert_eq!(suppressed["ignored"], 2);
    assert_eq!(suppressed["file"], ".stanch-ignore.toml");
    let which = suppressed["which"].as_array().expect("a list");
    let mine = which.iter().find(|it| it["reason"] == "mine").expect("it");
    assert!(mine["file"].as_str().expect("text").ends_with("stanch/config.toml"));
    assert!(which.iter().any(|it| it["reason"] == "ours" && it["file"].is_null()));
    let human = folder.run(&["scan"]).expect(0).stdout;
    assert!(human.contains("(accepted in .stanch-ignore.toml and /"), "{human}");
    folder.scan(&["--no-ignore-file"]).expect(1);
}

#[test]
fn settings_must_not_contradict_what_is_typed() {
    let mut folder = Folder::new();
    folder.write("a", "nothing\n");
    users(&folder, "no_side_effects = true\n");
    let run =
        folder.scan(&["--intrusive", "--verify", "--gitlab-url", "https://localhost"]).expect(2);
    assert!(run.stderr.contains("--intrusive cannot be used"), "{}", run.stderr);
    folder.set("STANCH_NO_SIDE_EFFECTS", "false");
    folder.scan(&["--intrusive", "--verify", "--gitlab-url", "https://localhost"]).expect(0);
}
