//! pre-push: what the other side does not have.

use crate::support::program::Folder;
use crate::support::tokens::pat;

/// A repository with an empty remote and the hook.
fn with_remote() -> Folder {
    let folder = Folder::repository();
    folder.git(&["init", "--quiet", "--bare", "--initial-branch=main", "../server.git"]);
    folder.git(&["remote", "add", "origin", "../server.git"]);
    folder.write("a", "clean\n");
    folder.commit("clean");
    folder.hook(&["install", "pre-push"]).expect(0);
    folder
}

fn refs(folder: &Folder) -> String {
    folder.git(&["--git-dir=../server.git", "for-each-ref", "--format=%(refname:short)"])
}

fn leak(folder: &Folder, number: u64) {
    folder.write(format!("leak{number}"), pat(number));
    folder.commit("leak");
}

#[test]
fn new_and_old_branches_forced_pushes_and_deletions() {
    let folder = with_remote();
    folder.try_git(&["push", "--quiet", "origin", "main"]).passed();
    folder.write("a", "more\n");
    folder.commit("more");
    folder.try_git(&["push", "--quiet", "origin", "main"]).passed();
    // An old branch.
    leak(&folder, 1);
    let said = folder.try_git(&["push", "--quiet", "origin", "main"]).blocked();
    assert!(said.contains("commit ") && said.contains("leak1:1:1"), "{said}");
    assert!(said.contains("STANCH_SKIP=1 git push") && !said.contains(&pat(1)), "{said}");
    // Taken out by a later commit it is still pushed.
    folder.git(&["rm", "--quiet", "leak1"]);
    folder.commit("gone");
    folder.try_git(&["push", "--quiet", "origin", "main"]).blocked();
    // A new branch, by name or by expression.
    folder.try_git(&["push", "--quiet", "origin", "main:refs/heads/new"]).blocked();
    folder.try_git(&["push", "--quiet", "origin", "HEAD~1:refs/heads/new"]).blocked();
    folder.try_git(&["push", "--quiet", "origin", "HEAD~2:refs/heads/new"]).passed();
    // A forced push of something else, on a commit that was fetched.
    folder.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    folder.git(&["commit", "--quiet", "--amend", "-m", "other"]);
    folder.try_git(&["push", "--quiet", "--force", "origin", "main"]).passed();
    leak(&folder, 2);
    folder.git(&["commit", "--quiet", "--amend", "-m", "again"]);
    folder.try_git(&["push", "--quiet", "--force", "origin", "main"]).blocked();
    folder.try_git(&["push", "--quiet", "origin", ":new"]).passed();
    assert_eq!(refs(&folder), "main");
    let skip = [("STANCH_SKIP", "1")];
    let said = folder.try_git_in(".", &["push", "--quiet", "origin", "main"], &skip).passed();
    assert!(said.contains("STANCH_SKIP=1 is set"), "{said}");
    // What the other side has is not looked at again.
    folder.try_git(&["push", "--quiet", "origin", "main:refs/heads/more"]).passed();
}

#[test]
fn a_remote_is_not_another_and_what_was_not_fetched_is_no_trouble() {
    let folder = with_remote();
    leak(&folder, 1);
    let skip = [("STANCH_SKIP", "1")];
    folder.try_git_in(".", &["push", "--quiet", "origin", "main"], &skip).passed();
    for name in ["origin/sub", "public"] {
        folder.git(&["init", "--quiet", "--bare", &format!("../{}.git", &name[..6])]);
        folder.git(&["remote", "add", name, &format!("../{}.git", &name[..6])]);
    }
    folder.try_git(&["push", "--quiet", "public", "main"]).blocked();
    folder.try_git(&["push", "--quiet", "../public.git", "main"]).blocked();
    folder.git(&["update-ref", "refs/remotes/origin/sub/main", "HEAD"]);
    folder.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    folder.try_git(&["push", "--quiet", "origin", "main:x"]).blocked();
    // Somebody else has pushed: a forced push goes over a commit that is not here.
    folder.git(&["clone", "--quiet", "../server.git", "../other"]);
    folder.try_git_in("../other", &["commit", "--quiet", "--allow-empty", "-m", "y"], &[]).passed();
    folder.try_git_in("../other", &["push", "--quiet", "origin", "main"], &[]).passed();
    folder.git(&["checkout", "--quiet", "--orphan", "fresh"]);
    folder.git(&["rm", "--quiet", "-r", "--force", "."]);
    folder.commit("fresh");
    folder.try_git(&["push", "--quiet", "--force", "origin", "fresh:main"]).passed();
}

#[test]
fn what_another_server_has_excuses_nothing_here() {
    let skip = [("STANCH_SKIP", "1")];
    let leaked_to_ours = || {
        let folder = with_remote();
        leak(&folder, 1);
        folder.try_git_in(".", &["push", "--quiet", "origin", "main"], &skip).passed();
        folder.git(&["init", "--quiet", "--bare", "--initial-branch=main", "../public.git"]);
        folder.write("a", "more\n");
        folder.commit("clean");
        folder
    };
    // The remote's name leads elsewhere now.
    let folder = leaked_to_ours();
    folder.git(&["remote", "set-url", "origin", "../public.git"]);
    folder.try_git(&["push", "--quiet", "origin", "main"]).blocked();
    // It is fetched from one and pushed to another, or to both.
    let folder = leaked_to_ours();
    folder.git(&["config", "remote.origin.pushurl", "../public.git"]);
    folder.try_git(&["push", "--quiet", "origin", "main:new"]).blocked();
    folder.git(&["config", "--unset", "remote.origin.pushurl"]);
    folder.try_git(&["push", "--quiet", "origin", "main:new"]).passed();
    folder.git(&["remote", "set-url", "--add", "origin", "../public.git"]);
    folder.try_git(&["push", "--quiet", "origin", "main:newer"]).blocked();
    // Another way to write the same address.
    let folder = leaked_to_ours();
    folder.git(&["config", "url.../server.insteadOf", "ours:server"]);
    folder.git(&["remote", "set-url", "origin", "ours:server.git"]);
    folder.try_git(&["push", "--quiet", "origin", "main:new"]).passed();
    // What somebody else has deleted there is only read again.
    folder.git(&["--git-dir=../server.git", "branch", "--quiet", "-D", "new"]);
    folder.try_git(&["push", "--quiet", "origin", "main:new"]).blocked();
}

#[test]
fn tags_names_and_blobs_are_pushed_too() {
    let folder = with_remote();
    folder.try_git(&["push", "--quiet", "origin", "main"]).passed();
    folder.git(&["tag", "--annotate", "-m", &pat(1), "v1"]);
    let said = folder.try_git(&["push", "--quiet", "origin", "v1"]).blocked();
    assert!(said.contains("message of tag"), "{said}");
    folder.git(&["branch", &pat(2)]);
    let said = folder.try_git(&["push", "--quiet", "origin", &pat(2)]).blocked();
    assert!(said.contains("the name of refs/heads/") && !said.contains(&pat(2)), "{said}");
    folder.git(&["branch", "--delete", "--force", &pat(2)]);
    folder.write("blob", pat(3));
    let blob = folder.git(&["hash-object", "-w", "blob"]);
    folder.git(&["tag", "blob", &blob]);
    folder.try_git(&["push", "--quiet", "origin", "blob"]).blocked();
    folder.git(&["add", "blob"]);
    let tree = folder.git(&["write-tree"]);
    folder.git(&["tag", "tree", &tree]);
    folder.try_git(&["push", "--quiet", "origin", "tree"]).blocked();
    assert_eq!(refs(&folder), "main");
}

#[test]
fn a_hook_that_was_there_gets_the_same_input() {
    let folder = with_remote();
    folder.hook(&["uninstall", "pre-push"]).expect(0);
    let log = "echo \"$@\" > ../log; cat >> ../log; [ ! -e ../stop ] || exit 1";
    folder.script(".git/hooks/pre-push", log);
    folder.hook(&["install", "pre-push"]).expect(0);
    folder.try_git(&["push", "--quiet", "origin", "main"]).passed();
    let (id, zero) = (folder.git(&["rev-parse", "HEAD"]), "0".repeat(40));
    let line = format!("refs/heads/main {id} refs/heads/main {zero}\n");
    assert_eq!(folder.read("../log"), format!("origin ../server.git\n{line}"));
    leak(&folder, 1);
    folder.try_git(&["push", "--quiet", "origin", "main"]).blocked();
    folder.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    folder.write("../stop", "");
    folder.try_git(&["push", "--quiet", "origin", "main:other"]).blocked();
    assert_eq!(refs(&folder), "main");
}

#[test]
fn what_git_never_says_is_not_passed_over() {
    let folder = with_remote();
    let run = folder.run_with(&["hook", "run", "pre-push", "--", "origin", "x"], b"x y z\n");
    let run = run.expect(2);
    assert!(run.stderr.contains("line 1 of what git wrote to pre-push"), "{}", run.stderr);
    folder.run_with(&["hook", "run", "pre-push", "--", "origin", "x"], b"").expect(0);
}
