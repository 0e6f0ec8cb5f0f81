//! Names for a cross build that are true for a native one, and the reverse.

use super::RULE;
use crate::{
    finding::{Confidence, Finding, Fix, Severity},
    fix::toml::replace,
    nix::facts::Builder,
    project::{Project, is_rust_package},
    syntax::{
        Source,
        nix::{Expr, ExprId, NameKind, Operator, Tree, Written},
    },
    text::{FileId, Origin, Span},
};

const CROSS: &[&str] = &[
    "isCross",
    "isCrossCompiling",
    "isCrossCompile",
    "isCrossBuild",
    "crossCompiling",
    "isCrossCompilation",
];
const NATIVE: &[&str] = &["isNative", "isNativeBuild"];
const PLATFORMS: &[&str] = &["buildPlatform", "hostPlatform", "targetPlatform"];

pub(super) fn names(project: &Project) -> Vec<Finding> {
    let mut files: Vec<FileId> = Vec::new();
    for (_, derivation) in project.derivations() {
        if derivation.builder == Builder::Shell || is_rust_package(derivation) {
            let literal = derivation.literal.as_ref().map(|literal| literal.file.clone());
            files.extend(literal.into_iter().chain([derivation.origin.file.clone()]));
        }
    }
    files.sort();
    files.dedup();
    files.iter().filter_map(|file| project.source(file)).flat_map(|source| in_file(&source)).collect()
}

fn in_file(source: &Source) -> Vec<Finding> {
    let tree = source.nix();
    if tree.is_broken() {
        return Vec::new();
    }
    let sets = tree.expressions().filter_map(|(id, _, _)| tree.set(id));
    sets.flat_map(|set| &set.written).filter_map(|written| inverted(source, tree, written)).collect()
}

fn inverted(source: &Source, tree: &Tree, written: &Written) -> Option<Finding> {
    let name = source.document().slice(written.path);
    let Expr::Binary { operator, left, right } = tree.expr(written.value?) else { return None };
    let (wrong, right_one, is) = match operator {
        Operator::Equal if CROSS.contains(&name) => ("==", "!=", "native"),
        Operator::NotEqual if NATIVE.contains(&name) => ("!=", "==", "cross"),
        _ => return None,
    };
    let (one, other) = (platform(tree, *left)?, platform(tree, *right)?);
    if one == other {
        return None;
    }
    let file = source.file();
    let between = Span::new(tree.span(*left).end(), tree.span(*right).start());
    let at = between.start() + source.document().slice(between).find(wrong)?;
    let fix = Fix::review(
        format!("Compare with {right_one}"),
        vec![replace(file, Span::new(at, at + wrong.len()), right_one)],
    );
    let origin = Origin::new(file.clone(), written.value_span);
    let message = format!(
        "{name} is true for {is} builds: {one} and {other} are compared with {wrong}, so what it decides (doCheck, completions) is upside down"
    );
    let finding = Finding::new(RULE.name, Severity::Warning, origin, message)
        .with_confidence(Confidence::Likely)
        .with_help("compare with the other operator; better still, ask `stdenv.buildPlatform.canExecute stdenv.hostPlatform`")
        .with_fixes([fix]);
    Some(finding)
}

/// Which platform of a package set an expression is, or speaks of.
fn platform(tree: &Tree, expr: ExprId) -> Option<&'static str> {
    let named = |name: &str| PLATFORMS.iter().find(|platform| **platform == name).copied();
    match tree.expr(expr) {
        Expr::Variable(name) => named(tree.names().get(*name)),
        Expr::Select { base, path, .. } => {
            let of_path = path.iter().find_map(|name| match name.kind {
                NameKind::Static(id) => named(tree.names().get(id)),
                NameKind::Dynamic(_) => None,
            });
            of_path.or_else(|| platform(tree, *base))
        }
        _ => None,
    }
}
