//! Annotations of GitHub Actions: one workflow command a finding.

use std::path::Path;

use super::Report;
use crate::finding::{Finding, Severity};

/// The findings as workflow commands. GitHub wants paths from the folder that it checked out to, which
/// is where a step runs unless it says otherwise.
pub(in crate::cli) fn render<'f>(
    report: &Report,
    current: &Path,
    findings: impl Iterator<Item = &'f Finding>,
) -> String {
    findings.map(|finding| command(report, current, finding) + "\n").collect()
}

fn command(report: &Report, current: &Path, finding: &Finding) -> String {
    let (start, end) = report.lines(&finding.origin);
    let name = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "notice",
    };
    let file = property(&finding.origin.file.relative_to(current));
    let title = property(finding.rule);
    // Columns only hold within one line.
    let columns = if start.line == end.line {
        format!(",col={},endColumn={}", start.column, end.column)
    } else {
        String::new()
    };
    let text = if finding.help.is_empty() {
        finding.message.clone()
    } else {
        format!("{}\n{}", finding.message, finding.help)
    };
    let (line, end_line, text) = (start.line, end.line, data(&text));
    format!("::{name} file={file},line={line},endLine={end_line}{columns},title={title}::{text}")
}

/// Escapes the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes one of its properties.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        assert_eq!(data("50%\r\na, b: c"), "50%25%0D%0Aa, b: c");
        assert_eq!(property("a,b:c\n"), "a%2Cb%3Ac%0A");
    }
}
