//! `stanch baseline`: writes down what is known from now on, keeps that list short, and takes over what
//! gitleaks has found.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::ensure;

use super::args::{BaselineArgs, BaselineCommand, BaselineScan, GlobalArgs};
use super::console::Console;
use super::exit::Exit;
use super::output::ReportFile;
use super::scan::result_alone;
use super::{gitleaks, known, settings};
use crate::model::finding::{Evidence, Finding, Outcome};
use crate::report::escape::terminal_bytes;
use crate::report::words::count;
use crate::scan::{self, Options, Visibility};
use crate::suppress::baseline::{Baseline, Help};

/// Does one of the three.
pub fn run(args: &BaselineArgs, global: &GlobalArgs, console: &Console) -> anyhow::Result<Exit> {
    match &args.command {
        BaselineCommand::Create(scan) => create(scan, (global, console)),
        BaselineCommand::Update { add, scan } => update(scan, *add, (global, console)),
        BaselineCommand::Import { file, gitleaks } => {
            import(file, gitleaks, global, console).map(|()| Exit::Clean)
        }
    }
}

fn create(args: &BaselineScan, (global, console): (&GlobalArgs, &Console)) -> anyhow::Result<Exit> {
    ensure!(
        args.file.symlink_metadata().is_err(),
        "baseline {} is there already; stanch baseline update takes out what is gone, and with --add \
         puts in what is new",
        args.file.display()
    );
    let options = settings::scan_options(&args.scan);
    let file = ReportFile::named("baseline", &args.file)?;
    let (outcome, _) = result_alone(&args.scan, &args.ignore, (global, console))?;
    if outcome.coverage.undone_targets().next().is_some() {
        return Ok(Exit::Failed);
    }
    let mut baseline = Baseline { key: scan::key_mark(&options), ..Baseline::default() };
    outcome.findings.iter().for_each(|finding| insert(&mut baseline, finding));
    file.write(baseline.written().as_bytes(), false)?;
    let secrets = count(baseline.known.len() as u64, "secret");
    told(console, &args.file, &format!("{secrets} known from now on"))?;
    Ok(end(&outcome, console))
}

fn update(
    args: &BaselineScan,
    add: bool,
    (global, console): (&GlobalArgs, &Console),
) -> anyhow::Result<Exit> {
    ensure!(
        !args.scan.staged && !args.scan.picks_commits(),
        "an update looks at everything; leave --staged, --range, --since and --branch out"
    );
    let options = settings::scan_options(&args.scan);
    let mut baseline = known::read_baseline(&args.file, &options)?;
    let file = ReportFile::named("baseline", &args.file)?;
    let (outcome, known) = result_alone(&args.scan, &args.ignore, (global, console))?;
    if outcome.coverage.undone_targets().next().is_some() {
        return Ok(Exit::Failed);
    }
    ensure!(
        known.whole,
        "only a scan of everything tells what is not there any more; leave targets and what narrows it \
         out, or make the baseline anew (stanch baseline create)"
    );
    let before = baseline.known.len();
    // What could not be read may hold what is not found.
    if outcome.coverage.complete() {
        let found = |fingerprint: &str| {
            let weaker = outcome.weaker.binary_search_by(|it| it.as_str().cmp(fingerprint)).is_ok();
            weaker || outcome.findings.iter().any(|it| it.fingerprint == fingerprint)
        };
        baseline.known.retain(|fingerprint, _| found(fingerprint));
    }
    let gone = before - baseline.known.len();
    let is_new = |it: &&Finding| !baseline.known.contains_key(&it.fingerprint);
    let new: Vec<&Finding> = outcome.findings.iter().filter(is_new).collect();
    if add {
        new.iter().for_each(|finding| insert(&mut baseline, finding));
    }
    file.write(baseline.written().as_bytes(), false)?;
    let new = count(new.len() as u64, "secret");
    let new = match add {
        true => format!("{new} added"),
        false => format!("{new} new and not added (--add does)"),
    };
    let secrets = count(baseline.known.len() as u64, "secret");
    told(console, &args.file, &format!("{secrets} known; {gone} taken out, {new}"))?;
    Ok(end(&outcome, console))
}

/// Adds what gitleaks has found. What is in the baseline already stays as it is.
fn import(
    file: &Path,
    report: &Path,
    global: &GlobalArgs,
    console: &Console,
) -> anyhow::Result<()> {
    let options = Options {
        evidence: Evidence::Context,
        visibility: Visibility::Masked,
        fingerprint_key: settings::fingerprint_key(),
        threads: 1,
        shard: None,
        at_paths: BTreeSet::new(),
    };
    let mut baseline = match file.symlink_metadata() {
        Ok(_) => known::read_baseline(file, &options)?,
        Err(_) => Baseline { key: scan::key_mark(&options), ..Baseline::default() },
    };
    let output = ReportFile::named("baseline", file)?;
    let config = settings::config(global, &[])?;
    let engine = settings::engine(&[], &[], &config)?;
    let taken = gitleaks::read(report, &engine, &options)?;
    let before = baseline.known.len();
    for (fingerprint, help) in taken.known {
        baseline.known.entry(fingerprint).or_insert(help);
    }
    output.write(baseline.written().as_bytes(), false)?;
    let added = count((baseline.known.len() - before) as u64, "secret");
    told(
        console,
        file,
        &format!("{added} added from {} of gitleaks", count(taken.findings, "finding")),
    )?;
    if taken.left > 0 {
        console.note(&format!(
            "{} could not be taken over: no GitLab token that is known, not whole, or redacted",
            count(taken.left, "finding")
        ));
    }
    Ok(())
}

fn told(console: &Console, file: &Path, what: &str) -> anyhow::Result<()> {
    console.print_quoting(&format!("baseline {}: {what}", file.display()))
}

fn insert(baseline: &mut Baseline, finding: &Finding) {
    let place = finding.first_place();
    let first = place.map(|place| match place.origin.path() {
        Some(path) => format!("{}:{}", terminal_bytes(path), place.position.line),
        None => "not in a file".to_owned(),
    });
    let help = Help { kind: finding.rule.kind.clone(), first: first.unwrap_or_default() };
    baseline.known.entry(finding.fingerprint.clone()).or_insert(help);
}

/// What is known is no finding; what was not read is said all the same.
fn end(outcome: &Outcome, console: &Console) -> Exit {
    if outcome.coverage.complete() {
        return Exit::Clean;
    }
    console.note("not everything could be read (stanch scan says what); nothing was taken out");
    Exit::Incomplete
}
