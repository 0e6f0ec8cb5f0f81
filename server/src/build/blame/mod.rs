//! From what a build's output says to the line of the project's file that causes it.
//!
//! The rules find most mistakes in the files before a build. A failure that a rule explains takes that finding's
//! place and its fixes; any other one is put where the project names what failed, at last at the target.

mod place;

use std::path::Path;

use crate::{
    analysis::Analysis,
    failures::{Diagnosis, Failure},
    finding::{Edit, Finding, Fix, Related},
    project::Project,
    text::{FileId, Origin, Span},
};

/// The failures of a build as findings in the project's files.
pub fn findings(
    analysis: &Analysis,
    target: &str,
    diagnosis: &Diagnosis,
    log: Option<&Path>,
) -> Vec<Finding> {
    diagnosis.failures.iter().map(|failure| finding(analysis, target, failure, log)).collect()
}

fn finding(analysis: &Analysis, target: &str, failure: &Failure, log: Option<&Path>) -> Finding {
    let project = &analysis.project;
    let triple = failure.target.as_deref().unwrap_or(target);
    let known = explained(analysis, triple, failure);
    let origin = match known {
        Some(known) => known.origin.clone(),
        None => place::origin(project, triple, failure),
    };
    let mut finding = Finding { origin, ..failure.finding(&FileId::new(project.root())) };
    finding.related.clear();
    finding.targets = vec![triple.to_owned()];
    // Of this project the check says nothing, or something else.
    if known.is_none() {
        finding.help = failure.cure();
    }
    if let Some(known) = known {
        finding.fixes.clone_from(&known.fixes);
        finding.related.clone_from(&known.related);
    }
    finding.fixes.extend(new_hash(project, failure));
    let file = FileId::new(log.unwrap_or(project.root()));
    let message = format!("the build says: {}", failure.place.excerpt.trim());
    finding.related.push(Related { origin: failure.place.origin(file), message });
    finding
}

/// The finding of a rule that says the same of the files.
fn explained<'a>(analysis: &'a Analysis, triple: &str, failure: &Failure) -> Option<&'a Finding> {
    let rule = failure.rule()?;
    let same = analysis.findings.iter().filter(|finding| finding.rule == rule);
    let speaks_of = |finding: &&Finding| {
        finding.targets.is_empty() || finding.targets.iter().any(|target| target == triple)
    };
    // Where a rule has several findings, the one that names the same thing.
    let names = |finding: &&Finding| {
        let words =
            failure.values.iter().map(|(_, value)| value.as_str()).chain(failure.crate_name.as_deref());
        words.filter(|word| word.len() > 2).any(|word| finding.message.contains(word))
    };
    let of_target: Vec<&Finding> = same.filter(speaks_of).collect();
    of_target.iter().find(|finding| names(finding)).or(of_target.first()).copied()
}

/// Writes the hash of what was fetched where the other one is written.
fn new_hash(project: &Project, failure: &Failure) -> Option<Fix> {
    if failure.name() != "hash-mismatch" {
        return None;
    }
    let got = failure.value("got")?;
    let written = place::written_hash(project, failure)?;
    let edit = Edit {
        file: written.file.clone(),
        start: written.span.start(),
        end: written.span.end(),
        text: got.to_owned(),
    };
    Some(Fix::review("Write down the hash of what was fetched", vec![edit]))
}

/// The first byte of a file.
fn start_of(file: FileId) -> Origin {
    Origin::new(file, Span::at(0))
}
