//! OpenSSL that is built from source in a Nix package without perl.
//!
//! ## What it does
//!
//! Finds packages of the flake that build `openssl-src` (the feature `vendored`) and are not given perl.
//!
//! ## Why it matters
//!
//! OpenSSL's `Configure` is a perl program. Nix's build environment has make and a compiler, but no perl: the build fails
//! with "Command 'perl' not found", after all the crates before it were compiled.
//!
//! ## Example
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [dependencies]
//! openssl = { version = "0.10", features = ["vendored"] }
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
//! [dependencies]
//! openssl = { version = "0.10", features = ["vendored"] }
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
//!         nativeBuildInputs = [ pkgs.perl ];
//!       };
//!     };
//! }
//! ```
//!
//! ## When it stays silent
//!
//! Where `OPENSSL_NO_VENDOR` makes the build take Nix's own OpenSSL, where the inputs are not all known, and where a
//! package builds only a part of the workspace.
//!
//! ## Fix safety
//!
//! Safe: perl runs on the machine that builds, and nothing else changes.
//!
//! ## References
//!
//! - <https://docs.rs/openssl/latest/openssl/#vendored>

use super::{
    FixKind, Rule,
    native::{
        self, blame,
        tools::{self, Tool},
    },
};
use crate::{
    cargo::graph::Gap,
    finding::{Confidence, Finding, Severity},
    project::{Context, Project},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "vendored-build-tools-missing",
    summary: "OpenSSL that is built from source in a Nix package without perl",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("vendored_build_tools_missing.rs"),
    touches: &[],
    check,
};

const PERL: Tool = Tool { nix: &["perl", "perlPackages"], variables: &["OPENSSL_NO_VENDOR"] };

fn check(project: &Project) -> Vec<Finding> {
    let Some(confidence) = builds_openssl(project) else { return Vec::new() };
    let packages = tools::lacking(project, &PERL).into_iter().filter(|(context, package)| {
        matches!(context, Context::Package(_)) && !tools::changes_features(package)
    });
    let findings = packages.map(|(_, package)| {
        let message = format!(
            "OpenSSL is built from source, which runs perl, and {} is not given it",
            package.attribute
        );
        Finding::new(RULE.name, Severity::Error, package.origin.clone(), message)
            .with_confidence(confidence)
            .with_help("add perl to nativeBuildInputs")
            .with_fixes(tools::add_input(project, package, "perl"))
    });
    findings.collect()
}

/// Whether the build for a target of a Nix package builds OpenSSL, and how sure that is.
fn builds_openssl(project: &Project) -> Option<Confidence> {
    let no_vendor = "OPENSSL_NO_VENDOR";
    if project.cargo.config.env.iter().any(|entry| entry.name.value == no_vendor) {
        return None;
    }
    let triples = native::targets(project);
    triples.iter().find_map(|triple| {
        let graph = project.graph(triple);
        if graph.gaps.contains(&Gap::NoLock) {
            return asks_directly(project).then_some(Confidence::Likely);
        }
        let mut sources = graph.find("openssl-src", true).chain(graph.find("openssl-src", false));
        sources.any(|one| one.certainty == Confidence::Certain).then_some(Confidence::Certain)
    })
}

fn asks_directly(project: &Project) -> bool {
    let mut dependencies = blame::manifests(project).flat_map(|manifest| &manifest.dependencies);
    dependencies.any(|dependency| {
        ["openssl", "openssl-sys", "native-tls"].contains(&dependency.crate_name.as_str())
            && !dependency.is_optional()
            && dependency.has_feature("vendored")
    })
}
