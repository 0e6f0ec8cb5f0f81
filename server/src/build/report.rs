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
    /// What it was held to.
    pub policy: Policy,
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
    let policy = policy.cloned().unwrap_or_else(|| usual_policy(&plan));
    // Cancelled before it makes a log, which may be that of a build that runs.
    let early = if plan.missing.is_empty() {
        cancel.is_cancelled().then_some(Outcome::Cancelled)
    } else {
        Some(Outcome::Missing)
    };
    if let Some(outcome) = early {
        let (audited, made) = (Vec::new(), Vec::new());
        return Report { plan, outcome, audited, policy, made, log: None, took: Duration::ZERO };
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
        Outcome::Built => audit(&plan, &run.made, &policy, cancel),
        _ => Vec::new(),
    };
    let is_stopped = matches!(outcome, Outcome::Built) && audited.len() < run.made.len();
    let outcome = if is_stopped { Outcome::Cancelled } else { outcome };
    Report { plan, outcome, audited, policy, made: run.made, log: run.log, took: run.took }
}

/// What the programs are held to when nobody says more: the glibc that was asked for, and for what stays with Nix only
/// what is wrong even there.
fn usual_policy(plan: &Plan) -> Policy {
    let name = match &plan.glibc {
        Some(version) => format!("glibc-{version}"),
        None if plan.is_for_others => return Policy::default(),
        None => "nix".to_owned(),
    };
    Policy::named(&name).unwrap_or_default()
}

/// Audits what was made, until somebody cancels.
fn audit(plan: &Plan, made: &[Made], policy: &Policy, cancel: &Cancel) -> Vec<Audited> {
    let target = knowledge::target(&plan.target);
    let files = made.iter().take_while(|_| !cancel.is_cancelled());
    files.map(|made| look(&made.path, Path::new("/"), policy, target)).collect()
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
