//! A pipeline's variables, for each kind of pipeline, against clones of every depth.

use super::{Project, ZEROS, is_shallow};
use crate::support::program::Run;
use crate::support::tokens::pat;

/// The numbers of the secrets that were found, of those up to 9.
fn found(run: &Run) -> Vec<u64> {
    let masks = |number: &u64| {
        let secret = pat(*number);
        let mask = format!("\"secret\":\"{}****", &secret[..10]);
        run.stdout.contains(&mask)
    };
    (1..10).filter(masks).collect()
}

/// The first line on stderr.
fn first(run: &Run) -> &str {
    run.stderr.lines().next().unwrap_or_default()
}

fn twelve(id: &str) -> &str {
    &id[..12]
}

/// A project whose branch `topic` has left `main` three commits ago, with a secret (2) in the first
/// of these; `main` has gone on since, with a secret of its own (3).
fn topic() -> Project {
    let project = Project::new(5);
    project.folder.git(&["checkout", "--quiet", "-b", "topic"]);
    project.leak(2);
    project.work("two");
    project.work("three");
    project.push("topic");
    project.folder.git(&["checkout", "--quiet", "main"]);
    project.leak(3);
    project.push("main");
    project
}

#[test]
fn a_merge_request_reads_what_it_adds() {
    let project = topic();
    project.job("job", "topic", 0);
    let base = project.folder.git(&["merge-base", "main", "topic"]);
    let variables = [
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &*base),
        ("CI_COMMIT_BEFORE_SHA", ZEROS),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
    ];
    let run = project.scan("job", &variables, &[]).expect(1);
    let (tip, base) = (project.id("topic"), &base);
    let line = format!(
        "stanch: commits {}..{} (3 commits): merge request !7 into main",
        twelve(base),
        twelve(&tip)
    );
    assert_eq!((first(&run), found(&run)), (&*line, vec![2]));
    // The line comes before everything else, and is said even when nothing else is to be.
    let run = project.scan("job", &variables, &["--quiet"]).expect(1);
    assert_eq!(first(&run), line);
}

#[test]
fn a_push_to_a_branch_reads_what_was_pushed() {
    let project = topic();
    project.job("job", "topic", 0);
    let variables = |before: &str| {
        [("CI_COMMIT_BRANCH", "topic"), ("CI_COMMIT_BEFORE_SHA", before)]
            .map(|(name, value)| (name, value.to_owned()))
    };
    let scan = |before: &str| {
        let variables = variables(before);
        let variables = variables.each_ref().map(|(name, value)| (*name, &**value));
        project.scan("job", &variables, &[])
    };
    let run = scan(&project.id("topic~1")).expect(0);
    assert!(first(&run).contains("(1 commit): branch topic, since it was pushed before"));
    let run = scan(&project.id("topic~3")).expect(1);
    assert_eq!(found(&run), [2]);
    // What is no id is no reason to read less.
    let run = scan("HEAD~1").expect(2);
    assert!(run.stderr.contains("CI_COMMIT_BEFORE_SHA is no id of a commit"), "{}", run.stderr);
}

#[test]
fn a_new_branch_reads_from_where_it_left_the_default_branch() {
    let project = topic();
    project.job("job", "topic", 0);
    let variables = [("CI_COMMIT_BRANCH", "topic"), ("CI_COMMIT_BEFORE_SHA", ZEROS)];
    // A job's clone has its own branch and no other.
    let run = project.scan("job", &variables, &[]).expect(3);
    assert_eq!(first(&run), "stanch: nothing was read: this clone lacks branch main");
    let line = "under before_script: git fetch origin +refs/heads/main:refs/remotes/origin/main";
    assert!(run.stderr.contains(line), "{}", run.stderr);
    assert!(run.stdout.contains("\"complete\":false") && found(&run).is_empty(), "{}", run.stdout);
    // The line that it says helps, and so does letting it fetch.
    let run = project.scan("job", &variables, &["--ci-fetch"]).expect(1);
    let why = "(3 commits): branch topic, since it left main (CI_COMMIT_BEFORE_SHA is zeros)";
    assert!(first(&run).ends_with(why), "{}", run.stderr);
    assert_eq!(found(&run), [2]);
    project.scan("job", &variables, &[]).expect(1);
    // A branch that has nothing of its own.
    project.folder.git(&["branch", "same", "main~1"]);
    project.push("same");
    project.job("same", "same", 0);
    let variables = [("CI_COMMIT_BRANCH", "same"), ("CI_COMMIT_BEFORE_SHA", ZEROS)];
    let run = project.scan("same", &variables, &["--ci-fetch"]).expect(0);
    assert!(first(&run).contains("(0 commits)"), "{}", run.stderr);
    // One that shares nothing with the default branch is new from its first commit on.
    project.folder.git(&["checkout", "--quiet", "--orphan", "alone"]);
    project.leak(4);
    project.push("alone");
    project.job("alone", "alone", 0);
    let variables = [("CI_COMMIT_BRANCH", "alone"), ("CI_COMMIT_BEFORE_SHA", ZEROS)];
    let run = project.scan("alone", &variables, &["--ci-fetch"]).expect(1);
    assert!(found(&run).contains(&4), "{}", run.stdout);
}

#[test]
fn the_default_branch_and_schedules_read_the_whole_history() {
    let project = topic();
    project.job("job", "main", 0);
    let before = project.id("main~1");
    let push = [("CI_COMMIT_BRANCH", "main"), ("CI_COMMIT_BEFORE_SHA", &*before)];
    let run = project.scan("job", &push, &[]).expect(1);
    assert_eq!(first(&run), "stanch: the whole history: main is the default branch");
    assert_eq!(found(&run), [1, 3]);
    project.job("topic", "topic", 0);
    let schedule = [("CI_COMMIT_BRANCH", "topic"), ("CI_PIPELINE_SOURCE", "schedule")];
    let run = project.scan("topic", &schedule, &[]).expect(1);
    assert_eq!(first(&run), "stanch: the whole history: the pipeline was started by a schedule");
    assert_eq!(found(&run), [1, 2]);
    let historic = [("CI_COMMIT_BRANCH", "topic"), ("SECRET_DETECTION_HISTORIC_SCAN", "true")];
    let run = project.scan("topic", &historic, &[]).expect(1);
    assert_eq!(found(&run), [1, 2]);
}

#[test]
fn a_tag_is_read_with_its_message() {
    let project = topic();
    let message = format!("release with {}", pat(5));
    project.folder.git(&["tag", "--annotate", "--message", &message, "v1", "topic"]);
    project.folder.git(&["push", "--quiet", "origin", "v1"]);
    project.job("job", "topic", 0);
    let tag = "+refs/tags/v1:refs/tags/v1";
    project.folder.git(&["-C", "job", "fetch", "--quiet", "origin", tag]);
    let variables = [("CI_COMMIT_TAG", "v1"), ("CI_COMMIT_BEFORE_SHA", ZEROS)];
    let run = project.scan("job", &variables, &["--ci-fetch"]).expect(1);
    assert!(first(&run).contains("refs/tags/v1 (3 commits): tag v1"), "{}", run.stderr);
    assert_eq!(found(&run), [2, 5]);
}

#[test]
fn a_forced_push_is_read_from_the_default_branch_on() {
    let project = topic();
    let before = project.id("topic");
    project.folder.git(&["checkout", "--quiet", "topic"]);
    project.folder.git(&["commit", "--quiet", "--amend", "--message", "other"]);
    project.push("topic");
    // The server has cleaned up: nobody can fetch the old commit any more.
    project.folder.git(&["--git-dir=../server.git", "reflog", "expire", "--expire=now", "--all"]);
    project.folder.git(&["--git-dir=../server.git", "gc", "--quiet", "--prune=now"]);
    project.job("job", "topic", 0);
    let refspec = "+refs/heads/main:refs/remotes/origin/main";
    project.folder.git(&["-C", "job", "fetch", "--quiet", "origin", refspec]);
    let variables = [("CI_COMMIT_BRANCH", "topic"), ("CI_COMMIT_BEFORE_SHA", &*before)];
    for fetches in [&[][..], &["--ci-fetch"]] {
        let run = project.scan("job", &variables, fetches).expect(1);
        let line = run.stderr.lines().find(|it| it.starts_with("stanch: commits")).expect("a line");
        assert!(line.contains("(3 commits): branch topic, since the commits left main"), "{line}");
        assert!(line.contains("was there a forced push?"), "{line}");
        assert_eq!(found(&run), [2]);
    }
}

#[test]
fn a_shallow_clone_is_completed_or_says_what_it_needs() {
    let project = topic();
    let base = project.folder.git(&["merge-base", "main", "topic"]);
    let variables = [
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &*base),
        ("CI_COMMIT_BEFORE_SHA", ZEROS),
        ("CI_MERGE_REQUEST_IID", "7"),
    ];
    let before = project.id("topic~3");
    let push = [("CI_COMMIT_BRANCH", "topic"), ("CI_COMMIT_BEFORE_SHA", &*before)];
    let new = [("CI_COMMIT_BRANCH", "topic"), ("CI_COMMIT_BEFORE_SHA", ZEROS)];
    let cases: [(&str, &[(&str, &str)]); 3] =
        [("request", &variables), ("push", &push), ("new", &new)];
    for (name, variables) in cases {
        project.job(name, "topic", 2);
        let clone = project.folder.path().join(name);
        assert!(is_shallow(&clone));
        let run = project.scan(name, variables, &[]).expect(3);
        assert!(first(&run).starts_with("stanch: nothing was read: this clone lacks"), "{name}");
        assert!(run.stderr.contains("under variables: GIT_DEPTH: \"0\""), "{}", run.stderr);
        assert!(run.stdout.contains("\"complete\":false"), "{}", run.stdout);
        let run = project.scan(name, variables, &["--ci-fetch"]).expect(1);
        assert_eq!(found(&run), [2], "{name}");
        assert!(first(&run).contains("(3 commits)"), "{}", run.stderr);
    }
    // One that is deep enough needs nothing.
    project.job("deep", "topic", 5);
    let run = project.scan("deep", &variables, &[]).expect(1);
    assert_eq!((found(&run), is_shallow(&project.folder.path().join("deep"))), (vec![2], true));
    // The whole history: what is there is read, and the result is not whole.
    project.job("main", "main", 2);
    let main = [("CI_COMMIT_BRANCH", "main")];
    let run = project.scan("main", &main, &["--fail-on", "none"]).expect(3);
    assert!(run.stderr.contains("GIT_DEPTH: \"0\""), "{}", run.stderr);
    let run = project.scan("main", &main, &["--ci-fetch"]).expect(1);
    assert_eq!(found(&run), [1, 3]);
    assert!(!is_shallow(&project.folder.path().join("main")));
}

#[test]
fn a_fetch_that_fails_is_told_and_nothing_passes_for_read() {
    let project = topic();
    project.job("job", "topic", 1);
    let secret = pat(8);
    let address = format!("http://gitlab-ci-token:{secret}@127.0.0.1:9/acme/shop.git");
    project.folder.git(&["-C", "job", "remote", "set-url", "origin", &address]);
    let before = project.id("topic~3");
    let variables = [("CI_COMMIT_BRANCH", "topic"), ("CI_COMMIT_BEFORE_SHA", &*before)];
    let run = project.scan("job", &variables, &["--ci-fetch"]).expect(3);
    assert!(run.stderr.contains("git fetch: ") && run.stderr.contains("nothing was read"));
    assert!(!run.stderr.contains(&secret) && !run.stdout.contains(&secret));
    // Nothing that lies in the clone is run for it.
    for hook in ["reference-transaction", "post-merge", "pre-auto-gc"] {
        let path = project.folder.path().join("job/.git/hooks").join(hook);
        std::fs::write(&path, "#!/bin/sh\ntouch ../ran\n").expect("a hook");
        std::process::Command::new("chmod").arg("+x").arg(&path).status().expect("chmod runs");
    }
    let server = project.folder.path().join("../server.git").canonicalize().expect("a server");
    let server = format!("file://{}", server.display());
    project.folder.git(&["-C", "job", "remote", "set-url", "origin", &server]);
    project.folder.git(&["-C", "job", "config", "core.fsmonitor", "touch ran"]);
    project.scan("job", &variables, &["--ci-fetch"]).expect(1);
    let ran = ["ran", "job/ran", "job/.git/ran"].map(|it| project.folder.path().join(it).exists());
    assert_eq!(ran, [false; 3]);
}

#[test]
fn outside_of_a_job_and_with_other_choices_it_is_refused() {
    let project = topic();
    let run = project.scan(".", &[("GITLAB_CI", "")], &[]).expect(2);
    assert!(run.stderr.contains("GITLAB_CI is not set"), "{}", run.stderr);
    for other in
        [&["--staged"][..], &["--since", "30d"], &["--branch", "main"], &[".", "."], &["-"]]
    {
        project.scan(".", &[], other).expect(2);
    }
    project.folder.run(&["scan", "--ci-fetch"]).expect(2);
    // A range that was typed goes before the variables.
    let push = [("CI_COMMIT_BRANCH", "main")];
    let run = project.scan(".", &push, &["--range", "main~1..main"]).expect(1);
    let line = "stanch: commits main~1..main (1 commit): --range names them";
    assert_eq!((first(&run), found(&run)), (line, vec![3]));
}

#[test]
fn paths_that_gitlabs_variable_leaves_out_are_left_out() {
    let project = topic();
    project.job("job", "topic", 0);
    let base = project.folder.git(&["merge-base", "main", "topic"]);
    let variables = [
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &*base),
        ("SECRET_DETECTION_EXCLUDED_PATHS", "doc, leak2.env"),
    ];
    let run = project.scan("job", &variables, &[]).expect(0);
    assert!(run.stdout.contains("\"excluded by --exclude\",\"count\":1"), "{}", run.stdout);
}
