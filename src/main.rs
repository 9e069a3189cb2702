//! Finds leaked GitLab tokens in files and whole git histories. Everything is in the library;
//! this file only turns the end of a run into an exit code.

use std::process::ExitCode;

use stanch::cli;
use stanch::cli::exit::Exit;

fn main() -> ExitCode {
    // A panic's message may quote what was being read: only its place is printed.
    std::panic::set_hook(Box::new(|info| cli::console::report_panic(info.location())));
    let run = std::panic::catch_unwind(|| cli::run(std::env::args_os()));
    run.unwrap_or(Exit::Failed).into()
}
