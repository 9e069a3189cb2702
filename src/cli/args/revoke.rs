//! What `revoke` and `journal` understand.

use std::path::PathBuf;

use clap::Subcommand;

use super::ScanArgs;
use super::values::parse_format;
use crate::report::Format;
use crate::revoke::successor::Variable;

/// What `revoke` understands.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
The targets are scanned, what is found is verified, and the plan is printed: each token that lives, \
the request that will end it, what that breaks, and what cannot be done. Only --apply changes \
anything; on a terminal it asks for the plan's id, without one it needs --yes. What is dead, and what \
nobody can tell of, is never touched. The operator's credential comes from $STANCH_GITLAB_TOKEN or the \
settings file.

Exit codes: 0 all that was to die is dead, 1 something still lives, was refused or is unknown (so also \
a plan that was not carried out), 2 nothing could be done, 3 nothing lives but not everything could \
be read.")]
pub struct RevokeArgs {
    /// What is scanned, and how.
    #[command(flatten)]
    pub scan: ScanArgs,
    /// What is done about what lives.
    #[command(flatten)]
    pub own: OwnArgs,
}

/// What only `revoke` understands.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "How it is revoked")]
pub struct OwnArgs {
    /// Carry the plan out
    #[arg(long)]
    pub apply: bool,
    /// Ask nobody (without a terminal --apply needs this)
    #[arg(long, requires = "apply")]
    pub yes: bool,
    /// Write the plan to this file, without secrets
    #[arg(long, value_name = "FILE")]
    pub plan_out: Option<PathBuf>,
    /// Carry out this plan and nothing more, after finding its secrets again
    #[arg(long, value_name = "FILE", requires = "apply")]
    pub plan: Option<PathBuf>,
    /// A top-level group (id or path) that the operator's credential owns: its tokens, those of its
    /// members and of its service accounts can be revoked
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// A project (id or path) whose triggers, deploy keys and registration token are looked through
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<String>,
    /// Give each token a successor, where GitLab can, and revoke nothing else
    #[arg(long)]
    pub rotate: bool,
    /// Write successors to this file, which its owner alone can read
    #[arg(long, value_name = "FILE", requires = "rotate")]
    pub rotate_file: Option<PathBuf>,
    /// Put the successor into this CI/CD variable, such as group/project:DEPLOY_TOKEN (for a plan
    /// of one token)
    #[arg(long, value_name = "PROJECT:VARIABLE", requires = "rotate", value_parser = parse_variable)]
    pub rotate_into: Option<Variable>,
    /// Also what was never pushed
    #[arg(long)]
    pub include_local: bool,
    /// Stop when the plan has more tokens than this (default: 25 without a terminal)
    #[arg(long, value_name = "N")]
    pub max_revocations: Option<usize>,
    /// Write the journal here (default: stanch/journal.jsonl in the user's state folder)
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Write a summary in Markdown, for a ticket or a merge request, to this file
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
}

fn parse_variable(text: &str) -> Result<Variable, String> {
    let advice = || "write PROJECT:VARIABLE, such as group/project:DEPLOY_TOKEN".to_owned();
    let (project, key) = text.rsplit_once(':').ok_or_else(advice)?;
    // GitLab's own form of a key (`app/models/concerns/ci/has_variable.rb`).
    let is_key = !key.is_empty()
        && key.len() <= 255
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if project.is_empty() || !is_key {
        return Err(advice());
    }
    Ok(Variable { project: project.to_owned(), key: key.to_owned() })
}

/// What `journal` understands.
#[derive(Debug, clap::Args)]
pub struct JournalArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: JournalCommand,
}

/// What can be done with a journal.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Print what was done, a line each
    Show {
        /// The journal (default: stanch/journal.jsonl in the user's state folder)
        #[arg(long, value_name = "FILE")]
        journal: Option<PathBuf>,
        /// human or jsonl
        #[arg(long, short, value_name = "FORMAT", default_value = "human")]
        #[arg(value_parser = parse_format)]
        format: Format,
    },
    /// Check that nothing was changed or taken away, and list steps without an end
    Verify {
        /// The journal (default: stanch/journal.jsonl in the user's state folder)
        #[arg(long, value_name = "FILE")]
        journal: Option<PathBuf>,
    },
}
