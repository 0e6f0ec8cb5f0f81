//! The one model: for each target that the project ships, what each source says about it.
//!
//! Rules ask the model and never read a file. Every answer carries its origin, and where a source could
//! not be read in full the answer is "unknown", not "absent".

mod code;
mod compiler;
pub mod environment;
pub mod flags;
mod graphs;
mod ignored;
mod linkage;
mod linker;
mod native;
mod nixpkgs;
mod releases;
mod suppressions;
mod targets;
mod workflows;

use std::path::Path;

pub use crate::cargo::config::FlagSource;
pub use compiler::{CompilerAnswer, conventional};
pub use environment::{Context, Supplied};
pub use graphs::Graphs;
pub use linkage::{FlagSet, Linkage, matches};
pub use linker::{Builder, LinkerAnswer, links_by_default};
pub use native::{Library, NativeUse, Supply, has_input};
pub use nixpkgs::Since;
pub use suppressions::{Suppression, SuppressionScope};
pub use targets::{Declaration, DeclaredAs, ShippedTarget, is_rust_package};
pub use workflows::{Job, JobLine, Workflow};

use environment::VariablesByName;

use crate::{
    cargo::{self, CargoFacts, lock::LockFile},
    knowledge::{self, Target},
    nix::{self, FlakeFacts},
    snapshot::{Read, Snapshot},
    syntax::Source,
    text::{FileId, Origin, Span},
};
use std::sync::Arc;

/// A project as its files describe it.
#[derive(Clone, Debug)]
pub struct Project {
    /// What it was read from.
    pub snapshot: Snapshot,
    /// Triple of the machine that builds: the user's setting, `portolan.toml`, or this machine.
    pub host: String,
    /// Whether the host is this machine, so that its programs and variables are known.
    pub host_is_here: bool,
    /// What cargo's files say.
    pub cargo: CargoFacts,
    /// What the flake says.
    pub flake: Option<FlakeFacts>,
    /// The targets that the project ships, sorted by triple.
    pub targets: Vec<ShippedTarget>,
    /// The first target that is not among them, because too many are named that rustc does not have.
    pub left_out: Option<Origin>,
    /// What GitHub does with the project.
    pub workflows: Vec<Arc<Workflow>>,
    /// What cargo compiles for each, as far as somebody has asked.
    pub graphs: Arc<Graphs>,
    /// The variables of dev shells and packages by their names: rules ask for hundreds of names.
    variables: Arc<VariablesByName>,
}

impl Project {
    /// Reads a project. Cannot fail: what could not be read is a gap.
    pub fn read(snapshot: &Snapshot) -> Self {
        let cargo = cargo::read(snapshot);
        let flake = nix::read_flake(snapshot);
        let named = cargo.portolan.host.as_ref().map(|host| host.value.clone());
        let here = &snapshot.host.triple;
        let host = match named {
            Some(host) if snapshot.host.programs.is_some() => host,
            _ => here.clone(),
        };
        let host_is_here = host == *here && snapshot.host.programs.is_some();
        let snapshot = snapshot.clone();
        let workflows = workflows::read(&snapshot);
        let (targets, left_out, graphs) = (Vec::new(), None, Arc::default());
        let variables = Arc::new(flake.as_ref().map(VariablesByName::of).unwrap_or_default());
        let mut project = Self {
            snapshot,
            host,
            host_is_here,
            cargo,
            flake,
            targets,
            left_out,
            workflows,
            graphs,
            variables,
        };
        (project.targets, project.left_out) = targets::gather(&project);
        project
    }

    /// The workspace folder.
    pub fn root(&self) -> &Path {
        &self.snapshot.root
    }

    /// A path for a message: relative to the workspace folder.
    pub fn display(&self, file: &FileId) -> String {
        file.relative_to(self.root())
    }

    /// What is known of the host's triple.
    pub fn host_target(&self) -> Option<&'static Target> {
        knowledge::target(&self.host)
    }

    /// A shipped target by its triple.
    pub fn target(&self, triple: &str) -> Option<&ShippedTarget> {
        let position = self.targets.binary_search_by(|target| target.triple.as_str().cmp(triple)).ok()?;
        self.targets.get(position)
    }

    /// The text of a file, with its trees.
    pub fn source(&self, file: &FileId) -> Option<Arc<Source>> {
        let inside = match self.snapshot.files.read(file.path()) {
            Read::Text(source) => Some(source),
            Read::Absent | Read::Unreadable(_) => None,
        };
        inside.or_else(|| self.snapshot.files.read_cargo_config(file.path()).text().cloned())
    }

    /// The bytes at a place.
    pub fn text_at(&self, origin: &Origin) -> String {
        self.source(&origin.file)
            .map(|source| source.document().slice(origin.span).to_owned())
            .unwrap_or_default()
    }

    /// The lock file at a path: the workspace's own, or another one of the project.
    pub fn lock_at(&self, file: &FileId) -> LockFile {
        let own = self.cargo.lock.lock().filter(|lock| lock.file == *file);
        match (own, file.path().parent()) {
            (Some(lock), _) => LockFile::Read(Arc::clone(lock)),
            (None, Some(folder)) if file.name() == "Cargo.lock" => cargo::lock::read(&self.snapshot, folder),
            (None, _) => LockFile::Absent,
        }
    }

    /// Why it cannot be said that the flake lacks something; `None` when all of it is known, or there is
    /// no flake.
    pub fn flake_gap(&self) -> Option<String> {
        let flake = self.flake.as_ref()?;
        let why =
            |fallback: &str| flake.gaps.first().map_or_else(|| fallback.to_owned(), |gap| gap.why.clone());
        if !flake.complete {
            return Some(why("the flake could not be read in full"));
        }
        let open = flake.shells.iter().find(|shell| !shell.complete)?;
        Some(format!("{} takes in attributes that are not known", open.attribute))
    }

    /// Why it cannot be said that cargo's configuration lacks something.
    pub fn config_gap(&self) -> Option<&str> {
        self.cargo.config.gaps.first().map(|gap| gap.why.as_str())
    }

    /// The configuration file that a fix writes to: the project's own, or the name of one to create.
    pub fn config_to_edit(&self) -> (FileId, Option<Arc<Source>>) {
        let config = &self.cargo.config;
        let own = config
            .files
            .iter()
            .find(|file| file.scope == cargo::config::Scope::Project && file.included_by.is_none());
        match own {
            Some(file) => (file.file().clone(), Some(Arc::clone(&file.source))),
            None => {
                let folder =
                    self.cargo.workspace.as_ref().map_or(self.root(), |workspace| workspace.folder());
                (FileId::new(folder.join(".cargo").join("config.toml")), None)
            }
        }
    }

    /// Where to show a finding that no line of a file causes: the package's name, the workspace's
    /// header, the flake's start.
    pub fn anchor(&self) -> Option<Origin> {
        let mut packages = self.cargo.workspace.iter().flat_map(cargo::Workspace::packages);
        if let Some(package) = packages.find_map(|manifest| manifest.package.as_ref()) {
            return Some(package.name.origin.clone());
        }
        let first = |file: &FileId| Origin::new(file.clone(), Span::at(0));
        let manifest = self.cargo.workspace.as_ref().map(|workspace| first(workspace.root.file()));
        let config = self.cargo.config.files.iter().find(|file| file.scope == cargo::config::Scope::Project);
        let flake = self.flake.as_ref().and_then(|flake| flake.files.first());
        manifest.or_else(|| config.map(|file| first(file.file()))).or_else(|| flake.map(first))
    }

    /// Whether the project makes a program at all; a library runs nowhere by itself.
    pub fn has_program(&self) -> bool {
        match &self.cargo.workspace {
            Some(workspace) => workspace.packages().any(cargo::Manifest::has_binary),
            None => true,
        }
    }

    /// Whether a comment stands at the end of a place's line or alone on the lines above it: somebody
    /// has thought about it. Marks of expected findings (`# ^^^`) and suppressions do not count.
    pub fn has_comment(&self, origin: &Origin) -> bool {
        let Some(source) = self.source(&origin.file) else { return false };
        let document = source.document();
        let is_word = |comment: &str| {
            let text = comment.trim_start_matches('#').trim();
            !text.is_empty() && !text.starts_with('^') && !text.starts_with("portolan:")
        };
        let first = document.line_at(origin.span.start());
        let last = document.line_at(origin.span.end());
        let behind = document.line_range(last);
        let rest = document.slice(Span::new(origin.span.end(), behind.end));
        if rest.find('#').is_some_and(|at| is_word(rest[at..].trim_end())) {
            return true;
        }
        let above = (0..first).rev().map(|line| document.line_text(line).trim());
        above.take_while(|line| line.starts_with('#')).any(is_word)
    }
}
