//! From findings to changed files: the writers that rules use to make edits, and the engine that
//! applies them.

mod apply;
pub mod dependency;
pub mod inherited;
pub mod nix;
mod overlay;
pub mod toml;

pub use apply::{FileChange, FixOptions, Outcome, apply_all, apply_edits};
pub use overlay::Overlay;

#[cfg(test)]
mod tests;
