//! Hooks for all repositories of a user, beside what else sets core.hooksPath or is in the folder.

use std::os::unix::fs::symlink;

use super::chmod;
use crate::support::program::Folder;
use crate::support::tokens::pat;

const FOLDER: &str = "../home/.config/git/hooks";

fn names(folder: &Folder) -> usize {
    std::fs::read_dir(folder.path().join(FOLDER)).map_or(0, Iterator::count)
}

/// Puts a hook into the repository's own folder; gives back whether git comes to run it.
fn own_hook_runs(folder: &Folder) -> bool {
    folder.script(".git/hooks/commit-msg", "echo own >> ../log");
    folder.try_git(&["commit", "--quiet", "--allow-empty", "-m", "x"]).passed();
    let ran = folder.read("../log") == "own\n";
    let _ = std::fs::remove_file(folder.path().join("../log"));
    ran
}

#[test]
fn what_else_is_in_the_folder_does_not_leave_repositories_without_their_hooks() {
    let folder = Folder::repository();
    folder.write(format!("{FOLDER}/README"), "mine\n");
    folder.hook(&["install", "--global"]).expect(0);
    assert!(own_hook_runs(&folder));
    let said = folder.hook(&["uninstall", "--global"]).expect(0).stdout;
    assert!(said.contains("taken out of your git settings"), "{said}");
    assert!(own_hook_runs(&folder) && names(&folder) == 1);
    let said = folder.hook(&["uninstall", "--global"]).expect(0).stdout;
    assert!(said.contains("no hook of ours is in"), "{said}");
    // A hook for all repositories is one that only the setting brings in.
    folder.hook(&["install", "--global"]).expect(0);
    folder.script(&format!("{FOLDER}/post-commit"), "echo all >> ../all");
    let said = folder.hook(&["uninstall", "--global"]).expect(0).stdout;
    assert!(said.contains("hooks of others (post-commit): core.hooksPath stays"), "{said}");
    assert!(own_hook_runs(&folder) && folder.read("../all") == "all\n");
    // What is missing is put there again.
    std::fs::remove_file(folder.path().join(FOLDER).join("commit-msg")).expect("a hook");
    std::fs::remove_file(folder.path().join(FOLDER).join("pre-commit")).expect("a hook");
    assert!(!own_hook_runs(&folder));
    let said = folder.hook(&["install", "--global"]).expect(0).stdout;
    assert!(said.contains("2 hooks that run the repository's own are written anew"), "{said}");
    assert!(own_hook_runs(&folder));
    folder.write("a", pat(1));
    folder.try_commit().blocked();
}

#[test]
fn settings_from_elsewhere_are_seen() {
    // An included file.
    let folder = Folder::repository();
    folder.write("../home/more", "[core]\n\thooksPath = ~/mine\n");
    folder.write("../home/.gitconfig", "[include]\n\tpath = more\n");
    folder.hook(&["install", "--global"]).expect(0);
    assert!(folder.path().join("../home/mine/pre-commit").exists() && names(&folder) == 0);
    assert!(!folder.read("../home/.gitconfig").contains("hooksPath"));
    folder.hook(&["test", "--global"]).expect(0);
    // The other of the two files of a user.
    let folder = Folder::repository();
    folder.write("../home/.config/git/config", "[core]\n\thooksPath = ~/mine\n");
    folder.write("../home/.gitconfig", "[user]\n\tname = x\n");
    folder.hook(&["install", "--global"]).expect(0);
    assert!(folder.path().join("../home/mine/pre-commit").exists() && names(&folder) == 0);
    // Those of the machine.
    let mut folder = Folder::repository();
    folder.write("../system", "[core]\n\thooksPath = /machine\n");
    folder.set("GIT_CONFIG_SYSTEM", folder.path().join("../system"));
    folder.set("GIT_CONFIG_NOSYSTEM", "0");
    let said = folder.hook(&["install", "--global"]).expect(2).stderr;
    assert!(said.contains("/machine, set by file:") && names(&folder) == 0, "{said}");
    assert!(folder.hook(&["install"]).expect(2).stderr.contains("in other repositories, too"));
    // One that comes later wins.
    let folder = Folder::repository();
    folder.hook(&["install", "--global"]).expect(0);
    folder.hook(&["status", "--global"]).expect(0);
    let ours = folder.read("../home/.gitconfig");
    folder.write("../home/more", "[core]\n\thooksPath = ~/mine\n");
    folder.write("../home/.gitconfig", ours + "[include]\n\tpath = more\n");
    let said = folder.hook(&["status", "--global"]).expect(1).stdout;
    assert!(said.contains("/mine ") && said.contains("pre-commit: not installed"), "{said}");
    folder.hook(&["test", "--global"]).expect(2);
    folder.hook(&["uninstall", "--global"]).expect(0);
    assert!(names(&folder) == 0 && !folder.read("../home/.gitconfig").contains("hooksPath"));
    // So does the repository's own.
    let folder = Folder::repository();
    folder.hook(&["install", "--global"]).expect(0);
    folder.git(&["config", "core.hooksPath", "mine"]);
    for command in ["status", "test"] {
        let said = folder.hook(&[command, "--global"]).expect(1).stdout;
        assert!(said.contains("in this repository git looks in "), "{said}");
    }
    assert!(folder.hook(&["install", "--global"]).expect(0).stdout.contains("git looks in "));
}

#[test]
fn without_global_the_hooks_of_all_are_not_touched() {
    let folder = Folder::repository();
    let own = ".git/hooks/pre-push";
    folder.hook(&["install", "--global"]).expect(0);
    let said = folder.hook(&["uninstall"]).expect(2).stderr;
    assert!(said.contains("stanch hook uninstall --global"), "{said}");
    folder.hook(&["install", "pre-push"]).expect(0);
    assert!(folder.path().join(own).exists());
    let said = folder.hook(&["status"]).expect(0).stdout;
    assert_eq!(said.matches(": installed, runs ").count(), 2, "{said}");
    assert_eq!(folder.hook(&["test"]).expect(0).stdout.matches(": blocks: ").count(), 2);
    folder.git(&["init", "--quiet", "--bare", "../server.git"]);
    folder.write("a", pat(1));
    folder.git(&["add", "a"]);
    folder.try_git(&["commit", "--quiet", "--no-verify", "-m", "x"]).passed();
    folder.try_git(&["push", "--quiet", "../server.git", "HEAD:refs/heads/x"]).blocked();
    folder.hook(&["uninstall"]).expect(0);
    assert!(!folder.path().join(own).exists());
    folder.hook(&["status", "--global"]).expect(0);
    // A folder that does not run those of the repository.
    let folder = Folder::repository();
    folder.git(&["config", "--global", "core.hooksPath", "~/mine"]);
    for command in ["install", "uninstall"] {
        let said = folder.hook(&[command]).expect(2).stderr;
        assert!(said.contains("--global; for this one alone"), "{said}");
    }
    assert!(!folder.home().join("mine").exists());
}

#[test]
fn hooks_for_all_that_meet_themselves_end() {
    for copied in [false, true] {
        let folder = Folder::repository();
        folder.hook(&["install", "--global"]).expect(0);
        let (own, all) = (folder.path().join(".git/hooks"), folder.path().join(FOLDER));
        let _ = std::fs::remove_dir_all(&own);
        if copied {
            std::fs::create_dir_all(&own).expect("a folder");
            for name in ["pre-commit", "commit-msg"] {
                std::fs::copy(all.join(name), own.join(name)).expect("a copy");
            }
        } else {
            symlink(&all, &own).expect("a link");
        }
        folder.write("a", "clean\n");
        folder.try_commit().passed();
        folder.write("a", pat(1));
        folder.try_commit().blocked();
    }
}

#[test]
fn settings_that_cannot_be_written_leave_nothing_behind() {
    let folder = Folder::repository();
    folder.write("../home/.gitconfig.lock", "");
    folder.hook(&["install", "--global"]).expect(2);
    assert!(!folder.path().join(FOLDER).exists());
    // A pipe stands for a device here: neither is to be replaced.
    let mut folder = Folder::repository();
    let pipe = folder.home().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    folder.set("GIT_CONFIG_GLOBAL", &pipe);
    let said = folder.hook(&["install", "--global"]).expect(2).stderr;
    assert!(said.contains("no plain file") && !pipe.is_file() && names(&folder) == 0, "{said}");
    // A folder that is not a whole path does not count.
    let mut folder = Folder::repository();
    folder.set("XDG_CONFIG_HOME", "below");
    folder.hook(&["install", "--global"]).expect(0);
    assert!(folder.path().join(FOLDER).exists() && !folder.path().join("below").exists());
}

#[test]
fn a_test_does_not_depend_on_settings() {
    let folder = Folder::repository();
    folder.hook(&["install", "pre-commit", "pre-push", "pre-receive"]).expect(0);
    for (name, value) in [
        ("push.gpgSign", "true"),
        ("push.pushOption", "x"),
        ("protocol.file.allow", "never"),
        ("url.https://other.example/.insteadOf", "/"),
        ("url.https://other.example/.pushInsteadOf", "/"),
    ] {
        folder.git(&["config", "--global", name, value]);
    }
    let said = folder.hook(&["test"]).expect(0).stdout;
    assert_eq!(said.matches(": blocks: ").count(), 3, "{said}");
    // A program that is gone is told, in quotes, too.
    let hook = folder.path().join(".git/hooks/pre-commit");
    let text = folder.read(".git/hooks/pre-commit");
    let text = text.replace(env!("CARGO_BIN_EXE_stanch"), "'/gone for ever/stanch'");
    std::fs::write(&hook, text).expect("a hook");
    chmod(&hook, 0o755);
    let said = folder.hook(&["status", "pre-commit"]).expect(0).stdout;
    assert!(said.contains("/gone for ever/stanch is gone"), "{said}");
}
