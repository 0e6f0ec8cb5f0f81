//! A linker by the name that another kind of machine gives it.
//!
//! ## What it does
//!
//! The same cross linker has a name of its own in Debian (`aarch64-linux-gnu-gcc`), in nixpkgs
//! (`aarch64-unknown-linux-gnu-cc`) and in Homebrew's taps. The rule finds
//!
//! - Debian's name in the configuration of a project whose flake offers a dev shell or package that does not set
//!   the linker itself;
//! - nixpkgs' or Homebrew's name on a Linux machine that does not have it, in a project without a flake;
//! - `musl-gcc` for another processor: it is the compiler of the machine that it runs on.
//!
//! ## Why it matters
//!
//! For whoever works on the other kind of machine. The setting is for the *target*, wherever it is built: on an
//! aarch64 Linux a plain `cargo build` inside the dev shell takes `target.aarch64-unknown-linux-gnu.linker` too,
//! and ends with "linker `aarch64-linux-gnu-gcc` not found" although nothing is crossed.
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [target.aarch64-unknown-linux-gnu]
//! linker = "aarch64-linux-gnu-gcc"
//! ```
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: {
//!     devShells.aarch64-linux.default = nixpkgs.legacyPackages.aarch64-linux.mkShell {
//!       packages = [ nixpkgs.legacyPackages.aarch64-linux.rustup ];
//!     };
//!   };
//! }
//! ```
//!
//! ## Use instead
//!
//! The variable that stands above the configuration, in the shell:
//!
//! ```toml file:.cargo/config.toml
//! [target.aarch64-unknown-linux-gnu]
//! linker = "aarch64-linux-gnu-gcc"
//! ```
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: {
//!     devShells.aarch64-linux.default = nixpkgs.legacyPackages.aarch64-linux.mkShell {
//!       packages = [ nixpkgs.legacyPackages.aarch64-linux.rustup ];
//!       CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER = "cc";
//!     };
//!   };
//! }
//! ```
//!
//! ## When it stays silent
//!
//! Without a flake, when the program is on PATH; for mingw, whose linker has one name everywhere; for shells
//! that set the variable, bring a program of that name, or take in what is not known; for `buildRustPackage`,
//! which sets the linker itself (a hint, when the flake has nothing else).
//!
//! ## Fix safety
//!
//! For review. The shell gets a variable for its own machine's compiler, which cargo prefers to the
//! configuration.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/config.html#targettriplelinker>

use super::{FixKind, Rule};
use crate::{
    cargo::{
        Sourced,
        config::{Matcher, Scope},
    },
    finding::{Confidence, Edit, Finding, Fix, Severity},
    fix,
    knowledge::{self, Target},
    nix::facts::{Builder, Derivation, Known, Toolchain},
    project::{Context, Project, ShippedTarget, environment::target_variable, is_rust_package},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "linker-for-other-host",
    summary: "a linker by the name that another kind of machine gives it",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("linker_for_other_host.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let config = &project.cargo.config;
    let tables = config.targets.iter().filter(|table| {
        let file = config.files.get(table.file);
        file.is_some_and(|file| file.scope == Scope::Project)
    });
    let named = tables.filter_map(|table| {
        let Matcher::Triple(triple) = &table.matcher else { return None };
        Some((knowledge::target(triple)?, table.linker.as_ref()?))
    });
    named.filter_map(|(target, linker)| judge(project, target, linker)).collect()
}

/// What there is to say of a target's linker in a shared configuration.
pub(super) fn judge(project: &Project, target: &'static Target, linker: &Sourced<String>) -> Option<Finding> {
    musl_gcc_elsewhere(project, target, linker)
        .or_else(|| debian_in_flake(project, target, linker))
        .or_else(|| foreign_on_linux(project, target, linker))
}

/// `musl-gcc` compiles for the processor that it runs on.
pub(super) fn is_musl_gcc_elsewhere(project: &Project, target: &Target, linker: &str) -> bool {
    let is_for_other =
        |host: &Target| host.arch != target.arch && !(host.arch == "x86_64" && target.arch == "x86");
    linker.trim().rsplit('/').next() == Some("musl-gcc") && project.host_target().is_some_and(is_for_other)
}

fn musl_gcc_elsewhere(project: &Project, target: &Target, linker: &Sourced<String>) -> Option<Finding> {
    if !is_musl_gcc_elsewhere(project, target, &linker.value) {
        return None;
    }
    let arch = project.host_target()?.arch;
    let message = format!(
        "`musl-gcc` makes programs for the machine that it runs on, here {arch}: not for {}",
        target.triple
    );
    let help = match target.names.linkers.first() {
        Some(name) => format!("use a cross compiler (`{name}`), or build with cargo-zigbuild"),
        None => "use a cross compiler for the target, or build with cargo-zigbuild".to_owned(),
    };
    Some(
        Finding::new(RULE.name, Severity::Warning, linker.origin.clone(), message)
            .with_targets([target.triple])
            .with_help(help),
    )
}

/// Debian's name meets a flake.
fn debian_in_flake(project: &Project, target: &'static Target, linker: &Sourced<String>) -> Option<Finding> {
    let flake = project.flake.as_ref()?;
    let debian = target.debian_linker().filter(|name| *name == linker.value && *name != "musl-gcc")?;
    if nix_names(target).contains(&debian.to_owned()) {
        return None;
    }
    let affected: Vec<(Context, &Derivation, bool)> = project
        .derivations()
        .filter(|(context, derivation)| takes_linker(*context, derivation))
        .filter(|(_, derivation)| !brings_linker(derivation, target, debian))
        .map(|(context, derivation)| (context, derivation, is_native(derivation, target)))
        .filter(|(context, _, is_native)| *is_native || matches!(context, Context::Shell(_)))
        .collect();
    let Some((_, first, is_native)) =
        affected.iter().min_by_key(|(_, one, is_native)| (!is_native, one.name != "default"))
    else {
        return overridden(flake.packages.iter().chain(&flake.shells), target, linker);
    };
    let message = if *is_native {
        format!(
            "`{debian}` is Debian's name: {} builds for its own machine with it, and nixpkgs has no such program",
            first.attribute
        )
    } else {
        format!(
            "`{debian}` is Debian's name: {} does not have it, nixpkgs has no such program",
            first.attribute
        )
    };
    let confidence = if *is_native { Confidence::Certain } else { Confidence::Likely };
    let variable = target_variable(target.triple, "LINKER");
    let finding = Finding::new(RULE.name, Severity::Warning, linker.origin.clone(), message)
        .with_confidence(confidence)
        .with_targets([target.triple])
        .with_help(format!("set {variable} in the flake's shells: cargo prefers it to the configuration"))
        .with_related(first.origin.clone(), "does not set the linker")
        .with_fixes(set_in_shells(project, target, &affected));
    Some(finding)
}

/// A flake that builds packages with nixpkgs' own function only.
fn overridden<'d>(
    mut all: impl Iterator<Item = &'d Derivation>,
    target: &Target,
    linker: &Sourced<String>,
) -> Option<Finding> {
    all.find(|derivation| derivation.builder == Builder::BuildRustPackage)?;
    let message = format!(
        "`{}` is Debian's name: nixpkgs' buildRustPackage sets its own linker, any other build in Nix stops here",
        linker.value
    );
    Some(
        Finding::new(RULE.name, Severity::Hint, linker.origin.clone(), message)
            .with_confidence(Confidence::Possible)
            .with_targets([target.triple])
            .with_help(format!(
                "set {} where it is built with Nix",
                target_variable(target.triple, "LINKER")
            )),
    )
}

/// Whether cargo takes the linker of the configuration there.
fn takes_linker(context: Context, derivation: &Derivation) -> bool {
    // crane and naersk name a linker in cross builds only.
    let is_plain = matches!(derivation.builder, Builder::Crane | Builder::Naersk);
    match context {
        Context::Shell(_) => derivation.complete,
        Context::Package(_) => derivation.complete && is_rust_package(derivation) && is_plain,
        Context::Ambient => false,
    }
}

/// Whether it builds for the target because that is its own machine.
fn is_native(derivation: &Derivation, target: &Target) -> bool {
    let own = derivation.platform.triple.as_deref() == Some(target.triple) && !derivation.platform.is_cross;
    own && derivation.targets.is_empty()
}

/// Whether it names another linker, or has a program of that name.
fn brings_linker(derivation: &Derivation, target: &Target, name: &str) -> bool {
    let variable = target_variable(target.triple, "LINKER");
    let sets = derivation.env.iter().any(|one| match &one.name {
        Known::Value(name) => *name == variable,
        Known::Unknown(_) => true,
    });
    let mut inputs = derivation.inputs.iter().map(|input| input.item.attribute.as_str());
    // What a script is called is not always known.
    sets || derivation.platform.is_cross
        || inputs.any(|input| input == name || input.starts_with("write") || input == "symlinkJoin")
}

/// nixpkgs' names of a target's compiler.
fn nix_names(target: &Target) -> Vec<String> {
    let name = target.names.nixpkgs.and_then(|tool| tool.linker);
    let both = |name: &str| match name.strip_suffix("-cc") {
        Some(prefix) => vec![name.to_owned(), format!("{prefix}-gcc")],
        None => vec![name.to_owned()],
    };
    name.map(both).unwrap_or_default()
}

/// nixpkgs' or Homebrew's name on a Linux machine without a flake.
fn foreign_on_linux(project: &Project, target: &'static Target, linker: &Sourced<String>) -> Option<Finding> {
    let host = project.host_target()?;
    let name = linker.value.as_str();
    let is_missing = project.host_is_here && project.snapshot.host.has_program(name) == Some(false);
    if project.flake.is_some() || !host.is_linux() || !is_missing || target.debian_linker() == Some(name) {
        return None;
    }
    let whose = if target.homebrew_linker() == Some(name) {
        "Homebrew's"
    } else if nix_names(target).iter().any(|known| known == name) {
        "nixpkgs'"
    } else {
        return None;
    };
    let is_built = project.target(target.triple).is_some_and(ShippedTarget::is_built_here);
    // rustc links musl of its own processor without help, so on this machine the setting does only harm.
    let needs_none = target.is_musl() && target.arch == host.arch;
    // Toolchains for any Linux go by these names, too.
    if target.names.linkers.contains(&name) && !(needs_none && is_built) {
        return None;
    }
    let severity = if is_built { Severity::Warning } else { Severity::Hint };
    let help = match target.debian_linker().filter(|name| *name != "musl-gcc") {
        _ if needs_none => format!(
            "no linker is needed for {} here: set {} on the machines that need it",
            target.triple,
            target_variable(target.triple, "LINKER")
        ),
        Some(debian) => format!(
            "Debian and Ubuntu call it `{debian}`; set {} on the others",
            target_variable(target.triple, "LINKER")
        ),
        None => format!(
            "set {} on the machines that have it, or build with cargo-zigbuild",
            target_variable(target.triple, "LINKER")
        ),
    };
    let message = format!("`{name}` is {whose} name of the linker, and it is not found on this machine");
    Some(
        Finding::new(RULE.name, severity, linker.origin.clone(), message)
            .with_confidence(Confidence::Likely)
            .with_targets([target.triple])
            .with_help(help),
    )
}

/// The compiler's own name in every shell of that machine.
fn set_in_shells(
    project: &Project,
    target: &'static Target,
    affected: &[(Context, &Derivation, bool)],
) -> Option<Fix> {
    let variable = target_variable(target.triple, "LINKER");
    let mut edits: Vec<Edit> = Vec::new();
    for (_, shell, _) in affected {
        let set = shell.literal.as_ref()?;
        // One expression for several systems: a plain compiler is right on one of them only.
        let pkgs = set.pkgs.as_deref()?;
        let source = project.source(&set.file)?;
        let value = compiler(project, shell, target, pkgs, affected)?;
        let edit = fix::nix::add_variable(source.document(), set, &variable, &value)?;
        if !edits.contains(&edit) {
            edits.push(edit);
        }
    }
    (!edits.is_empty()).then(|| Fix::review(format!("Set {variable} in the flake"), edits))
}

/// The compiler for the target as a shell can name it. Where the shell's expression serves only machines of the
/// target, `cc` is it; else nixpkgs' cross compiler, which has a prefix only where it crosses.
fn compiler(
    project: &Project,
    shell: &Derivation,
    target: &Target,
    pkgs: &str,
    affected: &[(Context, &Derivation, bool)],
) -> Option<String> {
    let shares = |other: &&Derivation| {
        other.literal.as_ref().map(|set| (&set.file, set.span))
            == shell.literal.as_ref().map(|set| (&set.file, set.span))
    };
    let mut same = affected
        .iter()
        .map(|(_, derivation, is_native)| (derivation, *is_native))
        .filter(|(other, _)| shares(other));
    if same.all(|(_, is_native)| is_native)
        && project.derivations().filter(|(_, other)| shares(other)).all(|(_, other)| is_native(other, target))
    {
        return Some("\"cc\"".to_owned());
    }
    // Naming the linker says that the target is built there: only where its std is.
    let has_std = match &shell.toolchain {
        Toolchain::Declared { targets, .. } => targets.iter().any(|triple| triple == target.triple),
        _ => false,
    };
    let attribute = target.names.nixpkgs.filter(|_| has_std)?.package;
    let cc = format!("{pkgs}.pkgsCross.{attribute}.stdenv.cc");
    Some(format!("\"${{{cc}}}/bin/${{{cc}.targetPrefix}}cc\""))
}
