//! Changes as a unified diff that `git apply` and `patch -p1` take.

use std::path::Path;

use similar::TextDiff;

use super::output::{ERROR, FAINT, GOOD, HEADING, paint};
use crate::fix::FileChange;

/// Lines around a change.
const CONTEXT: usize = 3;

/// All changes, with paths relative to `root`.
pub(super) fn unified(changes: &[FileChange], root: &Path) -> String {
    changes.iter().map(|change| one(change, root)).collect()
}

fn one(change: &FileChange, root: &Path) -> String {
    let old = change.file.relative_to(root);
    let new = change.renamed_to.as_ref().unwrap_or(&change.file).relative_to(root);
    let before = change.before.as_deref().unwrap_or_default();
    let mut text = String::new();
    if change.renamed_to.is_some() {
        text += &format!("diff --git a/{old} b/{new}\nrename from {old}\nrename to {new}\n");
    }
    if before == change.after {
        return text;
    }
    let old = if change.before.is_some() { format!("a/{old}") } else { "/dev/null".to_owned() };
    // Only LF ends a line of a diff: a lone CR is a character, and CR LF keeps its CR.
    let lines = |text| str::split_inclusive(text, '\n').collect::<Vec<_>>();
    let (before, after) = (lines(before), lines(&change.after));
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&before, &after);
    text += &diff.unified_diff().context_radius(CONTEXT).header(&old, &format!("b/{new}")).to_string();
    text
}

/// The diff with colours; every line keeps its end.
pub(super) fn colored(diff: &str) -> String {
    let line = |line: &str| {
        let text = line.trim_end_matches('\n');
        let style = match text.as_bytes().first() {
            _ if text.starts_with("+++ ") || text.starts_with("--- ") || text.starts_with("diff ") => HEADING,
            Some(b'+') => GOOD,
            Some(b'-') => ERROR,
            Some(b'@') => FAINT,
            _ => return line.to_owned(),
        };
        paint(style, text) + &line[text.len()..]
    };
    diff.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    fn change(before: Option<&str>, after: &str, renamed_to: Option<&str>) -> String {
        let change = FileChange {
            file: FileId::new("/project/a.toml"),
            before: before.map(Into::into),
            after: after.to_owned(),
            renamed_to: renamed_to.map(FileId::new),
        };
        unified(&[change], Path::new("/project"))
    }

    #[test]
    fn a_changed_line_shows_with_its_surroundings_and_line_ends() {
        assert_eq!(
            change(Some("a\r\nb\r\nc\r\n"), "a\r\nB\r\nc\r\n", None),
            "--- a/a.toml\n+++ b/a.toml\n@@ -1,3 +1,3 @@\n a\r\n-b\r\n+B\r\n c\r\n"
        );
    }

    #[test]
    fn a_missing_last_line_end_is_said() {
        let diff = change(Some("a"), "b", None);
        assert!(
            diff.ends_with("-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"),
            "{diff}"
        );
    }

    #[test]
    fn new_files_and_renames_have_headers() {
        assert!(change(None, "a\n", None).starts_with("--- /dev/null\n+++ b/a.toml\n@@ -0,0 +1 @@\n+a\n"));
        assert_eq!(
            change(Some("a\n"), "a\n", Some("/project/b.toml")),
            "diff --git a/a.toml b/b.toml\nrename from a.toml\nrename to b.toml\n"
        );
    }
}
