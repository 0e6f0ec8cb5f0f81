//! A Cargo.lock that a flake needs and git does not have.
//!
//! ## What it does
//!
//! For each Rust package of the flake that is built from the project itself, asks whether git has the Cargo.lock
//! that it needs: by git's index where the workspace folder is a repository, else by the `.gitignore` files.
//!
//! ## Why it matters
//!
//! For whoever runs `nix build`, the author included: a flake in a git repository consists of the files that git
//! tracks. The file is there for cargo and is not there for Nix, which stops with "path '…/Cargo.lock' does not
//! exist" or "Cargo.lock not found". For others it never existed.
//!
//! ## Example
//!
//! ```gitignore file:.gitignore
//! /target
//! Cargo.lock
//! ```
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: {
//!     packages.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.rustPlatform.buildRustPackage {
//!       pname = "app";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock.lockFile = ./Cargo.lock;
//!     };
//!   };
//! }
//! ```
//!
//! ## Use instead
//!
//! ```gitignore file:.gitignore
//! /target
//! ```
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: {
//!     packages.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.rustPlatform.buildRustPackage {
//!       pname = "app";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock.lockFile = ./Cargo.lock;
//!     };
//!   };
//! }
//! ```
//!
//! ## When it stays silent
//!
//! For flakes without a Rust package of their own (a dev shell does not need the file); for packages of fetched
//! sources; when the index has the file, ignored or not; when a package brings a lock file of its own.
//!
//! ## References
//!
//! - <https://nix.dev/manual/nix/latest/command-ref/new-cli/nix3-flake#types>
//! - <https://doc.rust-lang.org/cargo/faq.html#why-have-cargolock-in-version-control>

use std::path::{Path, PathBuf};

use super::{FixKind, Rule, support};
use crate::{
    finding::{Confidence, Finding, Severity},
    nix::facts::{Builder, Derivation, SourceTree},
    project::{Context, Project, is_rust_package},
    snapshot::Kind,
    text::Origin,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "lock-file-untracked",
    summary: "a Cargo.lock that a flake needs and git does not have",
    severity: Severity::Error,
    fix: FixKind::None,
    source: include_str!("lock_file_untracked.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let packages = project.derivations().filter(|(context, _)| matches!(context, Context::Package(_)));
    support::once_per_place(packages.filter_map(|(_, package)| finding(project, package)))
}

fn finding(project: &Project, package: &Derivation) -> Option<Finding> {
    let (file, origin) = needed(project, package)?;
    let ignored = project.ignored_by(&file);
    let confidence = match (project.is_tracked(&file), &ignored) {
        (Some(true), _) | (None, None) => return None,
        // What is not there at all is another matter: the first build makes it.
        (Some(false), None) if !is_there(project, &file) => return None,
        (Some(false), _) => Confidence::Certain,
        (None, Some(_)) => Confidence::Likely,
    };
    let name = project.display(&crate::text::FileId::new(&file));
    let what = if ignored.is_some() { "is ignored by git" } else { "is not tracked by git" };
    let message =
        format!("{name} {what}, so it does not exist for {}: a flake sees what git has", package.attribute);
    let help = match &ignored {
        Some(line) => format!(
            "take `{}` out of {} and run `git add {name}`",
            project.text_at(line).trim(),
            project.display(&line.file)
        ),
        None => format!("run `git add {name}`"),
    };
    let finding =
        Finding::new(RULE.name, Severity::Error, origin, message).with_confidence(confidence).with_help(help);
    Some(match ignored {
        Some(line) => finding.with_related(line, "ignores it"),
        None => finding,
    })
}

fn is_there(project: &Project, file: &Path) -> bool {
    matches!(project.snapshot.files.kind(file), Kind::File { .. })
}

/// The lock file of the project that a package needs, and the place that says so.
fn needed(project: &Project, package: &Derivation) -> Option<(PathBuf, Origin)> {
    if let Some(lock) = &package.cargo_lock {
        return Some((lock.file.as_ref()?.path().to_owned(), lock.origin.clone()));
    }
    let SourceTree::Project(folder) = &package.source else { return None };
    if !is_rust_package(package) || !package.complete || brings_own(package) || !project.has_program() {
        return None;
    }
    // Builders look for it at the top of the source.
    let workspace = project.cargo.workspace.as_ref()?;
    (workspace.folder() == folder).then(|| (folder.join("Cargo.lock"), package.origin.clone()))
}

/// Whether a package gets its lock file, or its dependencies, from elsewhere.
fn brings_own(package: &Derivation) -> bool {
    let own =
        ["cargoLock", "cargoLockContents", "cargoLockParsed", "cargoDeps", "cargoVendorDir", "cargoPatches"];
    let bindings = package.literal.iter().flat_map(|set| &set.bindings);
    let mut names = bindings.map(|binding| binding.path.split('.').next().unwrap_or_default());
    let mentions = |text: &crate::nix::facts::Text| {
        text.pieces.iter().any(|piece| match piece {
            crate::nix::facts::Piece::Literal { text, .. } => text.contains("Cargo.lock"),
            _ => false,
        })
    };
    names.any(|name| own.contains(&name))
        || package.phases.iter().any(|phase| mentions(&phase.text))
        || package.settings.iter().any(|setting| matches!(setting.name.as_str(), "sourceRoot" | "cargoRoot"))
        || package.builder == Builder::Zigbuild
}
