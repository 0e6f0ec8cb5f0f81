//! The report for people: an excerpt of the source with the place marked, what to do, and how many.

use std::{ops::Range, path::Path};

use annotate_snippets::{
    AnnotationKind, Group, Level, Origin as Heading, Snippet, normalize_untrusted_str as printable,
};

use super::{Report, severity_name};
use crate::{
    cli::output::{CODE, ERROR, GOOD, HEADING, NOTE, RENDERER, WARNING, paint},
    finding::{Applicability, Confidence, Finding, Severity},
    text::{Document, Origin},
};

/// Marked places of more lines are shown by their first line.
const MAX_LINES: usize = 12;
/// Longer excerpts say more by their position alone.
const MAX_EXCERPT_BYTES: usize = 8 * 1024;

/// The findings, each with its excerpt. Paths are shown from `current`, so that a terminal opens them.
pub(in crate::cli) fn render<'f>(
    report: &Report,
    current: &Path,
    findings: impl Iterator<Item = &'f Finding>,
) -> String {
    findings.map(|finding| one(report, current, finding) + "\n\n").collect()
}

fn one(report: &Report, current: &Path, finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Hint => Level::INFO.with_name("hint"),
    };
    let title = level.primary_title(finding.message.as_str()).id(finding.rule);
    let mut main = place(Group::with_title(title), report, current, &finding.origin, AnnotationKind::Primary);
    if let Some(note) = doubt(finding.confidence) {
        main = main.element(Level::NOTE.message(note));
    }
    if !finding.help.is_empty() {
        main = main.element(Level::HELP.message(printable(&finding.help)));
    }
    for fix in &finding.fixes {
        let command = match fix.applicability {
            Applicability::Safe => "portolan fix",
            Applicability::Review => "portolan fix --unsafe",
        };
        main = main.element(
            Level::HELP.with_name("fix").message(format!("{} (`{command}`)", printable(&fix.title))),
        );
    }
    let mut groups = vec![main];
    for related in &finding.related {
        let title = Level::NOTE.secondary_title(printable(&related.message));
        let group = Group::with_title(title);
        groups.push(place(group, report, current, &related.origin, AnnotationKind::Context));
    }
    RENDERER.render(&groups)
}

fn doubt(confidence: Confidence) -> Option<&'static str> {
    match confidence {
        Confidence::Certain => None,
        Confidence::Likely => Some("this is likely, but the files do not settle it"),
        Confidence::Possible => Some("this is possible; the files do not say"),
    }
}

/// Adds the excerpt of a place, or only its position where an excerpt would not help.
fn place<'a>(
    group: Group<'a>,
    report: &'a Report,
    current: &Path,
    origin: &Origin,
    kind: AnnotationKind,
) -> Group<'a> {
    let path = printable(&origin.file.relative_to(current));
    let Some(source) = report.texts.get(&origin.file) else {
        return group.element(Heading::path(path));
    };
    let document = source.document();
    if let Some(excerpt) = excerpt(document, origin) {
        let snippet = Snippet::source(excerpt.text).line_start(excerpt.first_line + 1).path(path);
        return group.element(snippet.annotation(kind.span(excerpt.marked)));
    }
    let at = document.line_column(origin.span.start());
    group.element(Heading::path(path).line(at.line).char_column(at.column))
}

struct Excerpt<'d> {
    text: &'d str,
    /// From 0.
    first_line: usize,
    marked: Range<usize>,
}

/// The lines of a place. The renderer is given no more than these: it is linear in what it is given.
fn excerpt<'d>(document: &'d Document, origin: &Origin) -> Option<Excerpt<'d>> {
    let text = document.text();
    let start = origin.span.start().min(text.len());
    let end = origin.span.end().clamp(start, text.len());
    let first_line = document.line_at(start);
    let last_line = document.line_at(end.saturating_sub(1).max(start));
    let is_long = last_line - first_line >= MAX_LINES;
    let lines = document.line_range(first_line);
    let mut window = if is_long { lines.clone() } else { lines.start..document.line_range(last_line).end };
    // A byte order mark takes no column.
    if window.start == 0 && text.starts_with('\u{feff}') {
        window.start = '\u{feff}'.len_utf8();
    }
    let shown = text.get(window.clone())?.trim_end_matches(['\r', '\n']);
    if shown.len() > MAX_EXCERPT_BYTES || has_lone_cr(shown) {
        return None;
    }
    let marked = start.saturating_sub(window.start).min(shown.len())
        ..end.saturating_sub(window.start).min(shown.len());
    let is_whole = shown.is_char_boundary(marked.start) && shown.is_char_boundary(marked.end);
    is_whole.then_some(Excerpt { text: shown, first_line, marked })
}

/// The renderer knows no line that ends in a lone carriage return.
fn has_lone_cr(text: &str) -> bool {
    text.replace("\r\n", "\n").contains('\r')
}

/// What the closing lines count.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::cli) struct Tally {
    /// Findings that the baseline lists.
    pub(in crate::cli) known: usize,
    /// Entries of the baseline that nothing matched.
    pub(in crate::cli) gone: usize,
    /// Whether hints are shown.
    pub(in crate::cli) with_hints: bool,
}

/// The closing lines.
pub(in crate::cli) fn summary(report: &Report, tally: Tally) -> String {
    let shown: Vec<&Finding> =
        report.findings.iter().filter(|f| tally.with_hints || f.severity > Severity::Hint).collect();
    let mut lines = vec![if shown.is_empty() { clean(report) } else { counted(&shown) }];
    let hints = report.count(Severity::Hint);
    if !tally.with_hints && hints > 0 {
        let them = if hints == 1 { "it" } else { "them" };
        lines.push(format!("{} not shown; `--fail-on hint` shows {them}", plural(hints, "hint")));
    }
    if tally.known > 0 {
        lines.push(format!("{} left out: listed in the baseline", plural(tally.known, "finding")));
    }
    if tally.gone > 0 {
        let verb = if tally.gone == 1 { "is" } else { "are" };
        lines.push(format!(
            "{} of the baseline {verb} gone; write it anew with `--write-baseline`",
            plural(tally.gone, "finding")
        ));
    }
    lines.join("\n") + "\n"
}

fn clean(report: &Report) -> String {
    let targets = match report.targets.as_slice() {
        [] => String::new(),
        [one] => format!(" for {}", printable(one)),
        several => format!(" for {} targets", several.len()),
    };
    format!("{}{targets}", paint(GOOD, "No problems found"))
}

fn counted(findings: &[&Finding]) -> String {
    let levels = [Severity::Error, Severity::Warning, Severity::Hint];
    let counts = levels.into_iter().filter_map(|severity| {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        (count > 0).then(|| paint(style(severity), &plural(count, severity_name(severity))))
    });
    let counts: Vec<String> = counts.collect();
    let mut files: Vec<_> = findings.iter().map(|finding| &finding.origin.file).collect();
    files.sort();
    files.dedup();
    let fixable = |wanted| {
        let has =
            |finding: &&&Finding| finding.fixes.iter().map(|fix| fix.applicability).max() == Some(wanted);
        findings.iter().filter(has).count()
    };
    let mut line = format!("{} in {}", counts.join(", "), paint(HEADING, &plural(files.len(), "file")));
    let (safe, review) = (fixable(Applicability::Safe), fixable(Applicability::Review));
    if safe > 0 {
        line += &format!("; {safe} can be fixed with {}", paint(CODE, "`portolan fix`"));
    }
    if review > 0 {
        let more = if safe > 0 { " more" } else { "" };
        line += &format!(
            "; {review}{more} with a fix to review: {}",
            paint(CODE, "`portolan fix --unsafe --diff`")
        );
    }
    line
}

fn style(severity: Severity) -> annotate_snippets::renderer::Style {
    match severity {
        Severity::Error => ERROR,
        Severity::Warning => WARNING,
        Severity::Hint => NOTE,
    }
}

/// "1 file", "2 files".
pub(in crate::cli) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
