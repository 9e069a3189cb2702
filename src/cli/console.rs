//! The terminal: results on stdout, everything else on stderr. What is printed here is escaped
//! here.

use std::ffi::OsString;
use std::io::{IsTerminal, Write as _};

use super::args::GlobalArgs;
use crate::engine::Engine;
use crate::engine::scrub::Scrub;
use crate::model::coverage::Coverage;
use crate::report::escape::{terminal, terminal_bytes};
use crate::rules::set::RuleSet;

/// Says that the program itself is at fault, and where.
pub fn report_panic(place: Option<&std::panic::Location<'_>>) {
    let place = place.map(ToString::to_string).unwrap_or_default();
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "stanch: internal error at {place}; please report it");
}

/// Text is broken at this column: longer lines are hard to read.
pub const COLUMNS: usize = 92;

/// Where to print and how.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    quiet: bool,
    no_color: bool,
    /// Somebody typed control characters, which could be taken for our own colours.
    odd: bool,
}

impl Console {
    /// Looks at the terminal and at what was typed.
    pub fn new(global: &GlobalArgs) -> Self {
        Self { quiet: global.quiet, no_color: global.no_color, odd: false }
    }

    /// For arguments that could not be understood.
    pub fn unparsed(arguments: &[OsString]) -> Self {
        let no_color = arguments.iter().any(|it| it == "--no-color" || it == "--no-colour");
        let is_odd = |it: &OsString| it.as_encoded_bytes().iter().any(u8::is_ascii_control);
        Self { quiet: false, no_color, odd: arguments.iter().any(is_odd) }
    }

    /// True when stdout shall be coloured: it is a terminal that can, and nobody said no
    /// (no-color.org).
    pub fn colour(&self) -> bool {
        self.colours(&std::io::stdout())
    }

    fn colours(&self, stream: &impl IsTerminal) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        !self.no_color && !set("NO_COLOR") && !dumb && stream.is_terminal()
    }

    /// At which column to break lines on stdout: where a narrow terminal ends.
    pub fn columns(&self) -> usize {
        let terminal = terminal_size::terminal_size_of(std::io::stdout());
        let wide = terminal.map_or(COLUMNS, |(width, _)| usize::from(width.0));
        wide.clamp(40, COLUMNS)
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
        for line in Cleaner::new().lines(&format!("{error:#}")) {
            let _ = writeln!(stderr, "stanch: {line}");
        }
    }

    /// Writes a note to stderr, unless quiet was asked for.
    pub fn note(&self, note: &str) {
        if self.quiet {
            return;
        }
        let mut stderr = std::io::stderr().lock();
        for line in Cleaner::new().lines(note) {
            let _ = writeln!(stderr, "stanch: {line}");
        }
    }

    /// Writes lines to stderr that must be seen, each with `lead` before it.
    pub fn tell<S: AsRef<str>>(&self, lead: &str, lines: &[S]) {
        let cleaner = Cleaner::new();
        let mut stderr = std::io::stderr().lock();
        for line in lines {
            let _ = writeln!(stderr, "{lead}{}", cleaner.line(line.as_ref()));
        }
    }

    /// Writes to stderr on which targets no work could be done: somebody who keeps only stdout, or
    /// only its end, must not miss that.
    pub fn undone(&self, coverage: &Coverage) {
        let lines: Vec<String> = coverage
            .undone_targets()
            .map(|(target, why)| format!("{}: {}", terminal_bytes(target), terminal(why)))
            .collect();
        if !lines.is_empty() {
            self.error(&anyhow::anyhow!("{}", lines.join("\n")));
        }
    }

    /// Writes a complaint about the arguments to stderr.
    pub fn complain(&self, plain: &str, coloured: &str) {
        let mut stderr = std::io::stderr().lock();
        let lines = match !self.odd && self.colours(&stderr) {
            true => Cleaner::new().coloured_lines(coloured),
            false => Cleaner::new().lines(plain),
        };
        for line in lines {
            let _ = writeln!(stderr, "{line}");
        }
    }

    /// Writes lines to stdout that may quote what somebody typed.
    pub fn print_quoting(&self, text: &str) -> anyhow::Result<()> {
        let lines: Vec<String> =
            Cleaner::new().lines(text).into_iter().map(|line| line + "\n").collect();
        self.print(lines.concat().as_bytes())
    }
}

/// Makes what is printed safe: without control characters, and without a token that somebody typed
/// in a path, a prefix or a rule.
struct Cleaner {
    engine: Option<Engine>,
}

impl Cleaner {
    fn new() -> Self {
        Self { engine: RuleSet::builtin().and_then(Engine::new).ok() }
    }

    /// A text without line ends.
    fn line(&self, line: &str) -> String {
        match &self.engine {
            Some(engine) => {
                let scrub = Scrub::new(engine, std::iter::empty());
                terminal_bytes(&scrub.clean(line.as_bytes()))
            }
            None => terminal_bytes(line.as_bytes()),
        }
    }

    /// The lines of a text.
    fn lines(&self, text: &str) -> Vec<String> {
        text.lines().map(|line| self.line(line)).collect()
    }

    /// The lines of a text with colours. What lies between two escape sequences is cleaned by
    /// itself: the letter that ends a sequence would be taken for a part of the word behind it.
    fn coloured_lines(&self, text: &str) -> Vec<String> {
        let line = |line: &str| {
            let mut parts = line.split('\u{1b}');
            let mut out = self.line(parts.next().unwrap_or_default());
            for part in parts {
                let end = part.find('m').map_or(part.len(), |at| at + 1);
                let (sequence, text) = part.split_at(end);
                out += &format!("\u{1b}{sequence}{}", self.line(text));
            }
            out
        };
        text.lines().map(line).collect()
    }
}
