//! A cross build that runs what it has built.
//!
//! ## What it does
//!
//! Finds three ways in which that happens:
//!
//! - crane's `buildPackage` gets a `CARGO_BUILD_TARGET` that the building machine cannot run, and `doCheck`
//!   is on (crane's default; naersk's is off);
//! - `postInstall` and its like start `$out/bin/…` in a package that is for another platform, mostly to
//!   write shell completions;
//! - a name like `isCross` is true for native builds: it compares two platforms with `==`.
//!
//! ## Why it matters
//!
//! For whoever cross compiles: the build is done, and then ends with "cannot execute binary file: Exec
//! format error". With an inverted `isCross` the tests also never run where they could.
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   inputs.crane.url = "github:ipetkov/crane";
//!   outputs = { self, nixpkgs, crane }: let
//!     craneLib = crane.mkLib nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     packages.x86_64-linux.default = craneLib.buildPackage {
//!       src = craneLib.cleanCargoSource ./.;
//!       CARGO_BUILD_TARGET = "aarch64-unknown-linux-musl";
//!       CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER = "rust-lld";
//!     };
//!   };
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nix file:flake.nix
//! {
//!   inputs.crane.url = "github:ipetkov/crane";
//!   outputs = { self, nixpkgs, crane }: let
//!     craneLib = crane.mkLib nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     packages.x86_64-linux.default = craneLib.buildPackage {
//!       src = craneLib.cleanCargoSource ./.;
//!       CARGO_BUILD_TARGET = "aarch64-unknown-linux-musl";
//!       CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER = "rust-lld";
//!       doCheck = false;
//!     };
//!   };
//! }
//! ```
//!
//! For completions: `postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) …`.
//!
//! ## When it stays silent
//!
//! Where nixpkgs' cross stdenv builds (it turns checks off by itself), where a runner is set
//! (`CARGO_TARGET_…_RUNNER`, `runner` in cargo's configuration), where the machine can run the program
//! (i686 or musl on x86_64, x86_64 on Apple silicon), behind a condition such as `canExecute`, and where
//! the target or `doCheck` is not known.
//!
//! ## Fix safety
//!
//! For review: tests that are turned off test nothing, and a guarded script leaves the completions out.
//!
//! ## References
//!
//! - <https://nixos.org/manual/nixpkgs/stable/#var-stdenv-doCheck>
//! - <https://crane.dev/API.html#cranelibbuildpackage>

mod checks;
mod inverted;
mod scripts;

use super::{FixKind, Rule};
use crate::{
    finding::{Finding, Severity},
    project::Project,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "cross-check-enabled",
    summary: "a cross build that runs what it has built",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("mod.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut findings = checks::enabled(project);
    findings.extend(scripts::started(project));
    findings.extend(inverted::names(project));
    findings
}
