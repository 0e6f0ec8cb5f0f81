//! What a flake's outputs come to, without running Nix.
//!
//! A flake is a program, so it is evaluated: lazily, and symbolically where something cannot be known
//! (packages are symbols that know their platform, functions of unknown inputs keep their arguments).
//! The outcome is [`FlakeFacts`], plain data with the place of everything in it.
//!
//! ```text
//! flake.nix -> evaluate/ (the language) + builtins/ (its functions, and lib's)
//!           -> terms, package_set, platform, inputs, flake_parts (what nixpkgs and frameworks mean)
//!           -> outputs (which packages and shells there are) -> describe/ (what each consists of)
//! ```

mod apps;
mod builtins;
mod crate_sets;
mod describe;
mod evaluate;
mod evaluator;
pub mod facts;
mod files;
mod flake_parts;
mod inputs;
mod models;
mod modules;
mod outputs;
mod package_set;
mod platform;
mod platform_values;
pub mod settled;
mod terms;
#[cfg(test)]
mod tests;
mod usage;
mod value;
mod vendoring;

use crate::snapshot::Snapshot;
pub use facts::FlakeFacts;
pub use settled::Settled;

/// Evaluates `flake.nix` in the snapshot's root; `None` when there is none. Where somebody has asked a real Nix, what
/// it said stands in the place of what would be unknown.
///
/// Needs a thread with 64 MB of stack.
pub fn read_flake(snapshot: &Snapshot) -> Option<FlakeFacts> {
    let facts = outputs::read_flake(snapshot)?;
    Some(settled::settle(facts, &snapshot.settled, snapshot))
}
