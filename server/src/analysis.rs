//! From a snapshot to findings: the one entry that the command line and the language server share.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};

use crate::{
    finding::{Edit, Finding, Fix},
    project::{Project, Suppression, SuppressionScope},
    rules,
    snapshot::{Level, Snapshot},
    text::{FileId, Span},
};

/// What one look at a project came to.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The model.
    pub project: Arc<Project>,
    /// What is wrong, sorted by file, place and rule; suppressions and severities applied.
    pub findings: Vec<Finding>,
    /// Every file that findings can stand in, sorted.
    pub files: Vec<FileId>,
}

/// Looks at a project. Deterministic; cannot fail.
pub fn analyze(snapshot: &Snapshot) -> Analysis {
    let project = Arc::new(Project::read(snapshot));
    let mut findings = suppress(&project, rules::run(&project));
    level(&project, &mut findings);
    for finding in &mut findings {
        finding.targets.sort();
        finding.targets.dedup();
        // A configuration above the project, or the user's own, belongs to others, too: it is reported only.
        finding.fixes.retain(|fix| stays_inside(fix, &snapshot.root) && !replaces_told(fix, &project));
    }
    findings.sort_by(|a, b| (&a.origin, a.rule, &a.message).cmp(&(&b.origin, b.rule, &b.message)));
    let files = project.sources().iter().map(|source| source.file().clone()).collect();
    Analysis { project, findings, files }
}

/// Whether a fix changes nothing outside of the workspace folder.
fn stays_inside(fix: &Fix, root: &Path) -> bool {
    let edited = fix.edits.iter().map(|edit| &edit.file);
    let renamed = fix.renames.iter().flat_map(|rename| [&rename.from, &rename.to]);
    edited.chain(renamed).all(|file| file.path().starts_with(root))
}

/// Whether a fix changes an expression of which only Nix knows the value: what is written there is something else.
fn replaces_told(fix: &Fix, project: &Project) -> bool {
    let told = project.flake.iter().flat_map(|flake| &flake.told);
    told.into_iter().any(|place| {
        let touches = |edit: &Edit| {
            let (start, end) = (place.span.start(), place.span.end());
            edit.file == place.file && edit.start < end && edit.end > start
        };
        fix.edits.iter().any(touches)
    })
}

/// Takes out what a comment allows, and adds a finding for each comment that allows nothing.
fn suppress(project: &Project, findings: Vec<Finding>) -> Vec<Finding> {
    let suppressions = project.suppressions();
    if suppressions.is_empty() {
        return findings;
    }
    // Only looked up in, so that its order does not show.
    let mut of_rule: HashMap<(&FileId, &str), Vec<usize>> = HashMap::new();
    for (position, one) in suppressions.iter().enumerate() {
        of_rule.entry((&one.origin.file, one.rule.as_str())).or_default().push(position);
    }
    let mut used = vec![false; suppressions.len()];
    let mut kept = Vec::new();
    for finding in findings {
        let own = of_rule.get(&(&finding.origin.file, finding.rule)).map(Vec::as_slice).unwrap_or_default();
        let covers = |at: &&usize| suppressions.get(**at).is_some_and(|one| covers(project, one, &finding));
        let covering = own.iter().find(covers).copied();
        match covering.and_then(|position| used.get_mut(position)) {
            Some(used) => *used = true,
            None => kept.push(finding),
        }
    }
    // While a file is broken its findings are not all there.
    let is_blind = project.flake_gap().is_some() || project.config_gap().is_some();
    let allowing = suppressions.iter().filter(|other| other.rule == rules::UNUSED_SUPPRESSION);
    let allowed: HashSet<(&FileId, Span)> =
        allowing.map(|other| (&other.origin.file, other.comment)).collect();
    for (suppression, _) in suppressions.iter().zip(used).filter(|(_, used)| !used) {
        let may_wait = is_blind && rules::find(&suppression.rule).is_some();
        if !may_wait && !allowed.contains(&(&suppression.origin.file, suppression.comment)) {
            kept.push(rules::unused_suppression::unused(project, suppression));
        }
    }
    kept
}

fn covers(project: &Project, suppression: &Suppression, finding: &Finding) -> bool {
    if suppression.rule != finding.rule || suppression.origin.file != finding.origin.file {
        return false;
    }
    match suppression.scope {
        SuppressionScope::File => true,
        SuppressionScope::Line(line) => project.source(&finding.origin.file).is_some_and(|source| {
            let document = source.document();
            let first = document.line_at(finding.origin.span.start());
            let last = document.line_at(finding.origin.span.end());
            // The comment above the first line, or at the end of the first or last one.
            line == first || line == last
        }),
    }
}

/// Applies the severities that the user, or the project, asks for; the user's come first.
fn level(project: &Project, findings: &mut Vec<Finding>) {
    let settings = &project.snapshot.settings.severity;
    let own = &project.cargo.portolan.severity;
    let level_of = |rule: &str| {
        let named = own.iter().find(|(name, _)| name.value == rule).map(|(_, level)| *level);
        settings.get(rule).copied().or(named)
    };
    findings.retain_mut(|finding| match level_of(finding.rule) {
        Some(Level::Off) => false,
        Some(Level::As(severity)) => {
            finding.severity = severity;
            true
        }
        None => !rules::OFF_BY_DEFAULT.contains(&finding.rule),
    });
}
