//! `--range`, `--since` and `--branch`: what some commits bring in, and nothing else.

use crate::support::program::{Folder, Run};
use crate::support::tokens::pat;

/// A file of its own for each commit; gives back the ids. Commit N adds token N in file N.
pub(crate) fn line_of_leaks(count: u64) -> (Folder, Vec<String>) {
    let folder = Folder::repository();
    let commits = (1..=count).map(|number| leak(&folder, number)).collect();
    (folder, commits)
}

pub(crate) fn leak(folder: &Folder, number: u64) -> String {
    folder.write(format!("dir/{number}"), format!("key = {}\n", pat(number)));
    folder.commit(&format!("commit {number}"))
}

impl Folder {
    /// Which of the first tokens a scan finds.
    #[track_caller]
    pub(crate) fn found(&self, arguments: &[&str]) -> Vec<u64> {
        let run = self.scan(&[&["--show-secrets"], arguments].concat());
        assert!(matches!(run.code, Some(0 | 1)), "{}{}", run.stdout, run.stderr);
        numbers(&run)
    }

    /// What `scan` says of why no work could be done.
    #[track_caller]
    pub(crate) fn undone(&self, arguments: &[&str]) -> String {
        let run = self.scan(arguments).expect(2);
        run.summary()["coverage"]["undone"][0].to_string()
    }
}

/// Which of the first tokens a run has found.
pub(crate) fn numbers(run: &Run) -> Vec<u64> {
    let secrets = run.secrets();
    let number = |secret: &String| (1..100).find(|&number| pat(number) == *secret);
    let mut numbers: Vec<u64> = secrets.iter().map(|it| number(it).expect("ours")).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn a_range_is_what_one_side_has_and_the_other_has_not() {
    let (folder, commits) = line_of_leaks(4);
    folder.write("untracked", pat(50));
    assert_eq!(folder.found(&["--range", &format!("{}..{}", commits[0], commits[2])]), [2, 3]);
    assert_eq!(folder.found(&["--range", "HEAD~2..HEAD"]), [3, 4]);
    // A missing side is HEAD.
    assert_eq!(folder.found(&["--range", "HEAD~2.."]), [3, 4]);
    assert!(folder.found(&["--range", "..HEAD~2"]).is_empty());
    assert_eq!(folder.found(&["--range", "HEAD~2..."]), [3, 4]);
    assert_eq!(folder.found(&["--range", "...HEAD~1"]), [4]);
    // One commit alone, the first one too.
    assert_eq!(folder.found(&["--range", "HEAD~1"]), [3]);
    assert_eq!(folder.found(&["--range", &commits[0][..10]]), [1]);
    // What git tells a hook of a new branch, and of one that is gone.
    let zero = "0".repeat(40);
    assert_eq!(folder.found(&["--range", &format!("{zero}..HEAD~1")]), [1, 2, 3]);
    assert!(folder.found(&["--range", &format!("HEAD..{zero}")]).is_empty());
    // Files on disk are left out anyway.
    assert_eq!(folder.found(&["--range", "HEAD~1..", "--no-files"]), [4]);
}

#[test]
fn places_name_commit_path_and_author() {
    let (folder, commits) = line_of_leaks(2);
    let run = folder.scan(&["--range", "HEAD~1.."]).expect(1);
    let place = run.finding()["locations"][0].clone();
    assert_eq!(run.finding()["occurrences"]["places"], 1);
    assert_eq!((&place["source"], &place["path"]), (&"history".into(), &"dir/2".into()));
    assert_eq!((&place["commit"], &place["line"]), (&commits[1].as_str().into(), &1.into()));
    assert_eq!((&place["author"], &place["column"]), (&"Ann Author".into(), &7.into()));
    // The commit and the blob, and nothing else.
    assert_eq!(run.summary()["coverage"]["objects"]["read"], 2);
    assert_eq!(run.summary()["coverage"]["files"]["read"], 0);
    assert_eq!(run.summary()["complete"], true);
}

#[test]
fn sides_that_have_parted() {
    let (folder, _) = line_of_leaks(2);
    folder.git(&["checkout", "--quiet", "-b", "side"]);
    leak(&folder, 3);
    folder.git(&["checkout", "--quiet", "main"]);
    leak(&folder, 4);
    assert_eq!(folder.found(&["--range", "main..side"]), [3]);
    assert_eq!(folder.found(&["--range", "side..main"]), [4]);
    assert_eq!(folder.found(&["--range", "side...main"]), [3, 4]);
    assert_eq!(folder.found(&["--branch", "side"]), [1, 2, 3]);
    assert!(folder.found(&["--range", "main..main"]).is_empty());
    folder.git(&["update-ref", "refs/remotes/origin/topic", "side"]);
    assert_eq!(folder.found(&["--branch", "origin/topic"]), [1, 2, 3]);
    assert_eq!(folder.found(&["--branch", "refs/heads/side"]), [1, 2, 3]);
}

#[test]
fn what_came_and_went_within_the_range_is_found_and_what_was_there_is_not() {
    let (folder, _) = line_of_leaks(1);
    folder.write("dir/2", pat(2));
    folder.commit("came");
    folder.write("dir/1", format!("more\nkey = {}\n", pat(1)));
    std::fs::remove_file(folder.path().join("dir/2")).expect("the file");
    folder.commit("went");
    let run = folder.scan(&["--range", "HEAD~2..", "--show-secrets"]).expect(1);
    assert_eq!(numbers(&run), [2]);
    assert_eq!(run.summary()["known"], 1);
    let human = folder.run(&["scan", "--range", "HEAD"]).expect(0);
    assert!(human.stdout.contains("not brought in by this change"), "{}", human.stdout);
}

#[test]
fn what_only_moved_is_not_new() {
    let (folder, _) = line_of_leaks(1);
    folder.git(&["mv", "dir", "other"]);
    folder.commit("the folder is called otherwise");
    assert!(folder.found(&["--range", "HEAD"]).is_empty());
    // From file to file, with a second one beside it.
    folder.write("other/1", "nothing\n");
    folder.write("new", format!("{} {}\n", pat(1), pat(2)));
    folder.commit("moved between files");
    assert_eq!(folder.found(&["--range", "HEAD"]), [2]);
    assert_eq!(folder.found(&["--range", "HEAD~2.."]), [2]);
    // Taken away, and brought back by a later commit: that one brings it in.
    folder.write("new", "nothing\n");
    folder.commit("gone");
    folder.write("again", pat(1));
    let back = folder.commit("back");
    let run = folder.scan(&["--range", "HEAD~4..", "--show-secrets"]).expect(1);
    assert_eq!(numbers(&run), [1, 2]);
    let first = run.findings().into_iter().find(|it| it["secret"] == pat(1)).expect("found");
    assert_eq!(
        (&first["occurrences"]["places"], &first["locations"][0]["commit"]),
        (&1.into(), &back.into())
    );
}

/// Two branches that have parted: `main` with token 1, `side` with token 2, both changed in
/// `shared`.
fn two_branches() -> Folder {
    let folder = Folder::repository();
    folder.write("shared", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    folder.commit("base");
    folder.git(&["checkout", "--quiet", "-b", "side"]);
    folder.write("shared", "1\n2\n3\n4\n5\n6\n7\n8\nside\n");
    leak(&folder, 2);
    folder.git(&["checkout", "--quiet", "main"]);
    folder.write("shared", "main\n2\n3\n4\n5\n6\n7\n8\n9\n");
    leak(&folder, 1);
    folder.git(&["merge", "--quiet", "--no-commit", "--no-ff", "side"]);
    folder
}

#[test]
fn a_merge_brings_in_what_neither_parent_has() {
    let folder = two_branches();
    folder.commit("an honest merge");
    assert!(folder.found(&["--range", "HEAD"]).is_empty());
    assert_eq!(folder.found(&["--range", "main~1..main"]), [2]);
    folder.git(&["reset", "--quiet", "--hard", "main~1"]);
    folder.git(&["merge", "--quiet", "--no-commit", "--no-ff", "side"]);
    folder.write("shared", format!("main\n{}\nside\n", pat(3)));
    folder.write("dir/4", pat(4));
    let merge = folder.commit("an evil merge");
    let run = folder.scan(&["--range", "HEAD", "--show-secrets"]).expect(1);
    assert_eq!(numbers(&run), [3, 4]);
    assert!(run.findings().iter().all(|it| it["locations"][0]["commit"] == merge.as_str()));
    assert_eq!(folder.found(&["--range", "main~1..main"]), [2, 3, 4]);
}

#[test]
fn a_merge_that_moves_a_secret_brings_in_nothing() {
    let folder = two_branches();
    folder.git(&["mv", "dir/2", "elsewhere"]);
    folder.write("elsewhere", format!("# moved\nkey = {}\n", pat(2)));
    folder.commit("merge and move");
    let run = folder.scan(&["--range", "HEAD"]).expect(0);
    assert_eq!(run.summary()["known"], 1);
}

#[test]
fn an_octopus_has_many_parents() {
    let (folder, _) = line_of_leaks(1);
    for number in 2..=4 {
        folder.git(&["checkout", "--quiet", "-b", &format!("arm{number}"), "main"]);
        leak(&folder, number);
    }
    folder.git(&["checkout", "--quiet", "main"]);
    folder.git(&["merge", "--quiet", "--no-ff", "-m", "octopus", "arm2", "arm3", "arm4"]);
    assert_eq!(folder.git(&["rev-list", "--parents", "-1", "HEAD"]).split(' ').count(), 5);
    assert!(folder.found(&["--range", "HEAD"]).is_empty());
    folder.write("evil", pat(5));
    folder.git(&["add", "evil"]);
    folder.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    assert_eq!(folder.found(&["--range", "HEAD"]), [5]);
    assert_eq!(folder.found(&["--range", "main^1..main"]), [2, 3, 4, 5]);
}

#[test]
fn messages_names_links_and_tags_of_the_range() {
    let (folder, _) = line_of_leaks(1);
    folder.commit(&format!("subject\n\nbody {}", pat(2)));
    let who = format!("{} <a@example.com>", pat(3));
    folder.git(&["commit", "--quiet", "--allow-empty", "-m", "x", "--author", &who]);
    std::os::unix::fs::symlink(format!("/{}", pat(4)), folder.path().join("link")).expect("a link");
    folder.commit("link");
    folder.git(&["tag", "--annotate", "-m", &format!("release {}", pat(5)), "v1"]);
    assert_eq!(folder.found(&["--range", "HEAD~3.."]), [2, 3, 4]);
    assert_eq!(folder.found(&["--range", "HEAD~3..v1"]), [2, 3, 4, 5]);
    assert_eq!(folder.found(&["--branch", "v1"]), [1, 2, 3, 4, 5]);
    let run = folder.scan(&["--range", "HEAD~2"]).expect(1);
    assert_eq!(run.finding()["locations"][0]["source"], "commit_message");
    let run = folder.scan(&["--range", "HEAD~1"]).expect(1);
    assert_eq!(run.finding()["locations"][0]["source"], "commit_header");
    // A message is new even when it speaks of what the commit takes away.
    folder.write("dir/1", "");
    folder.commit(&format!("take {} away", pat(1)));
    assert_eq!(folder.found(&["--range", "HEAD"]), [1]);
}

#[test]
fn names_of_new_files_and_folders_are_texts_of_the_range() {
    let folder = Folder::repository();
    folder.write("a", "clean\n");
    folder.commit("first");
    folder.write(format!("dir/{}", pat(1)), "clean 1\n");
    folder.write(format!("{}/file", pat(2)), "clean 2\n");
    folder.write(format!("vendor/{}", pat(3)), "clean 3\n");
    folder.commit("names");
    let run = folder.scan(&["--range", "HEAD", "--show-secrets", "--exclude", "vendor"]).expect(1);
    assert_eq!(numbers(&run), [1, 2]);
    for finding in run.findings() {
        let place = &finding["locations"][0];
        assert_eq!(finding["occurrences"]["places"], 1);
        assert_eq!(place["source"], "file_name");
    }
    assert_eq!(folder.found(&["--range", "HEAD"]), [1, 2, 3]);
    // What is done below a name, or to the file, does not make the name new.
    folder.write(format!("{}/more", pat(2)), "clean 4\n");
    folder.write(format!("dir/{}", pat(1)), "changed\n");
    folder.git(&["mv", &format!("vendor/{}", pat(3)), "."]);
    folder.commit("below");
    assert!(folder.found(&["--range", "HEAD"]).is_empty());
    // The same content under a new name.
    folder.git(&["mv", "a", &pat(4)]);
    folder.commit("renamed");
    assert_eq!(folder.found(&["--range", "HEAD"]), [4]);
}

/// Commits with token N at noon of day N of 2024-01.
fn a_commit_a_day(days: &[u64]) -> Folder {
    let folder = Folder::repository();
    let mut parent = String::new();
    for &day in days {
        folder.write(format!("{day}"), pat(day));
        folder.git(&["add", "--all", "."]);
        let tree = folder.git(&["write-tree"]);
        let date = format!("2024-01-{day:02}T12:00:00Z");
        let seconds = date.parse::<jiff::Timestamp>().expect("a date").as_second();
        let commit = format!(
            "tree {tree}\n{parent}author A <a@x> 1 +0000\ncommitter C <c@x> {seconds} +0000\n\nx\n"
        );
        let id =
            folder.git_with(&["hash-object", "-t", "commit", "-w", "--stdin"], commit.as_bytes());
        folder.git(&["update-ref", "HEAD", &id]);
        parent = format!("parent {id}\n");
    }
    folder
}

#[test]
fn since_a_day() {
    let folder = a_commit_a_day(&[1, 2, 3, 4]);
    assert_eq!(folder.found(&["--since", "2024-01-03"]), [3, 4]);
    assert_eq!(folder.found(&["--since", "2024-01-03T12:00:00Z"]), [3, 4]);
    assert_eq!(folder.found(&["--since", "2024-01-03T13:00:01+01:00"]), [4]);
    assert_eq!(folder.found(&["--since", "2024-01-01"]), [1, 2, 3, 4]);
    assert!(folder.found(&["--since", "30d"]).is_empty());
    assert_eq!(folder.found(&["--since", "2000w"]), [1, 2, 3, 4]);
    folder.git(&["branch", "old", "HEAD~1"]);
    assert_eq!(folder.found(&["--since", "2024-01-02", "--branch", "old"]), [2, 3]);
    assert_eq!(folder.found(&["--since", "2024-01-03", "--range", "HEAD~3..HEAD"]), [3, 4]);
    assert!(folder.found(&["--since", "2024-01-03", "--range", "HEAD~3"]).is_empty());
}

#[test]
fn clocks_may_be_wrong() {
    let folder = a_commit_a_day(&[8, 1, 9, 2, 3]);
    assert_eq!(folder.found(&["--since", "2024-01-07"]), [8, 9]);
    assert_eq!(folder.found(&["--range", "HEAD~1..HEAD"]), [3]);
    assert_eq!(folder.found(&["--range", "HEAD~3..HEAD"]), [2, 3, 9]);
    // Older than its parent, on a side that is kept out: what it leads to is kept out, too.
    folder.git(&["branch", "side", "HEAD~2"]);
    assert_eq!(folder.found(&["--range", "HEAD..side"]), [0; 0]);
    assert_eq!(folder.found(&["--range", "side..HEAD"]), [2, 3]);
}

#[test]
fn what_is_no_range_is_refused_in_clear_words() {
    let (folder, _) = line_of_leaks(2);
    let why = folder.undone(&["--range", "nowhere..HEAD"]);
    assert!(why.contains("nowhere") && why.contains("git fetch"), "{why}");
    assert!(folder.undone(&["--range", &"1".repeat(40)]).contains("no commit is called"));
    assert!(folder.undone(&["--range", "HEAD:dir"]).contains("no commit is called"));
    assert!(folder.undone(&["--branch", "nowhere"]).contains("no branch or tag"));
    assert!(folder.undone(&["--branch=-x"]).contains("no branch or tag"));
    for spec in ["..", "...", "", "a..b..c", "HEAD....HEAD", "-x"] {
        assert!(!folder.undone(&[&format!("--range={spec}")]).is_empty(), "{spec}");
    }
    // A token that somebody typed is not repeated.
    let why = folder.undone(&["--range", &pat(7)]);
    assert!(!why.contains(&pat(7)), "{why}");
    folder.write("other/file", "x");
    assert_eq!(folder.found(&["dir", "--range", "HEAD"]), [2]);
    let outside = folder.home();
    let outside = outside.to_str().expect("UTF-8");
    assert!(folder.undone(&[outside, "--range", "HEAD"]).contains("not a git repository"));
    assert!(folder.undone(&["-", "--since", "1d"]).contains("standard input"));
    for arguments in [
        &["--range", "HEAD", "--staged"][..],
        &["--since", "1d", "--no-history"],
        &["--branch", "main", "--no-ignore"],
        &["--branch", "main", "--range", "HEAD"],
        &["--since", "someday"],
    ] {
        let run = folder.scan(arguments).expect(2);
        assert!(run.stdout.is_empty() && run.stderr.contains("--"), "{}", run.stderr);
    }
    let empty = Folder::repository();
    assert!(empty.undone(&["--since", "1d"]).contains("HEAD leads to no commit"));
    assert!(empty.undone(&["--range", "HEAD"]).contains("no commit"));
}
