//! One Cargo.toml.

mod dependencies;
mod outputs;
mod read;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use cargo_platform::Platform;

use super::{Gap, Sourced};
use crate::{
    syntax::Source,
    text::{FileId, Origin},
};

pub(super) use dependencies::local_dependency;
pub(super) use read::{Found, Inheritance, declarations, read};

/// One manifest.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Its text and its tree.
    pub source: Arc<Source>,
    /// The folder that it lies in.
    pub folder: PathBuf,
    /// `[package]` (or `[project]`, its old name); a virtual manifest has none.
    pub package: Option<Package>,
    /// All dependencies of all tables, in the order of the text.
    pub dependencies: Vec<Dependency>,
    /// `[features]`, by the order of the text.
    pub features: Vec<Feature>,
    /// The library, declared or found at `src/lib.rs`.
    pub library: Option<Library>,
    /// The programs, declared or found at `src/main.rs` and in `src/bin`, by name.
    pub binaries: Vec<Binary>,
    /// `[profile.*]`.
    pub profiles: Vec<Profile>,
    /// `[patch.*]` and `[replace]`.
    pub patches: Vec<Patch>,
    /// The version of the feature resolver that the manifest asks for.
    pub resolver: Option<Sourced<String>>,
    /// Parts that could not be understood.
    pub gaps: Vec<Gap>,
}

impl Manifest {
    /// The file.
    pub fn file(&self) -> &FileId {
        self.source.file()
    }

    /// The package's name.
    pub fn name(&self) -> Option<&str> {
        self.package.as_ref().map(|package| package.name.value.as_str())
    }

    /// Whether it makes a program.
    pub fn has_binary(&self) -> bool {
        !self.binaries.is_empty()
    }

    /// Whether it is a procedural macro: built for the host, whatever the target is.
    pub fn is_proc_macro(&self) -> bool {
        self.library.as_ref().is_some_and(|library| library.proc_macro.is_some())
    }
}

/// `[package]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The table's header.
    pub header: Origin,
    /// `name`; while it is missing, the folder's name at the header.
    pub name: Sourced<String>,
    /// `version`; inherited, at its place in the root manifest.
    pub version: Option<Sourced<String>>,
    /// `edition` ("2015" when nothing is said); inherited, at its place in the root manifest.
    pub edition: Option<Sourced<String>>,
    /// `links`.
    pub links: Option<Sourced<String>>,
    /// The build script, if there is one: its path relative to the manifest's folder.
    pub build_script: Option<String>,
    /// `default-run`.
    pub default_run: Option<Sourced<String>>,
}

/// What a dependency is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DependencyKind {
    /// `[dependencies]`.
    Normal,
    /// `[build-dependencies]`: compiled for the host.
    Build,
    /// `[dev-dependencies]`: tests, benches and examples only.
    Dev,
}

/// How a dependency was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelling {
    /// `name = "1"`.
    String,
    /// `name = { version = "1" }`.
    Inline,
    /// `[dependencies.name]`.
    Table,
    /// `name.version = "1"`.
    Dotted,
}

/// Where a dependency's code comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DependencySource {
    /// The registry that everybody uses.
    Registry,
    /// A registry of that name or address.
    OtherRegistry(String),
    /// A folder, as an absolute path.
    Path(PathBuf),
    /// A Git repository.
    Git(String),
}

/// One dependency, with what it inherits from `[workspace.dependencies]` taken in.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The name that the code uses: the key.
    pub key: Sourced<String>,
    /// The crate's name: the key, unless `package` renames it.
    pub crate_name: String,
    /// `package`.
    pub package: Option<Sourced<String>>,
    /// What it is used for.
    pub kind: DependencyKind,
    /// The key of `[target.KEY.dependencies]`, and what it means.
    pub platform: Option<PlatformKey>,
    /// How it was written.
    pub spelling: Spelling,
    /// From the key to the end of the value; a table's header for `[dependencies.name]`.
    pub statement: Origin,
    /// The value; a table's header for `[dependencies.name]`.
    pub value: Origin,
    /// `version`, or the string.
    pub requirement: Option<Sourced<String>>,
    /// Where its code comes from.
    pub source: DependencySource,
    /// The features that are asked for: its own, then inherited ones.
    pub features: Vec<Sourced<String>>,
    /// The array of its own features.
    pub features_value: Option<Origin>,
    /// Its own `default-features` (or `default_features`).
    pub default_features: Option<Sourced<bool>>,
    /// Its own `optional`.
    pub optional: Option<Sourced<bool>>,
    /// The entry of `[workspace.dependencies]` that it inherits.
    pub inherited: Option<Arc<Inherited>>,
}

/// What `workspace = true` refers to.
#[derive(Clone, Debug)]
pub struct Inherited {
    /// The place of `workspace = true`.
    pub by: Origin,
    /// The entry of `[workspace.dependencies]`; `None` when the root has none (cargo refuses that).
    pub entry: Option<Arc<Dependency>>,
}

/// The key of a platform's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformKey {
    /// As it was written, unquoted.
    pub key: Sourced<String>,
    /// What it means; `None` when cargo cannot read it.
    pub platform: Option<Platform>,
}

/// One entry of `[features]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its name.
    pub name: Sourced<String>,
    /// What it turns on ("other", "dep:name", "name/feature", "name?/feature").
    pub values: Vec<Sourced<String>>,
}

/// `[lib]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// `crate-type`; empty when nothing is said (an ordinary `lib`).
    pub crate_types: Vec<Sourced<String>>,
    /// `proc-macro = true`.
    pub proc_macro: Option<Origin>,
}

/// One program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binary {
    /// Its name.
    pub name: String,
    /// Its `[[bin]]` table's name; `None` when it was found by its file.
    pub declared: Option<Origin>,
}

/// One `[profile.NAME]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: Sourced<String>,
    /// The table's header.
    pub header: Origin,
    /// `inherits`.
    pub inherits: Option<Sourced<String>>,
    /// `panic`.
    pub panic: Option<Sourced<String>>,
}

/// One patched crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The crate's name.
    pub crate_name: Sourced<String>,
    /// Where its code comes from.
    pub source: DependencySource,
}
