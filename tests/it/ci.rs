//! Inside GitLab jobs: which commits are read, in clones that are made as GitLab Runner makes them.

mod component;
mod note;
mod own;
mod pipelines;

use std::path::Path;

use crate::support::program::{Folder, Run};
use crate::support::tokens::pat;

const ZEROS: &str = "0000000000000000000000000000000000000000";

/// A server's repository, a developer's clone of it (where we stand), and jobs.
pub(crate) struct Project {
    pub(crate) folder: Folder,
}

impl Project {
    /// A server with a main branch of `commits` commits, the first of which has a secret (number 1).
    pub(crate) fn new(commits: usize) -> Self {
        let folder = Folder::repository();
        folder.git(&["init", "--quiet", "--bare", "--initial-branch=main", "../server.git"]);
        folder.git(&["remote", "add", "origin", "../server.git"]);
        folder.write("old.env", format!("{}\n", pat(1)));
        folder.commit("first");
        for number in 1..commits {
            folder.write("main.txt", format!("{number}\n"));
            folder.commit("more");
        }
        let project = Self { folder };
        project.push("main");
        project
    }

    /// Commits a secret of this number, in a file of its own; gives back the commit.
    pub(crate) fn leak(&self, number: u64) -> String {
        self.folder.write(format!("leak{number}.env"), format!("{}\n", pat(number)));
        self.folder.commit("leak")
    }

    /// Commits something harmless.
    pub(crate) fn work(&self, content: &str) -> String {
        self.folder.write("work.txt", content);
        self.folder.commit("work")
    }

    pub(crate) fn push(&self, branch: &str) {
        self.folder.git(&["push", "--quiet", "--force", "origin", branch]);
    }

    pub(crate) fn id(&self, name: &str) -> String {
        self.folder.git(&["rev-parse", name])
    }

    /// The clone of a job, as GitLab Runner makes it (`shells/abstract.go`) from what GitLab tells it
    /// (`app/presenters/ci/build_runner_presenter.rb`, `refspecs`): one branch and so many commits, or
    /// with 0 all branches, tags and commits; and no branch checked out.
    pub(crate) fn job(&self, name: &str, branch: &str, depth: u32) {
        let tip = self.id(branch);
        let server = self.folder.path().join("../server.git").canonicalize().expect("a server");
        let server = format!("file://{}", server.display());
        self.folder.git(&["init", "--quiet", name]);
        let git = |arguments: &[&str]| self.folder.git(&[&["-C", name], arguments].concat());
        git(&["remote", "add", "origin", &server]);
        let depth = format!("--depth={depth}");
        let depth: &[&str] = if depth == "--depth=0" { &[] } else { &[&depth] };
        let pipeline = format!("+{tip}:refs/pipelines/1");
        let branch = format!("+refs/heads/{branch}:refs/remotes/origin/{branch}");
        let all: [&str; 2] = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];
        let refspecs: &[&str] = if depth.is_empty() { &all } else { &[&branch] };
        let fetch: &[&str] = &["fetch", "--quiet", "--no-tags", "origin", &pipeline];
        let fetch = &[fetch, refspecs].concat();
        git(&[&fetch[..2], depth, &fetch[2..]].concat());
        git(&["checkout", "--quiet", "--force", &tip]);
    }

    /// Runs `stanch scan --ci` in the clone of a job, with these variables beside the usual ones.
    pub(crate) fn scan(&self, name: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut command = self.folder.command();
        command.current_dir(self.folder.path().join(name));
        let format: &[&str] =
            if arguments.contains(&"--format") { &[] } else { &["--format", "jsonl"] };
        command.args(["scan", "--ci"]).args(format).args(arguments);
        let tip = self.folder.git(&["-C", name, "rev-parse", "HEAD"]);
        command.env("GITLAB_CI", "true").env("CI_COMMIT_SHA", tip);
        command.env("CI_DEFAULT_BRANCH", "main").env("CI_PIPELINE_SOURCE", "push");
        command.envs(variables.iter().copied());
        crate::support::program::run(command, b"")
    }
}

/// True when a clone is cut off.
pub(crate) fn is_shallow(clone: &Path) -> bool {
    clone.join(".git/shallow").exists()
}
