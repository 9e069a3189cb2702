//! What `merge` understands.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};

use super::FailOn;
use super::values::{parse_fail_on, parse_format, parse_report};
use crate::report::Format;

/// What `merge` understands.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
A secret that several reports tell of is one finding, with all its places; what was read is added up. \
When a shard is missing, or a report says that not everything was read, so does the merged one.

Exit codes: 0 nothing found and everything read, 1 found, 2 a report cannot be read or a target could \
not be scanned, 3 nothing found but not everything could be read.")]
pub struct MergeArgs {
    /// Reports of stanch scan, made with --format jsonl or json
    #[arg(value_name = "REPORT", required = true)]
    pub reports: Vec<PathBuf>,
    /// The format on stdout: human, json, jsonl, sarif, gitlab, codequality or junit
    #[arg(long, short, value_name = "FORMAT", default_value = "human", value_parser = parse_format)]
    pub format: Format,
    /// Write a report to a file as well, such as gitlab=gl-secret-detection-report.json (may be
    /// repeated)
    #[arg(long, value_name = "FORMAT=FILE")]
    #[arg(value_parser = OsStringValueParser::new().try_map(|text| parse_report(&text)))]
    pub report: Vec<(Format, PathBuf)>,
    /// Print whole secrets, where a report was made with --show-secrets
    #[arg(long)]
    pub show_secrets: bool,
    /// End with 1 when anything is found, only when a secret lives or may live, or never: any, live
    /// or none
    #[arg(long, value_name = "WHEN", default_value = "any", value_parser = parse_fail_on)]
    pub fail_on: FailOn,
}
