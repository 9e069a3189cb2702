//! Lets git fetch what a clone lacks. Only with `--ci-fetch`. The settings of the clone are the runner's,
//! but somebody else may have had it before: what they could make git run is turned off, and git is
//! given none of our variables. A credential helper is left on, since a runner may give git the job's
//! token by one.

use std::path::Path;

use anyhow::bail;

use super::plan::{Pipeline, Start};
use crate::cli::git;

/// The remote from which a job's clone comes.
pub(super) const REMOTE: &str = "origin";

/// Every branch and tag.
const ALL: [&str; 2] = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];

/// Git without what a repository's settings can make it run (git-config(1)), and without what would
/// take time for nothing.
const PLAIN: [&str; 22] = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.sshCommand=ssh",
    "-c",
    "core.askPass=true",
    "-c",
    "core.alternateRefsCommand=true",
    "-c",
    "protocol.ext.allow=never",
    // It would run core.gitProxy.
    "-c",
    "protocol.git.allow=never",
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
    "fetch",
    "--quiet",
    "--no-recurse-submodules",
    "--upload-pack=git-upload-pack",
];

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many commits more than there are.
    Deepen(u32),
    /// All commits.
    Unshallow,
    /// Only what is named.
    Named,
}

/// Fetches once. What git says of a failure may hold the address of the remote, with the job's token
/// in it: that is taken out.
pub(super) fn fetch(folder: &Path, step: Step, pipeline: &Pipeline) -> anyhow::Result<()> {
    let deepen = match step {
        Step::Deepen(commits) => Some(format!("--deepen={commits}")),
        Step::Unshallow => Some("--unshallow".to_owned()),
        Step::Named => None,
    };
    // An id comes first: the server need not know by which branch it goes.
    let mut wanted = vec![pipeline.tip.to_string()];
    match &pipeline.start {
        // As a runner does for GIT_DEPTH: "0".
        Start::Everything => wanted.extend(ALL.map(str::to_owned)),
        Start::Commit { id, .. } if step == Step::Named => wanted.push(id.to_string()),
        Start::Commit { .. } => {}
        Start::Branch(branch) => wanted.push(refspec(branch)),
    }
    if let (Some(tag), false) = (&pipeline.tag, pipeline.start == Start::Everything) {
        wanted.push(format!("+refs/tags/{tag}:refs/tags/{tag}"));
    }
    let mut arguments: Vec<&str> = PLAIN.to_vec();
    arguments.extend(deepen.as_deref());
    arguments.push(REMOTE);
    arguments.extend(wanted.iter().map(String::as_str));
    let (done, said) = git::try_apart(folder, &arguments)?;
    if !done {
        bail!("git fetch: {}", without_credentials(said.trim()));
    }
    Ok(())
}

/// What brings a branch of the remote to the place where it is looked for.
pub(super) fn refspec(branch: &str) -> String {
    format!("+refs/heads/{branch}:refs/remotes/{REMOTE}/{branch}")
}

/// A text without what stands before the host in its addresses.
fn without_credentials(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        clean += before;
        clean += "://";
        let end = after.find(|it: char| it == '/' || it.is_whitespace()).unwrap_or(after.len());
        let host = after[..end].rfind('@').map_or(0, |at| at + 1);
        rest = &after[host..];
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn an_address_is_told_without_its_credentials() {
        let said =
            "fatal: unable to access 'https://gitlab-ci-token:pa@ss@git.example.com/a/b.git/': 403";
        let clean = "fatal: unable to access 'https://git.example.com/a/b.git/': 403";
        assert_eq!(without_credentials(said), clean);
        assert_eq!(without_credentials("a://b c://u@d e"), "a://b c://d e");
    }
}
