//! An environment variable whose name has the wrong case: nobody reads it.
//!
//! ## What it does
//!
//! Finds `CARGO_TARGET_<triple>_LINKER` (and `_RUSTFLAGS`, `_RUNNER`) with lower-case letters, and
//! `CC_<TRIPLE>`, `CXX_…`, `AR_…`, `CFLAGS_…` with upper-case ones, in dev shells, packages and cargo's
//! `[env]`.
//!
//! ## Why it matters
//!
//! For whoever builds: cargo reads the upper-case name only, the cc crate the name with the triple as it
//! is, in lower case (measured with cargo 1.95 and cc 1.2). The variable looks right and does nothing.
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     devShells.x86_64-linux.default = pkgs.mkShell {
//!       CARGO_TARGET_x86_64_unknown_linux_musl_RUNNER = "qemu-x86_64";
//!     };
//!   };
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     devShells.x86_64-linux.default = pkgs.mkShell {
//!       CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUNNER = "qemu-x86_64";
//!     };
//!   };
//! }
//! ```
//!
//! ## Fix safety
//!
//! Safe: the name that is read instead of one that is not; what stands in `[env]`, where cargo reads none of its own
//! settings, moves to the key of the configuration. No fix where the right name is there already.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/config.html#environment-variables>
//! - <https://docs.rs/cc/latest/cc/#external-configuration-via-environment-variables>

use super::{FixKind, Rule, ignored_config_key};
use crate::{
    cargo::config::{ConfigFile, Scope},
    finding::{Finding, Fix, Severity},
    fix, knowledge,
    nix::facts::Derivation,
    project::{Context, Project},
    text::{Origin, Span},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "environment-name-case",
    summary: "an environment variable whose name has the wrong case: nobody reads it",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("environment_name_case.rs"),
    touches: &["env.*", "target.*"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for supplied in project.variables() {
        let Some(name) = supplied.variable.name.value() else { continue };
        let origin = &supplied.variable.name_origin;
        let given = is_given_compiler(supplied.context, supplied.by, name).then_some("CC");
        let siblings = || supplied.by.env.iter().filter_map(|other| other.name.value()).map(String::as_str);
        if let Some(finding) = finding(project, name, origin, &mut siblings().chain(given))
            && findings.iter().all(|known| known.origin != finding.origin)
        {
            findings.push(finding);
        }
    }
    for entry in &project.cargo.config.env {
        if entry.name.value.starts_with("CARGO_") {
            continue;
        }
        let mut siblings = project.cargo.config.env.iter().map(|other| other.name.value.as_str());
        findings.extend(finding(project, &entry.name.value, &entry.name.origin, &mut siblings));
    }
    let files = project.cargo.config.files.iter().filter(|file| file.scope == Scope::Project);
    findings.extend(files.flat_map(settings_in_env));
    findings
}

/// nixpkgs' standard environment names a compiler for what a package is built for, and in a shell for the shell's own
/// machine.
fn is_given_compiler(context: Context, by: &Derivation, name: &str) -> bool {
    let is_own = || {
        let triple = cc_name(name).map(|(_, triple, _)| triple);
        triple.is_some() && triple == by.platform.triple.as_deref() && by.function != "mkShellNoCC"
    };
    matches!(context, Context::Package(_)) || is_own()
}

/// cargo reads none of its own settings from `[env]`, whatever their case: a new name alone would change nothing.
fn settings_in_env(file: &ConfigFile) -> Vec<Finding> {
    let Some(env) = file.tree().root.get("env").and_then(|value| value.as_table()) else { return Vec::new() };
    let found = env.entries.iter().filter_map(|entry| {
        let name = &entry.key.name;
        let (wanted, triple, _) = cargo_name(name).filter(|(wanted, ..)| wanted != name)?;
        let path = ignored_config_key::setting_path(&wanted)?;
        let origin = Origin::new(file.file().clone(), entry.key.span);
        let message =
            format!("cargo does not read `{name}`: it knows the name in upper case only, and not from [env]");
        let finding = Finding::new(RULE.name, Severity::Error, origin, message)
            .with_targets([triple])
            .with_help(format!("write it as `{}`", path.join(".")))
            .with_fixes(ignored_config_key::move_setting(file, env, entry, &path));
        Some(finding)
    });
    found.collect()
}

fn finding(
    project: &Project,
    name: &str,
    origin: &Origin,
    siblings: &mut dyn Iterator<Item = &str>,
) -> Option<Finding> {
    let (wanted, triple, reader) = cargo_name(name).or_else(|| cc_name(name))?;
    if wanted == name {
        return None;
    }
    let others: Vec<&str> = siblings.collect();
    let is_there = others.contains(&wanted.as_str());
    let severity = match reader {
        Reader::Cargo => Severity::Error,
        // It is the only compiler that somebody names for the target: then something is lost.
        Reader::Cc if name.starts_with("CC_") && !names_compiler(&others, triple) => Severity::Warning,
        Reader::Cc => Severity::Hint,
    };
    let message = match reader {
        Reader::Cargo => format!("cargo does not read `{name}`: it knows the name in upper case only"),
        Reader::Cc => format!("the cc crate does not read `{name}`: it knows the triple in lower case only"),
    };
    let fix = rename(project, name, origin, &wanted).filter(|_| !is_there);
    let finding = Finding::new(RULE.name, severity, origin.clone(), message)
        .with_targets([triple])
        .with_help(format!("name it {wanted}"))
        .with_fixes(fix);
    Some(finding)
}

#[derive(Clone, Copy)]
enum Reader {
    Cargo,
    Cc,
}

/// The name that cargo reads, for `CARGO_TARGET_…` of a known target in any case.
fn cargo_name(name: &str) -> Option<(String, &'static str, Reader)> {
    let rest = name.strip_prefix("CARGO_TARGET_")?;
    let setting = ["LINKER", "RUNNER", "RUSTFLAGS", "RUSTDOCFLAGS"].into_iter().find(|setting| {
        let tail = rest.len().checked_sub(setting.len()).and_then(|at| rest.get(at..));
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(setting))
    })?;
    let middle = rest.get(..rest.len() - setting.len())?.strip_suffix('_')?;
    let target = knowledge::by_environment_name(&middle.replace('-', "_").to_uppercase())?;
    let wanted = format!("CARGO_TARGET_{}_{setting}", target.triple.replace(['-', '.'], "_").to_uppercase());
    // A name with dashes is read by nobody either, but it can be set by `env` only.
    Some((wanted, target.triple, Reader::Cargo))
}

/// The name that the cc crate reads, for `CC_…` of a known target in upper case.
fn cc_name(name: &str) -> Option<(String, &'static str, Reader)> {
    let prefixes = ["CC_", "CXX_", "AR_", "RANLIB_", "CFLAGS_", "CXXFLAGS_", "ARFLAGS_"];
    let prefix = prefixes.into_iter().find(|prefix| name.starts_with(prefix))?;
    let rest = name.strip_prefix(prefix)?;
    let target = knowledge::by_environment_name(&rest.replace('-', "_").to_uppercase())?;
    if rest == target.triple || rest == target.triple.replace(['-', '.'], "_") {
        return Some((name.to_owned(), target.triple, Reader::Cc));
    }
    Some((format!("{prefix}{}", target.triple.replace(['-', '.'], "_")), target.triple, Reader::Cc))
}

/// Whether some variable that the cc crate reads names a compiler for the target.
fn names_compiler(names: &[&str], triple: &str) -> bool {
    let underscored = format!("CC_{}", triple.replace(['-', '.'], "_"));
    let dashed = format!("CC_{triple}");
    names.iter().any(|name| *name == underscored || *name == dashed || matches!(*name, "TARGET_CC" | "CC"))
}

fn rename(project: &Project, name: &str, origin: &Origin, wanted: &str) -> Option<Fix> {
    let written = project.text_at(origin);
    // A computed or quoted name is found in what is written, or it is not renamed.
    let at = written.find(name)?;
    let start = origin.span.start() + at;
    let edit = fix::toml::replace(&origin.file, Span::new(start, start + name.len()), wanted);
    Some(Fix::safe(format!("Rename to {wanted}"), vec![edit]))
}
