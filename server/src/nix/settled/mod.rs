//! What a real Nix said of the flake, when somebody asked for it (`portolan check --deep`).
//!
//! Evaluation here is symbolic and leaves unknowns. [`crate::deep`] asks Nix about the packages and shells, and
//! hands over the answers as data; [`settle`] puts them in the place of what was guessed. They count only for the
//! very texts that Nix was asked about: one more keystroke, and the static answer is all there is again.

mod exports;
mod merge;
mod store;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use merge::{differences, settle};

use crate::{
    snapshot::{Read, Snapshot},
    syntax::Source,
    text::FileId,
};

/// Answers of Nix.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// The files that the answers depend on, as they were; `None`: there was none.
    pub files: Vec<(FileId, Option<Arc<Source>>)>,
    /// By attribute path ("packages.x86_64-linux.default"): what is there.
    pub outputs: BTreeMap<String, Output>,
    /// Names by the path above them ("packages.x86_64-linux"): all that there are.
    pub names: BTreeMap<String, BTreeSet<String>>,
    /// Kinds of outputs ("packages") of which every system is in `names`.
    pub kinds: BTreeSet<String>,
}

/// What Nix says of one package or shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The derivation's name, without version.
    pub name: Option<String>,
    /// What it is built for.
    pub platform: Option<OutputPlatform>,
    /// Its environment: what Nix exports and people mean as variables, by name.
    pub env: BTreeMap<String, String>,
    /// Its scripts (`postInstall`, `shellHook`), by name.
    pub scripts: BTreeMap<String, String>,
    /// What it is given, by list (`buildInputs`): names of derivations with their outputs ("openssl-3.0.14", "dev").
    pub inputs: BTreeMap<String, Vec<(String, String)>>,
    /// Values that Nix could not give, by name: they stay what they were.
    pub failed: BTreeSet<String>,
    /// Of a dev shell that was entered before: what it exports when all setup hooks have run, by name. Its
    /// `shellHook` runs later.
    pub exported: BTreeMap<String, String>,
}

/// What a package set is for, as nixpkgs says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputPlatform {
    /// `hostPlatform.config`.
    pub config: String,
    /// rustc's name.
    pub triple: Option<String>,
    /// `isStatic`.
    pub is_static: bool,
    /// Whether it differs from the build platform.
    pub is_cross: bool,
}

impl Settled {
    /// Whether nothing was answered.
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty() && self.names.is_empty()
    }

    /// Whether the files are still what Nix was asked about.
    pub fn holds_for(&self, snapshot: &Snapshot) -> bool {
        self.files.iter().all(|(file, then)| match (snapshot.files.read(file.path()), then) {
            (Read::Text(now), Some(then)) => {
                Arc::ptr_eq(&now, then) || now.document().text() == then.document().text()
            }
            (Read::Absent | Read::Unreadable(_), None) => true,
            _ => false,
        })
    }
}
