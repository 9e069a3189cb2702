//! `stanch hook install` and `uninstall`. A hook of somebody else's is kept and runs first. Every
//! file is written beside its place and then renamed, so that git never runs half a hook.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};

use super::place::{Folder, Kind, Place};
use super::script::{self, Recipe};
use crate::cli::args::{HookName, InstallArgs, TimeArgs, WhichArgs};
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::git;

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

/// Installs hooks, and says what was written.
pub(super) fn install(args: &InstallArgs, console: &Console) -> anyhow::Result<Exit> {
    let program = program()?;
    let mut said = Vec::new();
    let folder = match args.which.global {
        true => users_folder(&mut said)?,
        false => Folder::of_repository()?,
    };
    let wanted = match args.which.hooks.is_empty() {
        true => vec![HookName::PreCommit],
        false => args.which.hooks.clone(),
    };
    said.insert(0, format!("hooks are in {} ({})", folder.path.display(), folder.why));
    for hook in wanted {
        said.extend(install_one(&folder, hook, &program, args.time)?);
    }
    console.print_quoting(&said.join("\n"))?;
    Ok(Exit::Clean)
}

fn install_one(
    folder: &Folder,
    hook: HookName,
    program: &str,
    time: TimeArgs,
) -> anyhow::Result<Vec<String>> {
    let place = folder.place(hook);
    let name = hook.word();
    let shown = place.path.display();
    let mut said = Vec::new();
    let is_foreign = place.kind == Kind::Foreign;
    if is_foreign {
        can_be_kept(folder, hook, &place)?;
    }
    if is_foreign || place.kept.symlink_metadata().is_ok() {
        said.push(format!("{name}: the hook that was there runs first: {}", place.kept.display()));
    }
    let forwards = script::forwards(&place.text);
    let text = script::text(&Recipe { hook, program, time, forwards });
    if place.kind == Kind::Ours && place.text == text && place.runs {
        said.push(format!("{name}: is there already: {shown}"));
        return Ok(said);
    }
    let ours = Script::new(&place.path, &text)?;
    // Only once ours is whole: whatever fails before leaves the old hook where it was.
    match is_foreign {
        true => keep(&place, ours)?,
        false => ours.put()?,
    }
    let done = if place.kind == Kind::Ours { "written anew" } else { "installed" };
    said.push(format!("{name}: {done}: {shown}"));
    said.push(format!("{name}: to see it work: stanch hook test {name}"));
    Ok(said)
}

/// Refuses a hook of somebody else's that cannot be moved aside.
fn can_be_kept(folder: &Folder, hook: HookName, place: &Place) -> anyhow::Result<()> {
    let (name, path, kept) = (hook.word(), place.path.display(), place.kept.display());
    if place.kept.symlink_metadata().is_ok() {
        bail!("{path} and {kept} are both there and not ours; take one away, and install again");
    }
    if script::knows_its_name(&place.text, &folder.path) {
        bail!(
            "{path} looks at its own name (as those of husky and overcommit do) and cannot run \
             under another; let it run this instead: stanch hook run {name} -- \"$@\""
        );
    }
    Ok(())
}

/// Moves a hook of somebody else's aside and puts ours in its place, or leaves it where it was.
fn keep(place: &Place, ours: Script) -> anyhow::Result<()> {
    let (path, kept) = (place.path.display(), place.kept.display());
    std::fs::rename(&place.path, &place.kept)
        .with_context(|| format!("cannot move {path} to {kept}"))?;
    let Err(error) = ours.put() else { return Ok(()) };
    std::fs::rename(&place.kept, &place.path)
        .with_context(|| format!("{error:#}, and then cannot move {kept} back to {path}"))?;
    Err(error)
}

/// Takes hooks away, and says what was done.
pub(super) fn uninstall(which: &WhichArgs, console: &Console) -> anyhow::Result<Exit> {
    let folder = match which.global {
        true => Folder::of_user()?
            .ok_or_else(|| anyhow!("core.hooksPath is not set in your git settings"))?,
        false => Folder::of_repository()?,
    };
    let wanted = match which.hooks.is_empty() {
        true => HookName::ALL.to_vec(),
        false => which.hooks.clone(),
    };
    let mut said = Vec::new();
    for hook in wanted {
        let place = folder.place(hook);
        let (name, path) = (hook.word(), place.path.display());
        if place.kind != Kind::Ours {
            if !which.hooks.is_empty() {
                said.push(format!("{name}: no hook of ours is at {path}"));
            }
            continue;
        }
        said.push(take_away(&place).map(|done| format!("{name}: {done}"))?);
    }
    if which.global {
        said.extend(leave_users_folder(&folder)?);
    }
    if said.is_empty() {
        said.push(format!("no hook of ours is in {}", folder.path.display()));
    }
    console.print_quoting(&said.join("\n"))?;
    Ok(Exit::Clean)
}

fn take_away(place: &Place) -> anyhow::Result<String> {
    let path = place.path.display();
    if place.kept.symlink_metadata().is_ok() {
        std::fs::rename(&place.kept, &place.path)
            .with_context(|| format!("cannot move {} to {path}", place.kept.display()))?;
        return Ok(format!("taken away; the hook that was there before is back: {path}"));
    }
    if script::forwards(&place.text) {
        write(&place.path, &script::forward())?;
        return Ok(format!("taken away; {path} runs the repository's own hook"));
    }
    std::fs::remove_file(&place.path).with_context(|| format!("cannot remove {path}"))?;
    Ok(format!("taken away: {path}"))
}

/// The folder for all repositories of the user. Where none is set, one is made and set.
fn users_folder(said: &mut Vec<String>) -> anyhow::Result<Folder> {
    if let Some(folder) = Folder::of_user()? {
        return Ok(folder);
    }
    let path = default_folder()?;
    for name in OTHERS {
        let place = Place::at(&path, name);
        if place.kind == Kind::Nothing {
            write(&place.path, &script::forward())?;
        }
    }
    let shown = path.to_str().context("the path of your config folder is not UTF-8")?;
    git::ask(&["config", "--global", "core.hooksPath", shown])?;
    said.push(format!(
        "core.hooksPath is set to {shown} in your git settings; git now runs the hooks there in all \
         your repositories, and these run the repository's own hooks, too"
    ));
    let why = "core.hooksPath in the user's settings".to_owned();
    Ok(Folder { path, why })
}

/// Undoes [`users_folder`] when no hook that looks for tokens is left there.
fn leave_users_folder(folder: &Folder) -> anyhow::Result<Option<String>> {
    let left = HookName::ALL.iter().any(|hook| folder.place(*hook).kind == Kind::Ours);
    let is_ours = default_folder().is_ok_and(|path| path == folder.path);
    if left || !is_ours {
        return Ok(None);
    }
    for name in OTHERS {
        let place = Place::at(&folder.path, name);
        if place.kind == Kind::Forward {
            std::fs::remove_file(&place.path)
                .with_context(|| format!("cannot remove {}", place.path.display()))?;
        }
    }
    // What is not empty has hooks of somebody else's, for which the setting stays.
    if std::fs::remove_dir(&folder.path).is_err() {
        return Ok(None);
    }
    git::ask(&["config", "--global", "--unset", "core.hooksPath"])?;
    Ok(Some("core.hooksPath is taken out of your git settings".to_owned()))
}

/// `git/hooks` in the user's config folder.
fn default_folder() -> anyhow::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let config = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    Ok(config.context("$HOME is not set, so there is no config folder")?.join("git/hooks"))
}

/// The whole path of this program.
fn program() -> anyhow::Result<String> {
    let path = std::env::current_exe().context("cannot tell where stanch itself is")?;
    let path = path.to_str().map(str::to_owned);
    path.context("the path of stanch itself is not UTF-8, and cannot stand in a script")
}

/// Writes a script that everybody may run.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    Script::new(path, text)?.put()
}

/// A script that is written, beside its place.
struct Script {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

impl Script {
    fn new(path: &Path, text: &str) -> anyhow::Result<Self> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let write = || -> std::io::Result<_> {
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::Builder::new().prefix(".stanch-").tempfile_in(folder)?;
            file.write_all(text.as_bytes())?;
            // Whatever the umask: git passes over a hook that it may not run, and says nothing.
            file.as_file().set_permissions(Permissions::from_mode(0o755))?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        let file = write().with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { file, path: path.to_path_buf() })
    }

    /// Puts it in its place, over what may stand there.
    fn put(self) -> anyhow::Result<()> {
        let put = self.file.persist(&self.path).map_err(|error| error.error);
        put.map(drop).with_context(|| format!("cannot write {}", self.path.display()))
    }
}
