//! `stanch merge`: opens reports, has them put together, and prints the result as `scan` prints its own.

use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use anyhow::{anyhow, ensure};

use super::args::{FailOn, MergeArgs};
use super::console::Console;
use super::exit::Exit;
use super::output::{self, ReportFile};
use super::scan::{now, write};
use super::settings;
use crate::engine::Engine;
use crate::engine::scrub::Scrub;
use crate::merge::{Report, Rules, clean, fold, parse, secrets};
use crate::model::finding::Outcome;
use crate::report::{Context, Format};

/// A report is not larger: a thousand places of each of a hundred thousand secrets are less.
const LARGEST: u64 = 512 << 20;

/// Merges, reports, and says how it ended.
pub fn run(args: &MergeArgs, console: &Console) -> anyhow::Result<Exit> {
    let files = output::prepare(&args.report)?;
    let rules = settings::builtin_rules()?;
    let places = rules.rules().iter().enumerate();
    let known: Rules =
        places.map(|(at, it)| (it.card.id.clone(), (at, it.card.severity))).collect();
    let engine = Engine::new(rules).map_err(|complaints| settings::complained(&complaints))?;
    let read: Vec<Report> =
        args.reports.iter().map(|file| report(file, &known)).collect::<anyhow::Result<_>>()?;
    if args.fail_on == FailOn::Live {
        let unasked = read.iter().find(|it| it.outcome.asked.is_none());
        ensure!(
            unasked.is_none(),
            "--fail-on live: report {} was made without --verify, and nobody knows what lives",
            unasked.map_or("", |it| &it.name)
        );
    }
    let secrets = secrets(read.iter().map(|it| &it.outcome));
    let mut outcome = fold(read, &known).map_err(|wrong| anyhow!("{}", wrong.what))?;
    if !args.show_secrets {
        let known = secrets.iter().map(|(secret, prefix)| (secret.expose(), *prefix));
        let scrub = Scrub::new(&engine, known);
        clean(&mut outcome, &|text| scrub.clean(text).into_owned());
    }
    print(args, &outcome, (&files, console))?;
    Ok(Exit::of(&outcome, args.fail_on))
}

/// Reads a report. No more of it is told than its name and a line.
fn report(file: &Path, rules: &Rules) -> anyhow::Result<Report> {
    // Nobody's report is endless.
    let is_device = file.metadata().is_ok_and(|it| it.file_type().is_char_device());
    ensure!(!is_device, "report {} is a device; give a file, or a pipe", file.display());
    let bytes = settings::read_at_most(file, LARGEST, "report")?;
    let name = file.display().to_string();
    let outcome = parse(&bytes, rules).map_err(|wrong| match wrong.line {
        Some(line) => anyhow!("report {name}:{line}: {}", wrong.what),
        None => anyhow!("report {name}: {}", wrong.what),
    })?;
    Ok(Report { name, outcome })
}

fn print(
    args: &MergeArgs,
    outcome: &Outcome,
    (files, console): (&[(Format, ReportFile)], &Console),
) -> anyhow::Result<()> {
    let now = now();
    let took = i64::try_from(outcome.elapsed.as_secs()).unwrap_or(now);
    let context = Context {
        show_secrets: args.show_secrets,
        colour: console.colour(),
        columns: console.columns(),
        started: now.saturating_sub(took),
        ended: now,
        head: None,
    };
    let written = write(outcome, &context, (args.format, files), console);
    console.undone(&outcome.coverage);
    written
}
