//! Names that Nix or nixpkgs has given up.
//!
//! ## What it does
//!
//! Reports outputs under the names that Nix used before 2.7 (`devShell`, `defaultPackage`, `defaultApp`,
//! `overlay`, `nixosModule`, `defaultTemplate`, `defaultBundler`), and what nixpkgs has removed or renamed:
//! `cargoSha256`, `darwin.apple_sdk`, `windows.mingw_w64_pthreads`, and `x86_64-darwin` after 26.05.
//!
//! ## Why it matters
//!
//! For whoever updates the lock file: what is a warning today stops the evaluation after the next
//! `nix flake update`. Where `flake.lock` already has a nixpkgs without the thing, it is an error.
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   inputs.flake-utils.url = "github:numtide/flake-utils";
//!   outputs = { self, nixpkgs, flake-utils }: flake-utils.lib.eachDefaultSystem (system: let
//!     pkgs = nixpkgs.legacyPackages.${system};
//!   in {
//!     devShell = pkgs.mkShell { packages = [ pkgs.cargo ]; };
//!   });
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nix file:flake.nix
//! {
//!   inputs.flake-utils.url = "github:numtide/flake-utils";
//!   outputs = { self, nixpkgs, flake-utils }: flake-utils.lib.eachDefaultSystem (system: let
//!     pkgs = nixpkgs.legacyPackages.${system};
//!   in {
//!     devShells.default = pkgs.mkShell { packages = [ pkgs.cargo ]; };
//!   });
//! }
//! ```
//!
//! ## When it stays silent
//!
//! For an old output beside the new one, which is there for old versions of Nix, and for things of nixpkgs
//! while the nixpkgs in `flake.lock` is older than the change.
//!
//! ## Fix safety
//!
//! Safe for `devShell`, `defaultApp`, `defaultTemplate` and `defaultBundler`, for renamed packages, and for
//! `cargoSha256` with a hash that `cargoHash` takes as well. For review: `defaultPackage`, `overlay` and
//! `nixosModule`, which other flakes may name; a `cargoHash` that has to be found out anew; and what is
//! removed.
//!
//! ## References
//!
//! - <https://nix.dev/manual/nix/stable/release-notes/rl-2.7>
//! - <https://nixos.org/manual/nixpkgs/stable/#sec-darwin-legacy-frameworks>
//! - <https://nixos.org/manual/nixpkgs/unstable/release-notes#x86_64-darwin-26.05>

mod frameworks;
mod names;
mod packages;
mod systems;

use super::{FixKind, Rule};
use crate::{
    finding::{Finding, Severity},
    project::Project,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "outdated-nix",
    summary: "names that Nix or nixpkgs has given up",
    severity: Severity::Hint,
    fix: FixKind::Safe,
    source: include_str!("mod.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut findings = names::old_outputs(project);
    findings.extend(packages::hashes(project));
    findings.extend(packages::pthreads(project));
    findings.extend(frameworks::stubs(project));
    findings.extend(systems::removed(project));
    findings
}
