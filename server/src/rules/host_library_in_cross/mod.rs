//! A library of the machine that builds in a package for another, or a build tool among its libraries.
//!
//! ## What it does
//!
//! For packages and dev shells that are made with the standard environment of another platform (`pkgsStatic`,
//! `pkgsCross.NAME`, `crossSystem`), looks at `buildInputs`: what is in there is meant for the platform of the
//! package. It finds C libraries that come from the package set of the machine that builds, and pkg-config,
//! cmake and protobuf, which have to run while it builds.
//!
//! ## Why it matters
//!
//! For whoever builds the package: the linker finds a library of the wrong machine, or a dynamic glibc library
//! for a static musl program ("file in wrong format", "attempted static link of dynamic object"). A tool in
//! `buildInputs` of a cross build is not on PATH, because nixpkgs sets `strictDeps` there: "pkg-config could not
//! be found". The same expression works when nothing is crossed, so it goes unseen until somebody else builds it.
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     packages.x86_64-linux.default = pkgs.pkgsStatic.rustPlatform.buildRustPackage {
//!       pname = "app";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock.lockFile = ./Cargo.lock;
//!       buildInputs = [ pkgs.openssl pkgs.pkg-config ];
//!     };
//!   };
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     packages.x86_64-linux.default = pkgs.pkgsStatic.rustPlatform.buildRustPackage {
//!       pname = "app";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock.lockFile = ./Cargo.lock;
//!       nativeBuildInputs = [ pkgs.pkg-config ];
//!       buildInputs = [ pkgs.pkgsStatic.openssl ];
//!     };
//!   };
//! }
//! ```
//!
//! ## When it stays silent
//!
//! Where both platforms are the same; where one of them is not known; for what `callPackage` of the cross set
//! hands out; for libraries in `nativeBuildInputs` or `depsBuildBuild`, which are for build scripts; when the
//! feature graph tells that nothing in the program needs the library or the tool; with `strictDeps = false`, as
//! far as tools are concerned.
//!
//! ## Fix safety
//!
//! Moving a tool to `nativeBuildInputs` is safe: that is right for native builds too. Taking a library from
//! another package set is for review, and not offered where a native package shares the list.
//!
//! ## References
//!
//! - <https://nixos.org/manual/nixpkgs/stable/#ssec-stdenv-dependencies>
//! - <https://nixos.org/manual/nixpkgs/stable/#sec-cross-infra>

mod fixes;
mod needs;

use super::{FixKind, Rule, support};
use crate::{
    finding::{Confidence, Finding, Severity},
    nix::facts::{Derivation, Input, Platform},
    project::Project,
};
use needs::Need;

/// The rule.
pub const RULE: Rule = Rule {
    name: "host-library-in-cross",
    summary: "a library of the machine that builds in a package for another",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("mod.rs"),
    touches: &[],
    check,
};

/// Lists whose members are for the platform of the package.
const FOR_THE_PACKAGE: [&str; 2] = ["buildInputs", "propagatedBuildInputs"];

fn check(project: &Project) -> Vec<Finding> {
    let crossed = project.derivations().filter(|(_, derivation)| derivation.platform.is_cross);
    support::once_per_place(crossed.flat_map(|(_, derivation)| {
        let libraries = for_the_package(derivation).filter_map(|input| library(project, derivation, input));
        libraries.chain(tools(project, derivation)).collect::<Vec<_>>()
    }))
}

fn for_the_package(derivation: &Derivation) -> impl Iterator<Item = &Input> {
    derivation.inputs.iter().filter(|input| FOR_THE_PACKAGE.contains(&input.via.as_str()))
}

/// A library that is not for the package's platform.
fn library(project: &Project, derivation: &Derivation, input: &Input) -> Option<Finding> {
    let triple = derivation.platform.triple.as_deref()?;
    let item = &input.item;
    if !needs::is_library(&item.attribute) || !is_of_builder(&item.platform, &derivation.platform) {
        return None;
    }
    let confidence = match needs::of_library(project, triple, &item.attribute) {
        Need::No => return None,
        Need::Yes => Confidence::Certain,
        Need::Unknown => Confidence::Likely,
    };
    let (name, own) = (&item.attribute, item.platform.triple.as_deref().unwrap_or_default());
    let message = format!(
        "{} is built for {triple} and gets {name} of {own}, the machine that builds",
        derivation.attribute
    );
    Some(
        Finding::new(RULE.name, Severity::Error, input.origin.clone(), message)
            .with_confidence(confidence)
            .with_targets([triple])
            .with_help(help(&derivation.platform, name))
            .with_fixes(fixes::from_cross_set(project, derivation, input)),
    )
}

/// Whether a package comes from the set of the machine that builds: known, and not what it should be.
fn is_of_builder(of: &Platform, wanted: &Platform) -> bool {
    let is_known = of.triple.is_some() && wanted.triple.is_some() && !of.is_cross;
    // `pkgsStatic` of a musl machine has the same triple and other libraries.
    is_known && of.triple != wanted.triple
}

fn help(platform: &Platform, name: &str) -> String {
    use crate::nix::facts::PlatformSource;
    let name = name.rsplit('.').next().unwrap_or(name);
    match &platform.how {
        PlatformSource::PkgsStatic => format!("take it from the same set: `pkgsStatic.{name}`"),
        PlatformSource::PkgsMusl => format!("take it from the same set: `pkgsMusl.{name}`"),
        PlatformSource::PkgsCross(set) => format!("take it from the same set: `pkgsCross.{set}.{name}`"),
        _ => format!("take `{name}` from the package set with `crossSystem`"),
    }
}

/// Programs that have to run while the package is built.
fn tools(project: &Project, derivation: &Derivation) -> Vec<Finding> {
    let Some(triple) = derivation.platform.triple.as_deref() else { return Vec::new() };
    let misplaced: Vec<(&Input, Need)> = for_the_package(derivation)
        .filter_map(|input| Some((input, missed_tool(project, derivation, triple, &input.item.attribute)?)))
        .collect();
    let all: Vec<&Input> = misplaced.iter().map(|(input, _)| *input).collect();
    let finding = |(input, need): &(&Input, Need)| {
        let name = &input.item.attribute;
        let message = format!(
            "{} is built for {triple}, so {name} in `{}` is not on PATH: it has to run while it builds",
            derivation.attribute, input.via
        );
        let confidence = if *need == Need::Yes { Confidence::Certain } else { Confidence::Likely };
        Finding::new(RULE.name, Severity::Error, input.origin.clone(), message)
            .with_confidence(confidence)
            .with_targets([triple])
            .with_help(format!("move {name} to `nativeBuildInputs`"))
            .with_fixes(fixes::to_native(project, derivation, input, &all))
    };
    misplaced.iter().map(finding).collect()
}

/// Whether a build misses a tool that stands among its libraries.
fn missed_tool(project: &Project, derivation: &Derivation, triple: &str, name: &str) -> Option<Need> {
    let tool = needs::tool(name)?;
    let is_there = derivation
        .inputs
        .iter()
        .any(|other| other.item.attribute == name && !FOR_THE_PACKAGE.contains(&other.via.as_str()));
    let has_strict_dependencies = fixes::binding(derivation, "strictDeps")
        .is_none_or(|binding| fixes::text(project, derivation, binding.value).trim() != "false");
    // `PROTOC = "${pkgs.protobuf}/bin/protoc"` needs no PATH.
    let is_named = derivation
        .env
        .iter()
        .any(|variable| variable.name.value().is_some_and(|known| tool.variables.contains(&known.as_str())));
    if is_there || is_named || !has_strict_dependencies {
        return None;
    }
    Some(needs::of_tool(project, triple, tool)).filter(|need| *need != Need::No)
}
