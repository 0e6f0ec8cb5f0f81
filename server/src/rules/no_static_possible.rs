//! A static program with a library that exists only as a shared one.
//!
//! ## What it does
//!
//! Finds dependencies on libraries that systems ship as shared ones only (ALSA, udev, GTK, WebKit, GSSAPI, PAM, …) in
//! programs for targets that are linked statically, where nothing else brings them.
//!
//! ## Why it matters
//!
//! For whoever builds the static program: no flag makes it link. These libraries load plug-ins, or speak to services
//! of the very system that they belong to; a program that needs them is dynamic by nature.
//!
//! ## Example
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [dependencies]
//! alsa-sys = "0.3"
//! ```
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-musl"
//! ```
//!
//! ## Use instead
//!
//! Ship a dynamic program for that system, or put what needs the library behind a feature that the static build
//! leaves off.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/reference/linkage.html#static-and-dynamic-c-runtimes>

use super::{
    FixKind, Rule,
    native::{self, Found, Situation, merged::Merged},
};
use crate::{
    finding::{Finding, Severity},
    knowledge::NativeKind,
    project::{Library, Project, Supply},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-static-possible",
    summary: "a static program with a library that exists only as a shared one",
    severity: Severity::Hint,
    fix: FixKind::None,
    source: include_str!("no_static_possible.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut merged = Merged::default();
    for target in &project.targets {
        let triple = target.triple.as_str();
        if !Situation::of(project, triple).is_static {
            continue;
        }
        for used in native::found(project, triple) {
            let is_missing = used.known.kind == NativeKind::SystemOnly
                && used.library == Library::System
                && project.supply(used.known, triple) == Supply::Nobody;
            if is_missing {
                merged.add(finding(project, &used, triple), used.culprit);
            }
        }
    }
    merged.into_pairs().into_iter().map(|(finding, _)| finding).collect()
}

fn finding(project: &Project, used: &Found<'_>, triple: &str) -> Finding {
    let culprit = &used.culprit;
    let message = format!(
        "{} links {}, which systems have as a shared library only: no static program for {triple} comes of it",
        culprit.way(),
        used.known.library
    );
    let dependency = culprit.dependency;
    Finding::new(RULE.name, Severity::Hint, dependency.key.origin.clone(), message)
        .with_confidence(used.confidence)
        .with_targets([triple])
        .with_way(native::blame::steps(project, &culprit.path))
        .with_help(format!(
            "ship a dynamic program for that system, or put {} behind a feature that the static build leaves off",
            dependency.crate_name
        ))
}
