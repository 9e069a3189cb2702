//! `stanch inspect`: all that is known of tokens that come on standard input, or at a prompt that
//! shows nothing.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Read as _};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use zeroize::Zeroizing;

use super::args::{GlobalArgs, InspectArgs};
use super::console::{COLUMNS, Console};
use super::exit::Exit;
use super::progress::Display;
use super::scan::now;
use super::verify::Verifier;
use super::{prompt, settings};
use crate::model::facts::OwnerField;
use crate::model::finding::{Evidence, Finding, Outcome, Place, RuleCard, Severity};
use crate::model::origin::Origin;
use crate::model::secret::Secret;
use crate::model::span::Position;
use crate::model::verdict::{State, Verdict};
use crate::report::{Context, Format, egress, render};
use crate::scan::{self, Options, Visibility, Work};
use crate::sources::typed::Typed;
use crate::token::describe;

/// More than this is not a list of tokens; `scan -` reads anything.
const LARGEST: usize = 1 << 20;

/// Reads tokens, asks if that is wanted, and tells.
pub fn run(args: &InspectArgs, global: &GlobalArgs, console: &Console) -> anyhow::Result<Exit> {
    if !matches!(args.format, Format::Human | Format::Json | Format::Jsonl) {
        bail!("inspect writes human, json or jsonl");
    }
    let config = settings::config(global, &[])?;
    let engine = settings::engine(&[], &[], &config)?;
    let started = now();
    let verifier = Verifier::prepare(&args.verify, &config, &[], (console, started))?;
    let text = read()?;
    let options = Options {
        evidence: Evidence::Weak,
        visibility: Visibility::Masked,
        fingerprint_key: settings::fingerprint_key(),
        threads: 1,
        shard: None,
        at_paths: BTreeSet::new(),
    };
    let display = Display::start(console.shows_progress());
    let work = Work { sources: vec![Box::new(Typed(text.clone()))], ..Work::default() };
    let mut outcome = scan::run(&engine, work, &options, display.progress());
    let unknown = add_unrecognised(&mut outcome, &text, args, &options);
    outcome.findings.iter_mut().for_each(|finding| complete(finding, args));
    args.verify.check_format(args.format)?;
    let mut verified = Ok(());
    let mut plan = None;
    match verifier {
        Some(verifier) if args.verify.egress_plan => plan = Some(verifier.plan(&outcome.findings)),
        Some(mut verifier) => {
            verified = verifier.run(&mut outcome, &engine, false, display.progress());
        }
        None => {}
    }
    display.end();
    complain_of(&unknown, console);
    if let Some(plan) = plan {
        let text = match args.format {
            Format::Human => egress::human(&plan),
            _ => egress::document(&plan),
        };
        console.print(text.as_bytes())?;
        return Ok(Exit::Clean);
    }
    let context = Context {
        show_secrets: false,
        colour: console.colour(),
        columns: console.columns().min(COLUMNS),
        started,
        ended: now(),
        head: None,
    };
    let written = console.print(&render(args.format, &outcome, &context));
    verified.and(written)?;
    let open = outcome.findings.iter().any(may_open_a_door);
    Ok(match (open, unknown.is_empty()) {
        (true, _) => Exit::Found,
        (false, false) => Exit::Failed,
        (false, true) => Exit::Clean,
    })
}

/// Says of which lines nothing is known.
fn complain_of(unknown: &[u64], console: &Console) {
    const WHY: &str = "its form is that of no GitLab token; --kind says what it is";
    let lines: Vec<String> = unknown.iter().map(|line| format!("line {line}: {WHY}")).collect();
    if !lines.is_empty() {
        console.error(&anyhow::anyhow!("{}", lines.join("\n")));
    }
}

/// What nobody has proven dead.
fn may_open_a_door(finding: &Finding) -> bool {
    let not_asked = finding.verdict.state == State::NotAsked && finding.evidence > Evidence::Weak;
    finding.verdict.may_live() || not_asked
}

/// What was given, without ever being shown.
fn read() -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let text = prompt::hidden("Tokens, one a line, then an empty line (nothing is shown): ")?;
        ensure!(!text.trim_ascii().is_empty(), "no token was given");
        return Ok(text);
    }
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(LARGEST + 1));
    stdin
        .lock()
        .take(LARGEST as u64 + 1)
        .read_to_end(&mut text)
        .context("cannot read standard input")?;
    ensure!(text.len() <= LARGEST, "that is no list of tokens; stanch scan - reads anything");
    ensure!(!text.trim_ascii().is_empty(), "no token was given: one a line on standard input");
    Ok(text)
}

/// Lines that no rule has recognised become findings of the kind that was said; without one, their
/// numbers are given back.
fn add_unrecognised(
    outcome: &mut Outcome,
    text: &[u8],
    args: &InspectArgs,
    options: &Options,
) -> Vec<u64> {
    let mut unknown = Vec::new();
    let found: Vec<Secret> = outcome.findings.iter().map(|it| it.secret.clone()).collect();
    let has_key = outcome.findings.iter().any(|it| it.facts.key.is_some());
    let mut in_key = false;
    for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        let line = line.trim_ascii();
        let holds = |part: &[u8]| memchr::memmem::find(line, part).is_some();
        let was_in_key = in_key;
        in_key = (in_key || has_key && holds(b"-----BEGIN")) && !holds(b"-----END");
        let is_known = was_in_key || in_key || found.iter().any(|it| holds(it.expose()));
        if line.is_empty() || is_known {
            continue;
        }
        match &args.kind {
            Some(kind) => outcome.findings.push(of_kind(kind, line, number, options)),
            None => unknown.push(number),
        }
    }
    unknown
}

fn of_kind(kind: &str, line: &[u8], number: u64, options: &Options) -> Finding {
    let secret = Secret::new(line);
    let card = RuleCard {
        id: "as_said".to_owned(),
        title: format!("GitLab {} (as you say)", kind.replace('_', " ")),
        kind: kind.to_owned(),
        severity: Severity::High,
        remediation: "Revoke it where it was made.".to_owned(),
    };
    let position = Position { line: number, column: 1 };
    let place = Place { repository: None, origin: Origin::Stdin, position };
    Finding {
        rule: Arc::new(card),
        fingerprint: scan::fingerprint(options, kind, &secret),
        evidence: Evidence::Context,
        doubt: None,
        mask: None,
        hinted_at: None,
        facts: describe::facts(secret.expose(), 0),
        verdict: Verdict::default(),
        receipt: None,
        places: [place].into(),
        occurrences: 1,
        marked: false,
        excerpt: None,
        provenance: None,
        secret,
    }
}

/// Adds what was typed beside the token. Somebody who says what it is has no doubt.
fn complete(finding: &mut Finding, args: &InspectArgs) {
    if finding.evidence == Evidence::Weak && args.kind.as_ref() == Some(&finding.rule.kind) {
        (finding.evidence, finding.doubt) = (Evidence::Context, None);
    }
    let facts = &mut finding.facts;
    if let Some(project) = args.project {
        facts.owner.insert(OwnerField::Project, project);
    }
    facts.group_path = args.group.clone().or(facts.group_path.take());
    facts.client_id = args.client_id.clone().or(facts.client_id.take());
}
