//! The projects that are evaluated: fixtures, examples of pages, seeds, and what fixes make of them.

use std::{collections::BTreeSet, fmt::Write, fs, path::Path, path::PathBuf};

use portolan::{
    analysis::analyze,
    finding::Finding,
    fix::{FixOptions, apply_all},
    nix::{FlakeFacts, read_flake},
    rules::RULES,
};

use super::{
    harness::{Fixture, applied},
    nix::Nix,
    styles,
};

/// What the flakes of `tests/nix/flakes` find beside themselves.
const BESIDE: &str = r#"
#- Cargo.toml
[package]
name = "app"
version = "0.4.2"
edition = "2024"
#- rust-toolchain.toml
[toolchain]
channel = "1.83"
#- overlay.nix
final: prev: { theBranch = "main-${prev.stdenv.hostPlatform.system}"; }
"#;

/// A package as `callPackage ./package.nix { }` wants it.
const PACKAGE: &str = r#"{ lib, rustPlatform, stdenv, openssl, pkg-config, enableX ? true }:
rustPlatform.buildRustPackage {
  pname = "package";
  version = "0.1.0";
  src = ./.;
  cargoLock.lockFile = ./Cargo.lock;
  nativeBuildInputs = [ pkg-config ];
  buildInputs = [ openssl ];
  OPENSSL_STATIC = lib.optionalString stdenv.hostPlatform.isStatic "1";
  FEATURE_X = enableX;
}
"#;

/// A project with a flake.
#[derive(Clone)]
pub struct Project {
    pub name: String,
    pub files: Vec<(String, String)>,
    fixture: Fixture,
}

/// Rules whose fixes change no value: they are about comments, and about the name of one and the same platform.
const WITHOUT_CHANGE: &[&str] = &["unused-suppression", "target-platform-confusion"];

/// A project before and after a fix.
pub struct Edited {
    pub before: Project,
    pub after: Project,
    /// What the fix and its finding say in words.
    pub words: String,
    /// The rule is about words that change no value.
    pub changes_nothing: bool,
    /// The same fix in other line endings: read, not evaluated.
    pub is_variant: bool,
}

impl Edited {
    /// What the fixture says that its fixes change: `changes: doCheck`, where neither finding nor fix names it.
    pub fn told_changes(&self) -> impl Iterator<Item = &str> {
        self.before.fixture.setting("changes")
    }
}

impl Project {
    fn new(name: String, fixture: Fixture) -> Option<Self> {
        let files = fixture.files.clone();
        files.iter().any(|(path, _)| path == "flake.nix").then_some(Self { name, files, fixture })
    }

    fn with(&self, name: String, files: Vec<(String, String)>) -> Self {
        let fixture = self.fixture.with_files(files.clone());
        Self { name, files, fixture }
    }

    /// What we make of the flake.
    pub fn facts(&self) -> FlakeFacts {
        read_flake(&self.fixture.snapshot()).expect("it has a flake")
    }

    /// Whether a file of it is half-typed, which the fixture knows.
    pub fn is_broken(&self) -> bool {
        self.fixture.expects("unreadable-file")
    }

    /// What the fixture says of its evaluation: `nix: throws, because …`.
    pub fn told(&self) -> Option<&str> {
        self.fixture.setting("nix").next()
    }

    pub fn write(&self, folder: &Path) {
        for (path, text) in self.files.iter().filter(|(path, _)| !path.starts_with('$')) {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    pub fn nix_files(&self) -> impl Iterator<Item = &(String, String)> {
        self.files.iter().filter(|(path, _)| path.ends_with(".nix"))
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every fixture of a rule that has a flake, with the rule's name.
fn of_rules() -> Vec<(&'static str, Project)> {
    let mut all = Vec::new();
    for rule in RULES {
        for case in sorted(&fixtures().join("rules").join(rule.name)) {
            let name = format!("{}/{}", rule.name, case.file_stem().unwrap().to_string_lossy());
            let fixture = Fixture::parse(&fs::read_to_string(&case).unwrap());
            all.extend(Project::new(name, fixture).map(|project| (rule.name, project)));
        }
        for heading in ["## Example", "## Use instead"] {
            let name = format!("{}/page: {}", rule.name, heading.trim_start_matches('#').trim());
            let mut fixture = Fixture::from_page(&rule.page(), heading);
            // An example shows what matters; the package that it calls is any.
            if !fixture.files.iter().any(|(path, _)| path == "package.nix") {
                fixture.files.push(("package.nix".to_owned(), PACKAGE.to_owned()));
            }
            all.extend(Project::new(name, fixture).map(|project| (rule.name, project)));
        }
    }
    all
}

/// Fixtures, pages, seeds, the demo.
pub fn all() -> Vec<Project> {
    let mut all: Vec<Project> = of_rules().into_iter().map(|(_, project)| project).collect();
    let seeds = sorted(&fixtures().join("seeds")).into_iter().chain([fixtures().join("demo")]);
    for folder in seeds {
        let mut text = String::new();
        for path in sorted(&folder).into_iter().filter(|path| path.is_file() && !path.ends_with("facts.txt"))
        {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            write!(text, "#- {name}\n{}", fs::read_to_string(&path).unwrap()).unwrap();
        }
        let name = format!("fixtures/{}", folder.file_name().unwrap().to_string_lossy());
        all.extend(Project::new(name, Fixture::parse(&text)));
    }
    for path in sorted(&Nix::stand_ins().join("flakes")) {
        let name = format!("flakes/{}", path.file_stem().unwrap().to_string_lossy());
        let flake =
            format!("#- flake.nix\n{}{BESIDE}#- package.nix\n{PACKAGE}", fs::read_to_string(&path).unwrap());
        all.extend(
            path.extension()
                .is_some_and(|end| end == "nix")
                .then(|| Project::new(name, Fixture::parse(&flake)))
                .flatten(),
        );
    }
    let only = std::env::var("FIXTURE").unwrap_or_default();
    all.retain(|project| project.name.contains(&only));
    all
}

/// Every fix of every fixture that changes a Nix file: each alone, and all together.
pub fn all_edited() -> Vec<Edited> {
    let only = std::env::var("FIXTURE").unwrap_or_default();
    let mut all = Vec::new();
    let styles = styles::all().into_iter().filter_map(|(rule, name, text)| {
        Project::new(name, Fixture::parse(&text)).map(|project| (rule, project))
    });
    for (rule, project) in of_rules().into_iter().chain(styles) {
        if !project.name.contains(&only) {
            continue;
        }
        let known = all.len();
        edits_of(rule, &project, false, &mut all);
        if project.name.starts_with("styles/") {
            if all.len() == known {
                println!("no fix: {}", project.name);
            }
            continue;
        }
        for (variant, fixture) in project.fixture.variants() {
            let name = format!("{} with {variant}", project.name);
            if let Some(project) = Project::new(name, fixture) {
                edits_of(rule, &project, true, &mut all);
            }
        }
    }
    all
}

fn edits_of(rule: &str, project: &Project, is_variant: bool, into: &mut Vec<Edited>) {
    let snapshot = project.fixture.snapshot();
    let findings = analyze(&snapshot).findings;
    let mut seen = BTreeSet::new();
    let mut add = |title: &str, words: String, files: Vec<(String, String)>| {
        let changes_nix = files != project.files
            && files.iter().any(|file| file.0.ends_with(".nix") && !project.files.contains(file));
        if changes_nix && seen.insert(files.clone()) {
            let name = format!("{}: {title}", project.name);
            let after = project.with(name, files);
            let changes_nothing = WITHOUT_CHANGE.contains(&rule);
            into.push(Edited { before: project.clone(), after, words, changes_nothing, is_variant });
        }
    };
    let words = |finding: &Finding| {
        let titles: Vec<&str> = finding.fixes.iter().map(|fix| fix.title.as_str()).collect();
        format!("{}\n{}\n", finding.message, titles.join("\n"))
    };
    for finding in findings.iter().filter(|finding| finding.rule == rule) {
        for fix in &finding.fixes {
            let files = applied(&snapshot, &project.files, fix);
            add(&fix.title, format!("{}\n{}", finding.message, fix.title), files);
        }
    }
    for unsafe_too in [false, true] {
        let outcome = apply_all(&snapshot, &FixOptions { rule: None, unsafe_too });
        let mut files = project.files.clone();
        for change in &outcome.changes {
            let path = change.file.relative_to(&snapshot.root);
            let renamed = change.renamed_to.as_ref().map(|to| to.relative_to(&snapshot.root));
            files.retain(|(known, _)| *known != path);
            files.push((renamed.unwrap_or(path), change.after.clone()));
        }
        files.sort();
        let mut before = project.files.clone();
        before.sort();
        if files != before {
            // In the order of the project, so that it compares to what one fix made.
            files.sort_by_key(|(path, _)| project.files.iter().position(|(known, _)| known == path));
            let title = if unsafe_too { "all fixes" } else { "all safe fixes" };
            add(title, findings.iter().map(words).collect(), files);
        }
    }
}
