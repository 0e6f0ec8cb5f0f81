//! What a flake's outputs come to, without running Nix.

pub mod facts;

use crate::snapshot::Snapshot;
pub use facts::FlakeFacts;

/// Evaluates `flake.nix` in the snapshot's root; `None` when there is none.
pub fn read_flake(_snapshot: &Snapshot) -> Option<FlakeFacts> {
    None
}
