//! Trees with byte spans. Errors stand beside the tree, never instead of it.

pub mod limits;
pub mod nix;
pub mod toml;

use std::sync::{Arc, OnceLock};

use crate::text::{Document, FileId, Span};

/// Something that a parser could not read, or a bound that a text exceeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What, as one phrase.
    pub message: String,
}

/// A document with its parse trees. A tree is made when it is first asked for and lives as long as
/// the text, so a file that did not change is never parsed again.
#[derive(Debug)]
pub struct Source {
    document: Document,
    toml: OnceLock<Arc<toml::Tree>>,
    nix: OnceLock<Arc<nix::Tree>>,
}

impl Source {
    /// Takes a text.
    pub fn new(document: Document) -> Self {
        Self { document, toml: OnceLock::new(), nix: OnceLock::new() }
    }

    /// A text in a file.
    pub fn from_text(file: FileId, text: impl Into<Arc<str>>) -> Self {
        Self::new(Document::new(file, text))
    }

    /// The text.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The file.
    pub fn file(&self) -> &FileId {
        self.document.file()
    }

    /// The text read as TOML.
    pub fn toml(&self) -> &Arc<toml::Tree> {
        self.toml.get_or_init(|| Arc::new(toml::parse(&self.document)))
    }

    /// The text read as Nix.
    pub fn nix(&self) -> &Arc<nix::Tree> {
        self.nix.get_or_init(|| Arc::new(nix::parse(&self.document)))
    }
}
