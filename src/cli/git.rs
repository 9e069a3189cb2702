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

/// The value of a setting, if it has one. Paths are whole then.
pub(super) fn setting(arguments: &[&str]) -> anyhow::Result<Option<String>> {
    let output = output(Command::new("git").arg("config").args(arguments))?;
    // git config ends with 1 when the setting has no value.
    match output.status.code() {
        Some(0) => {
            let text = String::from_utf8_lossy(&output.stdout);
            Ok(Some(text.trim_end_matches('\n').to_owned()).filter(|text| !text.is_empty()))
        }
        Some(1) => Ok(None),
        _ => bail!("git config: {}", String::from_utf8_lossy(&output.stderr).trim()),
    }
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
