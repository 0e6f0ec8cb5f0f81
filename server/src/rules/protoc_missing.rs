//! Code that is generated from protobuf files, and no `protoc` to do it.
//!
//! ## What it does
//!
//! Finds packages and dev shells of the flake that build a crate with prost-build or tonic-build in its build script, and
//! are given neither `protobuf` nor `PROTOC`.
//!
//! ## Why it matters
//!
//! prost-build has brought no compiler of its own since 0.11. In Nix's sandbox the build fails with "Could not find
//! `protoc`", wherever one may be installed outside of it.
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
//! prost-build = "0.14"
//! ```
//!
//! ```rust,ignore file:build.rs
//! prost_build::compile_protos(&["api.proto"], &["."]).unwrap();
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
//! prost-build = "0.14"
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
//!         nativeBuildInputs = [ pkgs.protobuf ];
//!       };
//!     };
//! }
//! ```
//!
//! ## When it stays silent
//!
//! Where protox or a vendored protoc does the work, where the build script does not compile any protobuf file (the
//! generated code is committed), where the inputs are not all known, and where a package builds only a part of the
//! workspace.
//!
//! ## Fix safety
//!
//! Safe: protoc runs on the machine that builds, and nothing else changes.
//!
//! ## References
//!
//! - <https://docs.rs/prost-build/latest/prost_build/#sourcing-protoc>

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
    name: "protoc-missing",
    summary: "code that is generated from protobuf files, and no `protoc` to do it",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("protoc_missing.rs"),
    touches: &[],
    check,
};

const PROTOC: Tool = Tool { nix: &["protobuf", "protoc"], variables: &["PROTOC"] };

/// Crates that run protoc.
const GENERATORS: [&str; 3] = ["prost-build", "tonic-build", "tonic-prost-build"];

/// Crates that do without, or bring one.
const INSTEAD: [&str; 6] =
    ["protox", "protoc-bin-vendored", "protobuf-src", "protoc-prebuilt", "protoc-fetcher", "pbjson-build"];

/// What build scripts say that compile protobuf files with protoc.
const COMPILES: [&str; 4] = ["compile_protos", ".compile(", "compile_well_known", "compile_with_config"];

/// What they say when something else has parsed the files.
const WITHOUT: [&str; 5] =
    ["skip_protoc_run", "compile_fds", "protox", "file_descriptor_set_path(", "protoc_executable"];

fn check(project: &Project) -> Vec<Finding> {
    let Some((who, confidence)) = needed_by(project) else { return Vec::new() };
    let findings = tools::lacking(project, &PROTOC).into_iter().map(|(context, derivation)| {
        let is_package = matches!(context, Context::Package(_));
        let severity = match confidence {
            Confidence::Certain if is_package => Severity::Error,
            Confidence::Possible => Severity::Hint,
            _ if is_package => Severity::Warning,
            _ => Severity::Hint,
        };
        let message = format!("{who} runs protoc, and {} is not given one", derivation.attribute);
        Finding::new(RULE.name, severity, derivation.origin.clone(), message)
            .with_confidence(confidence)
            .with_help("add protobuf to nativeBuildInputs: protoc is then on PATH")
            .with_fixes(tools::add_input(project, derivation, "protobuf"))
    });
    findings.collect()
}

/// Who runs protoc in a build of the project, and how sure that is.
fn needed_by(project: &Project) -> Option<(String, Confidence)> {
    let lock = project.cargo.lock.lock();
    let is_locked = |name: &str| lock.is_some_and(|lock| lock.find(name).next().is_some());
    let depends_on = |name: &str| {
        let mut all = blame::manifests(project).flat_map(|manifest| &manifest.dependencies);
        all.any(|dependency| dependency.crate_name == name)
    };
    if INSTEAD.iter().any(|name| is_locked(name) || depends_on(name)) {
        return None;
    }
    for manifest in blame::manifests(project) {
        let generates = manifest.dependencies.iter().any(|dependency| {
            dependency.kind == DependencyKind::Build
                && !dependency.is_optional()
                && GENERATORS.contains(&dependency.crate_name.as_str())
                && !blame::version(project, dependency).starts_with("0.9")
        });
        if generates {
            let says = |words: &[&str]| project.build_script_mentions(manifest, words).unwrap_or_default();
            if says(&COMPILES) && !says(&WITHOUT) {
                let name = manifest.name().unwrap_or("the package");
                return Some((format!("{name}'s build script"), Confidence::Certain));
            }
        }
    }
    // A crate of the registry that generates its code when it is built.
    let graph = project.graph(&project.host);
    if graph.gaps.contains(&Gap::NoLock) {
        return None;
    }
    let mut users = graph.users_in_build_scripts(&GENERATORS).into_iter();
    let own: Vec<&str> = blame::manifests(project).filter_map(|manifest| manifest.name()).collect();
    let (user, _) = users
        .find(|(user, certainty)| !own.contains(&user.name.as_str()) && *certainty == Confidence::Certain)?;
    Some((format!("{} ({})", user.name, graph.path_to(&user).join(" → ")), Confidence::Likely))
}
