//! What cargo reads: configuration, manifests, lock file, toolchain file, and their neighbours, as typed
//! facts. Every value knows where it was written; what could not be read is a [`Gap`], and where there
//! is a gap nothing may be called missing.

pub mod config;
pub mod cross;
pub mod dist;
pub mod graph;
pub mod lock;
pub mod manifest;
pub mod platform;
pub mod portolan_toml;
pub mod toolchain;
mod values;
pub mod workspace;

use crate::{
    snapshot::Snapshot,
    text::{FileId, Origin, Span},
};

pub use config::Config;
pub use cross::Cross;
pub use dist::Dist;
pub use lock::Lock;
pub use manifest::Manifest;
pub use portolan_toml::PortolanToml;
pub use toolchain::Toolchain;
pub use workspace::Workspace;

/// A value, and the place that it was written at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// The bytes that say it, quotes included.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// `value`, written at `origin`.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

/// Who said something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// A place in a file.
    File(Origin),
    /// A variable of the environment that cargo is started in, by its name.
    Environment(String),
}

impl By {
    /// The place, when a file said it.
    pub fn origin(&self) -> Option<&Origin> {
        match self {
            Self::File(origin) => Some(origin),
            Self::Environment(_) => None,
        }
    }
}

/// Something that could not be read or understood: what it would have said is unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The place; an empty range at the start for a whole file.
    pub origin: Origin,
    /// What is the matter, as one phrase ("permission denied", "has unresolved merge conflict marks").
    pub why: String,
}

impl Gap {
    /// A file of which nothing is known.
    pub fn file(file: FileId, why: impl Into<String>) -> Self {
        Self { origin: Origin::new(file, Span::at(0)), why: why.into() }
    }

    /// A place that could not be understood.
    pub fn at(origin: Origin, why: impl Into<String>) -> Self {
        Self { origin, why: why.into() }
    }
}

/// All that cargo's files say.
#[derive(Clone, Debug)]
pub struct CargoFacts {
    /// Cargo's effective configuration in the folder of the root manifest.
    pub config: Config,
    /// The root manifest and the members; `None` when no manifest was found, or none that can be read.
    pub workspace: Option<Workspace>,
    /// Why the root manifest cannot be read.
    pub manifest_gap: Option<Gap>,
    /// The lock file beside the root manifest.
    pub lock: lock::LockFile,
    /// The toolchain file.
    pub toolchain: toolchain::ToolchainFile,
    /// Settings of cross.
    pub cross: Cross,
    /// Settings of dist.
    pub dist: Dist,
    /// `portolan.toml`.
    pub portolan: PortolanToml,
}

impl CargoFacts {
    /// Everything that could not be read or understood.
    pub fn gaps(&self) -> Vec<&Gap> {
        let workspace = self.workspace.iter().flat_map(Workspace::all_gaps);
        let mut gaps: Vec<&Gap> = workspace.chain(&self.manifest_gap).collect();
        gaps.extend(
            self.config.gaps.iter().chain(&self.cross.gaps).chain(&self.dist.gaps).chain(&self.portolan.gaps),
        );
        gaps.extend(self.lock.gap().into_iter().chain(self.toolchain.gap()));
        gaps.sort();
        gaps.dedup();
        gaps
    }
}

/// The same facts with the manifests as they are in another snapshot of the same files.
pub fn read_manifests_again(snapshot: &Snapshot, facts: &CargoFacts) -> CargoFacts {
    let (workspace, manifest_gap) = match workspace::read(snapshot) {
        Ok(workspace) => (workspace, None),
        Err(gap) => (None, Some(gap)),
    };
    CargoFacts { workspace, manifest_gap, ..facts.clone() }
}

/// Reads everything that cargo and its neighbours would read in the workspace folder.
pub fn read(snapshot: &Snapshot) -> CargoFacts {
    let (workspace, manifest_gap) = match workspace::read(snapshot) {
        Ok(workspace) => (workspace, None),
        Err(gap) => (None, Some(gap)),
    };
    let folder = workspace.as_ref().map_or(&*snapshot.root, |workspace| workspace.folder());
    CargoFacts {
        config: config::read(snapshot, folder),
        lock: lock::read(snapshot, folder),
        toolchain: toolchain::read(snapshot, folder),
        cross: cross::read(snapshot, folder, workspace.as_ref()),
        dist: dist::read(snapshot, folder, workspace.as_ref()),
        portolan: portolan_toml::read(snapshot),
        manifest_gap,
        workspace,
    }
}
