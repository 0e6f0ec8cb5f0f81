//! A dev shell that sets up one half of a cross build.
//!
//! ## What it does
//!
//! For each target that a dev shell sets a variable for (a linker, a C compiler, `CARGO_BUILD_TARGET`, settings of
//! pkg-config), asks for the rest that this project needs there:
//!
//! - std of the target in the shell's Rust toolchain;
//! - a linker, where a C compiler for the target is named and rustc cannot link it by itself;
//! - a C compiler, where a linker is named and crates compile C for the target (ring, aws-lc-sys, zstd-sys, …);
//! - leave for pkg-config, where libraries of the target are there and a crate asks pkg-config for them.
//!
//! ## Why it matters
//!
//! For whoever builds in the shell. Each part works without the others until a crate needs them: "can't find crate
//! for `std`", "failed to find tool `aarch64-linux-gnu-gcc`", "pkg-config has not been configured to support
//! cross-compilation". A linker is not a compiler: cc-rs finds one by itself only if the linker's name ends in
//! `-gcc`.
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!     cc = pkgs.pkgsCross.aarch64-multiplatform.stdenv.cc;
//!   in {
//!     devShells.x86_64-linux.default = pkgs.mkShell {
//!       packages = [ pkgs.rustup ];
//!       CC_aarch64_unknown_linux_gnu = "${cc}/bin/${cc.targetPrefix}cc";
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
//!     cc = pkgs.pkgsCross.aarch64-multiplatform.stdenv.cc;
//!   in {
//!     devShells.x86_64-linux.default = pkgs.mkShell {
//!       packages = [ pkgs.rustup ];
//!       CC_aarch64_unknown_linux_gnu = "${cc}/bin/${cc.targetPrefix}cc";
//!       CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER = "${cc}/bin/${cc.targetPrefix}cc";
//!     };
//!   };
//! }
//! ```
//!
//! ## When it stays silent
//!
//! When a part of the shell is not known; with cargo-zigbuild; for shells of a cross package set, whose standard
//! environment has everything; for wasm and bare metal; when cargo's configuration has what the shell lacks;
//! when nothing that is compiled for the target needs it. What nobody links at all is `missing-linker`'s, and a
//! toolchain file without the target `toolchain-target-missing`'s matter.
//!
//! ## Fix safety
//!
//! For review: the variables are added in the form that the shell already uses, with the compiler that it
//! already names. A target is not added to a toolchain, because that is written in too many ways.
//!
//! ## References
//!
//! - <https://docs.rs/cc/latest/cc/#external-configuration-via-environment-variables>
//! - <https://docs.rs/pkg-config/latest/pkg_config/#environment-variables>

mod crates;
mod fixes;
mod setup;

use super::{FixKind, Rule, missing_linker, support};
use crate::{
    finding::{Confidence, Finding, Severity},
    knowledge::Target,
    nix::facts::Derivation,
    project::{Context, Project, environment::target_variable, links_by_default},
};
use crates::UsedBy;
use setup::Setup;

/// The rule.
pub const RULE: Rule = Rule {
    name: "dev-shell-cross-incomplete",
    summary: "a dev shell that sets up one half of a cross build",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("mod.rs"),
    touches: &[],
    check,
};

/// What is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Missing {
    Std,
    Linker,
    CCompiler(UsedBy),
    PkgConfig(UsedBy),
}

fn check(project: &Project) -> Vec<Finding> {
    let shells = project.derivations().filter(|(context, _)| matches!(context, Context::Shell(_)));
    let found = shells.flat_map(|(context, shell)| {
        let setups = Setup::all(shell);
        setups.into_iter().filter_map(|setup| finding(project, context, shell, &setup)).collect::<Vec<_>>()
    });
    support::once_per_place(found)
}

fn finding(project: &Project, context: Context, shell: &Derivation, setup: &Setup<'_>) -> Option<Finding> {
    let target = setup.target;
    let missing = missing(project, context, shell, setup);
    if missing.is_empty() {
        return None;
    }
    let words: Vec<String> = missing.iter().map(|one| one.words(target)).collect();
    let message = format!(
        "{} sets up {} by {}, without {}",
        shell.attribute,
        target.triple,
        setup.label(),
        support::join(&words)
    );
    let help: Vec<String> = missing.iter().map(|one| one.help(target)).collect();
    let is_certain = missing.iter().all(Missing::is_certain);
    Some(
        Finding::new(RULE.name, Severity::Warning, setup.origin.clone(), message)
            .with_confidence(if is_certain { Confidence::Certain } else { Confidence::Likely })
            .with_targets([target.triple])
            .with_help(help.join("; "))
            .with_fixes(fixes::add(project, shell, setup, &missing)),
    )
}

fn missing(project: &Project, context: Context, shell: &Derivation, setup: &Setup<'_>) -> Vec<Missing> {
    let target = setup.target;
    let mut missing = Vec::new();
    if project.lacks_std(shell, target) {
        missing.push(Missing::Std);
    }
    if lacks_linker(project, context, shell, setup) {
        missing.push(Missing::Linker);
    }
    if setup.linker.is_some()
        && !setup.has_compiler(project)
        && let Some(used) = crates::compiling_c(project, target)
    {
        missing.push(Missing::CCompiler(used));
    }
    if setup.has_libraries
        && !setup.allows_pkg_config(project)
        && let Some(used) = crates::asking_pkg_config(project, target)
    {
        missing.push(Missing::PkgConfig(used));
    }
    missing
}

/// Whether a C compiler is named for the target, and nothing links it. Where nobody does in the whole project,
/// missing-linker says so.
fn lacks_linker(project: &Project, context: Context, shell: &Derivation, setup: &Setup<'_>) -> bool {
    let target = setup.target;
    let host = shell.platform.triple.as_deref().unwrap_or_default();
    if setup.linker.is_some() || !setup.names_compiler || links_by_default(host, target.triple).is_some() {
        return false;
    }
    let is_reported = project
        .target(target.triple)
        .is_some_and(|target| missing_linker::speaks_of(project, target, context));
    let by_flag = project
        .flag_sets_in(context, target.triple)
        .iter()
        .any(|set| !set.is_complete || crate::project::flags::codegen_value(&set.words, "linker").is_some());
    !is_reported
        && !by_flag
        && project.cargo.config.linker(target.triple).is_none()
        && project.config_gap().is_none()
}

impl Missing {
    fn words(&self, target: &Target) -> String {
        match self {
            Self::Std => format!("std for it in the shell's toolchain ({})", target.triple),
            Self::Linker => "a linker".to_owned(),
            Self::CCompiler(used) => format!("a C compiler, which {} needs", used.name),
            Self::PkgConfig(used) => format!("leave for pkg-config, which {} asks", used.name),
        }
    }

    fn help(&self, target: &Target) -> String {
        match self {
            Self::Std => format!(
                "add \"{}\" to the toolchain's `targets` (rust-overlay, fenix or rustup)",
                target.triple
            ),
            Self::Linker => format!("set {}", target_variable(target.triple, "LINKER")),
            Self::CCompiler(_) => format!("set CC_{} to the same compiler", target.underscored()),
            Self::PkgConfig(_) => format!("set PKG_CONFIG_ALLOW_CROSS_{} = \"1\"", target.underscored()),
        }
    }

    fn is_certain(&self) -> bool {
        match self {
            Self::Std | Self::Linker => true,
            Self::CCompiler(used) | Self::PkgConfig(used) => used.is_certain,
        }
    }
}
