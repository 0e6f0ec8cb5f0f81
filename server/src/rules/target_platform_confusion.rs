//! `targetPlatform` where the platform is meant that the package runs on.
//!
//! ## What it does
//!
//! Looks for `stdenv.targetPlatform` in the files that make the flake's Rust packages and dev shells.
//!
//! ## Why it matters
//!
//! For whoever cross compiles, or takes the package into another package's build: in nixpkgs a package is
//! built on `buildPlatform` and runs on `hostPlatform`. `targetPlatform` is what a *compiler* makes
//! programs for. In a plain package set all three are the same, so nobody notices; in the set of build
//! tools (`buildPackages`, `nativeBuildInputs`) the package asks for the wrong platform's libraries.
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { self, nixpkgs }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     packages.x86_64-linux.default = pkgs.rustPlatform.buildRustPackage {
//!       pname = "app";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock.lockFile = ./Cargo.lock;
//!       buildInputs = pkgs.lib.optionals pkgs.stdenv.targetPlatform.isDarwin [ pkgs.libiconv ];
//!     };
//!   };
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { self, nixpkgs }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     packages.x86_64-linux.default = pkgs.rustPlatform.buildRustPackage {
//!       pname = "app";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock.lockFile = ./Cargo.lock;
//!       buildInputs = pkgs.lib.optionals pkgs.stdenv.hostPlatform.isDarwin [ pkgs.libiconv ];
//!     };
//!   };
//! }
//! ```
//!
//! ## When it stays silent
//!
//! In files that speak of `hostPlatform` as well, or of other things that only compilers have
//! (`depsTargetTarget`, `targetPackages`): they know the difference.
//!
//! ## Fix safety
//!
//! For review: the value is the same in every package set but that of build tools, where it changes to
//! what is most likely meant.
//!
//! ## References
//!
//! - <https://nixos.org/manual/nixpkgs/stable/#ssec-cross-platform-parameters>

use super::{FixKind, Rule};
use crate::{
    finding::{Finding, Fix, Severity},
    fix::toml::replace,
    project::{Project, is_rust_package},
    syntax::{
        Source,
        nix::{AttrName, EntryValue, Expr, NameId, NameKind, Operator, Parameter, Tree},
    },
    text::{FileId, Origin, Span},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "target-platform-confusion",
    summary: "`targetPlatform` where `hostPlatform` is meant",
    severity: Severity::Hint,
    fix: FixKind::Review,
    source: include_str!("target_platform_confusion.rs"),
    touches: &[],
    check,
};

const TARGET: &str = "targetPlatform";

/// Names in a file that knows what a target platform is.
const COMPILER_WORDS: &[&str] = &[
    "hostPlatform",
    "targetPackages",
    "depsBuildTarget",
    "depsTargetTarget",
    "depsTargetTargetPropagated",
    "pkgsBuildTarget",
    "pkgsTargetTarget",
    "wrapCCWith",
    "makeSetupHook",
];

fn check(project: &Project) -> Vec<Finding> {
    let mut files: Vec<FileId> = Vec::new();
    for (_, derivation) in project.derivations() {
        let is_shell = derivation.builder == crate::nix::facts::Builder::Shell;
        if is_shell || is_rust_package(derivation) {
            let literal = derivation.literal.as_ref().map(|literal| literal.file.clone());
            files.extend(literal.into_iter().chain([derivation.origin.file.clone()]));
        }
    }
    files.sort();
    files.dedup();
    files.iter().filter_map(|file| in_file(&*project.source(file)?)).collect()
}

fn in_file(source: &Source) -> Option<Finding> {
    let tree = source.nix();
    let target = tree.names().find(TARGET)?;
    if tree.is_broken() || COMPILER_WORDS.iter().any(|word| tree.names().find(word).is_some()) {
        return None;
    }
    let asked = asked(tree, target);
    let first = asked.iter().min()?;
    let origin = Origin::new(source.file().clone(), *first);
    let edits =
        occurrences(tree, target).into_iter().map(|span| replace(source.file(), span, "hostPlatform"));
    let message = "targetPlatform is what a compiler makes programs for: a package runs on hostPlatform";
    let finding = Finding::new(RULE.name, Severity::Hint, origin, message)
        .with_help("ask hostPlatform for what the package is built for")
        .with_fixes([Fix::review("Ask hostPlatform instead", edits.collect())]);
    Some(finding)
}

/// Where the platform decides something: something is asked of it, or it is compared with the machine
/// that builds.
fn asked(tree: &Tree, target: NameId) -> Vec<Span> {
    let is_target = |name: &AttrName| matches!(name.kind, NameKind::Static(id) if id == target);
    let mut spans = Vec::new();
    for (_, expr, _) in tree.expressions() {
        match expr {
            Expr::Select { base, path, .. } => {
                let at = path.iter().position(is_target);
                match (at, tree.expr(*base)) {
                    (Some(at), _) if at + 1 < path.len() => {
                        let of_tools = path.iter().take(at).any(|name| is_of_tools(tree, name));
                        spans.extend(path.get(at).filter(|_| !of_tools).map(|name| name.span));
                    }
                    (None, Expr::Variable(name)) if *name == target => spans.push(tree.span(*base)),
                    _ => {}
                }
            }
            Expr::Binary { operator: Operator::Equal | Operator::NotEqual, left, right } => {
                let ends_with = |side, name: &str| match tree.expr(side) {
                    Expr::Select { path, .. } => path.last().is_some_and(|last| is_called(tree, last, name)),
                    Expr::Variable(id) => tree.names().get(*id) == name,
                    _ => false,
                };
                let sides = [(*left, *right), (*right, *left)];
                let compared = sides
                    .into_iter()
                    .find(|(one, other)| ends_with(*one, TARGET) && ends_with(*other, "buildPlatform"));
                if let Some((side, _)) = compared {
                    let whole = tree.span(side);
                    spans.push(Span::new(whole.end() - TARGET.len(), whole.end()));
                }
            }
            Expr::Set(set) | Expr::Let { set, .. } => {
                let sources = set.entries.iter().filter_map(|entry| match entry.value {
                    EntryValue::InheritFrom(source) => Some(tree.expr(source)),
                    EntryValue::Expr(_) | EntryValue::Inherit => None,
                });
                for source in sources {
                    if let Expr::Select { path, .. } = source {
                        spans.extend(path.last().filter(|last| is_target(last)).map(|last| last.span));
                    }
                }
            }
            _ => {}
        }
    }
    spans
}

fn is_called(tree: &Tree, name: &AttrName, text: &str) -> bool {
    matches!(name.kind, NameKind::Static(id) if tree.names().get(id) == text)
}

fn is_of_tools(tree: &Tree, name: &AttrName) -> bool {
    ["buildPackages", "pkgsBuildHost", "pkgsBuildBuild"].iter().any(|set| is_called(tree, name, set))
}

/// Every place that names it: as an attribute, a variable, a parameter.
fn occurrences(tree: &Tree, target: NameId) -> Vec<Span> {
    let named =
        |name: &AttrName| matches!(name.kind, NameKind::Static(id) if id == target).then_some(name.span);
    let mut spans = Vec::new();
    for (_, expr, span) in tree.expressions() {
        match expr {
            Expr::Variable(name) if *name == target => spans.push(span),
            Expr::Select { path, .. } | Expr::HasAttr { path, .. } => {
                spans.extend(path.iter().filter_map(named));
            }
            Expr::Set(set) | Expr::Let { set, .. } => {
                spans.extend(set.entries.iter().filter_map(|entry| named(&entry.name)));
            }
            Expr::Lambda(lambda) => {
                if let Parameter::Pattern { formals, .. } = &lambda.parameter {
                    spans.extend(
                        formals.iter().filter(|formal| formal.name == target).map(|formal| formal.span),
                    );
                }
            }
            _ => {}
        }
    }
    spans.sort();
    spans.dedup();
    spans.retain(|span| span.len() == TARGET.len());
    spans
}
