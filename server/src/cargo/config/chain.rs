//! Which files cargo reads, and which of them is stronger.
//!
//! Measured: each folder from the current one up to `/` is asked for `.cargo/config` and then for
//! `.cargo/config.toml`; `$CARGO_HOME` comes last unless it was one of those folders. `include` (stable;
//! an array of paths or of `{ path, optional }`) is weaker than the file that includes, a later entry is
//! stronger than an earlier one, and a missing file is an error unless it is optional.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use super::{ConfigFile, Scope, Shadowed};
use crate::{
    cargo::{Gap, values::Reader},
    snapshot::{Read, Snapshot},
    syntax::{
        Source,
        toml::{Data, Value},
    },
    text::{FileId, Origin},
};

/// Deepest chain of files that include each other.
const MAX_INCLUDE_DEPTH: usize = 16;

/// Most files that one chain may have.
const MAX_FILES: usize = 128;

/// The files that are read, strongest first, and what could not be read.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub(super) files: Vec<ConfigFile>,
    pub(super) gaps: Vec<Gap>,
    seen: BTreeSet<PathBuf>,
}

/// Follows the chain from `folder` upwards.
pub(super) fn read(snapshot: &Snapshot, folder: &Path) -> Chain {
    let mut chain = Chain::default();
    let mut folders = BTreeSet::new();
    for parent in folder.ancestors() {
        let scope = if parent.starts_with(&snapshot.root) { Scope::Project } else { Scope::Parent };
        let folder = parent.join(".cargo");
        let is_home = snapshot.host.cargo_home.as_deref() == Some(&folder);
        chain.folder(snapshot, &folder, if is_home { Scope::Home } else { scope });
        folders.insert(folder);
    }
    if let Some(home) = snapshot.host.cargo_home.as_deref().filter(|home| !folders.contains(*home)) {
        chain.folder(snapshot, home, Scope::Home);
    }
    chain
}

impl Chain {
    /// Takes in the configuration file of one `.cargo` folder.
    fn folder(&mut self, snapshot: &Snapshot, folder: &Path, scope: Scope) {
        let legacy = folder.join("config");
        let modern = folder.join("config.toml");
        match snapshot.files.read_cargo_config(&legacy) {
            Read::Absent => {
                let read = snapshot.files.read_cargo_config(&modern);
                self.file(snapshot, &modern, read, Place { scope, depth: 0, included_by: None });
            }
            // The legacy file wins, whether it can be read or not.
            read => {
                let position = self.files.len();
                let shadowed = shadowed(snapshot, &modern, &read);
                self.file(snapshot, &legacy, read, Place { scope, depth: 0, included_by: None });
                if let Some(file) = self.files.get_mut(position) {
                    file.legacy = true;
                    file.shadowed = shadowed;
                }
            }
        }
    }

    /// Takes in one file and, behind it, those that it includes.
    fn file(&mut self, snapshot: &Snapshot, path: &Path, read: Read, place: Place) {
        let source = match read {
            Read::Text(source) => source,
            Read::Absent => return,
            Read::Unreadable(why) => return self.gaps.push(Gap::file(FileId::new(path), why)),
        };
        self.seen.insert(path.to_owned());
        let reader = Reader::new(&source);
        self.gaps.extend(reader.gap());
        let base = path.parent().and_then(Path::parent).unwrap_or(path).to_owned();
        let depth = place.depth;
        let scope = place.scope;
        self.files.push(ConfigFile {
            source: Arc::clone(&source),
            scope,
            legacy: false,
            shadowed: None,
            included_by: place.included_by,
            base,
        });
        self.includes(snapshot, path, &source, scope, depth);
    }

    fn includes(&mut self, snapshot: &Snapshot, path: &Path, source: &Source, scope: Scope, depth: usize) {
        let reader = Reader::new(source);
        let Some(include) = reader.root().get("include") else { return };
        let Some(entries) = include.as_array() else {
            let why = "is no array of paths: cargo refuses the whole configuration";
            return self.gaps.push(Gap::at(reader.origin(include.span), why));
        };
        let folder = path.parent().unwrap_or(path);
        // A later entry is stronger.
        for entry in entries.iter().rev() {
            let origin = reader.origin(entry.span);
            match included(entry) {
                Some((name, optional)) => {
                    let place = Place { scope, depth: depth + 1, included_by: Some(origin) };
                    self.include(snapshot, &plain(&folder.join(name)), optional, place);
                }
                None => self.gaps.push(Gap::at(origin, "names no file to include")),
            }
        }
    }

    fn include(&mut self, snapshot: &Snapshot, path: &Path, optional: bool, place: Place) {
        let Some(origin) = place.included_by.clone() else { return };
        if path.extension().is_none_or(|ending| ending != "toml") {
            let why = "includes a file whose name does not end in \".toml\": cargo refuses that";
            return self.gaps.push(Gap::at(origin, why));
        }
        if self.seen.contains(path) {
            return self.gaps.push(Gap::at(origin, "includes a file a second time: cargo refuses that"));
        }
        if place.depth > MAX_INCLUDE_DEPTH || self.files.len() >= MAX_FILES {
            return self.gaps.push(Gap::at(origin, "includes more files than are followed"));
        }
        match snapshot.files.read_cargo_config(path) {
            Read::Absent if optional => {}
            Read::Absent => {
                let why = "includes a file that does not exist: cargo refuses the whole configuration";
                self.gaps.push(Gap::at(origin, why));
            }
            read => self.file(snapshot, path, read, place),
        }
    }
}

/// Where a file stands in the chain.
struct Place {
    scope: Scope,
    depth: usize,
    included_by: Option<Origin>,
}

/// The `config.toml` beside a legacy file.
fn shadowed(snapshot: &Snapshot, modern: &Path, legacy: &Read) -> Option<Shadowed> {
    let text = |read: &Read| read.text().map(|source| source.document().shared_text());
    let file = FileId::new(modern);
    match snapshot.files.read_cargo_config(modern) {
        Read::Absent => None,
        read => Some(Shadowed { file, same_text: text(&read).is_some() && text(&read) == text(legacy) }),
    }
}

/// The path that an entry of `include` names, and whether the file may be absent.
fn included(entry: &Value) -> Option<(&str, bool)> {
    match &entry.data {
        Data::String(path) => Some((path, false)),
        Data::Table(table) => {
            let optional = table.get("optional").and_then(Value::as_bool).unwrap_or_default();
            Some((table.get("path")?.as_str()?, optional))
        }
        _ => None,
    }
}

/// The path without `.` and `..`, so that one file has one name.
pub(in crate::cargo) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
