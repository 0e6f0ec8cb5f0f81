//! A program's name in the flake that no package of the workspace makes.
//!
//! ## What it does
//!
//! Compares the program of each app (`apps.*.program`), and `meta.mainProgram` of each package, with the
//! programs that the workspace makes: `[[bin]]`, `src/main.rs` under the package's name, `src/bin`.
//!
//! ## Why it matters
//!
//! For whoever runs it: `nix run` builds everything and then ends with "unable to execute …: No such file
//! or directory".
//!
//! ## Example
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//! ```
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { self, nixpkgs }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     packages.x86_64-linux.default = pkgs.rustPlatform.buildRustPackage {
//!       pname = "app-cli";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock.lockFile = ./Cargo.lock;
//!       meta.mainProgram = "app-cli";
//!     };
//!   };
//! }
//! ```
//!
//! ## Use instead
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//! ```
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { self, nixpkgs }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     packages.x86_64-linux.default = pkgs.rustPlatform.buildRustPackage {
//!       pname = "app-cli";
//!       version = "0.1.0";
//!       src = ./.;
//!       cargoLock.lockFile = ./Cargo.lock;
//!       meta.mainProgram = "app";
//!     };
//!   };
//! }
//! ```
//!
//! ## When it stays silent
//!
//! For packages that are built from something else than this workspace, whose phases install, rename or
//! wrap programs of that name, or that have a build or install phase of their own; where a name or a
//! manifest is not known; and for workspaces that make no program.
//!
//! ## Fix safety
//!
//! Safe where the workspace makes one program, or one whose name differs only in `-` and `_`. Where
//! several could be meant there is none.
//!
//! ## References
//!
//! - <https://nix.dev/manual/nix/stable/command-ref/new-cli/nix3-run#apps>
//! - <https://nixos.org/manual/nixpkgs/stable/#var-meta-mainProgram>

use std::collections::BTreeSet;

use super::{FixKind, Rule, nix_support as nix, support};
use crate::{
    finding::{Edit, Finding, Fix, Severity},
    fix,
    nix::facts::{App, Builder, Derivation, Piece, SettingValue, SourceTree, Text},
    project::Project,
    snapshot::Kind,
    text::{Origin, Span},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "binary-name-mismatch",
    summary: "an app or `mainProgram` that names no program of the workspace",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("binary_name_mismatch.rs"),
    touches: &[],
    check,
};

const FIX: &str = "Name the program that is built";

fn check(project: &Project) -> Vec<Finding> {
    let Some(programs) = programs(project) else { return Vec::new() };
    let mut findings: Vec<Finding> = Vec::new();
    for (_, package) in nix::rust_packages(project) {
        let Some(setting) = nix::setting(package, "meta.mainProgram") else { continue };
        let SettingValue::Text(text) = &setting.value else { continue };
        let Some(name) = text.literal() else { continue };
        let origin = &setting.origin;
        if is_made(project, package, &name, &programs) || !nix::is_new(&findings, origin) {
            continue;
        }
        let message = format!("meta.mainProgram is {name}, but the workspace {}", makes(&programs));
        // `mainProgram = pname;` gets a name of its own: the pname may be right.
        let edit = right_name(&name, &programs)
            .map(|right| fix::toml::replace(&origin.file, origin.span, fix::nix::quote(right)));
        let fixes = edit.map(|edit| Fix::safe(FIX, vec![edit]));
        findings.push(error(origin.clone(), message).with_fixes(fixes));
    }
    let apps = project.flake.iter().flat_map(|flake| &flake.apps);
    for finding in apps.filter_map(|app| in_app(project, app, &programs)) {
        if nix::is_new(&findings, &finding.origin) {
            findings.push(finding);
        }
    }
    findings
}

fn error(origin: Origin, message: String) -> Finding {
    Finding::new(RULE.name, Severity::Error, origin, message)
        .with_help("name one of the programs that `cargo build` makes")
}

/// The names of the workspace's programs; `None` when they cannot all be known, or there are none.
fn programs(project: &Project) -> Option<BTreeSet<String>> {
    let workspace = project.cargo.workspace.as_ref()?;
    if project.cargo.manifest_gap.is_some() || workspace.all_gaps().next().is_some() {
        return None;
    }
    let mut names = BTreeSet::new();
    for manifest in workspace.manifests().filter(|manifest| manifest.package.is_some()) {
        // Where the sources are not there to be looked at, they may hold programs.
        if project.snapshot.files.kind(&manifest.folder.join("src")) != Kind::Folder {
            if manifest.binaries.is_empty() {
                return None;
            }
            names.extend(manifest.name().map(str::to_owned));
        }
        names.extend(manifest.binaries.iter().map(|binary| binary.name.clone()));
    }
    (!names.is_empty()).then_some(names)
}

/// Whether a package may have a program of that name.
fn is_made(project: &Project, package: &Derivation, name: &str, programs: &BTreeSet<String>) -> bool {
    if programs.contains(name.strip_suffix(".exe").unwrap_or(name)) {
        return true;
    }
    let is_plain = matches!(package.builder, Builder::BuildRustPackage | Builder::Crane | Builder::Naersk)
        && matches!(package.function.as_str(), "buildRustPackage" | "buildPackage")
        && package.complete;
    !is_plain || !is_of_workspace(project, package) || may_install(package, name)
}

/// Whether a package is built from this workspace.
fn is_of_workspace(project: &Project, package: &Derivation) -> bool {
    let SourceTree::Project(folder) = &package.source else { return false };
    let Some(workspace) = &project.cargo.workspace else { return false };
    let is_moved = ["sourceRoot", "cargoRoot"].iter().any(|name| nix::setting(package, name).is_some());
    !is_moved && workspace.manifests().any(|manifest| manifest.folder == *folder)
}

/// Whether phases may put a program of that name into the package.
fn may_install(package: &Derivation, name: &str) -> bool {
    let has_own =
        package.phases.iter().any(|phase| matches!(phase.name.as_str(), "installPhase" | "buildPhase"));
    has_own
        || nix::install_phases(package).any(|phase| {
            let text = &phase.text;
            nix::may_say_more(text) || nix::mentions(text, name) || nix::mentions(text, "for ")
        })
}

fn in_app(project: &Project, app: &App, programs: &BTreeSet<String>) -> Option<Finding> {
    let name = program_name(&app.program)?;
    let flake = project.flake.as_ref()?;
    let packages: Vec<&Derivation> =
        flake.packages.iter().filter(|package| app.packages.contains(&package.attribute)).collect();
    let first = packages.first()?;
    if packages.iter().any(|package| is_made(project, package, &name.text, programs)) {
        return None;
    }
    let right = right_name(&name.text, programs);
    // `mainProgram` has its own finding, at its place.
    let main = nix::setting(first, "meta.mainProgram");
    if main.is_some_and(|main| {
        main.origin.file == name.origin.file && main.origin.span.contains(name.origin.span)
    }) {
        return None;
    }
    let is_here = name.origin.file == app.origin.file && app.origin.span.contains(name.origin.span);
    let origin = if is_here && name.is_exact { name.origin.clone() } else { app.origin.clone() };
    let name_of_app = nix::label(&app.attribute, app.system.as_deref());
    let (message, fix) = if name.is_pname(first) && !is_here {
        // flake-utils' `mkApp` asks for the pname only.
        let asks_for_main = project.text_at(&app.origin).contains("getExe");
        let right = right.filter(|_| asks_for_main);
        let fix = right.and_then(|right| add_main_program(project, first, right));
        let message = format!(
            "{} runs {}, the package's pname, but the workspace {}",
            name_of_app,
            name.text,
            makes(programs)
        );
        (message, fix.map(|edit| Fix::safe("Set meta.mainProgram", vec![edit])))
    } else {
        let edit = right
            .filter(|_| is_here && name.is_exact)
            .map(|right| fix::toml::replace(&name.origin.file, name.origin.span, right));
        let message = format!("{} runs {}, but the workspace {}", name_of_app, name.text, makes(programs));
        (message, edit.map(|edit| Fix::safe(FIX, vec![edit])))
    };
    Some(error(origin, message).with_related(first.origin.clone(), "the package").with_fixes(fix))
}

/// The name of a program behind the last slash of a path.
struct Name {
    text: String,
    origin: Origin,
    /// Whether the origin is that of the name alone.
    is_exact: bool,
}

impl Name {
    /// Whether it is what the package is called.
    fn is_pname(&self, package: &Derivation) -> bool {
        package.package_name.as_ref() == Some(&self.text)
    }
}

/// The program of a path `${package}/bin/NAME`, when the name is written in one piece.
fn program_name(program: &Text) -> Option<Name> {
    let (Piece::Store { .. }, tail) = program.pieces.split_first()? else { return None };
    let mut all = String::new();
    let mut last = None;
    for piece in tail {
        let Piece::Literal { text, origin } = piece else { return None };
        all.push_str(text);
        last = Some((text, origin));
    }
    let name = all.strip_prefix("/bin/").filter(|name| !name.is_empty() && !name.contains('/'))?;
    let (text, origin) = last?;
    // A name of several pieces is computed: it has no place of its own.
    let is_exact = text.ends_with(name) && text.len() == origin.span.len();
    let start = origin.span.end().checked_sub(name.len())?;
    let origin = match is_exact {
        true => Origin::new(origin.file.clone(), Span::new(start, origin.span.end())),
        false => origin.clone(),
    };
    Some(Name { text: name.to_owned(), origin, is_exact })
}

/// The program that is meant: the only one, or the only one that differs in `-` and `_` alone.
fn right_name<'p>(name: &str, programs: &'p BTreeSet<String>) -> Option<&'p str> {
    let alike = |one: &&String| one.replace('_', "-") == name.replace('_', "-");
    let mut candidates = programs.iter().filter(alike);
    match (candidates.next(), candidates.next()) {
        (Some(one), None) => Some(one),
        (None, _) if programs.len() == 1 => programs.first().map(String::as_str),
        _ => None,
    }
}

fn add_main_program(project: &Project, package: &Derivation, name: &str) -> Option<Edit> {
    let set = package.literal.as_ref()?;
    let source = project.source(&set.file)?;
    let document = source.document();
    let value = fix::nix::quote(name);
    match set.bindings.iter().find(|binding| binding.path == "meta") {
        Some(meta) => fix::nix::add_attribute(document, meta.set.as_deref()?, "mainProgram", &value),
        None => fix::nix::add_attribute(document, set, "meta.mainProgram", &value),
    }
}

/// "makes a", "makes a and b", "makes 12 others".
fn makes(programs: &BTreeSet<String>) -> String {
    if programs.len() > 4 {
        return format!("makes {} others", programs.len());
    }
    let names: Vec<String> = programs.iter().cloned().collect();
    format!("makes {}", support::join(&names))
}
