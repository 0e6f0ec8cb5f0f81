//! The machine: files on disk under the texts of the editor, and the host. The only code, besides
//! builds, that looks at either; everything else is given a [`crate::snapshot::Snapshot`].

pub mod binary;
mod disk;
mod git_index;
pub mod host;
mod registry;
mod root;
mod vfs;

pub use root::{enclosing_project, find_root, is_project, normalize, projects_below};
pub use vfs::Vfs;
