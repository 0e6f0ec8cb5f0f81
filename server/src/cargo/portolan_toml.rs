//! `portolan.toml`: the project's own settings for Portolan.

use super::{Gap, Sourced};
use crate::{
    snapshot::{Level, Snapshot},
    text::{FileId, Origin},
};

/// The project's settings.
#[derive(Clone, Debug, Default)]
pub struct PortolanToml {
    /// The file, when it is there.
    pub file: Option<FileId>,
    /// `targets`: triples that the project ships.
    pub targets: Vec<Sourced<String>>,
    /// `host`: the triple that builds.
    pub host: Option<Sourced<String>>,
    /// `[diagnostics.severity]`, rule to level; the place is that of the rule's name.
    pub severity: Vec<(Sourced<String>, Level)>,
    /// `build.builder`.
    pub builder: Option<Sourced<String>>,
    /// `inlayHints.enable`.
    pub inlay_hints: Option<bool>,
    /// `codeLens.enable`.
    pub code_lens: Option<bool>,
    /// What is wrong in it, each worth a finding.
    pub problems: Vec<Problem>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Something wrong in `portolan.toml`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where.
    pub origin: Origin,
    /// One sentence.
    pub message: String,
    /// What to do, one sentence.
    pub help: String,
}

/// Reads `portolan.toml` in the workspace folder.
pub fn read(_snapshot: &Snapshot) -> PortolanToml {
    PortolanToml::default()
}
