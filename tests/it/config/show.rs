//! `stanch config`: what holds and where it comes from; the schema of the file.

use serde_json::Value;

use super::{OWN, users};
use crate::support::program::{Folder, Run};
use crate::support::tokens::pat;

fn json(folder: &Folder, arguments: &[&str]) -> Value {
    let all: Vec<&str> =
        ["config", "show", "--format", "json"].iter().chain(arguments).copied().collect();
    serde_json::from_str(&folder.run(&all).expect(0).stdout).expect("JSON")
}

/// A line of what is shown, with single spaces.
fn has(run: &Run, line: &str) -> bool {
    let tidy = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    run.stdout.lines().any(|it| tidy(it) == line)
}

#[test]
fn each_setting_is_shown_with_its_origin() {
    let mut folder = Folder::new();
    users(
        &folder,
        "threads = 3\nevidence = \"shape\"\nexclude = [\"a/\",\n\"b/\"]\nmax_file_size = \"5MB\"\n\
         baseline = \"known.json\"\n",
    );
    folder.set("STANCH_EVIDENCE", "weak");
    folder.set("STANCH_VERIFY_TIMEOUT", "90s");
    let file = folder.home().join(".config/stanch/config.toml").display().to_string();
    let run = folder.run(&["config", "show", "--fail-on", "none", "--exclude", "c/"]).expect(0);
    let expected = [
        "threads = 3 # {}:1".to_owned(),
        "evidence = \"weak\" # $STANCH_EVIDENCE (before {}:2)".to_owned(),
        "fail_on = \"none\" # --fail-on".to_owned(),
        "\"c/\", # --exclude".to_owned(),
        "\"a/\", # {}:3".to_owned(),
        "\"b/\", # {}:4".to_owned(),
        "max_file_size = \"5MB\" # {}:5".to_owned(),
        "verify_timeout = \"90s\" # $STANCH_VERIFY_TIMEOUT".to_owned(),
        "verify_concurrency = 4 # default".to_owned(),
        "prefixes = [] # default".to_owned(),
        "# verdict_cache is not set".to_owned(),
        "# --config: not given".to_owned(),
        "# $STANCH_CONFIG: not given".to_owned(),
        "# your {}: read".to_owned(),
        "# the repository's .stanch.toml: not there".to_owned(),
    ];
    for line in expected {
        let line = line.replace("{}", &file);
        assert!(has(&run, &line), "{line}\n{}", run.stdout);
    }
    let known = folder.home().join(".config/stanch/known.json").display().to_string();
    assert!(run.stdout.contains(&format!("baseline = \"{known}\"")), "{}", run.stdout);
    // What is shown is a settings file that says the same.
    std::fs::write(folder.path().join("shown.toml"), &run.stdout).expect("a file");
    let mut again = Folder::new();
    again.set("HOME", folder.home());
    again.write("shown.toml", &run.stdout);
    let again = json(&again, &["--config", "shown.toml"]);
    assert_eq!(again["settings"]["evidence"][0]["value"], "weak");
    assert_eq!(
        again["settings"]["fail_on"][0]["origin"],
        "shown.toml:".to_owned() + &line_of(&run, "fail_on")
    );
}

fn line_of(run: &Run, key: &str) -> String {
    let at = run.stdout.lines().position(|line| line.starts_with(key)).expect("it");
    (at + 1).to_string()
}

#[test]
fn json_has_the_same() {
    let mut folder = Folder::repository();
    folder.write(OWN, "prefixes = [\"acme-\"]\n");
    folder.set("STANCH_PREFIXES", "corp-, firm-");
    let shown = json(&folder, &["--prefix", "own-"]);
    let values: Vec<(&str, &str)> = shown["settings"]["prefixes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| (it["value"].as_str().expect("text"), it["origin"].as_str().expect("text")))
        .collect();
    let expected = [
        ("own-", "--prefix"),
        ("corp-", "$STANCH_PREFIXES"),
        ("firm-", "$STANCH_PREFIXES"),
        ("acme-", ".stanch.toml:1"),
    ];
    assert_eq!(values, expected);
    assert_eq!(shown["file"], ".stanch.toml");
    let shown = json(&folder, &["--no-repo-config"]);
    assert_eq!(shown["file"], Value::Null);
    assert_eq!(shown["looked"][3]["result"], "not looked for (--no-repo-config)");
}

#[test]
fn credentials_are_named_by_their_place_alone() {
    let mut folder = Folder::new();
    let secret = pat(9);
    users(
        &folder,
        "[[instance]]\nurl = \"https://gitlab.example.com\"\ntoken_env = \"MY_TOKEN\"\n\
         [[instance]]\nurl = \"https://other.example.com\"\ntoken_file = \"secret\"\n",
    );
    std::fs::write(folder.home().join(".config/stanch/secret"), &secret).expect("a file");
    folder.set("MY_TOKEN", &secret);
    folder.set("STANCH_FINGERPRINT_KEY", "a-key-of-mine");
    let run = folder.run(&["config", "show"]).expect(0);
    assert!(run.stdout.contains("url = \"https://gitlab.example.com\""), "{}", run.stdout);
    assert!(has(&run, "token_env = \"MY_TOKEN\" # is set"), "{}", run.stdout);
    assert!(run.stdout.contains("stanch/secret\""), "{}", run.stdout);
    assert!(has(&run, "# $STANCH_FINGERPRINT_KEY is set"), "{}", run.stdout);
    let all = folder.run(&["config", "show", "--format", "json"]).expect(0);
    for out in [run.stdout, all.stdout] {
        assert!(!out.contains(&secret[8..]) && !out.contains("a-key-of-mine"), "{out}");
    }
    // Somebody has written the token itself where its variable should stand.
    users(
        &folder,
        &format!("[[instance]]\nurl = \"https://a.example.com\"\ntoken_env = \"{secret}\"\n"),
    );
    let run = folder.run(&["config", "show"]).expect(0);
    assert!(!run.stdout.contains(&secret[8..]), "{}", run.stdout);
    // Typed ones go before those of the settings.
    let run = folder.run(&["config", "show", "--gitlab-url", "typed.example.com"]).expect(0);
    assert!(has(&run, "url = \"https://typed.example.com\" # --gitlab-url"), "{}", run.stdout);
    assert!(!run.stdout.contains("a.example.com"), "{}", run.stdout);
}

#[test]
fn what_a_repository_may_not_say_is_shown() {
    let folder = Folder::repository();
    folder.write(OWN, "exclude = [\"gen/\"]\nevidence = \"weak\"\n");
    let run = folder.run(&["config", "show"]).expect(2);
    let line = "# refused: settings .stanch.toml:2: `evidence` has no place in a repository's own settings";
    assert!(has(&run, line), "{}", run.stdout);
    assert!(has(&run, "evidence = \"context\" # default"), "{}", run.stdout);
}
