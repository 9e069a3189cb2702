//! The index in forms that libgit2 does not read, damaged, closed, and where a hook names another.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::program::{Folder, run_unprivileged};
use crate::support::tokens::pat;

/// A work tree with a token in history, one in a tracked file that an ignore rule covers, and one
/// in a file that is not tracked.
fn tree() -> Folder {
    let folder = Folder::repository();
    folder.write("old", pat(1));
    folder.commit("leak");
    std::fs::remove_file(folder.path().join("old")).expect("the file");
    folder.write(".gitignore", "*.log\n");
    folder.write("sub/forced.log", pat(2));
    folder.write("ignored.log", pat(9));
    folder.write("clean", "x\n");
    folder.git(&["add", "--all", "."]);
    folder.git(&["add", "--force", "sub/forced.log"]);
    folder.git(&["commit", "--quiet", "--message", "all"]);
    folder.write("new", pat(3));
    folder
}

fn sorted(mut secrets: Vec<String>) -> Vec<String> {
    secrets.sort();
    secrets
}

/// The secrets in files on disk and in history.
#[track_caller]
fn both(folder: &Folder, code: i32) -> (Vec<String>, Vec<String>) {
    let scan = |what| {
        let run = folder.scan(&["--show-secrets", what]).expect(1);
        assert_eq!(run.summary()["complete"], code == 0, "{}", run.stdout);
        sorted(run.secrets())
    };
    (scan("--no-history"), sorted(folder.scan(&["--show-secrets", "--no-files"]).secrets()))
}

#[test]
fn a_split_index_is_read() {
    for version in ["2", "3", "4"] {
        let folder = tree();
        folder.git(&["update-index", "--index-version", version]);
        folder.git(&["update-index", "--split-index"]);
        let expected = (sorted(vec![pat(2), pat(3)]), sorted(vec![pat(1), pat(2)]));
        assert_eq!(both(&folder, 0), expected);
        folder.scan(&["--staged"]).expect(0);
        // Entries that are added, replaced and gone are told apart from those that are shared.
        folder.write("sub/added", pat(4));
        folder.write("clean", pat(5));
        folder.git(&["add", "sub/added", "clean"]);
        folder.git(&["rm", "--quiet", "--cached", "sub/forced.log"]);
        let run = folder.scan(&["--staged", "--show-secrets"]).expect(1);
        assert_eq!(sorted(run.secrets()), sorted(vec![pat(4), pat(5)]));
        assert_eq!(run.summary()["coverage"]["index"]["read"], 2);
        // forced.log is ignored now, and that is no gap.
        let expected = sorted(vec![pat(3), pat(4), pat(5)]);
        assert_eq!(both(&folder, 0).0, expected);
    }
}

#[test]
fn a_sparse_index_is_read() {
    let folder = tree();
    folder.write("far/away/file", "x\n");
    folder.commit("far");
    folder.git(&["sparse-checkout", "init", "--cone", "--sparse-index"]);
    folder.git(&["sparse-checkout", "set", "sub"]);
    folder.scan(&["--staged"]).expect(0);
    folder.write("sub/added", pat(4));
    folder.git(&["add", "sub/added"]);
    let run = folder.scan(&["--staged", "--show-secrets"]).expect(1);
    assert_eq!(run.secrets(), [pat(4)]);
    assert_eq!(run.summary()["coverage"]["index"]["read"], 1);
    let (files, history) = both(&folder, 0);
    assert_eq!(files, sorted(vec![pat(2), pat(3), pat(4)]));
    assert!(history.contains(&pat(1)));
}

#[test]
fn an_index_that_cannot_be_read_is_said_and_everything_else_is_read() {
    let whole = {
        let folder = tree();
        std::fs::read(folder.path().join(".git/index")).expect("the index")
    };
    let mut turned = whole.clone();
    turned[60] ^= 0x55;
    for damage in [&b""[..], b"garbage", &whole[..whole.len() / 2], &turned, &[0; 4096]] {
        let folder = tree();
        folder.write(".git/index", damage);
        let run = folder.scan(&["--show-secrets"]).expect(1);
        assert_eq!(sorted(run.secrets()), sorted(vec![pat(1), pat(2), pat(3)]));
        assert_eq!(run.summary()["complete"], false);
        let failed = &run.summary()["coverage"]["failed"][0];
        let reason = failed["reason"].as_str().expect("a reason");
        assert!(reason.starts_with("the index cannot be read"), "{reason}");
        assert!(!reason.contains("exist"), "{reason}");
        assert_eq!(failed["names"][0], ".git/index");
        let run = folder.run(&["scan", "--staged"]).expect(2);
        assert!(run.stderr.contains("the index cannot be read"), "{}", run.stderr);
    }
    // What is no file is not waited for.
    let folder = tree();
    let index = folder.path().join(".git/index");
    std::fs::remove_file(&index).expect("the index");
    assert!(std::process::Command::new("mkfifo").arg(index).status().expect("mkfifo").success());
    folder.run(&["scan", "--staged"]).expect(2);
    folder.scan(&[]).expect(1);
    // Without a finding that is an incomplete result.
    let folder = Folder::repository();
    folder.write("a", "x");
    folder.commit("first");
    folder.write(".git/index", "");
    folder.scan(&[]).expect(3);
    // A split index without its other half.
    let folder = tree();
    folder.git(&["update-index", "--split-index"]);
    for entry in std::fs::read_dir(folder.path().join(".git")).expect("a folder").flatten() {
        if entry.file_name().to_string_lossy().starts_with("sharedindex.") {
            std::fs::remove_file(entry.path()).expect("the file");
        }
    }
    let run = folder.run(&["scan", "--staged"]).expect(2);
    assert!(run.stderr.contains("sharedindex."), "{}", run.stderr);
    folder.scan(&[]).expect(1);
}

#[test]
fn an_index_that_is_closed_says_so() {
    let folder = Folder::repository();
    folder.write("a", "x");
    folder.commit("first");
    let index = folder.path().join(".git/index");
    std::fs::set_permissions(index, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    folder.give_away();
    let run = run_unprivileged(&folder, &["scan", "--format", "jsonl"]).expect(3);
    let reason = "the index cannot be read: permission denied";
    assert_eq!(run.summary()["coverage"]["failed"][0]["reason"], reason);
    assert_ne!(run.summary()["coverage"]["objects"]["read"], 0);
}

#[test]
fn a_repository_before_its_first_index_is_empty() {
    let folder = Folder::repository();
    folder.scan(&["--staged"]).expect(0);
    folder.scan(&[]).expect(0);
}

#[test]
fn an_index_that_a_hook_is_told_of_is_found_from_the_top_and_must_be_there() {
    let mut folder = Folder::repository();
    folder.write("sub/a", "clean\n");
    folder.commit("first");
    std::fs::copy(folder.path().join(".git/index"), folder.path().join(".git/other"))
        .expect("a copy");
    folder.write("sub/a", pat(1));
    folder.set("GIT_INDEX_FILE", ".git/other");
    folder.git(&["add", "sub/a"]);
    folder.scan(&["--staged"]).expect(1);
    let mut command = folder.command();
    command.current_dir(folder.path().join("sub")).args(["scan", "--staged"]);
    crate::support::program::run(command, b"").expect(1);
    folder.scan(&["--staged", "sub"]).expect(1);
    // Another repository has an index of its own.
    let other = Folder::repository();
    other.write("b", "clean\n");
    other.git(&["add", "b"]);
    folder.scan(&["--staged", other.path().to_str().expect("text")]).expect(0);
    folder.set("GIT_INDEX_FILE", ".git/none");
    let run = folder.run(&["scan", "--staged"]).expect(2);
    assert!(run.stderr.contains("GIT_INDEX_FILE"), "{}", run.stderr);
    assert!(run.stderr.contains(".git/none: no such file"), "{}", run.stderr);
}
