//! A target that nothing on this host can link.
//!
//! ## What it does
//!
//! For every target that is built from this host and is not the host, asks who links it: a `linker` in
//! cargo's configuration, `CARGO_TARGET_<TRIPLE>_LINKER` in the environment, a dev shell or a package,
//! `-C linker` in the flags, a builder that brings its own (cargo-zigbuild, cross, a Nix cross standard
//! environment), or rustc's own default. It fires when the answer is "nobody". A dev shell or package that
//! builds the target for itself (`CARGO_BUILD_TARGET` in it) is asked alone: what another one is given does not
//! reach it.
//!
//! ## Why it matters
//!
//! For whoever runs `cargo build --target …`: rustc compiles everything and then calls the host's `cc`,
//! which does not know the target. The build ends in a wall of "file in wrong format", or
//! "linker `link.exe` not found".
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "aarch64-unknown-linux-gnu"
//! ```
//!
//! ## Use instead
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "aarch64-unknown-linux-gnu"
//!
//! [target.aarch64-unknown-linux-gnu]
//! linker = "aarch64-linux-gnu-gcc"
//! ```
//!
//! ## When it stays silent
//!
//! wasm, UEFI and bare metal (rustc brings rust-lld); windows-gnu (rustc calls the mingw gcc by name);
//! musl of the host's own architecture; Apple on Apple; a variable whose name is computed
//! (`"CARGO_TARGET_${…}_LINKER"`); a `[target.T]` table alone, which says that T is built somewhere, not
//! here; and whenever a file that could name the linker could not be read.
//!
//! A hint only: a target that nothing but the toolchain file names, where a workflow of GitHub sees to its linker (cargo's
//! variable, cross, cargo-zigbuild, Debian's cross compiler, a machine of that kind); for Apple and msvc also without one.
//!
//! Note that cargo does not read `CARGO_TARGET_<TRIPLE>_LINKER` from its own `[env]` table (measured with
//! cargo 1.95): that table is for rustc, build scripts and `cargo run`.
//!
//! ## Fix safety
//!
//! For review: which linker is right depends on what is installed. The fix names the one that this kind of
//! host has (Debian's `aarch64-linux-gnu-gcc`, nixpkgs' `pkgsCross`), in the place where the project keeps
//! such things, or chooses cargo-zigbuild.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/config.html#targettriplelinker>
//! - <https://github.com/rust-cross/cargo-zigbuild>

use super::{FixKind, Rule, support};
use crate::{
    finding::{Confidence, Edit, Finding, Fix, Severity},
    fix,
    knowledge::Target,
    nix::facts::{Builder, Derivation},
    project::{
        Context, Declaration, DeclaredAs, LinkerAnswer, Project, ShippedTarget, environment::target_variable,
    },
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "missing-linker",
    summary: "a target that nothing on this host can link",
    severity: Severity::Error,
    fix: FixKind::Review,
    source: include_str!("missing_linker.rs"),
    touches: &["target.*.linker", "build.builder"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for target in &project.targets {
        let Some(known) = target.known else { continue };
        match finding(project, target, known) {
            Some(finding) => findings.push(finding),
            None => findings.extend(in_one_place(project, target, known)),
        }
    }
    findings
}

/// Whether this rule says that a dev shell or package has no linker for a target.
pub(super) fn speaks_of(project: &Project, target: &ShippedTarget, context: Context) -> bool {
    let is_built_here = target.declarations.iter().any(Declaration::is_built_here);
    (is_built_here && project.linker(&target.triple) == LinkerAnswer::Missing)
        || unlinked(project, target).iter().any(|one| one.context == context)
}

/// Places that build the target for themselves and are not given the linker that another place has.
/// Each once, by its strongest declaration.
fn unlinked<'p>(project: &'p Project, target: &'p ShippedTarget) -> Vec<&'p Declaration> {
    let system = project.host_system();
    let mut found: Vec<&Declaration> = Vec::new();
    for declaration in target.declarations.iter().filter(|one| {
        let Some(derivation) = project.derivation(one.context) else { return false };
        let builds = match one.context {
            Context::Shell(_) => one.by == DeclaredAs::BuildTargetVariable,
            // Others run cargo in their own ways.
            Context::Package(_) => {
                matches!(derivation.builder, Builder::Crane | Builder::Naersk)
                    && matches!(one.by, DeclaredAs::BuildTargetVariable | DeclaredAs::FlakePackage)
            }
            Context::Ambient => false,
        };
        builds
            && derivation.system == system
            && project.linker_in(one.context, &target.triple) == LinkerAnswer::Missing
    }) {
        if found.iter().all(|known| known.context != declaration.context) {
            found.push(declaration);
        }
    }
    found
}

/// Findings about shells and packages, when the project as a whole has a linker for the target.
fn in_one_place(project: &Project, target: &ShippedTarget, known: &'static Target) -> Vec<Finding> {
    let found = unlinked(project, target).into_iter().filter_map(|one| {
        let derivation = project.derivation(one.context)?;
        let origin = one.origin.clone()?;
        let triple = &target.triple;
        let message = format!(
            "{} builds `{triple}` and has no linker for it: what another shell or package is given does not count there",
            derivation.attribute
        );
        let variable = target_variable(triple, "LINKER");
        let is_shell = matches!(one.context, Context::Shell(_));
        let zigbuild = (is_shell && known.names.zigbuild == Some(true)).then(|| zigbuild_fix(project));
        let fixes = linker_in(project, derivation, known)
            .filter(|_| !is_shell || !project.lacks_std(derivation, known))
            .into_iter()
            .chain(zigbuild.flatten());
        Some(
            Finding::new(RULE.name, Severity::Error, origin, message)
                .with_targets([triple.clone()])
                .with_help(format!("set {variable} in {}", derivation.attribute))
                .with_fixes(fixes),
        )
    });
    support::once_per_place(found)
}

fn finding(project: &Project, target: &ShippedTarget, known: &'static Target) -> Option<Finding> {
    let here = || target.declarations.iter().filter(|one| one.is_built_here());
    if here().next().is_none() || project.linker(&target.triple) != LinkerAnswer::Missing {
        return None;
    }
    let placed = here().filter(|one| one.origin.is_some()).min_by_key(|one| one.by);
    let origin = placed.and_then(|one| one.origin.clone()).or_else(|| project.anchor())?;
    let (severity, confidence) = weight(project, here(), known);
    let host = &project.host;
    let triple = &target.triple;
    let default = if known.env == "msvc" { "link.exe" } else { "cc" };
    let message = format!(
        "nothing links `{triple}` on {host}: rustc would call `{default}`, which makes no programs for it"
    );
    let others = here().filter(|one| one.origin.as_ref().is_some_and(|place| *place != origin));
    let mut finding = Finding::new(RULE.name, severity, origin.clone(), message)
        .with_confidence(confidence)
        .with_targets([triple.clone()])
        .with_help(help(project, known))
        .with_fixes(fixes(project, target, known));
    for other in others {
        if let Some(place) = &other.origin {
            finding = finding.with_related(place.clone(), format!("also named here ({})", other.by.label()));
        }
    }
    Some(finding)
}

/// A toolchain file is shared by people on many hosts: what it alone names may be built on another, or by a workflow only.
fn weight<'d>(
    project: &Project,
    here: impl Iterator<Item = &'d Declaration>,
    known: &Target,
) -> (Severity, Confidence) {
    let mut only_toolchain = true;
    for declaration in here {
        only_toolchain &= matches!(declaration.by, DeclaredAs::Toolchain | DeclaredAs::FlakeToolchain);
    }
    match only_toolchain {
        true if known.vendor == "apple" || known.env == "msvc" => (Severity::Hint, Confidence::Possible),
        true if project.is_linked_in_workflows(known) => (Severity::Hint, Confidence::Possible),
        true => (Severity::Error, Confidence::Likely),
        false => (Severity::Error, Confidence::Certain),
    }
}

fn help(project: &Project, known: &Target) -> String {
    let variable = target_variable(known.triple, "LINKER");
    let found = known
        .debian_linker()
        .filter(|name| project.host_is_here && project.snapshot.host.has_program(name) == Some(true));
    match found {
        Some(name) => format!(
            "`{name}` is on this machine: name it as `target.{}.linker`, or in {variable}",
            known.triple
        ),
        None if known.env == "msvc" => "build it on Windows, or with cargo-xwin".to_owned(),
        None => format!(
            "name a linker as `target.{}.linker` or in {variable}, or build with cargo-zigbuild",
            known.triple
        ),
    }
}

fn fixes(project: &Project, target: &ShippedTarget, known: &'static Target) -> Vec<Fix> {
    let shells = project.host_shells();
    let mut fixes = Vec::new();
    if shells.is_empty() {
        fixes.extend(config_fix(project, known));
    } else {
        fixes.extend(shell_fix(project, target, known, &shells));
    }
    if known.names.zigbuild == Some(true) {
        fixes.extend(zigbuild_fix(project));
    }
    fixes
}

/// The linker of nixpkgs' cross compiler, in the dev shell.
fn shell_fix(
    project: &Project,
    target: &ShippedTarget,
    known: &Target,
    shells: &[(Context, &Derivation)],
) -> Option<Fix> {
    let named = |context: Context| target.declarations.iter().any(|one| one.context == context);
    // A linker alone is no help where std is missing.
    let writable =
        shells.iter().filter(|(_, shell)| shell.literal.is_some() && !project.lacks_std(shell, known));
    let (_, shell) = writable.min_by_key(|(context, shell)| (!named(*context), shell.name != "default"))?;
    linker_in(project, shell, known)
}

/// nixpkgs' cross compiler as the linker of a shell or package.
fn linker_in(project: &Project, derivation: &Derivation, known: &Target) -> Option<Fix> {
    let set = derivation.literal.as_ref()?;
    let pkgs = set.pkgs.as_deref()?;
    let attribute = known.names.nixpkgs?.package;
    known.names.nixpkgs?.linker?;
    let source = project.source(&set.file)?;
    // On a system that is the target itself, nixpkgs' compiler has no prefix.
    let compiler = format!("{pkgs}.pkgsCross.{attribute}.stdenv.cc");
    let value = format!("\"${{{compiler}}}/bin/${{{compiler}.targetPrefix}}cc\"");
    let variable = target_variable(known.triple, "LINKER");
    let edit = fix::nix::add_variable(source.document(), set, &variable, &value)?;
    Some(Fix::review(
        format!("Set {variable} in {} to nixpkgs' cross compiler", derivation.attribute),
        vec![edit],
    ))
}

/// The linker that this kind of host has, in cargo's configuration.
fn config_fix(project: &Project, known: &Target) -> Option<Fix> {
    let linker = host_linker(project, known)?;
    let (file, source) = project.config_to_edit();
    let path = ["target", known.triple, "linker"];
    let edit = fix::toml::set(&file, source.as_deref(), &path, &fix::toml::quote(linker))?;
    Some(Fix::review(format!("Link {} with `{linker}`", known.triple), vec![edit]))
}

/// What a cross linker is called on the host. Never musl-gcc: what it links crashes at start
/// (musl-gcc-breaks-static-pie).
fn host_linker(project: &Project, known: &Target) -> Option<&'static str> {
    let host = project.host_target()?;
    let name = match host.os {
        "linux" => known.debian_linker(),
        "macos" => known.homebrew_linker(),
        _ => None,
    };
    name.filter(|name| *name != "musl-gcc")
}

fn zigbuild_fix(project: &Project) -> Option<Fix> {
    let portolan = &project.cargo.portolan;
    let file = portolan
        .file
        .clone()
        .unwrap_or_else(|| crate::text::FileId::new(project.root().join("portolan.toml")));
    let source = project.source(&file);
    let edit: Edit = fix::toml::set(&file, source.as_deref(), &["build", "builder"], "\"zigbuild\"")?;
    Some(Fix::review("Build the project's targets with cargo-zigbuild", vec![edit]))
}
