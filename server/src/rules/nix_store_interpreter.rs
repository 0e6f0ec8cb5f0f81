//! A Linux package for other machines whose loader is in the Nix store.
//!
//! ## What it does
//!
//! Looks at Rust packages for Linux that are meant to leave the machine: called `*-static`, `*-portable`,
//! `dist`, `dist-*`, `release` or `release-*`, or copied out of their build by an app of the flake or by a
//! workflow in `.github/workflows`. It reports those that are plain dynamic builds.
//!
//! ## Why it matters
//!
//! For whoever runs it elsewhere: a program that Nix links dynamically has `/nix/store/…/ld-linux-….so` as
//! its loader. Without that folder it ends with "No such file or directory", though the file is there.
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { self, nixpkgs }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     packages.x86_64-linux.app-portable = pkgs.rustPlatform.buildRustPackage {
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
//! ```nix file:flake.nix
//! {
//!   outputs = { self, nixpkgs }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     packages.x86_64-linux.app-portable = pkgs.pkgsStatic.rustPlatform.buildRustPackage {
//!       pname = "app";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock.lockFile = ./Cargo.lock;
//!     };
//!   };
//! }
//! ```
//!
//! A program that must stay dynamic gets the loader of ordinary distributions in `postFixup`:
//! `patchelf --set-interpreter /lib64/ld-linux-x86-64.so.2 --remove-rpath $out/bin/app`. It then needs a
//! glibc as new as that of nixpkgs.
//!
//! ## When it stays silent
//!
//! For static packages (`pkgsStatic`, musl, `+crt-static`), packages linked by zig, packages whose phases
//! or flags set another loader, and those of which not everything is known. A package that only Nix, a
//! container or NixOS runs is not asked to be portable; a `release` beside a `debug` is a profile.
//!
//! ## Fix safety
//!
//! Both are for review: musl is another C library, and what a static package needs (openssl, sqlite) must
//! be there as a static library; with `patchelf` the program still needs the glibc version of nixpkgs.
//!
//! ## References
//!
//! - <https://nixos.org/manual/nixpkgs/stable/#sec-static>
//! - <https://github.com/NixOS/patchelf#readme>

use super::{FixKind, Rule, nix_support as nix};
use crate::{
    finding::{Confidence, Finding, Fix, Severity},
    knowledge::{self, Target},
    nix::facts::{Builder, Derivation, Known},
    project::{Context, Project, flags},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "nix-store-interpreter",
    summary: "a package for other machines that needs a loader from the Nix store",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("nix_store_interpreter.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let shipping = nix::Shipping::of(project);
    let mut findings: Vec<Finding> = Vec::new();
    for (context, package) in nix::rust_packages(project) {
        let Some(target) = glibc_target(package) else { continue };
        if !has_store_loader(project, context, package, target) {
            continue;
        }
        let Some(shipped) = shipping.why(package) else { continue };
        if let Some(known) = findings.iter_mut().find(|known| known.origin == package.origin) {
            known.targets.push(target.triple.to_owned());
            continue;
        }
        findings.push(finding(project, &shipping, package, target, &shipped));
    }
    findings
}

fn finding(
    project: &Project,
    shipping: &nix::Shipping<'_>,
    package: &Derivation,
    target: &Target,
    shipped: &nix::Shipped,
) -> Finding {
    let message = format!(
        "{} {}, but its loader is in the Nix store: it starts on no machine without Nix",
        nix::name_of(package),
        shipped.phrase()
    );
    // A program that is called static is not made so by another loader.
    let is_static = matches!(shipped, nix::Shipped::Named(name) if name.ends_with("static"));
    // What the set makes beside must be meant for other machines just as well.
    let may_change = nix::is_alone(project, package, |other| shipping.why(other).is_some());
    let other_loader = (may_change && !is_static).then(|| set_loader(project, package)).flatten();
    let static_set = nix::static_set(project, package, may_change)
        .map(|edit| Fix::review("Build it statically, from pkgsStatic", vec![edit]));
    let finding = Finding::new(RULE.name, Severity::Warning, package.origin.clone(), message)
        .with_confidence(Confidence::Likely)
        .with_targets([target.triple])
        .with_help("build it from pkgsStatic, or set the distributions' loader with patchelf in postFixup")
        .with_fixes(static_set)
        .with_fixes(other_loader);
    match shipped {
        nix::Shipped::Copied { origin, .. } => finding.with_related(origin.clone(), "copied here"),
        nix::Shipped::Named(_) => finding,
    }
}

/// The target of a package that is built for Linux with glibc.
fn glibc_target(package: &Derivation) -> Option<&'static Target> {
    let triples = nix::triples(package);
    let [triple] = triples.as_slice() else { return None };
    // A target that is not written out may be any.
    let is_known = package.targets.len() <= 1;
    knowledge::target(triple).filter(|target| is_known && target.is_linux() && target.is_glibc())
}

/// Whether a package is for sure a plain dynamic build.
fn has_store_loader(project: &Project, context: Context, package: &Derivation, target: &Target) -> bool {
    let is_plain = matches!(package.builder, Builder::BuildRustPackage | Builder::Crane | Builder::Naersk)
        && matches!(package.function.as_str(), "buildRustPackage" | "buildPackage")
        && package.complete
        && package.platform.is_static == Known::Value(false);
    let says_loader = || {
        ["set-interpreter", "dynamic-linker", "remove-rpath"]
            .iter()
            .any(|word| nix::is_told_of(package, word))
            || package.phases.iter().any(|phase| nix::may_say_more(&phase.text))
    };
    let flags_say = || {
        project.flag_sets_in(context, target.triple).iter().any(|set| {
            !set.is_complete
                || flags::crt_static(&set.words).is_some_and(|found| found.on)
                || set.words.iter().any(|word| word.text.contains("dynamic-linker"))
        })
    };
    is_plain && !says_loader() && !flags_say()
}

/// Gives the program the loader that distributions have.
fn set_loader(project: &Project, package: &Derivation) -> Option<Fix> {
    let set = package.literal.as_ref()?;
    let sharing =
        project.derivations().map(|(_, other)| other).filter(|other| other.literal == package.literal);
    let mut loaders: Vec<&str> = Vec::new();
    let mut only_linux = true;
    for other in sharing {
        let target = other.platform.triple.as_deref().and_then(knowledge::target)?;
        only_linux &= target.is_linux();
        if target.is_linux() {
            loaders.push(target.names.loader?);
        }
    }
    loaders.sort_unstable();
    loaders.dedup();
    let pkgs = set.pkgs.as_deref();
    let platform = format!("{}.stdenv.hostPlatform", pkgs.unwrap_or_default());
    let loader = match loaders.as_slice() {
        [one] => (*one).to_owned(),
        [aarch64 @ "/lib/ld-linux-aarch64.so.1", other] if pkgs.is_some() => {
            format!("${{if {platform}.isAarch64 then \"{aarch64}\" else \"{other}\"}}")
        }
        _ => return None,
    };
    if !only_linux && pkgs.is_none() {
        return None;
    }
    let lines = nix::Lines {
        phase: "postFixup",
        condition: (!only_linux).then(|| format!("{platform}.isLinux")),
        pkgs: pkgs.unwrap_or_default(),
        text: vec![format!("patchelf --set-interpreter {loader} --remove-rpath $out/bin/*")],
    };
    let source = project.source(&set.file)?;
    let edit = nix::add_lines(source.document(), set, &lines)?;
    Some(Fix::review(
        "Set the distributions' loader in postFixup (the program still needs a glibc as new as Nix's)",
        vec![edit],
    ))
}
