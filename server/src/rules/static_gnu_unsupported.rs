//! `isStatic = true` for a platform with glibc, which nixpkgs does not have.
//!
//! ## What it does
//!
//! Looks at every package set that the flake makes with `crossSystem`, and reports those that are static
//! and for a `*-linux-gnu` config at once.
//!
//! ## Why it matters
//!
//! For whoever builds: evaluation stops with "unsupported system". glibc is not made to be linked
//! statically; nixpkgs' static sets are musl's.
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { self, nixpkgs }: let
//!     pkgs = import nixpkgs {
//!       system = "x86_64-linux";
//!       crossSystem = { config = "aarch64-unknown-linux-gnu"; isStatic = true; };
//!     };
//!   in {
//!     packages.x86_64-linux.default = pkgs.rustPlatform.buildRustPackage {
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
//!     pkgs = import nixpkgs {
//!       system = "x86_64-linux";
//!       crossSystem = { config = "aarch64-unknown-linux-musl"; isStatic = true; };
//!     };
//!   in {
//!     packages.x86_64-linux.default = pkgs.rustPlatform.buildRustPackage {
//!       pname = "app";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock.lockFile = ./Cargo.lock;
//!     };
//!   };
//! }
//! ```
//!
//! A program that must have glibc inside is built from the dynamic set, with `glibc.static` in
//! `buildInputs` and `RUSTFLAGS = "-C target-feature=+crt-static"`.
//!
//! ## When it stays silent
//!
//! For `pkgsCross.*.pkgsStatic`, which changes to musl by itself, and where `isStatic` is computed from
//! something that is not known.
//!
//! ## Fix safety
//!
//! For review: with musl the program has another C library, with other performance and other locales.
//!
//! ## References
//!
//! - <https://nixos.org/manual/nixpkgs/stable/#sec-cross-usage>

use super::{FixKind, Rule, nix_support as nix, support};
use crate::{
    finding::{Finding, Fix, Severity},
    knowledge,
    nix::facts::{AttributeSet, Binding, CrossSet, Known, PlatformSource},
    project::Project,
    text::Origin,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "static-gnu-unsupported",
    summary: "`isStatic = true` with a gnu config",
    severity: Severity::Error,
    fix: FixKind::Review,
    source: include_str!("static_gnu_unsupported.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    let sets = project.flake.iter().flat_map(|flake| &flake.cross_sets);
    for finding in sets.filter_map(|set| in_set(project, set)) {
        if nix::is_new(&findings, &finding.origin) {
            findings.push(finding);
        }
    }
    findings
}

fn in_set(project: &Project, set: &CrossSet) -> Option<Finding> {
    let platform = &set.platform;
    let triple = platform.triple.as_deref()?;
    let is_glibc = knowledge::target(triple).is_some_and(|target| target.is_linux() && target.is_glibc());
    if platform.how != PlatformSource::CrossSystem || platform.is_static != Known::Value(true) || !is_glibc {
        return None;
    }
    let switch = set.literal.as_ref().and_then(|literal| binding(literal, "isStatic"));
    let origin = switch.or_else(|| set.config_origin.clone()).or_else(|| platform.origin.clone())?;
    let message = format!(
        "nixpkgs has no static package set for {triple}: evaluation stops with \"unsupported system\""
    );
    let finding = Finding::new(RULE.name, Severity::Error, origin, message)
        .with_targets([triple])
        .with_help(
            "take musl's config, or leave isStatic out and link with glibc.static and `-C target-feature=+crt-static`",
        )
        .with_fixes(to_musl(project, set));
    Some(finding)
}

fn binding(set: &AttributeSet, path: &str) -> Option<Origin> {
    let found = set.bindings.iter().find(|binding| binding.path == path)?;
    Some(Origin::new(set.file.clone(), found.span))
}

/// Names musl's platform wherever the set names this one.
fn to_musl(project: &Project, set: &CrossSet) -> Option<Fix> {
    let literal = set.literal.as_ref()?;
    let config = set.config_origin.as_ref()?;
    // A name from elsewhere may be meant for other sets, too.
    let is_inside = config.file == literal.file && literal.span.contains(config.span);
    let written = project.text_at(config);
    let old = support::unquoted(&written);
    let (head, abi) = old.rsplit_once("gnu")?;
    if !is_inside || old.is_empty() {
        return None;
    }
    let new = format!("{head}musl{abi}");
    let mut places = vec![config.clone()];
    names_of_rust(literal, &mut places);
    let edits = places
        .iter()
        .filter(|place| support::unquoted(&project.text_at(place)) == old)
        .map(|place| support::replace_string(project, place, &new))
        .collect::<Option<Vec<_>>>()?;
    Some(Fix::review(format!("Build for {new}"), edits))
}

/// Where the set tells rustc its triple: `rustc.config`, `rust.rustcTarget`.
fn names_of_rust(set: &AttributeSet, places: &mut Vec<Origin>) {
    let is_rust = |binding: &&Binding| binding.path.starts_with("rust");
    for binding in set.bindings.iter().filter(is_rust) {
        match &binding.set {
            Some(inner) => {
                let values = inner.bindings.iter().map(|binding| binding.value);
                places.extend(values.map(|value| Origin::new(set.file.clone(), value)));
            }
            None => places.push(Origin::new(set.file.clone(), binding.value)),
        }
    }
}
