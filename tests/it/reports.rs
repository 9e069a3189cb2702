//! The formats.

use serde_json::{Value, json};

use crate::support::program::Folder;
use crate::support::tokens::pat;

/// A repository with a token in a file and in history, one in history alone and a clean file.
fn leaky() -> (Folder, String) {
    let folder = Folder::repository();
    folder.write("config/deploy.env", format!("# settings\nexport TOKEN={}\n", pat(1)));
    folder.write("gone", pat(2));
    let commit = folder.commit("first");
    std::fs::remove_file(folder.path().join("gone")).expect("the file");
    folder.commit("second");
    folder.write("clean", "nothing\n");
    (folder, commit)
}

#[test]
fn jsonl_has_the_documented_form() {
    let (folder, commit) = leaky();
    let run = folder.scan(&[]).expect(1);
    let finding = run
        .findings()
        .into_iter()
        .find(|it| it["locations"][0]["source"] == "file")
        .expect("the finding in a file");
    let blob = folder.git(&["rev-parse", "HEAD:config/deploy.env"]);
    let mut known = finding.clone();
    for field in ["fingerprint", "title", "remediation"] {
        assert!(known[field].take().as_str().is_some_and(|text| text.len() > 10), "{field}");
    }
    let expected = json!({
        "type": "finding",
        "schema": 1,
        "fingerprint": null,
        "rule": "gitlab_personal_access_token",
        "kind": "personal_access_token",
        "title": null,
        "severity": "critical",
        "evidence": "shape",
        "secret": format!("{}****", &pat(1)[..10]),
        "token": { "prefix": "glpat-", "owner": {} },
        "verdict": { "state": "not_asked" },
        "occurrences": { "places": 2, "blobs": 1, "paths": 1 },
        "introduced": [{
            "path": "config/deploy.env", "line": 2, "column": 14, "commit": commit,
            "author": "Ann Author", "email": "Ann@example.com",
            "date": "2023-11-14T23:13:20+01:00",
        }],
        "introduced_count": 1,
        "removed": [],
        "removed_count": 0,
        "in_head": true,
        "refs": ["refs/heads/main"],
        "refs_count": 1,
        "exposure": "local only",
        "locations": [
            { "source": "file", "path": "config/deploy.env", "line": 2, "column": 14 },
            {
                "source": "history", "path": "config/deploy.env", "line": 2, "column": 14,
                "commit": commit, "object": blob, "author": "Ann Author",
                "email": "Ann@example.com", "date": "2023-11-14T23:13:20+01:00",
            },
        ],
        "remediation": null,
    });
    assert_eq!(known, expected);
}

#[test]
fn the_last_line_of_jsonl_is_the_summary() {
    let (folder, _) = leaky();
    let run = folder.scan(&[]).expect(1);
    let mut summary = run.summary();
    assert!(summary["elapsed_ms"].take().is_u64());
    assert!(summary["coverage"]["objects"]["bytes"].take().is_u64());
    let files = std::fs::metadata(folder.path().join("config/deploy.env")).expect("it").len() + 8;
    let expected = json!({
        "type": "summary", "schema": 1, "complete": true, "findings": 2, "weak": 0,
        "below_evidence": 0, "known": 0,
        "suppressed": {
            "ignored": 0, "baseline": 0, "inline": 0, "live": 0, "which": [], "overruled": [],
            "expired": [], "unused": [], "own": 0,
        },
        "coverage": {
            "files": { "read": 2, "bytes": files }, "index": { "read": 0, "bytes": 0 },
            // Two commits and two blobs. Trees hold no text.
            "objects": { "read": 4, "bytes": null }, "stdin": { "read": 0, "bytes": 0 },
            "skipped": [], "failed": [], "gaps": [], "undone": [],
        },
        "elapsed_ms": null,
    });
    assert_eq!(summary, expected);
}

#[test]
fn json_is_the_same_as_one_document() {
    let (folder, _) = leaky();
    let lines = folder.scan(&[]).expect(1);
    let run = folder.run(&["scan", "--format", "json"]).expect(1);
    let mut document: Value = serde_json::from_str(&run.stdout).expect("a document");
    assert_eq!(document["schema"], 1);
    assert_eq!(document["findings"], Value::Array(lines.findings()));
    let mut summary = lines.summary();
    summary["elapsed_ms"].take();
    document["summary"]["elapsed_ms"].take();
    assert_eq!(document["summary"], summary);
}

/// Checks a GitLab report against GitLab's schema.
fn valid_for_gitlab(report: &str) -> Value {
    let value: Value = serde_json::from_str(report).expect("JSON");
    let mut schemas = boon::Schemas::new();
    let schema = "tests/schemas/gl-secret-detection-report-15.2.0.schema.json";
    let schema = boon::Compiler::new().compile(schema, &mut schemas).expect("a good schema");
    if let Err(error) = schemas.validate(&value, schema) {
        panic!("{error:#}\n{report}");
    }
    value
}

#[test]
fn gitlab_accepts_its_report() {
    let (folder, commit) = leaky();
    let run = folder.run(&["scan", "--format", "gitlab"]).expect(1);
    let report = valid_for_gitlab(&run.stdout);
    assert_eq!(
        (&report["version"], &report["scan"]["status"]),
        (&"15.2.0".into(), &"success".into())
    );
    let head = folder.git(&["rev-parse", "HEAD"]);
    let found = |sha: &str| {
        report["vulnerabilities"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|it| it["location"]["commit"]["sha"] == sha)
            .unwrap_or_else(|| panic!("none at {sha}"))
            .clone()
    };
    let in_file = found(&head);
    assert_eq!(in_file["location"]["file"], "config/deploy.env");
    assert_eq!(in_file["location"]["start_line"], 2);
    assert_eq!(in_file["severity"], "Critical");
    let identifier = json!([{
        "type": "gitleaks_rule_id",
        "name": "Gitleaks rule ID gitlab_personal_access_token",
        "value": "gitlab_personal_access_token",
    }]);
    assert_eq!(in_file["identifiers"], identifier);
    assert_eq!(in_file["details"]["places"]["items"].as_array().map(Vec::len), Some(1));
    let in_history = found(&commit);
    assert_eq!(in_history["location"]["file"], "gone");
    assert_eq!(in_history["location"]["commit"]["author"], "Ann Author <Ann@example.com>");
    assert_ne!(in_file["id"], in_history["id"]);
}

#[test]
fn gitlab_accepts_reports_of_every_result() {
    // Nothing found; everything weak; incomplete; no repository; every kind.
    let folder = Folder::new();
    folder.write("a", "nothing");
    valid_for_gitlab(&folder.run(&["scan", "-f", "gitlab"]).expect(0).stdout);
    for (number, token) in crate::support::tokens::with_prefix(1).into_iter().enumerate() {
        folder.write(format!("t{number}"), token.text);
    }
    valid_for_gitlab(&folder.run(&["scan", "-f", "gitlab", "--evidence", "weak"]).expect(1).stdout);
    let run = folder.run(&["scan", "-f", "gitlab", "a", "none"]).expect(2);
    let report = valid_for_gitlab(&run.stdout);
    assert_eq!(report["scan"]["status"], "failure");
    assert!(report["scan"]["messages"][0]["value"].as_str().expect("text").contains("none"));
    let run = folder.run_with(&["scan", "-f", "gitlab", "-"], pat(1).as_bytes()).expect(1);
    let report = valid_for_gitlab(&run.stdout);
    assert_eq!(report["vulnerabilities"][0]["location"]["commit"]["sha"], "0".repeat(40));
}

#[test]
fn sarif_names_rule_place_and_fingerprint() {
    let (folder, commit) = leaky();
    let run = folder.run(&["scan", "--format", "sarif"]).expect(1);
    let sarif: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    assert_eq!((rules.len(), results.len()), (1, 2));
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let first = &results[0];
    assert_eq!(
        rules[usize::try_from(first["ruleIndex"].as_u64().expect("an index")).expect("small")]["id"],
        first["ruleId"]
    );
    let place = &first["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "config/deploy.env");
    assert_eq!(place["region"]["startLine"], 2);
    assert_eq!(place["region"]["startColumn"], 14);
    let snippet = format!("export TOKEN={}****", &pat(1)[..10]);
    assert_eq!(place["region"]["snippet"]["text"], snippet);
    assert_eq!(first["partialFingerprints"]["stanch/v1"].as_str().map(str::len), Some(32));
    let related = first["relatedLocations"].as_array().expect("the other place");
    assert!(related[0]["message"]["text"].as_str().expect("text").contains(&commit));
}

#[test]
fn sarif_of_an_incomplete_scan_says_so() {
    let folder = Folder::new();
    folder.write("a b/ü", pat(1));
    let run = folder.run(&["scan", "-f", "sarif", ".", "none"]).expect(1);
    let sarif: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let note = invocation["toolExecutionNotifications"][0]["message"]["text"].as_str();
    assert!(note.expect("text").contains("none"));
    let uri =
        &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(uri["uri"], "a%20b/%C3%BC");
}

#[test]
fn reports_are_written_beside_what_is_printed() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, _) = leaky();
    folder.write("../out/old.json", "old");
    let arguments = [
        "scan",
        "-f",
        "jsonl",
        "--report",
        "json=../out/old.json",
        "--report",
        "sarif=../out/a.sarif",
        "--report",
        "gitlab=../out/gl-secret-detection-report.json",
        "--report",
        "human=../out/a.txt",
    ];
    let run = folder.run(&arguments).expect(1);
    assert_eq!(run.findings().len(), 2);
    let read = |name: &str| {
        std::fs::read_to_string(folder.path().join("../out").join(name)).expect("a report")
    };
    let json: Value = serde_json::from_str(&read("old.json")).expect("JSON");
    assert_eq!(json["findings"], Value::Array(run.findings()));
    valid_for_gitlab(&read("gl-secret-detection-report.json"));
    assert!(read("a.sarif").contains("\"2.1.0\"") && read("a.txt").contains("2 secrets found."));
    // Nothing temporary is left, and others can read a report without secrets.
    let names = std::fs::read_dir(folder.path().join("../out")).expect("the folder");
    assert_eq!(names.count(), 4);
    let mode = folder.path().join("../out/a.sarif").metadata().expect("it").permissions().mode();
    assert_eq!(mode & 0o600, 0o600);
    // A link stays a link.
    std::os::unix::fs::symlink("old.json", folder.path().join("../out/link.json")).expect("a link");
    folder.run(&["scan", "--report", "json=../out/link.json"]).expect(1);
    assert!(folder.path().join("../out/link.json").is_symlink());
}

#[test]
fn the_human_report_says_what_where_since_when_and_what_to_do() {
    let (folder, commit) = leaky();
    let run = folder.run(&["scan"]).expect(1);
    let mask = format!("{}****", &pat(1)[..10]);
    let id = &commit[..12];
    for expected in [
        format!("CRITICAL  GitLab personal access token  {mask}"),
        "config/deploy.env:2:14".to_owned(),
        format!("2 │ export TOKEN={mask}"),
        format!(
            "came in with {id} on 2023-11-14 by Ann Author <Ann@example.com> at\n          \
             config/deploy.env:2:14; still in HEAD"
        ),
        format!("git show {id} -- :/config/deploy.env"),
        "prefix, length and alphabet are right".to_owned(),
        "What to do\n  personal access token: Revoke it".to_owned(),
        "2 secrets found. 2 files (".to_owned(),
    ] {
        assert!(run.stdout.contains(&expected), "{expected}\n{}", run.stdout);
    }
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 100), "{}", run.stdout);
}

#[test]
fn a_clean_result_says_that_everything_was_read() {
    let folder = Folder::new();
    folder.write("a", "nothing");
    let run = folder.run(&["scan"]).expect(0);
    assert!(run.stdout.starts_with("No secret found. 1 file (7 B) read in "), "{}", run.stdout);
    assert!(run.stdout.ends_with(", all of it.\n"));
    let empty = Folder::new().run(&["scan"]).expect(0);
    assert_eq!(empty.stdout, "No secret found. There was nothing to read.\n");
}

#[test]
fn many_places_are_counted_and_not_all_listed() {
    let folder = Folder::new();
    folder.write("dump", format!("{}\n", pat(1)).repeat(3000));
    let run = folder.run(&["scan"]).expect(1);
    assert!(run.stdout.contains("and 2,996 more places"), "{}", run.stdout);
    let finding = folder.scan(&[]).expect(1).finding();
    assert_eq!(finding["occurrences"]["places"], 3000);
    let places = finding["locations"].as_array().expect("places");
    assert_eq!((places.len(), &places[999]["line"]), (1000, &1000.into()));
}
