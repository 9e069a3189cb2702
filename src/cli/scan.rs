//! `stanch scan`.

use std::time::{SystemTime, UNIX_EPOCH};

use super::args::{GlobalArgs, ScanArgs};
use super::console::{COLUMNS, Console};
use super::exit::Exit;
use super::progress::Display;
use super::{output, settings, targets};
use crate::report::{Context, render};
use crate::scan;

/// Scans, reports, and says how it ended.
pub fn run(args: &ScanArgs, global: &GlobalArgs, console: &Console) -> anyhow::Result<Exit> {
    let reports = output::prepare(&args.report)?;
    let targets = targets::look_at(args)?;
    let engine = settings::engine(args, global, &targets.work_trees)?;
    let options = settings::scan_options(args);

    let started = now();
    let display = Display::start(console.shows_progress());
    let outcome = scan::run(&engine, targets.work, &options, display.progress());
    display.end();

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
    written?;
    Ok(Exit::of(&outcome))
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
