//! What a build leaves behind: diagnostics, and the files that can be audited again.

use std::{path::PathBuf, sync::Arc};

use crate::{
    analysis::Analysis,
    build::{Audited, Outcome, Report},
    finding::{Finding, Severity},
    lsp::verdicts::Subject,
    project::Project,
    text::{FileId, Origin, Span},
};

/// The name of a failure that nobody has described.
const UNKNOWN: &str = "build-failed";

/// What the last build of one target left behind.
#[derive(Clone, Debug)]
pub struct Results {
    /// What was built or audited.
    pub subject: Subject,
    /// What is wrong, each with the text of the file that it stands in: another text needs another build.
    pub findings: Vec<(Finding, Option<Arc<str>>)>,
    /// The programs and libraries.
    pub made: Vec<PathBuf>,
}

impl Results {
    /// The results of a build; `None` when somebody cancelled it: then what an earlier one left still holds.
    pub fn of(subject: &Subject, report: &Report, analysis: &Analysis) -> Option<Self> {
        let project = &analysis.project;
        let target = report.plan.target.as_str();
        let findings = match &report.outcome {
            Outcome::Built => audit(project, target, &report.audited),
            Outcome::Failed { causes, .. } if !causes.is_empty() => causes.clone(),
            Outcome::Failed { unknown, remark, .. } => {
                let first = unknown.as_ref().map(|place| place.excerpt.trim().to_owned());
                let why = remark.clone().or(first).unwrap_or_else(|| "its output says more".to_owned());
                let message = format!("the build for {target} fails: {why}");
                let help = report.log.as_ref().map(|log| format!("its output is in {}", log.display()));
                let finding = Finding::new(UNKNOWN, Severity::Error, declared(project, target), message)
                    .with_targets([target])
                    .with_help(help.unwrap_or_default());
                vec![finding]
            }
            Outcome::Cancelled => return None,
            Outcome::Missing => Vec::new(),
        };
        Some(Self {
            subject: subject.clone(),
            findings: findings.into_iter().map(|finding| with_text(project, finding)).collect(),
            made: report.made.iter().map(|made| made.path.clone()).collect(),
        })
    }

    /// The results of an audit alone.
    pub fn of_audit(analysis: &Analysis, subject: &Subject, audited: &[Audited]) -> Self {
        let project = &analysis.project;
        let findings = audit(project, &subject.target, audited);
        Self {
            subject: subject.clone(),
            findings: findings.into_iter().map(|finding| with_text(project, finding)).collect(),
            made: audited.iter().map(|audited| audited.path.clone()).collect(),
        }
    }

    /// What an earlier server's build made.
    pub fn of_files(subject: &Subject, made: Vec<PathBuf>) -> Self {
        Self { subject: subject.clone(), findings: Vec::new(), made }
    }
}

fn with_text(project: &Project, mut finding: Finding) -> (Finding, Option<Arc<str>>) {
    // The log is none of the project's files, and may be large.
    finding.related.retain(|related| project.source(&related.origin.file).is_some());
    let text = project.source(&finding.origin.file).map(|source| source.document().shared_text());
    (finding, text)
}

/// What the audit has against the programs, at the place that names their target.
fn audit(project: &Project, target: &str, audited: &[Audited]) -> Vec<Finding> {
    let origin = declared(project, target);
    let found =
        audited.iter().flat_map(|audited| audited.audit.findings.iter().map(move |one| (audited, one)));
    let found = found.filter(|(_, finding)| finding.severity > Severity::Hint);
    found
        .map(|(audited, finding)| Finding {
            origin: origin.clone(),
            message: format!("{}: {}", audited.artefact.name, finding.message),
            targets: vec![target.to_owned()],
            related: Vec::new(),
            way: Vec::new(),
            fixes: Vec::new(),
            ..finding.clone()
        })
        .collect()
}

/// The place that names a target; the package for one that nothing names.
fn declared(project: &Project, target: &str) -> Origin {
    let named = project.target(target).and_then(|target| target.origin().cloned());
    named
        .or_else(|| project.anchor())
        .unwrap_or_else(|| Origin::new(FileId::new(project.root()), Span::at(0)))
}
