//! What `scan` understands.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};

use super::values::{parse_evidence, parse_fail_on, parse_format, parse_report, parse_size};
use super::{CiArgs, VerifyArgs};
use crate::model::finding::Evidence;
use crate::report::Format;

/// With a choice of commits nothing else is read.
pub(super) const NOT_WITH_COMMITS: [&str; 4] =
    ["staged", "no_history", "no_ignore", "max_file_size"];

/// What `scan` understands.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = "\
In a git work tree the files on disk are read (tracked, or untracked and not ignored) and the whole \
history. A bare repository's history is read, and the files of any other folder. Hidden files are \
read; .git is never read as files. Symbolic links are not followed.

With --range, --since or --branch only commits are read: what each of them has that none of its \
parents has at that path (so also what a merge adds by itself), its message and its author. A \
secret that the same commit took away elsewhere was moved, and is only counted. In a pre-receive or \
update hook: stanch scan --range OLD..NEW.

Exit codes: 0 nothing found and everything read, 1 found, 2 the work could not be done, 3 nothing \
found but not everything could be read.")]
pub struct ScanArgs {
    /// Folders, files and repositories to scan; - is standard input
    #[arg(value_name = "TARGET", default_value = ".", hide_default_value = true)]
    pub targets: Vec<PathBuf>,

    /// Scan what is staged: the index where it differs from HEAD, not the work tree
    #[arg(long, conflicts_with_all = ["no_history", "no_files", "no_ignore", "max_file_size"])]
    #[arg(help_heading = "What is read")]
    pub staged: bool,
    /// Means the same in gitleaks beside --staged, and nothing here.
    #[arg(long, hide = true, requires = "staged")]
    pub pre_commit: bool,
    /// Scan only what these commits bring in: A..B those of B without those of A, A...B those of
    /// only one of them, A that one commit (a missing side is HEAD)
    #[arg(long, value_name = "A..B", conflicts_with_all = NOT_WITH_COMMITS)]
    #[arg(conflicts_with = "branch", help_heading = "What is read")]
    pub range: Option<String>,
    /// Scan only what commits since then bring in: 2025-03-02, RFC 3339, or 30d, 2w, 12h ago
    #[arg(long, value_name = "DATE", value_parser = crate::cli::since::parse)]
    #[arg(conflicts_with_all = NOT_WITH_COMMITS, help_heading = "What is read")]
    pub since: Option<i64>,
    /// Scan only what the commits bring in that this branch or tag leads to
    #[arg(long, value_name = "NAME", conflicts_with_all = NOT_WITH_COMMITS)]
    #[arg(help_heading = "What is read")]
    pub branch: Option<String>,
    /// Leave the history of repositories out
    #[arg(long, help_heading = "What is read")]
    pub no_history: bool,
    /// Leave files on disk out
    #[arg(long, conflicts_with = "no_history", help_heading = "What is read")]
    pub no_files: bool,
    /// Read files that git ignores, too
    #[arg(long, help_heading = "What is read")]
    pub no_ignore: bool,
    /// Leave paths out, in the syntax of .gitignore (may be repeated)
    #[arg(long, value_name = "GLOB", help_heading = "What is read")]
    pub exclude: Vec<String>,
    /// Leave larger files on disk out (such as 10MB); the result is then incomplete
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "What is read")]
    pub max_file_size: Option<u64>,
    /// Memory for unpacked objects of a history (default: a quarter of what there is)
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "What is read")]
    pub memory_limit: Option<u64>,
    /// Search every version of a file from end to end, not only what is new in it (slow; the
    /// result is the same)
    #[arg(long, help_heading = "What is read")]
    pub full_scan: bool,
    /// Keep in this folder which packs and objects of histories were read, and do not read them again
    /// with the same rules by the same stanch; holds no secret (with --full-scan: only written)
    #[arg(long, value_name = "DIR", help_heading = "What is read")]
    pub cache: Option<PathBuf>,
    /// Use so many threads (default: as many as there are processors)
    #[arg(long, value_name = "N", help_heading = "What is read")]
    pub threads: Option<NonZeroUsize>,

    /// Report this evidence and stronger: checksum, shape, context or weak
    #[arg(long, value_name = "EVIDENCE", default_value = "context", value_parser = parse_evidence)]
    #[arg(help_heading = "What is found")]
    pub evidence: Evidence,
    /// Know a prefix that your instance puts before its tokens, such as acme-glpat- or corp-
    /// (may be repeated)
    #[arg(long, value_name = "PREFIX", help_heading = "What is found")]
    pub prefix: Vec<String>,
    /// Use the rules of this file, too (may be repeated)
    #[arg(long, value_name = "FILE", help_heading = "What is found")]
    pub rules: Vec<PathBuf>,

    /// The format on stdout: human, json, jsonl, sarif, gitlab, codequality or junit
    #[arg(long, short, value_name = "FORMAT", default_value = "human", value_parser = parse_format)]
    #[arg(help_heading = "What is printed")]
    pub format: Format,
    /// Write a report to a file as well, such as gitlab=gl-secret-detection-report.json (may be
    /// repeated)
    #[arg(long, value_name = "FORMAT=FILE")]
    #[arg(value_parser = OsStringValueParser::new().try_map(|text| parse_report(&text)))]
    #[arg(help_heading = "What is printed")]
    pub report: Vec<(Format, PathBuf)>,
    /// Print whole secrets; without this no output holds one
    #[arg(long, help_heading = "What is printed")]
    pub show_secrets: bool,
    /// Means the same in gitleaks, and nothing here: without --show-secrets no output holds a secret.
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "100", value_parser = ["100"], conflicts_with = "show_secrets")]
    pub redact: Option<String>,
    /// End with 1 when anything is found, only when a secret lives or may live (with --verify), or
    /// never: any, live or none
    #[arg(long, value_name = "WHEN", default_value = "any", value_parser = parse_fail_on)]
    #[arg(help_heading = "What is printed")]
    pub fail_on: FailOn,

    /// What a job is about.
    #[command(flatten)]
    pub ci: CiArgs,
    /// Ask GitLab about what was found.
    #[command(flatten)]
    pub verify: VerifyArgs,
}

/// What counts as found, for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// Every finding.
    Any,
    /// What lives, or may live.
    Live,
    /// Nothing.
    None,
}

impl ScanArgs {
    /// True when only some commits are to be read.
    pub fn picks_commits(&self) -> bool {
        self.range.is_some() || self.since.is_some() || self.branch.is_some()
    }
}
