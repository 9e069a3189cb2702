//! The command line: the only room that knows all others. Turns what was typed into work, and
//! the result into output and an exit code.

pub mod args;
pub mod baseline;
pub mod ci;
pub mod config;
pub mod confirm;
pub mod console;
pub mod exit;
mod git;
pub mod gitleaks;
pub mod gitleaksignore;
pub mod history_cache;
pub mod hook;
pub mod ignored;
pub mod inspect;
pub mod instances;
pub mod interrupt;
pub mod journal;
pub mod journal_file;
pub mod known;
pub mod memory;
pub mod merge;
pub mod output;
pub mod plan_file;
pub mod policy;
pub mod progress;
pub mod prompt;
pub mod revoke;
pub mod rules;
pub mod scan;
pub mod settings;
pub mod shard;
pub mod since;
pub mod successors;
pub mod targets;
pub mod verdict_cache;
pub mod verify;

use std::ffi::OsString;

use args::{Command, Parsed};
use console::Console;
use exit::Exit;

/// Runs the program with these arguments, the first being its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    leave_no_core_dump();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let args = match args::parse(&arguments) {
        Parsed::Run(args) => args,
        Parsed::Help(said) => {
            let console = Console::unparsed(&arguments);
            let text = if console.colour() { said.coloured } else { said.plain };
            return ended(console, console.print(text.as_bytes()).map(|()| Exit::Clean));
        }
        Parsed::Complaint(said) => {
            Console::unparsed(&arguments).complain(&said.plain, &said.coloured);
            return Exit::Failed;
        }
    };
    let console = Console::new(&args.global);
    let done = match &args.command {
        Command::Scan(scan) => scan::run(scan, &args.global, &console),
        Command::Merge(merge) => merge::run(merge, &console),
        Command::Inspect(inspect) => inspect::run(inspect, &args.global, &console),
        Command::Revoke(revoke) => revoke::run(revoke, &args.global, &console),
        Command::Journal(journal) => journal::run(journal, &console),
        Command::Hook(hook) => hook::run(hook, &args.global, &console),
        Command::Ignore(ignore) => ignored::run(ignore, &args.global, &console),
        Command::Baseline(baseline) => baseline::run(baseline, &args.global, &console),
        Command::Config(config) => config::show::run(config, &args.global, &console),
        Command::Rules(rules) => rules::run(rules, &console),
        Command::Completions { shell } => {
            console.print(&args::completions(*shell)).map(|()| Exit::Clean)
        }
        Command::Man => args::man_page()
            .map_err(anyhow::Error::from)
            .and_then(|page| console.print(&page))
            .map(|()| Exit::Clean),
    };
    ended(console, done)
}

fn ended(console: Console, done: anyhow::Result<Exit>) -> Exit {
    done.unwrap_or_else(|error| {
        console.error(&error);
        Exit::Failed
    })
}

/// What is found must not end up in a core dump, nor be read by another process of the same user.
fn leave_no_core_dump() {
    // Where that cannot be had, nothing is lost but the precaution.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
