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
    let _ = writeln!(
        stderr,
        "stanch: internal error at {place}; please report it"
    );
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
        Self {
            quiet: global.quiet,
            no_color: global.no_color,
        }
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

    /// Writes an error with its causes, as one line for each line of its text.
    pub fn error(&self, error: &anyhow::Error) {
        self.line(&format!("{error:#}"));
    }

    /// Writes lines to stderr, each with the program's name before it. A token that somebody
    /// typed in a path or a prefix is hidden.
    fn line(&self, text: &str) {
        let engine = RuleSet::builtin().and_then(Engine::new).ok();
        let mut stderr = std::io::stderr().lock();
        for line in text.lines() {
            let clean = match &engine {
                Some(engine) => {
                    let scrub = Scrub::new(engine, std::iter::empty());
                    scrub.clean(line.as_bytes()).into_owned()
                }
                None => line.as_bytes().to_vec(),
            };
            let _ = writeln!(stderr, "stanch: {}", terminal_bytes(&clean));
        }
    }
}
