//! A macOS package for other machines that loads a library from the Nix store.
//!
//! ## What it does
//!
//! Looks at Rust packages for macOS that are meant to leave the machine: called `*-static`, `*-portable`,
//! `dist`, `dist-*`, `release` or `release-*`, or copied out of their build by an app of the flake or by a
//! workflow in `.github/workflows`. It reports those that nothing frees of Nix's `libiconv.2.dylib`.
//!
//! ## Why it matters
//!
//! For whoever runs it elsewhere: Rust's standard library links libiconv, and in Nix that is
//! `/nix/store/…/libiconv.2.dylib`. The program ends with "dyld: Library not loaded". macOS has the same
//! library in `/usr/lib`.
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { self, nixpkgs }: let
//!     pkgs = nixpkgs.legacyPackages.aarch64-darwin;
//!   in {
//!     packages.aarch64-darwin.app-portable = pkgs.rustPlatform.buildRustPackage {
//!       pname = "app";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock.lockFile = ./Cargo.lock;
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
//!     pkgs = nixpkgs.legacyPackages.aarch64-darwin;
//!   in {
//!     packages.aarch64-darwin.app-portable = pkgs.rustPlatform.buildRustPackage {
//!       pname = "app";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock.lockFile = ./Cargo.lock;
//!       postInstall = ''
//!         install_name_tool -change ${pkgs.libiconv}/lib/libiconv.2.dylib /usr/lib/libiconv.2.dylib $out/bin/app
//!       '';
//!     };
//!   };
//! }
//! ```
//!
//! In `postInstall`, because the fixup that comes next signs the changed program again. `otool -L` shows
//! which other libraries come from the store: each needs a line, or a static build.
//!
//! ## When it stays silent
//!
//! Where a phase calls `install_name_tool` or speaks of libraries (`otool`, `.dylib`), where a static
//! libiconv is given, for `pkgsStatic`, for packages linked by zig, and for those of which not everything is
//! known.
//!
//! ## Fix safety
//!
//! For review: libraries besides libiconv need the same, and only the built program shows them.
//!
//! ## References
//!
//! - <https://nixos.org/manual/nixpkgs/stable/#sec-darwin>

use super::{FixKind, Rule, nix_support as nix};
use crate::{
    finding::{Confidence, Finding, Fix, Severity},
    knowledge::{self, Target},
    nix::facts::{Builder, Derivation, Known},
    project::Project,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "nix-store-dylib",
    summary: "a macOS package for other machines that loads a library from the Nix store",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("nix_store_dylib.rs"),
    touches: &[],
    check,
};

/// Words in phases and variables of those who have thought about it.
const HANDLED: &[&str] = &["install_name_tool", "otool", ".dylib", "dylibbundler", "libiconv"];

fn check(project: &Project) -> Vec<Finding> {
    let shipping = nix::Shipping::of(project);
    let mut findings: Vec<Finding> = Vec::new();
    for (_, package) in nix::rust_packages(project) {
        let Some(target) = apple_target(package).filter(|_| loads_from_store(package)) else { continue };
        let Some(shipped) = shipping.why(package) else { continue };
        if let Some(known) = findings.iter_mut().find(|known| known.origin == package.origin) {
            known.targets.push(target.triple.to_owned());
            continue;
        }
        let message = format!(
            "{} {}, but loads libiconv from the Nix store: it starts on no Mac without Nix",
            nix::name_of(package),
            shipped.phrase()
        );
        let may_change = nix::is_alone(project, package, |other| shipping.why(other).is_some());
        let finding = Finding::new(RULE.name, Severity::Warning, package.origin.clone(), message)
            .with_confidence(Confidence::Likely)
            .with_targets([target.triple])
            .with_help(
                "change the path in postInstall with `install_name_tool -change`, once for each library that `otool -L` shows in the store",
            )
            .with_fixes(may_change.then(|| change_path(project, package)).flatten());
        findings.push(match shipped {
            nix::Shipped::Copied { origin, .. } => finding.with_related(origin, "copied here"),
            nix::Shipped::Named(_) => finding,
        });
    }
    findings
}

/// The target of a package that is built for macOS on macOS.
fn apple_target(package: &Derivation) -> Option<&'static Target> {
    let triples = nix::triples(package);
    let [triple] = triples.as_slice() else { return None };
    let is_here = package.system.as_deref().is_none_or(|system| system.ends_with("-darwin"));
    let target = knowledge::target(triple).filter(|_| is_here && package.targets.len() <= 1)?;
    (target.os == "macos").then_some(target)
}

fn loads_from_store(package: &Derivation) -> bool {
    let is_plain = matches!(package.builder, Builder::BuildRustPackage | Builder::Crane | Builder::Naersk)
        && matches!(package.function.as_str(), "buildRustPackage" | "buildPackage")
        && package.complete
        && package.platform.is_static == Known::Value(false);
    let is_handled = || {
        HANDLED.iter().any(|word| nix::is_told_of(package, word))
            || package.inputs.iter().any(|input| {
                let attribute = input.item.attribute.as_str();
                input.item.platform.is_static == Known::Value(true)
                    || attribute.contains("fixDarwinDylibNames")
            })
            || package.phases.iter().any(|phase| nix::may_say_more(&phase.text))
    };
    is_plain && !is_handled()
}

/// Points the program to the system's library, before the fixup signs it again.
fn change_path(project: &Project, package: &Derivation) -> Option<Fix> {
    let set = package.literal.as_ref()?;
    let pkgs = set.pkgs.as_deref()?;
    let mut sharing = project.derivations().filter(|(_, other)| other.literal == package.literal);
    let only_apple = sharing.all(|(_, other)| {
        other.platform.triple.as_deref().and_then(knowledge::target).is_some_and(Target::is_apple)
    });
    let lines = nix::Lines {
        phase: "postInstall",
        condition: (!only_apple).then(|| format!("{pkgs}.stdenv.hostPlatform.isDarwin")),
        pkgs,
        text: vec![
            "for program in $out/bin/*; do".to_owned(),
            format!(
                "  install_name_tool -change ${{{pkgs}.libiconv}}/lib/libiconv.2.dylib /usr/lib/libiconv.2.dylib \"$program\""
            ),
            "done".to_owned(),
        ],
    };
    let source = project.source(&set.file)?;
    let edit = nix::add_lines(source.document(), set, &lines)?;
    Some(Fix::review("Load libiconv from the system, in postInstall", vec![edit]))
}
