//! What can be typed about secrets that are known already.

use std::path::PathBuf;

use clap::Subcommand;

use super::{NoteArgs, ScanArgs};
use crate::model::shard::Shard;
use crate::suppress::is_fingerprint;
use crate::suppress::list::{Glob, is_day};

/// What `scan` alone understands: neither `revoke` nor `inspect` is silenced by anything.
#[derive(Debug, clap::Args)]
pub struct ScanCommand {
    /// What is scanned, and how.
    #[command(flatten)]
    pub scan: ScanArgs,
    /// What is known already.
    #[command(flatten)]
    pub known: KnownArgs,
    /// What a merge request is told.
    #[command(flatten)]
    pub note: NoteArgs,
    /// Read only the Nth of M parts of the targets, and report what stanch merge needs (default: as
    /// $CI_NODE_INDEX and $CI_NODE_TOTAL say in a job with parallel and several targets)
    #[arg(long, value_name = "N/M", value_parser = parse_shard, help_heading = "What is read")]
    #[arg(conflicts_with = "ci")]
    pub shard: Option<Shard>,
}

/// What is known already.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "What is known already")]
pub struct KnownArgs {
    /// Report only what this file does not know (see stanch baseline)
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Which entries hold.
    #[command(flatten)]
    pub ignore: IgnoreFileArgs,
}

/// Which ignore file holds.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "What is known already")]
pub struct IgnoreFileArgs {
    /// The entries of this file hold (default: .stanch-ignore.toml at the top of the repository, or
    /// in the current folder)
    #[arg(long, value_name = "FILE", conflicts_with = "no_ignore_file")]
    pub ignore_file: Option<PathBuf>,
    /// No ignore file holds
    #[arg(long)]
    pub no_ignore_file: bool,
}

/// What `ignore` understands.
#[derive(Debug, clap::Args)]
pub struct IgnoreArgs {
    /// What to do with the ignore file.
    #[command(subcommand)]
    pub command: IgnoreCommand,
}

/// What can be done with an ignore file.
#[derive(Debug, Subcommand)]
pub enum IgnoreCommand {
    /// Accept a secret, by its fingerprint
    Add(Box<AddArgs>),
    /// List what is accepted, a line each
    List {
        /// The file (default: .stanch-ignore.toml at the top of the repository)
        #[arg(long, value_name = "FILE")]
        ignore_file: Option<PathBuf>,
    },
    /// Take out entries that have expired
    Prune(PruneArgs),
}

/// Which entries are taken out.
#[derive(Debug, clap::Args)]
pub struct PruneArgs {
    /// Show those of secrets that are not there any more, too: scans for that
    #[arg(long)]
    pub unused: bool,
    /// Take these out as well
    #[arg(long, requires = "unused")]
    pub yes: bool,
    /// The file (default: .stanch-ignore.toml at the top of the repository)
    #[arg(long, value_name = "FILE")]
    pub ignore_file: Option<PathBuf>,
    /// What is scanned for --unused.
    #[command(flatten)]
    pub scan: Box<ScanArgs>,
}

/// An entry.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// The fingerprint, as reports show it
    #[arg(value_parser = parse_fingerprint)]
    pub fingerprint: String,
    /// Why it is accepted
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The last day on which that holds, such as 2027-01-31 (in UTC)
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub expires: Option<String>,
    /// Who has decided it
    #[arg(long, value_name = "NAME")]
    pub approved_by: Option<String>,
    /// Accept it only at paths like this, such as tests/**; elsewhere it is reported
    #[arg(long, value_name = "GLOB", value_parser = Glob::new)]
    pub path: Option<Glob>,
    /// Accept it even when an instance says that it lives
    #[arg(long)]
    pub accept_live: bool,
    /// The file (default: .stanch-ignore.toml at the top of the repository)
    #[arg(long, value_name = "FILE")]
    pub ignore_file: Option<PathBuf>,
}

/// What `baseline` understands.
#[derive(Debug, clap::Args)]
pub struct BaselineArgs {
    /// What to do with the baseline.
    #[command(subcommand)]
    pub command: BaselineCommand,
}

/// What can be done with a baseline.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Scan, and write down what is known from now on
    Create(Box<BaselineScan>),
    /// Scan, and take out what is not there any more; what is new stays new
    Update {
        /// Put what is new into it, too
        #[arg(long)]
        add: bool,
        /// Which baseline, and what is scanned.
        #[command(flatten)]
        scan: Box<BaselineScan>,
    },
    /// Put the GitLab tokens into it that another tool has found
    Import {
        /// The baseline; it is made when it is not there
        file: PathBuf,
        /// The JSON report of gitleaks, made without --redact
        #[arg(long, value_name = "REPORT")]
        gitleaks: PathBuf,
    },
}

/// A baseline, and what is scanned for it.
#[derive(Debug, clap::Args)]
pub struct BaselineScan {
    /// The baseline
    pub file: PathBuf,
    /// What is scanned, and how.
    #[command(flatten)]
    pub scan: ScanArgs,
    /// Which entries hold: what they accept need not be in a baseline.
    #[command(flatten)]
    pub ignore: IgnoreFileArgs,
}

fn parse_fingerprint(text: &str) -> Result<String, String> {
    let good = is_fingerprint(text).then(|| text.to_owned());
    good.ok_or_else(|| "write 32 hexadecimal digits in lower case, as reports show them".to_owned())
}

fn parse_shard(text: &str) -> Result<Shard, String> {
    let wrong = || "write which part of how many, such as 1/3: no part is 0, none after the last";
    Shard::parse(text).ok_or_else(|| wrong().to_owned())
}

fn parse_day(text: &str) -> Result<String, String> {
    let good = is_day(text).then(|| text.to_owned());
    good.ok_or_else(|| "write a day such as 2027-01-31".to_owned())
}
