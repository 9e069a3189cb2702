//! What is known and accepted: by the value of a secret, never by where it stands. The real binary on
//! repositories of real git, and for what lives a GitLab on loopback.

mod baseline;
mod ignore_command;
mod import;
mod live;
mod marks;
mod moved;

use serde_json::{Value, json};

use crate::support::program::{Folder, Run};
use crate::support::tokens::pat;

/// The fingerprint of a token, as a report tells it.
fn fingerprint(token: &str) -> String {
    let folder = Folder::new();
    let run = folder.run_with(&["scan", "--format", "jsonl", "-"], token.as_bytes()).expect(1);
    run.finding()["fingerprint"].as_str().expect("a string").to_owned()
}

/// An entry for a token.
fn entry(token: &str, more: &str) -> String {
    format!(
        "[[ignore]]\nfingerprint = \"{}\"\nreason = \"test data\"\n{more}\n",
        fingerprint(token)
    )
}

const FILE: &str = ".stanch-ignore.toml";

/// How many were silenced by what: ignored, baseline, inline.
fn counts(run: &Run) -> [u64; 3] {
    let suppressed = &run.summary()["suppressed"];
    ["ignored", "baseline", "inline"].map(|by| suppressed[by].as_u64().expect("a number"))
}

/// The fingerprints of entries of which the summary says this.
fn said(run: &Run, what: &str) -> Vec<Value> {
    let said = run.summary()["suppressed"][what].clone();
    let said = said.as_array().expect("a list").iter();
    said.map(|entry| entry["fingerprint"].clone()).collect()
}

#[test]
fn an_entry_holds_wherever_the_secret_goes_and_for_no_other() {
    let folder = Folder::repository();
    let content = |token: &str| format!("one\nTOKEN={token}\n");
    folder.write("a.env", content(&pat(1)));
    folder.write(FILE, entry(&pat(1), ""));
    folder.commit("leak");
    let run = folder.scan(&[]).expect(0);
    assert_eq!(counts(&run), [1, 0, 0]);
    assert!(run.findings().is_empty());
    // Moved, renamed, rebased: still accepted.
    folder.write("a.env", format!("\n\n\n  other = {}\n", pat(1)));
    folder.git(&["mv", "a.env", "b.env"]);
    folder.commit("moved");
    folder.git(&["checkout", "--quiet", "-b", "side", "HEAD~1"]);
    folder.write("c.env", content(&pat(1)));
    folder.commit("on the side");
    folder.git(&["rebase", "--quiet", "main"]);
    let run = folder.scan(&[]).expect(0);
    assert_eq!(counts(&run), [1, 0, 0]);
    // A new secret on the old line is new.
    folder.write("c.env", content(&pat(2)));
    let run = folder.scan(&["--show-secrets"]).expect(1);
    assert_eq!(run.secrets(), [pat(2)]);
    folder.git(&["add", "."]);
    assert_eq!(folder.scan(&["--staged", "--show-secrets"]).expect(1).secrets(), [pat(2)]);
    folder.commit("new");
    let range = ["--range", "HEAD~1..HEAD", "--show-secrets"];
    assert_eq!(folder.scan(&range).expect(1).secrets(), [pat(2)]);
    assert_eq!(folder.scan(&["--no-ignore-file"]).expect(1).findings().len(), 2);
}

#[test]
fn every_report_says_how_many_and_why() {
    let folder = Folder::new();
    folder.write("a", format!("{}\n", pat(1)));
    folder.write(FILE, entry(&pat(1), "approved_by = \"ann\""));
    let print = fingerprint(&pat(1));
    let human = folder.run(&["scan"]).expect(0).stdout;
    let left_out = format!(
        "Left out: 1 secret (accepted in {FILE})\n  personal access token {print}: test data \
         (approved by ann)\n"
    );
    assert!(human.contains(&left_out), "{human}");
    let run = folder.scan(&[]).expect(0);
    let which = &run.summary()["suppressed"]["which"];
    let expected = json!([{
        "fingerprint": print, "kind": "personal_access_token", "by": "ignored",
        "reason": "test data", "approved_by": "ann",
    }]);
    assert_eq!(*which, expected);
    let parse = |format| -> Value {
        let run = folder.run(&["scan", "--format", format]).expect(0);
        serde_json::from_str(&run.stdout).expect("JSON")
    };
    assert_eq!(parse("json")["summary"]["suppressed"]["ignored"], 1);
    assert_eq!(parse("sarif")["runs"][0]["properties"]["suppressed"]["ignored"], 1);
    let message = &parse("gitlab")["scan"]["messages"][0];
    assert_eq!(message["level"], "info");
    assert_eq!(message["value"], format!("Left out: 1 secret (accepted in {FILE})"));
}

#[test]
fn an_entry_ends_with_its_last_day() {
    let folder = Folder::new();
    folder.write("a", format!("{}\n{}\n", pat(1), pat(2)));
    let past = entry(&pat(1), "expires = \"2020-02-29\"");
    folder.write(FILE, past + &entry(&pat(2), "expires = \"2999-12-31\""));
    let run = folder.scan(&["--show-secrets"]).expect(1);
    assert_eq!(run.secrets(), [pat(1)]);
    assert_eq!(counts(&run)[0], 1);
    let expired = json!([{
        "line": 1, "fingerprint": fingerprint(&pat(1)), "reason": "test data",
        "expires": "2020-02-29",
    }]);
    assert_eq!(run.summary()["suppressed"]["expired"], expired);
    let human = folder.run(&["scan"]).expect(1).stdout;
    assert!(human.contains("Expired on 2020-02-29: .stanch-ignore.toml:1 "), "{human}");
}

#[test]
fn an_entry_without_a_secret_is_said_only_when_all_was_read() {
    let folder = Folder::repository();
    folder.write("a", format!("{}\n", pat(1)));
    folder.write("sub/b", "nothing\n");
    folder.write(FILE, entry(&pat(1), "") + &entry(&pat(2), ""));
    folder.commit("first");
    let unused = [json!(fingerprint(&pat(2)))];
    assert_eq!(said(&folder.scan(&[]).expect(0), "unused"), unused);
    let human = folder.run(&["scan"]).expect(0).stdout;
    assert!(human.contains("Nothing to ignore any more: .stanch-ignore.toml:5 "), "{human}");
    let top = folder.path().display().to_string();
    assert_eq!(said(&folder.scan(&[&top]).expect(0), "unused"), unused);
    let narrow: [&[&str]; 7] = [
        &["--staged"],
        &["--range", "HEAD"],
        &["--since", "2020-01-01"],
        &["--no-history"],
        &["--no-files"],
        &["--exclude", "x"],
        &["sub"],
    ];
    for arguments in narrow {
        let run = folder.scan(arguments).expect(0);
        assert!(said(&run, "unused").is_empty(), "{arguments:?}");
    }
    // What is only not reported for its evidence is there all the same.
    folder.write("a", "");
    folder.write(FILE, entry(&pat(1), ""));
    folder.commit("second");
    let run = folder.scan(&["--evidence", "checksum"]).expect(0);
    assert!(said(&run, "unused").is_empty() && counts(&run)[0] == 0);
}

#[test]
fn an_entry_for_a_path_holds_there_alone() {
    let folder = Folder::repository();
    folder.write("tests/data/a", format!("{}\n", pat(1)));
    folder.write(FILE, entry(&pat(1), "path = \"tests/**\""));
    folder.commit("first");
    folder.scan(&[]).expect(0);
    // However the target is written.
    let top = folder.path().display().to_string();
    for target in [top.as_str(), "./", "tests", "./tests/data", "tests/data/a", "../work/tests/"] {
        let run = folder.scan(&[target]).expect(0);
        assert_eq!(counts(&run)[0], 1, "{target}");
    }
    folder.scan(&["--staged"]).expect(0);
    // The same content elsewhere is the same blob, of which the history lists one path.
    folder.write("zzz/a", format!("{}\n", pat(1)));
    folder.commit("second");
    let run = folder.scan(&[]).expect(1);
    assert!(run.finding()["locations"].as_array().expect("it").len() > 1);
    folder.scan(&["--no-files"]).expect(1);
    // Two entries are enough for two paths.
    let both = entry(&pat(1), "path = \"tests/**\"") + &entry(&pat(1), "path = \"zzz/*\"");
    folder.write(FILE, both);
    folder.scan(&["--no-history"]).expect(0);
    // A message of a commit has no path.
    folder.git(&["commit", "--quiet", "--allow-empty", "-m", &pat(1)]);
    folder.scan(&[]).expect(1);
}

#[test]
fn what_is_wrong_is_refused_with_file_and_line() {
    let folder = Folder::new();
    folder.write("a", format!("{}\n", pat(1)));
    let wrong = [
        (entry(&pat(1), "when = \"now\""), ":4: unknown field `when`"),
        (entry(&pat(1), "").replace("fingerprint = \"", "fingerprint = \"0"), ":2: a fingerprint"),
        (entry(&pat(1), "expires = \"tomorrow\""), ":4: write a day"),
    ];
    for (text, what) in wrong {
        folder.write(FILE, text);
        let run = folder.scan(&[]).expect(2);
        assert!(run.stderr.contains(&format!("ignore file {FILE}{what}")), "{}", run.stderr);
        // A list that cannot be read must not be in the way of ending what lives.
        folder.scan(&["--no-ignore-file"]).expect(1);
    }
    // What a repository calls its ignore file may lead anywhere.
    std::fs::remove_file(folder.path().join(FILE)).expect("gone");
    std::os::unix::fs::symlink("/dev/zero", folder.path().join(FILE)).expect("a link");
    let run = folder.scan(&[]).expect(2);
    assert!(run.stderr.contains("no plain file"), "{}", run.stderr);
    folder.scan(&["--ignore-file", "missing"]).expect(2);
}

#[test]
fn what_one_repository_accepts_says_nothing_of_another() {
    let folder = Folder::new();
    for name in ["one", "two"] {
        folder.git(&["init", "--quiet", name]);
        folder.write(format!("{name}/a"), format!("{}\n", pat(1)));
    }
    folder.write(format!("one/{FILE}"), entry(&pat(1), ""));
    folder.scan(&["one"]).expect(0);
    let run = folder.scan(&["one", "two"]).expect(1);
    assert!(run.stderr.contains("name one with --ignore-file"), "{}", run.stderr);
    let named = format!("one/{FILE}");
    folder.scan(&["one", "two", "--ignore-file", &named]).expect(0);
}

#[test]
fn a_token_in_a_reason_is_not_repeated() {
    let folder = Folder::new();
    folder.write("a", format!("{}\n", pat(1)));
    folder.write(FILE, entry(&pat(1), &format!("approved_by = \"{}\"", pat(2))));
    let human = folder.run(&["scan"]);
    for run in [human, folder.scan(&[])] {
        assert!(!run.stdout.contains(&pat(2)[12..]) && !run.stderr.contains(&pat(2)[12..]));
        assert!(run.stdout.contains("****"), "{}", run.stdout);
    }
    let listed = folder.run(&["ignore", "list"]).expect(0);
    assert!(!listed.stdout.contains(&pat(2)[12..]), "{}", listed.stdout);
}
