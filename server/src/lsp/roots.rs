//! Which folders are analysed as projects.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::workspace::{enclosing_project, host, is_project};

/// The projects of a workspace.
///
/// A workspace folder that is a project is one, with all below it. An open document outside of such a
/// folder belongs to the topmost project around it, within the workspace folder or the repository.
/// A flake or a cargo configuration further down is a project of its own as well: nobody reads it from
/// above.
pub fn of_workspace(folders: &BTreeSet<PathBuf>, documents: &[&Path]) -> BTreeSet<PathBuf> {
    let mut roots: BTreeSet<PathBuf> = folders.iter().filter(|folder| is_project(folder)).cloned().collect();
    for document in documents {
        let within = folders
            .iter()
            .filter(|folder| document.starts_with(folder))
            .max_by_key(|folder| folder.as_os_str().len());
        let own = own_project(document);
        if let Some(root) = topmost(document, own.as_deref(), within.map(PathBuf::as_path)) {
            roots.insert(root);
        }
        roots.extend(own);
    }
    roots
}

/// The folder that a document makes a project by itself, saved or not.
fn own_project(document: &Path) -> Option<PathBuf> {
    let folder = document.parent()?;
    match document.file_name()?.to_str()? {
        "flake.nix" => Some(folder.to_owned()),
        "config" | "config.toml" if folder.ends_with(".cargo") => {
            // Cargo reads the user's own configuration for every project; it makes none.
            let is_home = host::cargo_home().as_deref() == Some(folder);
            folder.parent().filter(|_| !is_home).map(Path::to_owned)
        }
        _ => None,
    }
}

fn topmost(document: &Path, own: Option<&Path>, within: Option<&Path>) -> Option<PathBuf> {
    let folder = document.parent()?;
    let mut top = own.map(Path::to_owned);
    for ancestor in folder.ancestors() {
        if within.is_some_and(|within| !ancestor.starts_with(within)) {
            break;
        }
        if enclosing_project(ancestor).is_some_and(|project| project == ancestor) {
            top = Some(ancestor.to_owned());
        }
        // Above a repository lies something else: a flake in the home folder is not this project's.
        if within.is_none() && ancestor.join(".git").exists() {
            break;
        }
    }
    // A manifest that is not saved yet has only its folder; a Nix file alone is no project.
    top.or_else(|| (document.file_name()? == "Cargo.toml").then(|| folder.to_owned()))
}
