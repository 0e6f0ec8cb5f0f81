//! The call that an attribute set is the argument of.

use crate::{
    finding::Edit,
    fix::toml::replace,
    nix::facts::{AttributeSet, Derivation},
    project::Project,
    syntax::{
        Source,
        nix::{Expr, ExprId, NameKind, Tree},
    },
    text::{Origin, Span},
};

/// A function that is called by its path: `pkgs.rustPlatform.buildRustPackage`.
#[derive(Debug)]
struct Function {
    /// The variable that the path starts from: `pkgs`.
    base: Origin,
    /// The names behind it.
    path: Vec<String>,
}

/// The function that gets an attribute set as an argument, as it is or behind `finalAttrs:`.
fn function_of(project: &Project, set: &AttributeSet) -> Option<Function> {
    let source = project.source(&set.file)?;
    let tree = source.nix();
    let is_set = |argument: &ExprId| {
        let body = match tree.expr(*argument) {
            Expr::Lambda(lambda) => lambda.body,
            _ => *argument,
        };
        tree.span(body) == set.span
    };
    let function = tree.expressions().find_map(|(_, expr, _)| match expr {
        Expr::Apply { function, arguments } if arguments.iter().any(is_set) => Some(*function),
        _ => None,
    })?;
    written(&source, tree, function)
}

/// The function that the value of a binding is a call of: of the binding whose name stands at `key`.
fn function_of_key(project: &Project, key: &Origin) -> Option<Function> {
    let source = project.source(&key.file)?;
    let tree = source.nix();
    let value = tree.sets().find_map(|(_, set, _)| {
        set.written.iter().find(|written| written.path.contains(key.span)).and_then(|written| written.value)
    })?;
    match tree.expr(value) {
        Expr::Apply { function, .. } => written(&source, tree, *function),
        _ => None,
    }
}

fn written(source: &Source, tree: &Tree, function: ExprId) -> Option<Function> {
    let Expr::Select { base, path, .. } = tree.expr(function) else { return None };
    let Expr::Variable(_) = tree.expr(*base) else { return None };
    let names = path.iter().map(|name| match name.kind {
        NameKind::Static(name) => Some(tree.names().get(name).to_owned()),
        NameKind::Dynamic(_) => None,
    });
    let path = names.collect::<Option<Vec<String>>>()?;
    Some(Function { base: Origin::new(source.file().clone(), tree.span(*base)), path })
}

/// Takes a package from the static set of the package set that it is made with, where it is called by its
/// path: `pkgs.pkgsStatic.rustPlatform.buildRustPackage`, `pkgs.pkgsStatic.callPackage`. Only the latter
/// when other packages are made with the same attribute set.
pub(in crate::rules) fn static_set(project: &Project, package: &Derivation, is_alone: bool) -> Option<Edit> {
    let set = package.literal.as_ref()?;
    let by_path = function_of(project, set).filter(|_| is_alone).filter(|function| {
        let path: Vec<&str> = function.path.iter().map(String::as_str).collect();
        path == ["rustPlatform", "buildRustPackage"]
    });
    let called = || {
        function_of_key(project, &package.origin)
            .filter(|function| function.path.last().is_some_and(|name| name == "callPackage"))
            .filter(|function| function.path.len() == 1)
    };
    let function = by_path.or_else(called)?;
    let name = project.text_at(&function.base);
    // Another variable may be a set for another platform.
    let is_native = set.pkgs.as_deref().is_none_or(|pkgs| pkgs == name) && name.contains("pkgs");
    is_native.then(|| replace(&function.base.file, Span::at(function.base.span.end()), ".pkgsStatic"))
}
