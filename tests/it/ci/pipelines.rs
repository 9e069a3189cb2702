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
    project.job("job", "topic", 50);
    let variables = [("CI_COMMIT_BRANCH", "topic"), ("CI_COMMIT_BEFORE_SHA", ZEROS)];
    // A local branch of that name may be anything.
    project.folder.git(&["-C", "job", "branch", "main"]);
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
    project.job("same", "same", 50);
    let variables = [("CI_COMMIT_BRANCH", "same"), ("CI_COMMIT_BEFORE_SHA", ZEROS)];
    let run = project.scan("same", &variables, &["--ci-fetch"]).expect(0);
    assert!(first(&run).contains("(0 commits)"), "{}", run.stderr);
    // One that shares nothing with the default branch is new from its first commit on.
    project.folder.git(&["checkout", "--quiet", "--orphan", "alone"]);
    project.leak(4);
    project.push("alone");
    project.job("alone", "alone", 50);
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
    assert_eq!(first(&run), "stanch: all that this clone has: main is the default branch");
    assert_eq!(found(&run), [1, 2, 3]);
    // A folder of the repository stands for all of it, a file does not.
    std::fs::create_dir(project.folder.path().join("job/below")).expect("a folder");
    let run = project.scan("job", &push, &["below"]).expect(1);
    assert_eq!(found(&run), [1, 2, 3]);
    project.scan("job", &push, &["old.env"]).expect(2);
    project.job("topic", "topic", 50);
    let schedule = [("CI_COMMIT_BRANCH", "topic"), ("CI_PIPELINE_SOURCE", "schedule")];
    let run = project.scan("topic", &schedule, &[]).expect(1);
    let line = "stanch: all that this clone has: the pipeline was started by a schedule";
    assert_eq!((first(&run), found(&run)), (line, vec![1, 2]));
    // With leave to fetch it has all branches.
    let run = project.scan("topic", &schedule, &["--ci-fetch"]).expect(1);
    let line = "stanch: the whole history: the pipeline was started by a schedule";
    assert_eq!((first(&run), found(&run)), (line, vec![1, 2, 3]));
    let historic = [("CI_COMMIT_BRANCH", "topic"), ("SECRET_DETECTION_HISTORIC_SCAN", "true")];
    let run = project.scan("topic", &historic, &[]).expect(1);
    assert_eq!(found(&run), [1, 2, 3]);
}

#[test]
fn a_tag_is_read_with_its_message() {
    let project = topic();
    let message = format!("release with {}", pat(5));
    project.folder.git(&["tag", "--annotate", "--message", &message, "v1", "topic"]);
    project.folder.git(&["push", "--quiet", "origin", "v1"]);
    project.job("job", "topic", 50);
    let variables = [("CI_COMMIT_TAG", "v1"), ("CI_COMMIT_BEFORE_SHA", ZEROS)];
    let run = project.scan("job", &variables, &[]).expect(3);
    assert!(run.stderr.contains("+refs/tags/v1:refs/tags/v1"), "{}", run.stderr);
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
        let line = first(&run);
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
    assert_eq!(found(&run), [1, 2, 3]);
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
    assert!(run.stderr.contains("git fetch: "), "{}", run.stderr);
    assert!(first(&run).starts_with("stanch: nothing was read"), "{}", run.stderr);
    // Of the whole history what there is is read, and the rest is not forgotten.
    let main = [("CI_COMMIT_BRANCH", "main")];
    let run = project.scan("job", &main, &["--ci-fetch"]).expect(1);
    assert!(first(&run).starts_with("stanch: all that this clone has"), "{}", run.stderr);
    assert_eq!(run.summary()["complete"], false);
    project.scan("job", &main, &["--ci-fetch", "--fail-on", "none"]).expect(3);
    assert!(!run.stderr.contains(&secret) && !run.stdout.contains(&secret));
}

/// What somebody has put into the clone before is not run.
#[test]
fn fetching_runs_nothing_of_the_clone() {
    let project = topic();
    project.job("job", "topic", 1);
    let before = project.id("topic~3");
    let variables = [
        ("CI_COMMIT_BRANCH", "topic"),
        ("CI_COMMIT_BEFORE_SHA", &*before),
        ("STANCH_GITLAB_TOKEN", "canary"),
    ];
    let root = project.folder.path().join("..").canonicalize().expect("a folder");
    let (program, ran) = (root.join("program"), root.join("ran"));
    let text = format!("#!/bin/sh\necho \"$0 $@\" >> {0}\nenv >> {0}\nexit 1\n", ran.display());
    std::fs::write(&program, text).expect("a program");
    let status = std::process::Command::new("chmod").arg("+x").arg(&program).status();
    assert!(status.expect("chmod runs").success());
    let hooks = project.folder.path().join("job/.git/hooks");
    std::fs::create_dir_all(&hooks).expect("a folder");
    for hook in ["reference-transaction", "post-merge", "pre-auto-gc"] {
        std::fs::copy(&program, hooks.join(hook)).expect("a hook");
    }
    let program = program.display().to_string();
    let external = format!("ext::{program}");
    let of_file = [
        ("core.fsmonitor", &*program),
        ("core.sshCommand", &*program),
        ("core.gitProxy", &*program),
        ("core.askPass", &*program),
        ("core.alternateRefsCommand", &*program),
        ("remote.origin.uploadpack", &*program),
    ];
    for (name, value) in of_file {
        project.folder.git(&["-C", "job", "config", name, value]);
    }
    for url in ["ssh://127.0.0.1:9/x", "git://127.0.0.1:9/x", &external, "http://127.0.0.1:9/x"] {
        project.folder.git(&["-C", "job", "config", "remote.origin.url", url]);
        project.scan("job", &variables, &["--ci-fetch"]).expect(3);
    }
    let server = format!("file://{}", root.join("server.git").display());
    project.folder.git(&["-C", "job", "config", "remote.origin.url", &server]);
    project.scan("job", &variables, &["--ci-fetch"]).expect(1);
    assert!(!ran.exists(), "{}", std::fs::read_to_string(&ran).unwrap_or_default());
    // A helper that gives the credential for the server is the runner's, and does not see ours.
    project.folder.git(&["-C", "job", "config", "credential.helper", &program]);
    project.folder.git(&["-C", "job", "config", "remote.origin.url", "ssh://127.0.0.1:9/x"]);
    project.scan("job", &variables, &["--ci-fetch"]);
    let seen = std::fs::read_to_string(&ran).unwrap_or_default();
    assert!(!seen.contains("canary"), "{seen}");
    // Git by itself would have run it: what was tried is no straw man.
    let _ = std::process::Command::new("git")
        .args(["fetch", "origin"])
        .current_dir(project.folder.path().join("job"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output();
    assert!(ran.exists(), "git runs nothing either");
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
