//! What dist (cargo-dist) builds for releases: `dist-workspace.toml`, `[workspace.metadata.dist]`,
//! `[package.metadata.dist]`.

use std::path::Path;

use super::{Gap, Sourced, Workspace, values::Reader};
use crate::{
    snapshot::{Read, Snapshot},
    syntax::toml::{Table, Value},
    text::FileId,
};

/// The settings of dist that decide what is shipped.
#[derive(Clone, Debug, Default)]
pub struct Dist {
    /// `targets`: the triples that releases are built for.
    pub targets: Vec<Sourced<String>>,
    /// Whether it builds with other features than the default ones.
    pub has_features: bool,
    /// Whether it leaves the building to the project's own workflows (`build-local-artifacts = false`).
    pub builds_nothing: bool,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Reads the settings of dist: its own file first, then the manifests' metadata.
pub fn read(snapshot: &Snapshot, folder: &Path, workspace: Option<&Workspace>) -> Dist {
    let mut dist = Dist::default();
    let path = folder.join("dist-workspace.toml");
    match snapshot.files.read(&path) {
        Read::Absent => {}
        Read::Unreadable(why) => dist.gaps.push(Gap::file(FileId::new(path), why)),
        Read::Text(source) => {
            let reader = Reader::new(&source);
            dist.gaps.extend(reader.gap());
            if let Some(table) = reader.root().get("dist").and_then(Value::as_table) {
                dist.take(reader, table);
            }
        }
    }
    for manifest in workspace.into_iter().flat_map(Workspace::manifests) {
        let reader = Reader::new(&manifest.source);
        for owner in ["workspace", "package"] {
            let metadata = reader.root().path(&[owner, "metadata", "dist"]);
            if let Some(table) = metadata.and_then(Value::as_table) {
                dist.take(reader, table);
            }
        }
    }
    dist
}

impl Dist {
    fn take(&mut self, reader: Reader<'_>, table: &Table) {
        let targets = table.get("targets").map(|value| reader.one_or_more(value)).unwrap_or_default();
        self.targets.extend(targets);
        let keys = ["features", "default-features", "all-features"];
        self.builds_nothing |=
            table.get("build-local-artifacts").and_then(Value::as_bool).is_some_and(|builds| !builds);
        self.has_features |= keys.iter().any(|key| table.get(key).is_some());
    }
}

#[cfg(test)]
mod tests {
    use crate::snapshot::MemoryFiles;

    fn targets(files: MemoryFiles) -> Vec<String> {
        let dist = crate::cargo::read(&files.snapshot()).dist;
        dist.targets.into_iter().map(|target| target.value).collect()
    }

    #[test]
    fn its_own_file_and_the_metadata_are_read() {
        let manifest = "[package]\nname = \"a\"\n[package.metadata.dist]\ntargets = [\"x\"]\n\
                        [workspace.metadata.dist]\ntargets = [\"y\", \"z\"]\n";
        let own =
            "[workspace]\nmembers = [\"cargo:.\"]\n[dist]\ntargets = [\"w\"]\ninstallers = [\"shell\"]\n";
        let files = MemoryFiles::new("/p").with("Cargo.toml", manifest).with("dist-workspace.toml", own);
        assert_eq!(targets(files), ["w", "y", "z", "x"]);
    }

    #[test]
    fn nothing_speaks_of_dist() {
        assert!(targets(MemoryFiles::new("/p").with("Cargo.toml", "[package]\nname = \"a\"")).is_empty());
    }
}
