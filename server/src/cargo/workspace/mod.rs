//! The root manifest and the packages that belong to it.

mod members;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use super::{
    Gap, Sourced, config,
    manifest::{self, Found, Inheritance, Manifest},
    values::Reader,
};
use crate::{snapshot::Snapshot, syntax::toml::Value};

/// Deepest folder below the workspace folder in which a manifest is looked for.
const SEARCH_DEPTH: usize = 3;

/// Most folders that are looked into for a manifest.
const SEARCH_FOLDERS: usize = 1_000;

/// A root manifest with its members.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The root manifest.
    pub root: Manifest,
    /// The other packages of the workspace, sorted by folder.
    pub members: Vec<Manifest>,
    /// Path dependencies in the root's folder that are no members, sorted by folder: they are compiled, but
    /// their programs are not built.
    pub local: Vec<Manifest>,
    /// `workspace.members` as written.
    pub member_patterns: Vec<Sourced<String>>,
    /// `workspace.default-members` as written; `None` when nothing is said.
    pub default_members: Option<Vec<Sourced<String>>>,
    /// What could not be read, or lies beyond a bound.
    pub gaps: Vec<Gap>,
}

impl Workspace {
    /// The root manifest's folder.
    pub fn folder(&self) -> &Path {
        &self.root.folder
    }

    /// The root manifest, all members and all local dependencies.
    pub fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        std::iter::once(&self.root).chain(&self.members).chain(&self.local)
    }

    /// The packages that belong to the workspace: not a virtual root, and no local dependencies.
    pub fn packages(&self) -> impl Iterator<Item = &Manifest> {
        let manifests = std::iter::once(&self.root).chain(&self.members);
        manifests.filter(|manifest| manifest.package.is_some())
    }

    /// The packages that a cargo command in the root's folder takes when it names none.
    pub fn default_packages(&self) -> Vec<&Manifest> {
        match &self.default_members {
            Some(patterns) => {
                let named =
                    |one: &&Manifest| patterns.iter().any(|pattern| self.is_named(one, &pattern.value));
                self.packages().filter(named).collect()
            }
            None if self.root.package.is_some() => vec![&self.root],
            None => self.packages().collect(),
        }
    }

    /// Whether a pattern, a path with globs from the root's folder, names a package.
    fn is_named(&self, manifest: &Manifest, pattern: &str) -> bool {
        let folder = config::plain(&self.folder().join(pattern));
        let (mut parts, mut own) = (folder.components(), manifest.folder.components());
        loop {
            match (parts.next(), own.next()) {
                (None, None) => return true,
                (Some(part), Some(own)) if part == own => {}
                (Some(part), Some(own)) => {
                    let (part, own) = (part.as_os_str().to_string_lossy(), own.as_os_str().to_string_lossy());
                    if part != "**" && !members::matches(&part, &own) {
                        return false;
                    }
                }
                _ => return false,
            }
        }
    }

    /// All that could not be read in the manifests and around them.
    pub fn all_gaps(&self) -> impl Iterator<Item = &Gap> {
        self.gaps.iter().chain(self.manifests().flat_map(|manifest| &manifest.gaps))
    }
}

/// Finds and reads the workspace: the manifest in the workspace folder, or the first of the shallowest ones
/// below it. The error is why the manifest that is there cannot be read.
pub fn read(snapshot: &Snapshot) -> Result<Option<Workspace>, Gap> {
    let Some(root) = root(snapshot)? else { return Ok(None) };
    let reader = Reader::new(&root.source);
    let table = reader.root().get("workspace").and_then(Value::as_table);
    let strings = |key: &str| {
        let value = table.and_then(|table| table.get(key));
        value.map(|value| reader.strings(value))
    };
    let inheritance = Inheritance::of(&root.source, &root.folder);
    let member_patterns = strings("members").unwrap_or_default();
    let default_members = strings("default-members");
    let excluded = strings("exclude").unwrap_or_default();
    let mut search = members::Search::new(snapshot, &root, &inheritance, &member_patterns, &excluded);
    search.run(table.is_some());
    let members::Search { members, local, gaps, .. } = search;
    Ok(Some(Workspace { root, members, local, member_patterns, default_members, gaps }))
}

fn root(snapshot: &Snapshot) -> Result<Option<Manifest>, Gap> {
    let at = |folder: &Path| match manifest::read(snapshot, folder, None) {
        Found::Manifest(manifest) => Some(Ok(Some(*manifest))),
        Found::Unreadable(gap) => Some(Err(gap)),
        Found::Absent => None,
    };
    if let Some(found) = at(&snapshot.root) {
        return found;
    }
    let mut level: Vec<PathBuf> = vec![snapshot.root.to_path_buf()];
    let mut left = SEARCH_FOLDERS;
    for _ in 0..SEARCH_DEPTH {
        let mut next = Vec::new();
        for folder in level {
            let names = snapshot.files.list(&folder).unwrap_or_default();
            next.extend(names.iter().filter(|name| may_hold_a_project(name)).map(|name| folder.join(name)));
        }
        next.truncate(left);
        left -= next.len();
        if let Some(found) = next.iter().find_map(|folder| at(folder)) {
            return found;
        }
        level = next;
    }
    Ok(None)
}

/// Whether people keep a project in a folder of that name; what has an ending is a file, most likely.
fn may_hold_a_project(name: &str) -> bool {
    !name.starts_with('.') && !["target", "node_modules", "result"].contains(&name)
}
