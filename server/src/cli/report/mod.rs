//! The findings of one run, and the ways to say them.

pub(super) mod github;
pub(super) mod json;
pub(super) mod sarif;
pub(super) mod text;

use std::path::PathBuf;

use super::session::Texts;
use crate::{
    finding::{Finding, Severity},
    text::{FileId, LineColumn, Origin},
};

/// What one run of `check` has to say.
#[derive(Debug)]
pub(in crate::cli) struct Report {
    /// Paths are relative to this folder.
    pub(in crate::cli) root: PathBuf,
    /// Triple of the machine that builds.
    pub(in crate::cli) host: String,
    /// Triples that the projects ship, sorted.
    pub(in crate::cli) targets: Vec<String>,
    /// Sorted by file, place and rule.
    pub(in crate::cli) findings: Vec<Finding>,
    /// The texts that they speak of.
    pub(in crate::cli) texts: Texts,
}

impl Report {
    /// A file's path for the reader.
    pub(in crate::cli) fn path(&self, file: &FileId) -> String {
        file.relative_to(&self.root)
    }

    /// Sorts the findings, and drops what two overlapping projects both said.
    pub(in crate::cli) fn sort(&mut self) {
        let root = &self.root;
        self.findings.sort_by_cached_key(|finding| {
            let place = (finding.origin.file.relative_to(root), finding.origin.span);
            (place, finding.rule, finding.message.clone(), finding.targets.clone())
        });
        self.findings.dedup();
    }

    /// How many findings are exactly this bad.
    pub(in crate::cli) fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Where a place begins and ends for a person. A file without a text has one empty line.
    fn lines(&self, origin: &Origin) -> (LineColumn, LineColumn) {
        let nowhere = LineColumn { line: 1, column: 1 };
        self.texts.get(&origin.file).map_or((nowhere, nowhere), |source| {
            let document = source.document();
            (document.line_column(origin.span.start()), document.line_column(origin.span.end()))
        })
    }

    /// The text of the line where a place begins, without the blanks around it.
    pub(in crate::cli) fn line_text(&self, origin: &Origin) -> &str {
        self.texts.get(&origin.file).map_or("", |source| {
            let document = source.document();
            document.line_text(document.line_at(origin.span.start())).trim()
        })
    }
}

/// Address of a rule's page.
fn url(rule: &str) -> String {
    crate::cli::catalog::find(rule).map(crate::cli::catalog::Entry::url).unwrap_or_default()
}

/// The word for a severity.
fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    }
}

#[cfg(test)]
mod tests;
