//! From a snapshot to findings: the one entry that the command line and the language server share.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::Path,
    sync::Arc,
};

use crate::{
    finding::{Applicability, Edit, Finding, Fix, Severity},
    fix::inherited::Inherited,
    project::{Project, ShippedTarget, Suppression, SuppressionScope},
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
    soften(&project, &mut findings);
    level(&project, &mut findings);
    for finding in &mut findings {
        finding.targets.sort();
        finding.targets.dedup();
        // A configuration above the project, or the user's own, belongs to others, too: it is reported only.
        finding.fixes.retain(|fix| stays_inside(fix, &snapshot.root) && !replaces_told(fix, &project));
    }
    write_bindings(&mut findings, &project);
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

/// Writes bindings in the place of inherited names, and leaves out the fixes where that cannot be.
fn write_bindings(findings: &mut [Finding], project: &Project) {
    let edited = findings.iter().flat_map(|finding| &finding.fixes).flat_map(|fix| &fix.edits);
    let files: BTreeSet<FileId> =
        edited.map(|edit| edit.file.clone()).filter(|file| file.name().ends_with(".nix")).collect();
    let sources: Vec<_> = files.iter().filter_map(|file| project.source(file)).collect();
    let inherited: BTreeMap<&FileId, Inherited<'_>> =
        sources.iter().map(|source| (source.file(), Inherited::of(source))).collect();
    for finding in findings {
        finding.fixes.retain_mut(|fix| {
            let mut edits = Vec::with_capacity(fix.edits.len());
            for edit in std::mem::take(&mut fix.edits) {
                match inherited.get(&edit.file).map(|inherited| inherited.written(&edit)) {
                    Some(Some(written)) => edits.extend(written),
                    Some(None) => return false,
                    None => edits.push(edit),
                }
            }
            fix.edits = edits;
            true
        });
    }
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
    // By rule and file: a generated text may hold thousands of either.
    let mut about: HashMap<(&str, &FileId), Vec<usize>> = HashMap::new();
    for (position, suppression) in suppressions.iter().enumerate() {
        about.entry((&suppression.rule, &suppression.origin.file)).or_default().push(position);
    }
    let allowed: HashSet<(&FileId, Span)> = suppressions
        .iter()
        .filter(|suppression| suppression.rule == rules::UNUSED_SUPPRESSION)
        .map(|suppression| (&suppression.origin.file, suppression.comment))
        .collect();
    let mut used = vec![false; suppressions.len()];
    let mut kept = Vec::new();
    for finding in findings {
        let candidates = about.get(&(finding.rule, &finding.origin.file)).into_iter().flatten().copied();
        let lines = covered_lines(project, &finding);
        let covering = candidates.into_iter().find(|position| {
            suppressions.get(*position).is_some_and(|suppression| covers(suppression, lines))
        });
        match covering.and_then(|position| used.get_mut(position)) {
            Some(used) => *used = true,
            None => kept.push(finding),
        }
    }
    // While a file is broken its findings are not all there.
    let is_blind = project.flake_gap().is_some() || project.config_gap().is_some();
    for (suppression, _) in suppressions.iter().zip(used).filter(|(_, used)| !used) {
        let may_wait = is_blind && rules::find(&suppression.rule).is_some();
        let is_allowed = allowed.contains(&(&suppression.origin.file, suppression.comment));
        if !may_wait && !is_allowed {
            kept.push(rules::unused_suppression::unused(project, suppression));
        }
    }
    kept
}

/// The first and the last line of a finding.
fn covered_lines(project: &Project, finding: &Finding) -> Option<(usize, usize)> {
    let source = project.source(&finding.origin.file)?;
    let document = source.document();
    let span = finding.origin.span;
    Some((document.line_at(span.start()), document.line_at(span.end())))
}

/// Whether a suppression, of the finding's rule and file, covers its lines.
fn covers(suppression: &Suppression, lines: Option<(usize, usize)>) -> bool {
    match (suppression.scope, lines) {
        (SuppressionScope::File, _) => true,
        // The comment above the first line, or at the end of the first or last one.
        (SuppressionScope::Line(line), Some((first, last))) => line == first || line == last,
        (SuppressionScope::Line(_), None) => false,
    }
}

/// What is wrong with targets that only a workflow names is worth knowing, and no more: the project's own files do not
/// say that it ships them. So nothing is changed for them unasked, neither by `fix` nor on save.
fn soften(project: &Project, findings: &mut [Finding]) {
    let is_in_workflows =
        |triple: &String| project.target(triple).is_some_and(ShippedTarget::is_only_in_workflows);
    for finding in findings {
        if !finding.targets.is_empty() && finding.targets.iter().all(is_in_workflows) {
            finding.severity = Severity::Hint;
            for fix in &mut finding.fixes {
                fix.applicability = Applicability::Review;
            }
        }
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
