//! Who brought a secret in, who took it out, who still has it, and whether it has left.

use serde_json::Value;

use crate::support::program::{Folder, Run};
use crate::support::tokens::pat;

/// The commits and paths of a list in the only finding.
fn changes(run: &Run, list: &str) -> Vec<(String, Option<String>)> {
    let text = |it: &Value, field: &str| it[field].as_str().map(str::to_owned);
    let all = run.finding()[list].as_array().cloned().expect("a list");
    all.iter().map(|it| (text(it, "commit").expect("a commit"), text(it, "path"))).collect()
}

fn came(commit: &str, path: &str) -> (String, Option<String>) {
    (commit.to_owned(), Some(path.to_owned()))
}

fn history(folder: &Folder) -> Run {
    folder.scan(&["--no-files"]).expect(1)
}

#[test]
fn the_secret_counts_and_not_the_blob() {
    let folder = Folder::repository();
    folder.write("other", "x\n");
    folder.commit("first");
    folder.write("a/config", format!("x\ny = {}\n", pat(1)));
    let leak = folder.commit("leak");
    // Another blob, then another path, then a copy: the secret was there before.
    folder.write("a/config", format!("new line\nx\ny = {}\n", pat(1)));
    folder.commit("edit");
    folder.git(&["mv", "a/config", "b"]);
    folder.commit("move");
    folder.write("copy", pat(1));
    folder.commit("copy");
    let run = history(&folder);
    assert_eq!(changes(&run, "introduced"), [came(&leak, "a/config")]);
    let finding = run.finding();
    let introduced = &finding["introduced"][0];
    assert_eq!((&introduced["line"], &introduced["author"]), (&2.into(), &"Ann Author".into()));
    assert_eq!(finding["introduced"][0]["date"], "2023-11-14T23:13:20+01:00");
    assert_eq!(changes(&run, "removed"), []);
    assert_eq!((&finding["in_head"], &finding["exposure"]), (&true.into(), &"local only".into()));
    assert_eq!(finding["occurrences"]["blobs"], 3);
    assert_eq!(finding["occurrences"]["paths"], 3);
}

#[test]
fn taken_out_and_brought_back() {
    let folder = Folder::repository();
    folder.write("keep", "x");
    let mut ids = Vec::new();
    for number in 0..4 {
        let text = if number % 2 == 0 { pat(1) } else { "clean".to_owned() };
        folder.write("f", format!("{number} {text}\n"));
        ids.push(folder.commit("change"));
    }
    let run = history(&folder);
    assert_eq!(run.finding()["introduced_count"], 2);
    let mut introduced = changes(&run, "introduced");
    let mut expected = vec![came(&ids[0], "f"), came(&ids[2], "f")];
    introduced.sort();
    expected.sort();
    assert_eq!(introduced, expected);
    let mut removed = changes(&run, "removed");
    let mut expected = vec![came(&ids[1], "f"), came(&ids[3], "f")];
    removed.sort();
    expected.sort();
    assert_eq!(removed, expected);
    assert_eq!(run.finding()["in_head"], false);
    assert_eq!(run.finding()["refs"], Value::Array(Vec::new()));
}

#[test]
fn merges_are_compared_with_all_their_parents() {
    let folder = Folder::repository();
    folder.write("base", "base\n");
    folder.commit("base");
    for branch in ["one", "two", "three"] {
        folder.git(&["checkout", "--quiet", "-b", branch, "main"]);
        folder.write(branch, if branch == "two" { pat(1) } else { branch.to_owned() });
        folder.commit(branch);
    }
    let leak = folder.git(&["rev-parse", "two"]);
    folder.git(&["checkout", "--quiet", "main"]);
    folder.git(&["merge", "--quiet", "--no-ff", "-m", "octopus", "one", "two", "three"]);
    // A merge that takes over what a parent had brings nothing in.
    let run = history(&folder);
    assert_eq!(changes(&run, "introduced"), [came(&leak, "two")]);
    assert_eq!(run.finding()["refs"], serde_json::json!(["refs/heads/main", "refs/heads/two"]));
    // One that drops it has taken it out.
    folder.git(&["reset", "--quiet", "--hard", "one", "--"]);
    folder.git(&["merge", "--quiet", "--no-ff", "--no-commit", "refs/heads/two"]);
    folder.git(&["rm", "--quiet", "--force", "two"]);
    let evil = folder.commit("evil merge");
    assert_eq!(changes(&history(&folder), "removed"), [came(&evil, "two")]);
}

#[test]
fn what_remote_tracking_refs_have_is_pushed() {
    let folder = Folder::repository();
    folder.write("f", pat(1));
    folder.commit("leak");
    folder.git(&["clone", "--quiet", "--bare", ".", "../server.git"]);
    assert_eq!(history(&folder).finding()["exposure"], "local only");
    folder.git(&["remote", "add", "origin", "../server.git"]);
    folder.git(&["fetch", "--quiet", "origin"]);
    assert_eq!(history(&folder).finding()["exposure"], "pushed");
    // What a server has, somebody has pushed there.
    let server = folder.scan(&["../server.git"]).expect(1);
    assert_eq!(server.finding()["exposure"], "pushed");
    // Later commits that hold it change nothing; a secret of their own is another matter.
    folder.write("f", pat(2));
    folder.commit("not pushed");
    let run = folder.scan(&["--no-files", "--show-secrets"]).expect(1);
    for finding in run.findings() {
        let expected = if finding["secret"] == pat(1) { "pushed" } else { "local only" };
        assert_eq!(finding["exposure"], expected);
    }
}

#[test]
fn what_no_ref_leads_to_is_unreachable() {
    let folder = Folder::repository();
    folder.write("keep", "x");
    folder.commit("base");
    folder.write("f", pat(1));
    let gone = folder.commit("to be dropped");
    folder.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let run = history(&folder);
    assert_eq!(run.finding()["exposure"], "unreachable");
    assert_eq!(changes(&run, "introduced"), [came(&gone, "f")]);
    assert_eq!(run.finding()["locations"][0]["source"], "unreachable");
    // A blob that was staged and never committed has no commit at all.
    let folder = Folder::repository();
    folder.write("keep", "x");
    folder.commit("base");
    folder.write("f", pat(1));
    folder.git(&["add", "f"]);
    folder.git(&["rm", "--quiet", "--cached", "f"]);
    let run = history(&folder);
    assert_eq!(
        (changes(&run, "introduced"), &run.finding()["exposure"]),
        (vec![], &"unreachable".into())
    );
}

#[test]
fn messages_tags_and_other_work_trees_have_their_story_too() {
    let folder = Folder::repository();
    folder.write("f", "x");
    let leak = folder.commit(&format!("message with {}", pat(1)));
    folder.git(&["branch", "side"]);
    let run = history(&folder);
    assert_eq!(changes(&run, "introduced"), [(leak, None)]);
    assert_eq!(run.finding()["refs"], serde_json::json!(["refs/heads/main", "refs/heads/side"]));
    assert_eq!(run.finding()["in_head"], true);

    let folder = Folder::repository();
    folder.write("f", "x");
    folder.commit("x");
    folder.git(&["tag", "--annotate", "-m", &pat(1), "v1"]);
    let finding = history(&folder).finding();
    assert_eq!(finding["refs"], serde_json::json!(["refs/tags/v1"]));
    assert_eq!(finding["exposure"], "local only");

    let folder = Folder::repository();
    folder.write("f", "x");
    folder.commit("x");
    folder.git(&["worktree", "add", "--quiet", "--detach", "../other"]);
    std::fs::write(folder.path().join("../other/g"), pat(1)).expect("a file");
    folder.git(&["-C", "../other", "add", "g"]);
    folder.git(&["-C", "../other", "commit", "--quiet", "-m", "there"]);
    assert_eq!(history(&folder).finding()["exposure"], "local only");
}

#[test]
fn excluded_paths_do_not_count() {
    let folder = Folder::repository();
    folder.write("vendor/f", pat(1));
    folder.commit("vendored");
    folder.scan(&["--no-files", "--exclude", "vendor"]).expect(0);
    folder.write("src/f", pat(1));
    let copied = folder.commit("copied");
    let run = folder.scan(&["--no-files", "--exclude", "vendor"]).expect(1);
    assert_eq!(changes(&run, "introduced"), [came(&copied, "src/f")]);
}

#[test]
fn folders_of_any_depth_and_names_of_any_kind() {
    let folder = Folder::repository();
    let path = format!("{}/100644 a b/ü/x 40000 y", vec!["d"; 30].join("/"));
    folder.write(&path, pat(1));
    let leak = folder.commit("deep");
    assert_eq!(changes(&history(&folder), "introduced"), [came(&leak, &path)]);
    folder.git(&["gc", "--quiet"]);
    assert_eq!(changes(&history(&folder), "introduced"), [came(&leak, &path)]);
}
