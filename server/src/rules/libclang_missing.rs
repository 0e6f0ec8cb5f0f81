//! Bindings that are generated from C headers, and no libclang to read them.
//!
//! ## What it does
//!
//! Finds packages and dev shells of the flake that build a crate with bindgen in its build script, and are given neither
//! `rustPlatform.bindgenHook` nor `LIBCLANG_PATH`.
//!
//! ## Why it matters
//!
//! bindgen loads libclang when it runs. In Nix's sandbox the build fails with "Unable to find libclang", and with clang
//! alone among the inputs as well: the library stands in another output, and does not know the libc's headers.
//!
//! ## Example
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [build-dependencies]
//! bindgen = "0.72"
//! ```
//!
//! ```rust,ignore file:build.rs
//! bindgen::builder().header("app.h").generate().unwrap();
//! ```
//!
//! ```nix file:flake.nix
//! {
//!   inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
//!   outputs = { self, nixpkgs }:
//!     let
//!       pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!     in {
//!       packages.x86_64-linux.default = pkgs.rustPlatform.buildRustPackage {
//!         pname = "app";
//!         version = "0.1.0";
//!         src = ./.;
//!         cargoLock.lockFile = ./Cargo.lock;
//!       };
//!     };
//! }
//! ```
//!
//! ## Use instead
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [build-dependencies]
//! bindgen = "0.72"
//! ```
//!
//! ```nix file:flake.nix
//! {
//!   inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
//!   outputs = { self, nixpkgs }:
//!     let
//!       pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!     in {
//!       packages.x86_64-linux.default = pkgs.rustPlatform.buildRustPackage {
//!         pname = "app";
//!         version = "0.1.0";
//!         src = ./.;
//!         cargoLock.lockFile = ./Cargo.lock;
//!         nativeBuildInputs = [ pkgs.rustPlatform.bindgenHook ];
//!       };
//!     };
//! }
//! ```
//!
//! ## When it stays silent
//!
//! Where bindgen is an optional dependency that is off (most crates commit what it would generate), where the inputs are
//! not all known, and where a package builds only a part of the workspace.
//!
//! ## Fix safety
//!
//! Safe: the hook sets `LIBCLANG_PATH` and bindgen's arguments for the build, and nothing else changes.
//!
//! ## References
//!
//! - <https://rust-lang.github.io/rust-bindgen/requirements.html>
//! - <https://nixos.org/manual/nixpkgs/stable/#rust>

use super::{
    FixKind, Rule,
    native::{
        blame,
        tools::{self, Tool},
    },
};
use crate::{
    cargo::{graph::Gap, manifest::DependencyKind},
    finding::{Confidence, Finding, Severity},
    project::{Context, Project},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "libclang-missing",
    summary: "bindings that are generated from C headers, and no libclang to read them",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("libclang_missing.rs"),
    touches: &[],
    check,
};

const LIBCLANG: Tool = Tool { nix: &["bindgenHook", "libclang"], variables: &["LIBCLANG_PATH"] };

fn check(project: &Project) -> Vec<Finding> {
    let Some((who, confidence)) = needed_by(project) else { return Vec::new() };
    let findings = tools::lacking(project, &LIBCLANG).into_iter().map(|(context, derivation)| {
        let is_package = matches!(context, Context::Package(_));
        let severity = match confidence {
            Confidence::Possible => Severity::Hint,
            _ if is_package => Severity::Error,
            _ => Severity::Hint,
        };
        let message = format!("{who} runs bindgen, and {} is not given libclang", derivation.attribute);
        Finding::new(RULE.name, severity, derivation.origin.clone(), message)
            .with_confidence(confidence)
            .with_help("add rustPlatform.bindgenHook to nativeBuildInputs")
            .with_fixes(tools::add_input(project, derivation, "rustPlatform.bindgenHook"))
    });
    findings.collect()
}

/// Who runs bindgen in a build of the project, and how sure that is.
fn needed_by(project: &Project) -> Option<(String, Confidence)> {
    let graph = project.graph(&project.host);
    if graph.gaps.contains(&Gap::NoLock) {
        return directly(project);
    }
    let loads = |name: &str| {
        graph.find(name, true).any(|one| one.certainty == Confidence::Certain && !one.has_feature("static"))
    };
    if !loads("clang-sys") || !loads("bindgen") {
        return None;
    }
    let mut users = graph.users_in_build_scripts(&["bindgen"]).into_iter();
    let (user, _) = users.find(|(_, certainty)| *certainty == Confidence::Certain)?;
    let manifest = blame::manifests(project).find(|manifest| manifest.name() == Some(&user.name));
    // The program's own build script may have it for something that it seldom does.
    if let Some(manifest) = manifest
        && project.build_script_mentions(manifest, &["bindgen"]) != Some(true)
    {
        return None;
    }
    let who = match manifest {
        Some(_) => format!("{}'s build script", user.name),
        None => format!("{} ({})", user.name, graph.path_to(&user).join(" → ")),
    };
    Some((who, Confidence::Likely))
}

fn directly(project: &Project) -> Option<(String, Confidence)> {
    let mut with_bindgen =
        blame::manifests(project).filter(|manifest| {
            manifest.dependencies.iter().any(|one| {
                one.crate_name == "bindgen" && one.kind == DependencyKind::Build && !one.is_optional()
            }) && project.build_script_mentions(manifest, &["bindgen"]) == Some(true)
        });
    let manifest = with_bindgen.next()?;
    Some((format!("{}'s build script", manifest.name().unwrap_or("the package")), Confidence::Likely))
}
