//! The terminal: results on stdout, everything else on stderr. What is printed here is escaped
//! here.

use std::io::{IsTerminal as _, Write as _};

use super::args::GlobalArgs;
use crate::engine::Engine;
use crate::engine::scrub::Scrub;
use crate::report::escape::terminal_bytes;
use crate::rules::set::RuleSet;

/// Says that the program itself is at fault, and where.
pub fn report_panic(place: Option<&std::panic::Location<'_>>) {
    let place = place.map(ToString::to_string).unwrap_or_default();
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "stanch: internal error at {place}; please report it");
}

/// Where to print and how.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    quiet: bool,
    no_color: bool,
}

impl Console {
    /// Looks at the terminal and at what was typed.
    pub fn new(global: &GlobalArgs) -> Self {
        Self { quiet: global.quiet, no_color: global.no_color }
    }

    /// True when stdout shall be coloured: it is a terminal that can, and nobody said no
    /// (no-color.org).
    pub fn colour(&self) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        !self.no_color && !set("NO_COLOR") && !dumb && std::io::stdout().is_terminal()
    }

    /// True when progress shall be shown.
    pub fn shows_progress(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Writes to stdout. When the reader is gone there is nobody to tell.
    pub fn print(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(anyhow::Error::from(error).context("cannot write to stdout"))
            }
            _ => Ok(()),
        }
    }

    /// Writes an error with its causes to stderr, each line with the program's name before it.
    pub fn error(&self, error: &anyhow::Error) {
        let mut stderr = std::io::stderr().lock();
        for line in clean_lines(&format!("{error:#}")) {
            let _ = writeln!(stderr, "stanch: {line}");
        }
    }

    /// Writes lines to stdout that may quote what somebody typed.
    pub fn print_quoting(&self, text: &str) -> anyhow::Result<()> {
        let lines: Vec<String> = clean_lines(text).into_iter().map(|line| line + "\n").collect();
        self.print(lines.concat().as_bytes())
    }
}

/// The lines of a text, without control characters, and without a token that somebody typed in a
/// path, a prefix or a rule.
fn clean_lines(text: &str) -> Vec<String> {
    let engine = RuleSet::builtin().and_then(Engine::new).ok();
    let scrub = engine.as_ref().map(|engine| Scrub::new(engine, std::iter::empty()));
    let clean = |line: &str| match &scrub {
        Some(scrub) => terminal_bytes(&scrub.clean(line.as_bytes())),
        None => terminal_bytes(line.as_bytes()),
    };
    text.lines().map(clean).collect()
}
