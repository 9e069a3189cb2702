//! What `hook` understands.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};

use super::values::parse_duration;

/// What `hook` understands.
#[derive(Debug, clap::Args)]
pub struct HookArgs {
    /// What to do with the hooks.
    #[command(subcommand)]
    pub command: HookCommand,
}

/// What can be done with hooks.
#[derive(Debug, Subcommand)]
pub enum HookCommand {
    /// Install hooks into the repository where you stand; a hook that is there is kept, and runs first
    Install(InstallArgs),
    /// Take hooks away again, and put back what was there before
    Uninstall(WhichArgs),
    /// Tell which hooks there are, whose they are, and whether git runs them
    Status(WhichArgs),
    /// Prove that an installed hook blocks a token, in a repository of its own
    Test(WhichArgs),
    /// What an installed hook runs: looks at what git is about to take in
    Run(RunArgs),
}

/// The hooks that look for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum HookName {
    /// Before a commit: the index
    PreCommit,
    /// Before a push: the commits that the other side does not have
    PrePush,
    /// On a server, before a push is taken in: the commits that are new there
    PreReceive,
}

impl HookName {
    /// All hooks.
    pub const ALL: [Self; 3] = [Self::PreCommit, Self::PrePush, Self::PreReceive];

    /// The name of its file.
    pub fn word(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
        }
    }
}

/// Which hooks.
#[derive(Debug, clap::Args)]
pub struct WhichArgs {
    /// The hooks (default: pre-commit to install, else those that are installed)
    #[arg(value_name = "HOOK")]
    pub hooks: Vec<HookName>,
    /// Those of every repository of the user (core.hooksPath in the user's git settings)
    #[arg(long)]
    pub global: bool,
}

/// What `hook install` understands.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
The hooks go where git looks for them: into core.hooksPath if that is set, else into the repository's \
own folder, which linked worktrees share. With --global they go into the folder that core.hooksPath \
names in the user's settings; if it names none, stanch makes git/hooks in the user's config folder, \
names it there, and puts beside its hooks others that only run those of the repository, since git \
itself no longer does.

A hook that is there already is kept as HOOK.before-stanch, runs first with the same arguments and the \
same input, and blocks as before. One that may look at its own name is left alone.

Without --global, no hook is changed that other repositories use, too.")]
pub struct InstallArgs {
    /// Which hooks.
    #[command(flatten)]
    pub which: WhichArgs,
    /// How long the hook may take.
    #[command(flatten)]
    pub time: TimeArgs,
}

/// How long a hook may take.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct TimeArgs {
    /// Time for looking (such as 10s; default: 50s for pre-receive, without end for the others)
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub budget: Option<Duration>,
    /// What happens to what was not looked at in that time: reject or accept
    #[arg(long, value_name = "WHAT", default_value = "reject")]
    pub on_timeout: OnTimeout,
}

/// What happens when the time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnTimeout {
    /// Nothing passes that was not looked at
    Reject,
    /// It passes, and that is said
    Accept,
}

/// What `hook run` understands.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = "\
Reads the index (pre-commit) or what git writes to standard input (pre-push, pre-receive). Nothing is \
sent anywhere. STANCH_SKIP=1 lets everything pass, and says so.

Exit codes: 0 it may pass, 1 a token was found, 2 it could not be looked at, 3 not all of it could be \
read, or the time was over. Everything but 0 blocks.")]
pub struct RunArgs {
    /// The hook
    #[arg(value_name = "HOOK")]
    pub hook: HookName,
    /// How long it may take.
    #[command(flatten)]
    pub time: TimeArgs,
    /// What git gives to the hook: of pre-push the name and the address of the remote
    #[arg(value_name = "ARGUMENT")]
    pub rest: Vec<OsString>,
}
