//! Which packages are meant for machines without Nix: by their name, or because an app or a workflow
//! copies their programs somewhere.

use std::sync::Arc;

use super::commands::{Build, carries, commands, words};
use crate::{
    cargo::Workspace,
    knowledge::{self, Target},
    nix::facts::{Derivation, Piece, StoreItem, Text},
    project::{Job, Project},
    text::Origin,
};

/// Why a package is taken as one for other machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Shipped {
    /// It is called so.
    Named(String),
    /// Its program is copied here.
    Copied {
        /// The command.
        origin: Origin,
        /// Who does it: "a workflow", "the app release".
        by: String,
    },
}

impl Shipped {
    /// For a message: "is called dist".
    pub(in crate::rules) fn phrase(&self) -> String {
        match self {
            Self::Named(name) => format!("is called {name}"),
            Self::Copied { by, .. } => format!("is copied by {by}"),
        }
    }
}

/// What makes an artefact of a workflow public.
const UPLOADS: &[&str] = &[
    "upload-artifact",
    "action-gh-release",
    "release-action",
    "upload-release",
    "gh release upload",
    "gh release create",
    "aws s3 cp",
    "scp ",
    "rsync ",
];

/// What makes a program portable after its build.
const REWRITES: &[&str] = &["patchelf", "install_name_tool", "nix bundle", "nix-bundle", "bundlers"];

/// What a project does with its packages.
#[derive(Debug)]
pub(in crate::rules) struct Shipping<'p> {
    project: &'p Project,
    jobs: Vec<&'p Arc<Job>>,
}

impl<'p> Shipping<'p> {
    /// Reads the workflows.
    pub(in crate::rules) fn of(project: &'p Project) -> Self {
        Self { project, jobs: project.jobs().collect() }
    }

    /// Why a package is meant for other machines, if it is.
    pub(in crate::rules) fn why(&self, package: &Derivation) -> Option<Shipped> {
        let target = package.platform.triple.as_deref().and_then(knowledge::target);
        named(self.project, package)
            .map(Shipped::Named)
            .or_else(|| by_workflow(&self.jobs, package, target.is_some_and(Target::is_apple)))
            .or_else(|| by_app(self.project, package))
    }
}

/// `app-static`, `app-portable`, `dist`, `release-…`: not what the program itself is called.
fn named(project: &Project, package: &Derivation) -> Option<String> {
    let is_program = |name: &str| {
        let manifests = project.cargo.workspace.iter().flat_map(Workspace::manifests);
        let mut programs = manifests.flat_map(|manifest| {
            manifest.name().into_iter().chain(manifest.binaries.iter().map(|one| one.name.as_str()))
        });
        programs.any(|program| program == name)
    };
    let names = [Some(&package.name), package.package_name.as_ref()];
    let portable = names.into_iter().flatten().find(|name| {
        let is_called = |word: &str| {
            *name == word || name.strip_suffix(word).is_some_and(|rest| rest.ends_with(['-', '_']))
        };
        (is_called("static") || is_called("portable")) && !is_program(name)
    });
    if let Some(name) = portable {
        return Some(name.clone());
    }
    let name = &package.name;
    let begins = |word: &str| {
        *name == word || name.strip_prefix(word).is_some_and(|rest| rest.starts_with(['-', '_']))
    };
    let is_own = Some(name) == package.package_name.as_ref() && package.name != "dist";
    let is_kind = begins("dist") || (begins("release") && !has_debug_sibling(project, package));
    (is_kind && !is_own && !is_program(name)).then(|| name.clone())
}

/// Beside `debug` or `dev`, `release` is a profile.
fn has_debug_sibling(project: &Project, package: &Derivation) -> bool {
    let mut siblings = project.flake.iter().flat_map(|flake| &flake.packages);
    siblings.any(|other| {
        ["debug", "dev"].iter().any(|word| other.name == *word || other.name.starts_with(&format!("{word}-")))
            && other.system == package.system
    })
}

/// A job that builds the package and uploads what came out.
fn by_workflow(jobs: &[&Arc<Job>], package: &Derivation, is_apple: bool) -> Option<Shipped> {
    jobs.iter().find_map(|job| {
        let on_apple = job.has_any(&["macos", "darwin"]);
        let is_elsewhere = if is_apple { !on_apple } else { on_apple && !job.has_any(&["ubuntu", "linux"]) };
        if is_elsewhere
            || names_other_system(package, is_apple)
            || job.has_any(REWRITES)
            || !job.has_any(UPLOADS)
        {
            return None;
        }
        let origin = copied(job, package)?;
        Some(Shipped::Copied { origin, by: "a workflow".to_owned() })
    })
}

/// Whether a package is called after another system than its own: a matrix builds `linux` on one machine and `macos` on
/// the other, and the flake offers both for all systems.
fn names_other_system(package: &Derivation, is_apple: bool) -> bool {
    let others: &[&str] = if is_apple { &["linux"] } else { &["macos", "darwin"] };
    others.iter().any(|other| package.name.contains(other))
}

/// Where a job copies the program of a package that it has built.
fn copied(job: &Job, package: &Derivation) -> Option<Origin> {
    let mut link = None;
    for line in &job.lines {
        for command in commands(&line.text) {
            if let Some(build) = Build::of(command) {
                let has_word =
                    |word: &str| job.lines.iter().any(|line| words(&line.text).any(|one| one == word));
                link = build.builds(package, has_word).then_some(build.link);
            } else if link.as_ref().is_some_and(|link| carries(command, link)) {
                return Some(line.origin.clone());
            }
        }
    }
    None
}

/// An app whose script copies the program: out of the package itself, or after `nix build`.
fn by_app(project: &Project, package: &Derivation) -> Option<Shipped> {
    let flake = project.flake.as_ref()?;
    flake.apps.iter().find_map(|app| {
        let script = app.script.as_ref().filter(|_| app.system == package.system)?;
        if REWRITES.iter().any(|word| super::mentions(script, word)) {
            return None;
        }
        let is_copied =
            lines(script).iter().any(|line| line.copies(package)) || built_and_copied(script, package);
        is_copied.then(|| Shipped::Copied { origin: app.origin.clone(), by: format!("the app {}", app.name) })
    })
}

/// A line of a script, with the packages whose folders are in it.
#[derive(Default)]
struct Line<'t> {
    text: String,
    packages: Vec<&'t StoreItem>,
}

impl Line<'_> {
    fn copies(&self, package: &Derivation) -> bool {
        let word = self.text.trim_start();
        let command = ["cp ", "tar ", "zip ", "install ", "scp ", "rsync "];
        command.iter().any(|command| word.starts_with(command))
            && self.packages.iter().any(|item| {
                Some(&item.attribute) == package.package_name.as_ref() && item.platform == package.platform
            })
    }
}

fn lines(script: &Text) -> Vec<Line<'_>> {
    let mut lines = vec![Line::default()];
    for piece in &script.pieces {
        match piece {
            Piece::Literal { text, .. } => {
                for (index, part) in text.split('\n').enumerate() {
                    if index > 0 {
                        lines.push(Line::default());
                    }
                    if let Some(line) = lines.last_mut() {
                        line.text.push_str(part);
                    }
                }
            }
            Piece::Store { item, .. } => {
                if let Some(line) = lines.last_mut() {
                    line.packages.push(item);
                }
            }
            Piece::Either { .. } | Piece::Unknown { .. } => {}
        }
    }
    lines
}

fn built_and_copied(script: &Text, package: &Derivation) -> bool {
    let mut link = None;
    for line in lines(script) {
        for command in commands(&line.text) {
            if let Some(build) = Build::of(command) {
                link = build.builds(package, |_| false).then_some(build.link);
            } else if link.as_ref().is_some_and(|link| carries(command, link)) {
                return true;
            }
        }
    }
    false
}
