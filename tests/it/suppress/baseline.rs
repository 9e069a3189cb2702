//! `stanch baseline` and `--baseline`.

use serde_json::Value;

use super::{FILE, counts, entry, fingerprint};
use crate::support::program::Folder;
use crate::support::tokens::pat;

const KNOWN: &str = "../known.json";

fn known(folder: &Folder) -> Vec<String> {
    let text = std::fs::read_to_string(folder.path().join(KNOWN)).expect("a baseline");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let known = value["known"].as_array().expect("a list").iter();
    known.map(|it| it["fingerprint"].as_str().expect("a string").to_owned()).collect()
}

fn sorted(tokens: &[String]) -> Vec<String> {
    let mut prints: Vec<String> = tokens.iter().map(|token| fingerprint(token)).collect();
    prints.sort();
    prints
}

#[test]
fn a_team_starts_clean_and_only_what_is_new_counts() {
    let folder = Folder::repository();
    folder.write("a", format!("{}\n{}\n", pat(1), pat(2)));
    folder.commit("first");
    let run = folder.run(&["baseline", "create", KNOWN]).expect(0);
    assert!(run.stdout.contains("2 secrets known from now on"), "{}", run.stdout);
    assert_eq!(known(&folder), sorted(&[pat(1), pat(2)]));
    let text = std::fs::read_to_string(folder.path().join(KNOWN)).expect("text");
    assert!(!text.contains(&pat(1)[12..]) && text.contains("\"first\":\"a:1\""), "{text}");
    let run = folder.scan(&["--baseline", KNOWN]).expect(0);
    assert_eq!(counts(&run), [0, 2, 0]);
    // Lines move, files are renamed, history is rewritten.
    folder.write("a", format!("\n\n{}\nx {}\n", pat(2), pat(1)));
    folder.git(&["mv", "a", "z"]);
    folder.git(&["commit", "--quiet", "--amend", "-a", "-m", "again"]);
    folder.scan(&["--baseline", KNOWN]).expect(0);
    folder.write("z", format!("\n\n{}\nx {}\n", pat(3), pat(1)));
    let run = folder.scan(&["--baseline", KNOWN, "--show-secrets"]).expect(1);
    assert_eq!(run.secrets(), [pat(3)]);
    let human = folder.run(&["scan", "--baseline", KNOWN]).expect(1).stdout;
    assert!(human.contains("Left out: 2 secrets (known to the baseline)"), "{human}");
    // A second baseline in the same place would accept everything.
    let run = folder.run(&["baseline", "create", KNOWN]).expect(2);
    assert!(run.stderr.contains("is there already"), "{}", run.stderr);
}

#[test]
fn an_update_takes_out_what_is_gone_and_adds_only_when_told() {
    let folder = Folder::new();
    folder.write("a", format!("{}\n{}\n", pat(1), pat(2)));
    folder.run(&["baseline", "create", KNOWN]).expect(0);
    let before = std::fs::read(folder.path().join(KNOWN)).expect("it");
    folder.write("a", format!("\n\n{}\n{}\n", pat(2), pat(1)));
    folder.run(&["baseline", "update", KNOWN]).expect(0);
    // Lines that move change nothing, not even in the help for people.
    assert_eq!(std::fs::read(folder.path().join(KNOWN)).expect("it"), before);
    folder.write("a", format!("{}\n{}\n", pat(2), pat(3)));
    let run = folder.run(&["baseline", "update", KNOWN]).expect(0);
    assert!(run.stdout.contains("1 taken out, 1 secret new and not added"), "{}", run.stdout);
    assert_eq!(known(&folder), sorted(&[pat(2)]));
    folder.run(&["baseline", "update", "--add", KNOWN]).expect(0);
    assert_eq!(known(&folder), sorted(&[pat(2), pat(3)]));
    // What could not be read may hold it.
    let run = folder.run(&["baseline", "update", KNOWN, "--max-file-size", "1"]).expect(3);
    assert!(run.stderr.contains("nothing was taken out"), "{}", run.stderr);
    folder.run(&["baseline", "update", KNOWN, "missing"]).expect(2);
    assert_eq!(known(&folder), sorted(&[pat(2), pat(3)]));
    // Part of it tells nothing of the rest.
    for part in [&["--range", "HEAD"][..], &["--staged"], &["--since", "1d"]] {
        let run = folder.run(&[&["baseline", "update", KNOWN], part].concat()).expect(2);
        assert!(run.stderr.contains("an update looks at everything"), "{}", run.stderr);
    }
    folder.write("sub/b", "clean\n");
    for part in [&["--no-history"][..], &["--exclude", "a"], &["sub"]] {
        for add in [&[][..], &["--add"]] {
            let run = folder.run(&[&["baseline", "update", KNOWN], part, add].concat()).expect(2);
            assert!(run.stderr.contains("only a scan of everything"), "{}", run.stderr);
            assert_eq!(known(&folder), sorted(&[pat(2), pat(3)]));
        }
    }
    // A mistyped target is no clean start.
    folder.run(&["baseline", "create", "../other.json", "missing"]).expect(2);
    assert!(!folder.path().join("../other.json").exists());
    folder.run(&["baseline", "update", KNOWN, "--format", "json"]).expect(2);
}

#[test]
fn what_is_accepted_otherwise_needs_no_baseline() {
    let folder = Folder::new();
    folder.write("a", format!("{}\n{} # stanch:allow\n{}\n", pat(1), pat(2), pat(3)));
    folder.write(FILE, entry(&pat(1), ""));
    folder.run(&["baseline", "create", KNOWN]).expect(0);
    assert_eq!(known(&folder), sorted(&[pat(3)]));
    // Each is counted once, whatever else silences it.
    folder.run(&["baseline", "update", "--add", "--no-ignore-file", KNOWN]).expect(0);
    let run = folder.scan(&["--baseline", KNOWN]).expect(0);
    assert_eq!(counts(&run), [1, 1, 1]);
}

#[test]
fn fingerprints_of_another_key_are_refused() {
    let mut folder = Folder::new();
    folder.write("a", format!("{}\n", pat(1)));
    folder.run(&["baseline", "create", KNOWN]).expect(0);
    folder.set("STANCH_FINGERPRINT_KEY", "one");
    let run = folder.scan(&["--baseline", KNOWN]).expect(2);
    assert!(run.stderr.contains("without a STANCH_FINGERPRINT_KEY"), "{}", run.stderr);
    folder.run(&["baseline", "create", "../keyed.json"]).expect(0);
    folder.scan(&["--baseline", "../keyed.json"]).expect(0);
    folder.set("STANCH_FINGERPRINT_KEY", "two");
    let run = folder.scan(&["--baseline", "../keyed.json"]).expect(2);
    assert!(run.stderr.contains("with another"), "{}", run.stderr);
    folder.set("STANCH_FINGERPRINT_KEY", "");
    folder.scan(&["--baseline", KNOWN]).expect(0);
    folder.write("bad.json", "{\n\"type\": 1 }");
    let run = folder.scan(&["--baseline", "bad.json"]).expect(2);
    assert!(run.stderr.contains("baseline bad.json:2: "), "{}", run.stderr);
}
