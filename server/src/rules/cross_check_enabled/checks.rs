//! Tests for a target that the building machine cannot run.

use super::RULE;
use crate::{
    finding::{Confidence, Finding, Fix, Severity},
    fix,
    nix::facts::{Builder, Derivation, Piece, Text},
    project::{Project, matches},
    rules::nix_support as nix,
    text::Origin,
};

pub(super) fn enabled(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, package) in nix::rust_packages(project) {
        let Some((triple, origin)) = foreign_target(package) else { continue };
        if !is_checked(package) || has_runner(project, package, &triple) || !nix::is_new(&findings, &origin) {
            continue;
        }
        let message = format!(
            "{} is built for {triple}, which {} cannot run, and its tests are on",
            nix::name_of(package),
            package.system.as_deref().unwrap_or("the building machine")
        );
        let finding = Finding::new(RULE.name, Severity::Warning, origin, message)
            .with_confidence(Confidence::Likely)
            .with_targets([triple.as_str()])
            .with_related(package.origin.clone(), "the package")
            .with_help(
                "set `doCheck = false;`, or a runner such as qemu or wine in CARGO_TARGET_<TRIPLE>_RUNNER",
            )
            .with_fixes(turn_off(project, package));
        findings.push(finding);
    }
    findings
}

/// The target that cargo is told to build, when the machine that builds cannot run it, and where it is
/// named.
fn foreign_target(package: &Derivation) -> Option<(String, Origin)> {
    let system = package.system.as_deref()?;
    // A cross stdenv knows that it cannot run anything.
    if package.platform.is_cross || package.platform.config.is_none() {
        return None;
    }
    let [target] = package.targets.as_slice() else { return None };
    let triple = target.literal().filter(|triple| !nix::can_run(system, triple))?;
    Some((triple, place(target).unwrap_or_else(|| package.origin.clone())))
}

fn place(target: &Text) -> Option<Origin> {
    target.pieces.iter().find_map(|piece| match piece {
        Piece::Literal { origin, .. } => Some(origin.clone()),
        _ => None,
    })
}

/// Whether the framework runs the tests.
fn is_checked(package: &Derivation) -> bool {
    let by_default = match package.builder {
        Builder::Crane => true,
        Builder::Naersk => false,
        _ => return false,
    };
    let told = match nix::setting(package, "doCheck") {
        None => Some(by_default),
        Some(_) => nix::switch(package, "doCheck"),
    };
    let has_own = nix::setting(package, "cargoTestExtraArgs").is_some()
        || package.phases.iter().any(|phase| matches!(phase.name.as_str(), "checkPhase" | "buildPhase"));
    package.function == "buildPackage" && package.complete && told == Some(true) && !has_own
}

/// Whether something runs the programs in place of the machine.
fn has_runner(project: &Project, package: &Derivation, triple: &str) -> bool {
    let may_be_runner = |name: &str| name.ends_with("_RUNNER");
    let in_env = package.env.iter().any(|variable| match &variable.name {
        crate::nix::facts::Known::Value(name) => may_be_runner(name),
        crate::nix::facts::Known::Unknown(name) => may_be_runner(name) || name.starts_with("${"),
    });
    let tables = &project.cargo.config.targets;
    in_env || tables.iter().any(|table| table.runner.is_some() && matches(table, triple))
}

fn turn_off(project: &Project, package: &Derivation) -> Option<Fix> {
    let title = "Turn the tests of the cross build off";
    if let Some(setting) = nix::setting(package, "doCheck") {
        let is_native_too = project.derivations().any(|(_, other)| {
            nix::setting(other, "doCheck").is_some_and(|one| one.origin == setting.origin)
                && foreign_target(other).is_none()
        });
        let is_written = project.text_at(&setting.origin) == "true" && !is_native_too;
        let edit = fix::toml::replace(&setting.origin.file, setting.origin.span, "false");
        return is_written.then(|| Fix::review(title, vec![edit]));
    }
    let set = package.literal.as_ref()?;
    // What else is made with the set may be native, and its tests are wanted.
    let is_alone = nix::is_alone(project, package, |other| foreign_target(other).is_some());
    let source = project.source(&set.file).filter(|_| is_alone)?;
    let edit = fix::nix::add_attribute(source.document(), set, "doCheck", "false")?;
    Some(Fix::review(title, vec![edit]))
}
