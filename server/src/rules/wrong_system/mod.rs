//! One system's packages in the outputs of all systems.
//!
//! ## What it does
//!
//! Looks at dev shells and Rust packages that one expression makes for several systems, and reports what
//! is the same machine's in all of them: a package set, a toolchain or a tool taken from
//! `….x86_64-linux` where the output's own system is meant. It also reports packages for macOS that are
//! offered on Linux.
//!
//! ## Why it matters
//!
//! For whoever has another machine: `nix develop` ends with "a 'x86_64-linux' with features {} is required
//! to build", or the shell is full of programs that cannot be executed. nixpkgs cannot cross compile from
//! Linux to macOS at all.
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   inputs.flake-utils.url = "github:numtide/flake-utils";
//!   outputs = { self, nixpkgs, flake-utils }: flake-utils.lib.eachDefaultSystem (system: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     devShells.default = pkgs.mkShell { packages = [ pkgs.cargo ]; };
//!   });
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nix file:flake.nix
//! {
//!   inputs.flake-utils.url = "github:numtide/flake-utils";
//!   outputs = { self, nixpkgs, flake-utils }: flake-utils.lib.eachDefaultSystem (system: let
//!     pkgs = nixpkgs.legacyPackages.${system};
//!   in {
//!     devShells.default = pkgs.mkShell { packages = [ pkgs.cargo ]; };
//!   });
//! }
//! ```
//!
//! ## When it stays silent
//!
//! For outputs that are written for each system by itself, behind a condition on the system, for cross
//! package sets, for packages that are called by what they are for (`…-linux`, images and containers), for
//! the data of toolchains (`rust-src`, `rust-std`), and where the machine can run the other's programs.
//!
//! ## Fix safety
//!
//! For review: the package that comes instead may not exist for every system.
//!
//! ## References
//!
//! - <https://nix.dev/manual/nix/stable/command-ref/new-cli/nix3-flake#flake-format>

mod place;

use super::{FixKind, Rule, nix_support as nix, support};
use crate::{
    finding::{Confidence, Finding, Severity},
    knowledge,
    nix::facts::{Builder, Derivation, Known, Piece, Platform, PlatformSource, StoreItem},
    project::{Project, is_rust_package},
    text::Origin,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "wrong-system",
    summary: "one system's packages in the outputs of all systems",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("mod.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut findings = shared(project);
    findings.extend(for_macos_on_linux(project));
    findings
}

/// A thing of one system in the output of another.
struct Stray {
    /// The system that it is of.
    of: String,
    /// What it is.
    what: String,
    /// Where it is used.
    origin: Origin,
}

/// What one expression gives all its systems.
fn shared(project: &Project) -> Vec<Finding> {
    let outputs: Vec<&Derivation> = project
        .derivations()
        .map(|(_, one)| one)
        .filter(|one| one.builder == Builder::Shell || is_rust_package(one))
        .collect();
    // Place, system that it names, output, what; and the systems that get it.
    let mut found: Vec<(Stray, &Derivation, Vec<String>)> = Vec::new();
    for output in &outputs {
        let Some(system) = &output.system else { continue };
        let siblings: Vec<&Derivation> =
            outputs.iter().copied().filter(|other| other.origin == output.origin).collect();
        for stray in strays(output, system) {
            // The expression is right for the system that it names, and somebody offers it there.
            let sibling = siblings.iter().find(|other| other.system.as_ref() == Some(&stray.of));
            if !sibling.is_some_and(|sibling| has_same(sibling, &stray)) {
                continue;
            }
            match found
                .iter_mut()
                .find(|(known, ..)| known.of == stray.of && known.origin.file == stray.origin.file)
            {
                Some((_, _, systems)) => systems.push(system.clone()),
                None => found.push((stray, output, vec![system.clone()])),
            }
        }
    }
    found.into_iter().map(|(stray, output, systems)| finding(project, &stray, output, systems)).collect()
}

fn finding(project: &Project, stray: &Stray, output: &Derivation, mut systems: Vec<String>) -> Finding {
    systems.sort();
    systems.dedup();
    let literal = place::of_system(project, &stray.of);
    let origin = literal.as_ref().map_or_else(|| stray.origin.clone(), |literal| literal.origin.clone());
    let message = format!(
        "{} is for {} alone, and {} get it as well: nothing of it runs there",
        stray.what,
        stray.of,
        support::join(&systems)
    );
    Finding::new(RULE.name, Severity::Warning, origin, message)
        .with_confidence(Confidence::Likely)
        .with_related(output.origin.clone(), "the output of all systems")
        .with_help("take it from the packages of the output's own system")
        .with_fixes(literal.and_then(|literal| literal.fix))
}

/// What of an output is another system's.
fn strays(output: &Derivation, system: &str) -> Vec<Stray> {
    let mut strays = Vec::new();
    if let Some(of) = other_system(&output.platform, system).filter(|_| !is_named_by_system(output)) {
        let what = "the package set of this output".to_owned();
        strays.push(Stray { of, what, origin: output.origin.clone() });
    }
    let inputs = output.inputs.iter().map(|input| (&input.item, &input.origin));
    let tools =
        output.env.iter().filter(|variable| matches!(&variable.name, Known::Value(name) if is_tool(name)));
    let named = tools.flat_map(|variable| &variable.value.pieces).filter_map(|piece| match piece {
        Piece::Store { item, origin } => Some((item, origin)),
        _ => None,
    });
    for (item, origin) in inputs.chain(named).filter(|(item, _)| !is_data(item)) {
        if let Some(of) = other_system(&item.platform, system) {
            strays.push(Stray { of, what: item.attribute.clone(), origin: origin.clone() });
        }
    }
    strays
}

/// Whether the output of the named system has the same from the same place.
fn has_same(output: &Derivation, stray: &Stray) -> bool {
    let is_it = |platform: &Platform| nix::system_of(platform).as_ref() == Some(&stray.of);
    let own = stray.origin == output.origin && is_it(&output.platform);
    let pieces = output.env.iter().flat_map(|variable| &variable.value.pieces);
    let named = pieces.filter_map(|piece| match piece {
        Piece::Store { item, origin } => Some((item, origin)),
        _ => None,
    });
    let mut all = output.inputs.iter().map(|input| (&input.item, &input.origin)).chain(named);
    own || all.any(|(item, origin)| *origin == stray.origin && is_it(&item.platform))
}

/// The system of a native package set that is not the output's, when the output's machine cannot run it.
fn other_system(platform: &Platform, system: &str) -> Option<String> {
    let is_native = platform.how == PlatformSource::Native && !platform.is_cross;
    let triple = platform.triple.as_deref().filter(|_| is_native)?;
    nix::system_of(platform).filter(|of| of != system && !nix::can_run(system, triple))
}

/// Variables that name a program or a library that a build runs.
fn is_tool(name: &str) -> bool {
    matches!(name, "PROTOC" | "LIBCLANG_PATH" | "CC" | "CXX" | "AR" | "RUSTC" | "CARGO")
        || name.ends_with("_LINKER")
        || ["CC_", "CXX_", "AR_"].iter().any(|prefix| name.starts_with(prefix))
}

/// Parts of toolchains that are the same on every machine.
fn is_data(item: &StoreItem) -> bool {
    ["rust-src", "rust-std", ".targets."].iter().any(|data| item.attribute.contains(data))
}

/// Whether a package says by its name that it is for one kind of machine.
fn is_named_by_system(package: &Derivation) -> bool {
    let words = [
        "linux",
        "darwin",
        "macos",
        "x86_64",
        "amd64",
        "aarch64",
        "arm64",
        "musl",
        "static",
        "image",
        "docker",
        "container",
        "oci",
        "vm",
    ];
    let name = package.name.to_lowercase();
    words.iter().any(|word| name.contains(word))
}

/// Packages for macOS that nixpkgs is asked to cross compile on Linux.
fn for_macos_on_linux(project: &Project) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (_, package) in nix::rust_packages(project) {
        let target = package.platform.triple.as_deref().and_then(knowledge::target);
        let Some(target) = target.filter(|target| target.is_apple()) else { continue };
        let on_linux = package.system.as_deref().filter(|system| system.ends_with("-linux"));
        let Some(system) =
            on_linux.filter(|_| package.platform.is_cross && package.builder != Builder::Zigbuild)
        else {
            continue;
        };
        if !nix::is_new(&findings, &package.origin) {
            continue;
        }
        let message = format!(
            "{} is for {}, which nixpkgs cannot build on {system}",
            nix::name_of(package),
            target.triple
        );
        findings.push(
            Finding::new(RULE.name, Severity::Warning, package.origin.clone(), message)
                .with_confidence(Confidence::Likely)
                .with_targets([target.triple])
                .with_help("offer it on macOS only, or build it with cargo-zigbuild and Apple's SDK"),
        );
    }
    findings
}
