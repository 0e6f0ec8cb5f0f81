//! From a project and a machine to the commands that build a target. Pure: nothing is looked up but the snapshot.

mod choose;
mod commands;
mod nix_package;
mod shell;
mod tools;

use std::path::PathBuf;

use super::Wish;
use crate::{
    process::Invocation,
    project::{Builder, Declaration, Project, ShippedTarget},
};

pub(crate) use commands::HALVES;
pub use nix_package::{installable, package_for};
pub use tools::Missing;

/// The two architectures of macOS in one file. Not a triple of rustc's.
pub const UNIVERSAL: &str = "universal2-apple-darwin";

/// How a target is built.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The target's triple.
    pub target: String,
    /// Whether the builder is told the triple, or takes what the project's configuration says.
    pub is_named: bool,
    /// What builds it.
    pub builder: Builder,
    /// Why that one: a phrase.
    pub why: String,
    /// The commands, in their order.
    pub steps: Vec<Step>,
    /// Tools that are not on this machine. With one missing nothing is started.
    pub missing: Vec<Missing>,
    /// The oldest glibc that it has to run with.
    pub glibc: Option<String>,
    /// Whether what is made is meant for other machines, see `nix_package::stays_here`.
    pub is_for_others: bool,
    /// Cargo's target folder, where cargo is what builds.
    pub folder: Option<PathBuf>,
}

/// One command of a plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// The command.
    pub command: Invocation,
    /// How its output is read.
    pub reads: Reads,
}

/// How a command's output is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Cargo's messages as JSON on standard output, its words on standard error.
    Cargo,
    /// Nix's internal log on standard error, the outputs as JSON on standard output.
    Nix,
    /// Nothing but lines. Joins what the steps before made for two architectures, under this folder.
    Join(PathBuf),
}

/// Plans the build of one target.
pub fn plan(project: &Project, wish: &Wish) -> Plan {
    let choice = choose::choose(project, wish);
    let target = wish.target.clone().unwrap_or_else(|| project.host.clone());
    let steps = commands::steps(project, wish, &choice);
    let missing = tools::missing(project, &target, &choice);
    let is_cargos = choice.builder != Builder::Nix;
    Plan {
        is_named: wish.target.is_some(),
        builder: choice.builder,
        why: choice.why,
        steps,
        missing,
        glibc: wish.glibc.clone(),
        is_for_others: is_cargos || !nix_package::stays_here(project, wish, choice.attribute.as_deref()),
        folder: is_cargos.then(|| commands::target_folder(project, wish)),
        target,
    }
}

/// Where cargo puts what it makes of a project, as far as nobody says otherwise for one build.
pub fn target_folder(project: &Project) -> PathBuf {
    commands::target_folder(project, &Wish::default())
}

/// What a plain `portolan build` builds: the configured targets, or the host without a name.
pub fn default_wishes(project: &Project, wish: &Wish) -> Vec<Wish> {
    let configured = project.cargo.config.built_targets();
    if configured.is_empty() || project.cargo.workspace.is_none() {
        return vec![Wish { target: None, ..wish.clone() }];
    }
    let triple = |name: &str| if name == "host-tuple" { project.host.clone() } else { name.to_owned() };
    configured.iter().map(|(name, _)| wish.of(&triple(name))).collect()
}

/// A wish for each target that the project ships from this host, and the triples that are built elsewhere.
pub fn all_wishes(project: &Project, wish: &Wish) -> (Vec<Wish>, Vec<String>) {
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        project.targets.iter().partition(|target| is_from_here(project, target));
    let wishes: Vec<Wish> = here.iter().map(|target| wish.of(&target.triple)).collect();
    let elsewhere = elsewhere.iter().map(|target| target.triple.clone()).collect();
    if wishes.is_empty() { (default_wishes(project, wish), elsewhere) } else { (wishes, elsewhere) }
}

/// Whether a target is one that this machine builds: something that holds here names it for a build, or has what
/// builds it. A package or shell of another Nix system is that system's.
fn is_from_here(project: &Project, target: &ShippedTarget) -> bool {
    let system = project.host_system();
    let holds_here = |declaration: &&Declaration| match project.derivation(declaration.context) {
        Some(derivation) => derivation.system.is_none() || derivation.system == system,
        None => true,
    };
    let mut declarations = target.declarations.iter().filter(holds_here);
    declarations.any(|declaration| declaration.by.is_built_here())
        || project.target_builder(&target.triple).is_some()
}

impl Project {
    /// The builder that something in the project names for exactly this target.
    fn target_builder(&self, triple: &str) -> Option<Builder> {
        let by_cross = self.cargo.cross.targets.iter().any(|target| target.triple.value == triple);
        if by_cross {
            return Some(Builder::Cross);
        }
        // A linker that is on this machine says that it is built here, too.
        let linker = self.cargo.config.linker(triple)?;
        let is_here = match linker.program {
            crate::cargo::config::Program::Name(name) => self.snapshot.host.has_program(&name) == Some(true),
            crate::cargo::config::Program::Path(path) => {
                matches!(self.snapshot.files.program(&path), crate::snapshot::Kind::File { executable: true })
            }
        };
        is_here.then_some(Builder::Cargo)
    }
}

#[cfg(test)]
mod tests;
