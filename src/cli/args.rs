//! What can be typed. Says nothing of what it means: that is `super::settings`'s. The only file
//! that names clap.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::model::finding::Evidence;
use crate::report::Format;

/// Finds leaked GitLab tokens in files and in the whole history of git repositories.
#[derive(Debug, Parser)]
#[command(name = "stanch", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 nothing found and everything read, 1 found, 2 the work could \
                        not be done, 3 nothing found but not everything could be read."
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command understands.
    #[command(flatten)]
    pub global: GlobalArgs,
}

/// What every command understands.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub struct GlobalArgs {
    /// Print no progress and no notes on stderr, only errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Use no colours (as does the variable NO_COLOR)
    #[arg(long, alias = "no-colour", global = true)]
    pub no_color: bool,
    /// Read settings from this file, not from $STANCH_CONFIG, the user's config folder or
    /// .stanch.toml at the top of the repository
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find leaked GitLab tokens
    Scan(Box<ScanArgs>),
    /// List the rules, or check a rule file
    Rules(RulesArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// With a choice of commits nothing else is read.
const NOT_WITH_COMMITS: [&str; 4] = ["staged", "no_history", "no_ignore", "max_file_size"];

/// What `scan` understands.
#[derive(Debug, clap::Args)]
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
    /// Scan only what these commits bring in: A..B those of B without those of A, A...B those of
    /// only one of them, A that one commit (a missing side is HEAD)
    #[arg(long, value_name = "A..B", conflicts_with_all = NOT_WITH_COMMITS)]
    #[arg(conflicts_with = "branch", help_heading = "What is read")]
    pub range: Option<String>,
    /// Scan only what commits since then bring in: 2025-03-02, RFC 3339, or 30d, 2w, 12h ago
    #[arg(long, value_name = "DATE", value_parser = super::since::parse)]
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

    /// The format on stdout: human, json, jsonl, sarif or gitlab
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
}

impl ScanArgs {
    /// True when only some commits are to be read.
    pub fn picks_commits(&self) -> bool {
        self.range.is_some() || self.since.is_some() || self.branch.is_some()
    }
}

/// What `rules` understands.
#[derive(Debug, clap::Args)]
pub struct RulesArgs {
    /// What to do with the rules.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What can be done with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules that come with stanch
    List,
    /// Run every example of a rule file (default: of the rules that come with stanch)
    Check {
        /// The rule file
        file: Option<PathBuf>,
    },
}

/// What came of parsing.
pub enum Parsed {
    /// There is work to do.
    Run(Box<Args>),
    /// Somebody asked for help, or for the version.
    Help(Said),
    /// What was typed cannot be understood. The complaint quotes it, secrets and all.
    Complaint(Said),
}

/// A text of the parser's.
pub struct Said {
    /// As it is.
    pub plain: String,
    /// With the escape sequences that colour it.
    pub coloured: String,
}

/// Parses arguments, the first being the program's name.
pub fn parse(arguments: &[OsString]) -> Parsed {
    match Args::try_parse_from(arguments) {
        Ok(args) => Parsed::Run(Box::new(args)),
        Err(error) => {
            let text = error.render();
            let said = Said { plain: text.to_string(), coloured: text.ansi().to_string() };
            if error.use_stderr() { Parsed::Complaint(said) } else { Parsed::Help(said) }
        }
    }
}

/// The completion script for a shell.
pub fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "stanch", &mut script);
    script
}

/// The manual page, in roff: the program's own, then that of every command.
pub fn man_page() -> std::io::Result<Vec<u8>> {
    let mut command = Args::command();
    command.build();
    let mut page = Vec::new();
    let usage = command.render_usage().to_string().replacen("Usage: ", "", 1);
    clap_mangen::Man::new(command.clone().override_usage(usage)).render(&mut page)?;
    for subcommand in command.get_subcommands() {
        // The synopsis that clap_mangen makes names options without their values.
        let usage = subcommand.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").to_owned();
        let subcommand = subcommand.clone().override_usage(usage);
        clap_mangen::Man::new(subcommand).render(&mut page)?;
    }
    Ok(page)
}

fn parse_evidence(word: &str) -> Result<Evidence, String> {
    Evidence::from_word(word).ok_or_else(|| "use checksum, shape, context or weak".to_owned())
}

fn parse_format(word: &str) -> Result<Format, String> {
    Format::from_word(word).ok_or_else(|| {
        let words = Format::ALL.map(Format::word);
        format!("use {}", words.join(", "))
    })
}

fn parse_report(text: &OsStr) -> Result<(Format, PathBuf), String> {
    let advice = || "write FORMAT=FILE, such as sarif=stanch.sarif".to_owned();
    let bytes = text.as_bytes();
    let (word, file) = bytes.split_at(memchr::memchr(b'=', bytes).ok_or_else(advice)?);
    let format = parse_format(std::str::from_utf8(word).map_err(|_| advice())?)?;
    match &file[1..] {
        b"" => Err(advice()),
        b"-" => {
            let word = format.word();
            Err(format!("- is no file; --format {word} prints it, and {word}=./- writes to one"))
        }
        file => Ok((format, OsStr::from_bytes(file).into())),
    }
}

/// Reads `500`, `10k`, `10kB`, `10MB`, `10MiB`, `2G`.
fn parse_size(text: &str) -> Result<u64, String> {
    let complaint = || "write a number and a unit, such as 10MB or 4GiB".to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "m" | "mb" => 1000_u64.pow(2),
        "g" | "gb" => 1000_u64.pow(3),
        "t" | "tb" => 1000_u64.pow(4),
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(complaint()),
    };
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(complaint)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{Args, parse_report, parse_size};

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse_size("500"), Ok(500));
        assert_eq!(parse_size("10kB"), Ok(10_000));
        assert_eq!(parse_size("4MiB"), Ok(4 << 20));
        for text in ["", "MB", "1.5MB", "10 XB", "99999999999999999999", "-1", "20000000TB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_report_is_a_format_and_a_file() {
        let parse = |text: &str| parse_report(text.as_ref());
        assert!(parse("sarif=a=b.sarif").is_ok_and(|(_, file)| file.ends_with("a=b.sarif")));
        for text in ["sarif", "sarif=", "=x", "xml=x", "json=-"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
