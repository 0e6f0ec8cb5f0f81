//! All that an analysis may know: files, the host, the user's settings. The core is given it and
//! never looks at the machine itself.

mod memory;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

pub use memory::MemoryFiles;

use crate::{finding::Severity, nix::Settled, syntax::Source};

/// What became of the wish to read a file.
#[derive(Clone, Debug)]
pub enum Read {
    /// Its text, with its parse trees, shared between all snapshots that hold the same version.
    Text(Arc<Source>),
    /// There is no such file.
    Absent,
    /// It is there, and cannot be read: one phrase why ("permission denied", "not UTF-8 at byte 17",
    /// "larger than 4 MiB"). Nothing may be said to be missing from it.
    Unreadable(String),
}

impl Read {
    /// The text, if it could be read.
    pub fn text(&self) -> Option<&Arc<Source>> {
        match self {
            Self::Text(source) => Some(source),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }
}

/// What a path leads to, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Absent,
    /// A regular file.
    File {
        /// Whether its mode lets somebody execute it.
        executable: bool,
    },
    /// A folder.
    Folder,
    /// It cannot be known: outside what may be looked at, no permission, a loop of links, a device.
    Unknown,
}

/// The files, as the editor and the disk have them now. Answers never change within one snapshot.
pub trait Files: Send + Sync {
    /// Reads a file inside the workspace folder. A path outside of it is [`Read::Unreadable`]. Git's index
    /// (`.git/index`) reads as the paths in it, one a line.
    fn read(&self, path: &Path) -> Read;
    /// Reads a file of cargo's configuration chain, wherever it lies.
    fn read_cargo_config(&self, path: &Path) -> Read;
    /// What a path inside the workspace folder leads to.
    fn kind(&self, path: &Path) -> Kind;
    /// What an absolute path that a build would run leads to (a linker): looked at, never read.
    fn program(&self, path: &Path) -> Kind;
    /// Names in a folder of the workspace, sorted; `None` when it cannot be listed.
    fn list(&self, folder: &Path) -> Option<Vec<String>>;
    /// Reads a file of cargo's caches of packages, by its path below `$CARGO_HOME`: a manifest in `registry/src`
    /// or `git/checkouts`, or one version's record out of a crate's file in `registry/index`.
    ///
    /// What is there never changes: cargo unpacks each version once. So a text may be kept for ever; that a file
    /// is absent may not.
    fn read_registry(&self, path: &Path, part: RegistryPart<'_>) -> Read;
    /// Names in a folder of these caches, sorted; `None` when it cannot be listed.
    fn list_registry(&self, folder: &Path) -> Option<Arc<[String]>>;
}

/// Which part of a file in cargo's caches is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistryPart<'a> {
    /// A manifest, whole.
    Manifest,
    /// The record of this version in a file of the index, as JSON. The file holds those of all versions and may
    /// have a megabyte.
    Version(&'a str),
    /// The versions in a file of the index that were not withdrawn, one a line.
    Versions,
    /// Those of them whose record has this text in it.
    VersionsWith(&'a str),
}

/// The programs on a PATH. Asked by name: a PATH may hold thousands, of which a look at a project is
/// interested in two.
pub trait Programs: std::fmt::Debug + Send + Sync {
    /// Whether one of that name can be executed.
    fn contains(&self, name: &str) -> bool;
}

impl Programs for BTreeSet<String> {
    fn contains(&self, name: &str) -> bool {
        Self::contains(self, name)
    }
}

/// The machine that builds.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its target triple.
    pub triple: String,
    /// Programs on its PATH; `None` for a host that is not this machine.
    pub programs: Option<Arc<dyn Programs>>,
    /// `$CARGO_HOME`, or `~/.cargo`.
    pub cargo_home: Option<Arc<Path>>,
    /// The variables of this machine's environment that cargo reads (`CARGO_*`, `RUSTFLAGS`, `CC*`, …).
    pub environment: Arc<BTreeMap<String, String>>,
}

/// The same programs are those of the same detection.
impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        let same_programs = match (&self.programs, &other.programs) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        same_programs
            && self.triple == other.triple
            && self.cargo_home == other.cargo_home
            && self.environment == other.environment
    }
}

impl Eq for Host {}

impl Host {
    /// A host of which nothing but its triple is known.
    pub fn foreign(triple: impl Into<String>) -> Self {
        Self { triple: triple.into(), programs: None, cargo_home: None, environment: Arc::default() }
    }

    /// Whether a program is on PATH; `None` when it is not known.
    pub fn has_program(&self, name: &str) -> Option<bool> {
        self.programs.as_ref().map(|programs| programs.contains(name))
    }
}

/// What a rule's findings are shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Not at all.
    Off,
    /// As this.
    As(Severity),
}

/// What the user asked for, from flags or the editor's settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Triples that the project ships besides those that its files name.
    pub targets: Vec<String>,
    /// Rule name to level.
    pub severity: BTreeMap<String, Level>,
}

/// Everything that one analysis sees.
#[derive(Clone)]
pub struct Snapshot {
    /// The workspace folder, absolute.
    pub root: Arc<Path>,
    /// Its files.
    pub files: Arc<dyn Files>,
    /// The machine that builds.
    pub host: Arc<Host>,
    /// The user's wishes.
    pub settings: Arc<Settings>,
    /// What a real Nix said of the flake, if somebody asked for it.
    pub settled: Arc<Settled>,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("root", &self.root).field("host", &self.host).finish_non_exhaustive()
    }
}
