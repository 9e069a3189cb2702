//! The whole history, whatever form the repository has.

use serde_json::Value;

use crate::support::program::{Folder, Run};
use crate::support::tokens::{pat, utf16};

/// The places of the only finding, each as source, commit, path and line.
fn places(run: &Run) -> Vec<(String, Option<String>, Option<String>, u64)> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    run.finding()["locations"]
        .as_array()
        .expect("places")
        .iter()
        .map(|it| {
            let source = text(it.get("source")).expect("a source");
            (
                source,
                text(it.get("commit")),
                text(it.get("path")),
                it["line"].as_u64().expect("a line"),
            )
        })
        .collect()
}

/// A repository whose token came in the second commit and went in the third.
fn leaked_and_removed(token: &str) -> (Folder, String) {
    let folder = Folder::repository();
    folder.write("a/config", "nothing\n");
    folder.commit("first");
    folder.write("a/config", format!("nothing\nkey = {token}\n"));
    let leak = folder.commit("second");
    folder.write("a/config", "nothing\n");
    folder.commit("third");
    (folder, leak)
}

#[test]
fn a_token_that_was_removed_is_found_with_its_commit_and_path() {
    let token = pat(1);
    let (folder, leak) = leaked_and_removed(&token);
    let run = folder.scan(&[]).expect(1);
    assert_eq!(places(&run), [("history".to_owned(), Some(leak), Some("a/config".to_owned()), 2)]);
    let place = &run.finding()["locations"][0];
    assert_eq!(
        (&place["author"], &place["email"]),
        (&"Ann Author".into(), &"Ann@example.com".into())
    );
    assert_eq!(place["date"], "2023-11-14T23:13:20+01:00");
    folder.scan(&["--no-history"]).expect(0);
}

#[test]
fn files_and_history_can_each_be_left_out() {
    let folder = Folder::repository();
    folder.write("old", pat(1));
    folder.commit("old");
    std::fs::remove_file(folder.path().join("old")).expect("the file");
    folder.write("new", pat(2));
    assert_eq!(folder.scan(&[]).expect(1).findings().len(), 2);
    assert_eq!(folder.scan(&["--no-history", "--show-secrets"]).expect(1).secrets(), [pat(2)]);
    assert_eq!(folder.scan(&["--no-files", "--show-secrets"]).expect(1).secrets(), [pat(1)]);
    folder.scan(&["--no-files", "--no-history"]).expect(2);
}

#[test]
fn a_bare_repository_is_its_history() {
    let (folder, leak) = leaked_and_removed(&pat(1));
    folder.git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    let run = folder.scan(&["../bare.git"]).expect(1);
    assert_eq!(places(&run)[0].1, Some(leak));
    assert_eq!(run.finding()["locations"][0]["repository"], "../bare.git");
    assert_eq!(run.summary()["coverage"]["files"]["read"], 0);
    folder.scan(&["../bare.git", "--no-history"]).expect(2);
    // So is the git folder of a work tree.
    let run = folder.scan(&[".git"]).expect(1);
    assert_eq!(run.summary()["coverage"]["files"]["read"], 0);
}

#[test]
fn a_linked_work_tree_has_its_files_and_the_whole_history() {
    let (folder, _) = leaked_and_removed(&pat(1));
    folder.git(&["worktree", "add", "--quiet", "../linked", "-b", "other"]);
    std::fs::write(folder.path().join("../linked/new"), pat(2)).expect("a file");
    let run = folder.scan(&["../linked", "--show-secrets"]).expect(1);
    let mut secrets = run.secrets();
    secrets.sort();
    let mut expected = [pat(1), pat(2)];
    expected.sort();
    assert_eq!(secrets, expected);
}

#[test]
fn a_folder_inside_a_work_tree_is_its_files_and_the_history_around_it() {
    let (folder, _) = leaked_and_removed(&pat(1));
    folder.write("outside", pat(2));
    folder.write("a/inside", pat(3));
    let run = folder.scan(&["a", "--show-secrets"]).expect(1);
    let mut secrets = run.secrets();
    secrets.sort();
    let mut expected = [pat(1), pat(3)];
    expected.sort();
    assert_eq!(secrets, expected);
}

#[test]
fn packed_objects_and_alternates_are_read() {
    let (folder, _) = leaked_and_removed(&pat(1));
    folder.git(&["gc", "--quiet"]);
    folder.scan(&[]).expect(1);
    folder.git(&["clone", "--quiet", "--shared", "--bare", ".", "../shared.git"]);
    assert_eq!(folder.scan(&["../shared.git"]).expect(1).findings().len(), 1);
}

#[test]
fn every_surface_that_holds_text_is_read() {
    let folder = Folder::repository();
    folder.write("base", "base\n");
    folder.commit("base");
    let find = |folder: &Folder, token: &str| -> String {
        let run = folder.scan(&["--no-files", "--show-secrets"]).expect(1);
        let finding = run.findings().into_iter().find(|finding| finding["secret"] == token);
        let finding = finding.unwrap_or_else(|| panic!("not found in\n{}", run.stdout));
        finding["locations"][0]["source"].as_str().expect("a source").to_owned()
    };

    let message = pat(1);
    folder.commit(&format!("subject\n\nbody {message}"));
    assert_eq!(find(&folder, &message), "commit_message");

    let author = pat(2);
    let who = format!("{author} <a@example.com>");
    folder.git(&["commit", "--quiet", "--allow-empty", "-m", "x", "--author", &who]);
    assert_eq!(find(&folder, &author), "commit_header");

    let tag = pat(3);
    folder.git(&["tag", "--annotate", "-m", &format!("release {tag}"), "v1"]);
    assert_eq!(find(&folder, &tag), "tag_message");

    let note = pat(4);
    folder.git(&["notes", "add", "-m", &format!("note {note}")]);
    assert_eq!(find(&folder, &note), "history");

    let stash = pat(5);
    folder.write("base", format!("{stash}\n"));
    folder.git(&["stash", "push", "--quiet"]);
    assert_eq!(find(&folder, &stash), "history");

    let link = pat(6);
    std::os::unix::fs::symlink(format!("/{link}"), folder.path().join("link")).expect("a link");
    folder.commit("link");
    assert_eq!(find(&folder, &link), "history");

    let wide = pat(7);
    folder.write("wide", utf16(&format!("a = {wide}\r\n"), false));
    folder.commit("wide");
    assert_eq!(find(&folder, &wide), "history");

    let branch = pat(9);
    folder.git(&["branch", &format!("feature/{branch}")]);
    assert_eq!(find(&folder, &branch), "ref_name");

    let modules = pat(10);
    let url =
        format!("[submodule \"x\"]\n\tpath = x\n\turl = https://oauth2:{modules}@host/x.git\n");
    folder.write(".gitmodules", url);
    folder.commit("submodule");
    assert_eq!(find(&folder, &modules), "history");

    let amended = pat(8);
    folder.write("amended", &amended);
    folder.commit("to be amended");
    std::fs::remove_file(folder.path().join("amended")).expect("the file");
    folder.git(&["add", "--all", "."]);
    folder.git(&["commit", "--quiet", "--amend", "--allow-empty", "-m", "amended"]);
    assert_eq!(find(&folder, &amended), "unreachable");
}

#[test]
fn what_only_a_merge_brings_in_is_found() {
    let folder = Folder::repository();
    folder.write("a", "1\n");
    folder.commit("base");
    folder.git(&["checkout", "--quiet", "-b", "side"]);
    folder.write("b", "2\n");
    folder.commit("side");
    folder.git(&["checkout", "--quiet", "main"]);
    folder.write("c", "3\n");
    folder.commit("main");
    folder.git(&["merge", "--quiet", "--no-commit", "--no-ff", "side"]);
    let token = pat(1);
    folder.write("a", format!("1\n{token}\n"));
    let merge = folder.commit("merge");
    folder.write("a", "1\n");
    folder.commit("clean");
    let run = folder.scan(&[]).expect(1);
    assert_eq!(places(&run), [("history".to_owned(), Some(merge), Some("a".to_owned()), 2)]);
}

#[test]
fn one_secret_in_many_commits_is_one_finding_at_its_first() {
    let folder = Folder::repository();
    let token = pat(1);
    let mut first = None;
    for number in 0..5 {
        folder.write("file", format!("{}\n{token}\n", "line\n".repeat(number)));
        let commit = folder.commit("more");
        first.get_or_insert(commit);
    }
    folder.git(&["branch", "other"]);
    let run = folder.scan(&["--no-files"]).expect(1);
    let places = places(&run);
    assert_eq!(places.len(), 5);
    let lines: Vec<u64> = places.iter().map(|place| place.3).collect();
    assert!(lines.contains(&2) && lines.contains(&6) && places.iter().any(|it| it.1 == first));
}

#[test]
fn excluded_paths_of_history_do_not_count() {
    let folder = Folder::repository();
    folder.write("vendor/a", pat(1));
    folder.write("vendor/both", pat(2));
    folder.commit("vendor");
    folder.write("src/both", pat(2));
    folder.commit("both");
    let run = folder.scan(&["--no-files", "--exclude", "vendor/", "--show-secrets"]).expect(1);
    assert_eq!(run.secrets(), [pat(2)]);
    assert_eq!(places(&run)[0].2.as_deref(), Some("src/both"));
}

#[test]
fn a_sha256_repository_is_read() {
    let folder = Folder::new();
    folder.git(&["init", "--quiet", "--object-format=sha256", "."]);
    folder.write("a", pat(1));
    let leak = folder.commit("leak");
    assert_eq!(leak.len(), 64);
    folder.write("a", "clean");
    folder.commit("clean");
    folder.git(&["gc", "--quiet"]);
    let run = folder.scan(&[]).expect(1);
    assert_eq!(places(&run), [("history".to_owned(), Some(leak), Some("a".to_owned()), 1)]);
    folder.write("b", pat(2));
    folder.git(&["add", "b"]);
    assert_eq!(folder.scan(&["--staged", "--show-secrets"]).expect(1).secrets(), [pat(2)]);
}

#[test]
fn a_shallow_or_partial_clone_is_never_clean() {
    let (folder, _) = leaked_and_removed(&pat(1));
    let from = format!("file://{}", folder.path().display());
    folder.git(&["clone", "--quiet", "--depth", "1", &from, "../shallow"]);
    let run = folder.scan(&["../shallow"]).expect(3);
    assert_eq!(run.summary()["complete"], false);
    let gap = run.summary()["coverage"]["gaps"][0].as_str().expect("a gap").to_owned();
    assert!(gap.contains("git fetch --unshallow"), "{gap}");
    folder.git(&["config", "uploadpack.allowFilter", "true"]);
    folder.git(&["clone", "--quiet", "--bare", "--filter=blob:none", &from, "../partial.git"]);
    let run = folder.scan(&["../partial.git"]).expect(3);
    assert!(
        run.summary()["coverage"]["gaps"][0].as_str().expect("a gap").contains("partial clone")
    );
    let human = folder.run(&["scan", "../shallow"]).expect(3);
    assert!(human.stdout.contains("INCOMPLETE") && !human.stdout.contains("all of it"));
}

#[test]
fn an_empty_repository_is_clean() {
    let folder = Folder::repository();
    folder.scan(&[]).expect(0);
    folder.git(&["init", "--quiet", "--bare", "../empty.git"]);
    folder.scan(&["../empty.git"]).expect(0);
}

#[test]
fn what_lies_elsewhere_is_listed_as_not_read() {
    let folder = Folder::repository();
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n",
        "0123456789abcdef".repeat(4)
    );
    folder.write("large.bin", pointer);
    let commit = folder.commit("pointer");
    folder.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},module")]);
    folder.git(&["commit", "--quiet", "-m", "module"]);
    folder.write("in-a-name", "x");
    folder.git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    let run = folder.scan(&["../bare.git"]).expect(0);
    let skipped = run.summary()["coverage"]["skipped"].as_array().cloned().expect("a list");
    let reasons: Vec<&str> = skipped.iter().filter_map(|it| it["reason"].as_str()).collect();
    assert_eq!(reasons, ["submodule", "content that Git LFS keeps elsewhere"]);
    // Names in a tree that nobody has checked out.
    folder.write(format!("d/{}", pat(1)), "x");
    folder.commit("name");
    folder.git(&["push", "--quiet", "../bare.git", "main"]);
    let run = folder.scan(&["../bare.git"]).expect(1);
    assert_eq!(run.finding()["locations"][0]["source"], "file_name");
}
