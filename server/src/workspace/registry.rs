//! Cargo's caches of packages below `$CARGO_HOME`: unpacked manifests, checkouts, and the files of the index.
//!
//! Cargo unpacks each version once and never changes it, so what was found needs no keeping here: the reader
//! keeps what it made of it. That a file is missing is remembered until somebody says that something changed.

use std::{
    collections::{HashMap, HashSet},
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex},
};

use super::{
    disk::{self, ReadError},
    vfs::lock,
};
use crate::{
    cargo::graph::index,
    snapshot::{Read, RegistryPart},
    syntax::Source,
    text::FileId,
};

/// The folders that may be looked into.
const FOLDERS: [[&str; 2]; 3] = [["registry", "src"], ["registry", "index"], ["git", "checkouts"]];

#[derive(Debug)]
pub(super) struct Registry {
    home: Option<PathBuf>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    absent: HashSet<PathBuf>,
    names: HashMap<PathBuf, Option<Arc<[String]>>>,
}

impl Registry {
    pub(super) fn new(home: Option<&Path>) -> Self {
        Self { home: home.map(Path::to_owned), known: Mutex::default() }
    }

    /// The same place, with nothing known of it.
    pub(super) fn renewed(&self) -> Self {
        Self::new(self.home.as_deref())
    }

    /// A renewed one, when a file has come that was missing.
    pub(super) fn refreshed(&self) -> Option<Self> {
        let known = lock(&self.known);
        let has_come = known.absent.iter().any(|path| path.exists())
            || known.names.iter().any(|(folder, names)| names.is_none() && folder.exists());
        has_come.then(|| self.renewed())
    }

    pub(super) fn read(&self, path: &Path, part: RegistryPart<'_>) -> Read {
        let Some(path) = self.fenced(path, part) else {
            return Read::Unreadable("not a file of cargo's caches".to_owned());
        };
        if lock(&self.known).absent.contains(&path) {
            return Read::Absent;
        }
        let text = match disk::read_text(&path) {
            Ok((text, _)) => text,
            Err(ReadError::Unreadable(why)) => return Read::Unreadable(why),
            Err(ReadError::Absent) => {
                lock(&self.known).absent.insert(path);
                return Read::Absent;
            }
        };
        let wanted: Option<Arc<str>> = match part {
            RegistryPart::Manifest => Some(text.into()),
            RegistryPart::Version(version) => index::record(&text, version).map(Into::into),
            RegistryPart::Versions => index::versions(&text).map(Into::into),
            RegistryPart::VersionsWith(part) => index::versions_with(&text, part).map(Into::into),
        };
        wanted.map_or(Read::Absent, |text| Read::Text(Source::from_text(FileId::new(path), text).into()))
    }

    pub(super) fn list(&self, folder: &Path) -> Option<Arc<[String]>> {
        let folder = self.inside(folder)?;
        let mut known = lock(&self.known);
        known.names.entry(folder).or_insert_with_key(|folder| disk::list(folder).map(Into::into)).clone()
    }

    /// The absolute path of a file that may be read.
    fn fenced(&self, path: &Path, part: RegistryPart<'_>) -> Option<PathBuf> {
        let is_wanted = match part {
            RegistryPart::Manifest => path.file_name().is_some_and(|name| name == "Cargo.toml"),
            RegistryPart::Version(_) | RegistryPart::Versions | RegistryPart::VersionsWith(_) => {
                path.components().any(|part| part.as_os_str() == ".cache")
            }
        };
        self.inside(path).filter(|_| is_wanted)
    }

    fn inside(&self, path: &Path) -> Option<PathBuf> {
        let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        let is_cache = FOLDERS.iter().any(|parts| path.starts_with(parts.iter().collect::<PathBuf>()));
        self.home.as_ref().filter(|_| is_plain && is_cache).map(|home| home.join(path))
    }
}
