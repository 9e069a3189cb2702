//! `stanch ignore`: adds entries to the ignore file, lists them, and takes out what no longer holds.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::args::{AddArgs, GlobalArgs, IgnoreArgs, IgnoreCommand, IgnoreFileArgs, ScanArgs};
use super::config::Config;
use super::console::Console;
use super::exit::Exit;
use super::output::ReportFile;
use super::scan::{now, result_alone};
use super::{known, settings};
use crate::suppress::list::{self as entries, Entry, IgnoreList, NAME};

/// Does one of the three.
pub fn run(args: &IgnoreArgs, global: &GlobalArgs, console: &Console) -> anyhow::Result<Exit> {
    match &args.command {
        IgnoreCommand::Add(args) => add(args, console),
        IgnoreCommand::List { ignore_file } => list(ignore_file.as_deref(), console),
        IgnoreCommand::Prune { unused, ignore_file, scan } => {
            let targets = scan.targets != [PathBuf::from(".")];
            ensure!(*unused || !targets, "targets are scanned with --unused alone");
            ensure!(
                ignore_file.is_some() || !targets,
                "say with --ignore-file whose entries are looked for in these targets"
            );
            prune(ignore_file.as_deref(), unused.then_some(&**scan), (global, console))
        }
    }
}

/// An ignore file that is to be looked at or changed.
struct File {
    path: PathBuf,
    text: String,
    list: IgnoreList,
}

impl File {
    /// Reads it; one that is not there is empty.
    fn read(named: Option<&Path>) -> anyhow::Result<Self> {
        let here = known::canonical(Path::new("."));
        let own = || PathBuf::from(known::shown(&known::own_folder().join(NAME), &here));
        let path = named.map_or_else(own, Path::to_path_buf);
        let text = match path.symlink_metadata() {
            Ok(_) => std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read ignore file {}", path.display()))?,
            Err(_) => String::new(),
        };
        let list = known::parse_list(&text, &path)?;
        Ok(Self { path, text, list })
    }

    /// Puts another text in its place.
    fn replace(&self, text: &str) -> anyhow::Result<()> {
        ReportFile::named("ignore file", &self.path)?.write(text.as_bytes(), false)
    }
}

fn add(args: &AddArgs, console: &Console) -> anyhow::Result<Exit> {
    let file = File::read(args.ignore_file.as_deref())?;
    let shown = file.path.display();
    let path = args.path.as_ref().map(|glob| glob.text.as_str());
    if let Some(old) = file.list.find(&args.fingerprint, path) {
        bail!("{shown}:{} has an entry for this fingerprint already; change that one", old.line);
    }
    ensure!(!args.reason.trim().is_empty(), "--reason says why it is accepted, and is empty");
    let today = known::today(now());
    if let Some(day) = args.expires.as_ref().filter(|day| **day < today) {
        bail!("--expires {day} is over already");
    }
    let entry = Entry {
        line: 0,
        fingerprint: args.fingerprint.clone(),
        reason: args.reason.clone(),
        expires: args.expires.clone(),
        approved_by: args.approved_by.clone(),
        path: args.path.clone(),
        accept_live: args.accept_live,
    };
    let engine = settings::engine(&[], &[], &Config::default())?;
    ensure!(
        engine.scan(entry.written().as_bytes()).is_empty(),
        "what you write holds a token, and the file is for everybody to read; name it by its \
         fingerprint alone"
    );
    let text = entries::add(&file.text, &entry);
    known::parse_list(&text, &file.path)
        .context("an entry cannot be added behind what is there")?;
    file.replace(&text)?;
    console.print_quoting(&format!("{shown}: {} is accepted from now on", args.fingerprint))?;
    Ok(Exit::Clean)
}

fn list(named: Option<&Path>, console: &Console) -> anyhow::Result<Exit> {
    let file = File::read(named)?;
    let today = known::today(now());
    let mut out = String::new();
    for entry in &file.list.entries {
        let mut about = vec![entry.reason.clone()];
        about.extend(entry.approved_by.iter().map(|who| format!("approved by {who}")));
        about.extend(entry.path.iter().map(|glob| format!("only at {}", glob.text)));
        about.extend(entry.accept_live.then(|| "even when it lives".to_owned()));
        about.extend(entry.expires.iter().map(|day| match entry.is_expired(&today) {
            true => format!("expired on {day}"),
            false => format!("until {day}"),
        }));
        let place = format!("{}:{}", file.path.display(), entry.line);
        // A reason may have several lines.
        let about = about.join(" · ").replace('\n', " ");
        out += &format!("{place} {} {about}\n", entry.fingerprint);
    }
    console.print_quoting(&out)?;
    Ok(Exit::Clean)
}

fn prune(
    named: Option<&Path>,
    scan: Option<&ScanArgs>,
    (global, console): (&GlobalArgs, &Console),
) -> anyhow::Result<Exit> {
    let file = File::read(named)?;
    let today = known::today(now());
    let mut unused = Vec::new();
    let mut end = Exit::Clean;
    if let Some(scan) = scan {
        let args =
            IgnoreFileArgs { ignore_file: named.map(Path::to_path_buf), ..Default::default() };
        let at_top = ScanArgs { targets: targets(scan), ..scan.clone() };
        let (outcome, known) = result_alone(&at_top, &args, (global, console))?;
        ensure!(
            known.whole,
            "only a scan of everything tells what is not there any more; leave targets and what \
             narrows it out"
        );
        if !outcome.coverage.complete() {
            console
                .note("not everything could be read: what is not found may be there all the same");
            end = Exit::Incomplete;
        }
        // What stands in settings is not ours to take out.
        let own = outcome.suppressed.unused.iter().filter(|entry| entry.file.is_none());
        unused.extend(own.map(|entry| entry.line));
    }
    let entries = file.list.entries.iter().enumerate();
    let gone = entries.filter(|(_, it)| it.is_expired(&today) || unused.contains(&it.line));
    let gone: Vec<(usize, &Entry)> = gone.collect();
    let numbers: Vec<usize> = gone.iter().map(|(number, _)| *number).collect();
    let shown = file.path.display();
    if !gone.is_empty() {
        let Some(text) = entries::remove(&file.text, &numbers) else {
            let lines: Vec<String> = gone.iter().map(|(_, it)| it.line.to_string()).collect();
            bail!(
                "{shown} is not written as [[ignore]] tables; take out by hand: line {}",
                lines.join(", ")
            );
        };
        file.replace(&text)?;
    }
    let mut out = String::new();
    for (_, entry) in &gone {
        let why = if entry.is_expired(&today) { "expired" } else { "unused" };
        out += &format!("{why}: {}: {}\n", entry.fingerprint, entry.reason.replace('\n', " "));
    }
    let kept = file.list.entries.len() - gone.len();
    out += &format!("{shown}: {} taken out, {kept} left", gone.len());
    console.print_quoting(&out)?;
    Ok(end)
}

/// What is scanned to tell what is not there any more: the whole repository, unless something was
/// named.
fn targets(scan: &ScanArgs) -> Vec<PathBuf> {
    if scan.targets != [PathBuf::from(".")] {
        return scan.targets.clone();
    }
    let top = known::own_folder();
    match top == known::canonical(Path::new(".")) {
        true => scan.targets.clone(),
        false => vec![top],
    }
}
