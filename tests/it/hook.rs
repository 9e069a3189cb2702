//! Hooks: installed by stanch, run by real git.

mod global;
mod others;
mod pre_commit;
mod push;
mod receive;
mod rest;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::program::{Folder, run};

/// What git did: whether it succeeded, and all that was printed.
pub(crate) struct Done {
    passed: bool,
    said: String,
}

impl Done {
    #[track_caller]
    fn passed(self) -> String {
        assert!(self.passed, "{}", self.said);
        self.said
    }

    #[track_caller]
    fn blocked(self) -> String {
        assert!(!self.passed, "{}", self.said);
        self.said
    }
}

impl Folder {
    /// Runs git in a folder beside or below the repository; it may fail.
    fn try_git_in(&self, below: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Done {
        let mut command = Command::new("git");
        self.scrub(&mut command);
        command.current_dir(self.path().join(below)).envs(variables.iter().copied());
        command.args(["-c", "user.name=x", "-c", "user.email=x@example.com"]).args(arguments);
        let run = run(command, b"");
        Done { passed: run.code == Some(0), said: run.stdout + &run.stderr }
    }

    fn try_git(&self, arguments: &[&str]) -> Done {
        self.try_git_in(".", arguments, &[])
    }

    /// Stages everything and commits it.
    fn try_commit(&self) -> Done {
        self.git(&["add", "--all", "."]);
        self.try_git(&["commit", "--quiet", "--message", "x"])
    }

    fn hook(&self, arguments: &[&str]) -> crate::support::program::Run {
        self.run(&[&["hook"], arguments].concat())
    }

    /// Writes a script that can be run.
    fn script(&self, path: &str, text: &str) {
        self.write(path, format!("#!/bin/sh\n{text}\n"));
        chmod(&self.path().join(path), 0o755);
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap_or_default()
    }
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
}
