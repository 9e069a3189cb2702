//! Where git looks for hooks, and what stands there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::{framework, script};
use crate::cli::args::HookName;
use crate::cli::git::{self, Reach};
use crate::report::shell;

/// The setting that sends git elsewhere.
pub(super) const HOOKS_PATH: &str = "core.hooksPath";

/// The folder in which git looks for hooks.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    /// Its whole path.
    pub path: PathBuf,
    /// Why it is this one, for people.
    pub why: String,
    /// The repository's own folder, when it is another.
    pub own: Option<PathBuf>,
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
        let path = PathBuf::from(path);
        let why = match git::paths(HOOKS_PATH, Reach::Here)?.pop() {
            Some(set) => format!("core.hooksPath in {}", set.origin),
            None => "the repository's own hooks".to_owned(),
        };
        let common = git::ask(&["rev-parse", "--path-format=absolute", "--git-common-dir"])?;
        let own = Path::new(&common).join("hooks");
        let own = (!is_at(&own, &path)).then_some(own);
        Ok(Self { path, why, own })
    }

    /// The same, where a change changes no other repository.
    pub(super) fn to_change(verb: &str) -> anyhow::Result<Self> {
        let folder = Self::of_repository()?;
        let (Some(own), Some(set)) = (&folder.own, git::paths(HOOKS_PATH, Reach::Here)?.pop())
        else {
            return Ok(folder);
        };
        if ["local", "worktree"].contains(&&*set.scope) || !Path::new(&set.value).is_absolute() {
            return Ok(folder);
        }
        let all = |holds: &dyn Fn(&str) -> bool| HookName::ALL.iter().all(|it| holds(it.word()));
        let passes_on = all(&|name| script::forwards(&Place::at(&folder.path, name).text));
        let has_ours = !all(&|name| Place::at(own, name).kind != Kind::Ours);
        if passes_on && verb == "install" || has_ours && verb == "uninstall" {
            let why = "the repository's own hooks".to_owned();
            return Ok(Self { path: own.clone(), why, own: None });
        }
        let (path, origin) = (folder.path.display(), set.origin);
        let word = |path: &Path| shell::word(path.as_os_str().as_encoded_bytes());
        bail!(
            "core.hooksPath in {origin} sends git to {path} in other repositories, too; for all of \
             them: stanch hook {verb} --global; for this one alone, which then no longer has those: \
             git config core.hooksPath {} && stanch hook {verb}",
            word(own)
        )
    }

    /// The folder that the user's settings name for all repositories.
    pub(super) fn of_user() -> anyhow::Result<Option<Self>> {
        let Some(set) = git::paths(HOOKS_PATH, Reach::Everywhere)?.pop() else { return Ok(None) };
        let (path, origin) = (PathBuf::from(set.value), set.origin);
        let shown = path.display();
        ensure!(
            set.scope == "global",
            "core.hooksPath is {shown}, set by {origin} and not by your own git settings: hooks of \
             yours would take the place of those; to have it so: git config --global core.hooksPath DIR"
        );
        ensure!(
            path.is_absolute(),
            "core.hooksPath in your git settings ({origin}) is {shown}, a folder in each repository: \
             leave --global out"
        );
        let why = format!("core.hooksPath in the user's settings, {origin}");
        Ok(Some(Self { path, why, own: None }))
    }

    /// What there is to say when git looks elsewhere in the repository where we stand.
    pub(super) fn overridden(&self) -> Option<String> {
        let here = Self::of_repository().ok().filter(|here| !is_at(&here.path, &self.path))?;
        let path = here.path.display();
        Some(format!("in this repository git looks in {path} instead ({})", here.why))
    }

    /// The place of a hook in it. Where a hook there only runs the repository's own, and that is
    /// ours, it is the place of that.
    pub(super) fn place(&self, hook: HookName) -> Place {
        let place = Place::at(&self.path, hook.word());
        let own = self.own.as_ref().filter(|_| place.kind == Kind::Forward);
        let own = own.map(|own| Place::at(own, hook.word()));
        own.filter(|own| own.kind == Kind::Ours).unwrap_or(place)
    }
}

/// True when both are the same folder.
fn is_at(path: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    real(path) == real(other)
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
