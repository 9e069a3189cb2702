//! `stanch ignore`: adds entries to the ignore file, lists them, and takes out what no longer holds.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::args::{
    self, AddArgs, GlobalArgs, IgnoreArgs, IgnoreCommand, IgnoreFileArgs, PruneArgs, ScanArgs,
};
use super::config::Config;
use super::console::Console;
use super::exit::Exit;
use super::output::ReportFile;
use super::scan::{now, result_alone};
use super::{known, settings};
use crate::scan::{self, Options};
use crate::suppress::list::{self as entries, Entry, IgnoreList, NAME};

/// Does one of the three.
pub fn run(args: &IgnoreArgs, global: &GlobalArgs, console: &Console) -> anyhow::Result<Exit> {
    match &args.command {
        IgnoreCommand::Add(args) => add(args, console),
        IgnoreCommand::List { ignore_file } => list(ignore_file.as_deref(), console),
        IgnoreCommand::Prune(args) => {
            let targets = args.scan.targets != [PathBuf::from(".")];
            ensure!(args.unused || !targets, "targets are scanned with --unused alone");
            ensure!(
                args.ignore_file.is_some() || !targets,
                "say with --ignore-file whose entries are looked for in these targets"
            );
            prune(args, (global, console))
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
        let text = match (path.symlink_metadata(), named) {
            (Err(_), _) => String::new(),
            (Ok(_), Some(_)) => known::list_text(&path)?,
            (Ok(_), None) => known::own_list_text(&path, &path.display().to_string())?,
        };
        let list = known::parse_list(&text, &path)?;
        Ok(Self { path, text, list })
    }

    /// Refuses a file whose fingerprints were made under another key.
    fn check_key(&self, options: &Options) -> anyhow::Result<()> {
        let made = known::made_otherwise(self.list.key.as_deref(), options);
        let Some(made) = made.filter(|_| !self.list.entries.is_empty()) else { return Ok(()) };
        let todo = match (&self.list.key, scan::key_mark(options)) {
            (None, Some(mark)) => {
                format!("if they were made with it, write at its top: key = \"{mark}\"")
            }
            _ => "set the key with which they were made".to_owned(),
        };
        bail!("{}: its fingerprints were made {made}; {todo}", self.path.display());
    }

    /// The text to which an entry of now can be added: it says which key there is.
    fn text_under(&self, options: &Options) -> anyhow::Result<String> {
        self.check_key(options)?;
        let mark = scan::key_mark(options);
        match (&self.list.key, mark) {
            (None, Some(mark)) => Ok(entries::keyed(&self.text, &mark)),
            (key, mark) if *key == mark => Ok(self.text.clone()),
            _ => bail!("{}: take out its key: it is not that of now", self.path.display()),
        }
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
    let defaults = args::scan_defaults().map_err(anyhow::Error::msg)?;
    let options = settings::scan_options(&defaults);
    let engine = settings::engine(&[], &[], &Config::default())?;
    ensure!(
        engine.scan(entry.written().as_bytes()).is_empty(),
        "what you write holds a token, and the file is for everybody to read; name it by its \
         fingerprint alone"
    );
    let text = entries::add(&file.text_under(&options)?, &entry);
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

fn prune(args: &PruneArgs, (global, console): (&GlobalArgs, &Console)) -> anyhow::Result<Exit> {
    let file = File::read(args.ignore_file.as_deref())?;
    let today = known::today(now());
    let (unused, end) = match args.unused {
        true => unused(args, &file, (global, console))?,
        false => (Vec::new(), Exit::Clean),
    };
    let entries = file.list.entries.iter().enumerate();
    let (gone, shown): (Vec<_>, Vec<_>) = entries
        .filter(|(_, it)| it.is_expired(&today) || unused.contains(&it.line))
        .partition(|(_, it)| it.is_expired(&today) || args.yes);
    let numbers: Vec<usize> = gone.iter().map(|(number, _)| *number).collect();
    let path = file.path.display();
    if !gone.is_empty() {
        let Some(text) = entries::remove(&file.text, &numbers) else {
            let lines: Vec<String> = gone.iter().map(|(_, it)| it.line.to_string()).collect();
            bail!(
                "{path} is not written as [[ignore]] tables; take out by hand: line {}",
                lines.join(", ")
            );
        };
        file.replace(&text)?;
    }
    let mut out = String::new();
    for (_, entry) in gone.iter().chain(&shown) {
        let why = if entry.is_expired(&today) { "expired" } else { "unused" };
        out += &format!("{why}: {}: {}\n", entry.fingerprint, entry.reason.replace('\n', " "));
    }
    let kept = file.list.entries.len() - gone.len();
    out += &format!("{path}: {} taken out, {kept} left", gone.len());
    if !shown.is_empty() {
        // The entry does not say which rule had found its secret.
        out += "\nwhat is unused is still there; was none of it found with --rules or --prefix that this \
                scan had not? --yes takes it out";
    }
    console.print_quoting(&out)?;
    Ok(end)
}

/// The lines of entries whose secrets are not there any more.
fn unused(
    args: &PruneArgs,
    file: &File,
    (global, console): (&GlobalArgs, &Console),
) -> anyhow::Result<(Vec<usize>, Exit)> {
    file.check_key(&settings::scan_options(&args.scan))?;
    let holds = IgnoreFileArgs { ignore_file: args.ignore_file.clone(), ..Default::default() };
    let at_top = ScanArgs { targets: targets(&args.scan), ..(*args.scan).clone() };
    let (outcome, known) = result_alone(&at_top, &holds, (global, console))?;
    ensure!(
        known.whole,
        "only a scan of everything tells what is not there any more; leave targets and what narrows it \
         out"
    );
    let mut end = Exit::Clean;
    if !outcome.coverage.complete() {
        console.note("not everything could be read: what is not found may be there all the same");
        end = Exit::Incomplete;
    }
    Ok((outcome.suppressed.unused.iter().map(|entry| entry.line).collect(), end))
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
