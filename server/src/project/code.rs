//! What the project's own Rust code mentions: a hint at what a change of a manifest would break, never more.

use std::path::{Path, PathBuf};

use super::Project;
use crate::cargo::Manifest;

/// Most files that are read.
const MAX_FILES: usize = 600;

/// Most files of one folder of scripts that are read.
const MAX_SCRIPTS: usize = 60;

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

    /// Whether a file that drives builds holds a word: a workflow, a Makefile, a justfile, a Dockerfile, Cross.toml.
    pub fn scripts_mention(&self, word: &str) -> bool {
        let root = self.cargo.workspace.as_ref().map_or(self.root(), crate::cargo::Workspace::folder);
        let names = ["Makefile", "GNUmakefile", "makefile", "justfile", "Justfile", "Cross.toml", "build.sh"];
        let mut paths: Vec<PathBuf> = names.iter().map(|name| root.join(name)).collect();
        let list = |folder: &Path| self.snapshot.files.list(folder).unwrap_or_default();
        for folder in [".github/workflows", ".github/actions", ".circleci", "ci", "scripts", ".ci"] {
            let folder = root.join(folder);
            paths.extend(list(&folder).into_iter().take(MAX_SCRIPTS).map(|name| folder.join(name)));
        }
        let is_container = |name: &String| name.contains("ockerfile") || name.starts_with(".gitlab-ci");
        paths.extend(list(root).into_iter().filter(is_container).map(|name| root.join(name)));
        paths.iter().any(|path| {
            self.snapshot
                .files
                .read(path)
                .text()
                .is_some_and(|source| source.document().text().contains(word))
        })
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
        // Hardly any file does, and this is asked with every keystroke: one look over the whole text first.
        let words: Vec<&str> = words.iter().copied().filter(|word| text.contains(word)).collect();
        if words.is_empty() {
            return Some(false);
        }
        let mut lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        Some(lines.any(|line| words.iter().any(|word| line.contains(word))))
    }
}
