//! A native library of the system in a program for a target that has none.
//!
//! ## What it does
//!
//! Finds dependencies that take a library (SQLite, libpq, libdbus, Lua, …) from the system of the target although
//! they could compile a copy of their own, and those for which there is no copy (ALSA, udev, GTK, …) where the
//! target is built on a machine of another kind.
//!
//! ## Why it matters
//!
//! For whoever builds for musl or another architecture: "cannot find -lsqlite3", or "pkg-config has not been
//! configured to support cross-compilation", because no such library for the target is installed. On the host's own
//! architecture the build works, and the program needs the same library wherever it runs.
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
//! libsqlite3-sys = "0.35"
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
//! libsqlite3-sys = { version = "0.35", features = ["bundled"] }
//! ```
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-musl"
//! ```
//!
//! ## When it stays silent
//!
//! Where some crate of the graph turns the bundled copy on (features are unified), where the library is part of the
//! system (SQLite and zlib on macOS), where it is only an optional dependency that is off, or one of tests. A library
//! that the flake gives to the builds of a dynamic program is a hint.
//!
//! ## Fix safety
//!
//! Safe where the build fails as it is, and the feature graph of the changed manifest proves that the library is
//! compiled from source; the title says what that needs. Where the dependency has no feature for it, the native crate becomes a direct dependency at
//! the version that is locked: two crates that link one library do not build.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/build-scripts.html#-sys-packages>
//! - <https://docs.rs/pkg-config/latest/pkg_config/>

use std::collections::BTreeMap;

use super::{
    FixKind, Rule,
    native::{self, Found, Situation, merged::Merged},
};
use crate::{
    finding::{Confidence, Finding, Severity},
    knowledge::{self, NativeKind},
    project::{Library, Project},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "system-library",
    summary: "a native library of the system in a program for a target that has none",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("system_library.rs"),
    touches: &["*dependencies.*", "target.*.dependencies.*"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut merged: BTreeMap<&'static str, Merged<'_>> = BTreeMap::new();
    for triple in native::targets(project) {
        for one in native::found(project, &triple) {
            if one.known.name != "openssl-sys" && concerns(project, &one, &triple) {
                let causes = merged.entry(one.known.name).or_default();
                causes.add_cause(finding(project, &one, &triple), one.culprit);
            }
        }
    }
    let with_library =
        merged.into_iter().filter_map(|(name, merged)| Some((knowledge::native_crate(name)?, merged)));
    with_library.flat_map(|(library, merged)| merged.with_fixes(project, library)).collect()
}

/// Whether a target lacks the library, as far as anybody can tell by the kind of both.
fn concerns(project: &Project, used: &Found<'_>, triple: &str) -> bool {
    let Some(target) = knowledge::target(triple) else { return false };
    let situation = Situation::of(project, triple);
    let is_only_there = used.known.kind == NativeKind::SystemOnly;
    used.library == Library::System
        && !used.known.is_part_of(target)
        && !target.arch.starts_with("wasm")
        // What can only be dynamic is on the systems where it is of use; a static program is another rule's matter.
        && (!is_only_there || situation.is_cross && !situation.is_static)
}

fn finding(project: &Project, used: &Found<'_>, triple: &str) -> Finding {
    let (library, culprit) = (used.known, &used.culprit);
    let situation = Situation::of(project, triple);
    let severity = situation.severity(project.supply(library, triple), used.confidence);
    let (way, why, name) = (culprit.way(), situation.why(library), library.library);
    let message = match used.confidence {
        Confidence::Possible => format!("{way} may take {name} from the system for {triple}; {why}"),
        _ => format!("{way} takes {name} from the system for {triple}: {why}"),
    };
    let by = &culprit.dependency.crate_name;
    let help = match library.bundled.first() {
        Some(feature) => format!("have it built from source with {}'s feature `{feature}`", library.name),
        None => match library.debian {
            Some(package) => format!("give the build {name} of the target (Debian: {package}), or drop {by}"),
            None => format!("give the build {name} of the target, or drop {by}"),
        },
    };
    let dependency = culprit.dependency;
    let mut finding = Finding::new(RULE.name, severity, dependency.key.origin.clone(), message)
        .with_confidence(used.confidence)
        .with_targets([triple])
        .with_way(native::blame::steps(project, &culprit.path))
        .with_help(help);
    if let Some(entry) = dependency.inherited.as_ref().and_then(|inherited| inherited.entry.as_ref()) {
        finding = finding.with_related(entry.key.origin.clone(), "inherited from here");
    }
    finding
}
