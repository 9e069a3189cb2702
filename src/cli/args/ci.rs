//! What `scan` and `revoke` understand inside a GitLab job.

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
