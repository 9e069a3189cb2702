//! Which ignore file and which baseline hold for a scan, and reading them. What they mean is
//! `suppress`'s.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail, ensure};

use super::args::{IgnoreFileArgs, KnownArgs, ScanArgs};
use super::console::Console;
use super::settings;
use super::targets::Targets;
use crate::engine::Engine;
use crate::engine::scrub::Scrub;
use crate::git::repository::{Around, Repository};
use crate::model::finding::Outcome;
use crate::model::secret::Secret;
use crate::model::suppressed::Suppressed;
use crate::report::when;
use crate::scan::{self, Options, Visibility};
use crate::suppress::apply::{self, Known};
use crate::suppress::baseline::Baseline;
use crate::suppress::list::{IgnoreList, NAME};

/// An ignore file is not larger: it holds what people have decided one by one.
const LARGEST_IGNORE_FILE: u64 = 1 << 20;
/// A baseline is not larger.
const LARGEST_BASELINE: u64 = 64 << 20;

/// Reads what holds for this scan, before any work is done.
pub fn load(
    args: &KnownArgs,
    scan: &ScanArgs,
    targets: &Targets,
    options: &Options,
    (console, now): (&Console, i64),
) -> anyhow::Result<Known> {
    let here = canonical(Path::new("."));
    let tops: BTreeSet<PathBuf> = targets.work_trees.iter().map(|it| canonical(it)).collect();
    let bases: Vec<Base> = scan.targets.iter().map(|it| Base::of(it, &tops, &here)).collect();
    let baseline = args.baseline.as_deref().map(|file| read_baseline(file, options)).transpose()?;
    Ok(Known {
        ignore: ignore_list(&args.ignore, &bases, (&here, console))?
            .filter(|(name, list)| is_of_this_key(name, list, options, console)),
        baseline,
        roots: bases.iter().map(Base::root).collect(),
        today: today(now),
        own: Vec::new(),
        whole: reads_everything(scan) && bases.iter().all(|base| base.is_whole),
    })
}

/// A target, and the folder from which its paths are counted.
struct Base {
    typed: Vec<u8>,
    folder: PathBuf,
    below: PathBuf,
    /// True when the target is all there is in that folder.
    is_whole: bool,
}

impl Base {
    fn of(target: &Path, tops: &BTreeSet<PathBuf>, here: &Path) -> Self {
        let typed = target.as_os_str().as_bytes();
        let stripped = typed.strip_prefix(b"./").unwrap_or(typed);
        let typed = if typed == b"." { b"" } else { stripped }.to_vec();
        let place = canonical(target);
        let holds = |top: &&PathBuf| place.starts_with(top);
        // The innermost repository counts.
        let top = tops.iter().filter(holds).max_by_key(|top| top.as_os_str().len());
        let folder = top.map_or(here, |top| top);
        let below = place.strip_prefix(folder).map(Path::to_path_buf).unwrap_or_default();
        let is_whole = place.is_dir() && place == *folder;
        Self { typed, folder: folder.to_path_buf(), below, is_whole }
    }

    fn root(&self) -> (Vec<u8>, Vec<u8>) {
        (self.typed.clone(), self.below.as_os_str().as_bytes().to_vec())
    }
}

/// The list that holds, and its name.
fn ignore_list(
    args: &IgnoreFileArgs,
    bases: &[Base],
    (here, console): (&Path, &Console),
) -> anyhow::Result<Option<(String, IgnoreList)>> {
    if args.no_ignore_file {
        return Ok(None);
    }
    if let Some(file) = &args.ignore_file {
        return Ok(Some((file.display().to_string(), read_list(file)?)));
    }
    let folders: BTreeSet<&PathBuf> = bases.iter().map(|base| &base.folder).collect();
    let files: Vec<PathBuf> =
        folders.iter().map(|it| it.join(NAME)).filter(|it| is_there(it)).collect();
    if folders.iter().any(|folder| folder.join(".gitleaksignore").is_file()) {
        console.note(
            ".gitleaksignore is not read: it names places, not secrets (stanch ignore add, or stanch \
             baseline import)",
        );
    }
    let Some(file) = files.first() else { return Ok(None) };
    if folders.len() > 1 {
        // What one repository accepts says nothing of another.
        console.note(&format!(
            "several folders are scanned, and none of their {NAME} holds; name one with --ignore-file"
        ));
        return Ok(None);
    }
    let name = shown(file, here);
    let list = read_own_list(file, &name)?;
    Ok(Some((name, list)))
}

fn is_there(file: &Path) -> bool {
    file.symlink_metadata().is_ok()
}

/// A file as it is named to people: from here, if it is below.
pub fn shown(file: &Path, here: &Path) -> String {
    file.strip_prefix(here).unwrap_or(file).display().to_string()
}

/// Reads the list of a repository.
fn read_own_list(file: &Path, name: &str) -> anyhow::Result<IgnoreList> {
    parse_list(&own_list_text(file, name)?, Path::new(name))
}

/// The text of a repository's list. What stands there under its name may be anything.
pub fn own_list_text(file: &Path, name: &str) -> anyhow::Result<String> {
    let is_plain = file.symlink_metadata().is_ok_and(|it| it.is_file());
    ensure!(
        is_plain,
        "{name} is no plain file; --ignore-file FILE takes another, --no-ignore-file none"
    );
    list_text(file)
}

/// Reads an ignore file.
fn read_list(file: &Path) -> anyhow::Result<IgnoreList> {
    parse_list(&list_text(file)?, file)
}

/// The text of an ignore file that somebody has named.
pub fn list_text(file: &Path) -> anyhow::Result<String> {
    text(file, LARGEST_IGNORE_FILE, "ignore file")
}

/// Under another key no fingerprint of a list is that of any secret. What is found is then reported, so
/// that a note is enough.
fn is_of_this_key(name: &str, list: &IgnoreList, options: &Options, console: &Console) -> bool {
    let made = made_otherwise(list.key.as_deref(), options);
    let made = made.filter(|_| !list.entries.is_empty());
    if let Some(made) = made {
        console.note(&format!("{name} does not hold: its fingerprints were made {made}"));
    }
    made.is_none()
}

/// How fingerprints were made that are not those of now; `None` when they are. `key` is what is
/// written of their key.
pub fn made_otherwise(key: Option<&str>, options: &Options) -> Option<&'static str> {
    match (key, scan::key_mark(options)) {
        (key, mark) if key == mark.as_deref() => None,
        (None, _) => Some("without a STANCH_FINGERPRINT_KEY, but one is set"),
        (Some(_), None) => Some("with a STANCH_FINGERPRINT_KEY, but none is set"),
        (Some(_), Some(_)) => Some("with another STANCH_FINGERPRINT_KEY"),
    }
}

/// Reads the text of an ignore file.
pub fn parse_list(text: &str, file: &Path) -> anyhow::Result<IgnoreList> {
    IgnoreList::parse(text)
        .map_err(|wrong| anyhow!("ignore file {}:{}: {}", file.display(), wrong.line, wrong.what))
}

/// The text of a file of ours.
fn text(file: &Path, most: u64, what: &str) -> anyhow::Result<String> {
    let bytes = settings::read_at_most(file, most, what)?;
    String::from_utf8(bytes).with_context(|| format!("cannot read {what} {}", file.display()))
}

/// Reads a baseline whose fingerprints are those that are made now.
pub fn read_baseline(file: &Path, options: &Options) -> anyhow::Result<Baseline> {
    let text = text(file, LARGEST_BASELINE, "baseline")?;
    let baseline = Baseline::parse(&text)
        .map_err(|wrong| anyhow!("baseline {}:{}: {}", file.display(), wrong.line, wrong.what))?;
    if let Some(made) = made_otherwise(baseline.key.as_deref(), options) {
        bail!(
            "baseline {}: its fingerprints were made {made}, and so it would know nothing",
            file.display()
        );
    }
    Ok(baseline)
}

/// Takes what is known out of a result, and secrets out of what people wrote beside it.
pub fn apply(outcome: &mut Outcome, known: &Known, engine: &Engine, visibility: Visibility) {
    let secrets: Vec<(Secret, usize)> =
        outcome.findings.iter().map(|it| (it.secret.clone(), it.facts.prefix.len())).collect();
    apply::apply(outcome, known);
    let suppressed = &mut outcome.suppressed;
    if visibility == Visibility::Shown || *suppressed == Suppressed::default() {
        return;
    }
    let scrub = Scrub::new(engine, secrets.iter().map(|(it, prefix)| (it.expose(), *prefix)));
    let clean = |text: &mut String| {
        *text = String::from_utf8_lossy(&scrub.clean(text.as_bytes())).into_owned();
    };
    suppressed.file.iter_mut().for_each(clean);
    for silenced in &mut suppressed.which {
        silenced.reason.iter_mut().chain(&mut silenced.approved_by).for_each(clean);
    }
    let entries = suppressed.expired.iter_mut().chain(&mut suppressed.unused);
    entries.for_each(|entry| clean(&mut entry.reason));
}

/// True when nothing was left out by what was typed: what is not found then is not there.
fn reads_everything(scan: &ScanArgs) -> bool {
    let picks = scan.staged || scan.picks_commits();
    !picks && !scan.no_history && !scan.no_files && scan.exclude.is_empty()
}

/// The folder whose ignore file holds where we stand: the top of the repository, if there is one.
pub fn own_folder() -> PathBuf {
    let here = Path::new(".");
    let around = || match Repository::around(here) {
        Ok(Around::WorkTree(repository)) => repository.work_tree().map(Path::to_path_buf),
        _ => None,
    };
    let at = Repository::at(here).ok().flatten();
    let top = match &at {
        Some(repository) => repository.work_tree().map(Path::to_path_buf),
        None => around(),
    };
    let top = top.map(|top| canonical(&top)).filter(|top| canonical(here).starts_with(top));
    top.unwrap_or_else(|| canonical(here))
}

/// The day of a moment, in UTC.
pub fn today(now: i64) -> String {
    when::utc(now).unwrap_or_default().chars().take("2027-01-31".len()).collect()
}

/// A path without links; as it is, where there is nothing.
pub fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}
