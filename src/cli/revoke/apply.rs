//! Carrying a confirmed plan out: the journal is opened, what earlier runs left open is looked at, and
//! every token of the plan gets its turn.

use std::path::Path;
use std::sync::atomic::Ordering;

use super::Session;
use crate::cli::interrupt;
use crate::cli::journal_file::{self, JournalFile};
use crate::cli::progress::Display;
use crate::cli::scan::now;
use crate::cli::successors::Successors;
use crate::model::finding::{Finding, Outcome};
use crate::model::revocation::{Ending, JournalNote, Receipt, Revocation};
use crate::model::verdict::State;
use crate::revoke::execute::{Books, execute};
use crate::revoke::journal::{Entry, Event, Journal, Ledger};
use crate::revoke::successor::{Destination, Variable};
use crate::revoke::{Means, Plan};

/// Carries it out. Receipts are added to those that are there.
pub(super) fn apply(
    session: &Session<'_>,
    plan: Plan,
    outcome: &Outcome,
    receipts: &mut Vec<Receipt>,
) -> anyhow::Result<Revocation> {
    let own = &session.args.own;
    let mut revocation = plan.revocation.clone();
    let path = journal_file::place(own.journal.as_deref())?;
    let (mut journal, before) = JournalFile::open(&path, now)?;
    revocation.open_steps = lost(&before, &outcome.findings);
    receipts.extend(resume(&before, &plan, &outcome.findings, &mut journal)?);
    let mut successors = successors(session, &plan)?;
    let interrupted = interrupt::watch();
    // Verifying has left it set, so that a Ctrl-C ends the program: from here on the first one lets
    // the token be finished that is under way.
    interrupted.store(false, Ordering::Relaxed);
    let door = session.verifier.door()?;
    let operators = plan.operators.clone();
    let means = Means {
        door: &door,
        options: session.verifier.options(),
        operators: &operators,
        interrupted: &interrupted,
    };
    let variable = own.rotate_into.as_ref();
    let variable = variable.map(|it| Variable { project: it.project.clone(), key: it.key.clone() });
    let destination = successors.as_mut().map(|keeper| Destination { keeper, variable });
    let display = Display::start(session.console.shows_progress());
    display.progress().begin("revoking tokens".to_owned());
    display.progress().expect(plan.targets.len() as u64);
    let mut books = Books { ledger: &mut journal, destination };
    let told = |_: &Receipt| display.progress().text();
    receipts.extend(execute(plan, &means, &mut books, &told));
    display.end();
    revocation.interrupted = interrupted.load(Ordering::Relaxed);
    interrupted.store(true, Ordering::Relaxed);
    successors.into_iter().for_each(Successors::end);
    revocation.journal = Some(JournalNote {
        path: journal.path().display().to_string(),
        head: journal.head().to_owned(),
    });
    // To end a client means to wait for whatever it still does.
    std::mem::forget(door);
    Ok(revocation)
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

/// How many steps of earlier runs have no end, with a secret that was not found this time.
pub(super) fn lost(journal: &Journal, findings: &[Finding]) -> u64 {
    let is_lost = |entry: &&&Entry| findings.iter().all(|it| it.fingerprint != entry.fingerprint);
    journal.open().iter().filter(is_lost).count() as u64
}

/// Looks at what earlier runs left open: what is found dead now has got its end by them.
fn resume(
    journal: &Journal,
    plan: &Plan,
    findings: &[Finding],
    ledger: &mut dyn Ledger,
) -> anyhow::Result<Vec<Receipt>> {
    let mut receipts = Vec::new();
    for entry in journal.open() {
        let finding = findings.iter().find(|it| it.fingerprint == entry.fingerprint);
        let Some(finding) = finding else { continue };
        let is_planned = plan.targets.iter().any(|it| it.fingerprint == entry.fingerprint);
        let at_home = finding.verdict.instance.as_deref() == Some(entry.instance.as_str());
        let is_dead =
            finding.verdict.state.is_dead() || finding.verdict.state == State::UnknownHere;
        let mut line = Entry { plan: plan.revocation.plan.clone(), ..entry.clone() };
        line.reason = Some(format!("left open by plan {}", entry.plan));
        if is_planned {
            line.event = Event::Resumed;
        } else if is_dead && at_home {
            (line.event, line.outcome) = (Event::Receipt, Some("revoked".to_owned()));
            receipts.push(by_earlier_run(entry));
        } else {
            continue;
        }
        ledger
            .note(&line)
            .map_err(|why| anyhow::anyhow!("the journal cannot be written: {why}"))?;
    }
    Ok(receipts)
}

fn by_earlier_run(entry: &Entry) -> Receipt {
    let lost = match entry.action.as_str() {
        "rotate" => "; its successor is lost unless it was written to the file",
        _ => "",
    };
    let reason = format!("by plan {}, which was cut off before it could ask{lost}", entry.plan);
    Receipt {
        fingerprint: entry.fingerprint.clone(),
        kind: entry.kind.clone(),
        instance: Some(entry.instance.clone()),
        ending: Ending::Revoked,
        reason: Some(reason.into()),
        way: None,
    }
}
