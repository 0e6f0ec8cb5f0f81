//! What building one target came to.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    audited::{Audited, look},
    blame,
    plan::Plan,
    run::{self, Cancel, End, Event, Made},
};
use crate::{
    analysis::Analysis,
    audit::Policy,
    failures::Place,
    finding::{Finding, Severity},
    knowledge,
};

/// What building one target came to.
#[derive(Debug)]
pub struct Report {
    /// What was done.
    pub plan: Plan,
    /// How it ended.
    pub outcome: Outcome,
    /// What was made, audited.
    pub audited: Vec<Audited>,
    /// What was made.
    pub made: Vec<Made>,
    /// Where the output is kept.
    pub log: Option<PathBuf>,
    /// How long it took.
    pub took: Duration,
}

/// How a build ended.
#[derive(Debug)]
pub enum Outcome {
    /// It made what it should.
    Built,
    /// Tools are missing: nothing was started.
    Missing,
    /// It failed, for these reasons.
    Failed {
        /// Each at the line that causes it.
        causes: Vec<Finding>,
        /// The first error of a failure that nobody has described.
        unknown: Option<Place>,
        /// What else is the matter: a sentence.
        remark: Option<String>,
    },
    /// Somebody cancelled it.
    Cancelled,
}

impl Report {
    /// Whether it was built, and what was made runs elsewhere.
    pub fn passes(&self) -> bool {
        matches!(self.outcome, Outcome::Built)
            && self.audited.iter().all(|audited| audited.passes(Severity::Warning))
    }
}

/// Builds a target on this thread, audits what came of it, and explains what did not.
pub fn build(
    plan: Plan,
    analysis: &Analysis,
    policy: Option<&Policy>,
    cancel: &Cancel,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Report {
    let empty = |plan, outcome| Report {
        plan,
        outcome,
        audited: Vec::new(),
        made: Vec::new(),
        log: None,
        took: Duration::ZERO,
    };
    if !plan.missing.is_empty() {
        return empty(plan, Outcome::Missing);
    }
    let run = run::run(&plan, cancel, on_event);
    let outcome = match run.end {
        End::Built => Outcome::Built,
        End::Cancelled => Outcome::Cancelled,
        End::NotStarted(why) => Outcome::Failed { causes: Vec::new(), unknown: None, remark: Some(why) },
        End::Failed => Outcome::Failed {
            causes: blame::findings(analysis, &plan.target, &run.diagnosis, run.log.as_deref()),
            remark: plan.folder.as_deref().and_then(cannot_write),
            unknown: run.diagnosis.unknown,
        },
    };
    let audited = match outcome {
        Outcome::Built => audit(&plan, &run.made, policy),
        _ => Vec::new(),
    };
    Report { plan, outcome, audited, made: run.made, log: run.log, took: run.took }
}

fn audit(plan: &Plan, made: &[Made], policy: Option<&Policy>) -> Vec<Audited> {
    let by_glibc = plan.glibc.as_ref().and_then(|version| Policy::named(&format!("glibc-{version}")));
    let policy = policy.cloned().or(by_glibc).unwrap_or_default();
    let target = knowledge::target(&plan.target);
    made.iter().map(|made| look(&made.path, Path::new("/"), &policy, target)).collect()
}

/// Why nothing can be written into a folder: cargo says so in many ways.
fn cannot_write(folder: &Path) -> Option<String> {
    let existing = folder.ancestors().find(|folder| folder.symlink_metadata().is_ok())?;
    let probe = existing.join(format!(".portolan-{}", std::process::id()));
    let outcome = std::fs::write(&probe, b"?");
    let _ = std::fs::remove_file(&probe);
    let error = outcome.err()?;
    Some(format!(
        "nothing can be written into the target folder {}: {error}; make room there or give it another place with \
         CARGO_TARGET_DIR",
        folder.display()
    ))
}
