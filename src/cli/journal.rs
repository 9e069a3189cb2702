//! `stanch journal`: what was revoked when, and whether the journal is whole.

use std::path::Path;

use anyhow::{bail, ensure};

use super::args::{JournalArgs, JournalCommand};
use super::console::Console;
use super::exit::Exit;
use super::journal_file::{place, read};
use crate::report::Format;
use crate::report::escape::{self, terminal};
use crate::report::words;
use crate::revoke::journal::{Entry, Event, Journal, can_be_read};

/// Shows or checks.
pub fn run(args: &JournalArgs, console: &Console) -> anyhow::Result<Exit> {
    match &args.command {
        JournalCommand::Show { journal, format } => show(journal.as_deref(), *format, console),
        JournalCommand::Verify { journal } => verify(journal.as_deref(), console),
    }
}

fn show(typed: Option<&Path>, format: Format, console: &Console) -> anyhow::Result<Exit> {
    let path = place(typed)?;
    let Some(text) = read(&path)? else { bail!("there is no journal {}", path.display()) };
    let journal = Journal::read(&text);
    match format {
        // As they stand in the file, without what cannot be read.
        Format::Jsonl => {
            let lines = text.split(|&byte| byte == b'\n').filter(|line| can_be_read(line));
            let lines = lines.map(|line| String::from_utf8_lossy(line) + "\n");
            console.print(escape::json(lines.collect::<String>()).as_bytes())?;
        }
        Format::Human => {
            let lines = journal.entries.iter().map(|(time, entry)| line(time, entry));
            console.print(lines.collect::<String>().as_bytes())?;
        }
        _ => bail!("journal show prints human or jsonl"),
    }
    complain(&path, &journal, console);
    Ok(if journal.faults.is_empty() { Exit::Clean } else { Exit::Found })
}

/// One entry for people.
fn line(time: &str, entry: &Entry) -> String {
    let text = |it: &Option<String>| it.as_deref().map(terminal).unwrap_or_default();
    let reason = entry.reason.as_deref().map(|it| format!(": {}", terminal(it)));
    let reason = reason.unwrap_or_default();
    let fingerprint = terminal(&entry.fingerprint);
    let request = format!(
        "{} {} with the {}",
        text(&entry.method),
        text(&entry.path),
        match entry.credential.as_deref() {
            Some("operator") => "operator's credential",
            _ => "token itself",
        }
    );
    let kind = terminal(&entry.kind).replace('_', " ");
    let what = match entry.event {
        Event::Intent => format!("about to send {request}"),
        Event::Answer => format!("answer: {}{reason}", text(&entry.outcome).replace('_', " ")),
        Event::Receipt => {
            format!("{}{reason}", text(&entry.outcome).replace('_', " "))
        }
        Event::Resumed => "taken up again".to_owned(),
        Event::Torn => return format!("{}  a line was not written to its end\n", terminal(time)),
    };
    let (time, plan, instance) = (terminal(time), terminal(&entry.plan), terminal(&entry.instance));
    format!("{time}  {plan}  {fingerprint}  {kind} at {instance}: {what}\n")
}

fn verify(typed: Option<&Path>, console: &Console) -> anyhow::Result<Exit> {
    let path = place(typed)?;
    let Some(text) = read(&path)? else { bail!("there is no journal {}", path.display()) };
    let journal = Journal::read(&text);
    complain(&path, &journal, console);
    if !journal.faults.is_empty() {
        return Ok(Exit::Found);
    }
    let open = journal.open();
    let mut said = format!(
        "{}: {}, nothing was changed or taken away before the last one.\nhead {}\n",
        terminal(&path.display().to_string()),
        words::count(journal.entries.len() as u64 + u64::from(journal.is_torn), "line"),
        journal.head
    );
    if journal.is_torn {
        said += "The last line was not written to its end: a run was cut off there.\n";
    }
    for entry in &open {
        let (fingerprint, plan) = (terminal(&entry.fingerprint), terminal(&entry.plan));
        said += &format!(
            "no end: {} {fingerprint} of plan {plan}; stanch revoke on the same targets asks about it\n",
            terminal(&entry.kind).replace('_', " ")
        );
        let more = entry.reason.iter().map(|why| format!("  {}\n", terminal(why)));
        said += &more.collect::<String>();
    }
    console.print(said.as_bytes())?;
    Ok(Exit::Clean)
}

fn complain(path: &Path, journal: &Journal, console: &Console) {
    for fault in &journal.faults {
        let shown = path.display();
        console.error(&anyhow::anyhow!("journal {shown}:{}: {}", fault.line, fault.what));
    }
}

/// Refuses formats that a plan has no form for.
pub fn check_format(format: Format) -> anyhow::Result<()> {
    ensure!(
        matches!(format, Format::Human | Format::Json | Format::Jsonl),
        "revoke prints human, json or jsonl; --report sarif=FILE writes a scan report beside it"
    );
    Ok(())
}
