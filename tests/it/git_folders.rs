//! Git folders are never read as files, and work trees are what git says that they are.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::program::{Folder, run, run_unprivileged};
use crate::support::tokens::pat;

fn committed() -> Folder {
    let folder = Folder::repository();
    folder.write("sub/a", "x\n");
    folder.commit("first");
    folder
}

#[test]
fn a_git_folder_that_cannot_be_opened_is_not_read_as_files() {
    let folder = committed();
    folder.write(".git/config", format!("[core\nbroken {}\n", pat(1)));
    let run = folder.scan(&[".git"]).expect(2);
    assert_eq!(run.summary()["coverage"]["files"]["read"], 0);
    // A .git that is no repository at all is still no folder of files.
    let folder = Folder::new();
    folder.write(".git/config", pat(1));
    folder.scan(&[".git"]).expect(2);
}

#[test]
fn a_folder_inside_a_git_folder_is_refused() {
    let folder = committed();
    folder.write(".git/info/notes", pat(1));
    folder.git(&["clone", "--quiet", "--bare", ".", "bare.git"]);
    for target in [".git/objects", ".git/info", ".git/refs/heads", "bare.git/objects"] {
        let run = folder.run(&["scan", target]).expect(2);
        assert!(run.stderr.contains("inside the git folder"), "{target}: {}", run.stderr);
        let mut command = folder.command();
        command.current_dir(folder.path().join(target)).args(["scan", "."]);
        run_(command, 2);
        folder.run(&["scan", "--no-history", target]).expect(2);
    }
    // A worktree that stands in a bare repository is a work tree.
    folder.git(&["-C", "bare.git", "worktree", "add", "--quiet", "tree"]);
    folder.write("bare.git/tree/sub/new", pat(2));
    folder.scan(&["--no-history", "bare.git/tree/sub"]).expect(1);
}

fn run_(command: std::process::Command, code: i32) {
    run(command, b"").expect(code);
}

#[test]
fn a_git_folder_that_is_closed_says_permission_denied() {
    let folder = committed();
    let git = folder.path().join(".git");
    std::fs::set_permissions(git, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    folder.give_away();
    let run = run_unprivileged(&folder, &["scan"]).expect(2);
    assert!(run.stderr.contains("permission denied"), "{}", run.stderr);
}

#[test]
fn a_tracked_path_behind_a_link_is_not_read() {
    let folder = Folder::repository();
    let outside = Folder::new();
    folder.write(".gitignore", "x\nlink\n");
    folder.write("dir/deep/x", "clean\n");
    folder.git(&["add", "--all", "--force", "."]);
    folder.git(&["commit", "--quiet", "--message", "all"]);
    outside.write("deep/x", pat(1));
    std::fs::remove_dir_all(folder.path().join("dir")).expect("the folder");
    symlink(outside.path(), folder.path().join("dir")).expect("a link");
    folder.scan(&["--no-history"]).expect(0);
    // A link deeper down is none to be followed either.
    std::fs::remove_file(folder.path().join("dir")).expect("the link");
    std::fs::create_dir(folder.path().join("dir")).expect("a folder");
    symlink(outside.path().join("deep"), folder.path().join("dir/deep")).expect("a link");
    folder.scan(&["--no-history"]).expect(0);
    // The target itself may be named through a link.
    symlink(folder.path(), folder.home().join("way")).expect("a link");
    std::fs::remove_file(folder.path().join("dir/deep")).expect("the link");
    folder.write("dir/deep/x", pat(2));
    folder.scan(&["--no-history", "../home/way"]).expect(1);
}

#[test]
fn a_work_tree_that_is_elsewhere_is_said() {
    let folder = committed();
    let elsewhere = Folder::new();
    elsewhere.write("a", pat(1));
    let path = elsewhere.path();
    folder.git(&["config", "core.worktree", path.to_str().expect("text")]);
    let run = folder.scan(&[]).expect(3);
    assert!(run.stdout.contains("core.worktree"), "{}", run.stdout);
    assert!(run.stdout.contains(path.to_str().expect("text")), "{}", run.stdout);
    assert_ne!(run.summary()["coverage"]["objects"]["read"], 0);
    folder.scan(&["--no-files"]).expect(0);
    // What lies in the folder that was named is read all the same.
    folder.write("left", pat(2));
    folder.scan(&["--no-history"]).expect(1);
}

#[test]
fn settings_of_the_repository_hold_for_one_file_of_it() {
    let folder = committed();
    folder.write(".stanch.toml", "prefixes = [\"acme-\"]\n");
    let token = pat(1).replace("glpat-", "acme-");
    folder.write("sub/one", format!("key = {token}\n"));
    folder.scan(&["--no-history", "."]).expect(1);
    folder.scan(&["sub/one"]).expect(1);
    let mut command = folder.command();
    command.current_dir(folder.path().join("sub")).args(["scan", "one"]);
    run_(command, 1);
}
