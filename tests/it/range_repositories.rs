//! Ranges in repositories of every form, and in the hooks of a server.

use crate::range::{leak, line_of_leaks, numbers};
use crate::support::program::Folder;
use crate::support::tokens::pat;

#[test]
fn a_range_that_reaches_the_end_of_a_shallow_clone_is_incomplete() {
    let (folder, _) = line_of_leaks(4);
    let from = format!("file://{}", folder.path().display());
    folder.git(&["clone", "--quiet", "--depth", "2", &from, "../shallow"]);
    // Within what is there nothing is missing.
    let run = folder.scan(&["../shallow", "--range", "HEAD~1..", "--show-secrets"]).expect(1);
    assert_eq!((numbers(&run), &run.summary()["complete"]), (vec![4], &true.into()));
    let run = folder.scan(&["../shallow", "--branch", "main", "--show-secrets"]).expect(1);
    assert_eq!(numbers(&run), [1, 2, 3, 4]);
    let gaps = run.summary()["coverage"]["gaps"].to_string();
    assert!(gaps.contains("git fetch --unshallow"), "{gaps}");
    assert_eq!(run.summary()["complete"], false);
    let why = folder.undone(&["../shallow", "--range", "HEAD~2..HEAD"]);
    assert!(why.contains("git fetch"), "{why}");
}

#[test]
fn what_a_partial_clone_lacks_fails_alone() {
    let folder = Folder::repository();
    for number in 1..=3 {
        folder.write(format!("{number}"), "x\n".repeat(usize::try_from(number).expect("small")));
        folder.commit(&format!("message {}", pat(number)));
    }
    let from = format!("file://{}", folder.path().display());
    folder.git(&["config", "uploadpack.allowFilter", "true"]);
    folder.git(&["clone", "--quiet", "--bare", "--filter=blob:none", &from, "../partial.git"]);
    let run = folder.scan(&["../partial.git", "--range", "HEAD~2..", "--show-secrets"]).expect(1);
    assert_eq!((numbers(&run), &run.summary()["complete"]), (vec![2, 3], &false.into()));
    let coverage = run.summary()["coverage"].clone();
    assert_eq!(coverage["failed"][0]["count"], 2);
    assert!(coverage["gaps"].to_string().contains("partial clone"), "{coverage}");
}

#[test]
fn bare_packed_and_sha256_repositories() {
    let (folder, _) = line_of_leaks(3);
    folder.git(&["gc", "--quiet"]);
    assert_eq!(folder.found(&["--range", "HEAD~1.."]), [3]);
    folder.git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    let run = folder.scan(&["../bare.git", "--range", "HEAD~1..", "--show-secrets"]).expect(1);
    assert_eq!(numbers(&run), [3]);
    assert_eq!(run.finding()["locations"][0]["repository"], "../bare.git");
    let folder = Folder::new();
    folder.git(&["init", "--quiet", "--object-format=sha256", "."]);
    (1..=3).for_each(|number| drop(leak(&folder, number)));
    assert_eq!(folder.found(&["--range", "HEAD~1.."]), [3]);
    assert_eq!(folder.found(&["--range", &format!("{}..HEAD", "0".repeat(64))]), [1, 2, 3]);
    folder.git(&["mv", "dir", "other"]);
    folder.commit("moved");
    assert!(folder.found(&["--range", "HEAD"]).is_empty());
}

#[test]
fn excluded_paths_and_submodules() {
    let (folder, commits) = line_of_leaks(1);
    folder.write("vendor/a", pat(2));
    folder.write("vendor/b", pat(3));
    folder.write("src/b", pat(3));
    folder.git(&["add", "."]);
    let entry = format!("160000,{},sub", commits[0]);
    folder.git(&["update-index", "--add", "--cacheinfo", &entry]);
    folder.git(&["commit", "--quiet", "-m", "vendor"]);
    let run = folder.scan(&["--range", "HEAD", "--exclude", "vendor/", "--show-secrets"]).expect(1);
    assert_eq!(numbers(&run), [3]);
    assert_eq!(run.finding()["locations"][0]["path"], "src/b");
    let skipped = run.summary()["coverage"]["skipped"].clone();
    assert_eq!(skipped[0]["names"], serde_json::json!(["vendor/a", "vendor/b"]));
    assert_eq!(
        (&skipped[1]["reason"], &skipped[1]["names"][0]),
        (&"submodule".into(), &"sub".into())
    );
    // What was not looked at before it was moved is new where it stands now.
    folder.git(&["rm", "--quiet", "--cached", "sub"]);
    folder.git(&["mv", "vendor/a", "src/a"]);
    folder.git(&["commit", "--quiet", "-m", "moved"]);
    assert!(folder.found(&["--range", "HEAD"]).is_empty());
    assert_eq!(folder.found(&["--range", "HEAD", "--exclude", "vendor/"]), [2]);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = Folder::repository();
    for number in 0..60 {
        folder.write("shared", format!("{}{}\n", "line\n".repeat(number % 7), pat(90)));
        leak(&folder, u64::try_from(number % 20).expect("small") + 1);
        folder.git(&["rm", "--quiet", "-r", "dir"]);
    }
    let run = |threads: &str| {
        let run = folder.scan(&["--branch", "main", "--threads", threads]).expect(1);
        let lines: Vec<&str> = run.stdout.lines().collect();
        lines[..lines.len() - 1].join("\n")
    };
    let one = run("1");
    assert_eq!(one.lines().count(), 21);
    assert!(["2", "3", "8", "100"].into_iter().all(|threads| run(threads) == one));
}

#[test]
fn a_real_hook_refuses_a_real_push() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, _) = line_of_leaks(1);
    folder.git(&["clone", "--quiet", "--bare", ".", "../server.git"]);
    let hook = folder.path().join("../server.git/hooks/pre-receive");
    let script = format!(
        "#!/bin/sh\nwhile read old new ref; do '{}' scan --range $old..$new >&2 || exit 1; done\n",
        env!("CARGO_BIN_EXE_stanch")
    );
    std::fs::create_dir_all(hook.parent().expect("a folder")).expect("a folder");
    std::fs::write(&hook, script).expect("a hook");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    let push = |what: &str| {
        let mut push = std::process::Command::new("git");
        folder.scrub(&mut push);
        let push = push.args(["push", "--quiet", "../server.git", what]).output();
        let push = push.expect("git runs");
        (push.status.success(), String::from_utf8_lossy(&push.stderr).into_owned())
    };
    folder.write("clean", "clean\n");
    folder.commit("clean");
    let (passed, shown) = push("main");
    assert!(passed && shown.contains("No secret found"), "{shown}");
    leak(&folder, 2);
    let (passed, shown) = push("main");
    assert!(!passed && shown.contains("1 secret found") && !shown.contains(&pat(2)), "{shown}");
    // A new branch, and one that is taken away.
    assert!(!push("main:refs/heads/other").0);
    folder.git(&["--git-dir", "../server.git", "branch", "gone", "main"]);
    assert!(push(":refs/heads/gone").0);
}
