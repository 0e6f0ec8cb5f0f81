//! What the rules about native code share: how bad a missing library is, who is to blame for it, and the cures.

pub mod blame;
pub mod found;
pub mod merged;
pub mod proof;
pub mod remedy;
pub mod table;
pub mod tls;
pub mod tools;

pub use found::{Found, found, likely};

use crate::{
    finding::{Confidence, Severity},
    knowledge::{self, NativeCrate},
    project::{Builder, Context, Declaration, Linkage, Project, Supply},
};

/// How a target is built, as far as a library of its system is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The program is to need no libraries where it runs.
    pub is_static: bool,
    /// It is built on a machine of another kind.
    pub is_cross: bool,
    /// The project says that it ships the target.
    pub is_shipped: bool,
    /// What builds it.
    pub builder: Builder,
    /// Nothing but what builds the releases names it.
    pub release: Option<Release>,
}

/// How releases for a target are built that nothing else names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// With the default features, as far as the files tell.
    Plain,
    /// With other features, or where somebody has seen to libraries.
    Special,
}

impl Situation {
    /// The situation of a target.
    pub fn of(project: &Project, triple: &str) -> Self {
        let shipped = project.target(triple);
        let is_musl = knowledge::target(triple).is_some_and(|target| target.env == "musl");
        let is_static =
            project.linkage(triple) == Linkage::Static || is_musl || project.crt_static_on(triple).is_some();
        // A table for a target says only that it is built somewhere: there it may be the host.
        let is_built_here = shipped.is_some_and(|target| {
            target.declarations.iter().any(|one| one.is_built_here() && !is_on_its_own_system(project, one))
        });
        let has_linker = has_cross_linker(project, triple);
        let dist = &project.cargo.dist;
        let is_plain = !dist.has_features && !dist.builds_nothing;
        Self {
            is_static,
            is_cross: triple != project.host && (is_built_here || has_linker),
            is_shipped: shipped.is_some(),
            builder: project.builder(triple),
            // Findings of several targets are merged, so what a workflow alone names must not make them worse.
            release: shipped.filter(|target| target.is_only_released()).map(|target| {
                if is_plain && !target.is_only_in_workflows() { Release::Plain } else { Release::Special }
            }),
        }
    }

    /// How bad it is that a library of the target's system is needed.
    pub fn severity(self, supply: Supply, confidence: Confidence) -> Severity {
        match (confidence, supply) {
            (Confidence::Possible, _) => Severity::Hint,
            _ if !self.is_shipped => Severity::Hint,
            // Its images bring libraries for the target, or the project's own steps in Cross.toml do.
            _ if self.builder == Builder::Cross => Severity::Hint,
            // A machine that makes releases has the libraries that it links; whether its users have them, the
            // project knows best.
            _ if self.release == Some(Release::Special) || self.release.is_some() && !self.is_static => {
                Severity::Hint
            }
            (_, Supply::Static) => Severity::Hint,
            (_, Supply::Given) if !self.is_static => Severity::Hint,
            (_, Supply::Given) => Severity::Warning,
            (_, Supply::Unknown) if self.builder == Builder::Nix => Severity::Hint,
            _ if self.is_static || self.is_cross => Severity::Error,
            _ => Severity::Warning,
        }
    }

    /// Why the library matters, in half a sentence.
    pub fn why(self, library: &NativeCrate) -> String {
        let name = library.library;
        if self.is_static {
            format!("a static program needs {name} built for it")
        } else if self.is_cross {
            format!("the build needs {name} for that target")
        } else {
            format!("the program needs the same {name} wherever it runs")
        }
    }
}

/// Drivers that link for the machine that they run on. Whoever builds on several kinds of machines names one for each.
const OF_ANY_MACHINE: [&str; 9] = ["cc", "clang", "gcc", "ld", "ld.lld", "lld", "mold", "rust-lld", "wild"];

/// Whether a linker is named that makes programs for another machine.
fn has_cross_linker(project: &Project, triple: &str) -> bool {
    let Some(linker) = project.cargo.config.linker(triple) else { return false };
    let program = linker.value.rsplit(['/', '\\']).next().unwrap_or_default();
    let program = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').trim_end_matches('-');
    let sets = project.flag_sets(triple);
    let mut words = sets.iter().flat_map(|set| &set.words);
    !OF_ANY_MACHINE.contains(&program) || words.any(|word| word.text.contains("--target"))
}

/// Whether it is a package that Nix builds on a machine of the target's own kind, as an output of that system.
fn is_on_its_own_system(project: &Project, declaration: &Declaration) -> bool {
    let is_package = matches!(declaration.context, Context::Package(_));
    let derivation = project.derivation(declaration.context).filter(|_| is_package);
    derivation.is_some_and(|package| !package.platform.is_cross && package.targets.is_empty())
}

/// The targets that a project ships; the host, when it names none.
pub fn targets(project: &Project) -> Vec<String> {
    let shipped: Vec<String> = project.targets.iter().map(|target| target.triple.clone()).collect();
    if shipped.is_empty() { vec![project.host.clone()] } else { shipped }
}
