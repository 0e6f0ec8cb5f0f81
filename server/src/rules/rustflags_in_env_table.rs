//! Flags for rustc in cargo's `[env]` table, where they do nothing.
//!
//! ## What it does
//!
//! Finds `RUSTFLAGS` and its relatives in `[env]`.
//!
//! ## Why it matters
//!
//! For whoever relies on the flags: `[env]` sets variables for rustc and build scripts, after cargo has
//! read its own (measured with cargo 1.95). cargo says nothing, and rustc does not read `RUSTFLAGS`.
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [env]
//! RUSTFLAGS = "-C target-feature=+crt-static"
//! ```
//!
//! ## Use instead
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! rustflags = "-C target-feature=+crt-static"
//! ```
//!
//! ## Fix safety
//!
//! Safe when nothing else in the configuration gives flags: they move to `build.rustflags`, where they do
//! what they say. Else there is no fix, because cargo takes only one source of flags.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/config.html#env>

use super::{FixKind, Rule};
use crate::{
    cargo::config::{EnvEntry, Scope},
    finding::{Finding, Fix, Severity},
    fix,
    project::Project,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "rustflags-in-env-table",
    summary: "flags for rustc in cargo's `[env]` table, where they do nothing",
    severity: Severity::Warning,
    fix: FixKind::Safe,
    source: include_str!("rustflags_in_env_table.rs"),
    touches: &["env.RUSTFLAGS", "build.rustflags"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let config = &project.cargo.config;
    let own = config
        .env
        .iter()
        .filter(|entry| config.files.get(entry.file).is_some_and(|file| file.scope == Scope::Project));
    let flags = own.filter(|entry| {
        matches!(entry.name.value.as_str(), "RUSTFLAGS" | "CARGO_ENCODED_RUSTFLAGS" | "CARGO_BUILD_RUSTFLAGS")
    });
    let findings = flags.map(|entry| {
        let message = format!("cargo does not read `{}` from [env]: the flags do nothing", entry.name.value);
        Finding::new(RULE.name, Severity::Warning, entry.name.origin.clone(), message)
            .with_help("write them as `build.rustflags`, or `rustflags` of a [target.…] table")
            .with_fixes(move_to_build(project, entry))
    });
    findings.collect()
}

fn move_to_build(project: &Project, entry: &EnvEntry) -> Option<Fix> {
    let config = &project.cargo.config;
    let has_flags =
        !config.build_rustflags.is_empty() || config.targets.iter().any(|table| table.rustflags.is_some());
    if has_flags || entry.name.value == "CARGO_ENCODED_RUSTFLAGS" {
        return None;
    }
    let source = &config.files.get(entry.file)?.source;
    let table = source.toml().root.get("env")?.as_table()?;
    let written = table.entry(&entry.name.value)?;
    // `{ value = "…", force = true }` is moved by hand.
    written.value.as_str()?;
    let value = source.document().slice(written.value.span);
    let remove = fix::toml::remove(source, table, written)?;
    let add = fix::toml::set(source.file(), Some(source), &["build", "rustflags"], value)?;
    if add.start < remove.end && remove.start <= add.end {
        return None;
    }
    Some(Fix::safe("Move to build.rustflags", vec![remove, add]))
}
