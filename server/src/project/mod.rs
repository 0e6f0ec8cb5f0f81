//! The one model: for each target that the project ships, what each source says about it.

use crate::snapshot::Snapshot;

/// A project as its files describe it.
#[derive(Clone, Debug)]
pub struct Project {
    /// What it was read from.
    pub snapshot: Snapshot,
}
