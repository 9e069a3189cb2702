//! The folder of hooks for every repository of a user. Where the user has none, one is made and set,
//! and hooks are put there that run those of each repository: git itself no longer does.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::install::write;
use super::place::{Folder, HOOKS_PATH, Kind, Place};
use super::script;
use crate::cli::args::HookName;
use crate::cli::git::{self, Reach};

/// Hooks of a repository that git no longer runs once core.hooksPath is set (githooks(5)). One is
/// missing: where there is a push-to-checkout, git leaves the work tree to it.
const OTHERS: [&str; 22] = [
    "applypatch-msg",
    "commit-msg",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "reference-transaction",
    "sendemail-validate",
    "update",
];

/// The folder for all repositories of the user. Where none is set, one is made and set; hooks that are
/// missing in one that we made are put there again.
pub(super) fn prepare(said: &mut Vec<String>) -> anyhow::Result<Folder> {
    // Git would wait for a pipe, and put a file in the place of a device.
    let settings = settings_file()?;
    let shown = settings.display();
    ensure!(
        settings.metadata().map_or(true, |it| it.is_file()),
        "your git settings are {shown}, which is no plain file: core.hooksPath cannot be set there"
    );
    let mut written = Vec::new();
    if let Some(folder) = Folder::of_user()? {
        if passes_on(&folder.path) {
            forwarders(&folder.path, &mut written)?;
            if !written.is_empty() {
                let count = written.len();
                said.push(format!("{count} hooks that run the repository's own are written anew"));
            }
        }
        return Ok(folder);
    }
    let path = default_folder()?;
    let fresh = !path.exists();
    if let Err(error) = set_up(&path, &mut written) {
        // Nothing is left that nothing leads to.
        for file in written {
            let _ = std::fs::remove_file(file);
        }
        if fresh {
            let _ = std::fs::remove_dir(&path);
        }
        return Err(error);
    }
    said.push(format!(
        "core.hooksPath is set to {} in your git settings; git now runs the hooks there in all \
         your repositories, and these run the repository's own hooks, too",
        path.display()
    ));
    Folder::of_user()?.context("core.hooksPath was set, but git does not see it")
}

fn set_up(path: &Path, written: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    forwarders(path, written)?;
    let shown = path.to_str().context("the path of your config folder is not UTF-8")?;
    git::ask(&["config", "--global", HOOKS_PATH, shown]).map(drop)
}

/// Writes the hooks that run those of a repository, where nothing or an older one stands.
fn forwarders(folder: &Path, written: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let text = script::forward();
    for name in OTHERS {
        let place = Place::at(folder, name);
        let old = place.kind == Kind::Forward && (place.text != text || !place.runs);
        if place.kind == Kind::Nothing || old {
            write(&place.path, &text)?;
            written.push(place.path);
        }
    }
    Ok(())
}

/// True for a folder with hooks that run those of a repository: it is one that we made.
fn passes_on(folder: &Path) -> bool {
    OTHERS.iter().any(|name| script::forwards(&Place::at(folder, name).text))
}

/// The folders of the user where hooks of ours may be: those that are set, whichever of them counts,
/// and the one that we would make.
pub(super) fn folders() -> anyhow::Result<Vec<Folder>> {
    let mut folders = Vec::new();
    for set in git::paths(HOOKS_PATH, Reach::Everywhere)? {
        if set.scope == "global" && Path::new(&set.value).is_absolute() {
            let why = format!("core.hooksPath in {}", set.origin);
            folders.push(Folder { path: set.value.into(), why, own: None });
        }
    }
    if let Ok(path) = default_folder() {
        let why = "the folder that stanch makes".to_owned();
        folders.push(Folder { path, why, own: None });
    }
    let mut seen: Vec<PathBuf> = Vec::new();
    folders.retain(|folder| {
        let new = !seen.contains(&folder.path);
        seen.push(folder.path.clone());
        new
    });
    Ok(folders)
}

/// Undoes [`prepare`] when no hook that looks for tokens is left there.
pub(super) fn leave(folder: &Path) -> anyhow::Result<Vec<String>> {
    let is = |name: &str, kind: Kind| Place::at(folder, name).kind == kind;
    let left = HookName::ALL.iter().any(|hook| is(hook.word(), Kind::Ours));
    if left || !passes_on(folder) {
        return Ok(Vec::new());
    }
    let others: Vec<&str> = OTHERS.into_iter().filter(|name| is(name, Kind::Foreign)).collect();
    if !others.is_empty() {
        return Ok(vec![format!(
            "{} has hooks of others ({}): core.hooksPath stays, and so do the hooks that run those \
             of each repository",
            folder.display(),
            others.join(", ")
        )]);
    }
    // First the setting: as long as it leads here, these hooks are needed.
    let said = unset(folder)?;
    for name in OTHERS.into_iter().filter(|name| is(name, Kind::Forward)) {
        let path = folder.join(name);
        std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    // What else is there is not ours.
    let _ = std::fs::remove_dir(folder);
    Ok(said)
}

/// Takes a folder out of the user's git settings, wherever it stands there.
fn unset(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut said = Vec::new();
    for set in git::paths(HOOKS_PATH, Reach::Everywhere)? {
        if set.scope != "global" || Path::new(&set.value) != folder {
            continue;
        }
        let Some(file) = set.origin.strip_prefix("file:") else {
            bail!("core.hooksPath is set to {} in {}", folder.display(), set.origin);
        };
        let line = format!("core.hooksPath is taken out of your git settings ({file})");
        if !said.contains(&line) {
            let exact = ["config", "--file", file, "--fixed-value", "--unset-all", HOOKS_PATH];
            git::ask(&[&exact[..], &[&set.value]].concat())?;
            said.push(line);
        }
    }
    Ok(said)
}

/// A folder in the environment; one that is no whole path does not count (XDG base directories).
fn set(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn config_folder() -> anyhow::Result<PathBuf> {
    let config = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    config.context("$HOME is not set, so there is no config folder")
}

/// `git/hooks` in the user's config folder.
fn default_folder() -> anyhow::Result<PathBuf> {
    Ok(config_folder()?.join("git/hooks"))
}

/// The file into which `git config --global` writes (git-config(1)).
fn settings_file() -> anyhow::Result<PathBuf> {
    if let Some(file) = std::env::var_os("GIT_CONFIG_GLOBAL") {
        return Ok(file.into());
    }
    let home = set("HOME").context("$HOME is not set, so there are no git settings")?;
    let (plain, other) = (home.join(".gitconfig"), config_folder()?.join("git/config"));
    Ok(if !plain.exists() && other.exists() { other } else { plain })
}
