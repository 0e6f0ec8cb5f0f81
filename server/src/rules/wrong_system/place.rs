//! Where a system is written out.

use crate::{
    finding::Fix,
    fix::toml::replace,
    project::Project,
    syntax::{
        Source,
        nix::{Expr, NameKind, Parameter, Part, Set, Tree},
    },
    text::{Origin, Span},
};

/// A system's name in the text.
pub(super) struct Literal {
    pub(super) origin: Origin,
    /// Takes the system of the output instead, where that has a name.
    pub(super) fix: Option<Fix>,
}

/// Attributes of flakes that hold something for each system.
const KINDS: &[&str] = &["packages", "legacyPackages", "defaultPackage", "lib", "devShells", "apps"];

/// The one place that picks packages of this system: of several the one inside a function of the system.
pub(super) fn of_system(project: &Project, system: &str) -> Option<Literal> {
    let files = project.flake.iter().flat_map(|flake| &flake.files);
    let mut inside = Vec::new();
    let mut outside = Vec::new();
    for source in files.filter_map(|file| project.source(file)) {
        for (literal, is_inside) in in_file(&source, system) {
            if is_inside { inside.push(literal) } else { outside.push(literal) }
        }
    }
    let found = if inside.is_empty() { &mut outside } else { &mut inside };
    if found.len() == 1 { found.pop() } else { None }
}

fn in_file(source: &Source, system: &str) -> Vec<(Literal, bool)> {
    let tree = source.nix();
    let functions = functions_of_system(tree);
    let mut found = Vec::new();
    for (_, expr, _) in tree.expressions() {
        match expr {
            Expr::Select { path, .. } => {
                for pair in path.windows(2) {
                    let [kind, name] = pair else { continue };
                    let (NameKind::Static(kind), NameKind::Static(id)) = (kind.kind, name.kind) else {
                        continue;
                    };
                    if KINDS.contains(&tree.names().get(kind)) && tree.names().get(id) == system {
                        found.push((name.span, name.span, "${system}"));
                    }
                }
            }
            Expr::Set(set) | Expr::Let { set, .. } => {
                found.extend(
                    binding(source, tree, set, system)
                        .map(|(value, whole)| (value, whole, "inherit system;")),
                );
            }
            _ => {}
        }
    }
    let literal = |(span, replaced, text): (Span, Span, &str)| {
        let is_inside = functions.iter().any(|body| body.contains(span));
        let edit = replace(source.file(), replaced, text);
        let fix = is_inside.then(|| Fix::review("Take the output's own system", vec![edit]));
        (Literal { origin: Origin::new(source.file().clone(), span), fix }, is_inside)
    };
    found.into_iter().map(literal).collect()
}

/// `system = "x86_64-linux";` as nixpkgs gets it: the value, and the binding.
fn binding(source: &Source, tree: &Tree, set: &Set, system: &str) -> Option<(Span, Span)> {
    let path = |span: Span| source.document().slice(span);
    // A machine of NixOS is one machine.
    if set.written.iter().any(|written| path(written.path) == "modules") {
        return None;
    }
    let written = set.written.iter().find(|written| path(written.path) == "system")?;
    match tree.expr(written.value?) {
        Expr::Str(parts) => match &**parts {
            [Part::Text { text, .. }] if &**text == system => Some((written.value_span, written.span)),
            _ => None,
        },
        _ => None,
    }
}

/// The bodies of functions that take a `system`.
fn functions_of_system(tree: &Tree) -> Vec<Span> {
    let Some(system) = tree.names().find("system") else { return Vec::new() };
    let takes = |parameter: &Parameter| match parameter {
        Parameter::Name(name) => *name == system,
        Parameter::Pattern { formals, .. } => formals.iter().any(|formal| formal.name == system),
    };
    let bodies = tree.expressions().filter_map(|(_, expr, _)| match expr {
        Expr::Lambda(lambda) if takes(&lambda.parameter) => Some(tree.span(lambda.body)),
        _ => None,
    });
    bodies.collect()
}
