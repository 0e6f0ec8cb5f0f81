//! Applying fixes until nothing is left to apply.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::Overlay;
use crate::{
    analysis::analyze,
    finding::{Applicability, Edit, Finding, Fix, Rename},
    snapshot::{Read, Snapshot},
    text::FileId,
};

/// Rounds after which applying stops even if fixes are left: two that undo each other must not loop.
const MAX_ROUNDS: usize = 16;

/// Which fixes to apply.
#[derive(Clone, Debug, Default)]
pub struct FixOptions {
    /// Only those of this rule.
    pub rule: Option<String>,
    /// Also those that somebody should review.
    pub unsafe_too: bool,
}

/// One file before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Its name before.
    pub file: FileId,
    /// Its text before; `None` when it did not exist.
    pub before: Option<Arc<str>>,
    /// Its text afterwards.
    pub after: String,
    /// Its name afterwards, when it gets another one.
    pub renamed_to: Option<FileId>,
}

/// What applying came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The files that change, sorted.
    pub changes: Vec<FileChange>,
    /// What was applied, in order: rule and title.
    pub applied: Vec<(&'static str, String)>,
    /// What is left.
    pub remaining: Vec<Finding>,
}

/// Applies the first fitting fix of each finding, looks again, and so on until nothing changes.
/// Fixes that collide with one already taken wait for the next round. Writes nothing.
pub fn apply_all(snapshot: &Snapshot, options: &FixOptions) -> Outcome {
    let mut state = State::default();
    let mut applied = Vec::new();
    let mut seen = BTreeSet::new();
    for _ in 0..MAX_ROUNDS {
        let now = state.snapshot(snapshot);
        let findings = analyze(&now).findings;
        let taken = choose(&findings, options);
        if taken.is_empty() {
            return Outcome { changes: state.changes(snapshot), applied, remaining: findings };
        }
        let before = state.clone();
        state.apply(&now, taken.iter().map(|(_, fix)| *fix));
        if !seen.insert(state.texts.clone()) {
            // Two fixes undo each other: keep what stood before this round.
            return Outcome { changes: before.changes(snapshot), applied, remaining: findings };
        }
        applied.extend(taken.iter().map(|(rule, fix)| (*rule, fix.title.clone())));
    }
    let remaining = analyze(&state.snapshot(snapshot)).findings;
    Outcome { changes: state.changes(snapshot), applied, remaining }
}

/// The fixes of one round: at most one a finding, none that collides with an earlier one.
fn choose<'f>(findings: &'f [Finding], options: &FixOptions) -> Vec<(&'static str, &'f Fix)> {
    let lowest = if options.unsafe_too { Applicability::Review } else { Applicability::Safe };
    let mut taken: Vec<(&'static str, &Fix)> = Vec::new();
    for finding in findings {
        if options.rule.as_deref().is_some_and(|rule| rule != finding.rule) {
            continue;
        }
        let best = finding.fixes.iter().filter(|fix| fix.applicability >= lowest).max_by_key(|fix| {
            // max_by_key takes the last of equals; the first fix listed is the best.
            (fix.applicability, std::cmp::Reverse(position(finding, fix)))
        });
        let Some(fix) = best else { continue };
        if taken.iter().all(|(_, other)| !collide(fix, other)) {
            taken.push((finding.rule, fix));
        }
    }
    taken
}

fn position(finding: &Finding, fix: &Fix) -> usize {
    finding.fixes.iter().position(|other| std::ptr::eq(other, fix)).unwrap_or(usize::MAX)
}

fn collide(one: &Fix, other: &Fix) -> bool {
    let touches = |fix: &Fix, file: &FileId| {
        fix.renames.iter().any(|rename| rename.from == *file || rename.to == *file)
            || fix.edits.iter().any(|edit| edit.file == *file)
    };
    let renames_clash = |one: &Fix, other: &Fix| {
        one.renames.iter().any(|rename| touches(other, &rename.from) || touches(other, &rename.to))
    };
    let edits_clash = one.edits.iter().any(|edit| {
        other.edits.iter().any(|existing| {
            edit.file == existing.file && edit.start <= existing.end && existing.start <= edit.end
        })
    });
    edits_clash || renames_clash(one, other) || renames_clash(other, one)
}

/// The texts that differ from the snapshot's, by their names now.
#[derive(Clone, Default, PartialEq, Eq)]
struct State {
    texts: BTreeMap<FileId, Option<String>>,
    /// New name to first name.
    names: BTreeMap<FileId, FileId>,
}

impl State {
    fn snapshot(&self, snapshot: &Snapshot) -> Snapshot {
        Overlay::over(snapshot, self.texts.iter().map(|(file, text)| (file, text.as_deref())))
    }

    /// Applies the fixes of one round at once: their edits are all made against the same texts.
    fn apply<'f>(&mut self, now: &Snapshot, fixes: impl Iterator<Item = &'f Fix> + Clone) {
        let mut files: BTreeMap<&FileId, Vec<Edit>> = BTreeMap::new();
        for edit in fixes.clone().flat_map(|fix| &fix.edits) {
            files.entry(&edit.file).or_default().push(edit.clone());
        }
        for (file, edits) in files {
            let text = self.text(now, file).unwrap_or_default();
            self.texts.insert(file.clone(), Some(apply_edits(&text, &edits)));
        }
        for Rename { from, to } in fixes.flat_map(|fix| &fix.renames) {
            let text = self.text(now, from).unwrap_or_default();
            self.texts.insert(from.clone(), None);
            self.texts.insert(to.clone(), Some(text));
            let first = self.names.remove(from).unwrap_or_else(|| from.clone());
            self.names.insert(to.clone(), first);
        }
    }

    fn text(&self, now: &Snapshot, file: &FileId) -> Option<String> {
        match self.texts.get(file) {
            Some(text) => text.clone(),
            None => read(now, file).map(|text| text.to_string()),
        }
    }

    fn changes(&self, snapshot: &Snapshot) -> Vec<FileChange> {
        let kept = self.texts.iter().filter_map(|(file, text)| text.as_ref().map(|text| (file, text)));
        let changes = kept.map(|(file, text)| {
            let first = self.names.get(file).unwrap_or(file);
            FileChange {
                file: first.clone(),
                before: read(snapshot, first),
                after: text.clone(),
                renamed_to: (first != file).then(|| file.clone()),
            }
        });
        let changes = changes.filter(|change| {
            change.renamed_to.is_some() || change.before.as_deref() != Some(change.after.as_str())
        });
        changes.collect()
    }
}

fn read(snapshot: &Snapshot, file: &FileId) -> Option<Arc<str>> {
    match snapshot.files.read(file.path()) {
        Read::Text(source) => Some(source.document().shared_text()),
        Read::Absent | Read::Unreadable(_) => None,
    }
}

/// A text with edits applied. Edits that lie outside of it or overlap an earlier one are left out.
pub fn apply_edits(text: &str, edits: &[Edit]) -> String {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.start, edit.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in sorted {
        let Some(between) = text.get(at..edit.start) else { continue };
        if text.get(edit.start..edit.end).is_none() {
            continue;
        }
        out.push_str(between);
        out.push_str(&edit.text);
        at = edit.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
