//! `stanch scan`.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::ensure;

use super::args::{FailOn, GlobalArgs, IgnoreFileArgs, KnownArgs, ScanArgs, ScanCommand};
use super::console::{COLUMNS, Console};
use super::exit::Exit;
use super::progress::Display;
use super::verify::Verifier;
use super::{history_cache, known, output, settings, targets};
use crate::model::finding::Outcome;
use crate::report::{Context, Format, egress, render};
use crate::scan;
use crate::suppress::apply::Known;

/// Scans, asks if that is wanted, reports, and says how it ended.
pub fn run(command: &ScanCommand, global: &GlobalArgs, console: &Console) -> anyhow::Result<Exit> {
    let args = &command.scan;
    check(args)?;
    let reports = output::prepare(&args.report)?;
    let targets = targets::look_at(args)?;
    let config = settings::config(global, &targets.work_trees)?;
    let engine = settings::engine(&args.rules, &args.prefix, &config)?;
    let mut options = settings::scan_options(args);
    let started = now();
    let known = known::load(&command.known, args, &targets, &options, (console, started))?;
    let verifier = Verifier::prepare(&args.verify, &config, &targets.remotes, (console, started))?;

    options.cache = history_cache::open(args, &engine, console);
    let display = Display::start(console.shows_progress());
    let mut outcome = scan::run(&engine, targets.work, &options, display.progress());
    let mut verified = Ok(());
    match verifier {
        Some(verifier) if args.verify.egress_plan => {
            display.end();
            history_cache::close(&options, console);
            let egress = verifier.plan(&outcome.findings);
            let text = match args.format {
                Format::Human => egress::human(&egress),
                _ => egress::document(&egress),
            };
            console.print(text.as_bytes())?;
            console.undone(&outcome.coverage);
            return Ok(Exit::of(&outcome, FailOn::None));
        }
        Some(mut verifier) => {
            verified = verifier.run(&mut outcome, &engine, args.show_secrets, display.progress());
            display.end();
        }
        None => display.end(),
    }
    history_cache::close(&options, console);
    known::apply(&mut outcome, &known, &engine, options.visibility);

    let context = Context {
        show_secrets: args.show_secrets,
        colour: console.colour(),
        columns: console.columns(),
        started,
        ended: now(),
        head: targets.head,
    };
    let plain = Context { colour: false, columns: COLUMNS, ..context.clone() };
    let mut written = console.print(&render(args.format, &outcome, &context));
    for (format, file) in &reports {
        let result = file.write(&render(*format, &outcome, &plain), args.show_secrets);
        written = written.and(result);
    }
    console.undone(&outcome.coverage);
    // What was found is told even when asking about it could not begin.
    verified.and(written)?;
    Ok(Exit::of(&outcome, args.fail_on))
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
    let targets = targets::look_at(args)?;
    let config = settings::config(global, &targets.work_trees)?;
    let engine = settings::engine(&args.rules, &args.prefix, &config)?;
    let mut options = settings::scan_options(args);
    let ignore = KnownArgs { baseline: None, ignore: ignore.clone() };
    let known = known::load(&ignore, args, &targets, &options, (console, now()))?;
    options.cache = history_cache::open(args, &engine, console);
    let display = Display::start(console.shows_progress());
    let mut outcome = scan::run(&engine, targets.work, &options, display.progress());
    display.end();
    history_cache::close(&options, console);
    known::apply(&mut outcome, &known, &engine, options.visibility);
    console.undone(&outcome.coverage);
    Ok((outcome, known))
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
