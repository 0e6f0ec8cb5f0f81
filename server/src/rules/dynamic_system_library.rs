//! A library that the build links dynamically because it happens to be there.
//!
//! ## What it does
//!
//! Finds dependencies on crates (libz-sys, lzma-sys, bzip2-sys, curl-sys, libgit2-sys, …) that compile their own copy
//! of a library, but link the `.so` of the building machine when pkg-config finds one, in programs that the project
//! ships for the host's own kind of Linux.
//!
//! ## Why it matters
//!
//! For whoever runs the program elsewhere: "error while loading shared libraries: liblzma.so.5". On the machine that
//! built it, and in a container without the development packages, everything works: what is shipped depends on what
//! was installed where it was built.
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
//! lzma-sys = "0.1"
//! ```
//!
//! ```toml file:portolan.toml
//! targets = ["x86_64-unknown-linux-gnu"]
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
//! lzma-sys = { version = "0.1", features = ["static"] }
//! ```
//!
//! ```toml file:portolan.toml
//! targets = ["x86_64-unknown-linux-gnu"]
//! ```
//!
//! ## When it stays silent
//!
//! Where a feature asks for the static copy, for musl and other targets than the host (pkg-config refuses those), for
//! packages that Nix builds (they find what they are given). On a machine without pkg-config it is a hint.
//!
//! ## Fix safety
//!
//! For review: the copy is not renewed with the system's, and needs a C compiler. What the feature graph of the
//! changed manifest shows to be without effect is not offered.
//!
//! ## References
//!
//! - <https://docs.rs/libz-sys/latest/libz_sys/>
//! - <https://docs.rs/pkg-config/latest/pkg_config/#environment-variables>

use super::{
    FixKind, Rule,
    native::{self, Found, Situation, merged::Merged},
};
use crate::{
    finding::{Confidence, Finding, Severity},
    knowledge,
    project::{Builder, Library, Project, ShippedTarget, Supply},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "dynamic-system-library",
    summary: "a library that the build links dynamically because it happens to be there",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("dynamic_system_library.rs"),
    touches: &["*dependencies.*", "target.*.dependencies.*"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(target) = project.target(&project.host).filter(|target| may_link_what_is_there(project, target))
    else {
        return findings;
    };
    for used in native::found(project, &target.triple) {
        let is_given = project.supply(used.known, &target.triple) != Supply::Nobody;
        if used.library == Library::SystemIfThere && !is_given {
            let library = used.known;
            let mut merged = Merged::default();
            merged.add(finding(project, &used, &target.triple), used.culprit);
            findings.extend(merged.with_fixes(project, library));
        }
    }
    findings
}

/// Whether a build of a shipped target asks pkg-config of the machine for libraries.
fn may_link_what_is_there(project: &Project, target: &ShippedTarget) -> bool {
    let is_linux = target.known.is_some_and(|known| known.os == "linux" && known.env == "gnu");
    let forbids = |name: &str| {
        project.cargo.config.env.iter().any(|entry| entry.name.value == name)
            || project.variables_named(name).next().is_some()
    };
    is_linux
        && !Situation::of(project, &target.triple).is_static
        && project.builder(&target.triple) == Builder::Cargo
        && knowledge::target(&target.triple).is_some()
        && !forbids("PKG_CONFIG_ALL_STATIC")
}

fn finding(project: &Project, used: &Found<'_>, triple: &str) -> Finding {
    let (library, culprit) = (used.known, &used.culprit);
    let has_none = project.host_is_here && project.snapshot.host.has_program("pkg-config") == Some(false);
    let severity = match used.confidence {
        Confidence::Possible => Severity::Hint,
        // It is another machine that would link what it has.
        _ if has_none || Situation::of(project, triple).release.is_some() => Severity::Hint,
        _ => Severity::Warning,
    };
    let message = format!(
        "{} links {} dynamically on machines where pkg-config finds it: the program for {triple} then needs it wherever it runs",
        culprit.way(),
        library.library
    );
    let feature = library.bundled.first().copied().unwrap_or_default();
    let dependency = culprit.dependency;
    let mut finding = Finding::new(RULE.name, severity, dependency.key.origin.clone(), message)
        .with_confidence(used.confidence.min(Confidence::Likely))
        .with_targets([triple])
        .with_way(native::blame::steps(project, &culprit.path))
        .with_help(format!("have it linked statically with {}'s feature `{feature}`", library.name));
    if let Some(entry) = dependency.inherited.as_ref().and_then(|inherited| inherited.entry.as_ref()) {
        finding = finding.with_related(entry.key.origin.clone(), "inherited from here");
    }
    finding
}
