//! jemalloc for 64-bit Arm, built for pages of 4 KiB.
//!
//! ## What it does
//!
//! Finds programs for 64-bit Arm Linux with `tikv-jemalloc-sys` (or `jemalloc-sys`) whose build nobody tells the size of
//! a page.
//!
//! ## Why it matters
//!
//! jemalloc is compiled for the page size of the machine that builds it, 4 KiB when it is built across. Kernels for Arm
//! have 4, 16 (Raspberry Pi 5, Asahi) or 64 KiB (many servers): on the larger ones the program aborts at its start with
//! `<jemalloc>: Unsupported system page size`. Built for the largest, it runs on all of them.
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
//! tikv-jemalloc-sys = "0.6"
//! ```
//!
//! ```toml file:.cargo/config.toml
//! [target.aarch64-unknown-linux-gnu]
//! linker = "aarch64-linux-gnu-gcc"
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
//! [dependencies]
//! tikv-jemalloc-sys = "0.6"
//! ```
//!
//! ```toml file:.cargo/config.toml
//! [target.aarch64-unknown-linux-gnu]
//! linker = "aarch64-linux-gnu-gcc"
//!
//! [env]
//! JEMALLOC_SYS_WITH_LG_PAGE = "16"
//! ```
//!
//! ## When it stays silent
//!
//! On x86 and Apple; where `JEMALLOC_SYS_WITH_LG_PAGE` is set in `[env]`, in the flake, in `Cross.toml`, or in the
//! project's workflows, Makefile, justfile or Dockerfile.
//!
//! ## Fix safety
//!
//! For review: the value is the logarithm, so "16" means 64 KiB. It holds for all targets of the project; larger pages
//! cost the program some memory.
//!
//! ## References
//!
//! - <https://github.com/jemalloc/jemalloc/issues/467>
//! - <https://docs.rs/tikv-jemalloc-sys/latest/tikv_jemalloc_sys/>

use super::{
    FixKind, Rule,
    native::{self, merged::Merged},
};
use crate::{
    finding::{Confidence, Finding, Fix, Severity},
    fix,
    project::Project,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "jemalloc-page-size",
    summary: "jemalloc for 64-bit Arm, built for pages of 4 KiB",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("jemalloc_page_size.rs"),
    touches: &["env.*"],
    check,
};

const VARIABLE: &str = "JEMALLOC_SYS_WITH_LG_PAGE";

fn check(project: &Project) -> Vec<Finding> {
    let mut merged = Merged::default();
    for target in &project.targets {
        let is_arm = target.known.is_some_and(|known| known.arch == "aarch64" && known.os == "linux");
        if !is_arm {
            continue;
        }
        for found in native::found(project, &target.triple) {
            if ["tikv-jemalloc-sys", "jemalloc-sys"].contains(&found.known.name) {
                let severity = match found.confidence {
                    Confidence::Possible => Severity::Hint,
                    _ => Severity::Warning,
                };
                let message = format!(
                    "{} is built for pages of 4 KiB unless {VARIABLE} says more: the program for {} aborts on kernels \
                     with pages of 16 or 64 KiB (Raspberry Pi 5, Asahi)",
                    found.culprit.way(),
                    target.triple
                );
                let finding =
                    Finding::new(RULE.name, severity, found.culprit.dependency.key.origin.clone(), message)
                        .with_confidence(found.confidence.min(Confidence::Likely))
                        .with_targets([target.triple.as_str()])
                        .with_way(native::blame::steps(project, &found.culprit.path))
                        .with_help(format!(
                            "set {VARIABLE} = \"16\" where the target is built: the logarithm of 64 KiB"
                        ));
                merged.add_cause(finding, found.culprit);
            }
        }
    }
    let pairs = merged.into_pairs();
    if pairs.is_empty() || is_said(project) {
        return Vec::new();
    }
    pairs.into_iter().map(|(finding, _)| finding.with_fixes(config_fix(project))).collect()
}

/// Whether somebody says how large a page is.
fn is_said(project: &Project) -> bool {
    project.cargo.config.env.iter().any(|entry| entry.name.value == VARIABLE)
        || project.variables_named(VARIABLE).next().is_some()
        || project.host_variable(VARIABLE).is_some()
        || project.scripts_mention(VARIABLE)
}

fn config_fix(project: &Project) -> Option<Fix> {
    let (file, source) = project.config_to_edit();
    let edit = fix::toml::set(&file, source.as_deref(), &["env", VARIABLE], "\"16\"")?;
    Some(Fix::review(format!("Set {VARIABLE} to 16 (pages up to 64 KiB) for all targets"), vec![edit]))
}
