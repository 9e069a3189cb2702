//! `stanch revoke`: scans, asks, plans; and carries the plan out when that is confirmed.

mod apply;
mod files;

use std::time::Duration;

use anyhow::{anyhow, bail, ensure};
use memchr::memmem;

use files::Files;

use super::args::{FailOn, GlobalArgs, KnownArgs, RevokeArgs};
use super::ci::Applied;
use super::config::Config;
use super::config::settle::Settled;
use super::confirm::Person;
use super::console::Console;
use super::exit::Exit;
use super::plan_file::PlanFile;
use super::progress::Display;
use super::scan::now;
use super::targets::Targets;
use super::verify::Verifier;
use super::{ci, history_cache, journal, journal_file, policy, prompt, settings};
use crate::engine::Engine;
use crate::gitlab::ladder::Home;
use crate::gitlab::ways::Operator;
use crate::model::finding::{Finding, Outcome};
use crate::model::revocation::{Action, Revocation};
use crate::model::secret::Secret;
use crate::model::verdict::State;
use crate::report::{Context, Format, revocation as writer};
use crate::revoke::journal::Journal;
use crate::revoke::plan::Options;
use crate::revoke::resume::open;
use crate::revoke::{Plan, ask, plan};
use crate::scan;
use crate::sources::typed::Typed;
use crate::token::kinds::DEPLOY_KEY;

/// Without a terminal no more tokens than this are revoked at once unless that was allowed.
const CEILING: usize = 25;

/// Plans, carries out if that is wanted, and tells.
pub fn run(args: &RevokeArgs, global: &GlobalArgs, console: &Console) -> anyhow::Result<Exit> {
    check(args)?;
    let person = Person::present();
    ensure!(
        !args.own.apply || args.own.yes || person.is_some(),
        "--apply asks for confirmation at a terminal, and there is none; --yes carries the plan out \
         without asking"
    );
    let files = Files::prepare(args)?;
    let job = ci::applied(&args.scan, console)?;
    let (config, settled) = settings::settled(global, &job.args, KnownArgs::default())?;
    config.notes.iter().for_each(|note| console.note(note));
    let targets = read_targets(&job, &settled)?;
    let mut args = RevokeArgs { scan: settled.scan, own: args.own.clone() };
    // Both belong to scan.
    (args.scan.verify.verdict_cache, args.scan.fail_on) = (None, FailOn::Any);
    let args = &args;
    let started = now();
    let mut session = Session::prepare((args, &config, console), &targets, person, started)?;
    let (mut outcome, plan) = session.plan(targets)?;
    check_found(args, &outcome)?;
    if let Some(file) = &files.plan_out {
        file.write(writer::document(&outcome, &plan.revocation).as_bytes(), false)?;
    }
    let done = session.carry_out(plan, &mut outcome, files.known.as_ref())?;
    let context = session.context(started);
    // What was done is told even when a report of it cannot be written.
    let written = files.write(&outcome, &done.revocation, &context);
    if !done.was_shown {
        session.print(&outcome, &done.revocation, &context)?;
    }
    if done.revocation.open_steps > 0 {
        console.note(&format!(
            "steps of earlier runs still without an end: {}; stanch journal verify lists them, and \
             stanch revoke --apply with the same targets and instances asks about them",
            done.revocation.open_steps
        ));
    }
    console.undone(&outcome.coverage);
    written?;
    if let Some(why) = done.not_done {
        bail!("{why}: nothing was changed");
    }
    if let Some(why) = done.broken {
        console.error(&anyhow!("{why}"));
        return Ok(Exit::Found);
    }
    Ok(exit(&outcome, &done.revocation))
}

/// Refuses what has no meaning here.
fn check(args: &RevokeArgs) -> anyhow::Result<()> {
    let scan = &args.scan;
    journal::check_format(scan.format)?;
    ensure!(!scan.verify.egress_plan, "--egress-plan belongs to scan; revoke prints its own plan");
    ensure!(scan.fail_on == FailOn::Any, "--fail-on belongs to scan; see revoke --help");
    ensure!(!scan.show_secrets, "--show-secrets belongs to scan; revoke shows none");
    ensure!(
        scan.verify.verdict_cache.is_none(),
        "--verdict-cache belongs to scan; revoke asks about every token"
    );
    let own = &args.own;
    if let Some(file) = own.rotate_file.as_ref().filter(|file| file.symlink_metadata().is_ok()) {
        bail!("file for successors {} is there already; name a new one", file.display());
    }
    let keeps = own.rotate_file.is_some() || own.rotate_into.is_some();
    ensure!(
        !own.rotate || keeps,
        "--rotate needs a place for successors: --rotate-file FILE or --rotate-into PROJECT:VARIABLE"
    );
    Ok(())
}

/// Refuses standard input that holds no token: it was given as one.
fn check_found(args: &RevokeArgs, outcome: &Outcome) -> anyhow::Result<()> {
    let only_stdin = args.scan.targets.iter().all(|it| it.as_os_str() == "-");
    let weak = match outcome.left_out.weak {
        0 => "",
        _ => ", only what looks like one but is not whole (--evidence weak takes it)",
    };
    ensure!(
        !only_stdin || !outcome.findings.is_empty(),
        "standard input holds no token that is known{weak}; --prefix names prefixes of your own"
    );
    Ok(())
}

/// Where successors go, in words.
fn successor_place(args: &RevokeArgs) -> Option<String> {
    let own = &args.own;
    let variable = own.rotate_into.as_ref().map(|it| format!("variable {}:{}", it.project, it.key));
    let file = own.rotate_file.as_ref().map(|path| format!("file {}", path.display()));
    match (variable, file) {
        (Some(variable), Some(file)) => Some(format!("{variable} and {file}")),
        (variable, file) => variable.or(file),
    }
}

/// True inside a GitLab job.
fn is_job() -> bool {
    std::env::var_os("GITLAB_CI").is_some_and(|value| value == "true")
}

/// The targets; tokens that are typed in are not shown.
fn read_targets(job: &Applied, settled: &Settled) -> anyhow::Result<Targets> {
    use std::io::IsTerminal as _;
    let only_stdin = settled.scan.targets.iter().all(|it| it.as_os_str() == "-");
    if !only_stdin || !std::io::stdin().is_terminal() {
        return Ok(job.targets(settled, None));
    }
    let text = prompt::hidden("Tokens, one a line, then an empty line (nothing is shown): ")?;
    ensure!(!text.trim_ascii().is_empty(), "no token was given");
    let mut targets = Targets::default();
    targets.work.sources.push(Box::new(Typed(text)));
    Ok(targets)
}

/// One run.
struct Session<'a> {
    args: &'a RevokeArgs,
    console: &'a Console,
    engine: Engine,
    verifier: Verifier,
    options: Options,
    /// More tokens than this are not revoked without asking.
    ceiling: Option<usize>,
    person: Option<Person>,
}

/// What came of a plan.
struct Done {
    revocation: Revocation,
    /// Why nothing was changed although that was wanted.
    not_done: Option<String>,
    /// Why the journal could not be written to its end.
    broken: Option<String>,
    /// True when the person at the terminal has seen the plan already.
    was_shown: bool,
}

impl Done {
    fn nothing(revocation: Revocation, not_done: Option<String>, was_shown: bool) -> Self {
        Self { revocation, not_done, broken: None, was_shown }
    }
}

impl<'a> Session<'a> {
    /// Settings and arguments, turned into what they mean.
    fn prepare(
        (args, config, console): (&'a RevokeArgs, &Config, &'a Console),
        targets: &Targets,
        person: Option<Person>,
        started: i64,
    ) -> anyhow::Result<Self> {
        let engine = settings::engine(&args.scan.rules, &args.scan.prefix, config)?;
        let setting = config.revoke.clone().unwrap_or_default();
        let options = Options {
            action: if args.own.rotate { Action::Rotate } else { Action::Revoke },
            policy: policy::policy(&setting)?,
            include_local: args.own.include_local,
            in_job: is_job(),
            has_history: !targets.work_trees.is_empty() || targets.head.is_some(),
            unattended: args.own.yes || person.is_none(),
            is_read: args.own.plan.is_some() || !args.own.apply,
            into: successor_place(args),
            into_variable: args.own.rotate_into.is_some(),
        };
        let verifier =
            Verifier::prepare(&args.scan.verify, config, &targets.remotes, (console, started))?;
        let Some(mut verifier) = verifier else { bail!("nobody is to be asked") };
        let home = Home { project: args.own.project.clone(), group: args.own.group.clone() };
        verifier.at_home(home);
        let ceiling = args.own.max_revocations.or(setting.max);
        let ceiling = ceiling.or(options.unattended.then_some(CEILING));
        Ok(Self { args, console, engine, verifier, options, ceiling, person })
    }

    /// Scans, asks, and plans.
    fn plan(&mut self, targets: Targets) -> anyhow::Result<(Outcome, Plan)> {
        let mut options = settings::scan_options(&self.args.scan);
        options.cache = history_cache::open(&self.args.scan, &self.engine, self.console);
        let display = Display::start(self.console.shows_progress());
        let mut outcome = scan::run(&self.engine, targets.work, &options, display.progress());
        let verified = self.verifier.run(&mut outcome, &self.engine, false, display.progress());
        display.end();
        history_cache::close(&options, self.console);
        verified?;
        let known = self.verifier.options();
        let lives = outcome.findings.iter().any(|it| it.verdict.may_live());
        let operators = match lives {
            true => ask::operators(known, &self.verifier.door(Duration::ZERO)?),
            false => known.instances.iter().map(|_| None).collect(),
        };
        let operators = without_secrets(operators, &outcome.findings, &known.own);
        let mut plan = plan::make(&outcome.findings, known, &operators, &self.options);
        plan.revocation.interrupted = outcome.asked.is_some_and(|it| it.interrupted);
        Ok((outcome, plan))
    }

    /// Carries the plan out if that is wanted and confirmed. When it is not, also says why.
    fn carry_out(
        &mut self,
        mut plan: Plan,
        outcome: &mut Outcome,
        known: Option<&PlanFile>,
    ) -> anyhow::Result<Done> {
        let left_out = known.map(|known| known.limit(&mut plan, &outcome.findings));
        let path = journal_file::place(self.args.own.journal.as_deref()).ok();
        let text = path.and_then(|path| journal_file::read(&path).ok().flatten());
        let journal = Journal::read(&text.unwrap_or_default());
        without_ended(&mut plan.revocation, &journal, &outcome.findings);
        if !self.args.own.apply || plan.revocation.interrupted {
            plan.revocation.open_steps = open(&journal, &plan, self.verifier.options());
            let cut = self.args.own.apply.then(|| "verifying was interrupted".to_owned());
            return Ok(Done::nothing(plan.revocation, cut, false));
        }
        if let Err(why) = self.confirm(&plan, outcome)? {
            let was_shown = self.asks(&plan) && self.args.scan.format == Format::Human;
            return Ok(Done::nothing(plan.revocation, Some(why), was_shown));
        }
        let applied = apply::apply(self, plan, outcome)?;
        let (mut revocation, mut receipts) = (applied.revocation, applied.receipts);
        // What an earlier run has ended says more than that it is dead now.
        for receipt in left_out.unwrap_or_default() {
            if receipts.iter().all(|it| it.fingerprint != receipt.fingerprint) {
                receipts.push(receipt);
            }
        }
        let has_ended = |fingerprint: &str| {
            receipts.iter().any(|it| it.fingerprint == fingerprint && it.ending.is_dead())
        };
        revocation.refusals.retain(|refusal| !has_ended(&refusal.fingerprint));
        for receipt in &receipts {
            let finding = outcome.findings.iter_mut();
            for finding in finding.filter(|it| it.fingerprint == receipt.fingerprint) {
                if receipt.ending.is_dead() && !finding.verdict.state.is_dead() {
                    finding.verdict.state = State::Revoked;
                }
                finding.receipt = Some(receipt.clone());
            }
        }
        Finding::sort(&mut outcome.findings);
        revocation.receipts = Some(receipts);
        Ok(Done { revocation, not_done: None, broken: applied.broken, was_shown: false })
    }

    /// True when a person is asked whether this is what is wanted.
    fn asks(&self, plan: &Plan) -> bool {
        let into_one = self.args.own.rotate_into.is_none() || plan.targets.len() <= 1;
        self.person.is_some() && !self.args.own.yes && !plan.targets.is_empty() && into_one
    }

    /// Asks the person whether this is what is wanted, and refuses what is too much.
    fn confirm(&self, plan: &Plan, outcome: &Outcome) -> anyhow::Result<Result<(), String>> {
        let count = plan.targets.len();
        let too_many = self.ceiling.filter(|most| count > *most);
        let into = self.args.own.rotate_into.is_some();
        if into && count > 1 {
            let why = format!("--rotate-into takes a plan of one token, and this one has {count}");
            return Ok(Err(why));
        }
        if count == 0 {
            return Ok(Ok(()));
        }
        let Some(person) = self.person.as_ref().filter(|_| self.asks(plan)) else {
            return Ok(match too_many {
                Some(most) => Err(format!(
                    "the plan has {count} tokens, and no more than {most} are revoked without asking \
                     (--max-revocations {count} allows them)"
                )),
                None => Ok(()),
            });
        };
        let context = Context { colour: false, ..self.context(now()) };
        person.show(&writer::human(outcome, &plan.revocation, &context))?;
        let id = &plan.revocation.plan;
        let question = format!("Type the plan's id ({id}) to carry it out: ");
        let refused = || Ok(Err("not confirmed".to_owned()));
        if !person.confirms(&question, id)? {
            return refused();
        }
        if let Some(most) = too_many {
            let question =
                format!("These are more than {most} tokens. Type their number ({count}): ");
            if !person.confirms(&question, &count.to_string())? {
                return refused();
            }
        }
        Ok(Ok(()))
    }

    fn context(&self, started: i64) -> Context {
        Context {
            show_secrets: false,
            colour: self.console.colour(),
            columns: self.console.columns(),
            started,
            ended: now(),
            head: None,
        }
    }

    fn print(
        &self,
        outcome: &Outcome,
        revocation: &Revocation,
        context: &Context,
    ) -> anyhow::Result<()> {
        let text = match self.args.scan.format {
            Format::Json => writer::document(outcome, revocation),
            Format::Jsonl => writer::lines(outcome, revocation),
            _ => writer::human(outcome, revocation, context),
        };
        self.console.print(text.as_bytes())
    }
}

/// Takes out what nobody can tell of, but an earlier run has proven dead.
fn without_ended(revocation: &mut Revocation, journal: &Journal, findings: &[Finding]) {
    let before = revocation.refusals.len();
    revocation.refusals.retain(|refusal| {
        let mut own = findings.iter().filter(|it| it.fingerprint == refusal.fingerprint);
        let lives = own.any(|it| it.verdict.state == State::Live);
        let instance = refusal.instance.as_deref().unwrap_or_default();
        // A key can be given to a project again; a token's value never comes back.
        let is_key = refusal.kind == DEPLOY_KEY;
        lives || is_key || !journal.has_ended(&refusal.fingerprint, instance)
    });
    revocation.dead += (before - revocation.refusals.len()) as u64;
}

/// The operators without names that quote a secret, since names go into the journal.
fn without_secrets(
    mut operators: Vec<Option<Operator>>,
    findings: &[Finding],
    own: &[Secret],
) -> Vec<Option<Operator>> {
    for operator in operators.iter_mut().flatten() {
        operator.username = operator.username.take().filter(|name| {
            let mut secrets = findings.iter().map(|it| &it.secret).chain(own);
            let quotes = |secret: &Secret| memmem::find(name.as_bytes(), secret.expose()).is_some();
            // GitLab's own form of a name (`lib/gitlab/path_regex.rb`).
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
            name.len() <= 255 && name.as_bytes().iter().all(plain) && !secrets.any(quotes)
        });
    }
    operators
}

/// How the program ends.
fn exit(outcome: &Outcome, revocation: &Revocation) -> Exit {
    if revocation.is_unfinished() {
        return Exit::Found;
    }
    Exit::of(outcome, FailOn::None)
}
