//! `stanch hook`: installs git hooks, takes them away, tells of them, proves that they work, and is
//! what they run. What a hook looks at is scanned as everything else; no client is ever made here.

mod framework;
mod global;
mod install;
mod names;
mod place;
mod probe;
mod pushed;
mod run;
mod script;
mod status;

use super::args::{GlobalArgs, HookArgs, HookCommand};
use super::console::Console;
use super::exit::Exit;

/// Does what was asked for.
pub fn run(args: &HookArgs, global: &GlobalArgs, console: &Console) -> anyhow::Result<Exit> {
    match &args.command {
        HookCommand::Install(install) => install::install(install, console),
        HookCommand::Uninstall(which) => install::uninstall(which, console),
        HookCommand::Status(which) => status::run(which, console),
        HookCommand::Test(which) => probe::run(which, console),
        HookCommand::Run(run) => Ok(run::run(run, global, console)),
    }
}
