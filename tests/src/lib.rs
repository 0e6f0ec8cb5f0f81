//! Helpers of the end-to-end tests.

pub mod binary;
pub mod edits;
#[cfg(unix)]
pub mod fake;
pub mod folder;
pub mod lsp;

pub use binary::{Outcome, portolan};
pub use folder::Folder;
