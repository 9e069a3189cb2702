//! Where git looks for hooks, and what stands there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::{framework, script};
use crate::cli::args::HookName;
use crate::cli::git;

/// The folder in which git looks for hooks.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    /// Its whole path.
    pub path: PathBuf,
    /// Why it is this one, for people.
    pub why: String,
}

/// What stands where a hook would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Nothing,
    /// A hook of ours.
    Ours,
    /// One of ours that only runs the repository's.
    Forward,
    /// A hook of somebody else's.
    Foreign,
}

/// A hook's place.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The path.
    pub path: PathBuf,
    /// What stands there.
    pub kind: Kind,
    /// Its text, when it is one.
    pub text: String,
    /// True when git would run it.
    pub runs: bool,
    /// Where a hook is kept that was there before ours.
    pub kept: PathBuf,
    /// Where the pre-commit framework keeps one.
    pub legacy: PathBuf,
}

impl Folder {
    /// The folder for the repository in which we stand.
    pub(super) fn of_repository() -> anyhow::Result<Self> {
        let path = git::ask(&["rev-parse", "--path-format=absolute", "--git-path", "hooks"])
            .context("hooks belong to a repository: stand in one, or use --global")?;
        let set = git::setting(&["--show-origin", "--get", "core.hooksPath"])?;
        let why = match set {
            Some(origin) => {
                let file = origin.split('\t').next().unwrap_or_default().to_owned();
                format!("core.hooksPath in {file}")
            }
            None => "the repository's own hooks".to_owned(),
        };
        Ok(Self { path: path.into(), why })
    }

    /// The folder that the user's settings name for all repositories.
    pub(super) fn of_user() -> anyhow::Result<Option<Self>> {
        let path = git::setting(&["--global", "--type=path", "--get", "core.hooksPath"])?;
        let Some(path) = path.map(PathBuf::from) else { return Ok(None) };
        anyhow::ensure!(
            path.is_absolute(),
            "core.hooksPath in your git settings is {}, a folder in each repository: leave --global out",
            path.display()
        );
        let why = "core.hooksPath in the user's settings".to_owned();
        Ok(Some(Self { path, why }))
    }

    /// The place of a hook in it.
    pub(super) fn place(&self, hook: HookName) -> Place {
        Place::at(&self.path, hook.word())
    }
}

impl Place {
    /// The place of the hook with this name in a folder. Where the pre-commit framework stands in
    /// front of ours, it is the one from which the framework runs it.
    pub(super) fn at(folder: &Path, name: &str) -> Self {
        let path = folder.join(name);
        let kept = folder.join(format!("{name}{}", script::KEPT));
        let legacy = folder.join(format!("{name}{}", framework::LEGACY));
        let runs = is_executable(&path);
        let (kind, text) = Self::look(&path);
        if kind == Kind::Foreign && framework::is_its(&text) {
            let (behind, ours) = Self::look(&legacy);
            if behind == Kind::Ours {
                let runs = runs && is_executable(&legacy);
                return Self { path: legacy.clone(), kind: behind, text: ours, runs, kept, legacy };
            }
        }
        Self { path, kind, text, runs, kept, legacy }
    }

    /// What stands at a path.
    pub(super) fn look(path: &Path) -> (Kind, String) {
        // A link that leads nowhere stands in the way, too.
        let there = path.symlink_metadata().is_ok();
        // What is no file may never end.
        let bytes = match path.metadata().is_ok_and(|it| it.is_file()) {
            true => std::fs::read(path).unwrap_or_default(),
            false => Vec::new(),
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let kind = match (there, script::is_ours(&text), script::is_forward(&text)) {
            (false, ..) => Kind::Nothing,
            (true, true, _) => Kind::Ours,
            (true, false, true) => Kind::Forward,
            (true, false, false) => Kind::Foreign,
        };
        (kind, text)
    }
}

/// True for a file that somebody may execute.
pub(super) fn is_executable(path: &Path) -> bool {
    let metadata = path.metadata();
    metadata.is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}
