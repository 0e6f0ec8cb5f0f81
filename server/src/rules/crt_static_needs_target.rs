//! A static glibc without `--target`, which no procedural macro survives.
//!
//! ## What it does
//!
//! Finds `+crt-static` that reaches a build for the Linux host itself, where nothing names the target
//! explicitly and a procedural macro is compiled.
//!
//! ## Why it matters
//!
//! For everybody who runs `cargo build`: without an explicit target cargo gives the flags to build scripts and
//! procedural macros too. Those are libraries that rustc loads, and with a static glibc there are none:
//! "cannot produce proc-macro for … as the target … does not support these crate types" (measured with
//! cargo 1.95). With an explicit target, even the host's own, cargo keeps the flags to the program.
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! rustflags = ["-C", "target-feature=+crt-static"]
//! ```
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [dependencies]
//! macros = { path = "macros" }
//!
//! [workspace]
//! members = ["macros"]
//! ```
//!
//! ```toml file:macros/Cargo.toml
//! [package]
//! name = "macros"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [lib]
//! proc-macro = true
//! ```
//!
//! ```toml file:Cargo.lock
//! version = 4
//!
//! [[package]]
//! name = "app"
//! version = "0.1.0"
//! dependencies = ["macros"]
//!
//! [[package]]
//! name = "macros"
//! version = "0.1.0"
//! ```
//!
//! ## Use instead
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-gnu"
//! rustflags = ["-C", "target-feature=+crt-static"]
//! ```
//!
//! ## When it stays silent
//!
//! With `build.target` or `CARGO_BUILD_TARGET`; where other flags win; for `buildRustPackage`, which always
//! names the target; for musl and Windows, where a procedural macro may be built so; where no procedural
//! macro is compiled.
//!
//! ## Fix safety
//!
//! For review: with an explicit target the program lies in `target/TRIPLE/release`.
//!
//! ## References
//!
//! - <https://github.com/rust-lang/rust/issues/71651>
//! - <https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags>

use super::{FixKind, Rule, native::table};
use crate::{
    cargo::{
        graph::{self, ProcMacro, Question},
        manifest::{Dependency, DependencySource},
    },
    finding::{Confidence, Finding, Fix, Severity},
    fix, knowledge,
    nix::facts,
    project::{Context, FlagSet, FlagSource, Project, flags},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "crt-static-needs-target",
    summary: "a static glibc for the host without an explicit target: procedural macros cannot be built",
    severity: Severity::Error,
    fix: FixKind::Review,
    source: include_str!("crt_static_needs_target.rs"),
    touches: &["build.target"],
    check,
};

/// Libraries for procedural macros: written with the same crates, and none themselves.
const NO_MACROS: &[&str] =
    &["syn", "quote", "darling", "darling_core", "synstructure", "proc-macro-crate", "prettyplease"];

/// Crates that are procedural macros, or have one among the dependencies that they always have; sorted.
const MACROS: &[&str] = &[
    "async-stream",
    "async-trait",
    "bitfield-struct",
    "clap_derive",
    "ctor",
    "derive_builder",
    "derive_more",
    "enum_dispatch",
    "indoc",
    "num-derive",
    "paste",
    "pin-project",
    "rstest",
    "serde_derive",
    "serde_repr",
    "strum_macros",
    "thiserror",
];

/// Crates that have one with a feature.
const WITH_MACROS: &[(&str, &str)] = &[
    ("clap", "derive"),
    ("serde", "derive"),
    ("strum", "derive"),
    ("tokio", "full"),
    ("tokio", "macros"),
    ("zeroize", "derive"),
];

fn check(project: &Project) -> Vec<Finding> {
    if !project.cargo.config.build_targets.is_empty() || project.host_variable("CARGO_BUILD_TARGET").is_some()
    {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = Vec::new();
    for (context, triple) in contexts(project) {
        let found = finding(project, context, &triple);
        let is_new = |found: &Finding| findings.iter().all(|known| known.origin != found.origin);
        findings.extend(found.filter(is_new));
    }
    findings
}

/// Where cargo builds for its host without being told a target, with that host.
fn contexts(project: &Project) -> Vec<(Context, String)> {
    let mut contexts = vec![(Context::Ambient, project.host.clone())];
    for (context, derivation) in project.derivations() {
        // buildRustPackage passes `--target` itself; what a builder of another kind passes is not known.
        let is_plain = match context {
            Context::Shell(_) => true,
            Context::Package(_) => {
                matches!(derivation.builder, facts::Builder::Crane | facts::Builder::Naersk)
            }
            Context::Ambient => false,
        };
        let names_target = derivation
            .env
            .iter()
            .any(|variable| variable.name.value().is_none_or(|name| name == "CARGO_BUILD_TARGET"));
        let Some(triple) = &derivation.platform.triple else { continue };
        if is_plain && !names_target && derivation.complete && !derivation.platform.is_cross {
            contexts.push((context, triple.clone()));
        }
    }
    contexts.retain(|(_, triple)| {
        knowledge::target(triple).is_some_and(|target| target.os == "linux" && target.env == "gnu")
    });
    contexts
}

fn finding(project: &Project, context: Context, triple: &str) -> Option<Finding> {
    let sets = winning(project, context, triple);
    if sets.iter().any(|set| !set.is_complete) {
        return None;
    }
    let (set, found) = sets.iter().find_map(|set| Some((set, flags::crt_static(&set.words)?)))?;
    // This machine's own variables are its user's matter, and a finding has to stand in a file.
    let origin = flags::origin_of(&set.words, found.first, found.last).filter(|_| found.on)?;
    if set.context != context && context != Context::Ambient {
        // The plain build says it already.
        return None;
    }
    let (macros, confidence) = proc_macro(project, triple)?;
    // A table of the host's triple is often there for builds that a workflow starts with `--target`.
    let is_for_all = set.source != FlagSource::Target;
    let confidence = if is_for_all { confidence } else { confidence.min(Confidence::Likely) };
    let place = match project.derivation(context) {
        Some(derivation) => format!("in {}", derivation.attribute),
        None => format!("on {triple}"),
    };
    let message = format!(
        "without an explicit target, `+crt-static` reaches procedural macros too: `cargo build` {place} fails \
         with \"cannot produce proc-macro\" for {macros}"
    );
    let finding = Finding::new(RULE.name, Severity::Error, origin, message)
        .with_confidence(confidence)
        .with_targets([triple])
        .with_help("name the target, even if it is the host's own: cargo then keeps the flags to the program")
        .with_fixes(name_target(project, context, triple));
    Some(finding)
}

/// The sets of flags that cargo takes in a context.
fn winning(project: &Project, context: Context, triple: &str) -> Vec<FlagSet> {
    let holds = |set: &FlagSet| set.context == context || set.context == Context::Ambient;
    let counts = |set: &FlagSet| {
        !set.words.is_empty() || matches!(set.source, FlagSource::Encoded | FlagSource::Environment)
    };
    let mut sets = project.flag_sets(triple);
    sets.retain(|set| holds(set) && counts(set));
    let strongest = sets.iter().map(|set| set.source).min();
    sets.retain(|set| Some(set.source) == strongest);
    sets
}

/// A procedural macro that is compiled, and how sure that is.
fn proc_macro(project: &Project, triple: &str) -> Option<(String, Confidence)> {
    if project.cargo.lock.lock().is_none() {
        return by_manifest(project, triple);
    }
    let question = Question::build(triple, triple);
    let resolution = graph::resolve(&project.snapshot, &project.cargo, &question);
    let sure = |package: &&graph::Compiled| {
        package.proc_macro == ProcMacro::Yes && package.certainty == Confidence::Certain
    };
    if let Some(package) = resolution.packages.iter().find(sure) {
        return Some((package.name.clone(), Confidence::Certain));
    }
    // What no manifest tells is in the lock file because somebody asked for it.
    let is_written_like_one = |package: &&graph::Compiled| {
        package.proc_macro != ProcMacro::No && !NO_MACROS.contains(&package.name.as_str())
    };
    let package = resolution.packages.iter().find(is_written_like_one)?;
    Some((package.name.clone(), Confidence::Likely))
}

/// Without a lock file: a package of the workspace, or a crate that is, or always brings, a procedural macro.
fn by_manifest(project: &Project, triple: &str) -> Option<(String, Confidence)> {
    let workspace = project.cargo.workspace.as_ref()?;
    let is_own = |one: &Dependency| {
        let folder = match &one.source {
            DependencySource::Path(folder) => folder,
            DependencySource::Registry | DependencySource::OtherRegistry(_) | DependencySource::Git(_) => {
                return false;
            }
        };
        workspace.manifests().any(|manifest| manifest.folder == *folder && manifest.is_proc_macro())
    };
    let live = workspace.packages().flat_map(|manifest| {
        let own = manifest.dependencies.iter();
        own.filter(|one| table::is_live(manifest, one, triple)).collect::<Vec<_>>()
    });
    let mut found = live.filter_map(|one| {
        let is_it = MACROS.binary_search(&one.crate_name.as_str()).is_ok()
            || WITH_MACROS.iter().any(|(name, feature)| one.crate_name == *name && one.has_feature(feature));
        match (is_own(one), is_it && one.source == DependencySource::Registry) {
            (true, _) => Some((one.crate_name.clone(), Confidence::Certain)),
            (_, true) => Some((one.crate_name.clone(), Confidence::Likely)),
            _ => None,
        }
    });
    found.next()
}

fn name_target(project: &Project, context: Context, triple: &str) -> Option<Fix> {
    let title = format!("Build for {triple} explicitly");
    let edit = match project.derivation(context) {
        None => {
            let (file, source) = project.config_to_edit();
            fix::toml::set(&file, source.as_deref(), &["build", "target"], &fix::toml::quote(triple))?
        }
        Some(derivation) => {
            let literal = derivation.literal.as_ref()?;
            let source = project.source(&literal.file)?;
            fix::nix::add_variable(
                source.document(),
                literal,
                "CARGO_BUILD_TARGET",
                &fix::nix::quote(triple),
            )?
        }
    };
    Some(Fix::review(title, vec![edit]))
}
