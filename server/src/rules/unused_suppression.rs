//! A suppression that suppresses nothing.
//!
//! ## What it does
//!
//! Finds `# portolan: allow(…)` comments, and entries of `[diagnostics.severity]` in portolan.toml, that
//! name no rule or cover no finding.
//!
//! ## Why it matters
//!
//! For whoever reads the file next: the comment says that something is wrong here and that somebody has
//! decided about it. When that is no longer so, it hides the next mistake on the same line.
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! # portolan: allow(missing-linker) linked in CI
//! [build]
//! target = "x86_64-unknown-linux-gnu"
//! ```
//!
//! ## Use instead
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-gnu"
//! ```
//!
//! ## When it stays silent
//!
//! While a file that the finding depends on could not be read.
//!
//! ## Fix safety
//!
//! Safe: the comment goes; what follows the closing parenthesis goes with it.

use super::{FixKind, Rule};
use crate::{
    finding::{Edit, Finding, Fix, Severity},
    fix,
    project::{Project, Suppression},
    text::Span,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "unused-suppression",
    summary: "a suppression that suppresses nothing",
    severity: Severity::Warning,
    fix: FixKind::Safe,
    source: include_str!("unused_suppression.rs"),
    touches: &[],
    check: unknown_names,
};

/// Names in `[diagnostics.severity]` that no rule has. The comments are checked when the findings are
/// known, by [`unused`].
fn unknown_names(project: &Project) -> Vec<Finding> {
    let entries = project.cargo.portolan.severity.iter();
    let unknown = entries.filter(|(name, _)| super::find(&name.value).is_none());
    let findings = unknown.map(|(name, _)| {
        let message = format!("there is no rule `{}`", name.value);
        Finding::new(RULE.name, Severity::Warning, name.origin.clone(), message)
            .with_help("`portolan rules` lists them")
    });
    findings.collect()
}

/// The finding for a suppression that covered nothing.
pub(crate) fn unused(project: &Project, suppression: &Suppression) -> Finding {
    let name = &suppression.rule;
    let message = match super::find(name) {
        Some(_) => format!("nothing here needs `allow({name})`"),
        None => format!("there is no rule `{name}`"),
    };
    Finding::new(RULE.name, Severity::Warning, suppression.origin.clone(), message)
        .with_help("remove it, so that it hides no later mistake")
        .with_fixes(remove(project, suppression).map(|edit| Fix::safe("Remove the suppression", vec![edit])))
}

fn remove(project: &Project, suppression: &Suppression) -> Option<Edit> {
    let source = project.source(&suppression.origin.file)?;
    let document = source.document();
    if suppression.names > 1 {
        // One name of several: with the comma behind it, or the one before it.
        let span = suppression.origin.span;
        let behind = document.slice(Span::new(span.end(), suppression.comment.end()));
        let gap = behind.len() - behind.trim_start().len();
        if let Some(rest) = behind.trim_start().strip_prefix(',') {
            let end = span.end() + gap + 1 + (rest.len() - rest.trim_start().len());
            return Some(fix::toml::replace(source.file(), Span::new(span.start(), end), ""));
        }
        let before = document.slice(Span::new(suppression.comment.start(), span.start()));
        let start = suppression.comment.start() + before.rfind(',')?;
        return Some(fix::toml::replace(source.file(), Span::new(start, span.end()), ""));
    }
    let line = document.line_range(document.line_at(suppression.comment.start()));
    let before = document.slice(Span::new(line.start, suppression.comment.start()));
    let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
    if before.trim_matches(['\u{feff}', ' ', '\t']).is_empty() {
        return Some(fix::toml::remove_lines(document, suppression.comment));
    }
    let span = Span::new(suppression.comment.start() - blanks, suppression.comment.end());
    Some(fix::toml::replace(source.file(), span, ""))
}
