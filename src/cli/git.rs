//! Asks git itself. Where it looks for hooks depends on settings in many places, and only git knows
//! them all. Nothing that is asked here runs anything of the repository's.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, bail};

/// Variables that tie git to the repository in whose hook we may be running.
const TIES: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_CONFIG_PARAMETERS",
];

/// What git prints in the current folder, without the line end; an error when it fails.
pub(super) fn ask(arguments: &[&str]) -> anyhow::Result<String> {
    let output = output(Command::new("git").args(arguments))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("git {}: {}", arguments.join(" "), said.trim());
    }
    let text = String::from_utf8(output.stdout);
    let text = text.with_context(|| format!("git {}: not UTF-8", arguments.join(" ")))?;
    Ok(text.trim_end_matches('\n').to_owned())
}

/// Where a setting counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// In the current folder.
    Here,
    /// Outside of every repository.
    Everywhere,
}

/// A value of a setting.
#[derive(Clone, Debug)]
pub(super) struct Set {
    /// `system`, `global`, `local`, `worktree` or `command`.
    pub scope: String,
    /// What it comes from: `file:` and a path, or something else.
    pub origin: String,
    /// The value.
    pub value: String,
}

/// All values of a setting that is a path, wherever they come from; the last one counts.
pub(super) fn paths(name: &str, reach: Reach) -> anyhow::Result<Vec<Set>> {
    let mut command = Command::new("git");
    if reach == Reach::Everywhere {
        command.env("GIT_DIR", "/dev/null");
    }
    command.args(["config", "-z", "--show-scope", "--show-origin", "--type=path", "--get-all"]);
    let output = output(command.arg(name))?;
    // git config ends with 1 when the setting has no value.
    if !matches!(output.status.code(), Some(0 | 1)) {
        bail!("git config: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let text = String::from_utf8(output.stdout);
    let text = text.with_context(|| format!("git config {name}: not UTF-8"))?;
    let words: Vec<&str> = text.split('\0').collect();
    let set = |words: &[&str]| match words {
        [scope, origin, value] => Some(Set {
            scope: (*scope).to_owned(),
            origin: (*origin).to_owned(),
            value: (*value).to_owned(),
        }),
        _ => None,
    };
    Ok(words.chunks_exact(3).filter_map(set).collect())
}

/// Runs git in a folder, bound to no other repository; gives back whether it succeeded, and all that
/// was printed.
pub(super) fn try_in(folder: &Path, arguments: &[&str]) -> anyhow::Result<(bool, String)> {
    tried(free(folder, arguments))
}

/// The same without any variable of ours: what git runs must not see the operator's credentials.
pub(super) fn try_apart(folder: &Path, arguments: &[&str]) -> anyhow::Result<(bool, String)> {
    let mut command = free(folder, arguments);
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"STANCH_") {
            command.env_remove(name);
        }
    }
    tried(command)
}

fn free(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments);
    command.env("GIT_TERMINAL_PROMPT", "0");
    for tie in TIES {
        command.env_remove(tie);
    }
    command
}

fn tried(mut command: Command) -> anyhow::Result<(bool, String)> {
    let output = output(&mut command)?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

fn output(command: &mut Command) -> anyhow::Result<Output> {
    command.stdin(Stdio::null()).output().context("git cannot be run; is it installed and in PATH?")
}
