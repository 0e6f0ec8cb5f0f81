//! OpenSSL of the system in a program for a target that has none.
//!
//! ## What it does
//!
//! Finds dependencies that reach `openssl-sys` on the way to a shipped Linux or BSD target without building
//! OpenSSL from source: `openssl` and `native-tls` themselves, and crates whose features choose them
//! (reqwest up to 0.12, lettre, sentry, …).
//!
//! ## Why it matters
//!
//! For whoever builds for musl or another architecture: "Could not find directory of OpenSSL
//! installation", because no OpenSSL for the target is installed. On the host's own architecture the build
//! works, and the program needs the same libssl wherever it runs.
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
//! reqwest = "0.12"
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
//! reqwest = { version = "0.12", default-features = false, features = ["charset", "http2", "system-proxy", "rustls-tls"] }
//! ```
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-musl"
//! ```
//!
//! ## When it stays silent
//!
//! For Windows, Apple and wasm (native-tls uses the system's own TLS there), development and build
//! dependencies, optional ones that are off, and where `vendored` is on anywhere in the workspace. An entry in
//! Cargo.lock alone proves nothing (of 14 known projects with openssl-sys in the lock file 7 never compile
//! it). What is compiled is resolved from the manifests of all locked packages, which cargo keeps in its
//! caches; where one that matters is missing (`cargo fetch` gets it) there is at most a hint of what may be.
//!
//! ## Fix safety
//!
//! Safe where the build fails as it is, and the feature graph of the changed manifest proves that the dependency needs the system's OpenSSL no
//! more; its title says what is lost or needed. What the files cannot prove (a crate that would be new is in none of
//! cargo's caches) is for review, and what would not help is not offered. Code that speaks to native-tls itself makes
//! it a matter for review, too. Where no feature chooses rustls, the fix builds OpenSSL from source for the targets
//! that need it.
//!
//! ## References
//!
//! - <https://docs.rs/openssl/latest/openssl/#vendored>
//! - <https://docs.rs/reqwest/latest/reqwest/#optional-features>

mod exact;
mod reach;

use super::{
    FixKind, Rule,
    native::{self, Situation, merged::Merged, tls},
};
use crate::{
    finding::{Confidence, Finding, Severity},
    knowledge::{self, NativeCrate, Target},
    project::Project,
};
use exact::Verdict;
pub(super) use reach::Reached;

/// The rule.
pub const RULE: Rule = Rule {
    name: "openssl-sys",
    summary: "OpenSSL of the system in a program for a target that has none",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("mod.rs"),
    touches: &["*dependencies.*"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let Some(library) = knowledge::native_crate("openssl-sys") else { return Vec::new() };
    let mut merged = Merged::default();
    for (triple, reached) in reached(project) {
        // It asks for rustls already: that is a mistake of its own.
        if tls::keeps_defaults(project, &reached.culprit).is_none() {
            merged.add(finding(project, library, &triple, &reached), reached.culprit);
        }
    }
    merged.with_fixes(project, library)
}

/// The dependencies that reach the system's OpenSSL, for each target that is shipped; for the host, when the project
/// names no target at all.
pub(super) fn reached(project: &Project) -> Vec<(String, Reached<'_>)> {
    let uses_openssl = |triple: &String| knowledge::target(triple).is_some_and(is_openssl_target);
    let mut found = Vec::new();
    for triple in native::targets(project).into_iter().filter(uses_openssl) {
        if reach::lock_has_none(project, &triple) {
            continue;
        }
        let reached = match exact::judge(project, &triple) {
            Verdict::Fine => Vec::new(),
            Verdict::Needed(reached) => reached,
            Verdict::Unknown if reach::is_vendored(project, &triple) => Vec::new(),
            Verdict::Unknown => reach::dependencies(project, &triple),
        };
        found.extend(reached.into_iter().map(|reached| (triple.clone(), reached)));
    }
    found
}

fn is_openssl_target(target: &Target) -> bool {
    matches!(
        target.os,
        "linux" | "freebsd" | "netbsd" | "openbsd" | "dragonfly" | "illumos" | "solaris" | "android"
    )
}

fn finding(project: &Project, library: &NativeCrate, triple: &str, reached: &Reached<'_>) -> Finding {
    let situation = Situation::of(project, triple);
    let supply = project.supply(library, triple);
    let severity = situation.severity(supply, reached.confidence);
    let (way, why) = (reached.culprit.way(), situation.why(library));
    let message = match reached.confidence {
        Confidence::Possible => format!("{way} may be compiled for {triple}; {why}"),
        _ => format!("{way} is compiled for {triple}: {why}"),
    };
    let dependency = reached.culprit.dependency;
    let mut finding = Finding::new(RULE.name, severity, dependency.key.origin.clone(), message)
        .with_confidence(reached.confidence)
        .with_targets([triple])
        .with_way(native::blame::steps(project, &reached.culprit.path))
        .with_help(help(reached));
    if let Some(entry) = dependency.inherited.as_ref().and_then(|inherited| inherited.entry.as_ref()) {
        finding = finding.with_related(entry.key.origin.clone(), "inherited from here");
    }
    finding
}

fn help(reached: &Reached<'_>) -> String {
    let name = &reached.culprit.dependency.crate_name;
    match reached.user {
        Some(user) if !user.add.is_empty() || !user.features.is_empty() => {
            format!("choose rustls in {name}'s features, or build OpenSSL from source with `vendored`")
        }
        Some(_) => "build OpenSSL from source with the feature `vendored`".to_owned(),
        None if reached.confidence != Confidence::Possible => match reached.culprit.by.as_slice() {
            [] => format!("{name} needs it with any features: build OpenSSL from source with `vendored`"),
            by => format!(
                "{name} needs it with its feature {}: choose another one, or build OpenSSL from source with `vendored`",
                by.join(", ")
            ),
        },
        None => format!("`cargo tree -i openssl-sys --target …` shows whether {name} really needs it"),
    }
}
