//! `stanch hook install` and `uninstall`. A hook of somebody else's is kept and runs first. Every
//! file is written beside its place and then renamed, so that git never runs half a hook.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::place::{Folder, Kind, Place, is_executable};
use super::script::{self, Recipe, State};
use super::{framework, global, names};
use crate::cli::args::{HookName, InstallArgs, TimeArgs, WhichArgs};
use crate::cli::console::Console;
use crate::cli::exit::Exit;

/// Installs hooks, and says what was written.
pub(super) fn install(args: &InstallArgs, console: &Console) -> anyhow::Result<Exit> {
    let program = program()?;
    let mut said = Vec::new();
    let folder = match args.which.global {
        true => global::prepare(&mut said)?,
        false => Folder::to_change("install")?,
    };
    let wanted = match args.which.hooks.is_empty() {
        true => vec![HookName::PreCommit],
        false => args.which.hooks.clone(),
    };
    said.insert(0, format!("hooks are in {} ({})", folder.path.display(), folder.why));
    for hook in wanted {
        said.extend(install_one(&folder, hook, &program, args.time)?);
    }
    if args.which.global {
        said.extend(folder.overridden());
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
        can_be_kept(hook, &place)?;
    }
    said.extend(framework::settle(&place)?.map(|done| format!("{name}: {done}")));
    let old = if is_foreign { &place.path } else { &place.kept };
    if old.symlink_metadata().is_ok() {
        let kept = place.kept.display();
        said.push(match is_executable(old) {
            true => format!("{name}: the hook that was there runs first: {kept}"),
            false => format!("{name}: the hook that was there never ran (not executable): {kept}"),
        });
    }
    if place.path == place.legacy {
        said.push(format!("{name}: the pre-commit framework runs it first: {shown}"));
    }
    let forwards = script::forwards(&place.text);
    let mut text = script::text(&Recipe { hook, program, time, forwards });
    if place.kind == Kind::Ours {
        match script::state(hook, &place.text) {
            State::Whole => {}
            State::Followed(more) => {
                text += more;
                said.push(format!("{name}: lines of others follow ours, and stay: {shown}"));
            }
            State::Changed(_) => said.push(format!("{name}: {}", keep_changed(&place)?)),
        }
    }
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
fn can_be_kept(hook: HookName, place: &Place) -> anyhow::Result<()> {
    let (name, path, kept) = (hook.word(), place.path.display(), place.kept.display());
    if place.kept.symlink_metadata().is_ok() {
        bail!("{path} and {kept} are both there and not ours; take one away, and install again");
    }
    if place.path.metadata().is_ok_and(|it| !it.is_file()) {
        bail!("{path} is no file, and git cannot run it; move it away, and install again");
    }
    if names::looks_at_its_name(&place.text) {
        bail!(
            "{path} may look at its own name (as those of husky and overcommit do) and then cannot \
             run under another; let it run this instead: stanch hook run {name} -- \"$@\""
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

/// Copies a hook of ours in which others have written to where git does not look.
fn keep_changed(place: &Place) -> anyhow::Result<String> {
    let mut copy = place.path.clone().into_os_string();
    copy.push(".changed");
    let (copy, path) = (PathBuf::from(copy), place.path.display());
    let shown = copy.display();
    if copy.symlink_metadata().is_ok() && Place::look(&copy).1 != place.text {
        bail!("{path} was changed, and {shown} is there already; move that away, and try again");
    }
    std::fs::copy(&place.path, &copy).with_context(|| format!("cannot copy {path} to {shown}"))?;
    Ok(format!("{path} was changed since stanch wrote it; as it was, it is kept as {shown}"))
}

/// Takes hooks away, and says what was done.
pub(super) fn uninstall(which: &WhichArgs, console: &Console) -> anyhow::Result<Exit> {
    let folders = match which.global {
        true => global::folders()?,
        false => vec![Folder::to_change("uninstall")?],
    };
    let mut said = Vec::new();
    for folder in &folders {
        said.extend(uninstall_from(folder, &which.hooks)?);
        if which.global {
            said.extend(global::leave(&folder.path)?);
        }
    }
    if said.is_empty() {
        let shown = folders.first().map(|it| it.path.display().to_string());
        let shown = shown.unwrap_or_else(|| "a folder for all your repositories".to_owned());
        said.push(format!("no hook of ours is in {shown}"));
    }
    console.print_quoting(&said.join("\n"))?;
    Ok(Exit::Clean)
}

fn uninstall_from(folder: &Folder, hooks: &[HookName]) -> anyhow::Result<Vec<String>> {
    let mut said = Vec::new();
    for hook in if hooks.is_empty() { &HookName::ALL } else { hooks } {
        let place = folder.place(*hook);
        let (name, path) = (hook.word(), place.path.display());
        if place.kind != Kind::Ours {
            if !hooks.is_empty() {
                said.push(format!("{name}: no hook of ours is at {path}"));
            }
            continue;
        }
        said.extend(framework::settle(&place)?.map(|done| format!("{name}: {done}")));
        if script::state(*hook, &place.text) != State::Whole {
            said.push(format!("{name}: {}", keep_changed(&place)?));
        }
        said.push(take_away(&place).map(|done| format!("{name}: {done}"))?);
    }
    Ok(said)
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

/// The whole path of this program.
fn program() -> anyhow::Result<String> {
    let path = std::env::current_exe().context("cannot tell where stanch itself is")?;
    let path = path.to_str().map(str::to_owned);
    path.context("the path of stanch itself is not UTF-8, and cannot stand in a script")
}

/// Writes a script that everybody may run.
pub(super) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
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
