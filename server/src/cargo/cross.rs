//! The settings of cross: `Cross.toml`, `[workspace.metadata.cross]`, `[package.metadata.cross]`.

use std::path::Path;

use super::{Gap, Sourced, workspace::Workspace};
use crate::{
    snapshot::Snapshot,
    text::{FileId, Origin},
};

/// What cross is told.
#[derive(Clone, Debug, Default)]
pub struct Cross {
    /// `Cross.toml`, when it is there.
    pub file: Option<FileId>,
    /// `build.default-target`.
    pub default_target: Option<Sourced<String>>,
    /// `[target.T]` tables, in the order of the text.
    pub targets: Vec<CrossTarget>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

impl Cross {
    /// Whether anything at all speaks of cross.
    pub fn is_used(&self) -> bool {
        self.file.is_some() || self.default_target.is_some() || !self.targets.is_empty()
    }
}

/// One `[target.T]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossTarget {
    /// The triple.
    pub triple: Sourced<String>,
    /// The table's header.
    pub header: Origin,
    /// `image`, or `image.name`.
    pub image: Option<Sourced<String>>,
    /// `dockerfile`, or `dockerfile.file`.
    pub dockerfile: Option<Sourced<String>>,
    /// `pre-build`: commands, or the path of a script.
    pub pre_build: Vec<Sourced<String>>,
    /// `env.passthrough`.
    pub passthrough: Vec<Sourced<String>>,
    /// `runner`.
    pub runner: Option<Sourced<String>>,
    /// Whether cross uses cargo-zigbuild for it (`zig = true`, or a table).
    pub zig: bool,
}

/// Reads the settings of cross.
pub fn read(_snapshot: &Snapshot, _folder: &Path, _workspace: Option<&Workspace>) -> Cross {
    Cross::default()
}
