//! A dependency from git that a Nix package has no hash for.
//!
//! ## What it does
//!
//! Compares the packages in Cargo.lock that come from git with `outputHashes` of `cargoLock`
//! (`buildRustPackage`) or of `importCargoLock`: each commit needs one entry, named after one of its packages and
//! its version. An entry that names nothing in the lock file is found as well.
//!
//! ## Why it matters
//!
//! For whoever runs `nix build`: Cargo.lock has checksums for crates of the registry and none for git, so the
//! evaluation stops with "No hash was found while vendoring the git dependency". After `cargo update` the old
//! entry does not fit any more: "A hash was specified for …, but there is no corresponding git dependency".
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     packages.x86_64-linux.default = pkgs.rustPlatform.buildRustPackage {
//!       pname = "app";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock.lockFile = ./Cargo.lock;
//!     };
//!   };
//! }
//! ```
//!
//! ```toml file:Cargo.lock
//! version = 4
//!
//! [[package]]
//! name = "app"
//! version = "0.1.0"
//! dependencies = [
//!  "helper",
//! ]
//!
//! [[package]]
//! name = "helper"
//! version = "0.3.0"
//! source = "git+https://example.org/helper#0123456789abcdef0123456789abcdef01234567"
//! ```
//!
//! ## Use instead
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     packages.x86_64-linux.default = pkgs.rustPlatform.buildRustPackage {
//!       pname = "app";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock = {
//!         lockFile = ./Cargo.lock;
//!         outputHashes."helper-0.3.0" = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
//!       };
//!     };
//!   };
//! }
//! ```
//!
//! ```toml file:Cargo.lock
//! version = 4
//!
//! [[package]]
//! name = "app"
//! version = "0.1.0"
//! dependencies = [
//!  "helper",
//! ]
//!
//! [[package]]
//! name = "helper"
//! version = "0.3.0"
//! source = "git+https://example.org/helper#0123456789abcdef0123456789abcdef01234567"
//! ```
//!
//! ## When it stays silent
//!
//! For crane and naersk, which fetch git dependencies by their commit; with `allowBuiltinFetchGit = true`; with
//! `cargoHash`; when a part of `outputHashes` is not known, or the lock file cannot be read.
//!
//! ## Fix safety
//!
//! For review: the new entries get `lib.fakeHash`, and the next `nix build` prints the right ones.
//!
//! ## References
//!
//! - <https://nixos.org/manual/nixpkgs/stable/#importing-a-cargo.lock-file>

use std::collections::BTreeMap;

use super::{FixKind, Rule, support};
use crate::{
    cargo::{Lock, lock::LockedPackage},
    finding::{Edit, Finding, Fix, Severity},
    fix,
    nix::facts::{AttributeSet, Binding, CargoLock, Derivation},
    project::{Context, Project},
    text::Span,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "git-dependency-hash-missing",
    summary: "a dependency from git that a Nix package has no hash for",
    severity: Severity::Error,
    fix: FixKind::Review,
    source: include_str!("git_dependency_hash_missing.rs"),
    touches: &[],
    check,
};

/// What `lib.fakeHash` is, where `lib` may not be in scope.
const FAKE_HASH: &str = "\"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"";

/// How many packages a message names.
const NAMED: usize = 3;

fn check(project: &Project) -> Vec<Finding> {
    let packages = project.derivations().filter(|(context, _)| matches!(context, Context::Package(_)));
    support::once_per_place(packages.flat_map(|(_, package)| of_package(project, package)))
}

fn of_package(project: &Project, package: &Derivation) -> Vec<Finding> {
    let Some(vendored) = package.cargo_lock.as_ref().filter(|lock| lock.complete && !lock.fetches_git) else {
        return Vec::new();
    };
    let read = vendored.file.as_ref().map(|file| project.lock_at(file));
    let Some(lock) = read.as_ref().and_then(|read| read.lock()) else { return Vec::new() };
    let missing = missing(lock, vendored);
    let names: Vec<String> = missing.iter().map(|package| key(package)).collect();
    let mut findings = stale(project, package, lock, vendored, names.is_empty());
    if let Some(first) = missing.first() {
        let message = format!(
            "{} has no hash for {}, from git: Nix stops with \"No hash was found while vendoring\"",
            package.attribute,
            listed(&names)
        );
        let finding = Finding::new(RULE.name, Severity::Error, vendored.origin.clone(), message)
            .with_help(format!(
                "add `outputHashes.\"{}\" = lib.fakeHash;` beside lockFile and let Nix print the right one",
                key(first)
            ))
            .with_fixes(add(project, package, vendored, &names));
        let related = missing.iter().take(NAMED);
        findings.push(related.fold(finding, |finding, package| {
            finding.with_related(lock.origin(package), "locked to a commit, without a checksum")
        }));
    }
    findings
}

/// One package of each commit that nothing gives a hash for.
fn missing<'l>(lock: &'l Lock, vendored: &CargoLock) -> Vec<&'l LockedPackage> {
    let mut commits: BTreeMap<&str, Vec<&LockedPackage>> = BTreeMap::new();
    for package in lock.packages.iter() {
        if let Some(commit) = commit(package) {
            commits.entry(commit).or_default().push(package);
        }
    }
    let has_hash = |package: &&LockedPackage| vendored.hashes.iter().any(|(name, _)| *name == key(package));
    let without = commits.into_values().filter(|packages| !packages.iter().any(has_hash));
    let mut missing: Vec<&LockedPackage> = without.filter_map(|packages| packages.first().copied()).collect();
    missing.sort_by_key(|package| package.span.start());
    missing
}

/// The commit that a package from git is locked to.
fn commit(package: &LockedPackage) -> Option<&str> {
    let source = package.source.as_deref()?.strip_prefix("git+")?;
    source.rsplit_once('#').map(|(_, commit)| commit)
}

fn key(package: &LockedPackage) -> String {
    format!("{}-{}", package.name, package.version)
}

fn listed(names: &[String]) -> String {
    match names.len().checked_sub(NAMED) {
        None | Some(0) => support::join(names),
        Some(more) => format!("{} and {more} more", names.get(..NAMED).unwrap_or_default().join(", ")),
    }
}

/// Entries that name nothing which comes from git.
fn stale(
    project: &Project,
    package: &Derivation,
    lock: &Lock,
    vendored: &CargoLock,
    is_complete: bool,
) -> Vec<Finding> {
    let from_git: Vec<String> = lock.packages.iter().filter(|one| commit(one).is_some()).map(key).collect();
    let unknown = vendored.hashes.iter().filter(|(name, _)| !from_git.contains(name));
    unknown
        .map(|(name, origin)| {
            let message = format!(
                "Cargo.lock has no {name} from git: {} stops with \"A hash was specified for {name}\"",
                package.attribute
            );
            let remove = || {
                let binding = hash_binding(vendored.literal.as_ref()?, origin.span)?;
                let source = project.source(&origin.file)?;
                let span = fix::nix::whole_lines(source.document(), binding.span);
                let edit: Edit = fix::toml::replace(&origin.file, span, "");
                Some(Fix::review(format!("Remove the hash of {name}"), vec![edit]))
            };
            Finding::new(RULE.name, Severity::Error, origin.clone(), message)
                .with_help("remove it, or name the version that is locked now")
                // Where hashes are missing too, the new entry takes the place of the old one.
                .with_fixes(is_complete.then(remove).flatten())
        })
        .collect()
}

/// The binding in `outputHashes` whose name stands at a place.
fn hash_binding(set: &AttributeSet, key: Span) -> Option<&Binding> {
    let hashes = set.bindings.iter().find(|binding| binding.path == "outputHashes")?.set.as_deref()?;
    hashes.bindings.iter().find(|binding| binding.span.contains(key))
}

/// An entry for each name, in the form that the package already uses.
fn add(project: &Project, package: &Derivation, vendored: &CargoLock, names: &[String]) -> Option<Fix> {
    let fix = |edit: Edit| Fix::review("Add the missing entries with a hash to be filled in", vec![edit]);
    let value = |set: &AttributeSet| {
        set.pkgs.as_deref().map_or_else(|| FAKE_HASH.to_owned(), |pkgs| format!("{pkgs}.lib.fakeHash"))
    };
    let entries = |value: &str| -> Vec<(String, String)> {
        names.iter().map(|name| (fix::nix::quote(name), value.to_owned())).collect()
    };
    if let Some(set) = &vendored.literal {
        let source = project.source(&set.file)?;
        let document = source.document();
        let value = value(set);
        let hashes = set.bindings.iter().find(|binding| binding.path == "outputHashes");
        if let Some(hashes) = hashes {
            return fix::nix::add_attributes(document, hashes.set.as_deref()?, &entries(&value)).map(fix);
        }
        let is_dotted = set.bindings.iter().any(|binding| binding.path.starts_with("outputHashes."));
        let new = if is_dotted || names.len() == 1 {
            entries(&value).into_iter().map(|(name, value)| (format!("outputHashes.{name}"), value)).collect()
        } else {
            vec![("outputHashes".to_owned(), set_of(document, set, &entries(&value)))]
        };
        return fix::nix::add_attributes(document, set, &new).map(fix);
    }
    // `cargoLock.lockFile = ./Cargo.lock;`
    let set = package.literal.as_ref()?;
    set.bindings.iter().find(|binding| binding.path == "cargoLock.lockFile")?;
    let source = project.source(&set.file)?;
    let value = value(set);
    if let Some(hashes) = set.bindings.iter().find(|binding| binding.path == "cargoLock.outputHashes") {
        return fix::nix::add_attributes(source.document(), hashes.set.as_deref()?, &entries(&value))
            .map(fix);
    }
    let is_dotted = set.bindings.iter().any(|binding| binding.path.starts_with("cargoLock.outputHashes."));
    let new = if is_dotted || names.len() == 1 {
        let dotted = |(name, value)| (format!("cargoLock.outputHashes.{name}"), value);
        entries(&value).into_iter().map(dotted).collect()
    } else {
        vec![("cargoLock.outputHashes".to_owned(), set_of(source.document(), set, &entries(&value)))]
    };
    fix::nix::add_attributes(source.document(), set, &new).map(fix)
}

/// A set literal as the value of a new attribute of `set`: on lines of its own where `set` is.
fn set_of(document: &crate::text::Document, set: &AttributeSet, entries: &[(String, String)]) -> String {
    let bindings: Vec<String> = entries.iter().map(|(name, value)| format!("{name} = {value};")).collect();
    match fix::nix::indent_of(document, set) {
        Some(indent) => {
            let newline = document.line_ending();
            let separator = format!("{newline}{indent}  ");
            format!("{{{separator}{}{newline}{indent}}}", bindings.join(&separator))
        }
        None => format!("{{ {} }}", bindings.join(" ")),
    }
}
