//! TOML as a tree that survives mistakes.
//!
//! `toml_edit` gives up at the first error, and a file that is being typed nearly always has one. So the
//! tree is built here from the events of `toml_parser`, the lexer and parser under `toml_edit`: what can
//! be read is in the tree, the rest is in [`Tree::errors`].

mod build;
mod tree;

pub use build::parse;
pub use tree::{Data, Entry, Key, Table, TableKind, Tree, Value};

#[cfg(test)]
mod tests;
