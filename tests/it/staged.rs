//! `--staged`: the index where it differs from HEAD.

use crate::support::program::Folder;
use crate::support::tokens::pat;

#[test]
fn the_index_counts_and_not_the_work_tree() {
    let folder = Folder::repository();
    folder.write("a", "clean\n");
    folder.commit("first");
    folder.write("a", format!("x\n{}\n", pat(1)));
    folder.scan(&["--staged"]).expect(0);
    folder.git(&["add", "a"]);
    folder.write("a", "clean again\n");
    let run = folder.scan(&["--staged", "--show-secrets"]).expect(1);
    assert_eq!(run.secrets(), [pat(1)]);
    let place = &run.finding()["locations"][0];
    assert_eq!(
        (&place["source"], &place["path"], &place["line"]),
        (&"index".into(), &"a".into(), &2.into())
    );
    assert_eq!(run.summary()["coverage"]["index"]["read"], 1);
    assert_eq!(run.summary()["coverage"]["objects"]["read"], 0);
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let folder = Folder::repository();
    folder.write("a/b", pat(1));
    folder.git(&["add", "."]);
    folder.scan(&["--staged"]).expect(1);
}

#[test]
fn what_head_has_already_is_not_brought_in() {
    let folder = Folder::repository();
    folder.write("a", format!("{}\n", pat(1)));
    folder.commit("leaked long ago");
    folder.write("a", format!("{}\nmore\n", pat(1)));
    folder.git(&["add", "a"]);
    let run = folder.scan(&["--staged"]).expect(0);
    assert_eq!(run.summary()["known"], 1);
    let human = folder.run(&["scan", "--staged"]).expect(0);
    assert!(human.stdout.contains("there before"), "{}", human.stdout);
    // Moved to another file it is not new, but a second secret on the line is.
    folder.git(&["mv", "-f", "a", "b"]);
    folder.scan(&["--staged"]).expect(0);
    folder.write("b", format!("{} {}\n", pat(1), pat(2)));
    folder.git(&["add", "b"]);
    let run = folder.scan(&["--staged", "--show-secrets"]).expect(1);
    assert_eq!(run.secrets(), [pat(2)]);
}

#[test]
fn only_what_differs_is_opened() {
    let folder = Folder::repository();
    for number in 0..20 {
        folder.write(format!("dir{number}/a"), format!("{number}\n"));
    }
    folder.commit("many");
    folder.write("dir3/a", "changed\n");
    folder.git(&["add", "."]);
    let run = folder.scan(&["--staged"]).expect(0);
    assert_eq!(run.summary()["coverage"]["index"]["read"], 1);
}

#[test]
fn deletions_renames_links_and_conflicts() {
    let folder = Folder::repository();
    folder.write("gone", "1\n2\n3\n");
    folder.write("conflict", "base\n");
    folder.commit("base");
    folder.git(&["rm", "--quiet", "gone"]);
    folder.scan(&["--staged"]).expect(0);
    folder.git(&["commit", "--quiet", "-m", "gone"]);
    folder.git(&["checkout", "--quiet", "-b", "side"]);
    folder.write("conflict", format!("side {}\n", pat(1)));
    folder.commit("side");
    folder.git(&["checkout", "--quiet", "main"]);
    folder.write("conflict", "main\n");
    folder.commit("main");
    // The merge stops at the conflict, and that is no failure of the test.
    let mut merge = std::process::Command::new("git");
    folder.scrub(&mut merge);
    merge.args(["-c", "user.name=x", "-c", "user.email=x@example.com", "merge", "-q", "side"]);
    assert!(!merge.output().expect("git runs").status.success());
    let run = folder.scan(&["--staged", "--show-secrets"]).expect(1);
    assert_eq!(run.secrets(), [pat(1)]);
}

#[test]
fn the_index_that_git_names_to_a_hook_is_read() {
    let mut folder = Folder::repository();
    folder.write("a", "clean\n");
    folder.commit("first");
    folder.write("a", pat(1));
    // What `git commit -a` does for its hooks.
    let other = folder.path().join(".git/index.lock");
    std::fs::copy(folder.path().join(".git/index"), &other).expect("a copy");
    folder.set("GIT_INDEX_FILE", &other);
    folder.git(&["add", "a"]);
    folder.scan(&["--staged"]).expect(1);
}

#[test]
fn a_real_hook_blocks_a_real_commit() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::repository();
    let hook = folder.path().join(".git/hooks/pre-commit");
    let script = format!("#!/bin/sh\nexec '{}' scan --staged\n", env!("CARGO_BIN_EXE_stanch"));
    std::fs::create_dir_all(folder.path().join(".git/hooks")).expect("a folder");
    std::fs::write(&hook, script).expect("a hook");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    folder.write("a", "clean\n");
    folder.commit("passes");
    folder.write("a", format!("{}\n", pat(1)));
    let mut commit = std::process::Command::new("git");
    folder.scrub(&mut commit);
    let commit = commit
        .args(["-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qam", "leak"])
        .output()
        .expect("git runs");
    assert!(!commit.status.success());
    let shown = String::from_utf8_lossy(&[commit.stdout, commit.stderr].concat()).into_owned();
    assert!(shown.contains("staged a:1:1") && !shown.contains(&pat(1)), "{shown}");
    assert_eq!(folder.git(&["rev-list", "--count", "HEAD"]), "1");
}

#[test]
fn submodules_and_excluded_paths_are_named() {
    let folder = Folder::repository();
    folder.write("a", "1\n");
    let commit = folder.commit("first");
    folder.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},sub")]);
    folder.write("vendor/x", pat(1));
    folder.git(&["add", "vendor"]);
    let run = folder.scan(&["--staged", "--exclude", "vendor"]).expect(0);
    let skipped = run.summary()["coverage"]["skipped"].clone();
    assert_eq!(skipped[0]["names"][0], "vendor/x");
    assert_eq!(skipped[1]["reason"], "submodule");
    assert_eq!(skipped[1]["names"][0], "sub");
}

#[test]
fn names_of_new_files_and_folders_are_staged() {
    let folder = Folder::repository();
    folder.write(format!("dir/{}", pat(1)), "clean 1\n");
    folder.write(format!("{}/file", pat(2)), "clean 2\n");
    folder.git(&["add", "."]);
    let run = folder.scan(&["--staged", "--show-secrets"]).expect(1);
    let mut secrets = run.secrets();
    secrets.sort();
    let mut expected = [pat(1), pat(2)];
    expected.sort();
    assert_eq!(secrets, expected);
    assert!(run.findings().iter().all(|it| it["occurrences"]["places"] == 1));
    folder.commit("there from now on");
    folder.write(format!("dir/{}", pat(1)), "changed\n");
    folder.write(format!("{}/deep/er", pat(2)), "clean 3\n");
    folder.git(&["add", "."]);
    assert_eq!(folder.scan(&["--staged"]).expect(0).summary()["known"], 2);
    folder.write(format!("{}/new", pat(3)), "clean 4\n");
    folder.git(&["add", "."]);
    assert_eq!(folder.scan(&["--staged", "--show-secrets"]).expect(1).secrets(), [pat(3)]);
    folder.scan(&["--staged", "--exclude", "glpat-*"]).expect(0);
}
