//! The effective configuration, as cargo reads it in a folder. What is said here of cargo was measured
//! with cargo 1.95.

mod chain;
mod flags;
mod query;
mod sections;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use cargo_platform::CfgExpr;

use super::{By, Gap, Sourced};
use crate::{
    snapshot::Snapshot,
    syntax::{Source, toml::Tree},
    text::{FileId, Origin},
};

pub(super) use chain::plain;
pub use query::variable;

/// Where in the chain a configuration file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// In the workspace folder: it is shared with everybody who has the project.
    Project,
    /// In a folder above the workspace folder: this machine's matter.
    Parent,
    /// In `$CARGO_HOME`: this user's matter.
    Home,
}

/// A configuration file that cargo reads.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// Its text and its tree.
    pub source: Arc<Source>,
    /// Where it stands; an included file stands where the file stands that includes it.
    pub scope: Scope,
    /// Whether it has the legacy name `config`, without an ending.
    pub legacy: bool,
    /// The `config.toml` beside a legacy `config`: cargo ignores it.
    pub shadowed: Option<Shadowed>,
    /// The place in another file that includes this one.
    pub included_by: Option<Origin>,
    /// The folder that relative programs and paths in it are meant from.
    pub base: PathBuf,
}

impl ConfigFile {
    /// The file.
    pub fn file(&self) -> &FileId {
        self.source.file()
    }

    /// Its tree.
    pub fn tree(&self) -> &Tree {
        self.source.toml()
    }
}

/// A file that cargo ignores because of another one beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadowed {
    /// The file.
    pub file: FileId,
    /// Whether both say the same, byte for byte: a link from one to the other, most likely.
    pub same_text: bool,
}

/// How a list of words was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As an array, one word an element.
    Array,
    /// As one string, split at white space.
    String,
}

/// A list of words in one file: flags for rustc, or a program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flags {
    /// The words, each at its own bytes (without the quotes of a string form).
    pub values: Vec<Sourced<String>>,
    /// How they were written.
    pub form: Form,
    /// The key ("rustflags").
    pub key: Origin,
    /// The whole value.
    pub value: Origin,
}

impl Flags {
    /// The words alone.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|word| word.value.as_str())
    }
}

/// What a `[target.KEY]` table is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// One target triple, whether rustc knows it or not.
    Triple(String),
    /// All targets that an expression holds for.
    Cfg(CfgExpr),
    /// Nothing: cargo cannot read the expression. Its words why.
    Invalid(String),
}

/// One `[target.KEY]` table of one file.
#[derive(Clone, Debug)]
pub struct TargetTable {
    /// The key as it was written, unquoted.
    pub key: Sourced<String>,
    /// What it is for.
    pub matcher: Matcher,
    /// The table's header, or the first statement that makes it.
    pub header: Origin,
    /// The file, as an index into [`Config::files`].
    pub file: usize,
    /// `linker`.
    pub linker: Option<Sourced<String>>,
    /// `runner`.
    pub runner: Option<Flags>,
    /// `rustflags`.
    pub rustflags: Option<Flags>,
    /// `ar`: cargo reads it and nothing uses it.
    pub ar: Option<Sourced<String>>,
}

/// One entry of `[env]`. Cargo sets it for rustc, build scripts, `cargo run` and subcommands; it does not
/// read its own settings from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvEntry {
    /// The variable's name.
    pub name: Sourced<String>,
    /// The value as written.
    pub value: Sourced<String>,
    /// Whether it replaces a variable that is set already.
    pub force: bool,
    /// Whether the value is a path, meant from [`ConfigFile::base`].
    pub relative: bool,
    /// The file, as an index into [`Config::files`].
    pub file: usize,
}

/// One entry of `[alias]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The new subcommand.
    pub name: Sourced<String>,
    /// What it stands for.
    pub words: Flags,
}

/// The effective configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Every file that is read, strongest first.
    pub files: Vec<ConfigFile>,
    /// `build.target`, joined over the files.
    pub build_targets: Vec<Sourced<String>>,
    /// `build.rustflags`, one entry a file, in the order that cargo joins them.
    pub build_rustflags: Vec<Flags>,
    /// `build.target-dir` of the strongest file, made absolute.
    target_folder: Option<PathBuf>,
    /// Every `[target.KEY]` table of every file, strongest file first, in the order of the text.
    pub targets: Vec<TargetTable>,
    /// `[env]`, each variable once, by name.
    pub env: Vec<EnvEntry>,
    /// `[alias]`, each name once, by name.
    pub aliases: Vec<Alias>,
    /// Files that could not be read, and parts that cargo would refuse.
    pub gaps: Vec<Gap>,
    /// How the strongest `build.target` is written.
    build_target_form: Option<Form>,
    /// The folder that cargo is started in.
    folder: PathBuf,
    /// The variables that cargo is started with.
    environment: Arc<BTreeMap<String, String>>,
}

/// A program that cargo starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A name without a slash, looked up on PATH.
    Name(String),
    /// A path, made absolute.
    Path(PathBuf),
}

/// The linker that cargo hands to rustc for a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linker {
    /// The value as written.
    pub value: String,
    /// What it leads to.
    pub program: Program,
    /// Who says so.
    pub by: By,
    /// The setting's name, for people ("target.aarch64-unknown-linux-gnu.linker").
    pub setting: String,
    /// Linkers of other matching `cfg(…)` tables, when nothing stronger decides: cargo refuses to choose.
    pub rivals: Vec<Origin>,
}

/// The four sources of rustc's flags. Cargo takes the first that is there and ignores all others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rustflags {
    /// `CARGO_ENCODED_RUSTFLAGS`, split at its separator.
    pub encoded: Option<Vec<String>>,
    /// `RUSTFLAGS`; set but empty, it still hides the rest.
    pub environment: Option<Vec<String>>,
    /// All matching `target.*.rustflags` joined, and the target's environment variable.
    pub target: Vec<Given>,
    /// `build.rustflags` joined, and its environment variable.
    pub build: Vec<Given>,
    /// Whether there are `cfg(…)` tables with flags and the target's values are not known.
    pub uncertain: bool,
}

/// One flag, and who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The flag.
    pub flag: String,
    /// Who gave it.
    pub by: By,
}

/// One of the four sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlagSource {
    /// `CARGO_ENCODED_RUSTFLAGS`.
    Encoded,
    /// `RUSTFLAGS`.
    Environment,
    /// `target.*.rustflags`.
    Target,
    /// `build.rustflags`.
    Build,
}

/// Reads the configuration that cargo would read if it were started in `folder`.
pub fn read(snapshot: &Snapshot, folder: &Path) -> Config {
    let chain = chain::read(snapshot, folder);
    let mut config = sections::read(chain);
    config.environment = Arc::clone(&snapshot.host.environment);
    folder.clone_into(&mut config.folder);
    config
}
