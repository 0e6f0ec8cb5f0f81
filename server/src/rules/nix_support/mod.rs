//! What the rules about Nix share: which packages are cargo's, what they are told, what runs where, and
//! the forms in which fixes write.

mod call;
mod commands;
mod script;
mod shipped;

use crate::{
    knowledge,
    nix::facts::{Derivation, Phase, Piece, Platform, Setting, SettingValue, Text, VariableForm},
    project::{Context, Project, is_rust_package},
    text::Origin,
};

pub(super) use call::static_set;
pub(super) use script::{Lines, add_lines};
pub(super) use shipped::{Shipped, Shipping};

/// The packages that cargo builds.
pub(super) fn rust_packages(project: &Project) -> impl Iterator<Item = (Context, &Derivation)> {
    project
        .derivations()
        .filter(|(context, derivation)| matches!(context, Context::Package(_)) && is_rust_package(derivation))
}

/// What people call an output: its attribute path without the system.
pub(super) fn label(attribute: &str, system: Option<&str>) -> String {
    match system.and_then(|system| attribute.split_once(&format!(".{system}"))) {
        Some((kind, name)) => format!("{kind}{name}"),
        None => attribute.to_owned(),
    }
}

/// What people call a package or shell.
pub(super) fn name_of(derivation: &Derivation) -> String {
    label(&derivation.attribute, derivation.system.as_deref())
}

/// What a builder is told under a name.
pub(super) fn setting<'d>(derivation: &'d Derivation, name: &str) -> Option<&'d Setting> {
    derivation.settings.iter().find(|setting| setting.name == name)
}

/// What a builder is told under a name: `true`, `false`, or nothing that is known.
pub(super) fn switch(derivation: &Derivation, name: &str) -> Option<bool> {
    match setting(derivation, name)?.value {
        SettingValue::Bool(on) => Some(on),
        SettingValue::Text(_) | SettingValue::Unknown => None,
    }
}

/// The phases in which programs are installed and changed afterwards.
pub(super) fn install_phases(derivation: &Derivation) -> impl Iterator<Item = &Phase> {
    derivation.phases.iter().filter(|phase| {
        let name = phase.name.to_lowercase();
        name.contains("install") && !name.contains("check") || name.contains("fixup")
    })
}

/// Whether a text speaks of something, in any of its alternatives.
pub(super) fn mentions(text: &Text, what: &str) -> bool {
    text.pieces.iter().any(|piece| match piece {
        Piece::Literal { text, .. } => text.contains(what),
        Piece::Store { item, .. } => item.attribute.contains(what),
        Piece::Either { texts, .. } => texts.iter().any(|text| mentions(text, what)),
        Piece::Unknown { .. } => false,
    })
}

/// Whether a phase, or a variable of the build, speaks of something.
pub(super) fn is_told_of(derivation: &Derivation, what: &str) -> bool {
    derivation.phases.iter().any(|phase| mentions(&phase.text, what))
        || derivation
            .env
            .iter()
            .any(|variable| variable.form != VariableForm::Export && mentions(&variable.value, what))
}

/// Whether a part of a text is not known: what it does not say, it may say there.
pub(super) fn may_say_more(text: &Text) -> bool {
    // A script that is taken whole from an input, not a package's folder in one.
    let is_from_elsewhere = matches!(text.pieces.as_slice(), [Piece::Store { .. }]);
    is_from_elsewhere
        || text.pieces.iter().any(|piece| match piece {
            Piece::Unknown { .. } => true,
            Piece::Either { texts, .. } => texts.iter().any(may_say_more),
            Piece::Literal { .. } | Piece::Store { .. } => false,
        })
}

/// Nix's name of the system that something is for; `None` when it is not known, or nothing that Nix
/// builds on.
pub(super) fn system_of(platform: &Platform) -> Option<String> {
    knowledge::target(platform.triple.as_deref()?).and_then(crate::project::environment::nix_system)
}

/// Whether a machine of this system can start a program for a target, as far as that is sure: a program
/// that it may be able to start is taken as one that it can.
pub(super) fn can_run(system: &str, triple: &str) -> bool {
    let Some(target) = knowledge::target(triple) else { return true };
    let Some((arch, os)) = system.split_once('-') else { return true };
    let same_os = match os {
        "linux" => target.os == "linux",
        // Rosetta runs x86_64 on aarch64.
        "darwin" => target.os == "macos" && (arch == target.arch || arch == "aarch64"),
        _ => return true,
    };
    let same_arch = match (arch, target.arch) {
        (arch, other) if arch == other => true,
        ("x86_64", "x86") | ("aarch64", "arm") => true,
        (arch, other) => os == "darwin" || (arch.starts_with("armv") && other == "arm"),
    };
    same_os && same_arch
}

/// The triples that a package is built for, as far as they are written out: what cargo is told, or what
/// its package set is for.
pub(super) fn triples(package: &Derivation) -> Vec<String> {
    if package.targets.is_empty() {
        return package.platform.triple.iter().cloned().collect();
    }
    package.targets.iter().filter_map(Text::literal).collect()
}

/// Whether nothing but this package (under whatever names `is_same` admits) is made by its attribute
/// set: only then may a fix change the set.
pub(super) fn is_alone(
    project: &Project,
    package: &Derivation,
    is_same: impl Fn(&Derivation) -> bool,
) -> bool {
    project.derivations().all(|(_, other)| {
        let shares = other.literal.is_some() && other.literal == package.literal;
        !shares || other.origin == package.origin || is_same(other)
    })
}

/// Keeps the first of findings that stand at one place: several systems share one expression.
pub(super) fn is_new(known: &[crate::finding::Finding], origin: &Origin) -> bool {
    !known.iter().any(|finding| finding.origin == *origin)
}
