//! The native crates that a target's build has, each with the dependency that brings it.

use super::blame::{self, Culprit};
use crate::{
    cargo::{
        Manifest,
        graph::Gap,
        manifest::{Dependency, DependencyKind},
    },
    finding::Confidence,
    knowledge::{self, NativeCrate, NativeKind, Remedy},
    project::{Library, NativeUse, Project},
};

/// A native crate in the build of a target.
#[derive(Clone, Debug)]
pub struct Found<'p> {
    /// What is known of it.
    pub known: &'static NativeCrate,
    /// Where its library comes from.
    pub library: Library,
    /// How sure this is.
    pub confidence: Confidence,
    /// The dependency with the shortest way to it.
    pub culprit: Culprit<'p>,
}

/// The native crates of a target: by the feature graph; where there is no lock file, by what is known of the direct
/// dependencies.
pub fn found<'p>(project: &'p Project, triple: &str) -> Vec<Found<'p>> {
    if project.graph(triple).gaps.contains(&Gap::NoLock) {
        return by_tables(project, triple);
    }
    let uses = project.native_uses(triple).into_iter();
    let mut tables = None;
    let with_culprit = uses.filter_map(|one| {
        let culprit = blame::shortest(project, one.known.name, triple)?;
        let confidence = one.confidence.min(culprit.certainty);
        if confidence == Confidence::Possible
            && let Some(known) = by_both(&one, tables.get_or_insert_with(|| by_tables(project, triple)))
        {
            return Some(known);
        }
        Some(Found { known: one.known, library: one.library, confidence, culprit })
    });
    with_culprit.collect()
}

/// A crate that may be compiled as far as the graph goes, because a package is in no cache, and that a direct dependency
/// is known to bring; that it takes no library of the system's, or does, must not contradict the lock file.
fn by_both<'p>(one: &NativeUse, tables: &[Found<'p>]) -> Option<Found<'p>> {
    let known = tables.iter().find(|known| known.known.name == one.known.name)?;
    let is_possible = match known.library {
        Library::System => one.has_copy == Some(false),
        Library::Compiled => one.has_copy != Some(false),
        Library::SystemIfThere => false,
    };
    (is_possible && one.known.kind == NativeKind::System)
        .then(|| Found { confidence: known.confidence.min(Confidence::Likely), ..known.clone() })
}

fn by_tables<'p>(project: &'p Project, triple: &str) -> Vec<Found<'p>> {
    let mut found: Vec<Found<'p>> = Vec::new();
    for manifest in blame::manifests(project).filter(|manifest| !manifest.is_proc_macro()) {
        for dependency in &manifest.dependencies {
            let is_live = dependency.kind == DependencyKind::Normal
                && !dependency.is_optional()
                && blame::is_for(dependency, triple);
            if !is_live {
                continue;
            }
            for (known, confidence) in brought_by(project, dependency) {
                if !found.iter().any(|one| one.known.name == known.name) {
                    found.push(by_table(known, confidence, manifest, dependency));
                }
            }
        }
    }
    for one in &mut found {
        if is_bundled_somewhere(project, one.known) && one.library != Library::Compiled {
            one.library = Library::Compiled;
        }
    }
    found
}

fn by_table<'p>(
    known: &'static NativeCrate,
    confidence: Confidence,
    manifest: &'p Manifest,
    dependency: &'p Dependency,
) -> Found<'p> {
    let library = match known.kind {
        NativeKind::System | NativeKind::SystemOnly => Library::System,
        NativeKind::Fallback => Library::SystemIfThere,
        NativeKind::Source if known.system.iter().any(|feature| dependency.has_feature(feature)) => {
            Library::System
        }
        NativeKind::Source => Library::Compiled,
    };
    let mut path = vec![manifest.name().unwrap_or("the package").to_owned(), dependency.crate_name.clone()];
    if dependency.crate_name != known.name {
        path.push(known.name.to_owned());
    }
    let culprit = Culprit { manifest, dependency, path, by: Vec::new(), certainty: confidence };
    Found { known, library, confidence, culprit }
}

/// The native crates that a dependency brings: itself, or what the data on cures says that it pulls.
fn brought_by(project: &Project, dependency: &Dependency) -> Vec<(&'static NativeCrate, Confidence)> {
    if let Some(known) = knowledge::native_crate(&dependency.crate_name) {
        let links = !known.unlinked.iter().any(|feature| dependency.has_feature(feature));
        return links.then_some((known, Confidence::Certain)).into_iter().collect();
    }
    let rows = rows(project, dependency);
    let pulled = rows.iter().flat_map(|row| row.pulls).filter_map(|name| knowledge::native_crate(name));
    pulled.map(|known| (known, Confidence::Likely)).collect()
}

fn rows(project: &Project, dependency: &Dependency) -> Vec<&'static Remedy> {
    let version = blame::version(project, dependency);
    let features = || dependency.features.iter().map(|feature| feature.value.as_str());
    let has_defaults = dependency.has_default_features();
    let rows = knowledge::remedies(&dependency.crate_name).iter();
    // A cure by turning the defaults off speaks of dependencies that have them on.
    let speaks = |row: &&Remedy| {
        row.goal.is_none()
            && row.fits(&version)
            && row.applies_with(features())
            && (row.default_features != Some(false) || has_defaults)
    };
    rows.filter(speaks).collect()
}

/// Whether some dependency of the workspace has the library compiled: features are unified.
fn is_bundled_somewhere(project: &Project, known: &NativeCrate) -> bool {
    let dependencies = blame::manifests(project).flat_map(|manifest| &manifest.dependencies);
    let mut live = dependencies.filter(|one| one.kind == DependencyKind::Normal);
    live.any(|dependency| {
        let has = |feature: &&str| dependency.has_feature(feature);
        if dependency.crate_name == known.name {
            return known.bundled.iter().any(has);
        }
        let about = knowledge::remedies(&dependency.crate_name).iter();
        let mut about = about.filter(|row| row.pulls.contains(&known.name) && row.default_features.is_none());
        about.any(|row| row.add.iter().any(has))
            || dependency.features.iter().any(|feature| {
                known.name == "libsqlite3-sys" && feature.value.starts_with("bundled")
                    || feature.value.starts_with("vendored")
            })
    })
}
