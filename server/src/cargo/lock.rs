//! Cargo.lock.

use std::{path::Path, sync::Arc};

use crate::{
    snapshot::Snapshot,
    syntax::Source,
    text::{Origin, Span},
};

use super::Gap;

/// What became of the lock file.
#[derive(Clone, Debug)]
pub enum LockFile {
    /// There is none.
    Absent,
    /// It is there and says nothing that could be relied on.
    Broken(Gap),
    /// Its packages.
    Read(Arc<Lock>),
}

impl LockFile {
    /// The packages, when they could be read.
    pub fn lock(&self) -> Option<&Arc<Lock>> {
        match self {
            Self::Read(lock) => Some(lock),
            Self::Absent | Self::Broken(_) => None,
        }
    }
}

/// The packages of a lock file.
#[derive(Clone, Debug)]
pub struct Lock {
    /// The file.
    pub source: Arc<Source>,
    /// The format's version; 1 when nothing is said.
    pub version: u32,
    /// The packages, in the order of the file.
    pub packages: Vec<LockedPackage>,
}

/// One locked package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedPackage {
    /// The crate's name.
    pub name: String,
    /// The exact version.
    pub version: String,
    /// The source ("registry+…", "git+…"); `None` for a package of the workspace or a path dependency.
    pub source: Option<String>,
    /// Its dependencies, as indices into [`Lock::packages`], sorted. Normal, build and dev are not told
    /// apart, optional ones and those of other platforms are there too.
    pub dependencies: Vec<usize>,
    /// Its entry in the file.
    pub span: Span,
}

impl Lock {
    /// The place of a package's entry.
    pub fn origin(&self, package: &LockedPackage) -> Origin {
        Origin::new(self.source.file().clone(), package.span)
    }

    /// All versions of a crate, as indices.
    pub fn find<'a>(&'a self, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.packages
            .iter()
            .enumerate()
            .filter(move |(_, package)| package.name == name)
            .map(|(index, _)| index)
    }
}

/// Reads the lock file in `folder`.
pub fn read(_snapshot: &Snapshot, _folder: &Path) -> LockFile {
    LockFile::Absent
}
