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
//! For review: rustls trusts other root certificates, and other dependencies may choose OpenSSL again.
//! Where no feature chooses rustls, the fix builds OpenSSL from source for the targets that need it.
//!
//! ## References
//!
//! - <https://docs.rs/openssl/latest/openssl/#vendored>
//! - <https://docs.rs/reqwest/latest/reqwest/#optional-features>

mod exact;
mod fixes;
mod reach;

use super::{FixKind, Rule};
use crate::{
    finding::{Confidence, Finding, Severity},
    knowledge::{self, Target},
    project::{Builder, Project},
};
use exact::Verdict;
use reach::Reached;

/// The rule.
pub const RULE: Rule = Rule {
    name: "openssl-sys",
    summary: "OpenSSL of the system in a program for a target that has none",
    severity: Severity::Error,
    fix: FixKind::Review,
    source: include_str!("mod.rs"),
    touches: &["*dependencies.*"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    if reach::lock_has_none(project) {
        return Vec::new();
    }
    let targets = openssl_targets(project);
    let mut findings: Vec<Finding> = Vec::new();
    for (triple, is_shipped) in &targets {
        let reached = match exact::judge(project, triple) {
            Verdict::Fine => Vec::new(),
            Verdict::Needed(reached) => reached,
            Verdict::Unknown if reach::is_vendored(project) => Vec::new(),
            Verdict::Unknown => reach::dependencies(project, triple),
        };
        for reached in reached {
            let found = finding(project, triple, *is_shipped, &reached);
            merge(&mut findings, found);
        }
    }
    findings
}

/// The shipped targets on which TLS means OpenSSL; the host, when the project names no target at all.
fn openssl_targets(project: &Project) -> Vec<(String, bool)> {
    let uses_openssl = |triple: &str| knowledge::target(triple).is_some_and(is_openssl_target);
    let shipped = project.targets.iter().map(|target| (target.triple.clone(), true));
    let mut targets: Vec<_> = shipped.filter(|(triple, _)| uses_openssl(triple)).collect();
    if project.targets.is_empty() && uses_openssl(&project.host) {
        targets.push((project.host.clone(), false));
    }
    targets
}

fn is_openssl_target(target: &Target) -> bool {
    matches!(
        target.os,
        "linux" | "freebsd" | "netbsd" | "openbsd" | "dragonfly" | "illumos" | "solaris" | "android"
    )
}

fn finding(project: &Project, triple: &str, is_shipped: bool, reached: &Reached<'_>) -> Finding {
    let target = knowledge::target(triple);
    let is_static =
        target.is_some_and(|target| target.env == "musl") || project.crt_static_on(triple).is_some();
    let is_cross = triple != project.host;
    let supplied = supplied_by_flake(project, triple);
    let severity = match reached.confidence {
        Confidence::Possible => Severity::Hint,
        _ if !is_shipped => Severity::Hint,
        // Its images bring OpenSSL for the target, or the project's own steps in Cross.toml do.
        _ if project.builder(triple) == Builder::Cross => Severity::Hint,
        _ if supplied && !is_static => Severity::Hint,
        _ if supplied => Severity::Warning,
        _ if is_static || is_cross => Severity::Error,
        _ => Severity::Warning,
    };
    let path = reached.path.join(" → ");
    let why = if is_static {
        "a static program needs OpenSSL built for it"
    } else if is_cross {
        "the build needs OpenSSL for that target"
    } else {
        "the program needs the same libssl wherever it runs"
    };
    let message = match reached.confidence {
        Confidence::Possible => format!("{path} may be compiled for {triple}; {why}"),
        _ => format!("{path} is compiled for {triple}: {why}"),
    };
    let dependency = reached.dependency;
    let mut finding = Finding::new(RULE.name, severity, dependency.key.origin.clone(), message)
        .with_confidence(reached.confidence)
        .with_targets([triple])
        .with_help(help(reached))
        .with_fixes(fixes::all(project, reached));
    if let Some(entry) = dependency.inherited.as_ref().and_then(|inherited| inherited.entry.as_ref()) {
        finding = finding.with_related(entry.key.origin.clone(), "inherited from here");
    }
    finding
}

fn help(reached: &Reached<'_>) -> String {
    let name = &reached.dependency.crate_name;
    match reached.user {
        Some(user) if !user.add.is_empty() || !user.features.is_empty() => {
            format!("choose rustls in {name}'s features, or build OpenSSL from source with `vendored`")
        }
        Some(_) => "build OpenSSL from source with the feature `vendored`".to_owned(),
        None if reached.confidence == Confidence::Certain => match reached.by.as_slice() {
            [] => format!("{name} needs it with any features: build OpenSSL from source with `vendored`"),
            by => format!(
                "{name} needs it with its feature {}: choose another one, or build OpenSSL from source with `vendored`",
                by.join(", ")
            ),
        },
        None => format!("`cargo tree -i openssl-sys --target …` shows whether {name} really needs it"),
    }
}

/// Whether the flake gives OpenSSL to the builds of a target.
fn supplied_by_flake(project: &Project, triple: &str) -> bool {
    project.derivations().any(|(context, derivation)| {
        project.is_built_in(context, triple)
            && derivation.inputs.iter().any(|input| input.item.attribute.split('.').next() == Some("openssl"))
    })
}

/// One dependency is wrong once, for all the targets that it is wrong for; the worst target speaks. So is
/// one entry of the workspace that several members inherit: it is changed in one place.
fn merge(findings: &mut Vec<Finding>, found: Finding) {
    let entry = |finding: &Finding| finding.related.first().map(|related| related.origin.clone());
    let same = |known: &&mut Finding| {
        known.origin == found.origin || (entry(known).is_some() && entry(known) == entry(&found))
    };
    let Some(known) = findings.iter_mut().find(same) else {
        findings.push(found);
        return;
    };
    let mut targets = std::mem::take(&mut known.targets);
    targets.extend(found.targets.iter().cloned());
    targets.sort();
    targets.dedup();
    if (found.severity, found.confidence) > (known.severity, known.confidence) {
        *known = found;
    }
    known.targets = targets;
}
