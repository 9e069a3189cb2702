//! What `scan` and `revoke` understand inside a GitLab job.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};

use super::scan::NOT_WITH_COMMITS;

/// How a job is scanned.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "In a GitLab job")]
pub struct CiArgs {
    /// Read the commits that this pipeline is about, as GitLab's variables tell: those of the merge
    /// request, or of the push; the whole history on the default branch and in a schedule. With
    /// --range those commits
    #[arg(long, conflicts_with_all = NOT_WITH_COMMITS, conflicts_with_all = ["since", "branch"])]
    pub ci: bool,
    /// Let git fetch what the clone lacks for that; without this the scan ends with 3 and says what
    /// to add to the job
    #[arg(long, requires = "ci")]
    pub ci_fetch: bool,
}

/// Where the note on a merge request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MrNote {
    /// To the merge request of this pipeline.
    Post,
    /// Into a file.
    File(PathBuf),
}

/// What `scan` tells a merge request.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "In a GitLab job")]
pub struct NoteArgs {
    /// Write one note to the merge request of this pipeline, with the operator's credential; it is
    /// written again by the next run, and resolved when nothing is left. With =FILE write it there
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "", value_parser = OsStringValueParser::new().map(note))]
    pub mr_note: Option<MrNote>,
}

fn note(file: OsString) -> MrNote {
    if file.is_empty() { MrNote::Post } else { MrNote::File(file.into()) }
}
