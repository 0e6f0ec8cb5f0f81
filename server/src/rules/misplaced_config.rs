//! Settings of cargo's configuration in Cargo.toml, where cargo ignores them.
//!
//! ## What it does
//!
//! Finds a linker, runner or rustflags of a `[target.*]` table, and the tables `[build]`, `[env]` and `[alias]`, in
//! manifests.
//!
//! ## Why it matters
//!
//! They belong to `.cargo/config.toml`. In Cargo.toml cargo says "unused manifest key: target.….linker" and goes on
//! without: the target is linked by the host's compiler, or dynamically.
//!
//! ## Example
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [target.x86_64-unknown-linux-gnu]
//! linker = "clang"
//! ```
//!
//! ## Use instead
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//! ```
//!
//! ```toml file:.cargo/config.toml
//! [target.x86_64-unknown-linux-gnu]
//! linker = "clang"
//! ```
//!
//! ## Fix safety
//!
//! For review: the setting moves to `.cargo/config.toml`, and from then on it counts. Where that file has the setting
//! already, or a comment stands beside it, there is no fix.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/config.html>

use super::{FixKind, Rule};
use crate::{
    finding::{Finding, Fix, Severity},
    fix,
    project::Project,
    syntax::{
        Source,
        toml::{Entry, Table, Value},
    },
    text::Origin,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "misplaced-config",
    summary: "settings of cargo's configuration in Cargo.toml, where cargo ignores them",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("misplaced_config.rs"),
    touches: &[
        "target.*.linker",
        "target.*.runner",
        "target.*.rustflags",
        "build.*",
        "env.*",
        "alias.*",
        "target.*",
    ],
    check,
};

/// Keys of a target that belong to the configuration.
const OF_TARGETS: [&str; 4] = ["ar", "linker", "runner", "rustflags"];

/// Tables that do.
const TABLES: [(&str, &[&str]); 2] = [
    ("build", &["target", "rustflags", "rustc-wrapper", "jobs", "target-dir", "incremental"]),
    ("alias", &[]),
];

fn check(project: &Project) -> Vec<Finding> {
    let manifests = project.cargo.workspace.iter().flat_map(crate::cargo::Workspace::manifests);
    manifests.flat_map(|manifest| of_manifest(project, &manifest.source)).collect()
}

fn of_manifest(project: &Project, source: &Source) -> Vec<Finding> {
    let root = &source.toml().root;
    let mut findings = Vec::new();
    let targets = root.get("target").and_then(Value::as_table);
    for target in targets.map(|table| table.entries.as_slice()).unwrap_or_default() {
        let Some(table) = target.value.as_table() else { continue };
        for entry in table.entries.iter().filter(|entry| OF_TARGETS.contains(&entry.key.name.as_str())) {
            findings.push(finding(project, source, &["target", &target.key.name], table, entry));
        }
    }
    for (name, keys) in TABLES {
        let Some(table) = root.get(name).and_then(Value::as_table) else { continue };
        let is_meant = |entry: &&Entry| keys.is_empty() || keys.contains(&entry.key.name.as_str());
        for entry in table.entries.iter().filter(is_meant) {
            findings.push(finding(project, source, &[name], table, entry));
        }
    }
    findings
}

fn finding(project: &Project, source: &Source, path: &[&str], table: &Table, entry: &Entry) -> Finding {
    let keys: Vec<String> =
        path.iter().map(|name| fix::toml::key(name)).chain([fix::toml::key(&entry.key.name)]).collect();
    let key = keys.join(".");
    let origin = Origin::new(source.file().clone(), entry.key.span);
    let message = format!("cargo ignores {key} in a manifest: it belongs to .cargo/config.toml");
    Finding::new(RULE.name, Severity::Warning, origin, message)
        .with_help(format!("move {key} to .cargo/config.toml"))
        .with_fixes(moved(project, source, path, table, entry))
}

/// The setting in the configuration.
fn moved(project: &Project, source: &Source, path: &[&str], table: &Table, entry: &Entry) -> Option<Fix> {
    let (file, config) = project.config_to_edit();
    let full: Vec<&str> = path.iter().copied().chain([entry.key.name.as_str()]).collect();
    let is_there = config.as_ref().is_some_and(|config| config.toml().root.path(&full).is_some());
    if is_there || project.has_comment(&Origin::new(source.file().clone(), entry.statement)) {
        return None;
    }
    let value = source.document().slice(entry.value.span);
    if value.contains('\n') || entry.value.as_table().is_some() {
        return None;
    }
    let edits = vec![
        fix::toml::remove(source, table, entry)?,
        fix::toml::set(&file, config.as_deref(), &full, value)?,
    ];
    Some(Fix::review(format!("Move it to {}", project.display(&file)), edits))
}
