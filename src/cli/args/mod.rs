//! What can be typed. Says nothing of what it means: that is `super::settings`'s. The only folder
//! that names clap.

mod ci;
mod hook;
mod inspect;
mod known;
mod merge;
mod revoke;
mod scan;
mod values;
mod verify;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use ci::{CiArgs, MrNote, NoteArgs};
pub use hook::{
    HookArgs, HookCommand, HookName, InstallArgs, OnTimeout, RunArgs, TimeArgs, WhichArgs,
};
pub use inspect::InspectArgs;
pub use known::{
    AddArgs, BaselineArgs, BaselineCommand, BaselineScan, IgnoreArgs, IgnoreCommand,
    IgnoreFileArgs, KnownArgs, PruneArgs, ScanCommand,
};
pub use merge::MergeArgs;
pub use revoke::{JournalArgs, JournalCommand, RevokeArgs};
pub use scan::{FailOn, ScanArgs};
pub use verify::VerifyArgs;

/// Finds leaked GitLab tokens in files and in the whole history of git repositories.
#[derive(Debug, Parser)]
#[command(name = "stanch", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 nothing found and everything read, 1 found, 2 the work could \
                        not be done, 3 nothing found but not everything could be read."
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command understands.
    #[command(flatten)]
    pub global: GlobalArgs,
}

/// What every command understands.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub struct GlobalArgs {
    /// Print no progress and no notes on stderr, only errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Use no colours (as does the variable NO_COLOR)
    #[arg(long, alias = "no-colour", global = true)]
    pub no_color: bool,
    /// Read settings from this file, not from $STANCH_CONFIG, the user's config folder or
    /// .stanch.toml at the top of the repository
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find leaked GitLab tokens
    Scan(Box<ScanCommand>),
    /// Make one report of several, such as those of the shards of a scan
    Merge(MergeArgs),
    /// Tell all that is known of tokens that are typed in or come on standard input
    Inspect(Box<InspectArgs>),
    /// End the life of tokens that live: shows the plan, and carries it out with --apply
    Revoke(Box<RevokeArgs>),
    /// Show what was revoked when, or check that the journal is whole
    Journal(JournalArgs),
    /// Keep tokens out of commits and pushes: install, test and run git hooks
    Hook(HookArgs),
    /// Accept secrets by their fingerprints, list what is accepted, and take out what is over
    Ignore(IgnoreArgs),
    /// Write down what is known from now on, so that only what is new is reported
    Baseline(BaselineArgs),
    /// List the rules, or check a rule file
    Rules(RulesArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// What `rules` understands.
#[derive(Debug, clap::Args)]
pub struct RulesArgs {
    /// What to do with the rules.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What can be done with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules that come with stanch
    List,
    /// Run every example of a rule file (default: of the rules that come with stanch)
    Check {
        /// The rule file
        file: Option<PathBuf>,
    },
}

/// What came of parsing.
pub enum Parsed {
    /// There is work to do.
    Run(Box<Args>),
    /// Somebody asked for help, or for the version.
    Help(Said),
    /// What was typed cannot be understood. The complaint quotes it, secrets and all.
    Complaint(Said),
}

/// A text of the parser's.
pub struct Said {
    /// As it is.
    pub plain: String,
    /// With the escape sequences that colour it.
    pub coloured: String,
}

/// Parses arguments, the first being the program's name.
pub fn parse(arguments: &[OsString]) -> Parsed {
    match Args::try_parse_from(arguments) {
        Ok(mut args) => {
            if let Command::Revoke(revoke) = &mut args.command {
                revoke.scan.verify.verify = true;
            }
            Parsed::Run(Box::new(args))
        }
        Err(error) => {
            let text = error.render();
            let said = Said { plain: text.to_string(), coloured: text.ansi().to_string() };
            if error.use_stderr() { Parsed::Complaint(said) } else { Parsed::Help(said) }
        }
    }
}

/// What `scan` understands when nothing is typed.
pub fn scan_defaults() -> Result<ScanArgs, String> {
    let command = ScanArgs::augment_args(clap::Command::new("scan"));
    let matches = command.try_get_matches_from(["scan"]);
    let parsed = matches.and_then(|matches| ScanArgs::from_arg_matches(&matches));
    parsed.map_err(|error| error.to_string())
}

/// The completion script for a shell.
pub fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "stanch", &mut script);
    script
}

/// The manual page, in roff: the program's own, then that of every command.
pub fn man_page() -> std::io::Result<Vec<u8>> {
    let mut command = Args::command();
    command.build();
    let mut page = Vec::new();
    let usage = command.render_usage().to_string().replacen("Usage: ", "", 1);
    clap_mangen::Man::new(command.clone().override_usage(usage)).render(&mut page)?;
    for subcommand in command.get_subcommands() {
        // The synopsis that clap_mangen makes names options without their values.
        let usage = subcommand.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").to_owned();
        let subcommand = subcommand.clone().override_usage(usage);
        clap_mangen::Man::new(subcommand).render(&mut page)?;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Args;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
