//! A target that the project builds and the toolchain file does not install.
//!
//! ## What it does
//!
//! Compares the `targets` of `rust-toolchain.toml` with the targets that are built with that toolchain:
//! `build.target`, `CARGO_BUILD_TARGET` and the linkers of dev shells that use rustup or read the file,
//! and `[target.T]` tables that name a linker.
//!
//! ## Why it matters
//!
//! For whoever clones the project: rustup installs what the file lists, and the build ends with "can't
//! find crate for `std`" (E0463) at the first crate. On the author's machine it works, because of a
//! `rustup target add` long ago. cargo-zigbuild needs the target's std as well.
//!
//! ## Example
//!
//! ```toml file:rust-toolchain.toml
//! [toolchain]
//! channel = "1.95"
//! targets = ["wasm32-unknown-unknown"]
//! ```
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-musl"
//! ```
//!
//! ## Use instead
//!
//! ```toml file:rust-toolchain.toml
//! [toolchain]
//! channel = "1.95"
//! targets = ["wasm32-unknown-unknown", "x86_64-unknown-linux-musl"]
//! ```
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-musl"
//! ```
//!
//! ## When it stays silent
//!
//! Without a `targets` key; when the flake's toolchain (rust-overlay, fenix, a Nix cross rustc) brings the
//! target; when the project builds std itself (`build-std`); for targets that rustup has no std for; for
//! what only cross builds.
//!
//! ## Fix safety
//!
//! Safe: rustup downloads one component more.
//!
//! ## References
//!
//! - <https://rust-lang.github.io/rustup/overrides.html#the-toolchain-file>

use super::{FixKind, Rule};
use crate::{
    cargo::toolchain::{TargetList, Toolchain},
    finding::{Confidence, Finding, Fix, Severity},
    fix, knowledge,
    nix::facts::{self},
    project::{Context, Declaration, DeclaredAs, Project, ShippedTarget},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "toolchain-target-missing",
    summary: "a target that the project builds and the toolchain file does not install",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("toolchain_target_missing.rs"),
    touches: &["toolchain.targets"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let Some(toolchain) = project.cargo.toolchain.toolchain() else { return Vec::new() };
    let Some(list) = &toolchain.targets else { return Vec::new() };
    // A toolchain of the user's own has whatever std it has.
    if toolchain.path.is_some() || builds_std(project) {
        return Vec::new();
    }
    project.targets.iter().filter_map(|target| finding(project, toolchain, list, target)).collect()
}

fn finding(
    project: &Project,
    toolchain: &Toolchain,
    list: &TargetList,
    target: &ShippedTarget,
) -> Option<Finding> {
    let triple = &target.triple;
    let known = target.known.filter(|known| known.has_std())?;
    if *triple == project.host || list.values.iter().any(|listed| listed.value == *triple) {
        return None;
    }
    let supplied = project.derivations().any(|(_, derivation)| match &derivation.toolchain {
        facts::Toolchain::Declared { targets, .. } => targets.contains(triple),
        _ => false,
    });
    if supplied {
        return None;
    }
    let uses = target.declarations.iter().filter(|one| uses_file(project, one));
    let used = uses.filter(|one| one.origin.is_some()).min_by_key(|one| one.by)?;
    let is_linker = used.by == DeclaredAs::Linker;
    let message =
        format!("{} is built, but rustup does not install its std: `targets` does not list it", known.triple);
    let title = format!("Add {triple} to the toolchain's targets");
    let array = toolchain.source.toml().root.path(&["toolchain", "targets"]);
    let edits = array.and_then(|array| fix::toml::push(&toolchain.source, array, &fix::toml::quote(triple)));
    // With a linker alone somebody may add the target by hand where it is built: 2 of 15 healthy projects
    // that were looked at do so.
    let severity = if is_linker { Severity::Hint } else { Severity::Error };
    let finding = Finding::new(RULE.name, severity, list.value.clone(), message)
        .with_confidence(if is_linker { Confidence::Possible } else { Confidence::Certain })
        .with_targets([triple.clone()])
        .with_help(format!("add \"{triple}\" to `targets`"))
        .with_fixes(edits.map(|edits| Fix::safe(title, edits)));
    let place = used.origin.clone()?;
    Some(finding.with_related(place, format!("built because of this ({})", used.by.label())))
}

/// Whether a declaration means a build with the toolchain of the file.
fn uses_file(project: &Project, declaration: &Declaration) -> bool {
    match declaration.by {
        DeclaredAs::BuildTarget | DeclaredAs::Linker | DeclaredAs::PortolanToml => true,
        DeclaredAs::BuildTargetVariable | DeclaredAs::DevShell => {
            let shell = project.derivation(declaration.context);
            let shell = shell.filter(|_| matches!(declaration.context, Context::Shell(_)));
            shell.is_some_and(|shell| {
                matches!(
                    shell.toolchain,
                    facts::Toolchain::Rustup | facts::Toolchain::Declared { from_file: true, .. }
                ) && !shell.platform.is_cross
            })
        }
        _ => false,
    }
}

/// `[unstable] build-std = […]`: std is compiled with the project.
fn builds_std(project: &Project) -> bool {
    let files = &project.cargo.config.files;
    let in_config = files.iter().any(|file| file.tree().root.path(&["unstable", "build-std"]).is_some());
    in_config || knowledge::target(&project.host).is_none()
}
