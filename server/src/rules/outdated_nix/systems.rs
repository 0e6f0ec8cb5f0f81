//! Systems that nixpkgs no longer builds for.

use super::RULE;
use crate::{
    finding::{Confidence, Finding, Fix, Severity},
    fix::toml::replace,
    project::{Project, Since},
    syntax::{
        Source,
        nix::{Expr, ExprId, Part, Tree},
    },
    text::{Origin, Span},
};

const SYSTEM: &str = "x86_64-darwin";

/// Removed from the unstable branch in June and July 2026, after the branch-off of 26.05.
const REMOVED: Since = Since::new((26, 11), (2026, 7, 15));

pub(super) fn removed(project: &Project) -> Vec<Finding> {
    let Some(flake) = &project.flake else { return Vec::new() };
    let mut outputs = flake.packages.iter().chain(&flake.shells);
    let first = outputs.find(|one| one.system.as_deref() == Some(SYSTEM));
    let Some(first) = first.filter(|_| project.nixpkgs_is_since(REMOVED) == Some(true)) else {
        return Vec::new();
    };
    let message =
        format!("nixpkgs {} no longer has {SYSTEM}: nothing can be built for it", REMOVED.release());
    let help = "leave the system out, or take its packages from nixpkgs 26.05";
    let written: Vec<Finding> = flake
        .files
        .iter()
        .filter_map(|file| project.source(file))
        .flat_map(|source| in_lists(&source))
        .map(|(origin, fix)| {
            Finding::new(RULE.name, Severity::Warning, origin, message.clone())
                .with_help(help)
                .with_fixes(fix)
        })
        .collect();
    if !written.is_empty() {
        return written;
    }
    // A list of systems from elsewhere: the flake does not say so itself.
    let finding = Finding::new(RULE.name, Severity::Hint, first.origin.clone(), message)
        .with_confidence(Confidence::Likely)
        .with_help(help);
    vec![finding]
}

/// The system in lists, with the fix that takes it out.
fn in_lists(source: &Source) -> Vec<(Origin, Option<Fix>)> {
    let tree = source.nix();
    let mut found = Vec::new();
    for (_, expr, _) in tree.expressions() {
        let Expr::List(items) = expr else { continue };
        for (index, item) in items.iter().enumerate().filter(|(_, item)| is_system(tree, **item)) {
            let span = tree.span(*item);
            let before =
                index.checked_sub(1).and_then(|index| items.get(index)).map(|item| tree.span(*item).end());
            let text = before.map(|before| source.document().slice(Span::new(before, span.start())));
            // A comment between them may belong to either.
            let start =
                before.filter(|_| text.is_some_and(|text| text.trim().is_empty())).unwrap_or(span.start());
            let edit = replace(source.file(), Span::new(start, span.end()), "");
            let fix = (items.len() > 1).then(|| Fix::review(format!("Leave {SYSTEM} out"), vec![edit]));
            found.push((Origin::new(source.file().clone(), span), fix));
        }
    }
    found.sort_by(|left, right| left.0.cmp(&right.0));
    found
}

fn is_system(tree: &Tree, item: ExprId) -> bool {
    match tree.expr(item) {
        Expr::Str(parts) => matches!(&**parts, [Part::Text { text, .. }] if &**text == SYSTEM),
        _ => false,
    }
}
