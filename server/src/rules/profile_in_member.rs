//! A profile in a member of a workspace, which cargo ignores.
//!
//! ## What it does
//!
//! Finds `[profile.*]` tables in manifests of a workspace other than the root's.
//!
//! ## Why it matters
//!
//! Cargo takes profiles from the root manifest only; of the others it says "profiles for the non root package will be
//! ignored". `panic = "abort"`, `lto` or `strip` that were meant for what is shipped are silently missing in it.
//!
//! ## Example
//!
//! ```toml file:Cargo.toml
//! [workspace]
//! members = ["app"]
//! resolver = "3"
//! ```
//!
//! ```toml file:app/Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [profile.release]
//! strip = true
//! ```
//!
//! ## Use instead
//!
//! ```toml file:Cargo.toml
//! [workspace]
//! members = ["app"]
//! resolver = "3"
//!
//! [profile.release]
//! strip = true
//! ```
//!
//! ```toml file:app/Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//! ```
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/profiles.html>

use super::{FixKind, Rule};
use crate::{
    finding::{Finding, Severity},
    project::Project,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "profile-in-member",
    summary: "a profile in a member of a workspace, which cargo ignores",
    severity: Severity::Warning,
    fix: FixKind::None,
    source: include_str!("profile_in_member.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let Some(workspace) = &project.cargo.workspace else { return Vec::new() };
    let root = project.display(workspace.root.file());
    let profiles = workspace.members.iter().flat_map(|member| &member.profiles);
    let findings = profiles.map(|profile| {
        let name = &profile.name.value;
        let message = format!("cargo ignores the profile {name} here: it takes profiles from {root} only");
        Finding::new(RULE.name, Severity::Warning, profile.name.origin.clone(), message)
            .with_help(format!("move it to {root}, where it holds for the whole workspace"))
    });
    findings.collect()
}
