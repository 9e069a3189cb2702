//! What `inspect` understands.

use super::VerifyArgs;
use super::values::{parse_format, parse_kind};
use crate::report::Format;

/// What `inspect` understands. There is no argument for a token: other users of the machine can see
/// arguments.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Tokens are read from standard input, one a line (a private key as it is), or from a prompt that \
shows nothing. Exit codes: 0 everything that was given is known to be dead, or is weak evidence, 1 a \
token lives or may live, 2 the work could not be done, or a line is no token that is known.")]
pub struct InspectArgs {
    /// What a token without a form of its own is, such as personal_access_token: the word of "kind"
    /// in a JSON report
    #[arg(long, value_name = "KIND", value_parser = parse_kind)]
    pub kind: Option<String>,
    /// The project of a trigger or feature flags token, by its id
    #[arg(long, value_name = "ID")]
    pub project: Option<u64>,
    /// The path of the group of a SCIM token
    #[arg(long, value_name = "PATH")]
    pub group: Option<String>,
    /// The id of the application of an OAuth secret
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// The format on stdout: human, json or jsonl
    #[arg(long, short, value_name = "FORMAT", default_value = "human", value_parser = parse_format)]
    pub format: Format,

    /// Ask GitLab about them.
    #[command(flatten)]
    pub verify: VerifyArgs,
}
