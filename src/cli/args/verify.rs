//! What every command understands that asks GitLab about tokens.

use std::path::PathBuf;
use std::time::Duration;

use super::values::{parse_at_once, parse_duration};
use crate::report::Format;

/// How GitLab is asked. Credentials are never typed: see `cli::instances`.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Whether it lives (sends tokens to the instances that you name)")]
pub struct VerifyArgs {
    /// Ask the named instances whether each token lives, and what it reaches
    #[arg(long)]
    pub verify: bool,
    /// An instance that may be asked, such as gitlab.com (may be repeated; else
    /// $STANCH_GITLAB_URL and the settings file name it, or $CI_SERVER_URL in a job). The operator's
    /// own credential comes from $STANCH_GITLAB_TOKEN or the settings file
    #[arg(long, value_name = "URL")]
    pub gitlab_url: Vec<String>,
    /// Trust the certificate authorities in this PEM file, too (may be repeated)
    #[arg(long, value_name = "FILE")]
    pub ca_file: Vec<PathBuf>,
    /// Print which hosts would be asked about what, and send nothing
    #[arg(long)]
    pub egress_plan: bool,
    /// Never use a leaked token itself: ask with the operator's credential alone
    #[arg(long)]
    pub operator_only: bool,
    /// Leave out requests that leave more behind than a time of last use (POST /runners/verify)
    #[arg(long, conflicts_with = "intrusive")]
    pub no_side_effects: bool,
    /// Ask about trigger and registration tokens, too: requests that the instance must refuse, and
    /// that would start a pipeline or make a runner if it did not
    #[arg(long)]
    pub intrusive: bool,
    /// Requests at a time for each instance, up to 64
    #[arg(long, value_name = "N", default_value = "4", value_parser = parse_at_once)]
    pub verify_concurrency: usize,
    /// Time for verifying everything (such as 90s or 5m); what is not reached is inconclusive
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = parse_duration)]
    pub verify_timeout: Duration,
    /// Remember in this file which tokens are dead, and do not ask about them again
    #[arg(long, value_name = "FILE")]
    pub verdict_cache: Option<PathBuf>,
    /// How long that counts
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = parse_duration)]
    pub verdict_cache_age: Duration,
}

impl VerifyArgs {
    /// Refuses formats that have no form for a plan.
    pub fn check_format(&self, format: Format) -> anyhow::Result<()> {
        anyhow::ensure!(
            !self.egress_plan || matches!(format, Format::Human | Format::Json | Format::Jsonl),
            "--egress-plan prints human, json or jsonl"
        );
        Ok(())
    }
}
