//! A dependency that asks for rustls and keeps the defaults that choose OpenSSL.
//!
//! ## What it does
//!
//! Finds dependencies on crates whose default features choose native-tls (reqwest up to 0.12, lettre, sentry, …)
//! that ask for a rustls feature and leave the defaults on, where that reaches the system's OpenSSL.
//!
//! ## Why it matters
//!
//! Features only add. `features = ["rustls-tls"]` alone brings rustls *and* OpenSSL: whoever wrote it to get rid of
//! OpenSSL still needs it for every Linux and BSD target, and a static build still fails with "Could not find
//! directory of OpenSSL installation".
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
//! reqwest = { version = "0.12", features = ["json", "rustls-tls"] }
//! ```
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-musl"
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
//! reqwest = { version = "0.12", default-features = false, features = ["json", "charset", "http2", "system-proxy", "rustls-tls"] }
//! ```
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-musl"
//! ```
//!
//! ## When it stays silent
//!
//! Where the defaults choose rustls themselves (reqwest from 0.13, ureq, kube, …), where OpenSSL is built from source
//! (`vendored`) anywhere in the workspace, and where only Windows, Apple and wasm targets are built.
//!
//! ## Fix safety
//!
//! Safe where the feature graph of the changed manifest proves that this dependency needs OpenSSL no more; the other
//! default features are named again. For review where the project's code speaks to native-tls itself, or where cargo's
//! caches do not have all manifests.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/features.html#feature-unification>
//! - <https://docs.rs/reqwest/0.12/reqwest/#optional-features>

use super::{
    FixKind, Rule,
    native::{Situation, merged::Merged, tls},
    openssl_sys::{self, Reached},
};
use crate::{
    finding::{Confidence, Finding, Severity},
    knowledge,
    project::Project,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "tls-defaults-kept",
    summary: "a dependency that asks for rustls and keeps the defaults that choose OpenSSL",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("tls_defaults_kept.rs"),
    touches: &["*dependencies.*"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut merged = Merged::default();
    for (triple, reached) in openssl_sys::reached(project) {
        if tls::keeps_defaults(project, &reached.culprit).is_some() {
            merged.add(finding(project, &triple, &reached), reached.culprit);
        }
    }
    let pairs = merged.into_pairs().into_iter();
    let mended = pairs.map(|(finding, culprit)| {
        let remedy = tls::keeps_defaults(project, &culprit);
        let fix =
            remedy.and_then(|remedy| tls::without_defaults(project, &culprit, remedy, &finding.targets));
        finding.with_fixes(fix)
    });
    mended.collect()
}

fn finding(project: &Project, triple: &str, reached: &Reached<'_>) -> Finding {
    let severity = match knowledge::native_crate("openssl-sys") {
        _ if reached.confidence == Confidence::Possible => Severity::Hint,
        Some(library) => {
            let supply = project.supply(library, triple);
            Situation::of(project, triple).severity(supply, reached.confidence).max(Severity::Warning)
        }
        None => Severity::Warning,
    };
    let dependency = reached.culprit.dependency;
    let name = &dependency.crate_name;
    let asked = dependency.features.iter().find(|feature| feature.value.contains("rustls"));
    let feature = asked.map(|feature| feature.value.as_str()).unwrap_or_default();
    let message = format!(
        "{name} is asked for `{feature}`, and its default features bring OpenSSL all the same for {triple}: {}",
        reached.culprit.way()
    );
    let mut finding = Finding::new(RULE.name, severity, dependency.key.origin.clone(), message)
        .with_confidence(reached.confidence)
        .with_targets([triple])
        .with_way(super::native::blame::steps(project, &reached.culprit.path))
        .with_help("set `default-features = false`, and name again what else of them is needed");
    if let Some(entry) = dependency.inherited.as_ref().and_then(|inherited| inherited.entry.as_ref()) {
        finding = finding.with_related(entry.key.origin.clone(), "inherited from here");
    }
    if let Some(asked) = asked {
        finding = finding.with_related(asked.origin.clone(), "rustls is asked for here");
    }
    finding
}
