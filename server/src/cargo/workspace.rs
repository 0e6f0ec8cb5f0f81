//! The root manifest and the packages that belong to it.

use std::path::Path;

use super::{Gap, Sourced, manifest::Manifest};
use crate::snapshot::Snapshot;

/// A root manifest with its members.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The root manifest.
    pub root: Manifest,
    /// The other packages of the workspace, sorted by folder.
    pub members: Vec<Manifest>,
    /// `workspace.members` as written.
    pub member_patterns: Vec<Sourced<String>>,
    /// `workspace.default-members` as written; `None` when nothing is said.
    pub default_members: Option<Vec<Sourced<String>>>,
    /// What could not be read, or lies beyond a bound.
    pub gaps: Vec<Gap>,
}

impl Workspace {
    /// The root manifest's folder.
    pub fn folder(&self) -> &Path {
        &self.root.folder
    }

    /// The root manifest and all members.
    pub fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        std::iter::once(&self.root).chain(&self.members)
    }

    /// All packages: the manifests without a virtual root.
    pub fn packages(&self) -> impl Iterator<Item = &Manifest> {
        self.manifests().filter(|manifest| manifest.package.is_some())
    }
}

/// Finds and reads the workspace.
pub fn read(_snapshot: &Snapshot) -> Option<Workspace> {
    None
}
