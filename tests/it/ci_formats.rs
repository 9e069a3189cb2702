//! The formats that GitLab shows in a merge request of every tier: Code Quality and JUnit.

use std::collections::BTreeSet;

use roxmltree::{Document, Node};
use serde_json::Value;

use crate::support::program::{Folder, Run};
use crate::support::tokens::pat;

/// The members that GitLab's parser wants of every entry (`doc/ci/testing/code_quality.md` and
/// `app/validators/json_schemas/codeclimate.json`: it stops at the first entry that has not got them).
#[track_caller]
fn entries(run: &Run) -> Vec<Value> {
    let entries: Vec<Value> = serde_json::from_str(&run.stdout).expect("one list");
    let mut fingerprints = BTreeSet::new();
    for entry in &entries {
        for name in ["description", "check_name", "fingerprint", "severity"] {
            assert!(entry[name].as_str().is_some_and(|it| !it.is_empty()), "{name}: {entry}");
        }
        let severities = ["info", "minor", "major", "critical", "blocker"];
        assert!(severities.contains(&entry["severity"].as_str().expect("text")), "{entry}");
        let path = entry["location"]["path"].as_str().expect("a path");
        assert!(!path.is_empty() && !path.starts_with('/') && !path.starts_with("./"), "{path}");
        assert!(entry["location"]["lines"]["begin"].as_u64().is_some_and(|it| it > 0), "{entry}");
        let fingerprint = entry["fingerprint"].as_str().expect("text").to_owned();
        assert!(fingerprints.insert(fingerprint), "GitLab would fold {entry}");
    }
    entries
}

fn paths(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|it| it["location"]["path"].as_str().expect("a path")).collect()
}

#[test]
fn code_quality_has_an_entry_for_every_path() {
    let folder = Folder::repository();
    folder.write("b/deploy.env", format!("\n\nA={}\nB={}\n", pat(1), pat(2)));
    folder.write("a.txt", pat(1));
    folder.commit(&format!("message with {}", pat(3)));
    let run = folder.run(&["scan", "./", "--format", "codequality"]).expect(1);
    let found = entries(&run);
    let head = folder.git(&["rev-parse", "HEAD"]);
    let message = format!("commit_message/{head}");
    assert_eq!(paths(&found), ["a.txt", "b/deploy.env", "b/deploy.env", &message]);
    let lines: Vec<u64> =
        found.iter().map(|it| it["location"]["lines"]["begin"].as_u64().expect("it")).collect();
    assert_eq!(lines, [1, 3, 4, 1]);
    assert!(found.iter().all(|it| it["severity"] == "blocker"));
    assert!(found.iter().all(|it| it["check_name"] == "gitlab_personal_access_token"));
    // Another commit that moves the line is nothing new.
    folder.write("a.txt", format!("one more line\n{}", pat(1)));
    folder.commit("moved");
    let moved = folder.run(&["scan", "--format", "codequality"]).expect(1);
    let fingerprints = |found: &[Value]| -> BTreeSet<String> {
        found.iter().map(|it| it["fingerprint"].to_string()).collect()
    };
    assert_eq!(fingerprints(&entries(&moved)), fingerprints(&found));
}

#[test]
fn code_quality_of_a_clean_scan_is_empty_and_of_an_incomplete_one_is_not() {
    let folder = Folder::new();
    folder.write("a", "nothing");
    let clean = folder.run(&["scan", "--format", "codequality"]).expect(0);
    assert_eq!(clean.stdout, "[]\n");
    folder.write("big", "x".repeat(2000));
    let options = ["scan", "--max-file-size", "1kB", "--format", "codequality"];
    let found = entries(&folder.run(&options).expect(3));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["check_name"], "stanch-incomplete");
    assert!(found[0]["description"].as_str().expect("text").contains("big"));
    let found = folder.run_with(&["scan", "-", "-f", "codequality"], pat(1).as_bytes()).expect(1);
    assert_eq!(paths(&entries(&found)), ["stdin"]);
}

fn cases<'a, 'i>(document: &'a Document<'i>) -> Vec<Node<'a, 'i>> {
    document.descendants().filter(|it| it.has_tag_name("testcase")).collect()
}

#[test]
fn junit_fails_for_each_finding_and_counts_right() {
    let folder = Folder::repository();
    folder.write("a & b/<c>.env", format!("A={}\nB={}\n", pat(1), pat(2)));
    folder.commit("first");
    folder.run(&["scan", "--report", "junit=../home/junit.xml"]).expect(1);
    let xml = std::fs::read_to_string(folder.home().join("junit.xml")).expect("a report");
    let document = Document::parse(&xml).expect("XML");
    let cases = cases(&document);
    let names: BTreeSet<&str> = cases.iter().filter_map(|it| it.attribute("name")).collect();
    assert_eq!((cases.len(), names.len()), (3, 3));
    for (case, token) in cases.iter().zip([pat(1), pat(2)]) {
        let mask = format!("personal access token {}**** ", &token[..10]);
        assert!(case.attribute("name").expect("a name").starts_with(&mask));
        assert_eq!(case.attribute("file"), Some("a & b/<c>.env"));
        let failure = case.first_element_child().expect("a failure");
        assert!(failure.has_tag_name("failure"));
        assert!(failure.text().expect("text").contains("What to do: Revoke it"));
    }
    let name = cases[2].attribute("name").expect("a name");
    assert_eq!(name, "nothing else found in 1 file and 2 objects");
    let suite = document.root_element().first_element_child().expect("a suite");
    let numbers = ["tests", "failures", "errors"].map(|name| suite.attribute(name));
    assert_eq!(numbers, [Some("3"), Some("2"), Some("0")]);
}

#[test]
fn junit_of_an_incomplete_scan_has_an_error_and_no_pass() {
    let folder = Folder::new();
    folder.write("a", "nothing");
    let run = folder.run(&["scan", "a", "none", "-f", "junit"]).expect(2);
    let document = Document::parse(&run.stdout).expect("XML");
    let cases = cases(&document);
    assert_eq!(cases.len(), 1);
    let error = cases[0].first_element_child().expect("an error");
    assert!(error.has_tag_name("error"));
    assert!(error.text().expect("text").contains("none: no such file or folder"));
    let clean = folder.run(&["scan", "a", "-f", "junit"]).expect(0);
    let document = Document::parse(&clean.stdout).expect("XML");
    let names: Vec<_> = document.descendants().filter_map(|it| it.attribute("name")).collect();
    assert_eq!(names, ["stanch", "nothing found in 1 file"]);
}
