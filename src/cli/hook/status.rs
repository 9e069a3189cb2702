//! `stanch hook status`: which hooks there are, whose they are, and whether git runs them.

use std::path::Path;

use super::names;
use super::place::{Folder, Kind, Place, is_executable};
use super::script::{self, State};
use crate::cli::args::{HookName, WhichArgs};
use crate::cli::console::Console;
use crate::cli::exit::Exit;

/// Tells of the hooks. Ends with 1 when one that was asked for does not run, or none is installed.
pub(super) fn run(which: &WhichArgs, console: &Console) -> anyhow::Result<Exit> {
    let folder = match which.global {
        true => Folder::of_user()?,
        false => Some(Folder::of_repository()?),
    };
    let Some(folder) = folder else {
        console.print(b"core.hooksPath is not set in your git settings: no hooks for all\n")?;
        return Ok(Exit::Found);
    };
    let wanted = match which.hooks.is_empty() {
        true => HookName::ALL.to_vec(),
        false => which.hooks.clone(),
    };
    let mut said =
        vec![format!("git looks for hooks in {} ({})", folder.path.display(), folder.why)];
    let (mut good, mut bad) = (0, 0);
    for hook in wanted {
        let place = folder.place(hook);
        let (fine, lines) = about(hook, &place);
        said.extend(lines);
        good += usize::from(fine);
        let asked = !which.hooks.is_empty() || place.kind == Kind::Ours;
        bad += usize::from(asked && !fine);
        said.extend(unreached(hook, &folder));
    }
    if let Some(elsewhere) = which.global.then(|| folder.overridden()).flatten() {
        said.push(elsewhere);
        bad += 1;
    }
    console.print_quoting(&said.join("\n"))?;
    Ok(if good > 0 && bad == 0 { Exit::Clean } else { Exit::Found })
}

/// Whether a hook does its work, and what there is to say of it.
fn about(hook: HookName, place: &Place) -> (bool, Vec<String>) {
    let name = hook.word();
    let path = place.path.display();
    let mut lines = Vec::new();
    let fine = match place.kind {
        Kind::Ours if place.runs => {
            let (fine, more) = written(hook, place);
            lines.extend(more);
            fine
        }
        Kind::Ours => {
            let repair = format!("chmod +x {path}");
            lines.push(format!(
                "{name}: installed, but git does not run it: not executable ({repair})"
            ));
            false
        }
        Kind::Foreign => {
            lines.push(format!("{name}: not installed; there is another hook: {path}"));
            false
        }
        Kind::Nothing | Kind::Forward => {
            lines.push(format!("{name}: not installed"));
            false
        }
    };
    if place.kind == Kind::Ours && place.kept.symlink_metadata().is_ok() {
        let kept = place.kept.display();
        lines.push(match is_executable(&place.kept) {
            true => format!("{name}: runs first: {kept}"),
            false => format!("{name}: would run first, but is not executable: {kept}"),
        });
        // An earlier version has moved such hooks, too.
        if names::looks_at_its_name(&Place::look(&place.kept).1) {
            lines.push(format!(
                "{name}: may look at its own name, and then does something else here than before \
                 (stanch hook uninstall {name} puts it back): {kept}"
            ));
        }
    }
    (fine, lines)
}

/// Whether a hook of ours is what `install` writes, and what there is to say of it.
fn written(hook: HookName, place: &Place) -> (bool, Vec<String>) {
    let (name, path) = (hook.word(), place.path.display());
    let program = script::program(&place.text).unwrap_or_default();
    if let State::Changed(line) = script::state(hook, &place.text) {
        let repair = format!("stanch hook install {name}");
        return (
            false,
            vec![format!(
                "{name}: installed, but changed since, or by another version of stanch, from line \
                 {line} on: {path} ({repair})"
            )],
        );
    }
    let mut lines = vec![format!("{name}: installed, runs {program}")];
    if !is_executable(Path::new(&program)) {
        lines.push(format!("{name}: {program} is gone: the stanch in PATH runs, or it blocks"));
    }
    if let State::Followed(_) = script::state(hook, &place.text) {
        lines.push(format!("{name}: lines of others follow ours: {path}"));
    }
    if place.path == place.legacy {
        lines.push(format!("{name}: the pre-commit framework runs it first: {path}"));
    }
    (true, lines)
}

/// A hook of ours in the repository's own folder, where git does not look.
fn unreached(hook: HookName, folder: &Folder) -> Option<String> {
    let name = hook.word();
    let place = Place::at(folder.own.as_ref()?, name);
    let reached = script::forwards(&Place::at(&folder.path, name).text);
    let path = place.path.display();
    (place.kind == Kind::Ours && !reached)
        .then(|| format!("{name}: {path} is ours, but git does not look there"))
}
