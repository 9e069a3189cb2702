//! Asks the person at the terminal. Standard input may be the tokens themselves, so it is the
//! terminal of the process that is asked.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, IsTerminal as _, Write as _};

use anyhow::Context as _;

/// A longer answer is none.
const LONGEST: u64 = 256;

/// The person at the terminal.
pub struct Person(File);

impl Person {
    /// The person, if there is one: a terminal to ask at, on which the question is seen.
    pub fn present() -> Option<Self> {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
        (terminal.is_terminal() && std::io::stderr().is_terminal()).then_some(Self(terminal))
    }

    /// Shows a text.
    pub fn show(&self, text: &str) -> anyhow::Result<()> {
        let mut terminal = &self.0;
        terminal.write_all(text.as_bytes()).context("cannot write to the terminal")
    }

    /// True when the person types what is expected.
    pub fn confirms(&self, question: &str, expected: &str) -> anyhow::Result<bool> {
        let context = "cannot ask at the terminal";
        let mut terminal = &self.0;
        write!(terminal, "{question}").and_then(|()| terminal.flush()).context(context)?;
        let mut answer = String::new();
        let mut reader = BufReader::new(std::io::Read::take(terminal, LONGEST));
        reader.read_line(&mut answer).context(context)?;
        Ok(answer.trim() == expected)
    }
}
