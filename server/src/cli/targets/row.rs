//! What the model says of each target, gathered for one line of the matrix.

use crate::{project::Project, text::Origin};

/// One target.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) triple: String,
    /// Rust's promise for it; `None` for a triple that rustc does not have.
    pub(super) tier: Option<u8>,
    pub(super) declared: Vec<Declared>,
    pub(super) std: Fact,
    pub(super) linker: Fact,
    pub(super) c_compiler: Fact,
    pub(super) linkage: &'static str,
    pub(super) native: Vec<Native>,
    pub(super) builder: &'static str,
}

impl Row {
    /// Whether nothing is known to stand in the way of a build.
    pub(super) fn is_ready(&self) -> bool {
        [&self.std, &self.linker, &self.c_compiler].iter().all(|fact| fact.state.is_in_order())
    }
}

/// One place that names the target.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) origin: Option<Origin>,
    pub(super) by: &'static str,
}

/// Something that a build needs.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) state: State,
    /// The program, or one phrase why.
    pub(super) value: Option<String>,
    pub(super) from: Option<Origin>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    Missing,
    Broken,
    NotNeeded,
    Unknown,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Broken => "broken",
            Self::NotNeeded => "not-needed",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn is_in_order(self) -> bool {
        !matches!(self, Self::Missing | Self::Broken)
    }
}

/// A crate that compiles or links native code for the target.
#[derive(Debug)]
pub(super) struct Native {
    pub(super) name: String,
    pub(super) version: String,
    /// From the project's own package to it.
    pub(super) path: Vec<String>,
}

/// A row for each shipped target.
pub(super) fn gather(_project: &Project) -> Vec<Row> {
    Vec::new()
}
