//! Folders that go when their test ends.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// A temporary folder.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A folder with these files, by their paths in it.
    ///
    /// # Panics
    /// When the files cannot be written.
    pub fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("portolan-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // The temporary folder may be a link, as on macOS.
        let parent = fs::canonicalize(std::env::temp_dir()).expect("there is a temporary folder");
        let folder = Self(parent.join(name));
        fs::create_dir_all(&folder.0).expect("a folder can be made");
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// A path in it.
    pub fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    /// Writes a file, with the folders above it.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap_or(&self.0)).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }

    /// The text of a file.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Every file in it with its bytes.
    ///
    /// # Panics
    /// When a folder or file cannot be read.
    pub fn contents(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut contents = BTreeMap::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder can be listed") {
                let entry = entry.expect("a folder can be listed");
                let kind = entry.file_type().expect("an entry has a type");
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    contents.insert(entry.path(), fs::read(entry.path()).expect("a file can be read"));
                }
            }
        }
        contents
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
