//! Which direct dependencies reach openssl-sys, as far as manifests and the lock file can tell where the feature
//! graph cannot.

use std::sync::Arc;

use crate::{
    cargo::{
        Lock, Manifest,
        graph::Gap,
        manifest::{Dependency, DependencyKind},
    },
    finding::Confidence,
    knowledge::{self, OpensslUser},
    project::Project,
    rules::native::{
        blame::{Culprit, is_for, manifests, version},
        found::{self, rows},
        table::{Says, features_for, is_live, is_on, may_be_bundled, says},
    },
};

const NAME: &str = "openssl-sys";

/// A direct dependency that reaches openssl-sys.
pub(in crate::rules) struct Reached<'p> {
    /// The dependency.
    pub culprit: Culprit<'p>,
    /// What is known of the crate.
    pub user: Option<&'static OpensslUser>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// Whether the lock file is there and knows no openssl-sys, and whoever would bring one to a target.
pub(super) fn lock_has_none(project: &Project, triple: &str) -> bool {
    let is_locked = |lock: &Arc<Lock>| lock.find(NAME).next().is_some();
    let graph = project.graph(triple);
    let may_bring = graph.is_ahead || graph.gaps.iter().any(|gap| matches!(gap, Gap::NotLocked { .. }));
    !may_bring && project.cargo.lock.lock().is_some_and(|lock| !is_locked(lock))
}

/// Whether some dependency of the target builds OpenSSL from source: features unify, so that holds for its whole graph.
/// A dependency for Windows alone, or below `cfg(linux)`, which nothing is, does not count elsewhere.
pub(super) fn is_vendored(project: &Project, triple: &str) -> bool {
    let all =
        manifests(project).flat_map(|manifest| manifest.dependencies.iter().map(move |one| (manifest, one)));
    let mut live =
        all.filter(|(manifest, one)| one.kind == DependencyKind::Normal && is_live(manifest, one, triple));
    live.any(|(manifest, dependency)| {
        match table(project, manifest, dependency) {
            Says::OwnCopy => return true,
            Says::Yes | Says::No => return false,
            Says::Nothing => {}
        }
        let user = knowledge::openssl_user(&dependency.crate_name, &version(project, dependency));
        let generic =
            ["vendored", "native-tls-vendored", "vendored-openssl", "openssl-vendored", "static-ssl"];
        features(dependency).any(|feature| match user {
            Some(user) => user.vendored.contains(&feature),
            None => generic[1..].contains(&feature),
        })
    })
}

/// The dependencies through which openssl-sys is, or may be, compiled for a target.
pub(super) fn dependencies<'p>(project: &'p Project, triple: &str) -> Vec<Reached<'p>> {
    let mut reached = Vec::new();
    for manifest in manifests(project).filter(|manifest| !manifest.is_proc_macro()) {
        for dependency in &manifest.dependencies {
            if is_live(manifest, dependency, triple) {
                reached.extend(known(project, triple, manifest, dependency));
            }
        }
    }
    if reached.is_empty() {
        reached.extend(possible(project, triple));
    }
    reached
}

/// A dependency on a crate of the table whose version and features reach openssl-sys.
fn known<'p>(
    project: &'p Project,
    triple: &str,
    manifest: &'p Manifest,
    dependency: &'p Dependency,
) -> Option<Reached<'p>> {
    let user = knowledge::openssl_user(&dependency.crate_name, &version(project, dependency));
    let by = match (table(project, manifest, dependency), user) {
        (Says::Yes, _) => features_for(project, manifest, dependency, NAME),
        (Says::OwnCopy | Says::No, _) => return None,
        (Says::Nothing, None) => by_cures(project, dependency)?,
        (Says::Nothing, Some(user)) => {
            let by_default = user.default && dependency.has_default_features();
            let by_feature = features(dependency).any(|feature| user.features.contains(&feature));
            if !(user.always || by_default || by_feature) {
                return None;
            }
            if by_default { vec!["default".to_owned()] } else { Vec::new() }
        }
    };
    let path = locked_path(project, manifest, dependency);
    // With a lock file that does not lead from the crate to openssl-sys, the table is out of date.
    let is_new = found::is_unlocked(project, triple, manifest, dependency);
    if path.is_none() && !is_new && project.cargo.lock.lock().is_some() && dependency.crate_name != NAME {
        return None;
    }
    let is_itself = matches!(dependency.crate_name.as_str(), "openssl-sys" | "openssl" | "native-tls");
    let may_be_bundled = knowledge::native_crate(NAME).is_some_and(|native| may_be_bundled(project, native));
    let confidence = match (may_be_bundled, is_itself) {
        // Somebody has OpenSSL's sources compiled, for this target or another.
        (true, _) => Confidence::Possible,
        (false, true) => Confidence::Certain,
        (false, false) => Confidence::Likely,
    };
    let path = path.unwrap_or_else(|| guessed_path(manifest, dependency));
    let culprit = Culprit { manifest, dependency, path, by, certainty: confidence };
    Some(Reached { culprit, user, confidence })
}

/// The lock file leads from some dependency to openssl-sys; whether the features on the way are on, only
/// the feature graph would tell.
fn possible<'p>(project: &'p Project, triple: &str) -> Option<Reached<'p>> {
    let live = manifests(project).flat_map(|manifest| {
        let normal = manifest.dependencies.iter().filter(|one| one.kind == DependencyKind::Normal);
        normal.map(move |dependency| (manifest, dependency))
    });
    let live =
        live.filter(|(manifest, dependency)| is_for(dependency, triple) && is_on(manifest, dependency));
    // What the table knows was judged by its features: if it does not reach openssl-sys by them, the lock
    // file's edge is one that is off.
    let unknown = live.filter(|(_, dependency)| {
        knowledge::openssl_user(&dependency.crate_name, &version(project, dependency)).is_none()
    });
    let unknown =
        unknown.filter(|(manifest, dependency)| table(project, manifest, dependency) == Says::Nothing);
    let paths = unknown.filter_map(|(manifest, dependency)| {
        Some((locked_path(project, manifest, dependency)?, manifest, dependency))
    });
    let (path, manifest, dependency) =
        paths.min_by(|a, b| (a.0.len(), &a.2.key.origin).cmp(&(b.0.len(), &b.2.key.origin)))?;
    let confidence = Confidence::Possible;
    let culprit = Culprit { manifest, dependency, path, by: Vec::new(), certainty: confidence };
    Some(Reached { culprit, user: None, confidence })
}

/// The features with which a dependency reaches it by what is known of its cures.
fn by_cures(project: &Project, dependency: &Dependency) -> Option<Vec<String>> {
    let row = rows(project, dependency).into_iter().find(|row| row.pulls.contains(&NAME))?;
    let asked = features(dependency).filter(|feature| row.applies_to.contains(feature));
    Some(asked.map(str::to_owned).collect())
}

/// What the table of native crates says of a dependency.
fn table(project: &Project, manifest: &Manifest, dependency: &Dependency) -> Says {
    knowledge::native_crate(NAME).map_or(Says::Nothing, |native| says(project, manifest, dependency, native))
}

/// Features that are asked for, inherited ones included.
fn features(dependency: &Dependency) -> impl Iterator<Item = &str> {
    dependency.features.iter().map(|feature| feature.value.as_str())
}

/// The shortest way from a direct dependency to openssl-sys in the lock file.
fn locked_path(project: &Project, manifest: &Manifest, dependency: &Dependency) -> Option<Vec<String>> {
    let lock = project.cargo.lock.lock()?;
    let package = manifest.name()?;
    let root =
        lock.find(package).find(|index| lock.packages.get(*index).is_some_and(|one| one.source.is_none()))?;
    let names: Vec<usize> = lock.packages.get(root)?.dependencies.clone();
    let start = names
        .into_iter()
        .find(|index| lock.packages.get(*index).is_some_and(|one| one.name == dependency.crate_name))?;
    let ends = lock.find("openssl-sys");
    let tail = ends.filter_map(|end| lock.shortest_path([start], end)).min_by_key(Vec::len)?;
    let names = tail.into_iter().filter_map(|index| lock.packages.get(index)).map(|one| one.name.clone());
    Some(std::iter::once(package.to_owned()).chain(names).collect())
}

/// Without a lock file: the ends of the way.
fn guessed_path(manifest: &Manifest, dependency: &Dependency) -> Vec<String> {
    let mut path = vec![manifest.name().unwrap_or("the package").to_owned(), dependency.crate_name.clone()];
    if dependency.crate_name != "openssl-sys" {
        path.push("openssl-sys".to_owned());
    }
    path
}
