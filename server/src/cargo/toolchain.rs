//! `rust-toolchain.toml` and `rust-toolchain`: what rustup installs for the project.

use std::{path::Path, sync::Arc};

use super::{Gap, Sourced};
use crate::{
    snapshot::Snapshot,
    syntax::Source,
    text::{FileId, Origin},
};

/// What became of the toolchain file.
#[derive(Clone, Debug)]
pub enum ToolchainFile {
    /// There is none.
    Absent,
    /// It is there and says nothing that could be relied on.
    Broken(Gap),
    /// What it asks for.
    Read(Toolchain),
}

impl ToolchainFile {
    /// What it asks for, when it could be read.
    pub fn toolchain(&self) -> Option<&Toolchain> {
        match self {
            Self::Read(toolchain) => Some(toolchain),
            Self::Absent | Self::Broken(_) => None,
        }
    }
}

/// What the toolchain file asks for.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// The file.
    pub source: Arc<Source>,
    /// The other file of the two, which rustup ignores.
    pub shadowed: Option<FileId>,
    /// Whether the whole text is a channel's name.
    pub bare: bool,
    /// `channel`.
    pub channel: Option<Sourced<String>>,
    /// `targets`; `None` when the key is not there.
    pub targets: Option<TargetList>,
    /// `components`.
    pub components: Vec<Sourced<String>>,
    /// `profile`.
    pub profile: Option<Sourced<String>>,
    /// `path`: a toolchain of the user's own.
    pub path: Option<Sourced<String>>,
    /// The header of `[toolchain]`.
    pub header: Option<Origin>,
}

/// The key `targets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetList {
    /// The key.
    pub key: Origin,
    /// The array.
    pub value: Origin,
    /// Its entries.
    pub values: Vec<Sourced<String>>,
}

/// Reads the toolchain file that rustup would use in `folder`.
pub fn read(_snapshot: &Snapshot, _folder: &Path) -> ToolchainFile {
    ToolchainFile::Absent
}
