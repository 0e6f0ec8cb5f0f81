//! Helpers of the end-to-end tests.

pub mod binary;
pub mod folder;

pub use binary::{Outcome, portolan};
pub use folder::Folder;
