//! Where a project begins.

use std::{
    io,
    path::{Component, Path, PathBuf},
};

/// The path without `.` and `..`, by its text alone: as Nix and cargo read the paths in their files.
pub fn normalize(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                // The parent of the root is the root.
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// Whether a folder holds something that Portolan reads: a flake, a manifest, cargo's configuration, or one
/// of their neighbours.
pub fn is_project(folder: &Path) -> bool {
    const NEIGHBOURS: [&str; 4] = ["rust-toolchain.toml", "rust-toolchain", "Cross.toml", "portolan.toml"];
    has_own_file(folder)
        || has_cargo_config(folder)
        || NEIGHBOURS.iter().any(|name| is_there(&folder.join(name)))
}

fn has_own_file(folder: &Path) -> bool {
    is_there(&folder.join("flake.nix")) || is_there(&folder.join("Cargo.toml"))
}

fn has_cargo_config(folder: &Path) -> bool {
    let config = folder.join(".cargo");
    is_there(&config.join("config.toml")) || is_there(&config.join("config"))
}

/// Whether a name exists. A link into nothing or in a circle does, and deserves a word.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The folder that a path on the command line means: a folder means itself, a file the nearest
/// folder above it that is a project. An error when the path leads nowhere.
pub fn find_root(path: &Path) -> io::Result<PathBuf> {
    let absolute = normalize(&std::path::absolute(path)?);
    if std::fs::metadata(&absolute)?.is_dir() {
        return Ok(absolute);
    }
    let folder = absolute.parent().unwrap_or(&absolute);
    Ok(enclosing_project(folder).unwrap_or_else(|| folder.to_owned()))
}

/// The nearest project at `folder` or above it, as cargo and Nix look for theirs. A folder that has
/// only `.cargo/config.toml` counts, but a home folder with its `~/.cargo` is not a project.
pub fn enclosing_project(folder: &Path) -> Option<PathBuf> {
    let cargo_home = super::host::cargo_home();
    folder
        .ancestors()
        .find(|ancestor| {
            let is_home = cargo_home.as_deref() == Some(ancestor.join(".cargo").as_path());
            has_own_file(ancestor) || (!is_home && has_cargo_config(ancestor))
        })
        .map(Path::to_owned)
}

/// How deep below a folder projects are looked for, and in how many folders at most.
const DEPTH: usize = 5;
const MAX_FOLDERS: usize = 10_000;

/// The topmost projects below a folder that is none itself: a repository that keeps its Rust in `backend/` or
/// `src-tauri/`. Hidden folders, links, and what builds and package managers fill are passed over. Sorted.
pub fn projects_below(folder: &Path) -> Vec<PathBuf> {
    let mut projects = Vec::new();
    let mut level = vec![folder.to_owned()];
    let mut seen = 0;
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for folder in level {
            seen += 1;
            if seen > MAX_FOLDERS {
                break;
            }
            for inner in inner_folders(&folder) {
                if has_own_file(&inner) || has_cargo_config(&inner) {
                    projects.push(inner);
                } else {
                    next.push(inner);
                }
            }
        }
        level = next;
    }
    projects.sort();
    projects
}

fn inner_folders(folder: &Path) -> Vec<PathBuf> {
    const FILLED: [&str; 5] = ["target", "node_modules", "vendor", "dist", "build"];
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let named = folders.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        !name.starts_with('.') && !FILLED.contains(&&*name)
    });
    named.map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_go_by_text() {
        assert_eq!(normalize(Path::new("/a/./b/../c/")), Path::new("/a/c"));
        assert_eq!(normalize(Path::new("/../../a")), Path::new("/a"));
    }
}
