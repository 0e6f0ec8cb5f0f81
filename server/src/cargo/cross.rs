//! The settings of cross: `Cross.toml`, `[workspace.metadata.cross]`, `[package.metadata.cross]`.

use std::path::Path;

use super::{Gap, Sourced, values::Reader, workspace::Workspace};
use crate::{
    snapshot::{Read, Snapshot},
    syntax::toml::{Data, Entry, Table, TableKind, Value},
    text::{FileId, Origin},
};

/// What cross is told.
#[derive(Clone, Debug, Default)]
pub struct Cross {
    /// `Cross.toml`, when it is there.
    pub file: Option<FileId>,
    /// `build.default-target`.
    pub default_target: Option<Sourced<String>>,
    /// `[target.T]` tables, in the order of the text.
    pub targets: Vec<CrossTarget>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

impl Cross {
    /// Whether anything at all speaks of cross.
    pub fn is_used(&self) -> bool {
        self.file.is_some() || self.default_target.is_some() || !self.targets.is_empty()
    }
}

/// One `[target.T]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossTarget {
    /// The triple.
    pub triple: Sourced<String>,
    /// The table's header.
    pub header: Origin,
    /// `image`, or `image.name`.
    pub image: Option<Sourced<String>>,
    /// `dockerfile`, or `dockerfile.file`.
    pub dockerfile: Option<Sourced<String>>,
    /// `pre-build`: commands, or the path of a script.
    pub pre_build: Vec<Sourced<String>>,
    /// `env.passthrough`.
    pub passthrough: Vec<Sourced<String>>,
    /// `runner`.
    pub runner: Option<Sourced<String>>,
    /// Whether cross uses cargo-zigbuild for it (`zig = true`, or a table).
    pub zig: bool,
}

/// Reads the settings of cross: its own file first, then the manifests' metadata.
pub fn read(snapshot: &Snapshot, folder: &Path, workspace: Option<&Workspace>) -> Cross {
    let mut cross = Cross::default();
    let path = folder.join("Cross.toml");
    match snapshot.files.read(&path) {
        Read::Absent => {}
        Read::Unreadable(why) => {
            cross.file = Some(FileId::new(&path));
            cross.gaps.push(Gap::file(FileId::new(path), why));
        }
        Read::Text(source) => {
            let reader = Reader::new(&source);
            cross.file = Some(source.file().clone());
            cross.gaps.extend(reader.gap());
            cross.take(reader, reader.root());
        }
    }
    for manifest in workspace.into_iter().flat_map(Workspace::manifests) {
        let reader = Reader::new(&manifest.source);
        for owner in ["workspace", "package"] {
            let metadata = reader.root().path(&[owner, "metadata", "cross"]);
            if let Some(table) = metadata.and_then(Value::as_table) {
                cross.take(reader, table);
            }
        }
    }
    cross
}

impl Cross {
    /// Adds what one table says; what an earlier one said stays.
    fn take(&mut self, reader: Reader<'_>, table: &Table) {
        let default_target = table.path(&["build", "default-target"]);
        let default_target = default_target.and_then(|value| reader.string(value));
        self.default_target = self.default_target.take().or(default_target);
        let targets = table.get("target").and_then(Value::as_table);
        for entry in targets.map(|targets| targets.entries.as_slice()).unwrap_or_default() {
            let known = self.targets.iter().any(|target| target.triple.value == entry.key.name);
            if let (Some(settings), false) = (entry.value.as_table(), known) {
                self.targets.push(target(reader, entry, settings));
            }
        }
    }
}

fn target(reader: Reader<'_>, entry: &Entry, settings: &Table) -> CrossTarget {
    // A string, or a table with the string in it.
    let short = |key: &str, long: &str| {
        let value = settings.get(key)?;
        reader.string(value).or_else(|| reader.string_at(value.as_table()?, long))
    };
    let words = |value: Option<&Value>| value.map(|value| reader.one_or_more(value)).unwrap_or_default();
    let header = match settings.kind {
        TableKind::Header | TableKind::ArrayElement => settings.span,
        _ => entry.statement,
    };
    let zig = match settings.get("zig").map(|value| &value.data) {
        Some(Data::Boolean(on)) => *on,
        Some(Data::Table(table)) => table.get("enable").and_then(Value::as_bool).unwrap_or(true),
        Some(Data::String(_)) => true,
        _ => false,
    };
    CrossTarget {
        triple: reader.key(entry),
        header: reader.origin(header),
        image: short("image", "name"),
        dockerfile: short("dockerfile", "file"),
        pre_build: words(settings.get("pre-build")),
        passthrough: words(settings.path(&["env", "passthrough"])),
        runner: reader.string_at(settings, "runner"),
        zig,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::MemoryFiles;

    fn cross(files: MemoryFiles) -> Cross {
        crate::cargo::read(&files.snapshot()).cross
    }

    #[test]
    fn nothing_speaks_of_cross() {
        let cross = cross(MemoryFiles::new("/p").with("Cargo.toml", "[package]\nname = \"a\""));
        assert!(!cross.is_used() && cross.gaps.is_empty());
    }

    #[test]
    fn its_file_and_the_metadata_are_read() {
        let cross = cross(
            MemoryFiles::new("/p")
                .with(
                    "Cross.toml",
                    "[build]\r\ndefault-target = \"a\"\r\n[target.aarch64-unknown-linux-gnu]\r\n\
                     image = { name = \"img\" }\r\npre-build = [\"apt-get update\"]\r\n\
                     env.passthrough = [\"X\"]\r\nzig = \"2.17\"\r\n[target]\r\nx.image = \"short\"\r\n",
                )
                .with(
                    "Cargo.toml",
                    "[workspace]\nmembers = [\"m\"]\n[workspace.metadata.cross.target.y]\ndockerfile = \"D\"",
                )
                .with(
                    "m/Cargo.toml",
                    "[package]\nname = \"m\"\n[package.metadata.cross.target.x]\nimage = \"no\"",
                ),
        );
        assert!(cross.is_used());
        assert_eq!(cross.default_target.map(|target| target.value).as_deref(), Some("a"));
        let shown: Vec<_> = cross
            .targets
            .iter()
            .map(|target| {
                let image = target.image.as_ref().or(target.dockerfile.as_ref());
                (target.triple.value.as_str(), image.map(|image| image.value.as_str()), target.zig)
            })
            .collect();
        let arm = "aarch64-unknown-linux-gnu";
        assert_eq!(shown, [(arm, Some("img"), true), ("x", Some("short"), false), ("y", Some("D"), false)]);
        let first = cross.targets.first();
        assert_eq!(first.map(|target| (target.pre_build.len(), target.passthrough.len())), Some((1, 1)));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_a_gap() {
        let cross = cross(MemoryFiles::new("/p").with_unreadable("Cross.toml", "permission denied"));
        assert!(cross.is_used());
        assert_eq!(cross.gaps.len(), 1);
    }
}
