//! From the tree of a Cargo.toml to its facts.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Dependency, Feature, Manifest, Package, Patch, Profile, dependencies, outputs};
use crate::{
    cargo::{Gap, Sourced, values::Reader},
    snapshot::{Kind, Read, Snapshot},
    syntax::{
        Source,
        toml::{Data, Table, Value},
    },
    text::{FileId, Origin},
};

/// What became of a manifest.
pub(in crate::cargo) enum Found {
    Absent,
    Unreadable(Gap),
    Manifest(Box<Manifest>),
}

#[cfg(test)]
impl Found {
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// What members take from the root manifest.
#[derive(Clone, Debug, Default)]
pub(in crate::cargo) struct Inheritance {
    /// `[workspace.dependencies]`, by key; only looked up in, so that its order does not show.
    pub(super) dependencies: HashMap<String, Arc<Dependency>>,
    version: Option<Sourced<String>>,
    edition: Option<Sourced<String>>,
}

/// Reads the manifest in `folder`. The root manifest inherits from itself: `root` is `None` for it.
pub(in crate::cargo) fn read(snapshot: &Snapshot, folder: &Path, root: Option<&Inheritance>) -> Found {
    let path = folder.join("Cargo.toml");
    let source = match snapshot.files.read(&path) {
        Read::Text(source) => source,
        Read::Absent => return Found::Absent,
        Read::Unreadable(why) => return Found::Unreadable(Gap::file(FileId::new(path), why)),
    };
    let own = if root.is_none() { Inheritance::of(&source, folder) } else { Inheritance::default() };
    let inheritance = root.unwrap_or(&own);
    Found::Manifest(Box::new(manifest(snapshot, folder, &source, inheritance)))
}

/// What a manifest outside of the workspace folder says of the code that is compiled with its package.
pub(in crate::cargo) struct Declarations {
    pub name: Option<String>,
    /// `None` also for a version that is inherited.
    pub version: Option<String>,
    pub dependencies: Vec<Dependency>,
    pub features: Vec<Feature>,
    pub is_proc_macro: bool,
}

/// Reads a manifest by its text alone.
pub(in crate::cargo) fn declarations(source: &Source, folder: &Path, from: &Inheritance) -> Declarations {
    let reader = Reader::new(source);
    let table = package_table(reader.root());
    let string = |key| table.and_then(|table| table.get(key)?.as_str()).map(str::to_owned);
    Declarations {
        name: string("name"),
        version: string("version"),
        dependencies: dependencies::of_manifest(reader, folder, from),
        features: features(reader),
        is_proc_macro: outputs::declared_library(reader).is_some_and(|library| library.proc_macro.is_some()),
    }
}

impl Inheritance {
    /// What a root manifest offers.
    pub(in crate::cargo) fn of(source: &Source, folder: &Path) -> Self {
        let reader = Reader::new(source);
        let Some(workspace) = reader.root().get("workspace").and_then(Value::as_table) else {
            return Self::default();
        };
        let package = workspace.get("package").and_then(Value::as_table);
        let package = |key| package.and_then(|package| reader.string_at(package, key));
        Self {
            dependencies: dependencies::of_workspace(reader, workspace, folder),
            version: package("version"),
            edition: package("edition"),
        }
    }
}

fn manifest(snapshot: &Snapshot, folder: &Path, source: &Arc<Source>, from: &Inheritance) -> Manifest {
    let reader = Reader::new(source);
    let root = reader.root();
    let table = package_table(root);
    let package = table.map(|table| package(snapshot, reader, folder, table, from));
    let name = package.as_ref().map(|package| package.name.value.clone());
    let in_table = |key, parent: Option<&Table>| parent.and_then(|parent| reader.string_at(parent, key));
    let workspace = root.get("workspace").and_then(Value::as_table);
    Manifest {
        dependencies: dependencies::of_manifest(reader, folder, from),
        features: features(reader),
        library: table.and_then(|_| outputs::library(snapshot, reader, folder)),
        binaries: name.map(|name| outputs::binaries(snapshot, reader, folder, &name)).unwrap_or_default(),
        profiles: profiles(reader),
        patches: patches(reader, folder),
        resolver: in_table("resolver", workspace).or_else(|| in_table("resolver", table)),
        gaps: reader.gap().into_iter().collect(),
        source: Arc::clone(source),
        folder: folder.to_owned(),
        package,
    }
}

/// `[package]`, or `[project]`, which cargo read up to the edition of 2021.
pub(super) fn package_table(root: &Table) -> Option<&Table> {
    root.get("package").or_else(|| root.get("project"))?.as_table()
}

fn package(
    snapshot: &Snapshot,
    reader: Reader<'_>,
    folder: &Path,
    table: &Table,
    from: &Inheritance,
) -> Package {
    let header = reader.origin(table.span);
    Package {
        name: reader.string_at(table, "name").unwrap_or_else(|| unnamed(folder, &header)),
        version: inherited(reader, table, "version", from.version.as_ref()),
        edition: inherited(reader, table, "edition", from.edition.as_ref()),
        links: reader.string_at(table, "links"),
        build_script: build_script(snapshot, folder, table),
        default_run: reader.string_at(table, "default-run"),
        header,
    }
}

fn unnamed(folder: &Path, header: &Origin) -> Sourced<String> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    Sourced::new(name.unwrap_or_default(), header.clone())
}

/// A string of `[package]`, or the one in the root manifest that `KEY.workspace = true` stands for.
fn inherited(
    reader: Reader<'_>,
    table: &Table,
    key: &str,
    root: Option<&Sourced<String>>,
) -> Option<Sourced<String>> {
    match &table.get(key)?.data {
        Data::Table(asked) if asked.get("workspace").and_then(Value::as_bool) == Some(true) => root.cloned(),
        _ => reader.string_at(table, key),
    }
}

/// `package.build`: a path, or a list of them, or `false`; when nothing is said, `build.rs` if it is there.
fn build_script(snapshot: &Snapshot, folder: &Path, package: &Table) -> Option<String> {
    let default = "build.rs";
    match package.get("build").map(|value| &value.data) {
        Some(Data::String(path)) => Some(path.clone()),
        Some(Data::Array(paths)) => paths.iter().find_map(Value::as_str).map(str::to_owned),
        Some(Data::Boolean(false)) => None,
        Some(Data::Boolean(true)) => Some(default.to_owned()),
        _ => {
            let there = matches!(snapshot.files.kind(&folder.join(default)), Kind::File { .. });
            there.then(|| default.to_owned())
        }
    }
}

fn features(reader: Reader<'_>) -> Vec<Feature> {
    let Some(table) = reader.root().get("features").and_then(Value::as_table) else { return Vec::new() };
    let entries = table.entries.iter();
    entries.map(|entry| Feature { name: reader.key(entry), values: reader.strings(&entry.value) }).collect()
}

fn profiles(reader: Reader<'_>) -> Vec<Profile> {
    let Some(table) = reader.root().get("profile").and_then(Value::as_table) else { return Vec::new() };
    let entries = table.entries.iter();
    entries
        .filter_map(|entry| {
            let profile = entry.value.as_table()?;
            Some(Profile {
                name: reader.key(entry),
                header: reader.origin(profile.span),
                inherits: reader.string_at(profile, "inherits"),
                panic: reader.string_at(profile, "panic"),
            })
        })
        .collect()
}

/// `[patch.REGISTRY]`, and `[replace]`, whose keys are package ids ("foo:0.1.0").
fn patches(reader: Reader<'_>, folder: &Path) -> Vec<Patch> {
    let root = reader.root();
    let table = |key| root.get(key).and_then(Value::as_table);
    let registries = table("patch").map(|patch| patch.entries.as_slice()).unwrap_or_default();
    let patched = registries.iter().filter_map(|registry| registry.value.as_table());
    let mut patches = Vec::new();
    for entry in patched.chain(table("replace")).flat_map(|table| &table.entries) {
        let written = reader.key(entry);
        let id = written.value.rsplit(['/', '#']).next().unwrap_or_default();
        let name = id.split([':', '@']).next().unwrap_or_default().to_owned();
        let renamed = entry.value.as_table().and_then(|table| table.get("package")?.as_str());
        let crate_name = Sourced::new(renamed.map_or(name, str::to_owned), written.origin);
        patches.push(Patch { crate_name, source: dependencies::source(&entry.value, folder) });
    }
    patches
}

/// A path in a manifest, absolute.
pub(super) fn absolute(folder: &Path, path: &str) -> PathBuf {
    crate::cargo::config::plain(&folder.join(path))
}
