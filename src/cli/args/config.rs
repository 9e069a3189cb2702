//! What `config` understands.

use clap::Subcommand;

use super::ScanCommand;

/// What `config` understands.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    /// What to show.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What can be shown of the settings.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show what would hold for a scan with these arguments, and where each setting comes from (as
    /// TOML, or with --format json)
    Show(Box<ScanCommand>),
    /// Print the JSON Schema of the settings file
    Schema,
}
