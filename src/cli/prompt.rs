//! A prompt on the terminal that shows nothing of what is typed.

use std::io::{BufRead as _, Write as _};

use anyhow::Context as _;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::{Zeroize as _, Zeroizing};

use super::interrupt;

/// Puts the terminal right again.
struct Restore(Termios);

impl Drop for Restore {
    fn drop(&mut self) {
        interrupt::before_the_end(None);
        restore(&self.0);
    }
}

fn restore(before: &Termios) {
    // Nobody is left to tell when this fails.
    let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, before);
    let _ = writeln!(std::io::stderr());
}

/// Reads lines until an empty one or the end. Nothing of them is shown.
pub fn hidden(prompt: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let context = "cannot read from the terminal";
    let before = tcgetattr(std::io::stdin()).context(context)?;
    let mut unseen = before.clone();
    unseen.local_modes.remove(LocalModes::ECHO);
    let last = before.clone();
    interrupt::before_the_end(Some(Box::new(move || restore(&last))));
    let _restore = Restore(before);
    tcsetattr(std::io::stdin(), OptionalActions::Flush, &unseen).context(context)?;
    let mut stderr = std::io::stderr();
    write!(stderr, "{prompt}").and_then(|()| stderr.flush()).context(context)?;
    let mut text = Zeroizing::new(Vec::with_capacity(64 << 10));
    let mut stdin = std::io::stdin().lock();
    let mut line = Vec::with_capacity(8 << 10);
    loop {
        line.zeroize();
        let count = stdin.read_until(b'\n', &mut line).context(context)?;
        if count == 0 || line.trim_ascii().is_empty() {
            return Ok(text);
        }
        text.extend_from_slice(&line);
    }
}
