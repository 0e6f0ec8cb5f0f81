//! The JSON of `check`. Its shape is a promise: fields may come, none may go or change.

use serde::Serialize;

use super::{Report, url};
use crate::{
    finding::{Applicability, Confidence, Finding, Fix, Severity},
    text::{LineColumn, Origin},
};

/// Version of the shape.
const VERSION: u32 = 1;

#[derive(Debug, Serialize)]
pub(in crate::cli) struct CheckJson<'r> {
    version: u32,
    root: String,
    host: &'r str,
    targets: &'r [String],
    findings: Vec<FindingJson<'r>>,
}

/// One finding.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct FindingJson<'r> {
    rule: &'r str,
    severity: Severity,
    confidence: Confidence,
    message: &'r str,
    file: String,
    range: RangeJson,
    targets: &'r [String],
    related: Vec<RelatedJson<'r>>,
    help: &'r str,
    url: String,
    fixes: Vec<FixJson<'r>>,
}

#[derive(Debug, Serialize)]
struct RelatedJson<'r> {
    file: String,
    range: RangeJson,
    message: &'r str,
}

#[derive(Debug, Serialize)]
struct FixJson<'r> {
    title: &'r str,
    applicability: Applicability,
    edits: Vec<EditJson<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    renames: Vec<RenameJson>,
}

#[derive(Debug, Serialize)]
struct EditJson<'r> {
    file: String,
    start: usize,
    end: usize,
    text: &'r str,
}

#[derive(Debug, Serialize)]
struct RenameJson {
    from: String,
    to: String,
}

/// A place in a file: lines and columns from 1, bytes from 0.
#[derive(Clone, Copy, Debug, Serialize)]
pub(in crate::cli) struct RangeJson {
    start: PositionJson,
    end: PositionJson,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct PositionJson {
    line: usize,
    column: usize,
    byte: usize,
}

impl RangeJson {
    pub(in crate::cli) fn new(report: &Report, origin: &Origin) -> Self {
        let (start, end) = report.lines(origin);
        let position = |at: LineColumn, byte| PositionJson { line: at.line, column: at.column, byte };
        Self { start: position(start, origin.span.start()), end: position(end, origin.span.end()) }
    }
}

/// The report as JSON.
pub(in crate::cli) fn report(report: &Report) -> CheckJson<'_> {
    CheckJson {
        version: VERSION,
        root: report.root.display().to_string(),
        host: &report.host,
        targets: &report.targets,
        findings: report.findings.iter().map(|one| finding(report, one)).collect(),
    }
}

/// A finding of the report as JSON.
pub(in crate::cli) fn finding<'r>(report: &'r Report, finding: &'r Finding) -> FindingJson<'r> {
    let related = finding.all_related().map(|related| RelatedJson {
        file: report.path(&related.origin.file),
        range: RangeJson::new(report, &related.origin),
        message: &related.message,
    });
    FindingJson {
        rule: finding.rule,
        severity: finding.severity,
        confidence: finding.confidence,
        message: &finding.message,
        file: report.path(&finding.origin.file),
        range: RangeJson::new(report, &finding.origin),
        targets: &finding.targets,
        related: related.collect(),
        help: &finding.help,
        url: url(finding.rule),
        fixes: finding.fixes.iter().map(|one| fix(report, one)).collect(),
    }
}

fn fix<'r>(report: &Report, fix: &'r Fix) -> FixJson<'r> {
    let edits = fix.edits.iter().map(|edit| EditJson {
        file: report.path(&edit.file),
        start: edit.start,
        end: edit.end,
        text: &edit.text,
    });
    let renames = fix
        .renames
        .iter()
        .map(|rename| RenameJson { from: report.path(&rename.from), to: report.path(&rename.to) });
    FixJson {
        title: &fix.title,
        applicability: fix.applicability,
        edits: edits.collect(),
        renames: renames.collect(),
    }
}
