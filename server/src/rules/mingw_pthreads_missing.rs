//! A dev shell with the mingw compiler and without its `libpthread.a`.
//!
//! ## What it does
//!
//! Finds dev shells that have nixpkgs' mingw compiler (`pkgsCross.mingwW64.stdenv.cc`, or one from a set with
//! `crossSystem`), or are made with it, and neither have `windows.pthreads` among their inputs nor name it in
//! a variable or flag.
//!
//! ## Why it matters
//!
//! For whoever builds for Windows in the shell: Rust's standard library for `*-windows-gnu` links
//! `libpthread.a`, which nixpkgs keeps in a package of its own. Everything compiles, and the last step ends with
//! "ld: cannot find -l:libpthread.a: No such file or directory".
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!     cc = pkgs.pkgsCross.mingwW64.stdenv.cc;
//!   in {
//!     devShells.x86_64-linux.default = pkgs.mkShell {
//!       nativeBuildInputs = [ pkgs.rustup cc ];
//!       CARGO_BUILD_TARGET = "x86_64-pc-windows-gnu";
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
//!     cc = pkgs.pkgsCross.mingwW64.stdenv.cc;
//!   in {
//!     devShells.x86_64-linux.default = pkgs.mkShell {
//!       nativeBuildInputs = [ pkgs.rustup cc ];
//!       CARGO_BUILD_TARGET = "x86_64-pc-windows-gnu";
//!       CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS =
//!         "-L native=${pkgs.pkgsCross.mingwW64.windows.pthreads}/lib";
//!     };
//!   };
//! }
//! ```
//!
//! ## When it stays silent
//!
//! For packages: `buildRustPackage` adds the library by itself, and crane does. When a part of the shell's
//! inputs or flags is not known; when cargo's configuration has a library path for the target; with
//! cargo-zigbuild.
//!
//! ## Fix safety
//!
//! For review. The flag is set for the Windows target alone, so that it reaches neither build scripts nor other
//! targets, and not where it would hide flags that are set in another place.
//!
//! ## References
//!
//! - <https://nixos.wiki/wiki/Rust>

use super::{FixKind, Rule, support};
use crate::{
    finding::{Confidence, Finding, Fix, Severity},
    fix, knowledge,
    nix::facts::{Derivation, Piece, Text},
    project::{Context, FlagSource, Project, environment::target_variable},
    text::Origin,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "mingw-pthreads-missing",
    summary: "a dev shell with the mingw compiler and without its libpthread.a",
    severity: Severity::Error,
    fix: FixKind::Review,
    source: include_str!("mingw_pthreads_missing.rs"),
    touches: &[],
    check,
};

const TARGETS: [&str; 2] = ["i686-pc-windows-gnu", "x86_64-pc-windows-gnu"];

fn check(project: &Project) -> Vec<Finding> {
    let shells = project.derivations().filter(|(context, _)| matches!(context, Context::Shell(_)));
    let found = shells.flat_map(|(context, shell)| {
        TARGETS.into_iter().filter_map(move |triple| finding(project, context, shell, triple))
    });
    support::once_per_place(found)
}

fn finding(project: &Project, context: Context, shell: &Derivation, triple: &str) -> Option<Finding> {
    let compiler = compiler(shell, triple)?;
    let is_zig = shell.inputs.iter().any(|input| input.item.attribute == "cargo-zigbuild");
    if !shell.complete || is_zig || has_library(shell) || config_has_path(project, triple) {
        return None;
    }
    let target = project.target(triple);
    let is_named = target.is_some_and(|target| target.declarations.iter().any(|one| one.context == context));
    // Somebody may keep the compiler for something else than Rust.
    if !is_named && project.cargo.workspace.is_none() {
        return None;
    }
    let confidence = if is_named { Confidence::Certain } else { Confidence::Likely };
    let linker = target_variable(triple, "LINKER");
    let named = shell.env.iter().find(|variable| variable.name.value() == Some(&linker));
    let origin = named.map_or(compiler, |variable| variable.name_origin.clone());
    let message = format!(
        "{} builds for {triple} without `windows.pthreads`: linking ends with \"cannot find -l:libpthread.a\"",
        shell.attribute
    );
    let package = package(project, shell, triple);
    let help = match &package {
        Some(package) => format!("give the target `-L native=${{{package}}}/lib`"),
        None => "add `windows.pthreads` of the same package set to the target's library path".to_owned(),
    };
    Some(
        Finding::new(RULE.name, Severity::Error, origin, message)
            .with_confidence(confidence)
            .with_targets([triple])
            .with_help(help)
            .with_fixes(package.and_then(|package| fix(project, context, shell, triple, &package))),
    )
}

/// Where the shell gets a mingw compiler.
fn compiler(shell: &Derivation, triple: &str) -> Option<Origin> {
    if shell.platform.triple.as_deref() == Some(triple) {
        return Some(shell.platform.origin.clone().unwrap_or_else(|| shell.origin.clone()));
    }
    support::cross_compiler(shell, triple).map(|(_, origin)| origin.clone())
}

/// Whether the shell names the library in some way, or could.
fn has_library(shell: &Derivation) -> bool {
    let is_library = |attribute: &str| attribute.contains("pthread");
    let mut texts =
        shell.env.iter().map(|variable| &variable.value).chain(shell.phases.iter().map(|phase| &phase.text));
    let flags = shell.env.iter().filter(|variable| match variable.name.value() {
        Some(name) => name.ends_with("FLAGS") || name == "LIBRARY_PATH",
        None => true,
    });
    shell.inputs.iter().any(|input| is_library(&input.item.attribute))
        || texts.any(|text| names(text, &is_library))
        || flags.into_iter().any(|variable| variable.name.value().is_none() || variable.value.has_unknown())
}

fn names(text: &Text, is_library: &dyn Fn(&str) -> bool) -> bool {
    text.pieces.iter().any(|piece| match piece {
        Piece::Store { item, .. } => is_library(&item.attribute),
        Piece::Literal { text, .. } => is_library(text),
        Piece::Either { texts, .. } => texts.iter().any(|text| names(text, is_library)),
        Piece::Unknown { .. } => false,
    })
}

/// Whether cargo's configuration adds a folder of libraries for the target: it may be the one.
fn config_has_path(project: &Project, triple: &str) -> bool {
    let sets = project.config_flag_sets(triple);
    sets.iter()
        .flat_map(|set| &set.words)
        .any(|word| word.text.starts_with("-L") || word.text.contains("=-L"))
}

/// The package as the shell can name it.
fn package(project: &Project, shell: &Derivation, triple: &str) -> Option<String> {
    let set = shell.literal.as_ref()?;
    // In a cross shell `pkgs` may be either set.
    let pkgs = set.pkgs.as_deref().filter(|_| !shell.platform.is_cross)?;
    let attribute = knowledge::target(triple)?.names.nixpkgs?.package;
    project.source(&set.file).map(|_| format!("{pkgs}.pkgsCross.{attribute}.windows.pthreads"))
}

fn fix(project: &Project, context: Context, shell: &Derivation, triple: &str, package: &str) -> Option<Fix> {
    // Flags of the target hide those of every build, and are hidden by RUSTFLAGS.
    let sets = project.flag_sets(triple);
    let mut reaching = sets.iter().filter(|set| set.context == context || set.context == Context::Ambient);
    if reaching.any(|set| set.key.is_some() && set.source != FlagSource::Target) {
        return None;
    }
    let set = shell.literal.as_ref()?;
    let source = project.source(&set.file)?;
    let variable = target_variable(triple, "RUSTFLAGS");
    let value = format!("\"-L native=${{{package}}}/lib\"");
    let edit = fix::nix::add_variable(source.document(), set, &variable, &value)?;
    Some(Fix::review(format!("Add the library's folder to {variable}"), vec![edit]))
}
