//! `portolan fix`.

use std::{fs, io, path::Path};

use annotate_snippets::normalize_untrusted_str;

use super::{
    CLEAN, FINDINGS, Stop,
    args::FixOptions,
    diff,
    output::{CODE, GOOD, HEADING, Output, paint},
    report::text::plural,
    session,
    write::Staged,
};
use crate::{
    finding::{Finding, Severity},
    fix::{self, FileChange, Outcome},
    text::FileId,
};

/// Applies fixes, or shows what they would change.
pub(super) fn run(options: &FixOptions, output: Output) -> Result<u8, Stop> {
    if let Some(rule) = &options.rule {
        session::known_rule(rule)?;
    }
    let root = session::root_of(options.path.as_deref())?;
    let snapshot = session::snapshot(&root, session::host(&options.project), &options.project);
    let snapshot = session::turn_on(snapshot, options.rule.as_slice());
    let wanted = fix::FixOptions { rule: options.rule.clone(), unsafe_too: options.unsafe_too };
    let outcome = fix::apply_all(&snapshot, &wanted);
    refuse_foreign(&outcome, &root)?;

    let is_left = |finding: &&Finding| {
        finding.severity >= Severity::Warning
            && options.rule.as_deref().is_none_or(|rule| rule == finding.rule)
    };
    let left: Vec<&Finding> = outcome.remaining.iter().filter(is_left).collect();
    if options.diff {
        output.styled(&diff::colored(&diff::unified(&outcome.changes, &root)));
        let (problems, files) = (outcome.applied.len(), outcome.changes.len());
        output.note(&format!(
            "{} would be fixed in {}; nothing was written",
            plural(problems, "problem"),
            plural(files, "file")
        ));
        let is_clean = outcome.changes.is_empty() && left.is_empty();
        return Ok(if is_clean { CLEAN } else { FINDINGS });
    }
    write_all(&outcome.changes)?;
    output.styled(&summary(&outcome, &left, &root, options.unsafe_too));
    Ok(if left.is_empty() { CLEAN } else { FINDINGS })
}

/// A project's fix has no business elsewhere (a configuration in the home folder belongs to all projects).
fn refuse_foreign(outcome: &Outcome, root: &Path) -> Result<(), Stop> {
    let files =
        outcome.changes.iter().flat_map(|change| std::iter::once(&change.file).chain(&change.renamed_to));
    match files.map(FileId::path).find(|path| !path.starts_with(root)) {
        Some(path) => Err(Stop::Failed(format!(
            "a fix would change {}, which is outside of the project; nothing was written",
            path.display()
        ))),
        None => Ok(()),
    }
}

/// Writes all changes: first every new text beside its file, then all into their places, so that a full
/// disk or a folder without permission leaves everything as it was.
fn write_all(changes: &[FileChange]) -> Result<(), Stop> {
    let failed =
        |path: &Path, error: &io::Error| Stop::Failed(format!("cannot write {}: {error}", path.display()));
    let mut staged = Vec::new();
    for change in changes {
        let path = change.file.path();
        if has_changed(change) {
            return Err(Stop::Failed(format!(
                "{} was changed by somebody else just now; nothing was written, run it again",
                path.display()
            )));
        }
        let target = change.renamed_to.as_ref().map_or(path, |to| to.path());
        if change.renamed_to.is_some() && fs::symlink_metadata(target).is_ok() {
            return Err(Stop::Failed(format!(
                "{} cannot get the name {}, which exists; nothing was written",
                path.display(),
                target.display()
            )));
        }
        // An error drops, and so removes, what is staged by then.
        let text = Staged::new(target, &change.after).map_err(|error| failed(target, &error))?;
        staged.push((change, text));
    }
    for (change, text) in staged {
        let path = change.file.path();
        text.commit().map_err(|error| failed(path, &error))?;
        if change.renamed_to.is_some() {
            fs::remove_file(path).map_err(|error| failed(path, &error))?;
        }
    }
    Ok(())
}

/// Whether the file is no longer what the fixes were made for.
fn has_changed(change: &FileChange) -> bool {
    match (&change.before, fs::read(change.file.path())) {
        (Some(before), Ok(now)) => before.as_bytes() != now,
        (None, Err(error)) => error.kind() != io::ErrorKind::NotFound,
        (Some(_), Err(_)) | (None, Ok(_)) => true,
    }
}

fn summary(outcome: &Outcome, left: &[&Finding], root: &Path, unsafe_too: bool) -> String {
    let mut text = String::new();
    if outcome.applied.is_empty() {
        text += "Nothing to fix";
        text += if left.is_empty() { "\n" } else { " automatically\n" };
    } else {
        let fixed = plural(outcome.applied.len(), "problem");
        let files = plural(outcome.changes.len(), "file");
        text += &format!("{} in {}\n", paint(GOOD, &format!("Fixed {fixed}")), paint(HEADING, &files));
        for (rule, title) in &outcome.applied {
            text += &format!("  {} ({rule})\n", normalize_untrusted_str(title));
        }
        for change in &outcome.changes {
            let name = change.file.relative_to(root);
            let what = match (&change.renamed_to, &change.before) {
                (Some(to), _) => format!("renamed {name} to {}", to.relative_to(root)),
                (None, None) => format!("created {name}"),
                (None, Some(_)) => format!("changed {name}"),
            };
            text += &format!("  {}\n", normalize_untrusted_str(&what));
        }
    }
    if !left.is_empty() {
        let verb = if left.len() == 1 { "is" } else { "are" };
        let count = plural(left.len(), "problem");
        text += &format!("{count} {verb} left; {} shows more\n", paint(CODE, "`portolan check`"));
        let has_review = left.iter().any(|finding| !finding.fixes.is_empty());
        if has_review && !unsafe_too {
            text += &format!(
                "Some have a fix that you should review: {}\n",
                paint(CODE, "`portolan fix --unsafe --diff`")
            );
        }
    }
    text
}
