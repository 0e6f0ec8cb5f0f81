//! Files that exist only in memory: for tests, benches and examples.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use super::{Files, Host, Kind, Read, RegistryPart, Settings, Snapshot};
use crate::{cargo::graph::index, syntax::Source, text::FileId};

/// The host that [`MemoryFiles::snapshot`] speaks of.
const HOST: &str = "x86_64-unknown-linux-gnu";

/// Where the files of cargo's caches stand in the tree.
const CARGO_HOME: &str = "/cargo-home";

/// A tree of files in memory. Folders follow from the paths of the files.
///
/// ```
/// use portolan::snapshot::{Files, MemoryFiles};
///
/// let files = MemoryFiles::new("/project").with("Cargo.toml", "").with(".cargo/config.toml", "");
/// assert_eq!(files.list("/project".as_ref()), Some(vec![".cargo".into(), "Cargo.toml".into()]));
/// ```
#[derive(Clone, Debug)]
pub struct MemoryFiles {
    root: PathBuf,
    entries: BTreeMap<PathBuf, Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    Text(Arc<Source>),
    Unreadable(String),
    Folder,
    Program,
}

impl MemoryFiles {
    /// A tree whose workspace folder is `root`, an absolute path.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let entries = BTreeMap::from([(root.clone(), Entry::Folder)]);
        Self { root, entries }
    }

    /// Adds a file, or gives it another text. A relative path is meant from the workspace folder.
    #[must_use]
    pub fn with(self, path: impl AsRef<Path>, text: impl Into<Arc<str>>) -> Self {
        let path = self.absolute(path.as_ref());
        let source = Arc::new(Source::from_text(FileId::new(&path), text));
        self.entry(path, Entry::Text(source))
    }

    /// Adds a file of cargo's caches, by its path below `$CARGO_HOME`.
    #[must_use]
    pub fn with_registry(self, path: impl AsRef<Path>, text: impl Into<Arc<str>>) -> Self {
        let path = Path::new(CARGO_HOME).join(path);
        self.with(path, text)
    }

    /// Adds a file that is there and cannot be read, with the reason.
    #[must_use]
    pub fn with_unreadable(self, path: impl AsRef<Path>, why: impl Into<String>) -> Self {
        let path = self.absolute(path.as_ref());
        self.entry(path, Entry::Unreadable(why.into()))
    }

    /// Adds an empty folder.
    #[must_use]
    pub fn with_folder(self, path: impl AsRef<Path>) -> Self {
        let path = self.absolute(path.as_ref());
        self.entry(path, Entry::Folder)
    }

    /// Adds a file that can be executed.
    #[must_use]
    pub fn with_program(self, path: impl AsRef<Path>) -> Self {
        let path = self.absolute(path.as_ref());
        self.entry(path, Entry::Program)
    }

    /// Takes a file away.
    #[must_use]
    pub fn without(mut self, path: impl AsRef<Path>) -> Self {
        let path = self.absolute(path.as_ref());
        self.entries.remove(&path);
        self
    }

    /// A snapshot of these files: on a Linux host of which only the triple is known, with no settings.
    pub fn snapshot(self) -> Snapshot {
        Snapshot {
            root: self.root.clone().into(),
            files: Arc::new(self),
            host: Arc::new(Host::foreign(HOST)),
            settings: Arc::new(Settings::default()),
            settled: Arc::default(),
        }
    }

    fn entry(mut self, path: PathBuf, entry: Entry) -> Self {
        self.entries.insert(path, entry);
        self
    }

    /// The path from the root of the tree, without `.` and `..`.
    fn absolute(&self, path: &Path) -> PathBuf {
        let mut absolute = PathBuf::new();
        for part in self.root.join(path).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    absolute.pop();
                }
                part => absolute.push(part),
            }
        }
        absolute
    }

    fn look_up(&self, path: &Path) -> Read {
        match self.entries.get(&self.absolute(path)) {
            Some(Entry::Text(source)) => Read::Text(Arc::clone(source)),
            Some(Entry::Unreadable(why)) => Read::Unreadable(why.clone()),
            Some(Entry::Folder) => Read::Unreadable("is a folder".to_owned()),
            Some(Entry::Program) => Read::Unreadable("is a program".to_owned()),
            None if self.is_folder(&self.absolute(path)) => Read::Unreadable("is a folder".to_owned()),
            None => Read::Absent,
        }
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.below(path).next().is_some()
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let names: BTreeSet<String> = self
            .below(folder)
            .filter_map(|path| path.strip_prefix(folder).ok()?.components().next())
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        names.into_iter().collect()
    }

    fn below<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = &'a Path> {
        self.entries
            .range::<Path, _>((std::ops::Bound::Excluded(folder), std::ops::Bound::Unbounded))
            .map(|(path, _)| path.as_path())
            .take_while(move |path| path.starts_with(folder))
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> Read {
        if self.absolute(path).starts_with(&self.root) {
            self.look_up(path)
        } else {
            Read::Unreadable("outside the workspace folder".to_owned())
        }
    }

    fn read_cargo_config(&self, path: &Path) -> Read {
        self.look_up(path)
    }

    fn kind(&self, path: &Path) -> Kind {
        if self.absolute(path).starts_with(&self.root) { self.program(path) } else { Kind::Unknown }
    }

    fn program(&self, path: &Path) -> Kind {
        let path = self.absolute(path);
        match self.entries.get(&path) {
            Some(Entry::Text(_) | Entry::Unreadable(_)) => Kind::File { executable: false },
            Some(Entry::Program) => Kind::File { executable: true },
            Some(Entry::Folder) => Kind::Folder,
            None if self.is_folder(&path) => Kind::Folder,
            None => Kind::Absent,
        }
    }

    fn list(&self, folder: &Path) -> Option<Vec<String>> {
        let folder = self.absolute(folder);
        let inside = folder.starts_with(&self.root) && self.kind(&folder) == Kind::Folder;
        inside.then(|| self.names(&folder))
    }

    fn read_registry(&self, path: &Path, part: RegistryPart<'_>) -> Read {
        match (self.look_up(&Path::new(CARGO_HOME).join(path)), part) {
            (Read::Text(file), RegistryPart::Version(version)) => {
                part_of(&file, index::record(file.document().text(), version).map(str::to_owned))
            }
            (Read::Text(file), RegistryPart::Versions) => {
                part_of(&file, index::versions(file.document().text()))
            }
            (Read::Text(file), RegistryPart::VersionsWith(part)) => {
                part_of(&file, index::versions_with(file.document().text(), part))
            }
            (read, _) => read,
        }
    }

    fn list_registry(&self, folder: &Path) -> Option<Arc<[String]>> {
        let folder = Path::new(CARGO_HOME).join(folder);
        self.is_folder(&folder).then(|| self.names(&folder).into())
    }
}

fn part_of(file: &Source, part: Option<String>) -> Read {
    part.map_or(Read::Absent, |part| Read::Text(Arc::new(Source::from_text(file.file().clone(), part))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> MemoryFiles {
        MemoryFiles::new("/p")
            .with("Cargo.toml", "[workspace]")
            .with("crates/a/Cargo.toml", "")
            .with("/.cargo/config.toml", "")
            .with_unreadable("secret", "permission denied")
            .with_folder("empty")
            .with_program("tools/ld")
    }

    #[test]
    fn folders_follow_from_paths() {
        let files = files();
        let names = files.list(Path::new("/p"));
        assert_eq!(
            names,
            Some(["Cargo.toml", "crates", "empty", "secret", "tools"].map(String::from).to_vec())
        );
        assert_eq!(files.list(Path::new("/p/crates/../empty")), Some(Vec::new()));
        assert_eq!(files.list(Path::new("/p/Cargo.toml")), None);
        assert_eq!(files.list(Path::new("/")), None, "outside the workspace folder");
    }

    #[test]
    fn reading_keeps_to_the_workspace_folder() {
        let files = files();
        assert!(files.read(Path::new("/p/Cargo.toml")).text().is_some());
        assert!(matches!(files.read(Path::new("/p/nothing")), Read::Absent));
        assert!(matches!(files.read(Path::new("/p/crates")), Read::Unreadable(_)));
        assert!(
            matches!(files.read(Path::new("/p/secret")), Read::Unreadable(why) if why == "permission denied")
        );
        assert!(matches!(files.read(Path::new("/.cargo/config.toml")), Read::Unreadable(_)));
        assert!(files.read_cargo_config(Path::new("/.cargo/config.toml")).text().is_some());
    }

    #[test]
    fn kinds_tell_programs_from_files() {
        let files = files();
        assert_eq!(files.kind(Path::new("/p/tools/ld")), Kind::File { executable: true });
        assert_eq!(files.kind(Path::new("/p/Cargo.toml")), Kind::File { executable: false });
        assert_eq!(files.kind(Path::new("/p/tools")), Kind::Folder);
        assert_eq!(files.kind(Path::new("/etc")), Kind::Unknown);
        assert_eq!(files.program(Path::new("/usr/bin/ld")), Kind::Absent);
    }
}
