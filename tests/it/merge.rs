//! Shards of a scan, merged, are the scan: byte for byte, but for the time that it took.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::program::{Folder, Run};
use crate::support::tokens::{in_context, pat};

/// Targets that share secrets, and of which some cannot be read whole or at all.
const TARGETS: [&str; 7] = ["a", "b", "none", "c", "d", "./a", "b/sub"];

/// Runs git in a folder below.
fn git(folder: &Folder, below: &str, arguments: &[&str]) -> String {
    folder.git(&[&["-C", below], arguments].concat())
}

fn commit(folder: &Folder, below: &str, message: &str) {
    git(folder, below, &["add", "--all", "."]);
    git(folder, below, &["commit", "--quiet", "--allow-empty", "--message", message]);
}

/// What stands around this secret tells another host in each repository.
fn hosted(host: &str) -> String {
    let (_, before, secret, _) = in_context(5)
        .into_iter()
        .find(|(kind, before, ..)| *kind == "personal_access_token" && before.contains("oauth2:"))
        .expect("a token in an address");
    format!("{before}{secret}@{host}.example.com/x.git\n")
}

fn world() -> Folder {
    let folder = Folder::new();
    for name in ["a", "b"] {
        folder.git(&["init", "--quiet", "--initial-branch=main", name]);
    }
    folder.write("a/deploy.env", format!("A={}\n{}", pat(1), hosted("one")));
    folder.write("a/gone", pat(2));
    folder.write("a/odd", format!("x{}\n", pat(3)));
    folder.write("a/marked", format!("{} # gitleaks:allow\n{} # stanch:allow\n", pat(6), pat(7)));
    commit(&folder, "a", "first");
    std::fs::remove_file(folder.path().join("a/gone")).expect("the file");
    commit(&folder, "a", "second");
    // Weak here and strong in d; marked in a and not here.
    folder.write("b/sub/copy.env", format!("one\nB={}\n{}", pat(1), hosted("another")));
    folder.write("b/odd", format!("x{}\ny{}\n", pat(3), pat(8)));
    folder.write("b/marked", format!("{}\n{} # stanch:allow\n", pat(6), pat(7)));
    folder.write("b/known", pat(9));
    commit(&folder, "b", &format!("message {}", pat(4)));
    git(&folder, "b", &["branch", &format!("branch-{}", pat(5))]);
    git(&folder, "b", &["tag", "--annotate", "-m", &pat(2), "v1"]);
    let origin = format!("file://{}", folder.path().join("a").display());
    folder.git(&["clone", "--quiet", "--depth", "1", &origin, "c"]);
    folder.write("d/plain", format!("{}\n{} {}\n", pat(3), pat(9), pat(10)));
    folder.write("d/large", "x".repeat(30_000));
    let made = Command::new("mkfifo").arg(folder.path().join("d/pipe")).status();
    assert!(made.expect("mkfifo runs").success());
    folder
}

/// A report without the time that it took, and without the names of excluded places in histories: a
/// shard looks where all of its secrets stand, and one run only where those do that it reports.
fn timeless(text: &str) -> String {
    let (findings, summary) = text.trim_end().rsplit_once('\n').unwrap_or(("", text.trim_end()));
    let mut summary: serde_json::Value = serde_json::from_str(summary).expect("a summary");
    summary["elapsed_ms"].take();
    for skipped in summary["coverage"]["skipped"].as_array_mut().expect("a list") {
        let names = skipped["names"].as_array_mut().expect("names");
        names.retain(|it| !it.as_str().expect("a name").ends_with(" (in the history)"));
        skipped["count"] = names.len().into();
    }
    format!("{findings}\n{summary}")
}

/// Scans the targets in so many shards; the files with their reports.
fn shards(folder: &Folder, of: usize, options: &[&str], targets: &[&str]) -> Vec<String> {
    let mut files = Vec::new();
    for number in 1..=of {
        let (shard, file) = (format!("{number}/{of}"), format!("../home/{number}.jsonl"));
        let fixed = ["scan", "--format", "jsonl", "--shard", &shard];
        let run = folder.run(&[&fixed, options, targets].concat());
        let path = folder.path().join(&file);
        std::fs::write(path, &run.stdout).expect("a file");
        files.push(file);
    }
    files
}

fn merge(folder: &Folder, files: &[String], options: &[&str]) -> Run {
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    folder.run(&[&["merge"], options, &files].concat())
}

#[track_caller]
fn assert_same(folder: &Folder, options: &[&str], targets: &[&str]) {
    let whole = folder.scan(&[options, targets].concat());
    assert!(
        !whole.findings().is_empty() && !whole.stdout.contains("\"shard\""),
        "{}",
        whole.stderr
    );
    for of in [2, 3, 9] {
        let mut files = shards(folder, of, options, targets);
        // The order in which they are given makes no difference.
        files.rotate_left(1);
        let shown = options.iter().filter(|it| **it == "--show-secrets");
        let shown: Vec<&str> = shown.copied().chain(["--format", "jsonl"]).collect();
        let merged = merge(folder, &files, &shown);
        assert_eq!(timeless(&merged.stdout), timeless(&whole.stdout), "{of} {options:?}");
        assert_eq!(merged.code, whole.code, "{of} {options:?}: {}", merged.stderr);
    }
}

#[test]
fn merged_shards_are_the_whole() {
    let folder = world();
    let limit = ["--max-file-size", "20kB"];
    assert_same(&folder, &limit, &TARGETS);
    assert_same(&folder, &["--evidence", "shape"], &TARGETS);
    assert_same(&folder, &["--evidence", "weak", "--no-history"], &TARGETS);
    assert_same(&folder, &["--show-secrets", "--exclude", "gone"], &TARGETS);
    // What is weak in one shard stands at excluded places alone.
    assert_same(&folder, &["--exclude", "odd"], &TARGETS);
}

#[test]
fn merged_shards_are_the_whole_with_all_that_is_accepted() {
    let folder = world();
    folder.run(&["baseline", "create", "known.json", "d"]).expect(0);
    let found = folder.scan(&["--evidence", "context", "a"]).expect(1);
    let of = |token: &str| {
        let findings = found.findings();
        let its = findings.iter().find(|it| it["secret"] == format!("{}****", &token[..10]));
        its.expect("it")["fingerprint"].as_str().expect("text").to_owned()
    };
    for (fingerprint, more) in [
        (of(&pat(1)), &["--path", "**/deploy.env"][..]),
        (of(&pat(2)), &[]),
        ("ab".repeat(16), &[]),
    ] {
        let fixed = ["ignore", "add", &fingerprint, "--reason", "why not", "--ignore-file", "list"];
        folder.run(&[&fixed, more].concat()).expect(0);
    }
    assert_same(&folder, &["--baseline", "known.json"], &TARGETS);
    assert_same(&folder, &["--ignore-file", "list"], &TARGETS);
    let both = ["--ignore-file", "list", "--baseline", "known.json"];
    assert_same(&folder, &both, &["a", "b"]);
    // What one repository accepts says nothing of another, in a shard as little as in the whole.
    std::fs::copy(folder.path().join("list"), folder.path().join("a/.stanch-ignore.toml"))
        .expect("a copy");
    assert_same(&folder, &[], &["a", "b", "d"]);
}

#[test]
fn merged_shards_are_the_whole_of_what_is_new() {
    let folder = world();
    for name in ["a", "b"] {
        folder.write(format!("{name}/new"), format!("{}\n{}\n", pat(20), pat(9)));
        folder.write(format!("{name}/odd"), format!("more\nx{}\n{}\n", pat(3), pat(6)));
        git(&folder, name, &["add", "."]);
    }
    assert_same(&folder, &["--staged"], &["a", "b"]);
    for name in ["a", "b"] {
        commit(&folder, name, "third");
    }
    assert_same(&folder, &["--range", "HEAD~1..HEAD"], &["a", "b"]);
}

#[test]
fn a_shard_says_that_it_is_one() {
    let folder = Folder::new();
    folder.write("x/f", pat(1));
    folder.write("y/f", pat(2));
    let run = folder.scan(&["--shard", "2/2", "x", "y"]).expect(1);
    assert_eq!(run.summary()["shard"], "2/2");
    assert_eq!(run.finding()["locations"][0]["path"], "y/f");
    assert_eq!(run.stderr, "stanch: shard 2/2 reads 1 of 2 targets\n");
    let human = folder.run(&["scan", "--shard", "2/2", "x", "y"]).expect(1);
    assert!(human.stdout.contains("Shard 2/2: the other targets"), "{}", human.stdout);
    let none = ["scan", "--shard", "3/4", "x", "y", "-f", "junit", "--report", "json=../home/r"];
    let run = folder.run(&none).expect(0);
    assert_eq!(run.stderr, "stanch: shard 3/4 has no target: there are only 2\n");
    assert!(run.stdout.contains("(shard 3/4)") && folder.home().join("r").exists());
    for wrong in ["0/3", "4/3", "a/b", "1/0", "1", ""] {
        let run = folder.run(&["scan", "--shard", wrong, "x"]).expect(2);
        assert!(run.stderr.contains("1/3"), "{wrong}: {}", run.stderr);
    }
}

#[test]
fn gitlab_divides_the_work_of_a_parallel_job() {
    let mut folder = Folder::new();
    folder.write("x/f", pat(1));
    folder.write("y/f", pat(2));
    folder.set("CI_NODE_INDEX", "2");
    folder.set("CI_NODE_TOTAL", "2");
    // No job of GitLab's.
    assert_eq!(folder.scan(&["x", "y"]).expect(1).findings().len(), 2);
    folder.set("GITLAB_CI", "true");
    let run = folder.scan(&["x", "y"]).expect(1);
    assert_eq!((run.findings().len(), &run.summary()["shard"]), (1, &"2/2".into()));
    // What is typed goes first.
    assert_eq!(folder.scan(&["--shard", "1/1", "x", "y"]).expect(1).findings().len(), 2);
    // A single target is scanned by every job, and that is said.
    let run = folder.scan(&["x"]).expect(1);
    assert!(run.summary().get("shard").is_none());
    assert!(run.stderr.contains("only one target, and so every job scans it"), "{}", run.stderr);
    folder.set("CI_NODE_INDEX", "3");
    let run = folder.scan(&["x", "y"]).expect(2);
    assert!(run.stderr.contains("CI_NODE_INDEX"), "{}", run.stderr);
}

#[test]
fn a_missing_shard_is_never_clean() {
    let folder = Folder::new();
    for name in ["x", "y", "z"] {
        folder.write(format!("{name}/f"), "nothing");
    }
    let files = shards(&folder, 3, &[], &["x", "y", "z"]);
    merge(&folder, &files, &[]).expect(0);
    let run = merge(&folder, &files[..2], &[]).expect(3);
    assert!(run.stdout.contains("shard 3/3 is missing"), "{}", run.stdout);
    let twice = [files[0].clone(), files[0].clone()];
    let run = merge(&folder, &twice, &[]).expect(2);
    assert!(run.stderr.contains("both shard 1/3"), "{}", run.stderr);
}

#[test]
fn reports_of_several_scans_become_one_in_every_format() {
    let folder = world();
    for name in ["a", "b"] {
        let report = format!("json=../home/{name}.json");
        folder.run(&["scan", name, "--report", &report]).expect(1);
    }
    let files = ["../home/a.json".to_owned(), "../home/b.json".to_owned()];
    let options = ["--report", "gitlab=../home/gl.json", "--report", "junit=../home/junit.xml"];
    let run = merge(&folder, &files, &[&options[..], &["-f", "jsonl"]].concat()).expect(1);
    let whole = folder.scan(&["a", "b"]).expect(1);
    // Not in the same order: only shards tell of places where a secret is too weak to be reported.
    let fingerprints = |run: &Run| -> BTreeSet<String> {
        run.findings().iter().map(|it| it["fingerprint"].to_string()).collect()
    };
    assert_eq!(fingerprints(&run), fingerprints(&whole));
    assert!(folder.home().join("gl.json").exists() && folder.home().join("junit.xml").exists());
    merge(&folder, &files, &["--fail-on", "none"]).expect(0);
    let run = merge(&folder, &files, &["--fail-on", "live"]).expect(2);
    assert!(run.stderr.contains("made without --verify"), "{}", run.stderr);
}

#[test]
fn a_report_with_secrets_is_masked_again() {
    let folder = Folder::new();
    folder.write(format!("in-{}/f", pat(1)), format!("{}\n", pat(2)));
    let whole = folder.scan(&["--show-secrets"]).expect(1);
    std::fs::write(folder.home().join("shown"), &whole.stdout).expect("a file");
    let file = ["../home/shown".to_owned()];
    for format in stanch::report::Format::ALL.map(stanch::report::Format::word) {
        let run = merge(&folder, &file, &["-f", format]).expect(1);
        for token in [pat(1), pat(2)] {
            assert!(!run.stdout.contains(&token[10..]), "{format}: {}", run.stdout);
        }
        let run = merge(&folder, &file, &["-f", format, "--show-secrets"]).expect(1);
        assert!(run.stdout.contains(&pat(2)), "{format}: {}", run.stdout);
    }
    let masked = folder.scan(&[]).expect(1);
    let merged = merge(&folder, &file, &["-f", "jsonl"]).expect(1);
    assert_eq!(timeless(&merged.stdout), timeless(&masked.stdout));
}

#[test]
fn what_is_no_report_is_said_and_not_quoted() {
    let mut folder = Folder::new();
    folder.write("x", pat(1));
    let report = folder.scan(&["x"]).expect(1).stdout;
    let (findings, _) = report.split_once("{\"type\":\"summary\"").expect("a summary");
    folder.write("tokens", format!("{}\n{}\n", pat(2), pat(3)));
    folder.write("cut", findings);
    folder.write("half", &report[..report.len() - 20]);
    folder.write("new", report.replace("\"schema\":1", "\"schema\":7"));
    folder.write("odd", report.replace("\"weak\":0", &format!("\"weak\":\"{}\"", pat(2))));
    folder.write("empty", "");
    folder.write("good", &report);
    for (file, expected) in [
        ("tokens", "report tokens: it is no JSON or JSONL report of stanch scan"),
        ("cut", "report cut: the report has no summary: it was cut off"),
        ("half", "report half: the report has no summary: it was cut off"),
        ("new", "report new:1: it is of schema 7; this version of stanch reads schema 1"),
        ("odd", "report odd:2: not of the form of schema 1"),
        ("empty", "report empty: the report is empty"),
        ("none", "cannot read report none: "),
        ("/dev/zero", "report /dev/zero is a device"),
    ] {
        let run = folder.run(&["merge", "good", file]).expect(2);
        assert!(run.stderr.contains(expected), "{file}: {}", run.stderr);
        assert!(!run.stderr.contains("glpat-") && run.stdout.is_empty(), "{}", run.stderr);
    }
    folder.set("STANCH_FINGERPRINT_KEY", "a key");
    folder.write("keyed", folder.scan(&["x"]).expect(1).stdout);
    let run = folder.run(&["merge", "good", "keyed"]).expect(2);
    assert!(run.stderr.contains("good and keyed were made with different"), "{}", run.stderr);
    folder.run(&["merge", "keyed", "keyed"]).expect(1);
}
