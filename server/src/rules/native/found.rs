//! The native crates that a target's build has, each with the dependency that brings it.

use super::{
    blame::{self, Culprit},
    table::{self, Says},
};
use crate::{
    cargo::{
        Manifest,
        graph::Gap,
        manifest::{Dependency, DependencySource},
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
        return by_tables(project, triple, |_, _| true);
    }
    let is_whole = project.graph(triple).is_closed() || project.graph(triple).is_merely_unlocked();
    let may_ask_table = is_whole && is_linux(triple);
    let uses = project.native_uses(triple).into_iter();
    let mut found: Vec<Found<'p>> = Vec::new();
    found.extend(uses.filter_map(|one| {
        if one.confidence == Confidence::Possible && may_ask_table && !one.is_fork {
            return by_table_of(project, &one, triple);
        }
        let culprit = blame::shortest(project, one.known.name, triple)?;
        let confidence = one.confidence.min(culprit.certainty);
        Some(Found { known: one.known, library: one.library, confidence, culprit })
    }));
    let of_new = by_tables(project, triple, |manifest, one| is_unlocked(project, triple, manifest, one));
    for one in of_new {
        match found.iter_mut().find(|known| known.known.name == one.known.name) {
            Some(known) if known.confidence == Confidence::Possible => *known = one,
            Some(_) => {}
            None => found.push(one),
        }
    }
    found
}

/// The native crates that a dependency most likely brings to a target, where the graph knows nothing of it: there is no
/// lock file, or the dependency was written since.
pub fn likely<'p>(
    project: &'p Project,
    manifest: &'p Manifest,
    dependency: &'p Dependency,
    triple: &str,
) -> Vec<Found<'p>> {
    let is_open = project.graph(triple).gaps.contains(&Gap::NoLock)
        || is_unlocked(project, triple, manifest, dependency);
    if !is_open || !table::is_live(manifest, dependency, triple) {
        return Vec::new();
    }
    let is_it = |_: &Manifest, one: &Dependency| one.key.origin == dependency.key.origin;
    by_tables(project, triple, is_it)
}

/// Whether a dependency was written since the lock file, and is in no cache either.
pub fn is_unlocked(project: &Project, triple: &str, manifest: &Manifest, dependency: &Dependency) -> bool {
    let is_it = |gap: &Gap| {
        matches!(gap, Gap::NotLocked { by, name, .. }
            if *name == dependency.crate_name && Some(by.as_str()) == manifest.name())
    };
    dependency.source == DependencySource::Registry && project.graph(triple).gaps.iter().any(is_it)
}

/// A crate of which the graph knows only that it may be compiled, because cargo's caches lack what leads to it.
fn by_table_of<'p>(project: &'p Project, one: &NativeUse, triple: &str) -> Option<Found<'p>> {
    let (culprit, says) =
        table::verdict(project, blame::culprits(project, one.known.name, triple), one.known)?;
    let mut found = by_table(one.known, Confidence::Likely, culprit.manifest, culprit.dependency);
    let says = if says == Says::Nothing { by_rows(project, culprit.dependency, one.known) } else { says };
    match says {
        Says::OwnCopy => found.library = Library::Compiled,
        // Somebody else may have it built from source, and that would hold for all.
        Says::Yes if !table::may_be_bundled(project, one.known) => {}
        _ => {
            found.confidence = Confidence::Possible;
            found.library = one.library;
        }
    }
    found.culprit = culprit;
    Some(found)
}

/// What the data on cures says of a version that the table does not have.
fn by_rows(project: &Project, dependency: &Dependency, native: &NativeCrate) -> Says {
    let rows = rows(project, dependency);
    let pulls = rows.iter().flat_map(|row| row.pulls).any(|name| *name == native.name);
    match (pulls, has_copy_by_name(dependency, native)) {
        (false, _) => Says::Nothing,
        (true, true) => Says::OwnCopy,
        (true, false) => Says::Yes,
    }
}

fn is_linux(triple: &str) -> bool {
    knowledge::target(triple).is_some_and(knowledge::Target::is_linux)
}

fn by_tables<'p>(
    project: &'p Project,
    triple: &str,
    is_due: impl Fn(&Manifest, &Dependency) -> bool,
) -> Vec<Found<'p>> {
    let mut found: Vec<Found<'p>> = Vec::new();
    for manifest in blame::manifests(project).filter(|manifest| !manifest.is_proc_macro()) {
        for dependency in &manifest.dependencies {
            if !table::is_live(manifest, dependency, triple) || !is_due(manifest, dependency) {
                continue;
            }
            for (known, confidence) in brought_by(project, manifest, dependency, triple) {
                if !found.iter().any(|one| one.known.name == known.name) {
                    found.push(by_table(known, confidence, manifest, dependency));
                }
            }
        }
    }
    for one in &mut found {
        if is_bundled_somewhere(project, one.known, triple) && one.library != Library::Compiled {
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
fn brought_by(
    project: &Project,
    manifest: &Manifest,
    dependency: &Dependency,
    triple: &str,
) -> Vec<(&'static NativeCrate, Confidence)> {
    if let Some(known) = knowledge::native_crate(&dependency.crate_name) {
        let links = !known.unlinked.iter().any(|feature| dependency.has_feature(feature));
        return links.then_some((known, Confidence::Certain)).into_iter().collect();
    }
    if is_linux(triple)
        && let Some(all) = table::brought(project, manifest, dependency)
    {
        let known = all.iter().filter_map(|one| knowledge::native_crate(one.name));
        return known.map(|known| (known, Confidence::Likely)).collect();
    }
    let rows = rows(project, dependency);
    let pulled = rows.iter().flat_map(|row| row.pulls).filter_map(|name| knowledge::native_crate(name));
    pulled.map(|known| (known, Confidence::Likely)).collect()
}

/// The cures that speak of a dependency as it is.
pub fn rows(project: &Project, dependency: &Dependency) -> Vec<&'static Remedy> {
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
fn is_bundled_somewhere(project: &Project, known: &NativeCrate, triple: &str) -> bool {
    let of = |manifest: &'_ Manifest, dependency: &'_ Dependency| match table::says(
        project, manifest, dependency, known,
    ) {
        Says::OwnCopy => true,
        Says::Yes | Says::No => false,
        Says::Nothing => has_copy_by_name(dependency, known),
    };
    blame::manifests(project).any(|manifest| {
        let mut live = manifest.dependencies.iter().filter(|one| table::is_live(manifest, one, triple));
        live.any(|dependency| of(manifest, dependency))
    })
}

/// Whether a feature's name says that the library is compiled.
fn has_copy_by_name(dependency: &Dependency, known: &NativeCrate) -> bool {
    let about = knowledge::remedies(&dependency.crate_name).iter();
    let mut about = about.filter(|row| row.pulls.contains(&known.name) && row.default_features.is_none());
    let is_copy =
        |feature: &&&str| ["vendored", "bundled", "static"].iter().any(|word| feature.contains(word));
    about.any(|row| row.add.iter().filter(is_copy).any(|feature| dependency.has_feature(feature)))
        || dependency.features.iter().any(|feature| {
            known.name == "libsqlite3-sys" && feature.value.starts_with("bundled")
                || feature.value.starts_with("vendored")
        })
}
