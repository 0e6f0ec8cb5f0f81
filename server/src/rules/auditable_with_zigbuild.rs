//! cargo-auditable around cargo-zigbuild, which do not go together before cargo-auditable 0.7.3.
//!
//! ## What it does
//!
//! Looks for packages made with `buildRustPackage` whose phases call cargo-zigbuild, without
//! `auditable = false`.
//!
//! ## Why it matters
//!
//! For whoever builds: `buildRustPackage` puts cargo-auditable around cargo unless told otherwise, and
//! versions before 0.7.3 give zig's linker a flag that it does not take. The build ends in the link step.
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
//!       nativeBuildInputs = [ pkgs.cargo-zigbuild ];
//!       buildPhase = "cargo zigbuild --release --target aarch64-unknown-linux-musl";
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
//!       nativeBuildInputs = [ pkgs.cargo-zigbuild ];
//!       buildPhase = "cargo zigbuild --release --target aarch64-unknown-linux-musl";
//!       auditable = false;
//!     };
//!   };
//! }
//! ```
//!
//! ## When it stays silent
//!
//! With a nixpkgs that has cargo-auditable 0.7.3 (26.05, or unstable since April 2026, by `flake.lock`),
//! with crane and naersk, which do not use it, and for packages whose attributes are not all known.
//!
//! ## Fix safety
//!
//! For review: the program then lacks the list of its dependencies that `cargo audit bin` reads.
//!
//! ## References
//!
//! - <https://github.com/rust-secure-code/cargo-auditable/issues/179>
//! - <https://github.com/rust-secure-code/cargo-auditable/releases/tag/v0.7.3>

use super::{FixKind, Rule, nix_support as nix};
use crate::{
    finding::{Confidence, Finding, Fix, Severity},
    fix,
    nix::facts::Derivation,
    project::{Project, Since},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "auditable-with-zigbuild",
    summary: "cargo-auditable around cargo-zigbuild",
    severity: Severity::Hint,
    fix: FixKind::Review,
    source: include_str!("auditable_with_zigbuild.rs"),
    touches: &[],
    check,
};

/// nixpkgs with cargo-auditable 0.7.3, of March 2026.
const MENDED: Since = Since::new((26, 5), (2026, 4, 1));

fn check(project: &Project) -> Vec<Finding> {
    let mended = project.nixpkgs_is_since(MENDED);
    if mended == Some(true) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (_, package) in nix::rust_packages(project) {
        if !meets_zigbuild(package) {
            continue;
        }
        let phase = package.phases.iter().find(|phase| nix::mentions(&phase.text, "zigbuild"));
        let Some(phase) = phase.filter(|phase| nix::is_new(&findings, &phase.origin)) else { continue };
        let message = format!(
            "{} calls cargo-zigbuild under cargo-auditable, which before 0.7.3 fails to link",
            nix::name_of(package)
        );
        let likely = if mended == Some(false) { Confidence::Likely } else { Confidence::Possible };
        let finding = Finding::new(RULE.name, Severity::Hint, phase.origin.clone(), message)
            .with_confidence(likely)
            .with_targets(nix::triples(package))
            .with_help("set `auditable = false;`")
            .with_fixes(turn_off(project, package));
        findings.push(finding);
    }
    findings
}

fn meets_zigbuild(package: &Derivation) -> bool {
    let is_auditable = match nix::setting(package, "auditable") {
        None => true,
        Some(_) => nix::switch(package, "auditable") == Some(true),
    };
    package.function == "buildRustPackage"
        && package.complete
        && is_auditable
        // Somebody has thought about it.
        && !nix::is_told_of(package, "auditable")
}

fn turn_off(project: &Project, package: &Derivation) -> Option<Fix> {
    let set = package.literal.as_ref()?;
    let source = project.source(&set.file)?;
    let edit = fix::nix::add_attribute(source.document(), set, "auditable", "false")?;
    Some(Fix::review("Build without cargo-auditable", vec![edit]))
}
