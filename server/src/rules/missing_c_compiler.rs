//! A crate that compiles C for a target for which there is no C compiler.
//!
//! ## What it does
//!
//! Finds targets for which the build compiles C or assembler (ring, aws-lc-sys, zstd-sys, bundled SQLite, …) and for
//! which nothing gives a compiler: no `CC_<target>`, `TARGET_CC` or `CC`, no linker that ends in `-gcc`, no program of
//! the name that the cc crate looks for, and no builder that brings one (cargo-zigbuild, cross, Nix).
//!
//! ## Why it matters
//!
//! "Only Rust" is seldom only Rust: rustls keeps ring or aws-lc-sys, and both compile C. rustc links
//! `x86_64-unknown-linux-musl` by itself, so a program without such a crate builds on any Linux; with the first one it
//! fails with "failed to find tool \"x86_64-linux-musl-gcc\"". The host's own gcc is no substitute: its objects are for
//! another C library or another processor.
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
//! ring = "0.17"
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
//! ring = "0.17"
//! ```
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-musl"
//!
//! [env]
//! CC_x86_64_unknown_linux_musl = "/opt/x86_64-linux-musl-cross/bin/x86_64-linux-musl-gcc"
//! ```
//!
//! ## When it stays silent
//!
//! Where no crate compiles C for the target; where there is no linker either (`missing-linker` says so: the compiler
//! that links compiles, too); where a dev shell names the target and its linker (`dev-shell-cross-incomplete`).
//!
//! ## Fix safety
//!
//! For review: which compiler is right depends on the machine.
//!
//! ## References
//!
//! - <https://docs.rs/cc/latest/cc/#external-configuration-via-environment-variables>

use super::{
    FixKind, Rule,
    native::{self, Found},
};
use crate::{
    cargo::config::Program,
    finding::{Confidence, Finding, Fix, Severity},
    fix,
    knowledge::{NativeKind, Target},
    nix::facts::Derivation,
    project::{
        CompilerAnswer, Context, DeclaredAs, Library, LinkerAnswer, Project, ShippedTarget, conventional,
    },
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "missing-c-compiler",
    summary: "a crate that compiles C for a target for which there is no C compiler",
    severity: Severity::Error,
    fix: FixKind::Review,
    source: include_str!("missing_c_compiler.rs"),
    touches: &["env.*", "build.builder"],
    check,
};

/// Crates that have the cc crate among their build dependencies and compile nothing for most targets.
const SELDOM: [&str; 10] = [
    "backtrace",
    "cxx-build",
    "iana-time-zone-haiku",
    "libgit2-sys",
    "link-cplusplus",
    "openssl-sys",
    "rustix",
    "sqlite3-parser",
    "stacker",
    "winres",
];

/// A crate that compiles C.
struct User {
    name: String,
    path: Vec<String>,
    confidence: Confidence,
    is_known: bool,
}

fn check(project: &Project) -> Vec<Finding> {
    let targets = project.targets.iter().filter_map(|target| finding(project, target, target.known?));
    targets.collect()
}

fn finding(project: &Project, target: &ShippedTarget, known: &'static Target) -> Option<Finding> {
    let triple = target.triple.as_str();
    // 32-bit programs are compiled by the host's own compiler, with -m32.
    let is_multilib = known.arch == "x86" && project.host_target().is_some_and(|host| host.arch == "x86_64");
    let is_linux = known.os == "linux" && ["gnu", "musl"].contains(&known.env);
    if !is_linux || is_multilib || !target.is_built_here() || is_left_to_others(project, target) {
        return None;
    }
    if project.c_compiler(triple) != CompilerAnswer::Missing {
        return None;
    }
    let users = users(project, triple);
    let user = users.iter().max_by_key(|user| {
        (user.is_known, user.confidence, std::cmp::Reverse((user.path.len(), user.name.clone())))
    })?;
    let here = || target.declarations.iter().filter(|one| one.is_built_here());
    let placed = here().filter(|one| one.origin.is_some()).min_by_key(|one| one.by);
    let origin = placed.and_then(|one| one.origin.clone()).or_else(|| project.anchor())?;
    let is_list = here().all(|one| matches!(one.by, DeclaredAs::Toolchain | DeclaredAs::FlakeToolchain));
    let severity = match user.confidence {
        Confidence::Possible => Severity::Hint,
        // A list of toolchains says what may be built, by whoever has the tools.
        _ if is_list => Severity::Hint,
        _ if user.is_known => Severity::Error,
        _ => Severity::Warning,
    };
    let names = conventional(triple);
    let sought = match names.as_slice() {
        [] => String::new(),
        names if project.host_is_here => {
            format!(", and `{}` is not found on this machine", names.join("` or `"))
        }
        names => format!(" other than `{}`, if that is installed", names.join("` or `")),
    };
    let message = format!(
        "{} compiles C for {triple}, and nothing names a C compiler for it{sought}: {}",
        user.name,
        user.path.join(" → ")
    );
    let known_host = project.host_is_here && project.snapshot.host.programs.is_some();
    let confidence = if known_host { user.confidence } else { user.confidence.min(Confidence::Likely) };
    Some(
        Finding::new(RULE.name, severity, origin, message)
            .with_confidence(confidence)
            .with_targets([triple])
            .with_help(help(known))
            .with_fixes(fixes(project, known)),
    )
}

/// Whether another rule speaks: one cause, one finding.
fn is_left_to_others(project: &Project, target: &ShippedTarget) -> bool {
    let in_shell = |context: Context| matches!(context, Context::Shell(_));
    match project.linker(&target.triple) {
        LinkerAnswer::Missing | LinkerAnswer::Unknown(_) | LinkerAnswer::Elsewhere(_) => true,
        LinkerAnswer::Given { origin, .. } => {
            let by_shell = project
                .variables()
                .any(|one| in_shell(one.context) && Some(&one.variable.value_origin) == origin.as_ref());
            by_shell && target.declarations.iter().any(|one| in_shell(one.context))
        }
        LinkerAnswer::Default(_) => false,
    }
}

/// The crates that compile C for a target.
fn users(project: &Project, triple: &str) -> Vec<User> {
    let found = native::found(project, triple);
    // A build for another machine finds no library of the system, and compiles its own.
    let compiles = |one: &&Found<'_>| {
        one.library == Library::Compiled
            || one.known.kind == NativeKind::Fallback && one.library == Library::SystemIfThere
    };
    let known = found.iter().filter(compiles).map(|one| User {
        name: one.known.name.to_owned(),
        path: one.culprit.path.clone(),
        confidence: one.confidence,
        is_known: true,
    });
    let graph = project.graph(triple);
    let others = graph.users_in_build_scripts(&["cc", "cmake"]).into_iter();
    let others = others.filter(|(one, _)| !SELDOM.contains(&one.name.as_str()));
    let others = others.map(|(one, certainty)| User {
        name: one.name.clone(),
        path: graph.path_to(&one),
        confidence: certainty.min(Confidence::Likely),
        is_known: false,
    });
    known.chain(others).collect()
}

fn help(known: &Target) -> String {
    let variable = format!("CC_{}", known.underscored());
    let install = match known.names.debian {
        Some(tool) => format!("install one (Debian: {}), ", tool.package),
        None => String::new(),
    };
    format!("{install}name one in {variable}, or build with cargo-zigbuild")
}

fn fixes(project: &Project, known: &'static Target) -> Vec<Fix> {
    let shells = project.host_shells();
    let in_shell = shell_fix(project, known, &shells);
    let from_linker = if shells.is_empty() { linker_fix(project, known) } else { None };
    let zigbuild = (known.names.zigbuild == Some(true)).then(|| zigbuild_fix(project)).flatten();
    in_shell.into_iter().chain(from_linker).chain(zigbuild).collect()
}

/// nixpkgs' cross compiler, in the dev shell.
fn shell_fix(project: &Project, known: &Target, shells: &[(Context, &Derivation)]) -> Option<Fix> {
    let writable = shells.iter().filter(|(_, shell)| shell.literal.is_some());
    let (_, shell) = writable.min_by_key(|(_, shell)| shell.name != "default")?;
    let set = shell.literal.as_ref()?;
    let pkgs = set.pkgs.as_deref()?;
    let tool = known.names.nixpkgs?;
    let source = project.source(&set.file)?;
    let is_own_arch = project.host_target().is_some_and(|host| host.arch == known.arch && host.os == "linux");
    // What links musl statically has a compiler of its own.
    let packages = match known.env {
        "musl" if is_own_arch => format!("{pkgs}.pkgsStatic"),
        "musl" => format!("{pkgs}.pkgsCross.{}.pkgsStatic", tool.package),
        _ => format!("{pkgs}.pkgsCross.{}", tool.package),
    };
    let value = format!("\"${{{packages}.stdenv.cc}}/bin/{}\"", tool.linker?);
    let variable = format!("CC_{}", known.underscored());
    let edit = fix::nix::add_variable(source.document(), set, &variable, &value)?;
    Some(Fix::review(format!("Set {variable} in {} to nixpkgs' cross compiler", shell.attribute), vec![edit]))
}

/// A linker that is a compiler under another name than the cc crate knows.
fn linker_fix(project: &Project, known: &Target) -> Option<Fix> {
    let linker = project.cargo.config.linker(known.triple)?;
    let program = linker.value.rsplit('/').next()?;
    let is_driver = program.ends_with("-cc") || program.contains("-gcc-") || program.ends_with("-clang");
    let (file, source) = project.config_to_edit();
    let variable = format!("CC_{}", known.underscored());
    let value = match &linker.program {
        // The build scripts of dependencies run in folders of their own.
        Program::Path(path) if !linker.value.starts_with('/') => {
            let base = file.path().parent()?.parent()?;
            let path = path.strip_prefix(base).ok()?.to_str()?;
            format!("{{ value = {}, relative = true }}", fix::toml::quote(path))
        }
        _ => fix::toml::quote(&linker.value),
    };
    let edit = fix::toml::set(&file, source.as_deref(), &["env", &variable], &value)?;
    is_driver
        .then(|| Fix::review(format!("Compile C for {} with `{}`", known.triple, linker.value), vec![edit]))
}

fn zigbuild_fix(project: &Project) -> Option<Fix> {
    let portolan = &project.cargo.portolan;
    let file = portolan
        .file
        .clone()
        .unwrap_or_else(|| crate::text::FileId::new(project.root().join("portolan.toml")));
    let source = project.source(&file);
    let edit = fix::toml::set(&file, source.as_deref(), &["build", "builder"], "\"zigbuild\"")?;
    Some(Fix::review("Build the project's targets with cargo-zigbuild", vec![edit]))
}
