//! Trees with byte spans. Errors stand beside the tree, never instead of it.

pub mod limits;
pub mod nix;
pub mod toml;

use std::{
    any::Any,
    sync::{Arc, OnceLock},
};

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
    facts: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Source {
    /// Takes a text.
    pub fn new(document: Document) -> Self {
        Self { document, toml: OnceLock::new(), nix: OnceLock::new(), facts: OnceLock::new() }
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

    /// What a reader makes of this text alone, made once and kept as long as the text. A text has one such
    /// reader; another one is not remembered. What it makes must not hold the source itself.
    pub fn facts<T: Any + Send + Sync>(&self, make: impl Fn() -> T) -> Arc<T> {
        let kept = self.facts.get_or_init(|| Arc::new(make()));
        Arc::downcast(Arc::clone(kept)).unwrap_or_else(|_| Arc::new(make()))
    }
}
