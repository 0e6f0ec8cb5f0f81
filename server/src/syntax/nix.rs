//! Nix texts: bounds, parsing with rnix, and lowering to a tree that can be shared between threads.

use super::SyntaxError;
use crate::text::Document;

/// What a Nix text came to.
#[derive(Debug, Default)]
pub struct Tree {
    /// Syntax errors and exceeded bounds, in the order of the text.
    pub errors: Vec<SyntaxError>,
}

/// Reads a text. Never fails: what could not be read is in `errors`.
pub fn parse(_document: &Document) -> Tree {
    Tree::default()
}
