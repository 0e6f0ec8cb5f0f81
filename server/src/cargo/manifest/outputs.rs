//! What a package makes: its library and its programs, declared or found by their files.

use std::path::Path;

use super::{Binary, Library, read::package_table};
use crate::{
    cargo::{Sourced, values::Reader},
    snapshot::{Kind, Snapshot},
    syntax::toml::{Data, Table, Value},
};

/// The library: `[lib]`, or the file `src/lib.rs` unless `autolib = false`.
pub(super) fn library(snapshot: &Snapshot, reader: Reader<'_>, folder: &Path) -> Option<Library> {
    declared_library(reader).or_else(|| {
        let found = is_automatic(reader, "autolib") && is_file(snapshot, &folder.join("src/lib.rs"));
        found.then(|| Library { crate_types: Vec::new(), proc_macro: None })
    })
}

/// The library that `[lib]` describes.
pub(super) fn declared_library(reader: Reader<'_>) -> Option<Library> {
    let table = reader.root().get("lib").and_then(Value::as_table)?;
    let crate_types = table.get("crate-type").or_else(|| table.get("crate_type"));
    let proc_macro = table.entry("proc-macro").or_else(|| table.entry("proc_macro"));
    let crate_types: Vec<Sourced<String>> =
        crate_types.map(|value| reader.one_or_more(value)).unwrap_or_default();
    let by_key = proc_macro.filter(|entry| entry.value.as_bool() == Some(true));
    let by_type = crate_types.iter().find(|kind| kind.value == "proc-macro");
    let proc_macro = by_key
        .map(|entry| reader.origin(entry.statement))
        .or_else(|| by_type.map(|kind| kind.origin.clone()));
    Some(Library { crate_types, proc_macro })
}

/// The programs: `[[bin]]`, and unless `autobins = false` `src/main.rs`, `src/bin/NAME.rs` and
/// `src/bin/NAME/main.rs`; sorted by name, each name once.
pub(super) fn binaries(snapshot: &Snapshot, reader: Reader<'_>, folder: &Path, package: &str) -> Vec<Binary> {
    let mut binaries = Vec::new();
    let mut paths = Vec::new();
    for table in declared(reader) {
        if let Some(name) = reader.string_at(table, "name") {
            binaries.push(Binary { name: name.value, declared: Some(name.origin) });
        }
        paths.extend(table.get("path").and_then(Value::as_str));
    }
    if is_automatic(reader, "autobins") {
        for (name, path) in found(snapshot, folder, package) {
            let taken = paths.contains(&path.as_str()) || binaries.iter().any(|binary| binary.name == name);
            if !taken {
                binaries.push(Binary { name, declared: None });
            }
        }
    }
    binaries.sort();
    binaries.dedup_by(|one, other| one.name == other.name);
    binaries
}

fn declared(reader: Reader<'_>) -> impl Iterator<Item = &Table> {
    let tables = reader.root().get("bin").and_then(Value::as_array).unwrap_or_default();
    tables.iter().filter_map(Value::as_table)
}

/// Names and paths of the programs that the files make.
fn found(snapshot: &Snapshot, folder: &Path, package: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if is_file(snapshot, &folder.join("src/main.rs")) {
        found.push((package.to_owned(), "src/main.rs".to_owned()));
    }
    for name in snapshot.files.list(&folder.join("src/bin")).unwrap_or_default() {
        if let Some(stem) = name.strip_suffix(".rs") {
            found.push((stem.to_owned(), format!("src/bin/{name}")));
        } else if is_file(snapshot, &folder.join("src/bin").join(&name).join("main.rs")) {
            let path = format!("src/bin/{name}/main.rs");
            found.push((name, path));
        }
    }
    found
}

fn is_automatic(reader: Reader<'_>, key: &str) -> bool {
    let value = package_table(reader.root()).and_then(|package| package.get(key));
    !matches!(value.map(|value| &value.data), Some(Data::Boolean(false)))
}

fn is_file(snapshot: &Snapshot, path: &Path) -> bool {
    matches!(snapshot.files.kind(path), Kind::File { .. })
}
