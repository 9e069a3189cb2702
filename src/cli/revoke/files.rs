//! What `revoke` reads and writes beside the journal: a plan, reports, a summary.

use anyhow::ensure;

use crate::cli::args::RevokeArgs;
use crate::cli::console::COLUMNS;
use crate::cli::output::{self, ReportFile};
use crate::cli::plan_file::PlanFile;
use crate::model::finding::Outcome;
use crate::model::revocation::{Action, Revocation};
use crate::report::{Context, Format, render, revocation as writer};

/// What is read and written beside the journal.
pub(super) struct Files {
    reports: Vec<(Format, ReportFile)>,
    markdown: Option<ReportFile>,
    pub(super) plan_out: Option<ReportFile>,
    pub(super) known: Option<PlanFile>,
}

impl Files {
    /// Looks whether everything can be written, before any work is done.
    pub(super) fn prepare(args: &RevokeArgs) -> anyhow::Result<Self> {
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

    pub(super) fn write(
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
