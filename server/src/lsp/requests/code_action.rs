//! Which fixes there are at a place.

use std::{collections::BTreeMap, iter};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{native, refactor, suppress};
use crate::{
    build::workflow,
    cargo::Workspace,
    finding::{Applicability, Edit, Finding, Rename},
    fix::{FileChange, FixOptions, apply_all},
    lsp::{convert::action::Only, state::Look},
    snapshot::{self, Snapshot},
    text::{FileId, Span},
};

/// Where an action stands in the editor's menus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Mends findings at the cursor.
    QuickFix,
    /// Mends all that can be mended unseen; may run on save.
    FixAll,
    /// Mends nothing, and was asked for.
    Refactor,
}

/// What an action does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// These edits, then these renames.
    Edits {
        /// The edits.
        edits: Vec<Edit>,
        /// The renames.
        renames: Vec<Rename>,
    },
    /// All safe fixes of the project.
    FixAll {
        /// Of this rule only.
        rule: Option<String>,
    },
    /// A command of ours; it changes nothing.
    Command {
        /// Its name.
        command: &'static str,
        /// What it is given.
        argument: serde_json::Value,
    },
}

/// An action that the editor may offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What it does, as an order.
    pub title: String,
    /// Its kind.
    pub kind: Kind,
    /// The findings that it mends, by their place in the analysis.
    pub findings: Vec<usize>,
    /// Whether the editor may take it unasked.
    pub preferred: bool,
    /// What it does.
    pub work: Work,
}

/// The actions for the bytes `span` of `file`.
pub fn actions(look: &Look, file: &FileId, span: Span, only: &Only) -> Vec<Action> {
    let mut actions = Vec::new();
    if only.asks_for(Kind::QuickFix) {
        let here: Vec<(usize, &Finding)> = look
            .analysis
            .findings
            .iter()
            .enumerate()
            .filter(|(_, finding)| is_at(finding, file, span))
            .collect();
        for action in here.iter().flat_map(|(index, finding)| fixes(*index, finding)) {
            add_or_join(&mut actions, action);
        }
        actions.extend(fix_rules(&here, &look.analysis.findings));
        for (index, finding) in &here {
            actions.extend(native::show_path(*index, finding, look));
            actions.extend(suppress_here(*index, finding, look));
        }
    }
    if only.asks_for(Kind::FixAll) && look.analysis.findings.iter().any(is_safe) {
        actions.push(Action {
            title: "Fix all that Portolan can fix safely".to_owned(),
            kind: Kind::FixAll,
            findings: Vec::new(),
            preferred: false,
            work: Work::FixAll { rule: None },
        });
    }
    if only.asks_for(Kind::Refactor) {
        actions.extend(refactor::actions(look, file, span));
        actions.extend(release_workflow(look, file, span));
    }
    actions
}

/// On `[package]` of a project whose release no workflow builds yet.
fn release_workflow(look: &Look, file: &FileId, span: Span) -> Option<Action> {
    let project = &look.analysis.project;
    let packages = project.cargo.workspace.iter().flat_map(Workspace::packages);
    let mut headers =
        packages.filter_map(|manifest| manifest.package.as_ref()).map(|package| &package.header);
    headers.find(|header| {
        header.file == *file && header.span.start <= span.end && span.start <= header.span.end
    })?;
    let path = look.snapshot.root.join(workflow::PATH);
    if look.snapshot.files.kind(&path) != snapshot::Kind::Absent {
        return None;
    }
    let text = workflow::release(project)?;
    let edit = Edit { file: FileId::new(path), start: 0, end: 0, text };
    Some(Action {
        title: "Write a release workflow for the project's targets".to_owned(),
        kind: Kind::Refactor,
        findings: Vec::new(),
        preferred: false,
        work: Work::Edits { edits: vec![edit], renames: Vec::new() },
    })
}

fn is_at(finding: &Finding, file: &FileId, span: Span) -> bool {
    let place = finding.origin.span;
    finding.origin.file == *file && place.start <= span.end && span.start <= place.end
}

fn is_safe(finding: &Finding) -> bool {
    finding.fixes.iter().any(|fix| fix.applicability == Applicability::Safe)
}

fn fixes(index: usize, finding: &Finding) -> impl Iterator<Item = Action> {
    finding.fixes.iter().enumerate().map(move |(place, fix)| Action {
        title: fix.title.clone(),
        kind: Kind::QuickFix,
        findings: vec![index],
        preferred: place == 0 && fix.applicability == Applicability::Safe,
        work: Work::Edits { edits: fix.edits.clone(), renames: fix.renames.clone() },
    })
}

/// Two findings may be mended by one and the same edit: what a rule says beforehand, and a failed build afterwards.
fn add_or_join(actions: &mut Vec<Action>, action: Action) {
    match actions.iter_mut().find(|one| one.title == action.title && one.work == action.work) {
        Some(same) => {
            same.findings.extend(action.findings);
            same.preferred |= action.preferred;
        }
        None => actions.push(action),
    }
}

/// "Fix all of this rule", where that is more than one.
fn fix_rules(here: &[(usize, &Finding)], all: &[Finding]) -> Vec<Action> {
    let mut by_rule: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
    for (index, finding) in here.iter().filter(|(_, finding)| is_safe(finding)) {
        by_rule.entry(finding.rule).or_default().push(*index);
    }
    let count = |rule: &str| all.iter().filter(|finding| finding.rule == rule && is_safe(finding)).count();
    let many = by_rule.into_iter().filter(|(rule, _)| count(rule) > 1);
    many.map(|(rule, findings)| Action {
        title: format!("Fix all `{rule}` in the project"),
        kind: Kind::QuickFix,
        findings,
        preferred: false,
        work: Work::FixAll { rule: Some(rule.to_owned()) },
    })
    .collect()
}

fn suppress_here(index: usize, finding: &Finding, look: &Look) -> Option<Action> {
    let source = look.snapshot.files.read(finding.origin.file.path());
    let edit = suppress::edit(source.text()?.document(), finding.origin.span, finding.rule)?;
    Some(Action {
        title: format!("Suppress `{}` here", finding.rule),
        kind: Kind::QuickFix,
        findings: vec![index],
        preferred: false,
        work: Work::Edits { edits: vec![edit], renames: Vec::new() },
    })
}

/// The edits that all safe fixes of a project come to, of one rule if it is given: what `portolan fix`
/// does.
pub fn fix_all(snapshot: &Snapshot, rule: Option<&str>) -> (Vec<Edit>, Vec<Rename>) {
    let options = FixOptions { rule: rule.map(str::to_owned), unsafe_too: false };
    let outcome = apply_all(snapshot, &options);
    let edits = outcome.changes.iter().flat_map(difference).collect();
    let rename = |change: &FileChange| {
        let to = change.renamed_to.clone()?;
        Some(Rename { from: change.file.clone(), to })
    };
    (edits, outcome.changes.iter().filter_map(rename).collect())
}

/// A file's change as edits of whole lines: an editor keeps its cursor, its marks and its folds.
fn difference(change: &FileChange) -> Vec<Edit> {
    let before = change.before.as_deref().unwrap_or_default();
    let old_lines: Vec<&str> = before.split_inclusive('\n').collect();
    let new_lines: Vec<&str> = change.after.split_inclusive('\n').collect();
    let starts = |lines: &[&str]| {
        let ends = lines.iter().scan(0, |end, line| {
            *end += line.len();
            Some(*end)
        });
        iter::once(0).chain(ends).collect::<Vec<usize>>()
    };
    let (old, new) = (starts(&old_lines), starts(&new_lines));
    let at = |starts: &[usize], line: usize| starts.get(line).or(starts.last()).copied().unwrap_or_default();
    let edit = |operation: &DiffOp| {
        let (lines, new_lines) = (operation.old_range(), operation.new_range());
        let text = change.after.get(at(&new, new_lines.start)..at(&new, new_lines.end))?;
        Some(Edit {
            file: change.file.clone(),
            start: at(&old, lines.start),
            end: at(&old, lines.end),
            text: text.to_owned(),
        })
    };
    let operations = capture_diff_slices(Algorithm::Myers, &old_lines, &new_lines);
    let changed = operations.iter().filter(|operation| !matches!(operation, DiffOp::Equal { .. }));
    changed.filter_map(edit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::apply_edits;

    #[test]
    fn one_edit_for_two_findings_is_one_action() {
        let action = |title: &str, finding: usize, text: &str| Action {
            title: title.to_owned(),
            kind: Kind::QuickFix,
            findings: vec![finding],
            preferred: false,
            work: Work::Edits {
                edits: vec![Edit { file: FileId::new("/a"), start: 0, end: 0, text: text.to_owned() }],
                renames: Vec::new(),
            },
        };
        let mut actions = Vec::new();
        for (title, finding, text) in [("x", 0, "a"), ("x", 1, "a"), ("y", 1, "a"), ("x", 2, "b")] {
            add_or_join(&mut actions, action(title, finding, text));
        }
        let findings: Vec<_> = actions.iter().map(|action| action.findings.clone()).collect();
        assert_eq!(findings, [vec![0, 1], vec![1], vec![2]]);
    }

    #[test]
    fn the_difference_applied_is_the_new_text() {
        for (before, after) in [
            ("a\nb\nc\n", "a\nx\ny\nc\n"),
            ("a\r\nb\r\n", "b\r\nc"),
            ("", "new\n"),
            ("a", ""),
            ("a\nb", "a\nb\n"),
            ("ü\ré\n", "ü\rè\nä\n"),
        ] {
            let change = FileChange {
                file: FileId::new("/a"),
                before: Some(before.into()),
                after: after.to_owned(),
                renamed_to: None,
            };
            assert_eq!(apply_edits(before, &difference(&change)), after, "{before:?}");
        }
    }
}
