//! What the project's own Rust code mentions: a hint at what a change of a manifest would break, never more.

use std::path::{Path, PathBuf};

use super::Project;
use crate::cargo::Manifest;

/// Most files that are read.
const MAX_FILES: usize = 600;

/// Deepest folder below a package's.
const MAX_DEPTH: usize = 8;

/// Folders of a package that hold code.
const FOLDERS: [&str; 2] = ["src", "bin"];

impl Project {
    /// Whether the code of some package of the workspace holds one of some words.
    pub fn code_mentions(&self, words: &[&str]) -> bool {
        let mut left = MAX_FILES;
        let packages = self.cargo.workspace.iter().flat_map(crate::cargo::Workspace::packages);
        packages.into_iter().any(|manifest| self.package_mentions(manifest, words, &mut left))
    }

    /// Whether the build script of a package holds one of some words; `None` when it has none that can be read.
    pub fn build_script_mentions(&self, manifest: &Manifest, words: &[&str]) -> Option<bool> {
        let script = manifest.package.as_ref()?.build_script.as_ref()?;
        self.mentions(&manifest.folder.join(script), words)
    }

    fn package_mentions(&self, manifest: &Manifest, words: &[&str], left: &mut usize) -> bool {
        let mut level: Vec<PathBuf> = FOLDERS.iter().map(|folder| manifest.folder.join(folder)).collect();
        for _ in 0..MAX_DEPTH {
            let mut next = Vec::new();
            for folder in level {
                for name in self.snapshot.files.list(&folder).unwrap_or_default() {
                    let path = folder.join(&name);
                    if Path::new(&name).extension().is_none_or(|ending| ending != "rs") {
                        // What has an ending is a file of another kind, most likely.
                        next.extend((!name.contains('.')).then_some(path));
                        continue;
                    }
                    let Some(fewer) = left.checked_sub(1) else { return false };
                    *left = fewer;
                    if self.mentions(&path, words) == Some(true) {
                        return true;
                    }
                }
            }
            level = next;
        }
        false
    }

    fn mentions(&self, path: &Path, words: &[&str]) -> Option<bool> {
        let read = self.snapshot.files.read(path);
        let text = read.text()?.document().text();
        let mut lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        Some(lines.any(|line| words.iter().any(|word| line.contains(word))))
    }
}
