//! Repositories made by real git.

use std::process::Command;

use super::program::{Folder, run};

impl Folder {
    /// A fresh folder that is a git work tree.
    pub(crate) fn repository() -> Self {
        let folder = Self::new();
        folder.git(&["init", "--quiet", "--initial-branch=main", "."]);
        folder
    }

    /// Runs git in the folder; it must succeed. Gives back what it printed, without the last
    /// line end.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, b"")
    }

    /// Runs git with `input` on stdin.
    #[track_caller]
    pub(crate) fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut command = Command::new("git");
        self.scrub(&mut command);
        for (role, name) in [("AUTHOR", "Ann Author"), ("COMMITTER", "Carl Committer")] {
            command.env(format!("GIT_{role}_NAME"), name);
            command.env(format!("GIT_{role}_EMAIL"), format!("{}@example.com", &name[..3]));
            command.env(format!("GIT_{role}_DATE"), "1700000000 +0100");
        }
        command.args(["-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"]).args(arguments);
        let run = run(command, input);
        assert_eq!(run.code, Some(0), "git {arguments:?}: {}", run.stderr);
        run.stdout.trim_end_matches('\n').to_owned()
    }

    /// Commits everything; gives back the commit's id.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all", "."]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}
