//! Dependencies that nixpkgs fetches one by one, as Cargo.lock names them. Part of the facts, like everything in
//! `facts`.

use super::facts::AttributeSet;
use crate::text::{FileId, Origin};

/// `cargoLock` of `buildRustPackage`, or what `rustPlatform.importCargoLock` is given.
#[derive(Clone, Debug)]
pub struct CargoLock {
    /// The lock file; `None` when it cannot be known, or is none of the workspace's.
    pub file: Option<FileId>,
    /// The value of `lockFile`.
    pub origin: Origin,
    /// The names of `outputHashes` ("rand-0.9.0"), each at its key.
    pub hashes: Vec<(String, Origin)>,
    /// `allowBuiltinFetchGit`: nothing needs a hash.
    pub fetches_git: bool,
    /// Whether all names and `allowBuiltinFetchGit` are known.
    pub complete: bool,
    /// The set literal, when there is one: where a fix can add `outputHashes`.
    pub literal: Option<AttributeSet>,
}
