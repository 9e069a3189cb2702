//! `hook test`, `hook status` and hooks for all repositories of a user.

use std::process::Command;

use super::chmod;
use crate::support::program::Folder;
use crate::support::tokens::pat;

#[test]
fn a_test_proves_that_a_hook_blocks_or_finds_out_that_it_does_not() {
    let mut folder = Folder::repository();
    assert!(folder.hook(&["test"]).expect(2).stderr.contains("stanch hook install"));
    folder.hook(&["install", "pre-commit", "pre-push", "pre-receive"]).expect(0);
    let said = folder.hook(&["test"]).expect(0).stdout;
    assert_eq!(said.matches(": blocks: a planted token did not pass").count(), 3, "{said}");
    assert_eq!(folder.git(&["status", "--porcelain"]), "");
    assert_eq!(folder.git(&["count-objects"]), "0 objects, 0 kilobytes");
    let status = folder.hook(&["status"]).expect(0).stdout;
    assert_eq!(status.matches(": installed, runs ").count(), 3, "{status}");
    // Disabled.
    let hook = folder.path().join(".git/hooks/pre-commit");
    chmod(&hook, 0o644);
    let said = folder.hook(&["test"]).expect(1).stdout;
    assert!(said.contains("pre-commit: DOES NOT BLOCK") && said.contains("chmod +x"), "{said}");
    assert!(said.contains("pre-push: blocks"), "{said}");
    let status = folder.hook(&["status"]).expect(1).stdout;
    assert!(status.contains("git does not run it"), "{status}");
    let said = folder.hook(&["install"]).expect(0).stdout;
    assert!(said.contains("written anew"), "{said}");
    folder.hook(&["test"]).expect(0);
    // One that blocks whatever comes proves nothing.
    folder.script(".git/hooks/pre-commit", "echo never; exit 1");
    let said = folder.hook(&["test", "pre-commit"]).expect(1).stdout;
    assert!(said.contains("not because of the planted token") && said.contains("never"), "{said}");
    folder.script(".git/hooks/pre-commit", "exit 0");
    let said = folder.hook(&["test", "pre-commit"]).expect(1).stdout;
    assert!(said.contains("is not ours"), "{said}");
    // Looked for elsewhere, and skipped for good.
    folder.hook(&["install", "pre-commit"]).expect(0);
    folder.set("STANCH_SKIP", "1");
    let said = folder.hook(&["test", "pre-commit"]).expect(1).stdout;
    assert!(said.contains("take it out of your environment"), "{said}");
    folder.git(&["config", "core.hooksPath", "/nowhere"]);
    assert!(folder.hook(&["test", "pre-commit"]).expect(1).stdout.contains("There is none"));
}

#[test]
fn hooks_for_all_repositories_leave_those_of_each_alone() {
    let folder = Folder::repository();
    let said = folder.hook(&["install", "--global"]).expect(0).stdout;
    assert!(said.contains("core.hooksPath is set to"), "{said}");
    let hooks = folder.home().join(".config/git/hooks");
    assert_eq!(folder.git(&["config", "--global", "core.hooksPath"]), hooks.display().to_string());
    folder.script(".git/hooks/commit-msg", "echo message >> ../log");
    folder.script(".git/hooks/pre-commit", "echo before >> ../log");
    folder.write("a", "clean\n");
    folder.try_commit().passed();
    assert_eq!(folder.read("../log"), "before\nmessage\n");
    folder.write("a", pat(1));
    folder.try_commit().blocked();
    folder.hook(&["install", "--global"]).expect(0);
    // In a linked worktree there is no .git folder.
    folder.git(&["-c", "core.hooksPath=/dev/null", "worktree", "add", "--quiet", "../linked"]);
    folder.write("../linked/b", "clean\n");
    folder.try_git_in("../linked", &["add", "b"], &[]).passed();
    folder.try_git_in("../linked", &["commit", "--quiet", "-m", "x"], &[]).passed();
    assert_eq!(folder.read("../log"), "before\nmessage\nbefore\nbefore\nmessage\n");
    folder.hook(&["test"]).expect(0);
    folder.hook(&["test", "--global"]).expect(0);
    assert!(folder.hook(&["status", "--global"]).expect(0).stdout.contains("installed, runs"));
    folder.hook(&["install", "--global", "pre-push"]).expect(0);
    folder.script(".git/hooks/pre-push", "cat >> ../log");
    folder.git(&["init", "--quiet", "--bare", "../server.git"]);
    folder.try_git(&["push", "--quiet", "../server.git", "main"]).passed();
    assert!(folder.read("../log").contains("refs/heads/main "));
    folder.hook(&["uninstall", "--global", "pre-commit"]).expect(0);
    folder.try_commit().passed();
    folder.try_git(&["push", "--quiet", "../server.git", "main"]).blocked();
    let said = folder.hook(&["uninstall", "--global"]).expect(0).stdout;
    assert!(said.contains("taken out of your git settings"), "{said}");
    assert!(!hooks.exists() && !folder.try_git(&["config", "core.hooksPath"]).passed);
    folder.try_git(&["push", "--quiet", "../server.git", "main"]).passed();
}

#[test]
fn a_folder_that_the_user_has_set_is_used() {
    let folder = Folder::repository();
    let own = folder.home().join("my hooks");
    folder.git(&["config", "--global", "core.hooksPath", "~/my hooks"]);
    folder.hook(&["install", "--global"]).expect(0);
    assert_eq!(std::fs::read_dir(&own).expect("a folder").count(), 1);
    folder.write("a", pat(1));
    folder.try_commit().blocked();
    folder.hook(&["uninstall", "--global"]).expect(0);
    assert_eq!(folder.git(&["config", "--global", "core.hooksPath"]), "~/my hooks");
    // A folder in each repository is no folder for all.
    folder.git(&["config", "--global", "core.hooksPath", ".hooks"]);
    let run = folder.hook(&["install", "--global"]).expect(2);
    assert!(run.stderr.contains("leave --global out"), "{}", run.stderr);
    folder.hook(&["install"]).expect(0);
    assert!(folder.path().join(".hooks/pre-commit").exists());
}

#[test]
fn outside_of_a_repository_it_is_said_what_to_do() {
    let folder = Folder::new();
    let run = folder.hook(&["install"]).expect(2);
    assert!(run.stderr.contains("--global"), "{}", run.stderr);
    folder.hook(&["status", "--global"]).expect(1);
    folder.hook(&["uninstall", "--global"]).expect(0);
}

/// A hook never leaves the machine, whatever the settings name.
#[test]
fn a_hook_opens_no_socket() {
    let folder = Folder::repository();
    let settings = "[[instance]]\nurl = \"http://127.0.0.1:9\"\ntoken_env = \"CREDENTIAL\"\n";
    std::fs::write(folder.home().join("settings.toml"), settings).expect("a file");
    folder.write("leak", pat(1));
    folder.git(&["add", "leak"]);
    let traced = folder.path().join("../trace");
    let mut command = Command::new("strace");
    folder.scrub(&mut command);
    command.env("STANCH_CONFIG", folder.home().join("settings.toml"));
    command.env("STANCH_GITLAB_URL", "http://127.0.0.1:9").env("CREDENTIAL", "x");
    command.args(["-f", "-e", "trace=network,openat", "-o"]).arg(&traced);
    command.arg(env!("CARGO_BIN_EXE_stanch")).args(["hook", "run", "pre-commit"]);
    let Ok(output) = command.output() else { return };
    let trace = std::fs::read_to_string(&traced).unwrap_or_default();
    if output.status.code() != Some(1) || trace.is_empty() {
        return; // Nobody may trace here.
    }
    for word in ["socket(", "connect(", "ssl", "ca-certificates", "resolv.conf"] {
        assert!(!trace.contains(word), "{word}");
    }
}
