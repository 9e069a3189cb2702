//! The command line: the only room that knows all others. Turns what was typed into work, and
//! the result into output and an exit code.

pub mod args;
pub mod config;
pub mod console;
pub mod exit;
pub mod memory;
pub mod output;
pub mod progress;
pub mod rules;
pub mod scan;
pub mod settings;
pub mod since;
pub mod targets;

use std::ffi::OsString;

use args::{Command, Parsed};
use console::Console;
use exit::Exit;

/// Runs the program with these arguments, the first being its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let args = match args::parse(arguments) {
        Parsed::Run(args) => args,
        Parsed::Done(exit) => return exit,
    };
    let console = Console::new(&args.global);
    let done = match &args.command {
        Command::Scan(scan) => scan::run(scan, &args.global, &console),
        Command::Rules(rules) => rules::run(rules, &console),
        Command::Completions { shell } => {
            console.print(&args::completions(*shell)).map(|()| Exit::Clean)
        }
        Command::Man => args::man_page()
            .map_err(anyhow::Error::from)
            .and_then(|page| console.print(&page))
            .map(|()| Exit::Clean),
    };
    done.unwrap_or_else(|error| {
        console.error(&error);
        Exit::Failed
    })
}
