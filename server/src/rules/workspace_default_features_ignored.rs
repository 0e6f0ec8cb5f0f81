//! `default-features = false` beside `workspace = true`, where the workspace leaves the defaults on.
//!
//! ## What it does
//!
//! Finds members that inherit a dependency and turn its default features off, while the entry of
//! `[workspace.dependencies]` leaves them on.
//!
//! ## Why it matters
//!
//! What a member says can only add to what the workspace says. Up to the edition of 2021 cargo ignores it with a
//! warning, and the defaults (OpenSSL, a system library, a C compiler's work) are built all the same; from the edition
//! of 2024 on it refuses the manifest.
//!
//! ## Example
//!
//! ```toml file:Cargo.toml
//! [workspace]
//! members = ["app"]
//! resolver = "3"
//!
//! [workspace.dependencies]
//! reqwest = "0.12"
//! ```
//!
//! ```toml file:app/Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [dependencies]
//! reqwest = { workspace = true, default-features = false }
//! ```
//!
//! ## Use instead
//!
//! ```toml file:Cargo.toml
//! [workspace]
//! members = ["app"]
//! resolver = "3"
//!
//! [workspace.dependencies]
//! reqwest = { version = "0.12", default-features = false }
//! ```
//!
//! ```toml file:app/Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [dependencies]
//! reqwest = { workspace = true }
//! ```
//!
//! ## When it stays silent
//!
//! Where the workspace's entry says `default-features = false` itself: then a member may say it again, or turn them on.
//!
//! ## Fix safety
//!
//! Safe: the workspace turns the defaults off, and every other member that inherits the entry turns them on again, so
//! that nothing else changes.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html#inheriting-a-dependency-from-a-workspace>

use super::{FixKind, Rule};
use crate::{
    cargo::{Manifest, manifest::Dependency},
    finding::{Finding, Fix, Severity},
    fix::dependency::{self, Change},
    project::Project,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "workspace-default-features-ignored",
    summary: "`default-features = false` beside `workspace = true`, where the workspace leaves the defaults on",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("workspace_default_features_ignored.rs"),
    touches: &["*dependencies.*"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let manifests = project.cargo.workspace.iter().flat_map(crate::cargo::Workspace::manifests);
    let with_dependencies = manifests
        .flat_map(|manifest| manifest.dependencies.iter().map(move |dependency| (manifest, dependency)));
    with_dependencies.filter_map(|(manifest, dependency)| finding(project, manifest, dependency)).collect()
}

fn finding(project: &Project, manifest: &Manifest, dependency: &Dependency) -> Option<Finding> {
    let ignored = dependency.ignored_default_features()?;
    let entry = dependency.inherited.as_ref()?.entry.as_deref()?;
    let edition = manifest.package.as_ref()?.edition.as_ref();
    let is_refused =
        edition.is_some_and(|edition| !["2015", "2018", "2021"].contains(&edition.value.as_str()));
    let name = &dependency.key.value;
    let (severity, outcome) = if is_refused {
        (Severity::Error, "from the edition of 2024 on cargo refuses that")
    } else {
        (Severity::Warning, "cargo ignores that, and builds the defaults")
    };
    let message = format!(
        "`default-features = false` has no effect on {name}: the workspace's entry leaves them on, and {outcome}"
    );
    let finding = Finding::new(RULE.name, severity, ignored.origin.clone(), message)
        .with_related(entry.key.origin.clone(), "the workspace's entry")
        .with_help("turn the default features off in `[workspace.dependencies]`")
        .with_fixes(fix(project, entry));
    Some(finding)
}

/// Turns the defaults off in the workspace's entry, and on again in the members that had them.
fn fix(project: &Project, entry: &Dependency) -> Option<Fix> {
    let source = project.source(&entry.key.origin.file)?;
    let off = Change { default_features: Some(false), ..Change::default() };
    let mut edits = dependency::change(&source, entry, &off)?;
    let place = &entry.key.origin;
    let manifests = project.cargo.workspace.iter().flat_map(crate::cargo::Workspace::manifests);
    for manifest in manifests {
        for dependency in &manifest.dependencies {
            let inherits = dependency
                .inherited
                .as_ref()
                .and_then(|inherited| inherited.entry.as_deref())
                .is_some_and(|entry| entry.key.origin == *place);
            if inherits && dependency.default_features.is_none() {
                edits.extend(dependency::insert(&manifest.source, dependency, "default-features", "true"));
            }
        }
    }
    Some(Fix::safe(format!("Turn off the default features of {} for the workspace", entry.key.value), edits))
}
