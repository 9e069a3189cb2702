//! `stanch scan`.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::ensure;

use super::args::{FailOn, GlobalArgs, IgnoreFileArgs, KnownArgs, ScanArgs, ScanCommand};
use super::ci::note::Note;
use super::console::{COLUMNS, Console};
use super::exit::Exit;
use super::output::ReportFile;
use super::progress::Display;
use super::verify::Verifier;
use super::{ci, known, output, settings, shard};
use crate::model::finding::Outcome;
use crate::report::{Context, Format, egress, render};
use crate::scan::{self, Options};
use crate::suppress::apply::Known;

/// Scans, asks if that is wanted, reports, and says how it ended.
pub fn run(command: &ScanCommand, global: &GlobalArgs, console: &Console) -> anyhow::Result<Exit> {
    check(&command.scan)?;
    let reports = output::prepare(&command.scan.report)?;
    let shard = match command.scan.ci.ci {
        true => None,
        false => shard::of(command.shard, command.scan.targets.len(), console)?,
    };
    let (args, targets) = ci::targets(&command.scan, shard, console)?;
    let args = &args;
    let config = settings::config(global, &targets.work_trees)?;
    let engine = settings::engine(&args.rules, &args.prefix, &config)?;
    let mut options = Options { shard, ..settings::scan_options(args) };
    let started = now();
    let mut known = known::load(&command.known, args, &targets, &options, (console, started))?;
    known.own = ci::own(args, &config);
    options.at_paths = known.at_paths();
    let verifier = Verifier::prepare(&args.verify, &config, &targets.remotes, (console, started))?;
    let note = Note::prepare(command.note.mr_note.as_ref(), args, &config, console)?;

    let display = Display::start(console.shows_progress());
    let mut outcome = scan::run(&engine, targets.work, &options, display.progress());
    let mut verified = Ok(());
    match verifier {
        Some(verifier) if args.verify.egress_plan => {
            display.end();
            return plan(&verifier, &outcome, args.format, console);
        }
        Some(mut verifier) => {
            verified = verifier.run(&mut outcome, &engine, args.show_secrets, display.progress());
        }
        None => {}
    }
    display.end();
    known::apply(&mut outcome, &known, &engine, options.visibility);
    let context = Context {
        show_secrets: args.show_secrets,
        colour: console.colour(),
        columns: console.columns(),
        started,
        ended: now(),
        head: targets.head,
    };
    let written = write(&outcome, &context, (args.format, &reports), console);
    console.undone(&outcome.coverage);
    let told = note.map_or(Ok(()), |note| note.tell(&outcome));
    // What was found is told even when asking about it could not begin.
    verified.and(written).and(told)?;
    Ok(Exit::of(&outcome, args.fail_on))
}

/// Prints what would be sent.
fn plan(
    verifier: &Verifier,
    outcome: &Outcome,
    format: Format,
    console: &Console,
) -> anyhow::Result<Exit> {
    let egress = verifier.plan(&outcome.findings);
    let text = match format {
        Format::Human => egress::human(&egress),
        _ => egress::document(&egress),
    };
    console.print(text.as_bytes())?;
    console.undone(&outcome.coverage);
    Ok(Exit::of(outcome, FailOn::None))
}

/// Prints a result in a format, and writes the reports. The first that fails is told; the others are
/// written all the same.
pub(super) fn write(
    outcome: &Outcome,
    context: &Context,
    (format, reports): (Format, &[(Format, ReportFile)]),
    console: &Console,
) -> anyhow::Result<()> {
    let plain = Context { colour: false, columns: COLUMNS, ..context.clone() };
    let mut written = console.print(&render(format, outcome, context));
    for (format, file) in reports {
        let result = file.write(&render(*format, outcome, &plain), context.show_secrets);
        written = written.and(result);
    }
    written
}

/// Refuses what has no meaning together.
fn check(args: &ScanArgs) -> anyhow::Result<()> {
    ensure!(
        args.fail_on != FailOn::Live || args.verify.verify,
        "--fail-on live needs --verify: without asking nobody knows what lives"
    );
    ensure!(
        !args.verify.egress_plan || args.report.is_empty(),
        "--egress-plan prints what would be sent and writes no reports; leave --report out"
    );
    args.verify.check_format(args.format)
}

/// The result of a scan without what marks and the ignore file accept, for a command that makes
/// something else of it than a report.
pub(super) fn result_alone(
    args: &ScanArgs,
    ignore: &IgnoreFileArgs,
    (global, console): (&GlobalArgs, &Console),
) -> anyhow::Result<(Outcome, Known)> {
    let asks = args.verify.verify || args.verify.egress_plan;
    let reports = args.format != Format::Human || !args.report.is_empty() || args.show_secrets;
    ensure!(
        !asks && !reports && args.fail_on == FailOn::Any,
        "this asks nobody and writes no report: leave --verify, --egress-plan, --format, --report, \
         --show-secrets and --fail-on out"
    );
    let (args, targets) = ci::targets(args, None, console)?;
    let args = &args;
    let config = settings::config(global, &targets.work_trees)?;
    let engine = settings::engine(&args.rules, &args.prefix, &config)?;
    let mut options = settings::scan_options(args);
    let ignore = KnownArgs { baseline: None, ignore: ignore.clone() };
    let known = known::load(&ignore, args, &targets, &options, (console, now()))?;
    options.at_paths = known.at_paths();
    let display = Display::start(console.shows_progress());
    let mut outcome = scan::run(&engine, targets.work, &options, display.progress());
    display.end();
    known::apply(&mut outcome, &known, &engine, options.visibility);
    console.undone(&outcome.coverage);
    Ok((outcome, known))
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
