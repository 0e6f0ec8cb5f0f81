//! `.cargo/config` without its ending.
//!
//! ## What it does
//!
//! Finds the old name of cargo's configuration file in the project.
//!
//! ## Why it matters
//!
//! For everybody who edits `.cargo/config.toml` beside it: cargo reads the old file and ignores the new one
//! (measured with cargo 1.95; it warns in a line that scrolls by). Alone, the old name is deprecated, and
//! editors do not know that it is TOML.
//!
//! ## Example
//!
//! ```toml file:.cargo/config
//! [build]
//! target = "x86_64-unknown-linux-musl"
//! ```
//!
//! ## Use instead
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-musl"
//! ```
//!
//! ## Fix safety
//!
//! Safe when there is no `config.toml`: the file gets its new name. When both are there, somebody has to
//! decide what of each is meant, and there is no fix.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/config.html#hierarchical-structure>

use super::{FixKind, Rule};
use crate::{
    cargo::config::Scope,
    finding::{Finding, Fix, Rename, Severity},
    project::Project,
    text::{FileId, Origin, Span},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "legacy-cargo-config",
    summary: "`.cargo/config` without its ending",
    severity: Severity::Warning,
    fix: FixKind::Safe,
    source: include_str!("legacy_cargo_config.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let files = project.cargo.config.files.iter();
    let legacy =
        files.filter(|file| file.legacy && file.scope == Scope::Project && file.included_by.is_none());
    // One a link to the other, for old and new versions of cargo: nothing is lost.
    let legacy = legacy.filter(|file| file.shadowed.as_ref().is_none_or(|other| !other.same_text));
    let findings = legacy.map(|file| {
        let first_line = file.source.document().line_range(0);
        let origin = Origin::new(
            file.file().clone(),
            Span::new(0, file.source.document().line_text(0).len().min(first_line.len())),
        );
        match &file.shadowed {
            Some(other) => {
                let message = "cargo reads this file and ignores `config.toml` beside it";
                Finding::new(RULE.name, Severity::Error, origin, message)
                    .with_help("move what is still meant into config.toml, and delete this file")
                    .with_related(Origin::new(other.file.clone(), Span::at(0)), "ignored")
            }
            None => {
                let to = FileId::new(file.file().path().with_extension("toml"));
                let mut fix = Fix::safe("Rename to .cargo/config.toml", Vec::new());
                fix.renames.push(Rename { from: file.file().clone(), to });
                Finding::new(
                    RULE.name,
                    Severity::Warning,
                    origin,
                    "`.cargo/config` is the old name of `.cargo/config.toml`",
                )
                .with_help("rename it; cargo older than 1.39 is the only reason to keep it")
                .with_fixes([fix])
            }
        }
    });
    findings.collect()
}
