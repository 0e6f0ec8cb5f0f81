//! A toolchain that is another one tomorrow.
//!
//! ## What it does
//!
//! Finds `nightly` or `beta` without a date in the toolchain file, and `stable` without a version in a project
//! whose flake pins everything else.
//!
//! ## Why it matters
//!
//! For whoever builds the release next month: rustup takes the newest compiler of the channel. A nightly may
//! drop a feature or the std of a target; a newer stable may raise the glibc or macOS floor (1.64 and 1.74 did)
//! while the flake promises that nothing changes.
//!
//! ## Example
//!
//! ```toml file:rust-toolchain.toml
//! [toolchain]
//! channel = "nightly"
//! ```
//!
//! ## Use instead
//!
//! ```toml file:rust-toolchain.toml
//! [toolchain]
//! channel = "nightly-2026-09-01"
//! ```
//!
//! ## When it stays silent
//!
//! With a version or a date; for `stable` without a flake, or where the flake reads the toolchain file itself:
//! rust-overlay and fenix are pinned by `flake.lock`, and the channel with them.
//!
//! ## Fix safety
//!
//! There is no fix: which day's compiler is wanted, only its user knows.
//!
//! ## References
//!
//! - <https://rust-lang.github.io/rustup/concepts/channels.html>
//! - <https://blog.rust-lang.org/2022/08/01/Increasing-glibc-kernel-requirements/>

use super::{FixKind, Rule};
use crate::{
    finding::{Confidence, Finding, Severity},
    nix::facts,
    project::Project,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "toolchain-unpinned",
    summary: "a toolchain channel that means another compiler tomorrow",
    severity: Severity::Hint,
    fix: FixKind::None,
    source: include_str!("toolchain_unpinned.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    finding(project).into_iter().collect()
}

fn finding(project: &Project) -> Option<Finding> {
    let toolchain = project.cargo.toolchain.toolchain()?;
    let channel = toolchain.channel.as_ref()?;
    // A channel may carry a host: "nightly-x86_64-unknown-linux-gnu".
    let (name, rest) = channel.value.split_once('-').unwrap_or((&channel.value, ""));
    if rest.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let (message, help) = match name {
        "nightly" | "beta" => (
            format!("`{name}` without a date is another compiler every time that rustup updates"),
            format!("name the day: `rustup run {name} rustc --version` tells that of today's"),
        ),
        "stable" if is_pinned_by_flake(project)? => (
            "`stable` is whatever compiler rustup has, while flake.nix pins everything else".to_owned(),
            "name the version: `rustc --version` tells the one of today".to_owned(),
        ),
        _ => return None,
    };
    let finding = Finding::new(RULE.name, Severity::Hint, channel.origin.clone(), message);
    Some(finding.with_confidence(Confidence::Certain).with_help(help))
}

/// Whether a flake promises reproducible builds of Rust code and does not itself read the toolchain file; `None`
/// without a flake, or where it is not known.
fn is_pinned_by_flake(project: &Project) -> Option<bool> {
    let flake = project.flake.as_ref().filter(|flake| flake.complete)?;
    let all = flake.packages.iter().chain(&flake.shells);
    let mut has_rust = false;
    for derivation in all {
        match &derivation.toolchain {
            facts::Toolchain::Declared { from_file: true, .. } | facts::Toolchain::Rustup => {
                return Some(false);
            }
            facts::Toolchain::Declared { .. } | facts::Toolchain::Nixpkgs => has_rust = true,
            facts::Toolchain::Unknown => (),
        }
    }
    Some(has_rust)
}
