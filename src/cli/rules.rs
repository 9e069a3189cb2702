//! `stanch rules`: lists the rules, or runs the examples of a rule file.

use std::fmt::Write as _;
use std::path::Path;

use super::args::{RulesArgs, RulesCommand};
use super::console::Console;
use super::exit::Exit;
use super::settings::{builtin_rules, complained, rule_file};
use crate::engine::{Engine, examples};
use crate::report::escape::terminal;
use crate::rules::complaint::Complaint;
use crate::rules::set::{BUILTIN_NAME, RuleSet};

/// Lists or checks.
pub fn run(args: &RulesArgs, console: &Console) -> anyhow::Result<Exit> {
    match &args.command {
        RulesCommand::List => list(console),
        RulesCommand::Check { file } => check(file.as_deref(), console),
    }
}

fn list(console: &Console) -> anyhow::Result<Exit> {
    let rules = builtin_rules()?;
    let width = rules.rules().iter().map(|rule| rule.card.id.len()).max().unwrap_or(0);
    let mut out = format!("{:<width$}  {:<8}  {:<8}  title\n", "id", "severity", "evidence");
    for rule in rules.rules() {
        let (card, evidence) = (&rule.card, rule.evidence.word());
        let severity = card.severity.word();
        let _ = writeln!(out, "{:<width$}  {severity:<8}  {evidence:<8}  {}", card.id, card.title);
    }
    console.print(out.as_bytes())?;
    Ok(Exit::Clean)
}

/// Runs every example. The rules of a file are run beside ours, as they will be in a scan. What
/// is wrong with one rule keeps no example of another from being run.
fn check(file: Option<&Path>, console: &Console) -> anyhow::Result<Exit> {
    let mut rules = RuleSet::builtin_with_examples().map_err(|it| complained(&it))?;
    let own = rules.rules().len();
    let name = file.map_or_else(|| BUILTIN_NAME.to_owned(), |file| file.display().to_string());
    let mut complaints = match file {
        Some(file) => rules.extend_with_usable(&rule_file(file)?, &name),
        None => Vec::new(),
    };
    let engine = match Engine::new(rules.clone()) {
        Ok(engine) => engine,
        Err(too_large) => {
            rules.leave_out(&too_large);
            complaints.extend(too_large);
            Engine::new(rules).map_err(|complaints| complained(&complaints))?
        }
    };
    complaints.extend(examples::run(&engine));
    if !complaints.is_empty() {
        complaints.sort();
        return complain(&complaints, console);
    }
    let checked = match file {
        Some(_) => &engine.rules().rules()[own..],
        None => engine.rules().rules(),
    };
    let examples: usize = checked.iter().map(|rule| rule.hits.len() + rule.misses.len()).sum();
    let out =
        format!("{}: {} rules, {examples} examples, all good\n", terminal(&name), checked.len());
    console.print(out.as_bytes())?;
    Ok(Exit::Clean)
}

fn complain(complaints: &[Complaint], console: &Console) -> anyhow::Result<Exit> {
    let lines: Vec<String> = complaints.iter().map(ToString::to_string).collect();
    console.print_quoting(&lines.join("\n"))?;
    Ok(Exit::Found)
}
