//! A release profile that leaves size on the table. Off unless it is asked for.
//!
//! ## What it does
//!
//! Finds programs whose release profile sets none of `lto`, `strip`, `codegen-units`, `opt-level` and `panic`.
//!
//! ## Why it matters
//!
//! Cargo's defaults keep builds short. `strip = true` alone takes the symbols out of what is shipped; with `lto = true`
//! and `codegen-units = 1` a program commonly has half its size, for a longer build.
//!
//! ## Example
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//! ```
//!
//! ```rust,ignore file:src/main.rs
//! mod program;
//! ```
//!
//! ```toml file:portolan.toml
//! [diagnostics.severity]
//! release-profile = "hint"
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
//! [profile.release]
//! lto = true
//! strip = true
//! codegen-units = 1
//! ```
//!
//! ```rust,ignore file:src/main.rs
//! mod program;
//! ```
//!
//! ```toml file:portolan.toml
//! [diagnostics.severity]
//! release-profile = "hint"
//! ```
//!
//! ## When it stays silent
//!
//! Unless `release-profile` is given a level in portolan.toml or the editor's settings, or named by `--rule`. Where the
//! project has a profile of its own for what it ships, in the root manifest or in `.cargo/config.toml`.
//!
//! ## Fix safety
//!
//! For review: builds take longer, and without symbols backtraces have no names.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/profiles.html>

use super::{FixKind, Rule};
use crate::{
    finding::{Finding, Fix, Severity},
    fix,
    project::Project,
    syntax::toml::Value,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "release-profile",
    summary: "a release profile that leaves size on the table",
    severity: Severity::Hint,
    fix: FixKind::Review,
    source: include_str!("release_profile.rs"),
    touches: &["profile.release", "profile.release.*"],
    check,
};

/// Profiles that every project has.
const BUILT_IN: [&str; 4] = ["dev", "release", "test", "bench"];

/// Keys with which somebody has thought about what is shipped.
const KEYS: [&str; 5] = ["lto", "strip", "codegen-units", "opt-level", "panic"];

fn check(project: &Project) -> Vec<Finding> {
    finding(project).into_iter().collect()
}

fn finding(project: &Project) -> Option<Finding> {
    let workspace = project.cargo.workspace.as_ref()?;
    let root = &workspace.root;
    let has_own = root.profiles.iter().any(|profile| !BUILT_IN.contains(&profile.name.value.as_str()));
    let in_config =
        project.cargo.config.files.iter().any(|file| file.source.toml().root.get("profile").is_some());
    let release = root.source.toml().root.path(&["profile", "release"]).and_then(Value::as_table);
    let is_set = release.is_some_and(|table| KEYS.iter().any(|key| table.get(key).is_some()));
    if has_own || in_config || is_set || !project.has_program() || !root.gaps.is_empty() {
        return None;
    }
    let profile = root.profiles.iter().find(|profile| profile.name.value == "release");
    let origin = profile.map(|profile| profile.name.origin.clone()).or_else(|| project.anchor())?;
    Some(
        Finding::new(
            RULE.name,
            Severity::Hint,
            origin,
            "the release profile has cargo's defaults: what is shipped keeps its symbols, and is larger than it need be",
        )
        .with_help("set lto, strip and codegen-units in `[profile.release]`")
        .with_fixes(fix(project)),
    )
}

fn fix(project: &Project) -> Option<Fix> {
    let root = &project.cargo.workspace.as_ref()?.root;
    let source = &root.source;
    if source.toml().root.path(&["profile", "release"]).is_some_and(|value| {
        value.as_table().is_none_or(|table| table.kind == crate::syntax::toml::TableKind::Inline)
    }) {
        return None;
    }
    let newline = source.document().line_ending();
    let value = format!("true{newline}strip = true{newline}codegen-units = 1");
    let is_dotted = source.toml().root.path(&["profile", "release"]).is_some_and(|value| {
        value.as_table().is_some_and(|table| table.kind == crate::syntax::toml::TableKind::Dotted)
    });
    let edit = fix::toml::set(root.file(), Some(source), &["profile", "release", "lto"], &value)?;
    (!is_dotted).then(|| Fix::review("Make what is shipped smaller (longer builds, no symbols)", vec![edit]))
}
