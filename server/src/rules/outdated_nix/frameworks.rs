//! `darwin.apple_sdk`: stubs since nixpkgs 24.11, gone since 25.11.

use std::collections::BTreeMap;

use super::RULE;
use crate::{
    finding::{Confidence, Edit, Finding, Fix, Severity},
    fix::toml::replace,
    nix::facts::Input,
    project::{Project, Since},
    syntax::{
        Source,
        nix::{Expr, ExprId, Operator, Tree},
    },
    text::{FileId, Origin, Span},
};

const STUBS: Since = Since::new((24, 11), (2024, 11, 15));
const REMOVED: Since = Since::new((25, 11), (2025, 8, 25));

pub(super) fn stubs(project: &Project) -> Vec<Finding> {
    let is_stub = project.nixpkgs_is_since(STUBS);
    if is_stub == Some(false) {
        return Vec::new();
    }
    let is_removed = project.nixpkgs_is_since(REMOVED) == Some(true);
    let mut places: BTreeMap<FileId, Vec<Span>> = BTreeMap::new();
    let derivations = project.derivations().map(|(_, derivation)| derivation);
    for input in derivations.flat_map(|derivation| &derivation.inputs).filter(|input| is_framework(input)) {
        let spans = places.entry(input.origin.file.clone()).or_default();
        if !spans.contains(&input.origin.span) {
            spans.push(input.origin.span);
        }
    }
    let mut findings = Vec::new();
    for (file, mut spans) in places {
        spans.sort();
        let Some(source) = project.source(&file) else { continue };
        for (list, spans) in by_list(source.nix(), &spans) {
            let Some(first) = spans.first() else { continue };
            let (severity, confidence) = match (is_removed, is_stub) {
                (true, _) => (Severity::Error, Confidence::Certain),
                (false, Some(true)) => (Severity::Hint, Confidence::Certain),
                (false, _) => (Severity::Hint, Confidence::Likely),
            };
            let message = match is_removed {
                true => format!(
                    "darwin.apple_sdk is gone: with the nixpkgs in flake.lock ({} or newer) this does not evaluate on macOS",
                    REMOVED.release()
                ),
                false => format!(
                    "darwin.apple_sdk does nothing since nixpkgs {}, and is gone in {}",
                    STUBS.release(),
                    REMOVED.release()
                ),
            };
            let mut finding = Finding::new(RULE.name, severity, Origin::new(file.clone(), *first), message)
                .with_confidence(confidence)
                .with_help("leave the frameworks out: macOS's SDK is in every build")
                .with_fixes(list.and_then(|list| remove(&source, list, &spans)));
            for other in spans.iter().skip(1) {
                finding = finding.with_related(Origin::new(file.clone(), *other), "and here");
            }
            findings.push(finding);
        }
    }
    findings
}

fn is_framework(input: &Input) -> bool {
    input.item.attribute.starts_with("darwin.apple_sdk")
}

/// Frameworks by the list that they are written in.
fn by_list(tree: &Tree, spans: &[Span]) -> Vec<(Option<ExprId>, Vec<Span>)> {
    let lists: Vec<(ExprId, &[ExprId])> = tree
        .expressions()
        .filter_map(|(id, expr, _)| match expr {
            Expr::List(items) => Some((id, &**items)),
            _ => None,
        })
        .collect();
    let mut groups: Vec<(Option<ExprId>, Vec<Span>)> = Vec::new();
    for span in spans {
        let list = lists.iter().find(|(_, items)| items.iter().any(|item| tree.span(*item) == *span));
        let list = list.map(|(id, _)| *id);
        match groups.iter_mut().find(|(known, _)| *known == list && list.is_some()) {
            Some((_, known)) => known.push(*span),
            None => groups.push((list, vec![*span])),
        }
    }
    groups
}

/// Takes frameworks out of their list; a list that holds nothing else goes with the `++` before it.
fn remove(source: &Source, list: ExprId, spans: &[Span]) -> Option<Fix> {
    let tree = source.nix();
    let Expr::List(items) = tree.expr(list) else { return None };
    let title = "Leave the frameworks out";
    if items.len() == spans.len()
        && let Some(whole) = joined(tree, list).filter(|whole| is_balanced(source.document().slice(*whole)))
    {
        let has_comment = tree.comments.iter().any(|comment| whole.contains(*comment));
        let edit = replace(source.file(), whole, "");
        return (!has_comment).then(|| Fix::review(title, vec![edit]));
    }
    let edits = spans.iter().map(|span| {
        let index = items.iter().position(|item| tree.span(*item) == *span)?;
        let before = index.checked_sub(1).and_then(|index| items.get(index));
        let start = before.map_or(tree.span(list).start() + 1, |before| tree.span(*before).end());
        let gap = source.document().slice(Span::new(start, span.start()));
        let parentheses = gap.trim_start().starts_with(')') || gap.trim_end().ends_with('(');
        let start = if gap.trim().is_empty() { start } else { span.start() };
        let gone = own_line(source, *span).unwrap_or(Span::new(start, span.end()));
        (!parentheses).then(|| replace(source.file(), gone, ""))
    });
    Some(Fix::review(title, edits.collect::<Option<Vec<Edit>>>()?))
}

/// The line of a place that stands alone on it.
fn own_line(source: &Source, span: Span) -> Option<Span> {
    let document = source.document();
    let line = document.line_at(span.start());
    let range = document.line_range(line);
    let is_alone = document.line_text(line).trim() == document.slice(span);
    is_alone.then(|| Span::new(range.start, range.end))
}

/// Whether a text begins with `++` and each parenthesis in it has its other half.
fn is_balanced(text: &str) -> bool {
    let count = |wanted: char| text.chars().filter(|character| *character == wanted).count();
    text.trim_start().starts_with("++") && count('(') == count(')')
}

/// `++ optionals isDarwin (with …; [ … ])`, from behind what it is joined to.
fn joined(tree: &Tree, list: ExprId) -> Option<Span> {
    let mut whole = list;
    // Around the list stand `with`, a call of `optionals`, and no more.
    for _ in 0..3 {
        let outer = tree.expressions().find(|(_, expr, _)| match expr {
            Expr::With { body, .. } => *body == whole,
            Expr::Apply { arguments, .. } => arguments.last() == Some(&whole),
            _ => false,
        });
        match outer {
            Some((outer, _, _)) => whole = outer,
            None => break,
        }
    }
    tree.expressions().find_map(|(_, expr, span)| match expr {
        Expr::Binary { operator: Operator::Concat, left, right } if *right == whole => {
            // Parentheses around either side belong to no expression.
            let (left, right) = (tree.span(*left), tree.span(whole));
            (span.end() == right.end() && span.start() <= left.start())
                .then(|| Span::new(left.end(), right.end()))
        }
        _ => None,
    })
}
