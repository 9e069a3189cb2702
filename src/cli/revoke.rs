//! `stanch revoke`: scans, asks, plans; and carries the plan out when that is confirmed.

mod apply;

use anyhow::{bail, ensure};

use super::args::{FailOn, GlobalArgs, RevokeArgs};
use super::confirm::Person;
use super::console::{COLUMNS, Console};
use super::exit::Exit;
use super::output::ReportFile;
use super::plan_file::PlanFile;
use super::progress::Display;
use super::scan::now;
use super::targets::Targets;
use super::verify::Verifier;
use super::{journal, journal_file, output, policy, prompt, settings, targets};
use crate::engine::Engine;
use crate::gitlab::ladder::Home;
use crate::model::finding::{Finding, Outcome};
use crate::model::revocation::{Action, Revocation};
use crate::report::{Context, Format, render, revocation as writer};
use crate::revoke::journal::Journal;
use crate::revoke::plan::Options;
use crate::revoke::{Plan, ask, plan};
use crate::scan;
use crate::sources::typed::Typed;

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
    let targets = read_targets(args)?;
    let started = now();
    let mut session = Session::prepare((args, global, console), &targets, person, started)?;
    let (mut outcome, plan) = session.plan(targets)?;
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
            "steps of earlier runs without an end, whose secrets were not found here: {}; stanch \
             journal verify lists them, and stanch revoke on the same targets asks about them",
            done.revocation.open_steps
        ));
    }
    console.undone(&outcome.coverage);
    written?;
    if let Some(why) = done.not_done {
        bail!("{why}: nothing was changed");
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
    let keeps = own.rotate_file.is_some() || own.rotate_into.is_some();
    ensure!(
        !own.rotate || keeps,
        "--rotate needs a place for successors: --rotate-file FILE or --rotate-into PROJECT:VARIABLE"
    );
    Ok(())
}

/// True inside a GitLab job.
fn is_job() -> bool {
    std::env::var_os("GITLAB_CI").is_some_and(|value| value == "true")
}

/// The targets; tokens that are typed in are not shown.
fn read_targets(args: &RevokeArgs) -> anyhow::Result<Targets> {
    use std::io::IsTerminal as _;
    let only_stdin = args.scan.targets.iter().all(|it| it.as_os_str() == "-");
    if !only_stdin || !std::io::stdin().is_terminal() {
        return targets::look_at(&args.scan);
    }
    let text = prompt::hidden("Tokens, one a line, then an empty line (nothing is shown): ")?;
    ensure!(!text.trim_ascii().is_empty(), "no token was given");
    let mut targets = Targets::default();
    targets.work.sources.push(Box::new(Typed(text)));
    Ok(targets)
}

/// What is read and written beside the journal.
struct Files {
    reports: Vec<(Format, ReportFile)>,
    markdown: Option<ReportFile>,
    plan_out: Option<ReportFile>,
    known: Option<PlanFile>,
}

impl Files {
    /// Looks whether everything can be written, before any work is done.
    fn prepare(args: &RevokeArgs) -> anyhow::Result<Self> {
        let named = |what, path: &Option<std::path::PathBuf>| {
            path.as_deref().map(|path| ReportFile::named(what, path)).transpose()
        };
        Ok(Self {
            reports: output::prepare(&args.scan.report)?,
            markdown: named("summary", &args.own.markdown)?,
            plan_out: named("plan", &args.own.plan_out)?,
            known: Self::known(args)?,
        })
    }

    fn known(args: &RevokeArgs) -> anyhow::Result<Option<PlanFile>> {
        let Some(path) = &args.own.plan else { return Ok(None) };
        let known = PlanFile::read(path)?;
        let rotates = known.steps.iter().any(|it| it.action == Action::Rotate);
        ensure!(
            rotates == args.own.rotate || known.steps.is_empty(),
            "plan {} {} tokens: give --rotate exactly when it was given for the plan",
            path.display(),
            if rotates { "rotates" } else { "revokes" }
        );
        Ok(Some(known))
    }

    fn write(
        &self,
        outcome: &Outcome,
        revocation: &Revocation,
        context: &Context,
    ) -> anyhow::Result<()> {
        let plain = Context { colour: false, columns: COLUMNS, ..context.clone() };
        let mut written = Ok(());
        for (format, file) in &self.reports {
            let result = file.write(&render(*format, outcome, &plain), false);
            written = written.and(result);
        }
        if let Some(file) = &self.markdown {
            let text = writer::markdown(outcome, revocation, &plain);
            written = written.and(file.write(text.as_bytes(), false));
        }
        written
    }
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
    /// True when the person at the terminal has seen the plan already.
    was_shown: bool,
}

impl Done {
    fn nothing(revocation: Revocation, not_done: Option<String>, was_shown: bool) -> Self {
        Self { revocation, not_done, was_shown }
    }
}

impl<'a> Session<'a> {
    /// Settings and arguments, turned into what they mean.
    fn prepare(
        (args, global, console): (&'a RevokeArgs, &GlobalArgs, &'a Console),
        targets: &Targets,
        person: Option<Person>,
        started: i64,
    ) -> anyhow::Result<Self> {
        let config = settings::config(global, &targets.work_trees)?;
        let engine = settings::engine(&args.scan.rules, &args.scan.prefix, &config)?;
        let setting = config.revoke.clone().unwrap_or_default();
        let options = Options {
            action: if args.own.rotate { Action::Rotate } else { Action::Revoke },
            policy: policy::policy(&setting)?,
            // Whatever a GitLab job has checked out has come from the server.
            include_local: args.own.include_local || is_job(),
            has_history: !targets.work_trees.is_empty() || targets.head.is_some(),
            unattended: args.own.yes || person.is_none(),
        };
        let verifier =
            Verifier::prepare(&args.scan.verify, &config, &targets.remotes, (console, started))?;
        let Some(mut verifier) = verifier else { bail!("nobody is to be asked") };
        let home = Home { project: args.own.project.clone(), group: args.own.group.clone() };
        verifier.at_home(home);
        let ceiling = args.own.max_revocations.or(setting.max);
        let ceiling = ceiling.or(options.unattended.then_some(CEILING));
        Ok(Self { args, console, engine, verifier, options, ceiling, person })
    }

    /// Scans, asks, and plans.
    fn plan(&mut self, targets: Targets) -> anyhow::Result<(Outcome, Plan)> {
        let options = settings::scan_options(&self.args.scan);
        let display = Display::start(self.console.shows_progress());
        let mut outcome = scan::run(&self.engine, targets.work, &options, display.progress());
        let verified = self.verifier.run(&mut outcome, &self.engine, false, display.progress());
        display.end();
        verified?;
        let known = self.verifier.options();
        let lives = outcome.findings.iter().any(|it| it.verdict.may_live());
        let operators = match lives {
            true => ask::operators(known, &self.verifier.door()?),
            false => known.instances.iter().map(|_| None).collect(),
        };
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
        if !self.args.own.apply || plan.revocation.interrupted {
            let path = journal_file::place(self.args.own.journal.as_deref()).ok();
            let text = path.and_then(|path| journal_file::read(&path).ok().flatten());
            let journal = Journal::read(&text.unwrap_or_default());
            plan.revocation.open_steps = apply::lost(&journal, &outcome.findings);
            let cut = self.args.own.apply.then(|| "verifying was interrupted".to_owned());
            return Ok(Done::nothing(plan.revocation, cut, false));
        }
        let mut receipts = left_out.unwrap_or_default();
        if let Err(why) = self.confirm(&plan, outcome)? {
            let was_shown = self.asks(&plan) && self.args.scan.format == Format::Human;
            return Ok(Done::nothing(plan.revocation, Some(why), was_shown));
        }
        let mut revocation = apply::apply(self, plan, outcome, &mut receipts)?;
        for receipt in &receipts {
            let finding = outcome.findings.iter_mut();
            for finding in finding.filter(|it| it.fingerprint == receipt.fingerprint) {
                if receipt.ending.is_dead() {
                    finding.verdict.state = crate::model::verdict::State::Revoked;
                }
                finding.receipt = Some(receipt.clone());
            }
        }
        Finding::sort(&mut outcome.findings);
        revocation.receipts = Some(receipts);
        Ok(Done { revocation, not_done: None, was_shown: false })
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

/// How the program ends.
fn exit(outcome: &Outcome, revocation: &Revocation) -> Exit {
    if revocation.is_unfinished() {
        return Exit::Found;
    }
    Exit::of(outcome, FailOn::None)
}
