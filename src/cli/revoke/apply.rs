//! Carrying a confirmed plan out: the journal is opened, what earlier runs left open is asked about,
//! and every token of the plan gets its turn.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::anyhow;

use super::Session;
use crate::cli::interrupt;
use crate::cli::journal_file::{self, JournalFile};
use crate::cli::progress::Display;
use crate::cli::scan::now;
use crate::cli::successors::Successors;
use crate::model::finding::Outcome;
use crate::model::revocation::{JournalNote, Receipt, Revocation};
use crate::revoke::execute::{Books, execute};
use crate::revoke::journal::Ledger;
use crate::revoke::resume::{open, resume, without_second_rotations};
use crate::revoke::successor::Destination;
use crate::revoke::{Means, Plan};

/// A token that was begun in time gets so long to be seen through.
const GRACE: Duration = Duration::from_secs(180);

/// What came of it.
pub(super) struct Applied {
    /// What was planned.
    pub(super) revocation: Revocation,
    /// How it ended for each token.
    pub(super) receipts: Vec<Receipt>,
    /// Why the journal could not be written to its end.
    pub(super) broken: Option<String>,
}

/// Carries it out.
pub(super) fn apply(
    session: &Session<'_>,
    mut plan: Plan,
    outcome: &Outcome,
) -> anyhow::Result<Applied> {
    let own = &session.args.own;
    let mut revocation = plan.revocation.clone();
    let path = journal_file::place(own.journal.as_deref())?;
    let (mut journal, before) = JournalFile::open(&path, now)?;
    let door = session.verifier.door(GRACE)?;
    let mut successors = successors(session, &plan)?;
    let interrupted = interrupt::watch();
    // Verifying has left it set, so that a Ctrl-C ends the program: from here on the first one lets
    // the token be finished that is under way.
    interrupted.store(false, Ordering::Relaxed);
    let operators = plan.operators.clone();
    let means = Means {
        door: &door,
        options: session.verifier.options(),
        operators: &operators,
        interrupted: &interrupted,
        until: Instant::now() + session.verifier.options().time,
    };
    let display = Display::start(session.console.shows_progress());
    display.progress().begin("revoking tokens".to_owned());
    display.progress().expect(plan.targets.len() as u64);
    let ledger: &mut dyn Ledger = &mut journal;
    let resumed = resume(&before, &plan, &outcome.findings, (&means, ledger));
    let mut receipts = resumed.map_err(|why| anyhow!("the journal cannot be written: {why}"))?;
    revocation.open_steps =
        open(&before, &plan, means.options).saturating_sub(receipts.len() as u64);
    receipts.extend(without_second_rotations(&before, &mut plan, &means));
    let variable = own.rotate_into.clone();
    let destination = successors.as_mut().map(|keeper| Destination::new(keeper, variable));
    let mut books = Books { ledger: &mut journal, destination };
    receipts.extend(execute(plan, &means, &mut books, &|_| display.progress().text()));
    display.end();
    revocation.interrupted = interrupted.load(Ordering::Relaxed);
    interrupted.store(true, Ordering::Relaxed);
    let broken = journal.complaint();
    revocation.journal = Some(JournalNote {
        path: journal.path().display().to_string(),
        head: journal.head().to_owned(),
    });
    // To end a client means to wait for whatever it still does.
    std::mem::forget(door);
    Ok(Applied { revocation, receipts, broken })
}

/// The file for successors, when there are to be any.
fn successors(session: &Session<'_>, plan: &Plan) -> anyhow::Result<Option<Successors>> {
    let own = &session.args.own;
    if !own.rotate || plan.targets.is_empty() {
        return Ok(None);
    }
    let passing;
    let (path, passes): (&Path, bool) = match &own.rotate_file {
        Some(path) => (path, false),
        None => {
            let name = format!("successor-{}-{}", plan.revocation.plan, now());
            passing = journal_file::state_folder()?.join(name);
            (&passing, true)
        }
    };
    Successors::create(path, passes).map(Some)
}
