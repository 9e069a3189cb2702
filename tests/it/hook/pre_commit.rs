//! pre-commit: the index, and the hook that was there before.

use crate::support::program::Folder;
use crate::support::tokens::pat;

const HOOK: &str = ".git/hooks/pre-commit";

#[test]
fn a_token_is_refused_and_clean_content_passes() {
    let folder = Folder::repository();
    let said = folder.hook(&["install"]).expect(0).stdout;
    assert!(said.contains("pre-commit: installed: ") && said.contains(HOOK), "{said}");
    folder.write("a", "clean\n");
    assert_eq!(folder.try_commit().passed(), "");
    folder.write("a", format!("x\nkey = {}\n", pat(1)));
    let said = folder.try_commit().blocked();
    assert!(said.starts_with("stanch: 1 GitLab token found: the commit is blocked."), "{said}");
    for part in ["staged a:2:7", "glpat-", "****", "fingerprint ", "revoke", "stanch ignore add"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.contains("STANCH_SKIP=1 git commit") && !said.contains(&pat(1)), "{said}");
    // What is in the work tree does not count, and a subfolder is no way around.
    folder.write("sub/b", "clean\n");
    folder.git(&["reset", "--quiet"]);
    folder.git(&["add", "sub"]);
    folder.try_git_in("sub", &["commit", "--quiet", "-m", "x"], &[]).passed();
    folder.try_git_in("sub", &["commit", "--quiet", "-am", "x"], &[]).blocked();
    folder.try_git_in("sub", &["commit", "--quiet", "-m", "x", "--", "../a"], &[]).blocked();
    assert_eq!(folder.git(&["rev-list", "--count", "HEAD"]), "2");
    let skip = [("STANCH_SKIP", "1")];
    let said = folder.try_git_in(".", &["commit", "--quiet", "-am", "x"], &skip).passed();
    assert_eq!(said, "stanch: nothing was looked at: STANCH_SKIP=1 is set\n");
}

#[test]
fn a_blocked_commit_is_a_screen_at_most() {
    let folder = Folder::repository();
    folder.hook(&["install"]).expect(0);
    for number in 1..=40 {
        folder.write(format!("f{number}"), format!("{0}\n{0}\n", pat(number)));
    }
    let said = folder.try_commit().blocked();
    assert!(said.contains("40 GitLab tokens found") && said.contains("and 34 others"), "{said}");
    assert!(said.lines().count() <= 20, "{said}");
}

#[test]
fn what_cannot_be_read_does_not_pass() {
    let folder = Folder::repository();
    folder.hook(&["install"]).expect(0);
    folder.write("a", "clean\n");
    folder.git(&["add", "."]);
    let blob = folder.git(&["rev-parse", ":a"]);
    let object = folder.path().join(format!(".git/objects/{}/{}", &blob[..2], &blob[2..]));
    std::fs::remove_file(object).expect("the object");
    // Git does not get so far by itself: the hook is run as git runs it.
    let run = folder.hook(&["run", "pre-commit"]).expect(3);
    assert!(run.stderr.contains("not everything could be read"), "{}", run.stderr);
    assert!(!run.stderr.contains("FINGERPRINT") && run.stderr.contains("STANCH_SKIP=1"));
    folder.write(".stanch.toml", "nonsense");
    let run = folder.hook(&["run", "pre-commit"]).expect(2);
    assert!(run.stderr.contains("could not be looked at"), "{}", run.stderr);
    let elsewhere = Folder::new();
    let run = elsewhere.hook(&["run", "pre-commit"]).expect(2);
    assert!(run.stderr.contains("not a git repository"), "{}", run.stderr);
}

#[test]
fn a_hook_that_was_there_is_kept_and_runs_first() {
    let folder = Folder::repository();
    let log = "echo \"before $#\" >> log; [ ! -e stop ] || exit 7";
    folder.script(HOOK, log);
    let said = folder.hook(&["install"]).expect(0).stdout;
    assert!(said.contains("pre-commit.before-stanch"), "{said}");
    // Twice is once.
    let installed = folder.read(HOOK);
    let said = folder.hook(&["install"]).expect(0).stdout;
    assert!(said.contains("is there already"), "{said}");
    assert_eq!(folder.read(HOOK), installed);
    folder.write("a", "clean\n");
    folder.try_commit().passed();
    assert_eq!(folder.read("log"), "before 0\n");
    folder.write("stop", "");
    folder.try_commit().blocked();
    std::fs::remove_file(folder.path().join("stop")).expect("a file");
    folder.write("a", pat(1));
    assert!(folder.try_commit().blocked().contains("1 GitLab token"));
    let said = folder.hook(&["uninstall"]).expect(0).stdout;
    assert!(said.contains("is back"), "{said}");
    assert_eq!(folder.read(HOOK), format!("#!/bin/sh\n{log}\n"));
    assert!(!folder.path().join(".git/hooks/pre-commit.before-stanch").exists());
    folder.try_commit().passed();
    // Where nothing was before, nothing is left.
    std::fs::remove_file(folder.path().join(HOOK)).expect("a hook");
    folder.hook(&["install"]).expect(0);
    folder.hook(&["uninstall", "pre-commit"]).expect(0);
    assert!(!folder.path().join(HOOK).exists());
}

#[test]
fn two_hooks_of_others_or_one_that_knows_its_name_are_not_touched() {
    let folder = Folder::repository();
    folder.script(HOOK, "exit 0");
    folder.hook(&["install"]).expect(0);
    folder.script(HOOK, "exit 1");
    let run = folder.hook(&["install"]).expect(2);
    assert!(run.stderr.contains("are both there"), "{}", run.stderr);
    assert_eq!(folder.read(HOOK), "#!/bin/sh\nexit 1\n");
    // What husky makes.
    let folder = Folder::repository();
    folder.git(&["config", "core.hooksPath", ".husky/_"]);
    folder.script(".husky/_/pre-commit", ". \"$(dirname \"$0\")/h\"");
    folder.script(".husky/_/h", "exit 0");
    let run = folder.hook(&["install"]).expect(2);
    assert!(run.stderr.contains("husky"), "{}", run.stderr);
    let folder = Folder::repository();
    folder.script(HOOK, "exec ./all/\"$(basename \"$0\")\"");
    let run = folder.hook(&["install"]).expect(2);
    assert!(run.stderr.contains("stanch hook run pre-commit"), "{}", run.stderr);
}

#[test]
fn hooks_path_and_linked_worktrees() {
    let folder = Folder::repository();
    folder.write("a", "clean\n");
    folder.commit("first");
    folder.git(&["worktree", "add", "--quiet", "../linked"]);
    let mut command = folder.command();
    command.current_dir(folder.path().join("../linked")).args(["hook", "install"]);
    crate::support::program::run(command, b"").expect(0);
    assert!(folder.path().join(HOOK).exists());
    for place in [".", "../linked"] {
        let file = folder.path().join(place).join("b");
        std::fs::write(file, pat(2)).expect("a file");
        folder.try_git_in(place, &["add", "b"], &[]).passed();
        folder.try_git_in(place, &["commit", "--quiet", "-m", "x"], &[]).blocked();
    }
    // A relative path counts from the top, wherever we stand.
    folder.git(&["config", "core.hooksPath", ".githooks"]);
    folder.try_git(&["commit", "--quiet", "-m", "x"]).passed();
    let said = folder.hook(&["status"]).expect(1).stdout;
    assert!(said.contains("core.hooksPath") && said.contains("does not look there"), "{said}");
    folder.write("sub/x", "");
    let mut command = folder.command();
    command.current_dir(folder.path().join("sub")).args(["hook", "install"]);
    crate::support::program::run(command, b"").expect(0);
    assert!(folder.path().join(".githooks/pre-commit").exists());
    folder.write("c", pat(3));
    folder.try_commit().blocked();
}

#[test]
fn another_work_tree_by_variables() {
    let folder = Folder::repository();
    folder.hook(&["install"]).expect(0);
    std::fs::rename(folder.path().join(".git"), folder.path().join("../elsewhere")).expect("moved");
    folder.write("a", pat(1));
    let git = ["--git-dir=../elsewhere", "--work-tree=."];
    folder.try_git(&[&git[..], &["add", "a"]].concat()).passed();
    let said = folder.try_git(&[&git[..], &["commit", "--quiet", "-m", "x"]].concat()).blocked();
    assert!(said.contains("1 GitLab token"), "{said}");
}

#[test]
fn a_merge_brings_in_what_no_parent_has() {
    let folder = Folder::repository();
    folder.write("both", "base\n");
    folder.commit("base");
    folder.git(&["checkout", "--quiet", "-b", "side"]);
    folder.write("both", format!("side {}\n", pat(1)));
    folder.write("only", pat(2));
    folder.commit("side");
    folder.git(&["checkout", "--quiet", "main"]);
    folder.write("both", "main\n");
    folder.commit("main");
    folder.hook(&["install"]).expect(0);
    assert!(!folder.try_git(&["merge", "--quiet", "side"]).passed);
    folder.write("both", format!("main\nside {}\n", pat(1)));
    folder.write("evil", pat(3));
    let said = folder.try_commit().blocked();
    assert!(said.contains("1 GitLab token") && said.contains("staged evil:1:1"), "{said}");
    folder.git(&["rm", "--quiet", "--force", "evil"]);
    folder.try_commit().passed();
    assert_eq!(folder.git(&["rev-list", "--parents", "-1", "HEAD"]).split(' ').count(), 3);
}

#[test]
fn the_line_that_accepts_a_secret_works_as_it_is_printed() {
    let folder = Folder::repository();
    folder.hook(&["install"]).expect(0);
    folder.write("a", format!("key = {}\n", pat(1)));
    let said = folder.try_commit().blocked();
    let line = said.lines().find_map(|it| it.strip_prefix("No secret? stanch ")).expect("the line");
    let words: Vec<&str> = line.split(' ').collect();
    folder.run(&words).expect(0);
    folder.try_commit().passed();
    // Of several the reader chooses.
    folder.write("a", format!("{}\n{}\n", pat(2), pat(3)));
    let said = folder.try_commit().blocked();
    assert!(said.contains("stanch ignore add FINGERPRINT --reason TEXT\n"), "{said}");
    // An entry that is over is told, since none can be added beside it.
    folder.write("a", format!("{}\n{}\n", pat(1), pat(2)));
    let list = folder.read(".stanch-ignore.toml") + "expires = \"2020-01-31\"\n";
    folder.write(".stanch-ignore.toml", list);
    folder.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "-m", "x"]);
    folder.git(&["rm", "--quiet", "--force", "a"]);
    folder.git(&["commit", "--quiet", "--no-verify", "-m", "gone"]);
    folder.write("a", format!("{}\n{}\n", pat(1), pat(2)));
    let said = folder.try_commit().blocked();
    assert!(said.contains("accepted until 2020-01-31 (.stanch-ignore.toml:1)"), "{said}");
    assert!(said.lines().count() <= 20, "{said}");
}

#[test]
fn an_install_that_fails_leaves_the_hook_that_was_there() {
    let folder = Folder::repository();
    let log = "echo before >> ../log";
    folder.script(HOOK, log);
    let mut command = std::process::Command::new("sh");
    folder.scrub(&mut command);
    // No file may grow at all; the program is told, not killed.
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$@\"";
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_stanch"), "hook", "install"]);
    let run = crate::support::program::run(command, b"").expect(2);
    assert!(run.stderr.contains("cannot write"), "{}", run.stderr);
    assert_eq!(folder.read(HOOK), format!("#!/bin/sh\n{log}\n"));
    let names = std::fs::read_dir(folder.path().join(".git/hooks")).expect("a folder");
    let names = names.map(|it| it.expect("an entry").file_name().into_string().expect("UTF-8"));
    let ours: Vec<String> = names.filter(|name| name.contains("stanch")).collect();
    assert_eq!(ours, [""; 0]);
    folder.write("a", "clean\n");
    folder.try_commit().passed();
    assert_eq!(folder.read("../log"), "before\n");
}

/// What the repository itself excludes passes, and not without a word.
#[test]
fn what_the_repository_excludes_is_said() {
    let folder = Folder::repository();
    folder.hook(&["install"]).expect(0);
    folder.write("a", "clean\n");
    assert!(!folder.try_commit().passed().contains("stanch"));
    folder.write(".stanch.toml", "exclude = [\"fixtures/\"]\n");
    folder.write("fixtures/x", pat(1));
    let said = folder.try_commit().passed();
    let line = "stanch: not looked at: excluded by the repository's .stanch.toml: fixtures/x";
    assert!(said.contains(line) && !said.contains(&pat(1)), "{said}");
    folder.write("fixtures/x", pat(2));
    folder.write("b", pat(3));
    let said = folder.try_commit().blocked();
    assert!(said.contains("not looked at: excluded by") && said.contains("b:1:1"), "{said}");
}
