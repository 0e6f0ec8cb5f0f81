//! Immutable texts, and places in them.
//!
//! Inside Portolan every position is a byte offset into a [`Document`]; lines, columns and the three
//! encodings of the language server protocol are computed from it at the edges.

mod document;
mod span;

pub use document::{Document, LineColumn};
pub use span::{FileId, Origin, Span};
