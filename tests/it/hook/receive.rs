//! pre-receive: a server that takes nothing in.

use super::chmod;
use crate::support::program::{Folder, run};
use crate::support::tokens::pat;

/// A repository and an empty server with the hook.
fn with_server(options: &[&str]) -> Folder {
    let folder = Folder::repository();
    folder.git(&["init", "--quiet", "--bare", "--initial-branch=main", "../server.git"]);
    let mut command = folder.command();
    command.current_dir(folder.path().join("../server.git"));
    command.args(["hook", "install", "pre-receive"]).args(options);
    run(command, b"").expect(0);
    folder.write("a", "clean\n");
    folder.commit("clean");
    folder
}

fn push(folder: &Folder, what: &str) -> super::Done {
    folder.try_git(&["push", "--quiet", "--force", "../server.git", what])
}

fn server(folder: &Folder, arguments: &[&str]) -> String {
    folder.git(&[&["--git-dir=../server.git"], arguments].concat())
}

#[test]
fn the_first_push_new_refs_forced_pushes_and_deletions() {
    let folder = with_server(&[]);
    folder.write("leak", pat(1));
    let bad = folder.commit("leak");
    // The very first push, and nothing of it stays.
    let said = push(&folder, "main").blocked();
    assert!(said.contains("remote: GL-HOOK-ERR: stanch: 1 GitLab token found"), "{said}");
    let ours = said.lines().filter(|line| line.contains("stanch") || line.contains("glpat"));
    assert!(ours.clone().count() >= 2 && !said.contains(&pat(1)), "{said}");
    assert!(ours.into_iter().all(|line| line.starts_with("remote: GL-HOOK-ERR: ")), "{said}");
    assert_eq!(server(&folder, &["count-objects"]), "0 objects, 0 kilobytes");
    assert!(!folder.try_git(&["--git-dir=../server.git", "cat-file", "-e", &bad]).passed);
    push(&folder, "main~1:refs/heads/main").passed();
    push(&folder, "main").blocked();
    push(&folder, "main:refs/heads/new").blocked();
    push(&folder, "main~1:refs/heads/new").passed();
    push(&folder, ":refs/heads/new").passed();
    // Several at once: one bad ref takes the others with it.
    let both =
        ["push", "--quiet", "../server.git", "main~1:refs/heads/good", "main:refs/heads/bad"];
    folder.try_git(&both).blocked();
    folder.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    folder.git(&["commit", "--quiet", "--amend", "-m", "another beginning"]);
    push(&folder, "main").passed();
    folder.write("leak", pat(2));
    folder.commit("leak");
    push(&folder, "main").blocked();
    assert_eq!(server(&folder, &["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
    // Large pushes come as a pack, small ones as loose objects: the quarantine holds both.
    server(&folder, &["config", "receive.unpackLimit", "1"]);
    push(&folder, "main").blocked();
    let skip = [("STANCH_SKIP", "1")];
    let passed = folder.try_git_in(".", &["push", "--quiet", "../server.git", "main"], &skip);
    assert!(passed.passed().contains("STANCH_SKIP=1 is set"));
}

#[test]
fn a_time_that_is_over_is_said() {
    let folder = with_server(&[]);
    // A pipe as settings file keeps the hook waiting for ever.
    let pipe = folder.home().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    let line =
        format!("{} {} refs/heads/main\n", "0".repeat(40), folder.git(&["rev-parse", "HEAD"]));
    let pipe = pipe.to_str().expect("UTF-8").to_owned();
    let hook = |options: &[&str]| {
        let fixed = ["--config", &pipe, "hook", "run", "pre-receive", "--budget", "1s"];
        folder.run_with(&[&fixed, options].concat(), line.as_bytes())
    };
    let said = hook(&[]).expect(3).stderr;
    assert!(said.starts_with("GL-HOOK-ERR: stanch: not all of the push"), "{said}");
    assert!(said.contains("within 1 s") && said.contains("it is blocked"), "{said}");
    let said = hook(&["--on-timeout", "accept"]).expect(0).stderr;
    assert!(said.contains("it passes all the same"), "{said}");
}

#[test]
fn a_server_without_stanch_says_so() {
    let folder = with_server(&["--budget", "20s", "--on-timeout", "accept"]);
    let hook = folder.path().join("../server.git/hooks/pre-receive");
    let text = std::fs::read_to_string(&hook).expect("a hook");
    assert!(text.contains("hook run --budget 20s --on-timeout accept pre-receive"), "{text}");
    push(&folder, "main").passed();
    std::fs::write(&hook, text.replace(env!("CARGO_BIN_EXE_stanch"), "/gone/stanch"))
        .expect("text");
    chmod(&hook, 0o755);
    let said = push(&folder, "main:refs/heads/x").blocked();
    assert!(said.contains("GL-HOOK-ERR: stanch: blocked, since stanch itself is gone"), "{said}");
    assert!(said.contains("STANCH_SKIP=1"), "{said}");
    let skip = [("STANCH_SKIP", "1")];
    let passed =
        folder.try_git_in(".", &["push", "--quiet", "../server.git", "main:refs/heads/x"], &skip);
    assert!(passed.passed().contains("nothing was looked at"));
    // The one in PATH will do.
    let bin = folder.home().join("bin");
    std::fs::create_dir_all(&bin).expect("a folder");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_stanch"), bin.join("stanch")).expect("a link");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let path = [("PATH", path.as_str())];
    folder
        .try_git_in(".", &["push", "--quiet", "../server.git", "main:refs/heads/y"], &path)
        .passed();
}

#[test]
fn repositories_of_sha256_and_linked_worktrees_push_too() {
    let folder = Folder::new();
    let init = ["init", "--quiet", "--object-format=sha256", "--initial-branch=main"];
    folder.git(&[&init[..], &["."]].concat());
    folder.git(&[&init[..], &["--bare", "../server.git"]].concat());
    folder.write("a", "clean\n");
    folder.commit("clean");
    folder.git(&["worktree", "add", "--quiet", "../linked"]);
    folder.hook(&["install", "pre-push"]).expect(0);
    let go = |place: &str| {
        let push = ["push", "--quiet", "../server.git", "HEAD:refs/heads/main"];
        folder.try_git_in(place, &push, &[])
    };
    go("../linked").passed();
    folder.write("../linked/leak", pat(1));
    folder.try_git_in("../linked", &["add", "leak"], &[]).passed();
    folder.try_git_in("../linked", &["commit", "--quiet", "-m", "leak"], &[]).passed();
    assert!(go("../linked").blocked().contains("the push is blocked"));
    folder.hook(&["uninstall"]).expect(0);
    let mut command = folder.command();
    command.current_dir(folder.path().join("../server.git"));
    command.args(["hook", "install", "pre-receive"]);
    run(command, b"").expect(0);
    assert!(go("../linked").blocked().contains("GL-HOOK-ERR: "));
    go(".").passed();
}

/// Git puts quotes around a path that has the colon which divides paths.
#[test]
fn a_server_may_lie_where_a_path_has_a_colon() {
    let folder = Folder::repository();
    let place = "../a:b \"c\"/server.git";
    folder.git(&["init", "--quiet", "--bare", "--initial-branch=main", place]);
    let mut command = folder.command();
    command.current_dir(folder.path().join(place)).args(["hook", "install", "pre-receive"]);
    run(command, b"").expect(0);
    // As a relative path it would be taken for a host.
    let address = format!("file://{}", folder.path().join(place).display());
    for number in 0..3 {
        folder.write("a", format!("{number}\n"));
        folder.commit("clean");
        folder.try_git(&["push", "--quiet", &address, "main"]).passed();
    }
    folder.write("leak", pat(1));
    folder.commit("leak");
    let said = folder.try_git(&["push", "--quiet", &address, "main"]).blocked();
    assert!(said.contains("1 GitLab token found"), "{said}");
}
